package simd

import (
	"fmt"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// atEachLevel64 runs f with each instruction set of the machine.
func atEachLevel64(t *testing.T, f func(t *testing.T)) {
	for _, l := range Levels() {
		t.Run(l.String(), func(t *testing.T) {
			defer Use(l)()
			f(t)
		})
	}
}

// guarded returns n drawn numbers inside a longer slice whose other elements
// are NaN, so that a kernel reading or writing outside shows.
func guarded(rt *rapid.T, name string, n int) (whole, part []float64) {
	front := rapid.IntRange(0, 9).Draw(rt, name+" offset")
	whole = make([]float64, front+n+9)
	for i := range whole {
		whole[i] = math.NaN()
	}
	part = whole[front : front+n : front+n]
	for i := range part {
		part[i] = rapid.Float64Range(-3, 3).Draw(rt, name)
	}
	return whole, part
}

// checkClose fails unless every element agrees to tol, and NaN guards stayed.
func checkClose(rt *rapid.T, name string, got, want []float64, tol float64) {
	if len(got) != len(want) {
		rt.Fatalf("%s: %d elements, want %d", name, len(got), len(want))
	}
	for i := range got {
		if math.IsNaN(want[i]) && math.IsNaN(got[i]) {
			continue
		}
		if !(math.Abs(got[i]-want[i]) <= tol) {
			rt.Fatalf("%s[%d] = %v, want %v", name, i, got[i], want[i])
		}
	}
}

func drawMatrix(rt *rapid.T, name string, rows, cols int) Matrix64 {
	m := NewMatrix64(rows, cols)
	for i := range rows {
		for j := range cols {
			m.Row(i)[j] = rapid.Float64Range(-3, 3).Draw(rt, name)
		}
	}
	return m
}

func cloneMatrix(m Matrix64) Matrix64 {
	c := NewMatrix64(m.Rows, m.Cols)
	copy(c.Data, m.Data)
	return c
}

func TestProducts64AgainstPortable(t *testing.T) {
	atEachLevel64(t, func(t *testing.T) {
		rapid.Check(t, func(rt *rapid.T) {
			rows := rapid.IntRange(0, 7).Draw(rt, "rows")
			cols := rapid.IntRange(0, 75).Draw(rt, "cols")
			w, d := drawMatrix(rt, "w", rows, cols), drawMatrix(rt, "d", rows, cols)
			_, e := guarded(rt, "e", rows)
			_, before := guarded(rt, "before", cols)
			_, x := guarded(rt, "x", cols)
			allY, y := guarded(rt, "y", rows)
			rate := rapid.Float64Range(0, 1).Draw(rt, "rate")
			mix := rapid.Float64Range(0, 1).Draw(rt, "mix")
			const tol = 1e-12 // 75 terms below 30, some 20 roundings each

			// Comparing Data compares the padding too, which stays zero.
			wGo, dGo, yGo := cloneMatrix(w), cloneMatrix(d), make([]float64, rows)
			mulVec64Go(yGo, &wGo, x)
			MulVec64(y, &w, x)
			checkClose(rt, "y of the product", y, yGo, tol)

			filteredMulVec64Go(yGo, &wGo, &dGo, e, before, x, rate, mix)
			FilteredMulVec64(y, &w, &d, e, before, x, rate, mix)
			checkClose(rt, "y of the filtered update", y, yGo, tol)
			checkClose(rt, "w of the filtered update", w.Data, wGo.Data, tol)
			checkClose(rt, "d of the filtered update", d.Data, dGo.Data, tol)
			again := make([]float64, rows)
			MulVec64(again, &w, x)
			checkClose(rt, "y of the filtered update, again", y, again, 0)

			directMulVec64Go(yGo, &wGo, e, before, x, rate)
			DirectMulVec64(y, &w, e, before, x, rate)
			checkClose(rt, "y of the direct update", y, yGo, tol)
			checkClose(rt, "w of the direct update", w.Data, wGo.Data, tol)
			MulVec64(again, &w, x)
			checkClose(rt, "y of the direct update, again", y, again, 0)
			checkGuards(rt, "y", allY, len(y))
		})
	})
}

// checkGuards fails if a kernel wrote outside the n elements of a guarded slice.
func checkGuards(rt *rapid.T, name string, whole []float64, n int) {
	nans := 0
	for _, v := range whole {
		if math.IsNaN(v) {
			nans++
		}
	}
	if nans != len(whole)-n {
		rt.Fatalf("%s: %d guards left of %d", name, nans, len(whole)-n)
	}
}

// exactSoftplus is gamma log(1 + exp(x)) with 200 bits, by the series of the
// exponential and of the inverse hyperbolic tangent.
func exactSoftplus(x float64) float64 {
	t := bigExp(-math.Abs(x))
	two := bigFloat(2)
	s := new(big.Float).Quo(t, new(big.Float).Add(two, t))
	z := new(big.Float).Mul(s, s)
	sum, power := bigFloat(0), new(big.Float).Copy(s)
	for k := range 120 {
		sum.Add(sum, new(big.Float).Quo(power, bigFloat(float64(2*k+1))))
		power.Mul(power, z)
	}
	sum.Mul(sum, two)
	sum.Add(sum, bigFloat(max(x, 0)))
	f, _ := sum.Float64()
	return f
}

func exactLogistic(x float64) float64 {
	t := bigExp(-math.Abs(x))
	num := bigFloat(1)
	if x < 0 {
		num = t
	}
	f, _ := new(big.Float).Quo(num, new(big.Float).Add(bigFloat(1), t)).Float64()
	return f
}

func bigFloat(x float64) *big.Float { return new(big.Float).SetPrec(250).SetFloat64(x) }

// bigExp is exp(x): the series at x/1024, squared ten times.
func bigExp(x float64) *big.Float {
	small := new(big.Float).Quo(bigFloat(x), bigFloat(1024))
	sum, term := bigFloat(1), bigFloat(1)
	for k := 1; k < 60; k++ {
		term.Mul(term, small)
		term.Quo(term, bigFloat(float64(k)))
		sum.Add(sum, term)
	}
	for range 10 {
		sum.Mul(sum, sum)
	}
	return sum
}

// Padding stays zero, and does not change a row's product, for errors, rates and weights that
// are not finite.
func TestPaddingOfNonFinite64(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	atEachLevel64(t, func(t *testing.T) {
		for cols := 1; cols <= 33; cols++ {
			for _, c := range []struct{ e, rate, mix float64 }{
				{inf, 0.5, 0.5}, {-inf, 0.5, 0.5}, {nan, 0.5, 0.5}, {1, inf, 0.5}, {1, nan, 0.5}, {1, 0.5, nan}, {1, 0.5, inf}, {math.MaxFloat64, 4, 4},
			} {
				before, x, e := make([]float64, cols), make([]float64, cols), []float64{0.5, c.e, 0.5}
				for j := range cols {
					before[j], x[j] = 1, 0.5
				}
				w, d, y := NewMatrix64(3, cols), NewMatrix64(3, cols), make([]float64, 3)
				wGo, dGo, yGo := cloneMatrix(w), cloneMatrix(d), make([]float64, 3)
				check := func(name string) {
					t.Helper()
					for _, m := range []Matrix64{w, d} {
						for i := range m.Data {
							if i%m.Stride >= cols && math.Float64bits(m.Data[i]) != 0 {
								t.Fatalf("%s, %d columns, %+v: padding is %v", name, cols, c, m.Data[i])
							}
						}
					}
					for i := range y {
						if y[i] != yGo[i] && !(math.IsNaN(y[i]) && math.IsNaN(yGo[i])) && !(math.Abs(y[i]-yGo[i]) < 1e-12) {
							t.Errorf("%s, %d columns, %+v: row %d gives %v, portable %v", name, cols, c, i, y[i], yGo[i])
						}
					}
				}
				for range 2 {
					FilteredMulVec64(y, &w, &d, e, before, x, c.rate, c.mix)
					filteredMulVec64Go(yGo, &wGo, &dGo, e, before, x, c.rate, c.mix)
					check("filtered")
				}
				w, wGo = NewMatrix64(3, cols), NewMatrix64(3, cols)
				DirectMulVec64(y, &w, e, before, x, c.rate)
				directMulVec64Go(yGo, &wGo, e, before, x, c.rate)
				check("direct")
			}
		}
	})
}

func TestTransferAccuracy64(t *testing.T) {
	var xs []float64
	for i := -100; i <= 100; i++ {
		xs = append(xs, float64(i)/250, float64(i)/5, float64(i)*7.07)
	}
	xs = append(xs, 0, math.Copysign(0, -1), 1e-300, -1e-300, 1500, 708, -708, 0.34657359, -0.34657359)
	for len(xs)%8 != 3 { // a tail in every vector length
		xs = append(xs, 1)
	}
	kernels := map[string]struct {
		run   func(dst, src []float64)
		exact func(float64) float64
	}{
		"softplus": {func(dst, src []float64) { Softplus64(dst, src, 1, 1, 0) }, exactSoftplus},
		"logistic": {Logistic64, exactLogistic},
	}
	for name, k := range kernels {
		want := make([]float64, len(xs))
		for i, x := range xs {
			want[i] = k.exact(x)
		}
		t.Run(name, func(t *testing.T) {
			atEachLevel64(t, func(t *testing.T) {
				got := make([]float64, len(xs))
				k.run(got, xs)
				worst := 0.0
				for i, x := range xs {
					if x < -708 {
						if !(got[i] >= 0 && got[i] < 4e-308) {
							t.Errorf("at %g: %g", x, got[i])
						}
						continue
					}
					e := math.Abs(got[i]-want[i]) / want[i]
					if !(e <= 1e-15) {
						t.Errorf("at %g: %v, want %v, relative error %.2g", x, got[i], want[i], e)
					}
					worst = max(worst, e)
				}
				t.Logf("largest relative error %.2g", worst)
			})
		})
	}
}

func TestTransfer64ShapesAndSpecials(t *testing.T) {
	atEachLevel64(t, func(t *testing.T) {
		rapid.Check(t, func(rt *rapid.T) {
			n := rapid.IntRange(0, 35).Draw(rt, "n")
			all, x := guarded(rt, "x", n)
			gamma := rapid.Float64Range(0.1, 2).Draw(rt, "gamma")
			beta := rapid.Float64Range(0.1, 5).Draw(rt, "beta")
			theta := rapid.Float64Range(-3, 3).Draw(rt, "theta")
			want := make([]float64, n)
			softplus64Go(want, x, gamma, beta, theta)
			y := make([]float64, n)
			Softplus64(y, x, gamma, beta, theta)
			checkClose(rt, "softplus", y, want, 1e-13)
			logistic64Go(want, x)
			Logistic64(x, x) // in place
			checkClose(rt, "logistic", x, want, 1e-15)
			checkGuards(rt, "x", all, n)
		})
		inf := math.Inf(1)
		src := []float64{math.NaN(), inf, -inf, 2000, -2000, math.NaN(), inf, -inf, math.NaN(), 1}
		dst := make([]float64, len(src))
		Softplus64(dst, src, 1, 1, 0)
		for i, want := range []float64{math.NaN(), inf, 0, 2000, 0, math.NaN(), inf, 0, math.NaN(), math.Log1p(math.E)} {
			if !(math.Abs(dst[i]-want) <= 1e-15 || dst[i] == want || math.IsNaN(dst[i]) && math.IsNaN(want)) {
				t.Errorf("softplus(%g) = %g, want %g", src[i], dst[i], want)
			}
		}
		Logistic64(dst, src)
		for i, want := range []float64{math.NaN(), 1, 0, 1, 0, math.NaN(), 1, 0, math.NaN(), 1 / (1 + math.Exp(-1))} {
			if !(math.Abs(dst[i]-want) <= 1e-15 || math.IsNaN(dst[i]) && math.IsNaN(want)) {
				t.Errorf("logistic(%g) = %g, want %g", src[i], dst[i], want)
			}
		}
	})
}

func TestShapesPanic64(t *testing.T) {
	s := func(n int) []float64 { return make([]float64, n) }
	m := NewMatrix64(2, 3)
	n := NewMatrix64(2, 4)
	for name, f := range map[string]func(){
		"product":   func() { MulVec64(s(2), &m, s(4)) },
		"filtered":  func() { FilteredMulVec64(s(2), &m, &n, s(2), s(3), s(3), 1, 1) },
		"errors":    func() { FilteredMulVec64(s(2), &m, &m, s(3), s(3), s(3), 1, 1) },
		"direct":    func() { DirectMulVec64(s(2), &m, s(2), s(2), s(3), 1) },
		"softplus":  func() { Softplus64(s(2), s(3), 1, 1, 0) },
		"logistic":  func() { Logistic64(s(3), s(2)) },
		"too early": func() { Use(Portable - 1) },
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

func BenchmarkTransfer64(b *testing.B) {
	x := make([]float64, 80)
	for i := range x {
		x[i] = float64(i%17) - 8
	}
	y := make([]float64, len(x))
	b.Run("softplus", func(b *testing.B) {
		for b.Loop() {
			Softplus64(y, x, 1, 1, 0)
		}
	})
	b.Run("logistic", func(b *testing.B) {
		for b.Loop() {
			Logistic64(y, x)
		}
	})
}

func BenchmarkFilteredMulVec64(b *testing.B) {
	for _, shape := range [][2]int{{20, 30}, {10, 20}, {500, 500}} {
		rows, cols := shape[0], shape[1]
		w, d := NewMatrix64(rows, cols), NewMatrix64(rows, cols)
		x, before, e, y := make([]float64, cols), make([]float64, cols), make([]float64, rows), make([]float64, rows)
		b.Run(fmt.Sprintf("%dx%d", rows, cols), func(b *testing.B) {
			for b.Loop() {
				FilteredMulVec64(y, &w, &d, e, before, x, 1e-3, 1e-2)
			}
		})
	}
}
