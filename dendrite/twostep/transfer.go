package twostep

import (
	"fmt"
	"math"

	"microcircuits/dendrite/internal/simd"
)

// Transfer is the function from somatic potential to rate.
type Transfer int

const (
	Logistic Transfer = iota // 1/(1+exp(-u))
	Softplus                 // log(1+exp(u))
	ReLU                     // max(u, 0)
)

func (f Transfer) String() string {
	switch f {
	case Softplus:
		return "softplus"
	case ReLU:
		return "relu"
	}
	return "logistic"
}

// Rate is the rate at potential u.
func (f Transfer) Rate(u float64) float64 {
	switch f {
	case Softplus:
		return math.Max(u, 0) + math.Log1p(math.Exp(-math.Abs(u)))
	case ReLU:
		return math.Max(u, 0)
	}
	return 1 / (1 + math.Exp(-u))
}

// Potential is the potential at which the rate is r: the target potential for
// a target rate. It fails where there is no single such potential.
func (f Transfer) Potential(r float64) (float64, error) {
	switch {
	case f == Logistic && r > 0 && r < 1:
		return math.Log(r / (1 - r)), nil
	case f == Softplus && r > 0:
		return r + math.Log(-math.Expm1(-r)), nil
	case f == ReLU && r > 0:
		return r, nil
	}
	return 0, fmt.Errorf("twostep: no potential gives the rate %v under the %v transfer function", r, f)
}

// small is the potential difference below which a difference of rates is
// computed from it.
const small = 0.25

// rates sets dst to the rates at potentials u.
func rates[T simd.Float](f Transfer, dst, u []T) {
	if f == Logistic {
		simd.Logistic(dst, u)
		return
	}
	for i, v := range u {
		dst[i] = T(f.Rate(float64(v)))
	}
}

// step moves neurons at potential v and rate r by d: s becomes the rate at
// v+d and e its difference from r.
func step[T simd.Float](f Transfer, s, e, v, r, d []T) {
	if f == Logistic {
		simd.LogisticStep(s, e, v, r, d)
		return
	}
	for i := range d {
		s[i] = T(f.Rate(float64(v[i] + d[i])))
	}
	difference(f, e, r, s, d)
}

// difference sets e to s-r for rates at potentials d apart, from d where that
// is small; d = 0 gives exactly 0 whatever r and s are.
func difference[T simd.Float](f Transfer, e, r, s, d []T) {
	switch f {
	case Logistic:
		simd.LogisticDiff(e, r, s, d)
	case Softplus:
		for i, d := range d {
			if d >= small || d <= -small {
				e[i] = s[i] - r[i]
			} else {
				// log(1+e^(v+d)) - log(1+e^v), where logistic(v) = 1-e^-r.
				e[i] = T(math.Log1p(-math.Expm1(-float64(r[i])) * math.Expm1(float64(d))))
			}
		}
	case ReLU:
		for i, d := range d {
			if d == 0 || r[i] > 0 && s[i] > 0 {
				e[i] = d
			} else {
				e[i] = s[i] - r[i]
			}
		}
	}
}
