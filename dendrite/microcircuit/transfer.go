package microcircuit

import (
	"fmt"
	"math"

	"microcircuits/dendrite/internal/simd"
)

// TransferKind names a family of transfer functions.
type TransferKind string

// The transfer functions of paper.md section 1.2 and two simple ones.
const (
	SoftplusKind TransferKind = "softplus" // gamma log(1 + exp(beta (u - theta)))
	LogisticKind TransferKind = "logistic" // 1 / (1 + exp(-u))
	ReLUKind     TransferKind = "relu"     // max(u, 0)
	LinearKind   TransferKind = "linear"   // u
)

// A Transfer is the function phi from potential to rate. Gamma, Beta and Theta
// belong to the softplus and are zero otherwise.
type Transfer struct {
	Kind               TransferKind
	Gamma, Beta, Theta float64
}

// Softplus is the soft rectifier gamma log(1 + exp(beta (u - theta))): rate
// scale gamma, steepness beta, threshold theta. The small tasks use
// (1, 1, 0), the nonlinear regression of N section 3.3 uses (0.1, 1, 3).
func Softplus(gamma, beta, theta float64) Transfer {
	return Transfer{Kind: SoftplusKind, Gamma: gamma, Beta: beta, Theta: theta}
}

// Logistic is 1 / (1 + exp(-u)).
func Logistic() Transfer { return Transfer{Kind: LogisticKind} }

// ReLU is max(u, 0).
func ReLU() Transfer { return Transfer{Kind: ReLUKind} }

// Linear is the identity.
func Linear() Transfer { return Transfer{Kind: LinearKind} }

// Forward computes the rates dst = phi(u). dst may be u; it panics if their
// lengths differ. A Transfer of unknown kind panics; Params.Validate refuses it
// first.
func (f Transfer) Forward(dst, u []float64) {
	checkLen("rates", len(dst), len(u))
	switch f.Kind {
	case SoftplusKind:
		simd.Softplus64(dst, u, f.Gamma, f.Beta, f.Theta)
	case LogisticKind:
		simd.Logistic64(dst, u)
	case ReLUKind:
		for i, v := range u {
			dst[i] = max(v, 0)
		}
	case LinearKind:
		copy(dst, u)
	default:
		panic(f.unknown())
	}
}

// Derivative computes the slopes dst = phi'(u), 0 at the corner of the ReLU. dst
// may be u; it panics if their lengths differ.
func (f Transfer) Derivative(dst, u []float64) {
	checkLen("slopes", len(dst), len(u))
	switch f.Kind {
	case SoftplusKind:
		for i, v := range u {
			dst[i] = f.Gamma * f.Beta * logistic(f.Beta*(v-f.Theta))
		}
	case LogisticKind:
		for i, v := range u {
			dst[i] = logistic(v) * logistic(-v)
		}
	case ReLUKind:
		for i, v := range u {
			dst[i] = 0
			if v > 0 {
				dst[i] = 1
			}
		}
	case LinearKind:
		for i := range dst {
			dst[i] = 1
		}
	default:
		panic(f.unknown())
	}
}

// Inverse computes the potentials dst = phi^-1(r), or names the first rate that
// no potential (or, for the ReLU, no single potential) gives. dst may be r; it
// panics if their lengths differ.
func (f Transfer) Inverse(dst, r []float64) error {
	checkLen("potentials", len(dst), len(r))
	for i, v := range r {
		var u float64
		ok := !math.IsInf(v, 0)
		switch f.Kind {
		case SoftplusKind:
			// log(exp(x) - 1) without overflow for large x and without
			// cancellation for small x.
			x := v / f.Gamma
			u = f.Theta + (x+math.Log(-math.Expm1(-x)))/f.Beta
			ok = ok && x > 0
		case LogisticKind:
			u = math.Log(v) - math.Log1p(-v)
			ok = ok && v > 0 && v < 1
		case ReLUKind:
			u = v
			ok = ok && v > 0
		case LinearKind:
			u = v
			ok = ok && !math.IsNaN(v)
		default:
			panic(f.unknown())
		}
		if !ok {
			return fmt.Errorf("microcircuit: rate %g (index %d) is not the %s of one finite potential", v, i, f.Kind)
		}
		dst[i] = u
	}
	return nil
}

func (f Transfer) validate() error {
	switch f.Kind {
	case SoftplusKind:
		if !(f.Gamma > 0) || !(f.Beta > 0) || !isFinite(f.Gamma, f.Beta, f.Theta) {
			return fmt.Errorf("microcircuit: Transfer softplus has gamma %g, beta %g, theta %g; gamma and beta must be positive, all finite", f.Gamma, f.Beta, f.Theta)
		}
		return nil
	case LogisticKind, ReLUKind, LinearKind:
		if f.Gamma != 0 || f.Beta != 0 || f.Theta != 0 {
			return fmt.Errorf("microcircuit: Transfer %s takes no Gamma, Beta or Theta", f.Kind)
		}
		return nil
	}
	return f.unknown()
}

func (f Transfer) unknown() error {
	return fmt.Errorf("microcircuit: Transfer.Kind is %q; it must be %q, %q, %q or %q", f.Kind, SoftplusKind, LogisticKind, ReLUKind, LinearKind)
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func isFinite(xs ...float64) bool {
	for _, x := range xs {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return false
		}
	}
	return true
}

func checkLen(what string, got, want int) {
	if got != want {
		panic(fmt.Sprintf("microcircuit: %d %s, want %d", got, what, want))
	}
}
