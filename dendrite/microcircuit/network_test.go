package microcircuit_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"microcircuits/dendrite/internal/simd"
	"microcircuits/dendrite/internal/stream"
	mc "microcircuits/dendrite/microcircuit"
)

// must returns a network or ends the test.
func must(t testing.TB, p mc.Params, seed uint64) *mc.Network {
	t.Helper()
	n, err := mc.New(p, seed)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func uniform(n int, lo, hi float64, seed uint64) []float64 {
	x := make([]float64, n)
	stream.New(seed, "test").Uniform(x, lo, hi)
	return x
}

// atEveryLevel runs f with each instruction set the machine has.
func atEveryLevel(t *testing.T, f func(t *testing.T)) {
	for _, l := range simd.Levels() {
		t.Run(l.String(), func(t *testing.T) {
			defer simd.Use(l)()
			f(t)
		})
	}
}

// vectors lists every number of a state under a name.
func vectors(s mc.State) map[string][]float64 {
	v := map[string][]float64{
		"time": {s.Time, float64(s.RestSteps)}, "input": s.Input, "smoothed input": s.SmoothedInput,
		"target": s.Target, "smoothed target": s.Smoothed,
	}
	for k := range s.Soma {
		v[fmt.Sprintf("soma %d", k)] = s.Soma[k]
		v[fmt.Sprintf("interneuron %d", k)] = s.Interneuron[k]
		for name, m := range map[string][]mc.Matrix{
			"WPPUp": s.WPPUp, "WPPDown": s.WPPDown, "WIP": s.WIP, "WPI": s.WPI,
			"DPPUp": s.DPPUp, "DPPDown": s.DPPDown, "DIP": s.DIP, "DPI": s.DPI,
		} {
			v[fmt.Sprintf("%s %d", name, k)] = m[k].Data
		}
	}
	return v
}

// compareStates fails unless all vectors agree to tol times their largest element;
// tol 0 means the same bits.
func compareStates(t *testing.T, got, want mc.State, tol float64) {
	t.Helper()
	w := vectors(want)
	for name, g := range vectors(got) {
		if len(g) != len(w[name]) {
			t.Fatalf("%s: %d elements, want %d", name, len(g), len(w[name]))
		}
		scale := 0.0
		for _, x := range w[name] {
			scale = max(scale, math.Abs(x))
		}
		for i := range g {
			if !(math.Abs(g[i]-w[name][i]) <= tol*scale) {
				t.Fatalf("%s[%d]: %v, want %v", name, i, g[i], w[name][i])
			}
		}
	}
}

// unequal are conductances of which no two are equal, so that none can stand in
// for another.
var unequal = mc.Conductances{Leak: 0.13, Basal: 0.9, Apical: 0.7, Dendrite: 1.3, Somatic: 0.6}

// everythingPlastic is a noisy network that learns at all synapses.
func everythingPlastic(f mc.Transfer, sizes ...int) mc.Params {
	p := mc.Defaults(sizes...)
	p.Transfer = f
	p.Bias = true
	p.Sigma = 0.1
	p.G = unequal
	law := mc.Range{Lo: -0.3, Hi: 0.3}
	p.Init = mc.Init{Up: law, Down: law, IP: law, PI: law, Bias: law}
	for k := 1; k < len(sizes); k++ {
		p.Eta[k].Up = 0.004
		if k < len(sizes)-1 {
			p.Eta[k] = mc.LearningRates{Up: 0.003, IP: 0.002, PI: 0.005, Down: 0.001}
		}
	}
	return p
}

func TestAgainstReference(t *testing.T) {
	variants := map[string]func(*mc.Params){
		"softplus":            func(p *mc.Params) {},
		"softplus, threshold": func(p *mc.Params) { p.Transfer = mc.Softplus(0.1, 1.5, 3) },
		"logistic":            func(p *mc.Params) { p.Transfer = mc.Logistic() },
		"no filter":           func(p *mc.Params) { p.TauW = 0 },
		"no smoothing":        func(p *mc.Params) { p.Tau0 = 0 },
		"no noise":            func(p *mc.Params) { p.Sigma = 0 },
		"no bias":             func(p *mc.Params) { p.Bias = false },
		"other bias":          func(p *mc.Params) { p.BiasRate = -0.5 },
		"lag":                 func(p *mc.Params) { p.Lag = 6.3 },
		"half-open gate":      func(p *mc.Params) { p.Gate = 0.5 },
		"some frozen":         func(p *mc.Params) { p.Eta[1].Up, p.Eta[2].PI, p.Eta[2].Down = 0, 0, 0 },
		"inductions kept": func(p *mc.Params) {
			p.Eta, p.KeepInductions = []mc.LearningRates{{}, {PI: 0.002}, {}, {}}, true
		},
		"one hidden area": func(p *mc.Params) { *p = everythingPlastic(mc.Softplus(1, 1, 0), 5, 9, 4) },
		"no hidden area":  func(p *mc.Params) { *p = everythingPlastic(mc.Logistic(), 7, 17) },
	}
	atEveryLevel(t, func(t *testing.T) {
		for name, change := range variants {
			t.Run(name, func(t *testing.T) {
				p := everythingPlastic(mc.Softplus(1, 1, 0), 9, 13, 8, 3)
				change(&p)
				const seed = 5
				n := must(t, p, seed)
				ref := newReference(p, seed)
				in, out := p.Sizes[0], p.Sizes[len(p.Sizes)-1]
				for i := range 6 {
					n.Input(uniform(in, 0, 1, uint64(i)))
					if i%3 == 0 {
						n.ClearTarget()
					} else {
						n.Target(uniform(out, -2, 2, uint64(i)))
					}
					ref.s = copyState(n.State())
					for range 100 {
						if err := n.Step(); err != nil {
							t.Fatal(err)
						}
						ref.step()
					}
					compareStates(t, n.State(), ref.s, 1e-12)
				}
			})
		}
	})
}

func TestResumeBitForBit(t *testing.T) {
	atEveryLevel(t, func(t *testing.T) {
		for _, change := range []func(*mc.Params){
			func(p *mc.Params) {},
			func(p *mc.Params) { p.Lag = 25 },
			func(p *mc.Params) { p.SmoothFirst, p.KeepInductions, p.Eta[1].Down, p.Eta[3].Up = true, true, 0, 0 },
		} {
			p := everythingPlastic(mc.Softplus(1, 1, 0), 9, 13, 8, 3)
			change(&p)
			a := must(t, p, 1)
			present := func(n *mc.Network, from, to int) {
				for i := from; i < to; i++ {
					pattern := mc.Pattern{Input: uniform(9, 0, 1, uint64(i))}
					if i%2 == 1 {
						pattern.Target = uniform(3, -1, 1, uint64(i))
					}
					if err := n.Present(context.Background(), pattern, 20); err != nil {
						t.Fatal(err)
					}
				}
			}
			present(a, 0, 4)
			saved := a.State()
			b := must(t, p, 77) // everything comes from the state, not the seed
			if err := b.SetState(saved); err != nil {
				t.Fatal(err)
			}
			present(a, 4, 8)
			present(b, 4, 8)
			compareStates(t, b.State(), a.State(), 0)
			if x, y := string(a.State().Noise), string(b.State().Noise); x != y {
				t.Error("the noise streams stand at different places")
			}
		}
	})
}

func TestSetStateRefusesOtherLayout(t *testing.T) {
	p := everythingPlastic(mc.Logistic(), 4, 5, 3)
	n := must(t, p, 1)
	before := n.State()
	for name, change := range map[string]func(*mc.State){
		"fewer areas":     func(s *mc.State) { s.WIP = s.WIP[:2] },
		"soma":            func(s *mc.State) { s.Soma[1] = s.Soma[1][:4] },
		"input":           func(s *mc.State) { s.Input = nil },
		"transposed":      func(s *mc.State) { s.WPI[1] = s.WPI[1].Transpose() },
		"truncated":       func(s *mc.State) { s.WPI[1].Data = s.WPI[1].Data[:3] },
		"induction":       func(s *mc.State) { s.DPI[1] = s.DPI[1].Transpose() },
		"noise":           func(s *mc.State) { s.Noise = nil },
		"lag":             func(s *mc.State) { s.RestSteps = -1 },
		"silent teacher":  func(s *mc.State) { s.Target[0] = 1 },
		"too many inputs": func(s *mc.State) { s.SmoothedInput = append(s.SmoothedInput, 1) },
	} {
		s := n.State()
		s.Soma[2][0] = 3
		change(&s)
		if err := n.SetState(s); err == nil {
			t.Errorf("%s: no error", name)
		}
		compareStates(t, n.State(), before, 0)
	}
}

func TestFrozenWeightsKeepTheirBits(t *testing.T) {
	for _, keep := range []bool{false, true} {
		t.Run(fmt.Sprintf("KeepInductions %t", keep), func(t *testing.T) { frozenWeightsKeepTheirBits(t, keep) })
	}
}

func frozenWeightsKeepTheirBits(t *testing.T, keep bool) {
	p := everythingPlastic(mc.Softplus(1, 1, 0), 6, 8, 7, 4)
	p.Eta[1].IP, p.Eta[2].Up, p.Eta[2].PI = 0, 0, 0
	p.Eta[1].Down, p.Eta[3].Up = 0, 0
	p.KeepInductions = keep
	n := must(t, p, 2)
	before := n.State()
	if err := n.Present(context.Background(), mc.Pattern{Input: uniform(6, 0, 1, 1), Target: uniform(4, 0, 1, 2)}, 30); err != nil {
		t.Fatal(err)
	}
	after := n.State()
	same := func(a, b mc.Matrix) bool {
		for i := range a.Data {
			if a.Data[i] != b.Data[i] {
				return false
			}
		}
		return true
	}
	for _, c := range []struct {
		name          string
		before, after mc.Matrix
		frozen        bool
	}{
		{"WPPUp[1]", before.WPPUp[1], after.WPPUp[1], false},
		{"WPPUp[2]", before.WPPUp[2], after.WPPUp[2], true},
		{"WPPUp[3]", before.WPPUp[3], after.WPPUp[3], true},
		{"WPPDown[1]", before.WPPDown[1], after.WPPDown[1], true},
		{"WPPDown[2]", before.WPPDown[2], after.WPPDown[2], false},
		{"WIP[1]", before.WIP[1], after.WIP[1], true},
		{"WIP[2]", before.WIP[2], after.WIP[2], false},
		{"WPI[1]", before.WPI[1], after.WPI[1], false},
		{"WPI[2]", before.WPI[2], after.WPI[2], true},
	} {
		if same(c.before, c.after) != c.frozen {
			t.Errorf("%s: unchanged is %t, want %t", c.name, !c.frozen, c.frozen)
		}
	}
	// Synapses that SetParams freezes keep their inductions only if that is wanted.
	p.Eta[1].Up = 0
	if err := n.SetParams(p); err != nil {
		t.Fatal(err)
	}
	if kept := n.State().DPPUp[1].Data; keep && !slices.Equal(kept, after.DPPUp[1].Data) || !keep && kept != nil {
		t.Errorf("inductions after freezing: %v, before: %v", kept, after.DPPUp[1].Data)
	}
}

func TestStepAllocatesNothing(t *testing.T) {
	for _, f := range []mc.Transfer{mc.Softplus(1, 1, 0), mc.Logistic()} {
		n := must(t, everythingPlastic(f, 6, 8, 7, 4), 1)
		n.Input(uniform(6, 0, 1, 1))
		n.Target(uniform(4, 0, 1, 1))
		if a := testing.AllocsPerRun(100, func() { _ = n.Step() }); a != 0 {
			t.Errorf("%s: %v allocations per step", f.Kind, a)
		}
	}
}
