package figure

import (
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"

	"microcircuits/dendrite/chart"
	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/figure/internal/lab"
	"microcircuits/dendrite/internal/stream"
	"microcircuits/dendrite/microcircuit"
	"microcircuits/dendrite/record"
)

// smallTheory is over in a moment.
func smallTheory() TheoryParams {
	p := theoryPreset(experiment.Quick)
	p.Nets, p.Points, p.Seeds = 3, 4, 2
	p.Regression.Trials = 40
	return p
}

// The laws of paper.md 1.7, with the quick preset's networks: issue 3.
func TestTheoryLaws(t *testing.T) {
	p := theoryPreset(experiment.Quick)
	p.Seeds, p.Regression.Trials = 2, 600
	r, err := Theory.Run(t.Context(), experiment.Env{Store: openStore(t)}, p)
	if err != nil {
		t.Fatal(err)
	}
	for k, slopes := range r.AngleSlopes() {
		if s := stat.Mean(slopes, nil); !(math.Abs(s-1) < 0.1) {
			t.Errorf("area %d: the angle grows with lambda to the power %.3f, want 1", k+1, s)
		}
	}
	for k, slopes := range r.SizeSlopes() {
		if s := stat.Mean(slopes, nil); !(math.Abs(s-float64(3-k)) < 0.05) {
			t.Errorf("area %d: the weight change grows with lambda to the power %.3f, want %d", k+1, s, 3-k)
		}
	}
	for i, n := range r.Nets {
		for k := range 3 {
			if ratio := n.Size[k][0] / n.Leading[k][0]; !(math.Abs(ratio-1) < 0.01) {
				t.Errorf("network %d, area %d: %.4f of the leading order at the smallest lambda", i+1, k+1, ratio)
			}
		}
	}
	for _, c := range r.Claims {
		if c.Verdict == record.Deviates {
			t.Errorf("%s deviates: %s; want %s", c.ID, c.OursText(), c.BoundText())
		}
	}
}

// Rule as computed here is the weight change that the network itself makes.
func TestBackpropUpdatesReadTheRuleOfTheNetwork(t *testing.T) {
	p := smallTheory()
	rates, target := make([]float64, p.Inputs), make([]float64, p.Outputs)
	s := stream.New(7, "pattern")
	s.Uniform(rates, 0, 1)
	s.Uniform(target, -2, 2)
	net, err := p.settled(t.Context(), 7, 0.8, false, rates, target)
	if err != nil {
		t.Fatal(err)
	}
	want := lab.BackpropUpdates(net, rates, target)
	before := net.State()
	q := net.Params()
	for k := 1; k <= 3; k++ {
		q.Eta[k] = microcircuit.LearningRates{Up: 1 / q.Dt}
	}
	if err := net.SetParams(q); err != nil {
		t.Fatal(err)
	}
	if err := net.Step(); err != nil {
		t.Fatal(err)
	}
	after := net.State()
	for k := 1; k <= 3; k++ {
		for i, w := range after.WPPUp[k].Data {
			if change := w - before.WPPUp[k].Data[i]; !(math.Abs(change-want.Rule[k][i]) < 1e-12) {
				t.Fatalf("area %d, weight %d: the network changes it by %g, computed %g", k, i, change, want.Rule[k][i])
			}
		}
	}
}

// Backprop is the gradient of sum over outputs of the integral of
// phi'(x) (u_trgt - x), here by finite differences.
func TestBackpropUpdatesAreAGradient(t *testing.T) {
	p := smallTheory()
	p.Inputs, p.Hidden1, p.Hidden2, p.Outputs = 5, 4, 3, 2
	rates, target := []float64{0.1, 0.9, 0.4, 0.7, 0.2}, []float64{1.5, -0.7}
	net, err := p.settled(t.Context(), 3, 0.5, true, rates, target)
	if err != nil {
		t.Fatal(err)
	}
	u := lab.BackpropUpdates(net, rates, target)
	sigma := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	value := func() float64 { // integral of phi'(x)(t-x) = phi(u)(t-u) + integral of phi
		var sum float64
		for i, x := range net.Predict(nil, rates) {
			sum += sigma(x)*(target[i]-x) + math.Log1p(math.Exp(x))
		}
		return sum
	}
	const h = 1e-5
	for k := 1; k <= 3; k++ {
		attenuation := net.Params().G.AttenuationHidden()
		if k == 3 {
			attenuation = net.Params().G.AttenuationOutput()
		}
		w := net.WPPUp(k)
		for i := range w.Data {
			shifted := w.Clone()
			at := func(x float64) float64 {
				shifted.Data[i] = x
				if err := net.SetWeights(microcircuit.WPPUp, k, shifted); err != nil {
					t.Fatal(err)
				}
				return value()
			}
			gradient := (at(w.Data[i]+h) - at(w.Data[i]-h)) / (2 * h)
			at(w.Data[i])
			// By the attenuated weight, as the reference counts.
			if got := u.Backprop[k][i] * attenuation; !(math.Abs(got-gradient) < 1e-8) {
				t.Errorf("area %d, weight %d: %g, by finite differences %g", k, i, got, gradient)
			}
		}
	}
}

func TestTheoryCaptionsSayReduced(t *testing.T) {
	r, err := Theory.Run(t.Context(), experiment.Env{Store: openStore(t)}, smallTheory())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []*chart.Chart{r.Angles(), r.Sizes(), r.Departure(), r.TwoStep(), r.Alignment(), r.AnglesDuringLearning()} {
		if !strings.Contains(c.Caption, "reduced run") {
			t.Errorf("%s: caption hides that the run is reduced: %s", c.Title, c.Caption)
		}
	}
}

func TestTheorySaysWhichParameterIsWrong(t *testing.T) {
	for _, c := range []struct {
		spoil func(*TheoryParams)
		want  string
	}{
		{func(p *TheoryParams) { p.LambdaLow = 0.2 }, "LambdaLow"},
		{func(p *TheoryParams) { p.Regression.PatternMs = 0 }, "Regression.PatternMs"},
	} {
		p := smallTheory()
		c.spoil(&p)
		if _, err := Theory.Run(t.Context(), experiment.Env{Store: openStore(t)}, p); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v does not name %s", err, c.want)
		}
	}
}

func TestTheoryMixingFactorsAscend(t *testing.T) {
	p := theoryPreset(experiment.Quick)
	for _, fit := range []float64{0.08, 0.1, 0.3, 0.5} {
		p.LambdaFit = fit
		for name, l := range map[string][]float64{"Lambdas": p.Lambdas(), "MomentLambdas": p.MomentLambdas()} {
			if !slices.IsSorted(l) {
				t.Errorf("LambdaFit %g: %s %v is not ascending", fit, name, l)
			}
		}
	}
}
