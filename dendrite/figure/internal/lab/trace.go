package lab

import (
	"math"

	"microcircuits/dendrite/microcircuit"
)

// traceMs is the time from one sample of a trace to the next.
const traceMs = 0.5

// Recorder makes probes that sample every half millisecond of a network with time
// step dt (ms).
type Recorder struct{ dt float64 }

// RecordAt returns a recorder for networks of time step dt (ms).
func RecordAt(dt float64) Recorder { return Recorder{dt} }

// Probe records a quantity of an area, of the given neurons or of all.
func (r Recorder) Probe(q microcircuit.Quantity, area int, neurons ...int) *microcircuit.Probe {
	return &microcircuit.Probe{Quantity: q, Area: area, Neurons: neurons, Every: max(1, int(math.Round(traceMs/r.dt)))}
}

// FromZero are times from the first of them on.
func FromZero(times []float64) []float64 {
	out := make([]float64, len(times))
	for i, t := range times {
		out[i] = t - times[0]
	}
	return out
}

// StepsPerMs is the number of time steps dt (ms) in a millisecond, at least 1.
func StepsPerMs(dt float64) int { return max(1, int(math.Round(1/dt))) }

// StepSeconds is the approximate time of one Euler step of a network on one core:
// 0.3 microseconds, and a nanosecond for each synapse.
func StepSeconds(p microcircuit.Params) float64 {
	synapses := 0
	for k := 1; k < len(p.Sizes); k++ {
		synapses += p.Sizes[k] * p.Sizes[k-1]
		if k < len(p.Sizes)-1 {
			synapses += 3 * p.Sizes[k] * p.Sizes[k+1]
		}
	}
	return 3e-7 + 1e-9*float64(synapses)
}
