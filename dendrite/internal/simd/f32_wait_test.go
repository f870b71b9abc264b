package simd

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Weights whose updates wait have the same bits as weights whose updates are made at
// once, in every order of updates, products and reads, and so have the products.
func TestWaitingUpdates(t *testing.T) {
	atEveryLevel(t, func(t *testing.T) {
		for _, size := range [][2]int{{1, 1}, {5, 3}, {32, 4}, {33, 37}, {70, 64}, {500, 501}} {
			out, in := size[0], size[1]
			r := rand.New(rand.NewPCG(1, uint64(in)))
			lazy := randomWeights[float32](r, out, in)
			prompt := NewWeights[float32](out, in)
			copy(prompt.data, lazy.data)
			for step := range 200 {
				e, x := randomBatch[float32](r, 10, out, out), randomBatch[float32](r, 10, in, in)
				rows := []int{1, 10, 3}[r.IntN(3)]
				active := []int32(nil)
				if r.IntN(6) == 0 {
					active = someOf(r, in, 0.5)
				}
				switch r.IntN(3) {
				case 0:
					lazy.AddOuter(-0.3, e, x, rows, active)
					prompt.AddOuter(-0.3, e, x, rows, active)
					prompt.settle()
				case 1:
					got, want := NewBatch[float32](10, out), NewBatch[float32](10, out)
					lazy.Mul(got, x, rows, active)
					prompt.Mul(want, x, rows, active)
					if d := cmp.Diff(got.Data, want.Data); d != "" {
						t.Fatalf("%d x %d, step %d: product\n%s", out, in, step, d)
					}
				case 2:
					if o, i := r.IntN(out), r.IntN(in); lazy.At(o, i) != prompt.At(o, i) {
						t.Fatalf("%d x %d, step %d: weight [%d][%d] is %v, want %v", out, in, step, o, i, lazy.At(o, i), prompt.At(o, i))
					}
				}
			}
			lazy.settle()
			if d := cmp.Diff(lazy.data, prompt.data); d != "" {
				t.Fatalf("%d x %d: weights\n%s", out, in, d)
			}
		}
	})
}

// A weight that is set is not changed by an update from before.
func TestSetAfterWaitingUpdate(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	w := randomWeights[float32](r, 3, 2)
	w.AddOuter(1, randomBatch[float32](r, 1, 3, 3), randomBatch[float32](r, 1, 2, 2), 1, nil)
	w.Set(1, 1, 7)
	if got := w.At(1, 1); got != 7 {
		t.Errorf("the weight is %v, want 7", got)
	}
}
