package simd

import "fmt"

// The float64 kernels of the continuous-time model. A matrix is a row-major
// slice w of len(y) rows and len(x) columns. All three products sum a row in
// the same order, so that a product after a fused update has the same bits as
// one computed afresh from the updated matrix.

// MulVec64 computes y = w x.
func MulVec64(y, w, x []float64) {
	checkShape(len(w), len(y), len(x))
	mulVec64(y, w, x)
}

// FilteredMulVec64 advances weights w and their low-pass filtered inductions d
// by one Euler step, both right-hand sides taken from the old values, and then
// multiplies with the new weights, in one pass over memory:
//
//	w += rate d
//	d += mix (e before^T - d)
//	y  = w x
//
// The slices must not overlap.
func FilteredMulVec64(y, w, d, e, before, x []float64, rate, mix float64) {
	checkShape(len(w), len(y), len(x))
	if len(d) != len(w) || len(e) != len(y) || len(before) != len(x) {
		panic(fmt.Sprintf("simd: plasticity of a %d by %d matrix got %d inductions, %d errors and %d inputs", len(y), len(x), len(d), len(e), len(before)))
	}
	filteredMulVec64(y, w, d, e, before, x, rate, mix)
}

// DirectMulVec64 is FilteredMulVec64 without a filter:
//
//	w += rate e before^T
//	y  = w x
func DirectMulVec64(y, w, e, before, x []float64, rate float64) {
	checkShape(len(w), len(y), len(x))
	if len(e) != len(y) || len(before) != len(x) {
		panic(fmt.Sprintf("simd: plasticity of a %d by %d matrix got %d errors and %d inputs", len(y), len(x), len(e), len(before)))
	}
	directMulVec64(y, w, e, before, x, rate)
}

// Softplus64 computes dst = gamma log(1 + exp(beta (src - theta))) without
// overflow, to a relative error of 1e-15 of the exact function of the rounded
// exponent. Where the exponent is below -708 it returns gamma exp(-708),
// about 3e-308, or less. NaN stays NaN. dst may be src.
func Softplus64(dst, src []float64, gamma, beta, theta float64) {
	checkSame(len(dst), len(src))
	softplus64(dst, src, gamma, beta, theta)
}

// Logistic64 computes dst = 1 / (1 + exp(-src)) to a relative error of 1e-15
// for src above -708, and less than 4e-308 below it. NaN stays NaN. dst may be
// src.
func Logistic64(dst, src []float64) {
	checkSame(len(dst), len(src))
	logistic64(dst, src)
}

func checkShape(w, rows, cols int) {
	if w != rows*cols {
		panic(fmt.Sprintf("simd: %d weights for %d rows and %d columns", w, rows, cols))
	}
}

func checkSame(dst, src int) {
	if dst != src {
		panic(fmt.Sprintf("simd: destination has %d elements, source %d", dst, src))
	}
}
