package lab

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/internal/stream"
	"microcircuits/dendrite/microcircuit"
	"microcircuits/dendrite/task"
)

// GateNetwork are the parameters of the small network in continuous
// time, which learns to classify noisy copies of a few random patterns. It is a task
// of this project, not of the paper.
type GateNetwork struct {
	Trials  int     `min:"1" max:"1000000" doc:"training patterns of the network in continuous time"`
	Inputs  int     `symbol:"n_0" min:"1" max:"2000" doc:"its input rates"`
	Hidden  int     `symbol:"n_1" min:"2" max:"2000" doc:"its pyramidal neurons of area 1"`
	Classes int     `symbol:"n_2" min:"2" max:"100" doc:"patterns, and output neurons; input rates of a pattern are drawn from U(-1,1)"`
	Noise   float64 `min:"0" max:"10" doc:"standard deviation of the noise on the pattern, new for each trial"`

	EtaUp    []float64 `symbol:"η^PP" unit:"1/ms" min:"0" max:"1" doc:"learning rates of its bottom-up synapses, areas 1 and 2, rule (7)"`
	EtaIP    float64   `symbol:"η^IP" unit:"1/ms" min:"0" max:"1" doc:"learning rate of its pyramidal-to-interneuron synapses, rule (8)"`
	EtaPI    float64   `symbol:"η^PI" unit:"1/ms" min:"0" max:"1" doc:"learning rate of its interneuron-to-pyramidal synapses, rule (9)"`
	EtaDown  float64   `symbol:"η^PP_1,2" unit:"1/ms" min:"0" max:"1" doc:"learning rate of its top-down synapses, rule (10)"`
	InitUp   float64   `min:"0" max:"100" doc:"its bottom-up and pyramidal-to-interneuron weights start uniform in plus or minus this"`
	InitDown float64   `min:"0" max:"100" doc:"its top-down and interneuron-to-pyramidal weights start uniform in plus or minus this"`
	Sigma    float64   `symbol:"σ" unit:"1/√ms" min:"0" max:"100" doc:"its somatic noise while learning"`
}

// GateTransition is the response of a small network in continuous time to the
// opening of the gate. It has settled before; there is no somatic noise, teacher or
// plasticity.
type GateTransition struct {
	// Time is in ms from the opening. The traces are those of one neuron of area
	// 1 under one new noisy pattern.
	Time                                  []float64 `unit:"ms" doc:"time from the opening of the gate"`
	Soma, Basal, Apical, TopDown, Lateral []float64 `doc:"potential, or part of the apical one, of one neuron of area 1"`
	// potentials with those for the clean pattern with the gate shut:
	// mean over noisy patterns.
	Likeness []float64 `doc:"correlation of the somatic potentials of area 1 with those for the clean pattern, mean over noisy patterns"`
	// gate shut and open, settled, and W_1,2 r_2 before opening.
	Shut, Open, TopDownRMS float64
	HalfTime               float64 // ms until somata are half way to their new steady state, on average
}

// Network translates the parameters, plasticity on.
func (c GateNetwork) Network() microcircuit.Params {
	m := microcircuit.Defaults(c.Inputs, c.Hidden, c.Classes)
	m.Transfer = microcircuit.Logistic()
	up, down := microcircuit.Range{Lo: -c.InitUp, Hi: c.InitUp}, microcircuit.Range{Lo: -c.InitDown, Hi: c.InitDown}
	m.Init = microcircuit.Init{Up: up, IP: up, Down: down, PI: down}
	m.Sigma = c.Sigma
	m.Eta[1] = microcircuit.LearningRates{Up: c.EtaUp[0], IP: c.EtaIP, PI: c.EtaPI, Down: c.EtaDown}
	m.Eta[2] = microcircuit.LearningRates{Up: c.EtaUp[1]}
	return m
}

// pattern is that of a class, with noise of a named, numbered draw.
func (c GateNetwork) pattern(seed uint64, class int, noise float64, purpose string, number int) []float64 {
	x, n := make([]float64, c.Inputs), make([]float64, c.Inputs)
	task.Uniform{Seed: seed, Purpose: "disinhibition pattern", Size: c.Inputs, Lo: -1, Hi: 1}.Pattern(x, class)
	stream.NewNoise(seed, "disinhibition/"+purpose, uint64(number)).AddTo(n, noise)
	floats.Add(x, n)
	return x
}

const (
	gateMs       = 100.0 // of one pattern
	gateBefore   = 10.0  // ms recorded before the gate opens
	GateAfter    = 30.0  // ms recorded after it
	GateOpenings = 30    // noisy patterns under which it opens
)

// Seconds is the approximate time for a network in continuous time: training, and
// two patterns for each opening.
func (c GateNetwork) Seconds() float64 {
	m := c.Network()
	return StepSeconds(m) * float64(c.Trials+2*GateOpenings) * gateMs / m.Dt
}

// Open trains a small network, then opens its gate under noisy patterns.
func (c GateNetwork) Open(ctx context.Context, w *experiment.Work, seed uint64) (GateTransition, error) {
	net, err := microcircuit.New(c.Network(), seed)
	if err != nil {
		return GateTransition{}, err
	}
	target := make([]float64, c.Classes)
	for trial := range c.Trials {
		class := trial % c.Classes
		task.OneHot(target, class, task.Logit(0.1), task.Logit(0.8))
		x := c.pattern(seed, class, c.Noise, "training", trial)
		if err := net.Present(ctx, microcircuit.Pattern{Input: x, Target: target}, gateMs); err != nil {
			return GateTransition{}, fmt.Errorf("trial %d: %w", trial+1, err)
		}
		w.Report(float64(trial)/float64(c.Trials), fmt.Sprintf("continuous time, seed %d: trial %d of %d", seed, trial+1, c.Trials))
	}
	return c.watch(ctx, net, seed)
}

// watch opens the gate of a trained network.
func (c GateNetwork) watch(ctx context.Context, net *microcircuit.Network, seed uint64) (GateTransition, error) {
	var out GateTransition
	shut := Unplastic(net.Params(), true)
	shut.Tau0 = 0
	open := shut
	open.Gate = 1
	var change []float64 // of all somata since the opening, summed sizes
	for i := range GateOpenings {
		class := i % c.Classes
		if err := net.SetParams(shut); err != nil {
			return out, err
		}
		if err := net.Present(ctx, microcircuit.Pattern{Input: c.pattern(seed, class, 0, "none", 0)}, gateMs); err != nil {
			return out, err
		}
		clean := slices.Clone(net.Value(microcircuit.SomaPotential, 1))
		if err := net.Present(ctx, microcircuit.Pattern{Input: c.pattern(seed, class, c.Noise, "recall", i)}, gateMs); err != nil {
			return out, err
		}
		probe := func(q microcircuit.Quantity) *microcircuit.Probe { return &microcircuit.Probe{Quantity: q, Area: 1} }
		soma, basal, apical, topDown := probe(microcircuit.SomaPotential), probe(microcircuit.BasalPotential), probe(microcircuit.ApicalPotential), probe(microcircuit.TopDownInput)
		probes := []*microcircuit.Probe{soma, basal, apical, topDown}
		if err := net.Run(ctx, gateBefore, probes...); err != nil {
			return out, err
		}
		opening, opened := len(soma.Times), net.Time()
		out.Shut += Squared(net.Value(microcircuit.ApicalPotential, 1))
		before := slices.Clone(net.Value(microcircuit.TopDownInput, 1))
		out.TopDownRMS += Squared(before)
		if err := net.SetParams(open); err != nil {
			return out, err
		}
		if err := net.Run(ctx, GateAfter, probes...); err != nil {
			return out, err
		}
		out.Open += Squared(net.Value(microcircuit.ApicalPotential, 1))

		if i == 0 {
			n := 0 // the neuron with the largest top-down input
			for j, v := range before {
				if math.Abs(v) > math.Abs(before[n]) {
					n = j
				}
			}
			out.Soma, out.Basal, out.Apical, out.TopDown = soma.Series[n], basal.Series[n], apical.Series[n], topDown.Series[n]
			out.Lateral = slices.Clone(out.Apical)
			floats.Sub(out.Lateral, out.TopDown)
			for _, t := range soma.Times {
				out.Time = append(out.Time, t-opened)
			}
			out.Likeness, change = make([]float64, len(out.Time)), make([]float64, len(out.Time)-opening)
		}
		u := make([]float64, c.Hidden)
		for s := range out.Time {
			for j := range u {
				u[j] = soma.Series[j][s]
				if s >= opening {
					change[s-opening] += math.Abs(u[j] - soma.Series[j][opening-1])
				}
			}
			out.Likeness[s] += stat.Correlation(u, clean, nil) / GateOpenings
		}
	}
	for _, rms := range []*float64{&out.Shut, &out.Open, &out.TopDownRMS} {
		*rms = math.Sqrt(*rms / float64(GateOpenings*c.Hidden))
	}
	half := slices.IndexFunc(change, func(v float64) bool { return v >= change[len(change)-1]/2 })
	out.HalfTime = float64(half) * shut.Dt
	return out, nil
}
