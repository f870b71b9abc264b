package simd

import (
	"fmt"
	"math"
	"unsafe"

	"microcircuits/dendrite/internal/phi"
)

// Float is the element type of the kernels that exist in both precisions. Only
// float32 has assembly; float64 runs the portable code and serves tests of
// limits.
type Float interface{ float32 | float64 }

// Panel is the number of outputs whose weights lie side by side in memory.
const Panel = 32

// A Batch holds one row vector per example. Rows are padded: Stride is an odd
// multiple of 16 elements, at least Len+1, so that rows start on a cache line,
// do not collide in the cache, and have room for one more column (an input
// fixed at 1 that carries a threshold). Kernels read and write the padding.
type Batch[T Float] struct {
	Rows, Len, Stride int
	Data              []T // row b starts at b*Stride
}

// NewBatch returns a zero batch of rows vectors of length n.
func NewBatch[T Float](rows, n int) *Batch[T] {
	stride := (n+Panel)/Panel*Panel + 16
	return &Batch[T]{Rows: rows, Len: n, Stride: stride, Data: aligned[T](rows * stride)}
}

// Row is row b without its padding.
func (b *Batch[T]) Row(r int) []T { return b.Data[r*b.Stride : r*b.Stride+b.Len] }

// First is the first rows of the batch, padding included, as one slice.
func (b *Batch[T]) First(rows int) []T { return b.Data[:rows*b.Stride] }

// Weights is an out x in matrix stored for products with skinny batches: the
// outputs are cut into panels of Panel, and each panel holds its inputs one
// after the other, Panel outputs each. Both the product and the outer-product
// update then stream through memory once, and inputs that are zero in the
// whole batch are skipped. Lanes past the last output stay zero as
// long as errors and inputs are finite, which the networks check.
type Weights[T Float] struct {
	Out, In int
	data    []T
	all     []int32    // the numbers of all inputs
	wait    waiting[T] // an update that the next product makes
}

// NewWeights returns a zero matrix.
func NewWeights[T Float](out, in int) *Weights[T] {
	panels := (out + Panel - 1) / Panel
	return &Weights[T]{Out: out, In: in, data: aligned[T](panels * in * Panel), all: sequence(in)}
}

func (w *Weights[T]) panel(p int) []T { return w.data[p*w.In*Panel : (p+1)*w.In*Panel] }

func (w *Weights[T]) index(o, i int) int { return (o/Panel*w.In+i)*Panel + o%Panel }

// At is the weight from input i to output o.
func (w *Weights[T]) At(o, i int) T {
	w.settle()
	return w.data[w.index(o, i)]
}

// Set sets the weight from input i to output o.
func (w *Weights[T]) Set(o, i int, v T) {
	w.settle()
	w.data[w.index(o, i)] = v
}

// sequence returns 0, 1, ..., n-1.
func sequence(n int) []int32 {
	s := make([]int32, n)
	for i := range s {
		s[i] = int32(i)
	}
	return s
}

// Mul sets the first rows rows of dst to x·Wᵀ, where column j of x holds the
// input numbered active[j]; inputs not listed are taken as zero. A nil active lists
// all. It panics if the shapes do not fit. Sums run over j in order with one rounding per term
// (fused multiply-add) in AVX assembly and two in portable kernels, so backends agree
// to about sqrt(len(active)) roundings of the largest term; a single row may
// be summed in another order than several.
func (w *Weights[T]) Mul(dst, x *Batch[T], rows int, active []int32) {
	dense := active == nil
	if dense {
		active = w.all
	}
	w.check(dst, x, rows, active)
	if dense && rows == 1 && w.updateMul(dst, x) {
		return
	}
	w.settle()
	for p := 0; p*Panel < w.Out; p++ {
		panel := w.panel(p)
		if mul32(dst, x, p*Panel, rows, panel, active) {
			continue
		}
		mulPortable(dst, x, p*Panel, rows, panel, active)
	}
}

// AddOuter adds a·eᵀ·x to W, summed over the first rows rows of both batches:
// W[o][active[j]] += a Σ_b e[b][o] x[b][j]. A nil active lists all inputs; then the
// update by a single row may wait for the next product, which makes it in the same pass
// through memory, with the same bits. The padding of e must be zero. It panics if the
// shapes do not fit. Backends agree to about rows roundings.
func (w *Weights[T]) AddOuter(a T, e, x *Batch[T], rows int, active []int32) {
	dense := active == nil
	if dense {
		active = w.all
	}
	w.check(e, x, rows, active)
	w.settle()
	if dense && rows == 1 && w.postpone(a, e, x) {
		return
	}
	w.addOuter(a, e, x, rows, active)
}

func (w *Weights[T]) addOuter(a T, e, x *Batch[T], rows int, active []int32) {
	for p := 0; p*Panel < w.Out; p++ {
		panel := w.panel(p)
		if outer32(a, e, x, p*Panel, rows, panel, active) {
			continue
		}
		outerPortable(a, e, x, p*Panel, rows, panel, active)
	}
}

// check also keeps the assembly, which has no bounds checks, within its slices.
func (w *Weights[T]) check(out, x *Batch[T], rows int, active []int32) {
	if out.Len != w.Out || rows > out.Rows || rows > x.Rows || len(active) > x.Stride {
		panic(fmt.Sprintf("simd: %d x %d weights do not fit a batch of %d rows of %d outputs and %d rows of %d active inputs (%d rows asked)",
			w.Out, w.In, out.Rows, out.Len, x.Rows, len(active), rows))
	}
	for _, i := range active {
		if uint(i) >= uint(w.In) {
			panic(fmt.Sprintf("simd: active input %d of %d", i, w.In))
		}
	}
}

func mulPortable[T Float](dst, x *Batch[T], col, rows int, panel []T, active []int32) {
	lanes := func(j int) *[Panel]T { return (*[Panel]T)(panel[int(active[j])*Panel:]) }
	for b := range rows {
		xs := x.Data[b*x.Stride:][:len(active)]
		sum := (*[Panel]T)(dst.Data[b*dst.Stride+col:])
		clear(sum[:])
		j := 0
		for ; j+5 <= len(xs); j += 5 { // five inputs share one pass over sum
			p0, p1, p2, p3, p4 := xs[j], xs[j+1], xs[j+2], xs[j+3], xs[j+4]
			w0, w1, w2, w3, w4 := lanes(j), lanes(j+1), lanes(j+2), lanes(j+3), lanes(j+4)
			for l := range sum {
				sum[l] = sum[l] + p0*w0[l] + p1*w1[l] + p2*w2[l] + p3*w3[l] + p4*w4[l]
			}
		}
		for ; j < len(xs); j++ {
			p, w := xs[j], lanes(j)
			for l := range sum {
				sum[l] += p * w[l]
			}
		}
	}
}

func outerPortable[T Float](a T, e, x *Batch[T], col, rows int, panel []T, active []int32) {
	const tile = 5 // rows that go together
	var scaled [tile][Panel]T
	for b := 0; b < rows; b += tile {
		var xs [tile][]T
		for r := range tile {
			// Rows past the last add nothing: they have no error.
			row := min(b+r, rows-1)
			xs[r] = x.Data[row*x.Stride:][:len(active)]
			clear(scaled[r][:])
			if b+r < rows {
				for l, v := range e.Data[row*e.Stride+col:][:Panel] {
					scaled[r][l] = a * v
				}
			}
		}
		x0, x1, x2, x3, x4 := xs[0], xs[1][:len(xs[0])], xs[2][:len(xs[0])], xs[3][:len(xs[0])], xs[4][:len(xs[0])]
		for j, p0 := range x0 {
			w := (*[Panel]T)(panel[int(active[j])*Panel:])
			p1, p2, p3, p4 := x1[j], x2[j], x3[j], x4[j]
			for l := range w {
				w[l] = w[l] + p0*scaled[0][l] + p1*scaled[1][l] + p2*scaled[2][l] + p3*scaled[3][l] + p4*scaled[4][l]
			}
		}
	}
}

// aligned returns n zero elements that start on a cache line.
func aligned[T Float](n int) []T {
	const line = 64
	size := int(unsafe.Sizeof(T(0)))
	s := make([]T, n+line/size)
	skip := 0
	if over := int(uintptr(unsafe.Pointer(unsafe.SliceData(s))) % line); over != 0 {
		skip = (line - over) / size
	}
	return s[skip : skip+n : skip+n]
}

// float32s is s as float32 when that is what it holds; ok is false otherwise.
func float32s[T Float](s []T) (p *float32, ok bool) {
	if unsafe.Sizeof(T(0)) != 4 || len(s) == 0 {
		return nil, false
	}
	return (*float32)(unsafe.Pointer(unsafe.SliceData(s))), true
}

// Logistic sets dst to 1/(1+exp(-x)) element by element; dst may be x. It
// panics if the lengths differ. In float32 the result is within 2e-7 of the
// exact value, and within a relative 1e-6 for x > -80; below -87 it stays at
// 1.6e-38. NaN gives NaN.
func Logistic[T Float](dst, x []T) {
	same(len(dst), len(x))
	done := logistic32(dst, x)
	for i, v := range x[done:] {
		dst[done+i] = logistic(v)
	}
}

func logistic[T Float](v T) T { return T(phi.Logistic(float64(v))) }

// LogisticStep moves neurons at potential v and rate r = logistic(v) by d: it
// sets rate to logistic(v+d) and diff to logistic(v+d)-r, the latter from d
// itself where d is small (see [LogisticDiff]). It panics if lengths differ.
func LogisticStep[T Float](rate, diff, v, r, d []T) {
	same(len(rate), len(diff), len(v), len(r), len(d))
	done := logisticStep32(rate, diff, v, r, d)
	for i := done; i < len(d); i++ {
		rate[i] = logistic(v[i] + d[i])
		diff[i] = logisticDiff(r[i], rate[i], d[i])
	}
}

// LogisticDiff sets diff to s-r, where r and s are the logistic of potentials
// d apart. Where |d| < 1/4 it is computed as r(1-r)m/(1+rm) with m = exp(d)-1,
// because there s-r is a difference of nearly equal numbers: the relative
// error in float32 stays below 1e-6 for 1e-3 < r < 0.9 at any d, and d = 0
// gives exactly 0. It panics if lengths differ.
func LogisticDiff[T Float](diff, r, s, d []T) {
	same(len(diff), len(r), len(s), len(d))
	done := logisticDiff32(diff, r, s, d)
	for i := done; i < len(d); i++ {
		diff[i] = logisticDiff(r[i], s[i], d[i])
	}
}

func logisticDiff[T Float](r, s, d T) T {
	if d >= 0.25 || d <= -0.25 {
		return s - r
	}
	m := math.Expm1(float64(d))
	return T(float64(r) * (1 - float64(r)) * m / (1 + float64(r)*m))
}

// Mismatch sets dst to a((x-y)+z), in this order of roundings: where x equals y
// the result is exactly a·z. It panics if lengths differ.
func Mismatch[T Float](dst []T, a T, x, y, z []T) {
	same(len(dst), len(x), len(y), len(z))
	done := mismatch32(dst, a, x, y, z)
	for i := done; i < len(dst); i++ {
		dst[i] = a * ((x[i] - y[i]) + z[i])
	}
}

// Scale sets dst to a·x; dst may be x. It panics if lengths differ.
func Scale[T Float](dst []T, a T, x []T) {
	same(len(dst), len(x))
	done := scale32(dst, a, x)
	for i := done; i < len(dst); i++ {
		dst[i] = a * x[i]
	}
}

// Finite reports whether x holds neither NaN nor an infinity.
func Finite[T Float](x []T) bool {
	done, ok := finite32(x)
	var sum T
	for _, v := range x[done:] {
		sum += v * 0
	}
	return ok && sum == 0
}

func same(lengths ...int) {
	for _, n := range lengths[1:] {
		if n != lengths[0] {
			panic(fmt.Sprintf("simd: slices of different lengths %d and %d", lengths[0], n))
		}
	}
}
