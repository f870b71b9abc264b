package lab

import (
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"microcircuits/dendrite/microcircuit"
)

// Patterns from which the limit is fitted and on which it is tested.
const limitPatterns, limitTests = 3000, 1000

// ShallowLimit is close to the squared error of a shallow learner with the hidden
// weights of l after unlimited trials: the error of the output weights w for
// which
//
//	sum over patterns of (r^trgt - phi(w x)) x = 0,
//
// where x are the attenuated hidden rates. It is the fixed point of rule (7) if the
// teacher sets the output potential. As the teacher only nudges it, the fixed point is
//
//	sum over patterns of (phi((1-lambda_N) w x + lambda_N u^trgt) - phi(w x)) x = 0.
//
// Neither is the least squared error possible with these hidden neurons. The first
// is the minimum of a convex function, found by Newton's method one output neuron
// at a time.
func (l *Learner) ShallowLimit() float64 {
	fit, fitTargets := l.features("limit, fit", limitPatterns)
	test, testTargets := l.features("limit, test", limitTests)
	transfer := l.Net.Params().Transfer
	var sum float64
	for j := range l.Rate {
		w := fixedPoint(transfer, fit, mat.Col(nil, j, fitTargets))
		guess := mat.NewVecDense(limitTests, nil)
		guess.MulVec(test, w)
		transfer.Forward(guess.RawVector().Data, guess.RawVector().Data)
		sum += SquaredDistance(guess.RawVector().Data, mat.Col(nil, j, testTargets))
	}
	return sum / limitTests
}

// features are attenuated hidden rates and target rates, one pattern a row.
func (l *Learner) features(purpose string, patterns int) (x, targets *mat.Dense) {
	p, w := l.Net.Params(), l.Net.WPPUp(1)
	x, targets = mat.NewDense(patterns, w.Rows, nil), mat.NewDense(patterns, len(l.Rate), nil)
	up := mat.NewDense(w.Rows, w.Cols, w.Data)
	for i := range patterns {
		l.Load(purpose, i)
		row := x.RawRowView(i)
		mat.NewVecDense(len(row), row).MulVec(up, mat.NewVecDense(len(l.Input), l.Input))
		floats.Scale(p.G.AttenuationHidden(), row)
		p.Transfer.Forward(row, row)
		floats.Scale(p.G.AttenuationOutput(), row)
		targets.SetRow(i, l.Rate)
	}
	return x, targets
}

// fixedPoint solves the equation of [Learner.ShallowLimit] for one output neuron,
// to nine digits or to the rounding error. Where hidden rates hardly differ the
// solution is not unique, and any solution is accepted.
func fixedPoint(transfer microcircuit.Transfer, x *mat.Dense, target []float64) *mat.VecDense {
	n, m := x.Dims()
	w, step := mat.NewVecDense(m, nil), mat.NewVecDense(m, nil)
	v, rate, slope := mat.NewVecDense(n, nil), make([]float64, n), make([]float64, n)
	scale, left := mat.NewVecDense(m, nil), mat.NewVecDense(m, nil)
	scale.MulVec(x.T(), mat.NewVecDense(n, target))
	// missing is the sum, relative to its first part.
	missing := func() float64 {
		v.MulVec(x, w)
		transfer.Forward(rate, v.RawVector().Data)
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
		transfer.Derivative(slope, v.RawVector().Data)
		for i := range n {
			floats.ScaleTo(weighted.RawRowView(i), slope[i], x.RawRowView(i))
		}
		hessian.Mul(x.T(), weighted)
		if !solve(step, hessian, left) {
			break
		}
		// Shorter steps where a full step is too long.
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

// solve solves a x = b for the positive semidefinite matrix a, with the smallest
// ridge that makes a definite, and reports whether there was one.
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
