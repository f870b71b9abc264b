package simd

import (
	"math"

	"microcircuits/dendrite/internal/phi"
)

// The portable twins. Products are converted explicitly because Go may fuse
// x*y + z on some machines, and the three products must round alike.

func dot64(w, x []float64) float64 {
	x = x[:len(w)]
	var s0, s1, s2, s3 float64
	for len(w) >= 4 && len(x) >= 4 {
		s0 += float64(w[0] * x[0])
		s1 += float64(w[1] * x[1])
		s2 += float64(w[2] * x[2])
		s3 += float64(w[3] * x[3])
		w, x = w[4:], x[4:]
	}
	for j, wj := range w {
		s0 += float64(wj * x[j])
	}
	return (s0 + s1) + (s2 + s3)
}

func mulVec64Go(y []float64, w *Matrix64, x []float64) {
	for i := range y {
		y[i] = dot64(w.Row(i), x)
	}
}

func filteredMulVec64Go(y []float64, w, d *Matrix64, e, before, x []float64, rate, mix float64) {
	for i := range y {
		row := w.Row(i)
		ind := d.Row(i)[:len(row)]
		pre := before[:len(row)]
		post := mix * e[i]
		for j := range row {
			row[j] += float64(rate * ind[j])
			ind[j] = float64((1-mix)*ind[j]) + float64(post*pre[j])
		}
		y[i] = dot64(row, x)
	}
}

func directMulVec64Go(y []float64, w *Matrix64, e, before, x []float64, rate float64) {
	for i := range y {
		row := w.Row(i)
		pre := before[:len(row)]
		post := rate * e[i]
		for j := range row {
			row[j] += float64(post * pre[j])
		}
		y[i] = dot64(row, x)
	}
}

// The two below use the formulas of the assembly, so that they err alike.

func softplus64Go(dst, src []float64, gamma, beta, theta float64) {
	for i, u := range src {
		x := beta * (u - theta)
		dst[i] = gamma * (max(x, 0) + phi.Softplus(-math.Abs(x)))
	}
}

func logistic64Go(dst, src []float64) {
	for i, u := range src {
		if u < 0 {
			t := math.Exp(u)
			dst[i] = t / (1 + t)
		} else {
			dst[i] = phi.Logistic(u)
		}
	}
}
