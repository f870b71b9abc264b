package microcircuit

import (
	"fmt"
	"math"
)

// A Quantity is something a probe can record, or Value can show.
type Quantity int

// The quantities. ApicalPotential is TopDownInput plus (1 - Gate) LateralInput.
const (
	SomaPotential        Quantity = iota // u^P_k
	BasalPotential                       // v^P_{B,k}
	ApicalPotential                      // v^P_{A,k}, hidden areas
	TopDownInput                         // W^PP_{k,k+1} r_{k+1}, hidden areas
	LateralInput                         // W^PI_{k,k} r^I_k, hidden areas
	InterneuronPotential                 // u^I_k, hidden areas
	InterneuronDendrite                  // v^I_k, hidden areas
	Rate                                 // phi(u^P_k); in area 0 the smoothed input
	InterneuronRate                      // phi(u^I_k), hidden areas
	TargetPotential                      // smoothed u^trgt, output area; 0 while the teacher is off
)

var quantityNames = [...]string{"soma", "basal", "apical", "top-down", "lateral", "interneuron", "interneuron basal", "rate", "interneuron rate", "target"}

func (q Quantity) String() string {
	if q < 0 || int(q) >= len(quantityNames) {
		return fmt.Sprintf("Quantity(%d)", int(q))
	}
	return quantityNames[q]
}

// A Probe records one quantity of one area while Present or Settle runs. The
// zero fields mean: all neurons, every step. One probe may follow another
// network or several calls; it keeps appending.
type Probe struct {
	Quantity Quantity
	Area     int
	Neurons  []int // which neurons, nil for all
	Every    int   // steps from one sample to the next, 0 for 1

	Times  []float64   // ms
	Series [][]float64 // Series[i][s] is sample s of the i-th recorded neuron

	wait int // steps to the next sample
}

// Value returns the present values of a quantity of an area, one per neuron. It
// shares memory with the network: read it before the next step, do not write.
// It panics if the area has no such quantity.
func (n *Network) Value(q Quantity, area int) []float64 {
	v, err := n.value(q, area)
	if err != nil {
		panic(err)
	}
	if n.stale {
		n.refresh()
	}
	return v
}

func (n *Network) value(q Quantity, area int) ([]float64, error) {
	if area < 0 || area >= len(n.areas) {
		return nil, fmt.Errorf("microcircuit: area %d of %s; this network has areas 0 to %d", area, q, len(n.areas)-1)
	}
	a, last := &n.areas[area], len(n.areas)-1
	hidden := area > 0 && area < last
	switch {
	case q == Rate:
		return a.rate[:a.n], nil
	case q == SomaPotential && area > 0:
		return a.u, nil
	case q == BasalPotential && area > 0:
		return a.v, nil
	case q == TargetPotential && area == last:
		return n.goal, nil
	case q == ApicalPotential && hidden:
		return a.apical, nil
	case q == TopDownInput && hidden:
		return a.topDown, nil
	case q == LateralInput && hidden:
		return a.lateral, nil
	case q == InterneuronPotential && hidden:
		return a.uInt, nil
	case q == InterneuronDendrite && hidden:
		return a.vInt, nil
	case q == InterneuronRate && hidden:
		return a.rateInt, nil
	}
	return nil, fmt.Errorf("microcircuit: area %d of %d has no %s", area, last, q)
}

// Norms returns the Euclidean norm over the probe's neurons, one value per
// sample.
func (p *Probe) Norms() []float64 {
	out := make([]float64, len(p.Times))
	for _, series := range p.Series {
		for t, v := range series {
			out[t] = math.Hypot(out[t], v)
		}
	}
	return out
}

// prepare checks the probe against the network and makes room for a run.
func (p *Probe) prepare(n *Network, steps int) error {
	v, err := n.value(p.Quantity, p.Area)
	if err != nil {
		return err
	}
	if p.Every < 0 {
		return fmt.Errorf("microcircuit: probe of %s: Every is %d steps; it must be positive", p.Quantity, p.Every)
	}
	if p.Neurons == nil {
		p.Neurons = make([]int, len(v))
		for i := range p.Neurons {
			p.Neurons[i] = i
		}
	}
	for _, i := range p.Neurons {
		if i < 0 || i >= len(v) {
			return fmt.Errorf("microcircuit: probe of %s names neuron %d; area %d has 0 to %d", p.Quantity, i, p.Area, len(v)-1)
		}
	}
	if p.Series == nil {
		p.Series = make([][]float64, len(p.Neurons))
	}
	if len(p.Series) != len(p.Neurons) {
		return fmt.Errorf("microcircuit: probe of %s has %d series for %d neurons; start a new probe to change neurons", p.Quantity, len(p.Series), len(p.Neurons))
	}
	samples := len(p.Times) + steps/max(1, p.Every) + 1
	p.Times = grow(p.Times, samples)
	for i := range p.Series {
		p.Series[i] = grow(p.Series[i], samples)
	}
	return nil
}

// grow makes room for want elements, at least doubling so that many short runs
// stay cheap.
func grow(s []float64, want int) []float64 {
	if cap(s) >= want {
		return s
	}
	return append(make([]float64, 0, max(want, 2*cap(s))), s...)
}

// record takes a sample of the present state when it is due.
func (p *Probe) record(n *Network) {
	if p.wait > 0 {
		p.wait--
		return
	}
	p.wait = max(1, p.Every) - 1
	v, _ := n.value(p.Quantity, p.Area) // checked by prepare
	p.Times = append(p.Times, n.time)
	for s, i := range p.Neurons {
		p.Series[s] = append(p.Series[s], v[i])
	}
}
