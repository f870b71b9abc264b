package simd

// Assembly in f64_mul_amd64.s and f64_phi_amd64.s. Lengths are counts of
// elements from 1; the rows of matrices are padded as Matrix64 says.

//go:noescape
func mulVec64AVX512(y, w, x *float64, rows, cols int)

//go:noescape
func mulVec64AVX2(y, w, x *float64, rows, cols int)

//go:noescape
func filteredMulVec64AVX512(y, w, d, e, before, x *float64, rows, cols int, rate, mix, keep float64)

//go:noescape
func filteredMulVec64AVX2(y, w, d, e, before, x *float64, rows, cols int, rate, mix, keep float64)

//go:noescape
func directMulVec64AVX512(y, w, e, before, x *float64, rows, cols int, rate float64)

//go:noescape
func directMulVec64AVX2(y, w, e, before, x *float64, rows, cols int, rate float64)

//go:noescape
func softplus64AVX512(dst, src *float64, n int, gamma, beta, theta float64)

//go:noescape
func softplus64AVX2(dst, src *float64, n int, gamma, beta, theta float64)

//go:noescape
func logistic64AVX512(dst, src *float64, n int)

//go:noescape
func logistic64AVX2(dst, src *float64, n int)

func mulVec64(y []float64, w *Matrix64, x []float64) {
	if len(w.Data) == 0 {
		clear(y)
		return
	}
	switch level {
	case AVX512:
		mulVec64AVX512(&y[0], &w.Data[0], &x[0], len(y), len(x))
	case AVX2:
		mulVec64AVX2(&y[0], &w.Data[0], &x[0], len(y), len(x))
	default:
		mulVec64Go(y, w, x)
	}
}

func filteredMulVec64(y []float64, w, d *Matrix64, e, before, x []float64, rate, mix float64) {
	if len(w.Data) == 0 {
		clear(y)
		return
	}
	switch level {
	case AVX512:
		filteredMulVec64AVX512(&y[0], &w.Data[0], &d.Data[0], &e[0], &before[0], &x[0], len(y), len(x), rate, mix, 1-mix)
	case AVX2:
		filteredMulVec64AVX2(&y[0], &w.Data[0], &d.Data[0], &e[0], &before[0], &x[0], len(y), len(x), rate, mix, 1-mix)
	default:
		filteredMulVec64Go(y, w, d, e, before, x, rate, mix)
	}
}

func directMulVec64(y []float64, w *Matrix64, e, before, x []float64, rate float64) {
	if len(w.Data) == 0 {
		clear(y)
		return
	}
	switch level {
	case AVX512:
		directMulVec64AVX512(&y[0], &w.Data[0], &e[0], &before[0], &x[0], len(y), len(x), rate)
	case AVX2:
		directMulVec64AVX2(&y[0], &w.Data[0], &e[0], &before[0], &x[0], len(y), len(x), rate)
	default:
		directMulVec64Go(y, w, e, before, x, rate)
	}
}

func softplus64(dst, src []float64, gamma, beta, theta float64) {
	if len(src) == 0 {
		return
	}
	switch level {
	case AVX512:
		softplus64AVX512(&dst[0], &src[0], len(src), gamma, beta, theta)
	case AVX2:
		softplus64AVX2(&dst[0], &src[0], len(src), gamma, beta, theta)
	default:
		softplus64Go(dst, src, gamma, beta, theta)
	}
}

func logistic64(dst, src []float64) {
	if len(src) == 0 {
		return
	}
	switch level {
	case AVX512:
		logistic64AVX512(&dst[0], &src[0], len(src))
	case AVX2:
		logistic64AVX2(&dst[0], &src[0], len(src))
	default:
		logistic64Go(dst, src)
	}
}
