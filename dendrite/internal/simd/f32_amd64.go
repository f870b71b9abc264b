package simd

import "unsafe"

//go:generate go run ./gen

// The assembly works on batches of a few fixed heights and on vectors of 16
// elements; this file cuts the work accordingly.

func mul32[T Float](dst, x *Batch[T], col, rows int, panel []T, active []int32) bool {
	w, ok := float32s(panel)
	if !ok || len(active) == 0 {
		return false
	}
	ds, xs := 4*dst.Stride, 4*x.Stride
	for b := 0; b < rows; {
		d, _ := float32s(dst.Data[b*dst.Stride+col:][:Panel])
		in, _ := float32s(x.Data[b*x.Stride:])
		switch left := rows - b; {
		case level == Portable:
			mulSSE2(d, in, w, &active[0], len(active))
			b++
		case level == AVX512 && left >= 10:
			mul10AVX512(d, ds, in, xs, w, &active[0], len(active))
			b += 10
		case level == AVX512 && left >= 4:
			mul4AVX512(d, ds, in, xs, w, &active[0], len(active))
			b += 4
		case level == AVX512:
			mul1AVX512(d, ds, in, xs, w, &active[0], len(active))
			b++
		case left >= 5:
			mul5AVX2(d, ds, in, xs, w, &active[0], len(active))
			mul5AVX2(half(d), ds, in, xs, half(w), &active[0], len(active))
			b += 5
		default:
			mul1AVX2(d, ds, in, xs, w, &active[0], len(active))
			mul1AVX2(half(d), ds, in, xs, half(w), &active[0], len(active))
			b++
		}
	}
	return true
}

func outer32[T Float](a T, e, x *Batch[T], col, rows int, panel []T, active []int32) bool {
	w, ok := float32s(panel)
	if !ok || len(active) == 0 {
		return false
	}
	scale := float32(a)
	if level == Portable {
		outer32SSE2(scale, e, x, col, rows, w, active)
		return true
	}
	es, xs := 4*e.Stride, 4*x.Stride
	for b := 0; b < rows; {
		d, _ := float32s(e.Data[b*e.Stride+col:][:Panel])
		in, _ := float32s(x.Data[b*x.Stride:])
		switch left := rows - b; {
		case level == AVX512 && left >= 10:
			outer10AVX512(scale, d, es, in, xs, w, &active[0], len(active))
			b += 10
		case level == AVX512 && left >= 4:
			outer4AVX512(scale, d, es, in, xs, w, &active[0], len(active))
			b += 4
		case level == AVX512:
			outer1AVX512(scale, d, es, in, xs, w, &active[0], len(active))
			b++
		case left >= 5:
			outer5AVX2(scale, d, es, in, xs, w, &active[0], len(active))
			outer5AVX2(scale, half(d), es, in, xs, half(w), &active[0], len(active))
			b += 5
		default:
			outer1AVX2(scale, d, es, in, xs, w, &active[0], len(active))
			outer1AVX2(scale, half(d), es, in, xs, half(w), &active[0], len(active))
			b++
		}
	}
	return true
}

// fuses is true if there is a kernel that updates and multiplies one row in one pass.
func fuses[T Float]() bool { return unsafe.Sizeof(T(0)) == 4 && level != Portable }

func updateMul32[T Float](dst, x *Batch[T], col int, a T, e, before *Batch[T], panel []T, in int) {
	w, _ := float32s(panel)
	d, _ := float32s(dst.Data[col:][:Panel])
	now, _ := float32s(x.Data)
	post, _ := float32s(e.Data[col:][:Panel])
	pre, _ := float32s(before.Data)
	if level == AVX512 {
		updateMulAVX512(d, now, float32(a), post, pre, w, in)
		return
	}
	updateMulAVX2(d, now, float32(a), post, pre, w, in)
	updateMulAVX2(half(d), now, float32(a), half(post), pre, half(w), in)
}

func outer32SSE2[T Float](a float32, e, x *Batch[T], col, rows int, w *float32, active []int32) {
	const tile = 10 // rows that go together
	var scaled [tile][Panel]float32
	for b := 0; b < rows; b += tile {
		together := min(tile, rows-b)
		for r := range together {
			for l, v := range e.Data[(b+r)*e.Stride+col:][:Panel] {
				scaled[r][l] = a * float32(v)
			}
		}
		in, _ := float32s(x.Data[b*x.Stride:])
		outerSSE2(&scaled[0][0], together, in, 4*x.Stride, w, &active[0], len(active))
	}
}

// half is the second half of a panel, which AVX2 takes in two runs.
func half(p *float32) *float32 { return (*float32)(unsafe.Add(unsafe.Pointer(p), 4*Panel/2)) }

// vectors is how many elements of a slice of T the assembly takes.
func vectors[T Float](n int) int {
	if unsafe.Sizeof(T(0)) != 4 || level == Portable {
		return 0
	}
	return n &^ 15
}

func logistic32[T Float](dst, x []T) int {
	n := vectors[T](len(x))
	if n > 0 {
		d, _ := float32s(dst)
		p, _ := float32s(x)
		if level == AVX512 {
			logisticAVX512(d, p, n)
		} else {
			logisticAVX2(d, p, n)
		}
	}
	return n
}

func logisticStep32[T Float](rate, diff, v, r, d []T) int {
	n := vectors[T](len(d))
	if n > 0 {
		a, _ := float32s(rate)
		b, _ := float32s(diff)
		p, _ := float32s(v)
		q, _ := float32s(r)
		s, _ := float32s(d)
		if level == AVX512 {
			logisticStepAVX512(a, b, p, q, s, n)
		} else {
			logisticStepAVX2(a, b, p, q, s, n)
		}
	}
	return n
}

func logisticDiff32[T Float](diff, r, s, d []T) int {
	n := vectors[T](len(d))
	if n > 0 {
		a, _ := float32s(diff)
		p, _ := float32s(r)
		q, _ := float32s(s)
		t, _ := float32s(d)
		if level == AVX512 {
			logisticDiffAVX512(a, p, q, t, n)
		} else {
			logisticDiffAVX2(a, p, q, t, n)
		}
	}
	return n
}

func mismatch32[T Float](dst []T, a T, x, y, z []T) int {
	n := vectors[T](len(dst))
	if n > 0 {
		d, _ := float32s(dst)
		p, _ := float32s(x)
		q, _ := float32s(y)
		r, _ := float32s(z)
		if level == AVX512 {
			mismatchAVX512(d, float32(a), p, q, r, n)
		} else {
			mismatchAVX2(d, float32(a), p, q, r, n)
		}
	}
	return n
}

func scale32[T Float](dst []T, a T, x []T) int {
	n := vectors[T](len(dst))
	if n > 0 {
		d, _ := float32s(dst)
		p, _ := float32s(x)
		if level == AVX512 {
			scaleAVX512(d, float32(a), p, n)
		} else {
			scaleAVX2(d, float32(a), p, n)
		}
	}
	return n
}

func finite32[T Float](x []T) (int, bool) {
	n := vectors[T](len(x))
	if n == 0 {
		return 0, true
	}
	p, _ := float32s(x)
	if level == AVX512 {
		return n, zeroTimesAVX512(p, n) == 0
	}
	return n, zeroTimesAVX2(p, n) == 0
}

//go:noescape
func mulSSE2(dst, x, panel *float32, active *int32, n int)

//go:noescape
func outerSSE2(scaled *float32, rows int, x *float32, xStride int, panel *float32, active *int32, n int)

//go:noescape
func mul10AVX512(dst *float32, dstStride int, x *float32, xStride int, panel *float32, active *int32, n int)

//go:noescape
func mul4AVX512(dst *float32, dstStride int, x *float32, xStride int, panel *float32, active *int32, n int)

//go:noescape
func mul1AVX512(dst *float32, dstStride int, x *float32, xStride int, panel *float32, active *int32, n int)

//go:noescape
func mul5AVX2(dst *float32, dstStride int, x *float32, xStride int, panel *float32, active *int32, n int)

//go:noescape
func mul1AVX2(dst *float32, dstStride int, x *float32, xStride int, panel *float32, active *int32, n int)

//go:noescape
func outer10AVX512(a float32, e *float32, eStride int, x *float32, xStride int, panel *float32, active *int32, n int)

//go:noescape
func outer4AVX512(a float32, e *float32, eStride int, x *float32, xStride int, panel *float32, active *int32, n int)

//go:noescape
func outer1AVX512(a float32, e *float32, eStride int, x *float32, xStride int, panel *float32, active *int32, n int)

//go:noescape
func outer5AVX2(a float32, e *float32, eStride int, x *float32, xStride int, panel *float32, active *int32, n int)

//go:noescape
func outer1AVX2(a float32, e *float32, eStride int, x *float32, xStride int, panel *float32, active *int32, n int)

//go:noescape
func updateMulAVX512(dst, x *float32, a float32, e, before, panel *float32, n int)

//go:noescape
func updateMulAVX2(dst, x *float32, a float32, e, before, panel *float32, n int)

//go:noescape
func logisticAVX512(dst, x *float32, n int)

//go:noescape
func logisticAVX2(dst, x *float32, n int)

//go:noescape
func logisticStepAVX512(rate, diff, v, r, d *float32, n int)

//go:noescape
func logisticStepAVX2(rate, diff, v, r, d *float32, n int)

//go:noescape
func logisticDiffAVX512(diff, r, s, d *float32, n int)

//go:noescape
func logisticDiffAVX2(diff, r, s, d *float32, n int)

//go:noescape
func mismatchAVX512(dst *float32, a float32, x, y, z *float32, n int)

//go:noescape
func mismatchAVX2(dst *float32, a float32, x, y, z *float32, n int)

//go:noescape
func scaleAVX512(dst *float32, a float32, x *float32, n int)

//go:noescape
func scaleAVX2(dst *float32, a float32, x *float32, n int)

//go:noescape
func zeroTimesAVX512(x *float32, n int) float32

//go:noescape
func zeroTimesAVX2(x *float32, n int) float32
