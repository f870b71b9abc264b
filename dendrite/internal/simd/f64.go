package simd

import "fmt"

// A Matrix64 is a row-major matrix whose rows begin on cache lines: row i is
// Data[i*Stride : i*Stride+Cols], and the elements from Cols to Stride are zero.
type Matrix64 struct {
	Rows, Cols, Stride int
	Data               []float64
}

// NewMatrix64 returns a matrix of zeros.
func NewMatrix64(rows, cols int) Matrix64 {
	const line = 8 // elements
	stride := (cols + line - 1) / line * line
	return Matrix64{Rows: rows, Cols: cols, Stride: stride, Data: aligned[float64](rows * stride)}
}

// Row returns row i without its padding; it shares memory with m.
func (m *Matrix64) Row(i int) []float64 {
	return m.Data[i*m.Stride : i*m.Stride+m.Cols : i*m.Stride+m.Cols]
}

// The three products below sum a row in the same order, so that a product after
// a fused update has the same bits as one computed afresh from the updated
// matrix. They panic if shapes do not fit; slices must not overlap.

// MulVec64 computes y = w x.
func MulVec64(y []float64, w *Matrix64, x []float64) {
	w.check(y, x)
	mulVec64(y, w, x)
}

// FilteredMulVec64 advances weights w and their low-pass filtered inductions d
// by one Euler step, both right-hand sides taken from the old values, and then
// multiplies with the new weights, in one pass over memory:
//
//	w += rate d
//	d += mix (e before^T - d)
//	y  = w x
func FilteredMulVec64(y []float64, w, d *Matrix64, e, before, x []float64, rate, mix float64) {
	w.check(y, x)
	w.check(e, before)
	if d.Rows != w.Rows || d.Cols != w.Cols {
		panic(fmt.Sprintf("simd: inductions are %d by %d, weights %d by %d", d.Rows, d.Cols, w.Rows, w.Cols))
	}
	filteredMulVec64(y, w, d, e, before, x, rate, mix)
}

// DirectMulVec64 is FilteredMulVec64 without a filter:
//
//	w += rate e before^T
//	y  = w x
func DirectMulVec64(y []float64, w *Matrix64, e, before, x []float64, rate float64) {
	w.check(y, x)
	w.check(e, before)
	directMulVec64(y, w, e, before, x, rate)
}

func (m *Matrix64) check(y, x []float64) {
	if len(y) != m.Rows || len(x) != m.Cols {
		panic(fmt.Sprintf("simd: a %d by %d matrix with vectors of %d and %d", m.Rows, m.Cols, len(y), len(x)))
	}
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

func checkSame(dst, src int) {
	if dst != src {
		panic(fmt.Sprintf("simd: destination has %d elements, source %d", dst, src))
	}
}
