package microcircuit

import (
	"fmt"
	"math"

	"microcircuits/dendrite/internal/phi"
	"microcircuits/dendrite/internal/simd"
)

// TransferKind names a family of transfer functions.
type TransferKind string

// The transfer functions of paper.md section 1.2.
const (
	SoftplusKind TransferKind = "softplus" // gamma log(1 + exp(beta (u - theta)))
	LogisticKind TransferKind = "logistic" // 1 / (1 + exp(-u))
)

// A Transfer is the function phi from potential to rate. Gamma, Beta and Theta
// belong to the softplus and are zero otherwise. Params.Validate refuses an
// unknown kind; the methods panic.
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

// Rate is the rate phi(u) at potential u. It may differ from that of Forward in
// the last bits.
func (f Transfer) Rate(u float64) float64 {
	switch f.Kind {
	case SoftplusKind:
		return f.Gamma * phi.Softplus(f.Beta*(u-f.Theta))
	case LogisticKind:
		return phi.Logistic(u)
	}
	panic(f.unknown())
}

// Potential is the potential at which the rate is r: the target potential for a
// target rate. It fails if no finite potential gives that rate.
func (f Transfer) Potential(r float64) (float64, error) {
	switch {
	case f.Kind == SoftplusKind && r > 0 && !math.IsInf(r, 1):
		return f.Theta + phi.InverseSoftplus(r/f.Gamma)/f.Beta, nil
	case f.Kind == LogisticKind && r > 0 && r < 1:
		return phi.Logit(r), nil
	case f.Kind != SoftplusKind && f.Kind != LogisticKind:
		panic(f.unknown())
	}
	return 0, fmt.Errorf("microcircuit: rate %g is not the %s of a finite potential", r, f.Kind)
}

// Forward computes the rates dst = phi(u), with the numeric kernels of this
// machine. dst may be u; it panics if their lengths differ.
func (f Transfer) Forward(dst, u []float64) {
	checkLen("rates", len(dst), len(u))
	switch f.Kind {
	case SoftplusKind:
		simd.Softplus64(dst, u, f.Gamma, f.Beta, f.Theta)
	case LogisticKind:
		simd.Logistic64(dst, u)
	default:
		panic(f.unknown())
	}
}

// Derivative computes the slopes dst = phi'(u). dst may be u; it panics if their
// lengths differ.
func (f Transfer) Derivative(dst, u []float64) {
	checkLen("slopes", len(dst), len(u))
	switch f.Kind {
	case SoftplusKind:
		for i, v := range u {
			dst[i] = f.Gamma * f.Beta * phi.Logistic(f.Beta*(v-f.Theta))
		}
	case LogisticKind:
		for i, v := range u {
			dst[i] = phi.Logistic(v) * phi.Logistic(-v)
		}
	default:
		panic(f.unknown())
	}
}

func (f Transfer) validate() error {
	switch f.Kind {
	case SoftplusKind:
		if !(f.Gamma > 0) || !(f.Beta > 0) || !simd.Finite([]float64{f.Gamma, f.Beta, f.Theta}) {
			return fmt.Errorf("microcircuit: Transfer softplus has gamma %g, beta %g, theta %g; gamma and beta must be positive, all finite", f.Gamma, f.Beta, f.Theta)
		}
		return nil
	case LogisticKind:
		if f.Gamma != 0 || f.Beta != 0 || f.Theta != 0 {
			return fmt.Errorf("microcircuit: Transfer %s takes no Gamma, Beta or Theta", f.Kind)
		}
		return nil
	}
	return f.unknown()
}

func (f Transfer) unknown() error {
	return fmt.Errorf("microcircuit: Transfer.Kind is %q; it must be %q or %q", f.Kind, SoftplusKind, LogisticKind)
}

func checkLen(what string, got, want int) {
	if got != want {
		panic(fmt.Sprintf("microcircuit: %d %s, want %d", got, what, want))
	}
}
