//go:build !amd64

package simd

func mulVec64(y []float64, w *Matrix64, x []float64) { mulVec64Go(y, w, x) }

func filteredMulVec64(y []float64, w, d *Matrix64, e, before, x []float64, rate, mix float64) {
	filteredMulVec64Go(y, w, d, e, before, x, rate, mix)
}

func directMulVec64(y []float64, w *Matrix64, e, before, x []float64, rate float64) {
	directMulVec64Go(y, w, e, before, x, rate)
}

func softplus64(dst, src []float64, gamma, beta, theta float64) {
	softplus64Go(dst, src, gamma, beta, theta)
}

func logistic64(dst, src []float64) { logistic64Go(dst, src) }
