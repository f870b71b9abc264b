package lab

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"microcircuits/dendrite/microcircuit"
)

// With targets that some output weights give exactly, the shallow learner's
// limit finds these weights and is 0; its features are those of the network.
func TestLimitFindsWhatCanBeLearned(t *testing.T) {
	const hidden = 6
	l := learnerOf(t, 2, microcircuit.Softplus(0.1, 1, 3), 5, hidden, 3)
	transfer := l.Net.Params().Transfer
	x, targets := l.features("test", 400)
	w := l.Net.WPPUp(2)
	for i := range 400 {
		l.Load("test", i)
		if !floats.EqualApprox(targets.RawRowView(i), l.Rate, 0) {
			t.Fatalf("pattern %d: targets %v, want %v", i, targets.RawRowView(i), l.Rate)
		}
		for j, u := range l.Net.Predict(nil, l.Input) {
			if got := floats.Dot(x.RawRowView(i), w.Row(j)); math.Abs(got-u) > 1e-12 {
				t.Fatalf("pattern %d: features give potential %g, the network %g", i, got, u)
			}
		}
	}
	rates := mat.NewVecDense(400, nil)
	rates.MulVec(x, mat.NewVecDense(hidden, w.Row(1)))
	transfer.Forward(rates.RawVector().Data, rates.RawVector().Data)
	found := fixedPoint(transfer, x, rates.RawVector().Data)
	if !floats.EqualApprox(found.RawVector().Data, w.Row(1), 1e-4) {
		t.Errorf("found %v, want %v", found.RawVector().Data, w.Row(1))
	}
	limit := l.ShallowLimit()
	if !(limit > 0 && limit < l.ConstantError()) {
		t.Errorf("limit %g, always the mean target gives %g", limit, l.ConstantError())
	}
}

// Under rule (7) the teacher nudges the output and does not replace it: the fixed
// point differs slightly from the weights of limit, and the error is nearly the
// same.
func TestLimitIsCloseToWhereTheRuleEnds(t *testing.T) {
	const hidden, outputs = 10, 10 // few hidden neurons, so that the data determine their weights
	l := learnerOf(t, 1, microcircuit.Softplus(0.1, 1, 3), 30, hidden, outputs)
	transfer := l.Net.Params().Transfer
	const patterns = 1000
	x, rates := l.features("test", patterns)
	potentials := mat.NewDense(patterns, outputs, nil)
	for i := range patterns {
		l.Load("test", i)
		potentials.SetRow(i, l.Target)
	}
	lambda := l.Net.Params().G.MixingOutput()
	v, nudged, change := mat.NewVecDense(patterns, nil), make([]float64, patterns), make([]float64, patterns)
	predict := func(w *mat.VecDense) {
		v.MulVec(x, w)
		transfer.Forward(change, v.RawVector().Data)
	}
	var found, ends float64
	for j := range outputs {
		target := mat.Col(nil, j, rates)
		w := fixedPoint(transfer, x, target)
		predict(w)
		found += SquaredDistance(change, target)
		slope := make([]float64, patterns)
		transfer.Derivative(slope, v.RawVector().Data)
		floats.Scale(lambda, slope)
		var weighted, inverse mat.Dense
		weighted.Mul(mat.NewDiagDense(patterns, slope), x)
		inverse.Mul(x.T(), &weighted)
		if err := inverse.Inverse(&inverse); err != nil {
			t.Fatal(err)
		}
		step := mat.NewVecDense(hidden, nil)
		for range 200 {
			predict(w)
			for i := range nudged {
				nudged[i] = (1-lambda)*v.AtVec(i) + lambda*potentials.At(i, j)
			}
			transfer.Forward(nudged, nudged)
			floats.SubTo(change, nudged, change)
			step.MulVec(x.T(), mat.NewVecDense(patterns, change))
			step.MulVec(&inverse, step)
			w.AddVec(w, step)
		}
		if n := mat.Norm(step, 2); !(n < 1e-6*mat.Norm(w, 2)) {
			t.Fatalf("output %d still moves by %g", j, n)
		}
		predict(w)
		ends += SquaredDistance(change, target)
	}
	if !(math.Abs(ends-found) < 0.02*found) {
		t.Errorf("error %g, the rule ends at %g", found/patterns, ends/patterns)
	}
}
