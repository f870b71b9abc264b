package microcircuit_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"

	mc "microcircuits/dendrite/microcircuit"
)

func TestLagRestsPlasticity(t *testing.T) {
	p := everythingPlastic(mc.Logistic(), 5, 6, 3)
	p.Lag = 2
	n := must(t, p, 1)
	n.Input(uniform(5, 0, 1, 1))
	n.Target(uniform(3, -1, 1, 1))
	weights := func() []float64 {
		s := n.State()
		return append(append(s.WPPUp[1].Data, s.DPPUp[1].Data...), s.DPI[1].Data...)
	}
	before := weights()
	for step := 1; step <= 22; step++ {
		if err := n.Step(); err != nil {
			t.Fatal(err)
		}
		if same := floats.Equal(weights(), before); same != (step <= 20) {
			t.Fatalf("step %d of a lag of 20: unchanged is %t", step, same)
		}
	}
	n.Target(uniform(3, -1, 1, 2)) // a new target is not an onset
	before = weights()
	if err := n.Step(); err != nil {
		t.Fatal(err)
	}
	if floats.Equal(weights(), before) {
		t.Error("plasticity rests after Target")
	}
}

func TestGate(t *testing.T) {
	p := mc.Defaults(5, 6, 3)
	p.Transfer = mc.Logistic()
	for _, gate := range []float64{0, 0.25, 1} {
		p.Gate = gate
		n := must(t, p, 1)
		n.SelfPredict()
		n.Input(uniform(5, 0, 1, 1))
		if err := n.Settle(context.Background(), 1e-10, 1000); err != nil {
			t.Fatal(err)
		}
		for i, v := range n.Value(mc.ApicalPotential, 1) {
			td, lateral := n.Value(mc.TopDownInput, 1)[i], n.Value(mc.LateralInput, 1)[i]
			if want := td + (1-gate)*lateral; !(math.Abs(v-want) < 1e-15) {
				t.Errorf("gate %g: v_A %g, want %g", gate, v, want)
			}
			if gate == 1 && v != td {
				t.Errorf("open gate: v_A %g, top-down input %g", v, td)
			}
		}
	}
}

func TestTeacher(t *testing.T) {
	n := must(t, mc.Defaults(3, 2), 1)
	input := []float64{1, 0, 1}
	settle := func() []float64 {
		if err := n.Settle(context.Background(), 1e-12, 1000); err != nil {
			t.Fatal(err)
		}
		return append([]float64{}, n.Value(mc.SomaPotential, 1)...)
	}
	n.Input(input)
	free := settle()
	n.Target([]float64{5, -5})
	if goal := n.Value(mc.TargetPotential, 1); !floats.Equal(goal, free) {
		t.Errorf("the smoothed target starts at %v, want the output %v", goal, free)
	}
	if nudged := settle(); !(nudged[0] > free[0]+1) || !(nudged[1] < free[1]-1) {
		t.Errorf("nudged %v, free %v", nudged, free)
	}
	n.ClearTarget()
	if again := settle(); !floats.EqualApprox(again, free, 1e-9) {
		t.Errorf("after the teacher is off %v, before %v", again, free)
	}
	if p := n.Predict(make([]float64, 0, 2), input); !floats.EqualApprox(p, free, 1e-9) {
		t.Errorf("Predict %v, settled %v", p, free)
	}
}

func TestDivergence(t *testing.T) {
	p := mc.Defaults(4, 5, 3)
	p.Init.Down = mc.Range{Lo: 50, Hi: 60}
	n := must(t, p, 1)
	up := n.WPPUp(2)
	for i := range up.Data {
		up.Data[i] = 10
	}
	set(t, n, mc.WPPUp, 2, up)
	err := n.Present(context.Background(), mc.Pattern{Input: []float64{1, 1, 1, 1}}, 1000)
	var d *mc.DivergenceError
	if !errors.As(err, &d) {
		t.Fatalf("got %v, want a DivergenceError", err)
	}
	if d.Area < 1 || d.Area > 2 || math.Abs(d.Value) <= mc.MaxPotential || !(d.Time > 0 && d.Time < 1000) || d.Compartment == "" {
		t.Errorf("%+v", *d)
	}
	if !strings.Contains(d.Error(), "fixed point") {
		t.Errorf("the cause is not named: %v", d)
	}

	// NaN and plasticity.
	q := everythingPlastic(mc.Softplus(1, 1, 0), 4, 5, 3)
	n = must(t, q, 1)
	w := n.WIP(1)
	w.Set(2, 0, math.NaN())
	set(t, n, mc.WIP, 1, w)
	err = n.Run(context.Background(), 5)
	if !errors.As(err, &d) || !math.IsNaN(d.Value) || !strings.Contains(d.Error(), "Eta") {
		t.Errorf("got %v, want a DivergenceError about NaN that names Eta", err)
	}
}

func set(t *testing.T, n *mc.Network, s mc.Synapses, k int, w mc.Matrix) {
	t.Helper()
	if err := n.SetWeights(s, k, w); err != nil {
		t.Fatal(err)
	}
}

func TestWeights(t *testing.T) {
	p := mc.Defaults(4, 5, 3)
	p.Bias = true
	n := must(t, p, 1)
	get := map[mc.Synapses]func(int) mc.Matrix{mc.WPPUp: n.WPPUp, mc.WPPDown: n.WPPDown, mc.WIP: n.WIP, mc.WPI: n.WPI}
	for s, shape := range map[mc.Synapses][2]int{mc.WPPUp: {5, 5}, mc.WPPDown: {5, 3}, mc.WIP: {3, 6}, mc.WPI: {5, 3}} {
		w := get[s](1)
		if w.Rows != shape[0] || w.Cols != shape[1] {
			t.Errorf("%s is %d by %d, want %v", s, w.Rows, w.Cols, shape)
		}
		w.Set(2, 1, 7)
		if get[s](1).At(2, 1) == 7 {
			t.Errorf("%s: writing to the copy changes the network", s)
		}
		set(t, n, s, 1, w)
		if !floats.Equal(get[s](1).Data, w.Data) {
			t.Errorf("%s: set weights do not come back", s)
		}
		if err := n.SetWeights(s, 1, mc.NewMatrix(2, 2)); err == nil {
			t.Errorf("%s takes a matrix of another shape", s)
		}
	}
	// New weights count at once.
	n.Input([]float64{1, 1, 1, 1})
	n.Value(mc.BasalPotential, 1)
	w := mc.NewMatrix(5, 5)
	w.Set(0, 4, 3)
	set(t, n, mc.WPPUp, 1, w)
	if v := n.Value(mc.BasalPotential, 1); !floats.Equal(v, []float64{3, 0, 0, 0, 0}) {
		t.Errorf("basal potentials %v after setting one bias to 3", v)
	}
}

func TestValidation(t *testing.T) {
	for want, change := range map[string]func(*mc.Params){
		"Sizes is":          func(p *mc.Params) { p.Sizes = []int{3} },
		"Sizes[1] is 0":     func(p *mc.Params) { p.Sizes[1] = 0 },
		"G.Leak is -1":      func(p *mc.Params) { p.G.Leak = -1 },
		"G.Basal is 0":      func(p *mc.Params) { p.G.Basal = 0 },
		"G.Apical is NaN":   func(p *mc.Params) { p.G.Apical = math.NaN() },
		"G.Dendrite is":     func(p *mc.Params) { p.G.Dendrite = math.Inf(1) },
		"G.Somatic is -2":   func(p *mc.Params) { p.G.Somatic = -2 },
		"BiasRate is NaN":   func(p *mc.Params) { p.BiasRate = math.NaN() },
		"BiasRate is 0; it": func(p *mc.Params) { p.Bias, p.BiasRate = true, 0 },
		"Dt is 0;":          func(p *mc.Params) { p.Dt = 0 },
		"Dt is 2; it must":  func(p *mc.Params) { p.Dt = 2 },
		"Tau0 is 0.05":      func(p *mc.Params) { p.Tau0 = 0.05 },
		"TauW is -30":       func(p *mc.Params) { p.TauW = -30 },
		"Sigma is NaN":      func(p *mc.Params) { p.Sigma = math.NaN() },
		"Lag is -1":         func(p *mc.Params) { p.Lag = -1 },
		"Gate is 1.5":       func(p *mc.Params) { p.Gate = 1.5 },
		"Transfer.Kind is":  func(p *mc.Params) { p.Transfer = mc.Transfer{} },
		"gamma 0":           func(p *mc.Params) { p.Transfer = mc.Softplus(0, 1, 0) },
		"takes no":          func(p *mc.Params) { p.Transfer = mc.Transfer{Kind: mc.LogisticKind, Beta: 1} },
		"Eta has 1 entries": func(p *mc.Params) { p.Eta = p.Eta[:1] },
		"Eta[1].PI is -1":   func(p *mc.Params) { p.Eta[1].PI = -1 },
		"Eta[2].IP is 1, b": func(p *mc.Params) { p.Eta[2].IP = 1 },
		"Eta[0].Up is 1, b": func(p *mc.Params) { p.Eta[0].Up = 1 },
		"Init.Down is":      func(p *mc.Params) { p.Init.Down = mc.Range{Lo: 1, Hi: -1} },
	} {
		p := mc.Defaults(4, 5, 3)
		change(&p)
		if _, err := mc.New(p, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error containing %q", err, want)
		}
	}
	p := mc.Defaults(4, 5, 3)
	n := must(t, p, 1)
	p.Bias = true
	if err := n.SetParams(p); err == nil {
		t.Error("SetParams takes another layout")
	}
	if err := n.SetParams(mc.Params{}); err == nil {
		t.Error("SetParams takes parameters out of range")
	}
}

func TestPresentRefuses(t *testing.T) {
	n := must(t, mc.Defaults(4, 5, 3), 1)
	ctx := context.Background()
	good := mc.Pattern{Input: make([]float64, 4)}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	for name, err := range map[string]error{
		"input length":  n.Present(ctx, mc.Pattern{Input: make([]float64, 3)}, 1),
		"target length": n.Present(ctx, mc.Pattern{Input: good.Input, Target: make([]float64, 4)}, 1),
		"NaN":           n.Present(ctx, mc.Pattern{Input: []float64{0, math.NaN(), 0, 0}}, 1),
		"duration":      n.Present(ctx, good, math.NaN()),
		"cancelled":     n.Present(cancelled, good, 1),
		"probe area":    n.Present(ctx, good, 1, &mc.Probe{Quantity: mc.SomaPotential, Area: 3}),
		"probe kind":    n.Present(ctx, good, 1, &mc.Probe{Quantity: mc.ApicalPotential, Area: 2}),
		"probe neuron":  n.Present(ctx, good, 1, &mc.Probe{Quantity: mc.SomaPotential, Area: 2, Neurons: []int{3}}),
		"probe every":   n.Present(ctx, good, 1, &mc.Probe{Quantity: mc.SomaPotential, Area: 2, Every: -1}),
		"too short":     n.Settle(ctx, 1e-9, 0.1),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
		if name == "cancelled" && !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
	}
}

func TestProbes(t *testing.T) {
	p := everythingPlastic(mc.Logistic(), 4, 5, 3)
	n, twin := must(t, p, 1), must(t, p, 1)
	pattern := mc.Pattern{Input: uniform(4, 0, 1, 1), Target: uniform(3, -1, 1, 1)}
	every := &mc.Probe{Quantity: mc.SomaPotential, Area: 1}
	some := &mc.Probe{Quantity: mc.ApicalPotential, Area: 1, Neurons: []int{4, 0}, Every: 7}
	input := &mc.Probe{Quantity: mc.Rate, Area: 0, Every: 10}
	var want [][]float64
	for range 3 {
		if err := n.Present(context.Background(), pattern, 1, every, some, input); err != nil {
			t.Fatal(err)
		}
		twin.Input(pattern.Input)
		twin.Target(pattern.Target)
		for range 10 {
			want = append(want, append([]float64{twin.Time()}, twin.Value(mc.SomaPotential, 1)...))
			want[len(want)-1] = append(want[len(want)-1], twin.Value(mc.ApicalPotential, 1)...)
			if err := twin.Step(); err != nil {
				t.Fatal(err)
			}
		}
	}
	compareStates(t, n.State(), twin.State(), 0) // probes change nothing
	if len(every.Times) != 30 || len(some.Times) != 5 || len(input.Times) != 3 || len(some.Series) != 2 {
		t.Fatalf("%d, %d, %d samples, %d series", len(every.Times), len(some.Times), len(input.Times), len(some.Series))
	}
	for s := range 30 {
		for i := range 5 {
			if every.Times[s] != want[s][0] || every.Series[i][s] != want[s][1+i] {
				t.Fatalf("soma %d, sample %d differs", i, s)
			}
		}
	}
	for s := range 5 {
		w := want[7*s]
		if some.Times[s] != w[0] || some.Series[0][s] != w[6+4] || some.Series[1][s] != w[6] {
			t.Fatalf("apical sample %d differs", s)
		}
	}
	if !(input.Series[0][2] > input.Series[0][1]) || input.Series[0][0] != 0 {
		t.Errorf("smoothed input %v", input.Series[0])
	}
	for i, norm := range some.Norms() {
		if want := math.Hypot(some.Series[0][i], some.Series[1][i]); math.Abs(norm-want) > 1e-12 {
			t.Errorf("norm of sample %d is %g, want %g", i, norm, want)
		}
	}
}

func TestTransfer(t *testing.T) {
	for _, f := range []mc.Transfer{mc.Softplus(1, 1, 0), mc.Softplus(0.1, 2, 3), mc.Logistic()} {
		u := []float64{-30, -3, -0.5, 0.25, 1, 4, 30}
		r, slope := make([]float64, len(u)), make([]float64, len(u))
		f.Forward(r, u)
		f.Derivative(slope, u)
		const h = 1e-5
		up, down := make([]float64, len(u)), make([]float64, len(u))
		f.Forward(up, inPlace(append([]float64{}, u...), func(x float64) float64 { return x + h }))
		f.Forward(down, inPlace(append([]float64{}, u...), func(x float64) float64 { return x - h }))
		for i := range u {
			if d := (up[i] - down[i]) / (2 * h); !(math.Abs(d-slope[i]) < 1e-8) {
				t.Errorf("%v: slope at %g is %g, difference quotient %g", f, u[i], slope[i], d)
			}
			if rate := f.Rate(u[i]); !(math.Abs(rate-r[i]) <= 1e-15*r[i]) {
				t.Errorf("%v: rate at %g is %g, that of Forward %g", f, u[i], rate, r[i])
			}
			back, err := f.Potential(r[i])
			// Close to saturation the rate no longer determines the potential.
			if tol := 1e-15 / min(1, slope[i]) * 10; err != nil || !(math.Abs(back-u[i]) <= max(tol, 1e-12)) {
				t.Errorf("%v: potential of phi(%g) is %g, error %v", f, u[i], back, err)
			}
		}
	}
	inf := math.Inf(1)
	for f, rates := range map[mc.Transfer][]float64{mc.Softplus(1, 1, 0): {0, -1, inf, math.NaN()}, mc.Logistic(): {0, 1, -inf, inf, math.NaN()}} {
		for _, r := range rates {
			if _, err := f.Potential(r); err == nil {
				t.Errorf("%s: %g has a potential", f.Kind, r)
			}
		}
	}
}

func TestSeeds(t *testing.T) {
	p := everythingPlastic(mc.Logistic(), 4, 5, 3)
	a, b, c := must(t, p, 1).State(), must(t, p, 1).State(), must(t, p, 2).State()
	compareStates(t, a, b, 0)
	if floats.Equal(a.WPPUp[1].Data, c.WPPUp[1].Data) || string(a.Noise) == string(c.Noise) {
		t.Error("two seeds give the same weights or noise")
	}
	p.Bias = false // the other weights keep their draws
	if w := must(t, p, 1).State().WPPUp[1]; w.At(2, 3) != a.WPPUp[1].At(2, 3) {
		t.Error("the bias shifted the weights' stream")
	}
}

func TestAreasWithoutSynapsesPanic(t *testing.T) {
	n := must(t, mc.Defaults(4, 5, 3), 1)
	for name, f := range map[string]func(){
		"WPI of the output":   func() { n.WPI(2) },
		"WPPUp of the input":  func() { n.WPPUp(0) },
		"apical of the input": func() { n.Value(mc.ApicalPotential, 0) },
		"too few rates":       func() { n.Input(make([]float64, 3)) },
		"too many targets":    func() { n.Target(make([]float64, 4)) },
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

func ExampleDefaults() {
	p := mc.Defaults(30, 20, 10)
	p.Gate = 2
	_, err := mc.New(p, 1)
	fmt.Println(err)
	// Output: microcircuit: Gate is 2; it must be between 0 and 1
}

func ExampleTransfer_Potential() {
	u, err := mc.Logistic().Potential(0.8)
	fmt.Printf("%.4f %v\n", u, err)
	// Output: 1.3863 <nil>
}

// Without smoothing, input and target are those given last, also if smoothing ends while
// they are still on their way.
func TestSetParamsEndsSmoothing(t *testing.T) {
	for _, teacher := range []bool{true, false} {
		p := everythingPlastic(mc.Softplus(1, 1, 0), 3, 4, 2)
		n := must(t, p, 1)
		if teacher {
			n.Target([]float64{0.5, -0.25})
		}
		n.Input([]float64{1, 0.5, 0.25})
		n.Step()
		p.Tau0 = 0
		if err := n.SetParams(p); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			s := n.State()
			if !slices.Equal(s.SmoothedInput, s.Input) || !slices.Equal(s.Smoothed, s.Target) || s.SmoothedInput[0] != 1 {
				t.Errorf("teacher %t: input %v of %v, target %v of %v", teacher, s.SmoothedInput, s.Input, s.Smoothed, s.Target)
			}
			n.Step()
		}
	}
}
