package twostep

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"microcircuits/dendrite/internal/layer"
	"microcircuits/dendrite/internal/simd"
	"microcircuits/dendrite/internal/stream"
)

// everything is a small network in which everything learns.
func everything(mixing Mixing, thresholds bool) Config {
	return Config{
		Sizes: []int{9, 40, 33, 5}, Mixing: mixing, Thresholds: thresholds,
		Lambda: []float64{0.3, 0.2, 0.15}, LambdaI: 0.1,
		Rates: Rates{Up: []float64{0.2, 0.1, 0.05}, IP: []float64{0.1, 0.2}, PI: []float64{0.05, 0.03}, Down: []float64{0.02, 0.03}},
		Init:  Init{Up: []float64{1, 0.5, 0.5}, Down: []float64{0.5, 1}, IP: []float64{0.3, 0.4}, PI: []float64{0.5, 1}},
	}
}

// paper is a small network like the paper's for MNIST: fixed top-down and
// W_PI, plastic W_IP, self-predicting start.
func paper(mixing Mixing) Config {
	return Config{
		Sizes: []int{12, 20, 15, 4}, Mixing: mixing, Thresholds: true,
		Lambda: []float64{0.3, 0.3, 0.1}, LambdaI: 0.1,
		Rates: Rates{Up: []float64{0.5, 0.2, 0.05}, IP: []float64{0.6, 0.2}},
		Init:  Init{Up: []float64{0.5, 0.5, 0.5}, Down: []float64{2, 4}},
	}
}

// data draws images with zeros in them and target potentials.
func data[T simd.Float](cfg Config, rows int, seed uint64) (x, target []T) {
	s := stream.New(seed, "twostep test")
	x, target = make([]T, rows*cfg.Sizes[0]), make([]T, rows*cfg.Sizes[len(cfg.Sizes)-1])
	for i := range x {
		if s.Float64() < 0.4 {
			x[i] = T(s.Float32())
		}
	}
	for i := range target {
		target[i] = T(float32(3*s.Float64() - 1.5))
	}
	return x, target
}

func rowsOf[T simd.Float](x []T, n int) [][]float64 { return matrix[T](len(x)/n, x, nil) }

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

// far is the largest difference of two slices of one length, over the larger
// of 1 and the values' size.
func far[T simd.Float](t testing.TB, got []T, want []float64) float64 {
	t.Helper()
	if len(got) != len(want) || len(got) == 0 {
		t.Fatalf("%d values, want %d, at least one", len(got), len(want))
	}
	worst := 0.0
	for i, g := range got {
		d := math.Abs(float64(g)-want[i]) / math.Max(1, math.Abs(want[i]))
		if math.IsNaN(d) {
			return math.Inf(1)
		}
		worst = math.Max(worst, d)
	}
	return worst
}

func flat(m [][]float64) []float64 {
	var f []float64
	for _, row := range m {
		f = append(f, row...)
	}
	return f
}

func testAgainstReference[T simd.Float](t *testing.T, cfg Config, tolerance float64) {
	const rows, batches = 7, 12
	n := must[T](t, cfg, 1)
	r := newReference(cfg, n.State())
	for b := range batches {
		x, target := data[T](cfg, rows, uint64(b))
		train(t, n, x, target, 0.9)
		images, targets := rowsOf(x, cfg.Sizes[0]), rowsOf(target, cfg.Sizes[len(cfg.Sizes)-1])
		r.train(images, targets, 0.9)
		last := rows - 1
		for k := 1; k < len(cfg.Sizes); k++ {
			quantities := map[Quantity][]float64{ReadPrediction: r.vhat[k], ReadSoma: r.u[k], ReadRate: r.phi(r.u[k])}
			if k < len(cfg.Sizes)-1 {
				quantities[ReadApical], quantities[ReadInterneuron], quantities[ReadInterneuronPrediction] = r.va[k], r.ui[k], r.vi[k]
			}
			for q, want := range quantities {
				if d := far(t, n.Read(nil, q, k)[last*len(want):], want); !(d <= tolerance) {
					t.Fatalf("batch %d, area %d, quantity %d: off by %v", b, k, q, d)
				}
			}
		}
	}
	got := newReference(cfg, n.State())
	for name, pair := range map[string][2][][][]float64{"up": {got.up, r.up}, "down": {got.down, r.down}, "ip": {got.ip, r.ip}, "pi": {got.pi, r.pi}} {
		for k := range pair[1] {
			if d := far(t, flat(pair[0][k]), flat(pair[1][k])); !(d <= tolerance) {
				t.Errorf("weights %s of area %d: off by %v", name, k+1, d)
			}
		}
	}
	x, _ := data[T](cfg, 2*layer.Chunk+3, 99)
	out := n.Predict(nil, x)
	classes := n.Classify(nil, x)
	outputs := cfg.Sizes[len(cfg.Sizes)-1]
	for b, image := range rowsOf(x, cfg.Sizes[0]) {
		r.sweep(image, nil)
		want := r.phi(r.vhat[len(r.vhat)-1])
		if d := far(t, out[b*outputs:(b+1)*outputs], want); !(d <= tolerance) {
			t.Fatalf("image %d: predicted rates off by %v", b, d)
		}
		for i := range want {
			if want[i] > want[classes[b]]+10*tolerance {
				t.Fatalf("image %d: class %d, but %d is more active", b, classes[b], i)
			}
		}
	}
}

func TestAgainstReference(t *testing.T) {
	for _, mixing := range []Mixing{Additive, Convex} {
		for _, thresholds := range []bool{true, false} {
			cfg := everything(mixing, thresholds)
			t.Run(fmt.Sprint(mixing, thresholds), func(t *testing.T) {
				testAgainstReference[float64](t, cfg, 1e-12)
				testAgainstReference[float32](t, cfg, 2e-5)
			})
		}
		t.Run(fmt.Sprint(mixing, "paper"), func(t *testing.T) {
			cfg := paper(mixing)
			if n := must[float32](t, cfg, 1); !n.areas[0].cancels || !n.areas[1].cancels {
				t.Error("the one-product shortcut is not taken")
			}
			testAgainstReference[float64](t, cfg, 1e-12)
			testAgainstReference[float32](t, cfg, 2e-5)
		})
	}
	t.Run("no hidden area", func(t *testing.T) {
		cfg := Config{Sizes: []int{30, 6}, Thresholds: true, Lambda: []float64{0.1}, Rates: Rates{Up: []float64{0.5}}, Init: Init{Up: []float64{0.1}}}
		testAgainstReference[float64](t, cfg, 1e-12)
		testAgainstReference[float32](t, cfg, 2e-5)
	})
}

// In the self-predicting state without a teacher the apical dendrites are
// silent and nothing learns: to the last bit with additive mixing, and with
// convex mixing where 1-lambda is exact; to rounding otherwise. Both ways of
// computing v_A are tried: with W_PI plastic it takes two products.
func TestSelfPredictingStateIsAFixedPoint(t *testing.T) {
	for _, c := range []struct {
		mixing    Mixing
		lambda    float64
		tolerance float64
	}{{Additive, 0.3, 0}, {Convex, 0.5, 0}, {Convex, 0.3, 1e-14}} {
		for _, plasticPI := range []bool{false, true} {
			t.Run(fmt.Sprint(c.mixing, c.lambda, plasticPI), func(t *testing.T) {
				cfg := paper(c.mixing)
				cfg.Lambda = []float64{c.lambda, c.lambda, 0.1}
				if plasticPI {
					cfg.Rates.PI = []float64{0.3, 0.3}
				}
				n := must[float64](t, cfg, 5)
				before := n.State()
				x, _ := data[float64](cfg, 10, 6)
				if err := n.Sweep(x, nil); err != nil {
					t.Fatal(err)
				}
				n.learn(1)
				for k := 1; k <= 2; k++ {
					if m := n.MeanApical(k); !(m <= c.tolerance) {
						t.Errorf("mean apical potential of area %d is %v", k, m)
					}
				}
				compareStates(t, n.State(), before, c.tolerance)
			})
		}
	}
	// And with a teacher it is not.
	n := must[float32](t, paper(Additive), 5)
	x, target := data[float32](paper(Additive), 10, 6)
	if err := n.Sweep(x, target); err != nil || n.MeanApical(1) < 1e-6 {
		t.Errorf("with a teacher: mean apical potential %v, error %v", n.MeanApical(1), err)
	}
}

func compareStates[T simd.Float](t *testing.T, got, want State[T], tolerance float64) {
	t.Helper()
	for name, pair := range map[string][2][][]T{"up": {got.Up, want.Up}, "up threshold": {got.UpThreshold, want.UpThreshold},
		"down": {got.Down, want.Down}, "ip": {got.IP, want.IP}, "ip threshold": {got.IPThreshold, want.IPThreshold}, "pi": {got.PI, want.PI}} {
		if len(pair[0]) != len(pair[1]) {
			t.Fatalf("%s: %d areas, want %d", name, len(pair[0]), len(pair[1]))
		}
		for k := range pair[1] {
			if d := far(t, pair[0][k], matrix[T](1, pair[1][k], nil)[0]); !(d <= tolerance) {
				t.Errorf("%s of area %d: differ by %v", name, k+1, d)
			}
		}
	}
}

// Under weak nudging, with transposed feedback and in the self-predicting
// state, the changes of the bottom-up weights point along backprop's:
// delta_N = D_N (u_target - u_N), delta_k = D_k W^T delta_k+1, where W is the
// effective weight, (1-lambda_k+1) W_k+1,k below the top with convex mixing, a
// factor per area that does not turn the direction. u is the forward sweep's.
func TestWeakNudgingIsBackprop(t *testing.T) {
	for _, mixing := range []Mixing{Additive, Convex} {
		t.Run(mixing.String(), func(t *testing.T) {
			cfg := Config{
				Sizes: []int{30, 25, 20, 10}, Mixing: mixing, Thresholds: true,
				Lambda: []float64{0.01, 0.01, 0.01}, LambdaI: 0.01,
				Rates: Rates{Up: []float64{1, 1, 1}},
				Init:  Init{Up: []float64{1, 1, 1}, Down: []float64{0, 0}},
			}
			n := must[float64](t, cfg, 3)
			s := n.State()
			for k := range s.Down {
				for i := range cfg.Sizes[k+1] {
					for j := range cfg.Sizes[k+2] {
						s.Down[k][i*cfg.Sizes[k+2]+j] = s.Up[k+1][j*cfg.Sizes[k+1]+i]
					}
				}
			}
			if err := n.SetState(s); err != nil {
				t.Fatal(err)
			}
			n.SelfPredict()
			before := newReference(cfg, n.State())
			x, target := data[float64](cfg, 10, 4)
			train(t, n, x, target, 1)
			after := newReference(cfg, n.State())

			gradient := make([][][]float64, 3)
			for k := range gradient {
				for range before.up[k] {
					gradient[k] = append(gradient[k], make([]float64, len(before.up[k][0])))
				}
			}
			targets := rowsOf(target, 10)
			for b, image := range rowsOf(x, 30) {
				before.sweep(image, nil)
				slope := func(k int) []float64 {
					r := before.phi(before.vhat[k])
					for i := range r {
						r[i] *= 1 - r[i]
					}
					return r
				}
				delta := combine(1, targets[b], -1, before.vhat[3])
				for k := 3; k >= 1; k-- {
					for i, d := range slope(k) {
						delta[i] *= d
					}
					pre := image
					if k > 1 {
						pre = before.phi(before.vhat[k-1])
					}
					accumulate(gradient[k-1], 1, delta, before.and1(pre))
					if k > 1 {
						below := make([]float64, cfg.Sizes[k-1])
						for j := range below {
							for i := range delta {
								below[j] += before.up[k-1][i][j] * delta[i]
							}
						}
						delta = below
					}
				}
			}
			for k := range gradient {
				g, change := flat(gradient[k]), combine(1, flat(after.up[k]), -1, flat(before.up[k]))
				var gg, gc, cc float64
				for i := range g {
					gg, gc, cc = gg+g[i]*g[i], gc+g[i]*change[i], cc+change[i]*change[i]
				}
				if cosine := gc / math.Sqrt(gg*cc); !(cosine > 0.9999) {
					t.Errorf("area %d: cosine %v to backprop", k+1, cosine)
				}
			}
		})
	}
}

func TestBatchOfOneIsOnline(t *testing.T) {
	cfg := everything(Additive, true)
	n, one := must[float64](t, cfg, 2), must[float64](t, cfg, 2)
	x, target := data[float64](cfg, 1, 3)
	twice := append(append([]float64{}, x...), x...)
	train(t, n, twice, append(append([]float64{}, target...), target...), 1)
	train(t, one, x, target, 1)
	compareStates(t, n.State(), one.State(), 1e-15)
}

func TestPermutingHiddenNeuronsPermutesResults(t *testing.T) {
	cfg := everything(Convex, true)
	n, permuted := must[float64](t, cfg, 2), must[float64](t, cfg, 2)
	order := stream.New(9, "order").Perm(cfg.Sizes[2])
	// to takes the targets or sources of one matrix into the new order.
	permute := func(s State[float64]) State[float64] {
		targets := func(w []float64) []float64 {
			cols, p := len(w)/len(order), []float64{}
			for _, i := range order {
				p = append(p, w[i*cols:(i+1)*cols]...)
			}
			return p
		}
		sources := func(w []float64) []float64 {
			p := []float64{}
			for row := 0; row < len(w); row += len(order) {
				for _, i := range order {
					p = append(p, w[row+i])
				}
			}
			return p
		}
		s.Up[1], s.UpThreshold[1], s.IP[0], s.IPThreshold[0] = targets(s.Up[1]), targets(s.UpThreshold[1]), targets(s.IP[0]), targets(s.IPThreshold[0])
		s.Down[0], s.PI[0], s.Up[2], s.IP[1] = sources(s.Down[0]), sources(s.PI[0]), sources(s.Up[2]), sources(s.IP[1])
		s.Down[1], s.PI[1] = targets(s.Down[1]), targets(s.PI[1])
		return s
	}
	if err := permuted.SetState(permute(permuted.State())); err != nil {
		t.Fatal(err)
	}
	for b := range 5 {
		x, target := data[float64](cfg, 10, uint64(b))
		train(t, n, x, target, 1)
		train(t, permuted, x, target, 1)
	}
	compareStates(t, permuted.State(), permute(n.State()), 1e-13)
}

func TestFrozenWeightsStay(t *testing.T) {
	cfg := everything(Additive, true)
	kinds := []*[]float64{&cfg.Rates.Up, &cfg.Rates.IP, &cfg.Rates.PI, &cfg.Rates.Down}
	for frozen := range kinds {
		old := *kinds[frozen]
		*kinds[frozen] = append([]float64{0}, old[1:]...) // area 1 only
		n := must[float32](t, cfg, 4)
		before := n.State()
		x, target := data[float32](cfg, 10, 5)
		train(t, n, x, target, 1)
		after := n.State()
		for kind, pair := range [][2][][]float32{{before.Up, after.Up}, {before.IP, after.IP}, {before.PI, after.PI}, {before.Down, after.Down}} {
			for k := range pair[0] {
				if same := cmp.Equal(pair[0][k], pair[1][k]); same != (kind == frozen && k == 0) {
					t.Errorf("kind %d frozen in area 1: kind %d of area %d unchanged: %v", frozen, kind, k+1, same)
				}
			}
		}
		*kinds[frozen] = old
	}
}

func TestResumeIsBitForBit(t *testing.T) {
	for _, cfg := range []Config{everything(Convex, true), paper(Additive)} {
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
}

func TestDrawsAreTheSameInBothPrecisions(t *testing.T) {
	a, b := must[float32](t, everything(Additive, true), 1).State(), must[float64](t, everything(Additive, true), 1).State()
	if d := far(t, a.Up[0], b.Up[0]); !(d < 1e-7) {
		t.Errorf("weights differ by %v", d)
	}
	if c := must[float64](t, everything(Additive, true), 2).State(); cmp.Equal(b.Up, c.Up) {
		t.Error("two seeds give the same weights")
	}
	for _, v := range b.Up[1] {
		if math.Abs(v) > 0.5 {
			t.Fatalf("a weight of U(-0.5, 0.5) is %v", v)
		}
	}
}

func TestNoAllocationPerBatch(t *testing.T) {
	for _, cfg := range []Config{everything(Convex, true), paper(Additive)} {
		n := must[float32](t, cfg, 1)
		x, target := data[float32](cfg, 10, 1)
		classes, out, apical := make([]int, 10), make([]float32, 10*cfg.Sizes[3]), make([]float32, 10*cfg.Sizes[1])
		allocations := testing.AllocsPerRun(20, func() {
			if n.TrainBatch(x, target, 1) != nil || n.Sweep(x, nil) != nil {
				t.Fail()
			}
			n.Read(apical, ReadTopDown, 1)
			n.Classify(classes, x)
			n.Predict(out, x)
		})
		if allocations != 0 {
			t.Errorf("%v allocations per batch", allocations)
		}
	}
}

func TestBadConfigs(t *testing.T) {
	for want, change := range map[string]func(*Config){
		"Sizes has 1":           func(c *Config) { c.Sizes = []int{3} },
		"Sizes[1] is 0":         func(c *Config) { c.Sizes[1] = 0 },
		"Mixing":                func(c *Config) { c.Mixing = 7 },
		"Lambda has 2":          func(c *Config) { c.Lambda = c.Lambda[1:] },
		"Lambda[0] is 1":        func(c *Config) { c.Lambda[0] = 1 },
		"LambdaI[0] is NaN":     func(c *Config) { c.LambdaI = math.NaN() },
		"Rates.Up[2] is -1":     func(c *Config) { c.Rates.Up[2] = -1 },
		"Rates.IP has 3":        func(c *Config) { c.Rates.IP = []float64{1, 1, 1} },
		"Rates.Down[0] is +Inf": func(c *Config) { c.Rates.Down[0] = math.Inf(1) },
		"Init.Up has 0":         func(c *Config) { c.Init.Up = nil },
		"Init.Down has 0":       func(c *Config) { c.Init.Down = nil },
		"Init.PI[1] is -2":      func(c *Config) { c.Init.PI[1] = -2 },
	} {
		cfg := everything(Additive, false)
		change(&cfg)
		if _, err := New[float32](cfg, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not say %q", err, want)
		}
	}
}

func TestDivergenceNamesThePlace(t *testing.T) {
	cfg := paper(Additive)
	nan, big := float32(math.NaN()), float32(math.Inf(1))
	for want, spoil := range map[string]func(n *Network[float32], x, target []float32){
		"basal potential of area 1":       func(n *Network[float32], x, target []float32) { x[3] = nan },
		"basal potential of area 2":       func(n *Network[float32], x, target []float32) { n.areas[1].up.Set(2, 3, big) },
		"interneuron potential of area 2": func(n *Network[float32], x, target []float32) { n.areas[1].ip.Set(2, 3, nan) },
		"apical potential of area 1":      func(n *Network[float32], x, target []float32) { n.areas[0].down.Set(2, 3, nan) },
		"somatic potential of area 3":     func(n *Network[float32], x, target []float32) { target[5] = big },
	} {
		n := must[float32](t, cfg, 1)
		x, target := data[float32](cfg, 10, 1)
		spoil(n, x, target)
		up := n.areas[0].up.At(0, 0)
		if err := n.TrainBatch(x, target, 1); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "likely") {
			t.Errorf("error %v does not say %q", err, want)
		}
		if n.areas[0].up.At(0, 0) != up {
			t.Errorf("%s: weights changed", want)
		}
		x, target = data[float32](cfg, 10, 1)
		fresh := must[float32](t, cfg, 1)
		if err := n.SetState(fresh.State()); err != nil {
			t.Fatal(err)
		}
		train(t, n, x, target, 1)
		train(t, fresh, x, target, 1)
		if !cmp.Equal(n.State(), fresh.State()) {
			t.Errorf("%s: the network does not recover once its state is set", want)
		}
	}
}

func TestBadStates(t *testing.T) {
	n := must[float32](t, everything(Additive, true), 1)
	before := n.State()
	for want, change := range map[string]func(*State[float32]){
		"2 matrices Up":                       func(s *State[float32]) { s.Up = s.Up[1:] },
		"IP[1]: 164 weights":                  func(s *State[float32]) { s.IP[1] = s.IP[1][1:] },
		"Down[0]: weight 4 is NaN":            func(s *State[float32]) { s.Down[0][4] = float32(math.NaN()) },
		"IP and 0 vectors":                    func(s *State[float32]) { s.IPThreshold = nil },
		"Up[0]: 360 weights and 0 thresholds": func(s *State[float32]) { s.UpThreshold[0] = nil },
	} {
		s := n.State()
		s.Up[0][0]++
		change(&s)
		if err := n.SetState(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not say %q", err, want)
		}
		if !cmp.Equal(n.State(), before) {
			t.Fatalf("%s: a refused state was set", want)
		}
	}
}

func TestTransfer(t *testing.T) {
	for _, r := range []float64{0.1, 0.8} {
		u, err := Potential(r)
		if err != nil || !(math.Abs(Rate(u)-r) < 1e-15) {
			t.Errorf("rate %v at the potential %v of rate %v, error %v", Rate(u), u, r, err)
		}
	}
	for _, r := range []float64{-1, 0, 1, math.NaN()} {
		if _, err := Potential(r); err == nil {
			t.Errorf("rate %v has a potential", r)
		}
	}
}

func TestShapePanics(t *testing.T) {
	n := must[float32](t, paper(Additive), 1)
	for name, f := range map[string]func(){
		"ragged images": func() { _ = n.Sweep(make([]float32, 13), nil) },
		"no images":     func() { _ = n.Sweep(nil, nil) },
		"targets":       func() { _ = n.TrainBatch(make([]float32, 24), make([]float32, 4), 1) },
		"classes":       func() { n.Classify(make([]int, 3), make([]float32, 24)) },
		"rates":         func() { n.Predict(make([]float32, 3), make([]float32, 24)) },
		"read too soon": func() { must[float32](t, paper(Additive), 1).Read(nil, ReadSoma, 1) },
		"read too late": func() { _ = n.Sweep(make([]float32, 24), nil); n.Classify(nil, make([]float32, 24)); n.MeanApical(1) },
		"no such area":  func() { n.Read(nil, ReadSoma, 4) },
		"output apical": func() { n.Read(nil, ReadApical, 3) },
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
	for _, level := range simd.Levels() {
		restore := simd.Use(level)
		c := Config{
			Sizes: []int{pixels, 500, 500, 10}, Thresholds: true, Lambda: []float64{0.3, 0.3, 0.1}, LambdaI: 0.1,
			Init: Init{Up: []float64{0.1, 0.1, 0.3}, Down: []float64{4, 12}},
		}
		n := must[float32](t, c, 1)
		s := stream.New(1, "images")
		x := make([]float32, images*pixels)
		for i := range x {
			if s.Float64() < 0.2 { // as many pixels of a digit are not zero
				x[i] = float32(s.Float64())
			}
		}
		all := n.Predict(nil, x)
		var largest float64
		for _, size := range []int{1, 3, 10, 50} {
			for first := 0; first+size <= images; first += size {
				for i, r := range n.Predict(nil, x[first*pixels:(first+size)*pixels]) {
					largest = max(largest, math.Abs(float64(r-all[10*first+i])))
				}
			}
		}
		restore()
		if !(largest < 1e-5) {
			t.Errorf("%s: rates differ by %g between batches", level, largest)
		}
	}
}
