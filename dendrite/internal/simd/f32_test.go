package simd

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// atEveryLevel runs f with each instruction set this machine has.
func atEveryLevel(t *testing.T, f func(t *testing.T)) {
	best := detect()
	t.Cleanup(func() { level = best })
	for l := Portable; l <= best; l++ {
		t.Run(l.String(), func(t *testing.T) {
			level = l
			f(t)
		})
	}
}

func randomBatch[T Float](r *rand.Rand, rows, n, filled int) *Batch[T] {
	b := NewBatch[T](rows, n)
	for i := range rows {
		for j := range filled {
			b.Data[i*b.Stride+j] = T(r.NormFloat64())
		}
	}
	return b
}

func randomWeights[T Float](r *rand.Rand, out, in int) *Weights[T] {
	w := NewWeights[T](out, in)
	for o := range out {
		for i := range in {
			w.Set(o, i, T(r.NormFloat64()))
		}
	}
	return w
}

// someOf draws a list of active inputs, in order.
func someOf(r *rand.Rand, n int, share float64) []int32 {
	active := []int32{}
	for i := range n {
		if r.Float64() < share {
			active = append(active, int32(i))
		}
	}
	return active
}

func near(t interface{ Fatalf(string, ...any) }, what string, got, want, scale, tolerance float64) {
	if !(math.Abs(got-want) <= tolerance*math.Max(1, scale)) {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
}

func testProducts[T Float](t *rapid.T, tolerance float64) {
	out := rapid.IntRange(1, 70).Draw(t, "out")
	in := rapid.IntRange(1, 70).Draw(t, "in")
	rows := rapid.IntRange(1, 27).Draw(t, "rows")
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	active := sequence(in)
	if rapid.Bool().Draw(t, "sparse") {
		active = someOf(r, in, 0.3)
	}
	w := randomWeights[T](r, out, in)
	x := randomBatch[T](r, rows, in, len(active))
	dst := randomBatch[T](r, rows, out, out)
	w.Mul(dst, x, rows, active)
	for b := range rows {
		for o := range dst.Stride {
			want, size := 0.0, 0.0
			if o >= out {
				if o < (out+Panel-1)/Panel*Panel && dst.Data[b*dst.Stride+o] != 0 {
					t.Fatalf("padding of row %d holds %v", b, dst.Data[b*dst.Stride+o])
				}
				continue
			}
			for j, i := range active {
				term := float64(w.At(o, int(i))) * float64(x.Data[b*x.Stride+j])
				want, size = want+term, size+math.Abs(term)
			}
			near(t, fmt.Sprintf("product [%d][%d]", b, o), float64(dst.Data[b*dst.Stride+o]), want, size, tolerance)
		}
	}

	before := *w
	before.data = append([]T(nil), w.data...)
	e := randomBatch[T](r, rows, out, out)
	const a = -0.3
	w.AddOuter(a, e, x, rows, active)
	place := map[int]int{}
	for j, i := range active {
		place[int(i)] = j
	}
	for o := range out {
		for i := range in {
			want, size := float64(before.At(o, i)), 4.0
			j, listed := place[i]
			if !listed {
				if w.At(o, i) != before.At(o, i) {
					t.Fatalf("weight [%d][%d] from an inactive input changed", o, i)
				}
				continue
			}
			for b := range rows {
				term := float64(T(a)) * float64(e.Row(b)[o]) * float64(x.Data[b*x.Stride+j])
				want, size = want+term, size+math.Abs(term)
			}
			near(t, fmt.Sprintf("updated weight [%d][%d]", o, i), float64(w.At(o, i)), want, size, tolerance)
		}
	}
	for i, v := range w.data {
		if lane := i % Panel; v != 0 && i/Panel/in*Panel+lane >= out {
			t.Fatalf("lane %d past the last output holds %v", lane, v)
		}
	}
}

func TestProductsOfAnyShape(t *testing.T) {
	atEveryLevel(t, func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) { testProducts[float32](t, 1e-6) })
	})
	t.Run("float64", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) { testProducts[float64](t, 1e-14) })
	})
}

// Rows of a batch must not see each other: a batch gives what its parts give,
// bit for bit where the parts are as high as the kernels' tiles.
func TestTilesAgree(t *testing.T) {
	atEveryLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 2))
		w := randomWeights[float32](r, 45, 37)
		x := randomBatch[float32](r, 20, 37, 37)
		whole, part := NewBatch[float32](20, 45), NewBatch[float32](10, 45)
		w.Mul(whole, x, 20, sequence(37))
		tail := &Batch[float32]{Rows: 10, Len: 37, Stride: x.Stride, Data: x.Data[10*x.Stride:]}
		w.Mul(part, tail, 10, sequence(37))
		for i, v := range part.Data {
			if v != whole.Data[10*whole.Stride+i] {
				t.Fatalf("element %d: %v in the batch of ten, %v in the batch of twenty", i, v, whole.Data[10*whole.Stride+i])
			}
		}
	})
}

func TestShapesThatDoNotFitPanic(t *testing.T) {
	w := NewWeights[float32](5, 4)
	for name, f := range map[string]func(){
		"outputs":         func() { w.Mul(NewBatch[float32](2, 6), NewBatch[float32](2, 4), 2, sequence(4)) },
		"rows":            func() { w.Mul(NewBatch[float32](2, 5), NewBatch[float32](2, 4), 3, sequence(4)) },
		"active":          func() { w.Mul(NewBatch[float32](2, 5), NewBatch[float32](2, 4), 2, []int32{4}) },
		"negative active": func() { w.AddOuter(1, NewBatch[float32](2, 5), NewBatch[float32](2, 4), 2, []int32{-1}) },
		"too many":        func() { w.Mul(NewBatch[float32](2, 5), NewBatch[float32](2, 4), 2, make([]int32, 60)) },
		"lengths":         func() { Logistic(make([]float32, 3), make([]float32, 4)) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f()
		})
	}
}

func TestLogisticError(t *testing.T) {
	atEveryLevel(t, func(t *testing.T) {
		var x []float32
		for v := -100.0; v <= 100; v += 1.0 / 512 {
			x = append(x, float32(v))
		}
		got := make([]float32, len(x))
		Logistic(got, x)
		worst, relative := 0.0, 0.0
		for i, v := range x {
			want := 1 / (1 + math.Exp(-float64(v)))
			worst = math.Max(worst, math.Abs(float64(got[i])-want))
			if v > -80 {
				relative = math.Max(relative, math.Abs(float64(got[i])-want)/want)
			}
		}
		if !(worst <= 2e-7 && relative <= 1e-6) {
			t.Errorf("largest error %v, largest relative error %v", worst, relative)
		}
		t.Logf("largest error %.2g, largest relative error %.2g", worst, relative)
		odd := []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))}
		odd = append(odd, make([]float32, 13)...)
		Logistic(odd, odd)
		if odd[0] == odd[0] || odd[1] != 1 || odd[2] > 1e-37 || odd[3] != 0.5 {
			t.Errorf("logistic of NaN, +Inf, -Inf, 0 = %v", odd[:4])
		}
	})
}

func TestLogisticStep(t *testing.T) {
	atEveryLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(3, 4))
		const n = 16*5000 + 7
		v, rate0, d := make([]float32, n), make([]float32, n), make([]float32, n)
		for i := range v {
			v[i] = float32(6 * r.NormFloat64())
			d[i] = float32(r.NormFloat64() * math.Pow(10, 1-8*r.Float64()))
		}
		d[5] = 0
		Logistic(rate0, v)
		rate, diff, again := make([]float32, n), make([]float32, n), make([]float32, n)
		LogisticStep(rate, diff, v, rate0, d)
		LogisticDiff(again, rate0, rate, d)
		worst := 0.0
		for i := range v {
			u, d := float64(v[i]+d[i]), float64(d[i])
			near(t, "rate", float64(rate[i]), 1/(1+math.Exp(-u)), 1, 2e-7)
			if again[i] != diff[i] {
				t.Fatalf("difference %v of step and of LogisticDiff %v", diff[i], again[i])
			}
			if r := float64(rate0[i]); math.Abs(d) < 0.25 {
				exact := r * (1 - r) * math.Expm1(d) / (1 + r*math.Expm1(d))
				if exact != 0 && r > 1e-3 && r < 0.9 {
					worst = math.Max(worst, math.Abs(float64(diff[i])/exact-1))
				}
			} else if diff[i] != rate[i]-rate0[i] {
				t.Fatalf("difference %v of %v and %v", diff[i], rate[i], rate0[i])
			}
		}
		if !(worst < 1e-6) || diff[5] != 0 {
			t.Errorf("largest relative error of a small difference %v; at d = 0: %v", worst, diff[5])
		}
	})
}

func TestElementwise(t *testing.T) {
	atEveryLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(5, 6))
		const n = 16*3 + 5
		x, y, z, got := make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n)
		for i := range x {
			x[i], y[i], z[i] = r.Float32(), r.Float32(), r.Float32()
		}
		y[3] = x[3]
		Mismatch(got, 0.3, x, y, z)
		for i := range got {
			if want := 0.3 * ((x[i] - y[i]) + z[i]); got[i] != want {
				t.Fatalf("mismatch %d: %v, want %v", i, got[i], want)
			}
		}
		Scale(got, -2, x)
		for i := range got {
			if got[i] != -2*x[i] {
				t.Fatalf("scale %d: %v", i, got[i])
			}
		}
		if !Finite(x) {
			t.Error("finite numbers are said not to be")
		}
		for i := range x {
			for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
				old := x[i]
				if x[i] = float32(bad); Finite(x) {
					t.Fatalf("%v at %d not seen", bad, i)
				}
				x[i] = old
			}
		}
	})
}
