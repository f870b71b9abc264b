package twostep

import (
	"fmt"

	"microcircuits/dendrite/internal/phi"
)

// Rate is the rate at potential u: the transfer function of all neurons is the
// logistic function, 1/(1+exp(-u)).
func Rate(u float64) float64 { return phi.Logistic(u) }

// Potential is the potential at which the rate is r: the target potential for
// a target rate. It fails unless 0 < r < 1.
func Potential(r float64) (float64, error) {
	if !(r > 0 && r < 1) {
		return 0, fmt.Errorf("twostep: no potential gives the rate %v; rates are between 0 and 1, exclusive", r)
	}
	return phi.Logit(r), nil
}
