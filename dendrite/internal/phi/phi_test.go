package phi

import (
	"math"
	"math/big"
	"testing"
)

// exactLogistic computes with 200 bits.
func exactLogistic(u float64) float64 {
	e := bigExp(-u)
	f, _ := e.Quo(number(1), e.Add(e, number(1))).Float64()
	return f
}

func number(x float64) *big.Float { return new(big.Float).SetPrec(200).SetFloat64(x) }

// bigExp is exp(x) for |x| up to some hundreds: the series at x/1024, squared
// ten times.
func bigExp(x float64) *big.Float {
	small := number(0).Quo(number(x), number(1024))
	sum, term := number(1), number(1)
	for k := 1; k < 60; k++ {
		term.Quo(term.Mul(term, small), number(float64(k)))
		sum.Add(sum, term)
	}
	for range 10 {
		sum.Mul(sum, sum)
	}
	return sum
}

func near(t *testing.T, what string, at, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) && got != want {
		t.Errorf("%s(%v) = %v, want %v", what, at, got, want)
	}
}

func TestLogistic(t *testing.T) {
	for u := -700.0; u <= 700; u += 0.37 {
		want := exactLogistic(u)
		near(t, "Logistic", u, Logistic(u), want, 1e-15*want)
	}
	for u, want := range map[float64]float64{math.Inf(-1): 0, -800: 0, 0: 0.5, 800: 1, math.Inf(1): 1} {
		near(t, "Logistic", u, Logistic(u), want, 0)
	}
}

// The derivative of the softplus is the logistic, and log 2 its value at 0.
func TestSoftplus(t *testing.T) {
	near(t, "Softplus", 0, Softplus(0), math.Ln2, 1e-16)
	for u := -30.0; u <= 30; u += 0.37 {
		const h = 1e-5
		near(t, "slope of Softplus", u, (Softplus(u+h)-Softplus(u-h))/(2*h), Logistic(u), 1e-9)
	}
	for _, u := range []float64{40, 700, 709, 710, 1e300, math.Inf(1)} {
		near(t, "Softplus", u, Softplus(u), u, 1e-15*u)
	}
	for _, u := range []float64{-40, -700} {
		near(t, "Softplus", u, Softplus(u), math.Exp(u), 1e-15*math.Exp(u))
	}
}

func TestInverses(t *testing.T) {
	for u := -30.0; u <= 30; u += 0.37 {
		r := Logistic(u)
		// Close to rate 1 the rate hardly depends on the potential.
		near(t, "Logit of Logistic", u, Logit(r), u, 1e-14+1e-15/(1-r))
		near(t, "InverseSoftplus of Softplus", u, InverseSoftplus(Softplus(u)), u, 1e-14)
	}
	for _, r := range []float64{1e-300, 1e-10, 700, 1e300} {
		near(t, "Softplus of InverseSoftplus", r, Softplus(InverseSoftplus(r)), r, 1e-13*r)
	}
	for _, r := range []float64{-1, 0, 1, 2, math.NaN()} {
		if u := Logit(r); !math.IsNaN(u) && !math.IsInf(u, 0) {
			t.Errorf("Logit(%v) = %v", r, u)
		}
	}
	if u, v := InverseSoftplus(0), InverseSoftplus(-1); !math.IsInf(u, -1) || !math.IsNaN(v) {
		t.Errorf("InverseSoftplus(0) = %v, InverseSoftplus(-1) = %v", u, v)
	}
}
