package twostep

import (
	"fmt"

	"microcircuits/dendrite/internal/phi"
)

// Transfer is the type of [Logistic].
type Transfer int

// Logistic is the transfer function of all neurons, 1/(1+exp(-u)).
const Logistic Transfer = 0

// Rate is the rate at potential u.
func (Transfer) Rate(u float64) float64 { return phi.Logistic(u) }

// Potential is the potential at which the rate is r: the target potential for
// a target rate. It fails unless 0 < r < 1.
func (Transfer) Potential(r float64) (float64, error) {
	if !(r > 0 && r < 1) {
		return 0, fmt.Errorf("twostep: no potential gives the rate %v; rates are between 0 and 1, exclusive", r)
	}
	return phi.Logit(r), nil
}
