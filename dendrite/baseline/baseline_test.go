package baseline

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/gonum/diff/fd"

	"microcircuits/dendrite/internal/simd"
	"microcircuits/dendrite/internal/stream"
)

func small(loss Loss) Config {
	return Config{Sizes: []int{7, 33, 12, 4}, Loss: loss, Rates: []float64{1, 1, 1}, Init: []float64{1, 1, 1}}
}

func data[T simd.Float](cfg Config, rows int, seed uint64) (x, target []T) {
	s, out := stream.New(seed, "baseline test"), cfg.Sizes[len(cfg.Sizes)-1]
	x, target = make([]T, rows*cfg.Sizes[0]), make([]T, rows*out)
	for i := range x {
		if s.Float64() < 0.5 {
			x[i] = T(s.Float32())
		}
	}
	for b := range rows {
		target[b*out+s.IntN(out)] = 1
	}
	return x, target
}

func must[T simd.Float](t testing.TB, cfg Config, seed uint64) *Network[T] {
	t.Helper()
	n, err := New[T](cfg, seed)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func train[T simd.Float](t testing.TB, n *Network[T], x, target []T, scale float64) {
	t.Helper()
	if err := n.TrainBatch(x, target, scale); err != nil {
		t.Fatal(err)
	}
}

// flat is all weights and thresholds as one vector; unflat takes it apart.
func flat[T simd.Float](s State[T]) []T {
	var f []T
	for k := range s.Up {
		f = append(append(f, s.Up[k]...), s.Threshold[k]...)
	}
	return f
}

func unflat[T simd.Float](cfg Config, f []T) State[T] {
	var s State[T]
	for k := 1; k < len(cfg.Sizes); k++ {
		in, out := cfg.Sizes[k-1], cfg.Sizes[k]
		s.Up, s.Threshold = append(s.Up, f[:in*out]), append(s.Threshold, f[in*out:(in+1)*out])
		f = f[(in+1)*out:]
	}
	return s
}

func TestGradient(t *testing.T) {
	for _, loss := range []Loss{SquaredError, CrossEntropy} {
		for _, sizes := range [][]int{{7, 33, 12, 4}, {7, 4}} {
			t.Run(fmt.Sprint(loss, sizes), func(t *testing.T) {
				cfg := Config{Sizes: sizes, Loss: loss}
				for range sizes[1:] {
					cfg.Rates, cfg.Init = append(cfg.Rates, 1), append(cfg.Init, 1)
				}
				n := must[float64](t, cfg, 1)
				x, target := data[float64](cfg, 6, 2)
				// Let a few steps pass first, so that both copies of the weights count.
				for range 3 {
					train(t, n, x, target, 0.5)
				}
				before := flat(n.State())
				probe := must[float64](t, cfg, 1)
				want := fd.Gradient(nil, func(w []float64) float64 {
					if err := probe.SetState(unflat(cfg, w)); err != nil {
						t.Fatal(err)
					}
					return probe.Loss(x, target)
				}, before, &fd.Settings{Formula: fd.Central, Step: 1e-5})
				const scale = 0.25
				train(t, n, x, target, scale)
				after := flat(n.State())
				if len(after) != len(want) || len(after) == 0 {
					t.Fatalf("%d weights, %d derivatives", len(after), len(want))
				}
				for i := range want {
					if got := (before[i] - after[i]) / scale; !(math.Abs(got-want[i]) <= 1e-8) {
						t.Fatalf("derivative %d: %v, want %v", i, got, want[i])
					}
				}
			})
		}
	}
}

// The transposed copies must stay copies, in float32 too.
func TestCopiesStayEqual(t *testing.T) {
	cfg := small(SquaredError)
	n := must[float32](t, cfg, 1)
	for b := range 30 {
		x, target := data[float32](cfg, 11, uint64(b))
		train(t, n, x, target, 1)
	}
	for k, a := range n.areas[1:] {
		for o := range a.n {
			for i := range a.back.Out {
				if a.back.At(i, o) != a.up.At(o, i) {
					t.Fatalf("area %d: weight [%d][%d] is %v forward and %v backward", k+2, o, i, a.up.At(o, i), a.back.At(i, o))
				}
			}
		}
	}
}

func TestLearns(t *testing.T) {
	for _, loss := range []Loss{SquaredError, CrossEntropy} {
		cfg := small(loss)
		n := must[float32](t, cfg, 1)
		x, target := data[float32](cfg, 12, 3)
		first := n.Loss(x, target)
		for range 2000 {
			train(t, n, x, target, 1)
		}
		if last := n.Loss(x, target); !(last < first/10) {
			t.Errorf("%v: loss %v at first, %v after training", loss, first, last)
		}
		out, classes := n.Predict(nil, x), n.Classify(nil, x)
		for b, c := range classes {
			if target[b*4+c] != 1 {
				t.Errorf("%v: image %d learned by heart is classified wrongly", loss, b)
			}
			sum := 0.0
			for i := range 4 {
				sum += float64(out[b*4+i])
				if out[b*4+i] > out[b*4+c] {
					t.Errorf("%v: image %d: output %d is above that of the class", loss, b, i)
				}
			}
			if loss == CrossEntropy && !(math.Abs(sum-1) < 1e-6) {
				t.Errorf("probabilities sum to %v", sum)
			}
		}
	}
}

func TestPrecisionsAgree(t *testing.T) {
	cfg := small(CrossEntropy)
	a, b := must[float32](t, cfg, 1), must[float64](t, cfg, 1)
	for round := range 20 {
		x, target := data[float32](cfg, 10, uint64(round))
		train(t, a, x, target, 0.5)
		y, target64 := data[float64](cfg, 10, uint64(round))
		train(t, b, y, target64, 0.5)
	}
	got, want := flat(a.State()), flat(b.State())
	if len(got) != len(want) {
		t.Fatalf("%d and %d weights", len(got), len(want))
	}
	for i := range got {
		if !(math.Abs(float64(got[i])-want[i]) < 1e-5) {
			t.Fatalf("weight %d: %v in float32, %v in float64", i, got[i], want[i])
		}
	}
}

func TestResumeIsBitForBit(t *testing.T) {
	cfg := small(SquaredError)
	run := func(n *Network[float32], from, to int) {
		for b := from; b < to; b++ {
			x, target := data[float32](cfg, 10, uint64(b))
			train(t, n, x, target, 1-float64(b)/20)
		}
	}
	whole, first, second := must[float32](t, cfg, 8), must[float32](t, cfg, 8), must[float32](t, cfg, 9)
	run(whole, 0, 20)
	run(first, 0, 11)
	if err := second.SetState(first.State()); err != nil {
		t.Fatal(err)
	}
	run(second, 11, 20)
	if d := cmp.Diff(second.State(), whole.State()); d != "" {
		t.Error("resumed run differs:", d)
	}
}

func TestFrozenArea(t *testing.T) {
	cfg := small(SquaredError)
	cfg.Rates[1] = 0
	n := must[float32](t, cfg, 1)
	before := n.State()
	x, target := data[float32](cfg, 10, 1)
	train(t, n, x, target, 1)
	after := n.State()
	for k := range before.Up {
		if same := cmp.Equal(before.Up[k], after.Up[k]) && cmp.Equal(before.Threshold[k], after.Threshold[k]); same != (k == 1) {
			t.Errorf("area %d unchanged: %v", k+1, same)
		}
	}
}

func TestNoAllocationPerBatch(t *testing.T) {
	for _, loss := range []Loss{SquaredError, CrossEntropy} {
		n := must[float32](t, small(loss), 1)
		x, target := data[float32](small(loss), 10, 1)
		classes, out := make([]int, 10), make([]float32, 40)
		allocations := testing.AllocsPerRun(20, func() {
			if n.TrainBatch(x, target, 1) != nil {
				t.Fail()
			}
			n.Classify(classes, x)
			n.Predict(out, x)
		})
		if allocations != 0 {
			t.Errorf("%v: %v allocations per batch", loss, allocations)
		}
	}
}

func TestErrors(t *testing.T) {
	for want, change := range map[string]func(*Config){
		"Sizes has 1":      func(c *Config) { c.Sizes = []int{3} },
		"Sizes[1] is -1":   func(c *Config) { c.Sizes[1] = -1 },
		"Loss is 5":        func(c *Config) { c.Loss = 5 },
		"Rates has 0":      func(c *Config) { c.Rates = nil },
		"Rates[2] is NaN":  func(c *Config) { c.Rates[2] = math.NaN() },
		"Init[0] is +Inf":  func(c *Config) { c.Init[0] = math.Inf(1) },
		"Init has 1 value": func(c *Config) { c.Init = c.Init[:1] },
	} {
		cfg := small(SquaredError)
		change(&cfg)
		if _, err := New[float32](cfg, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not say %q", err, want)
		}
	}
	n := must[float32](t, small(SquaredError), 1)
	before := n.State()
	for want, change := range map[string]func(*State[float32]){
		"2 matrices":              func(s *State[float32]) { s.Up = s.Up[1:] },
		"Up[1]: 0 weights":        func(s *State[float32]) { s.Up[1] = nil },
		"Up[2]: weight 3 is +Inf": func(s *State[float32]) { s.Up[2][3] = float32(math.Inf(1)) },
	} {
		s := n.State()
		s.Up[0][0]++
		change(&s)
		if err := n.SetState(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not say %q", err, want)
		}
	}
	for want, spoil := range map[string]func(x, target []float32){
		"area 1":       func(x, _ []float32) { x[2] = float32(math.NaN()) },
		"output error": func(_, target []float32) { target[2] = float32(math.NaN()) },
	} {
		x, target := data[float32](small(SquaredError), 10, 1)
		spoil(x, target)
		if err := n.TrainBatch(x, target, 1); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "likely") {
			t.Errorf("error %v does not say %q", err, want)
		}
	}
	if !cmp.Equal(n.State(), before) {
		t.Error("a refused state or batch changed the network")
	}
}

func TestShapePanics(t *testing.T) {
	n := must[float32](t, small(SquaredError), 1)
	for name, f := range map[string]func(){
		"images":  func() { n.Classify(nil, make([]float32, 8)) },
		"targets": func() { _ = n.TrainBatch(make([]float32, 14), make([]float32, 4), 1) },
		"classes": func() { n.Classify(make([]int, 3), make([]float32, 14)) },
		"outputs": func() { n.Predict(make([]float32, 3), make([]float32, 14)) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f()
		})
	}
}

// What Predict says about the last bits: an image alone and the same image among others differ
// by less than 1e-5.
func TestPredictOfBatches(t *testing.T) {
	const pixels, images = 784, 64
	for _, loss := range []Loss{SquaredError, CrossEntropy} {
		n := must[float32](t, Config{Sizes: []int{pixels, 500, 10}, Loss: loss, Rates: []float64{1, 1}}, 1)
		s := stream.New(1, "images")
		x := make([]float32, images*pixels)
		for i := range x {
			if s.Float64() < 0.2 { // as many pixels of a digit are not zero
				x[i] = float32(s.Float64())
			}
		}
		all := n.Predict(nil, x)
		for i := range images {
			for j, r := range n.Predict(nil, x[i*pixels:(i+1)*pixels]) {
				if d := math.Abs(float64(r - all[10*i+j])); !(d < 1e-5) {
					t.Errorf("%s: image %d alone differs by %g", loss, i, d)
				}
			}
		}
	}
}
