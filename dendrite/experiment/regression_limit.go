package experiment

import (
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"microcircuits/dendrite/microcircuit"
)

// Patterns from which limit is fitted and on which it is tested.
const limitPatterns, limitTests = 3000, 1000

// limit is close to the squared error at which a shallow learner of these hidden
// weights ends, however long it learns: that of the output weights w for which
//
//	sum over patterns of (r^trgt - phi(w x)) x = 0,
//
// where x are the attenuated hidden rates. It is where rule (7) would end if the
// teacher set the output potential; as it only nudges it, the rule ends where
//
//	sum over patterns of (phi((1-lambda_N) w x + lambda_N u^trgt) - phi(w x)) x = 0.
//
// Neither is the least squared error that these hidden neurons allow. The first
// is the minimum of a convex function, found by Newton's method one output neuron
// at a time.
func (t *pair) limit(net *microcircuit.Network) float64 {
	fit, fitTargets := t.features(net, "limit, fit", limitPatterns)
	test, testTargets := t.features(net, "limit, test", limitTests)
	var sum float64
	for j := range t.r {
		w := t.fixedPoint(fit, mat.Col(nil, j, fitTargets))
		guess := mat.NewVecDense(limitTests, nil)
		guess.MulVec(test, w)
		t.transfer.Forward(guess.RawVector().Data, guess.RawVector().Data)
		sum += squaredDistance(guess.RawVector().Data, mat.Col(nil, j, testTargets))
	}
	return sum / limitTests
}

// features are attenuated hidden rates and target rates, one pattern a row.
func (t *pair) features(net *microcircuit.Network, purpose string, patterns int) (x, targets *mat.Dense) {
	x, targets = mat.NewDense(patterns, t.p.Hidden, nil), mat.NewDense(patterns, t.p.Outputs, nil)
	g, w := t.p.network(shallowLearner).G, net.WPPUp(1)
	up := mat.NewDense(w.Rows, w.Cols, w.Data)
	for i := range patterns {
		t.load(purpose, i)
		row := x.RawRowView(i)
		mat.NewVecDense(len(row), row).MulVec(up, mat.NewVecDense(len(t.input), t.input))
		floats.Scale(g.AttenuationHidden(), row)
		t.transfer.Forward(row, row)
		floats.Scale(g.AttenuationOutput(), row)
		targets.SetRow(i, t.r)
	}
	return x, targets
}

// fixedPoint solves the equation of limit for one output neuron, to nine digits
// or as far as rounding lets it: where hidden rates hardly differ the weights
// are not determined, and any that solve the equation will do.
func (t *pair) fixedPoint(x *mat.Dense, target []float64) *mat.VecDense {
	n, m := x.Dims()
	w, step := mat.NewVecDense(m, nil), mat.NewVecDense(m, nil)
	v, rate, slope := mat.NewVecDense(n, nil), make([]float64, n), make([]float64, n)
	scale, left := mat.NewVecDense(m, nil), mat.NewVecDense(m, nil)
	scale.MulVec(x.T(), mat.NewVecDense(n, target))
	// missing is what is left of the sum, relative to its first part.
	missing := func() float64 {
		v.MulVec(x, w)
		t.transfer.Forward(rate, v.RawVector().Data)
		floats.SubTo(rate, target, rate)
		left.MulVec(x.T(), mat.NewVecDense(n, rate))
		return mat.Norm(left, 2) / mat.Norm(scale, 2)
	}
	weighted, hessian := mat.NewDense(n, m, nil), mat.NewDense(m, m, nil)
	for range 100 {
		now := missing()
		if now < 1e-9 {
			break
		}
		t.transfer.Derivative(slope, v.RawVector().Data)
		for i := range n {
			floats.ScaleTo(weighted.RawRowView(i), slope[i], x.RawRowView(i))
		}
		hessian.Mul(x.T(), weighted)
		if !solve(step, hessian, left) {
			break
		}
		// Shorter steps where a whole one goes too far.
		before, length := mat.VecDenseCopyOf(w), 1.0
		w.AddVec(before, step)
		for missing() >= now && length > 1e-6 {
			length /= 2
			w.AddScaledVec(before, length, step)
		}
		if length <= 1e-6 {
			w.CopyVec(before)
			break
		}
	}
	return w
}

// solve divides b by the positive semidefinite matrix a, with as small a ridge
// as makes it definite, and says whether there was one.
func solve(dst *mat.VecDense, a *mat.Dense, b *mat.VecDense) bool {
	m, _ := a.Dims()
	for ridge := 1e-12; ridge < 1; ridge *= 10 {
		s := mat.NewSymDense(m, nil)
		for i := range m {
			for j := i; j < m; j++ {
				s.SetSym(i, j, a.At(i, j))
			}
			s.SetSym(i, i, a.At(i, i)+ridge*mat.Trace(a)/float64(m))
		}
		var c mat.Cholesky
		if c.Factorize(s) && c.SolveVecTo(dst, b) == nil {
			return true
		}
	}
	return false
}
