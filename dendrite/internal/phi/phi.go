// Package phi has the transfer functions of the models, from potential to rate,
// and their inverses, one number at a time. Package simd has the same functions
// for slices.
package phi

import "math"

// Logistic is 1 / (1 + exp(-u)).
func Logistic(u float64) float64 { return 1 / (1 + math.Exp(-u)) }

// Logit is the inverse of Logistic: the potential of rate r, 0 < r < 1. It is
// not finite, or NaN, for any other r.
func Logit(r float64) float64 { return math.Log(r / (1 - r)) }

// Softplus is log(1 + exp(u)).
func Softplus(u float64) float64 {
	e := math.Exp(u)
	if math.IsInf(e, 1) {
		return u // the two are the same number long before exp overflows
	}
	return math.Log1p(e)
}

// InverseSoftplus is the inverse of Softplus: the potential of rate r, r > 0.
// It is -Inf for 0 and NaN for a negative r.
func InverseSoftplus(r float64) float64 {
	e := math.Expm1(r)
	if math.IsInf(e, 1) {
		return r // as in Softplus
	}
	return math.Log(e)
}
