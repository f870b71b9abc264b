package dendrite

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"microcircuits/dendrite/chart"
	"microcircuits/dendrite/microcircuit"
)

// A network of the reader's own, without an experiment around it; package
// microcircuit documents it.
type (
	Network       = microcircuit.Network
	NetworkParams = microcircuit.Params
	LearningRates = microcircuit.LearningRates
	Probe         = microcircuit.Probe
)

// The paper's schematic; package chart documents it.
type (
	CircuitSpec = chart.CircuitSpec
	Plastic     = chart.Plastic
	Diagram     = chart.Diagram
)

// Circuit draws the microcircuit with its synapses and their symbols.
func Circuit(spec CircuitSpec) *Diagram { return chart.Circuit(spec) }

// NetworkDefaults returns the constants that all small networks of the papers
// share, for areas of these sizes, with all synapses frozen and no noise.
func NetworkDefaults(sizes ...int) NetworkParams { return microcircuit.Defaults(sizes...) }

// NewNetwork returns a network at rest; its weights and its noise follow from
// the seed.
func NewNetwork(p NetworkParams, seed uint64) *Network {
	n, err := microcircuit.New(p, seed)
	if err != nil {
		fail(err)
	}
	return n
}

// Change gives a network other parameters, such as learning rates.
func Change(n *Network, p NetworkParams) {
	if err := n.SetParams(p); err != nil {
		fail(err)
	}
}

// Watch returns a probe of a quantity of an area: of the neurons named, or of
// all. It samples every half millisecond at the usual step of 0.1 ms.
func Watch(q microcircuit.Quantity, area int, neurons ...int) *Probe {
	return &Probe{Quantity: q, Area: area, Neurons: neurons, Every: 5}
}

// Simulate lets a network go on for some milliseconds, with its input and target as
// they are, while the probes record.
func Simulate(n *Network, ms float64, probes ...*Probe) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := n.Run(ctx, ms, probes...); err != nil {
		fail(err)
	}
}
