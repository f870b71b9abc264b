package lab

import (
	"context"
	"errors"
	"fmt"
	"math"

	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/microcircuit"
	"microcircuits/dendrite/record"
	"microcircuits/dendrite/task"
)

// SelfPrediction are the parameters of a network that learns to cancel its own
// top-down input, without a teacher: the first figure, and the first stage of the
// second figure.
type SelfPrediction struct {
	Scale experiment.Scale `param:"-"` // the preset these parameters started from

	Seeds    int `min:"1" max:"1000" scale:"up" paper:"not known" doc:"networks, each with its own weights, inputs and noise"`
	Patterns int `min:"100" max:"1000000" scale:"up" paper:"not known" source:"reimplementations use 100 to 10000" doc:"training patterns"`

	Inputs  int `symbol:"n_0" scale:"up" min:"1" max:"2000" paper:"30" source:"N 3.2 [E,S,My]" doc:"input rates"`
	Hidden  int `symbol:"n_1" scale:"up" min:"1" max:"2000" paper:"20" source:"N 3.2 [E,S,My]" doc:"pyramidal neurons of area 1"`
	Outputs int `symbol:"n_2" scale:"up" min:"1" max:"2000" paper:"10" source:"N 3.2 [E,S,My]" doc:"pyramidal neurons of area 2, and interneurons of area 1"`

	PatternMs float64 `unit:"ms" scale:"up" min:"1" max:"10000" paper:"100" source:"[My,G,E,S]" doc:"presentation of one pattern"`
	InputLow  float64 `symbol:"r_0" paper:"0" source:"[E,My]; [S] has -1" doc:"smallest input rate"`
	InputHigh float64 `symbol:"r_0" paper:"1" source:"[E,My,S]" doc:"largest input rate"`
	Weights   float64 `symbol:"W" min:"0" max:"100" paper:"1" source:"[My,G,E,S]" doc:"initial lateral and top-down weights are uniform in plus or minus this"`
	Forward   float64 `symbol:"W^PP_k,k-1" min:"0" max:"100" paper:"1; a comment in [My] quotes 0.1 from A, for a later task" source:"[My,G,E,S]" doc:"initial bottom-up weights are uniform in plus or minus this"`

	Transfer string  `symbol:"φ" oneof:"softplus|logistic" paper:"softplus (N), logistic in A?" source:"N 3.2; [My,S]" doc:"transfer function, from potential to rate"`
	EtaIP    float64 `symbol:"η^IP" unit:"1/ms" min:"0" max:"1" paper:"0.0002375" source:"[E,S,My]" doc:"learning rate of pyramidal-to-interneuron synapses, rule (8)"`
	EtaPI    float64 `symbol:"η^PI" unit:"1/ms" min:"0" max:"1" paper:"0.0005" source:"[E,S,My]" doc:"learning rate of interneuron-to-pyramidal synapses, rule (9)"`
	Sigma    float64 `symbol:"σ" unit:"1/√ms" min:"0" max:"10" paper:"0.1" source:"[E,S,My]" doc:"somatic noise"`
	TauW     float64 `symbol:"τ_w" unit:"ms" min:"0" max:"10000" paper:"30" source:"[PH,G,My]" doc:"low-pass filter of plasticity; 0 for none"`
	Tau0     float64 `symbol:"τ_0" unit:"ms" min:"0" max:"1000" paper:"3" source:"[My,E,S,PH]" doc:"smoothing of the input"`
	Dt       float64 `symbol:"dt" unit:"ms" above:"0" max:"1" paper:"0.1" source:"[My,G,E,S,PH]" doc:"Euler step"`

	GLeak     float64 `symbol:"g_l" unit:"1/ms" min:"0" max:"10" paper:"0.1" source:"[My,G,E,S,PH]" doc:"leak conductance"`
	GBasal    float64 `symbol:"g_B" unit:"1/ms" above:"0" max:"10" paper:"1" source:"[My,G,E,S,PH]" doc:"basal conductance"`
	GApical   float64 `symbol:"g_A" unit:"1/ms" min:"0" max:"10" paper:"0.8" source:"[My,G,E,S,PH]" doc:"apical conductance"`
	GDendrite float64 `symbol:"g_D" unit:"1/ms" above:"0" max:"10" paper:"1" source:"[My,G,E,S,PH]" doc:"dendritic conductance of interneurons"`
	GSom      float64 `symbol:"g_som" unit:"1/ms" min:"0" max:"10" paper:"0.8" source:"[My,G,S,PH]" doc:"somatic nudging of interneurons"`
}

// SelfPredictionPreset returns the parameters of a scale.
func SelfPredictionPreset(scale experiment.Scale) SelfPrediction {
	p := SelfPrediction{
		Scale: scale, Seeds: 3, Patterns: 2500,
		Inputs: 30, Hidden: 20, Outputs: 10,
		PatternMs: 100, InputLow: 0, InputHigh: 1, Weights: 1, Forward: 1,
		Transfer: "softplus", EtaIP: 0.0002375, EtaPI: 0.0005,
		Sigma: 0.1, TauW: 30, Tau0: 3, Dt: 0.1,
		GLeak: 0.1, GBasal: 1, GApical: 0.8, GDendrite: 1, GSom: 0.8,
	}
	if scale == experiment.Paper {
		p.Seeds, p.Patterns = 10, 10000
	}
	return p
}

// Check returns an error for parameters that do not fit together.
func (p SelfPrediction) Check() error {
	if p.InputLow > p.InputHigh {
		return fmt.Errorf("parameter InputLow is %g, above InputHigh, %g", p.InputLow, p.InputHigh)
	}
	return p.Network(true).Validate()
}

// Network translates the parameters; learning says whether the lateral
// synapses are plastic.
func (p SelfPrediction) Network(learning bool) microcircuit.Params {
	m := microcircuit.Defaults(p.Inputs, p.Hidden, p.Outputs)
	m.G = microcircuit.Conductances{Leak: p.GLeak, Basal: p.GBasal, Apical: p.GApical, Dendrite: p.GDendrite, Somatic: p.GSom}
	if p.Transfer == "logistic" {
		m.Transfer = microcircuit.Logistic()
	}
	w := microcircuit.Range{Lo: -p.Weights, Hi: p.Weights}
	m.Init = microcircuit.Init{Up: microcircuit.Range{Lo: -p.Forward, Hi: p.Forward}, Down: w, IP: w, PI: w}
	m.Dt, m.Tau0, m.TauW, m.Sigma = p.Dt, p.Tau0, p.TauW, p.Sigma
	if learning {
		m.Eta[1] = microcircuit.LearningRates{IP: p.EtaIP, PI: p.EtaPI}
	}
	return m
}

// Unscaled clears the parameters that do not affect a single network: the preset
// and the number of networks.
func (p SelfPrediction) Unscaled() SelfPrediction {
	p.Scale, p.Seeds = "", 0
	return p
}

// Seconds is the approximate training time of one network.
func (p SelfPrediction) Seconds() float64 {
	return StepSeconds(p.Network(true)) * float64(p.Patterns) * p.PatternMs / p.Dt
}

// SelfPredictionSeed is the result of one network.
type SelfPredictionSeed struct {
	// One value per training pattern: means over its duration, sampled every
	// millisecond, of squared norms over the neurons of area 1.
	Apical   []float64 `doc:"|v_A|^2 summed over the neurons of area 1, mean over each training pattern"`
	TopDown  []float64 `doc:"|W_1,2 r_2|^2, the top-down input, mean over each training pattern"`
	Mismatch []float64 `doc:"|u^P_2 - u^I_1|^2, mean over each training pattern"`

	// One value per training pattern: root mean squares over the weights.
	DistancePI []float64 `doc:"root mean square of W^PI + W^PP_1,2 over the weights, after each training pattern"`
	DistanceIP []float64 `doc:"root mean square of W^IP minus the closed form over the weights, after each training pattern"`

	Before, After SelfPredictionTraces
	// ClosedForm is the largest |v_A| of a neuron after settling with the
	// closed-form lateral weights, without noise and teacher.
	ClosedForm float64
	// Floor is the mean squared apical potential from noise alone, in the
	// closed-form self-predicting state.
	Floor float64

	Redrawn int // networks drawn before this one that were not stable
}

// SelfPredictionTraces follow one neuron of area 1 and the first neuron of
// area 2 with its interneuron through two patterns, without plasticity.
type SelfPredictionTraces struct {
	Time             []float64 `unit:"ms" doc:"time of the traces"`
	Input            []float64 `doc:"rate r_0 of one input"`
	Output           []float64 `doc:"somatic potential u^P_2 of one neuron"`
	Interneuron      []float64 `doc:"somatic potential u^I_1 of its interneuron"`
	TopDown, Lateral []float64 `doc:"part of the apical potential v_A of one neuron of area 1"`
}

// selfPredictingState is a checkpoint: the network after Done patterns.
type selfPredictingState struct {
	Done   int
	Net    microcircuit.State
	Result SelfPredictionSeed
}

// The softplus is unbounded: many networks drawn with the paper's weights have
// inputs for which there is no stable state, and activity grows without limit
// (paper.md section 6, item 7). Such a draw is replaced by the next one, and the
// report gives their number. Noise and learning rates do not affect this choice: a
// seed is the same network for all of them.
const (
	maxDraws        = 100
	stabilityInputs = 100
	settleMs        = 500 // for each: in a network that is nearly stable, activity grows slowly
	// During lateral learning the feedback can be stronger than at the start: a
	// draw must be stable with all feedback multiplied by this.
	stabilityMargin = 1.25
)

// Learned returns the first stable network of a seed after its training, the start
// of every later stage.
func (p SelfPrediction) Learned(ctx context.Context, w *experiment.Work, seed uint64) (*microcircuit.Network, SelfPredictionSeed, error) {
	var s selfPredictingState
	if !w.Resume(&s) {
		redrawn, err := p.firstStable(ctx, seed)
		if err != nil {
			return nil, s.Result, err
		}
		s.Result.Redrawn = redrawn
	}
	net, err := p.train(ctx, w, seed, &s)
	var diverged *microcircuit.DivergenceError
	if errors.As(err, &diverged) {
		err = fmt.Errorf("pattern %d, in a network that is stable without learning and noise; lower EtaPI (%g), EtaIP (%g) or Sigma (%g): %w",
			s.Done+1, p.EtaPI, p.EtaIP, p.Sigma, err)
	}
	return net, s.Result, err
}

// firstStable returns how many draws of a seed come before its first stable one.
func (p SelfPrediction) firstStable(ctx context.Context, seed uint64) (redrawn int, err error) {
	for redrawn := range maxDraws {
		if ok, err := p.stable(ctx, seed, redrawn); ok || err != nil {
			return redrawn, err
		}
	}
	return 0, fmt.Errorf("none of %d networks drawn is stable, even without learning and noise: activity does not settle, because of the feedback loop; use smaller Weights, Forward or GApical, or the logistic transfer function", maxDraws)
}

// stable reports whether a draw settles with each of a fixed set of inputs,
// without noise and plasticity.
func (p SelfPrediction) stable(ctx context.Context, seed uint64, redrawn int) (bool, error) {
	q := p.Network(false)
	q.Tau0 = 0 // no smoothing of the input: only the network has to settle
	stronger := microcircuit.Range{Lo: -stabilityMargin * p.Weights, Hi: stabilityMargin * p.Weights}
	q.Init.Down, q.Init.PI = stronger, stronger // the same draws, scaled
	net, err := microcircuit.New(q, NetSeed(seed, redrawn))
	if err != nil {
		return false, err
	}
	for i := range stabilityInputs {
		net.Input(p.Pattern(seed, "stability input", i))
		if net.Settle(ctx, 1e-3, settleMs) != nil {
			return false, ctx.Err()
		}
	}
	return true, nil
}

// RecordRedrawn adds the number of replaced networks to the record.
func RecordRedrawn(r *record.Record, redrawn int) {
	if redrawn == 0 {
		return
	}
	r.Deviations = append(r.Deviations, fmt.Sprintf(
		"%d of the %d networks drawn are not stable and were replaced by the next draw of their seed: for some of %d inputs, without learning and noise and with all feedback multiplied by %g, activity does not settle (the softplus is unbounded).",
		redrawn, redrawn+len(r.Provenance.Seeds), stabilityInputs, stabilityMargin))
}

// NetSeed is the seed of the weights and noise of the present draw.
func NetSeed(seed uint64, redrawn int) uint64 { return seed + uint64(redrawn)<<32 }

// train continues from s to the last pattern.
func (p SelfPrediction) train(ctx context.Context, w *experiment.Work, seed uint64, s *selfPredictingState) (*microcircuit.Network, error) {
	net, err := microcircuit.New(p.Network(true), NetSeed(seed, s.Result.Redrawn))
	if err != nil {
		return nil, err
	}
	if s.Done > 0 {
		err = net.SetState(s.Net)
	} else {
		err = p.prologue(ctx, net, seed, &s.Result)
	}
	if err != nil {
		return nil, err
	}
	const keepEvery = 500
	for s.Done < p.Patterns {
		if err := p.Present(net, seed, s.Done, &s.Result); err != nil {
			return nil, err
		}
		s.Done++
		if s.Done%10 == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			last := s.Result.Apical[s.Done-1]
			w.Report(float64(s.Done)/float64(p.Patterns),
				fmt.Sprintf("seed %d: pattern %d of %d, squared apical potential %.3g", seed, s.Done, p.Patterns, last),
				experiment.Point{Curve: fmt.Sprintf("seed %d", seed), X: float64(s.Done), Y: last})
		}
		if s.Done%keepEvery == 0 && s.Done < p.Patterns {
			s.Net = net.State()
			if err := w.Checkpoint(s); err != nil {
				return nil, fmt.Errorf("checkpoint: %w", err)
			}
		}
	}
	return net, nil
}

// prologue records the traces before learning and runs until the start-up
// transient is over.
func (p SelfPrediction) prologue(ctx context.Context, net *microcircuit.Network, seed uint64, out *SelfPredictionSeed) error {
	if err := net.SetParams(p.Network(false)); err != nil {
		return err
	}
	warm := microcircuit.Pattern{Input: p.Pattern(seed, "warm-up input", 0)}
	if err := net.Present(ctx, warm, p.PatternMs); err != nil {
		return err
	}
	var err error
	if out.Before, err = p.Traces(ctx, net, seed); err != nil {
		return err
	}
	return net.SetParams(p.Network(true))
}

// Pattern draws the input rates of a numbered pattern.
func (p SelfPrediction) Pattern(seed uint64, purpose string, i int) []float64 {
	r := make([]float64, p.Inputs)
	task.Uniform{Seed: seed, Purpose: purpose, Size: p.Inputs, Lo: p.InputLow, Hi: p.InputHigh}.Pattern(r, i)
	return r
}

// Present shows training pattern i and appends the measured values.
func (p SelfPrediction) Present(net *microcircuit.Network, seed uint64, i int, out *SelfPredictionSeed) error {
	net.Input(p.Pattern(seed, "training input", i))
	steps := int(math.Round(p.PatternMs / p.Dt))
	every := StepsPerMs(p.Dt)
	var apical, topDown, mismatch float64
	samples := 0
	for s := range steps {
		if err := net.Step(); err != nil {
			return err
		}
		if s%every == every-1 {
			apical += Squared(net.Value(microcircuit.ApicalPotential, 1))
			topDown += Squared(net.Value(microcircuit.TopDownInput, 1))
			mismatch += SquaredDistance(net.Value(microcircuit.SomaPotential, 2), net.Value(microcircuit.InterneuronPotential, 1))
			samples++
		}
	}
	n := float64(samples)
	out.Apical = append(out.Apical, apical/n)
	out.TopDown = append(out.TopDown, topDown/n)
	out.Mismatch = append(out.Mismatch, mismatch/n)
	pi, ip := p.distances(net)
	out.DistancePI = append(out.DistancePI, pi)
	out.DistanceIP = append(out.DistanceIP, ip)
	return nil
}

// distances are the root mean square distances of the lateral weights from the
// closed-form self-predicting state (paper.md 1.6).
func (p SelfPrediction) distances(net *microcircuit.Network) (pi, ip float64) {
	down, up := net.WPPDown(1).Data, net.WPPUp(2).Data
	for i, w := range net.WPI(1).Data {
		pi += (w + down[i]) * (w + down[i])
	}
	g := p.Network(false).G
	factor := g.AttenuationOutput() / g.AttenuationInterneuron()
	for i, w := range net.WIP(1).Data {
		d := w - factor*up[i]
		ip += d * d
	}
	return math.Sqrt(pi / float64(len(down))), math.Sqrt(ip / float64(len(up)))
}

// Traces records two fixed patterns, the same before and after learning.
func (p SelfPrediction) Traces(ctx context.Context, net *microcircuit.Network, seed uint64) (SelfPredictionTraces, error) {
	record := RecordAt(p.Dt)
	input, output := record.Probe(microcircuit.Rate, 0, 0), record.Probe(microcircuit.SomaPotential, 2, 0)
	inter := record.Probe(microcircuit.InterneuronPotential, 1, 0)
	topDown, lateral := record.Probe(microcircuit.TopDownInput, 1, 0), record.Probe(microcircuit.LateralInput, 1, 0)
	for i := range 2 {
		shown := microcircuit.Pattern{Input: p.Pattern(seed, "trace input", i)}
		if err := net.Present(ctx, shown, p.PatternMs, input, output, inter, topDown, lateral); err != nil {
			return SelfPredictionTraces{}, err
		}
	}
	return SelfPredictionTraces{
		Time: FromZero(input.Times), Input: input.Series[0], Output: output.Series[0],
		Interneuron: inter.Series[0], TopDown: topDown.Series[0], Lateral: lateral.Series[0],
	}, nil
}
