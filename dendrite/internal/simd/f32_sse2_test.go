//go:build amd64 && !amd64.v3

// From level v3 on the compiler fuses multiplications and additions of Go.

package simd

import (
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The portable products of amd64 are those of plain Go, which other machines
// run, bit for bit.
func TestSSE2IsPlainGo(t *testing.T) {
	defer Use(Portable)()
	rapid.Check(t, func(t *rapid.T) {
		out, in, rows := rapid.IntRange(1, 70).Draw(t, "out"), rapid.IntRange(1, 70).Draw(t, "in"), rapid.IntRange(1, 27).Draw(t, "rows")
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		active := someOf(r, in, 0.7)
		w, x := randomWeights[float32](r, out, in), randomBatch[float32](r, rows, in, len(active))
		got, want := NewBatch[float32](rows, out), NewBatch[float32](rows, out)
		w.Mul(got, x, rows, active)
		panels := func(f func(col int, panel []float32)) {
			for p := 0; p*Panel < out; p++ {
				f(p*Panel, w.data[p*in*Panel:(p+1)*in*Panel])
			}
		}
		panels(func(col int, panel []float32) { mulPortable(want, x, col, rows, panel, active) })
		if !slices.Equal(got.Data, want.Data) {
			t.Fatalf("product %v, plain Go %v", got.Data, want.Data)
		}
		before := slices.Clone(w.data)
		w.AddOuter(-0.3, got, x, rows, active)
		after := slices.Clone(w.data)
		copy(w.data, before)
		panels(func(col int, panel []float32) { outerPortable(-0.3, got, x, col, rows, panel, active) })
		if !slices.Equal(after, w.data) {
			t.Fatalf("updated weights %v, plain Go %v", after, w.data)
		}
	})
}
