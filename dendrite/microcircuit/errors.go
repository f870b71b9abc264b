package microcircuit

import (
	"fmt"
	"math"
)

// MaxPotential is the bound on the size of a potential beyond which a run counts
// as diverged. Potentials of the published tasks stay below 100.
const MaxPotential = 1e6

// A DivergenceError says where and when a potential was not finite or beyond
// MaxPotential, what usually causes that, and what helps.
type DivergenceError struct {
	Area        int
	Compartment string // "soma" or "interneuron soma"
	Neuron      int
	Time        float64 // ms
	Value       float64
	Cause, Mend string
}

func (e *DivergenceError) Error() string {
	return fmt.Sprintf("microcircuit: diverged at %.1f ms: %s of neuron %d in area %d is %g (bound %g); likely cause: %s; mend: %s", e.Time, e.Compartment, e.Neuron, e.Area, e.Value, MaxPotential, e.Cause, e.Mend)
}

// check returns a *DivergenceError for the first potential out of bounds.
func (n *Network) check() error {
	within := true
	for _, u := range n.u {
		within = within && math.Abs(u) <= MaxPotential // false for NaN
	}
	if within {
		return nil
	}
	e := &DivergenceError{
		Time:  n.time,
		Cause: "the loop through the top-down weights has no stable fixed point",
		Mend:  "use smaller weights (Init), the self-predicting state (SelfPredict), a smaller G.Apical, or the logistic transfer function",
	}
	for k := 1; k < len(n.areas); k++ {
		if n.p.Eta[k] != (LearningRates{}) {
			e.Cause = "plasticity outruns the lateral prediction: a learning rate is too large, or the feedback too strong"
			e.Mend = "lower Eta, begin in the self-predicting state (SelfPredict) or with smaller weights (Init), or use the logistic transfer function"
		}
	}
	for k, a := range n.areas {
		for _, c := range []struct {
			name string
			u    []float64
		}{{"soma", a.u}, {"interneuron soma", a.uInt}} {
			for i, u := range c.u {
				if !(math.Abs(u) <= MaxPotential) {
					e.Area, e.Compartment, e.Neuron, e.Value = k, c.name, i, u
					return e
				}
			}
		}
	}
	panic("microcircuit: a potential outside all areas") // the unused bias slots stay 0
}
