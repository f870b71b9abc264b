package dendrite

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"microcircuits/dendrite/chart"
	"microcircuits/dendrite/microcircuit"
)

// Types for your own network, without an experiment. Package microcircuit
// documents them.
type (
	Network       = microcircuit.Network
	NetworkParams = microcircuit.Params
	LearningRates = microcircuit.LearningRates
	Probe         = microcircuit.Probe
)

// Types for the paper's schematic. Package chart documents them.
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

// NewNetwork returns a network at rest. The seed determines its weights and its
// noise.
func NewNetwork(p NetworkParams, seed uint64) *Network {
	n, err := microcircuit.New(p, seed)
	if err != nil {
		fail(err)
	}
	return n
}

// Change changes the parameters of a network, such as its learning rates.
func Change(n *Network, p NetworkParams) {
	if err := n.SetParams(p); err != nil {
		fail(err)
	}
}

// Watch returns a probe that records a quantity of an area: of the given neurons,
// or of all. It samples every 0.5 ms at the default time step of 0.1 ms.
func Watch(q microcircuit.Quantity, area int, neurons ...int) *Probe {
	return &Probe{Quantity: q, Area: area, Neurons: neurons, Every: 5}
}

// Simulate runs a network for ms milliseconds with its present input and target.
// The probes record.
func Simulate(n *Network, ms float64, probes ...*Probe) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := n.Run(ctx, ms, probes...); err != nil {
		fail(err)
	}
}
