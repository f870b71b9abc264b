package experiment

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"microcircuits/dendrite/microcircuit"
	"microcircuits/dendrite/task"
)

// Regression are the parameters of the third figure: a network learns the
// nonlinear map of a teacher network, online, from random weights, and so does
// a shallow learner beside it. Start from RegressionPreset.
type Regression struct {
	Scale Scale `param:"-"` // the preset these parameters started from

	Seeds  int `min:"1" max:"1000" scale:"up" paper:"not known" doc:"pairs of networks, each with its own weights, teacher, inputs and noise"`
	Trials int `min:"10" max:"100000000" scale:"up" paper:"10000000" source:"N Fig. 2C; 100000 at rates x100 [G]" doc:"training patterns, each shown once"`
	Window int `min:"1" max:"10000000" paper:"not known" doc:"length of the exponential moving average of the error, in trials"`

	Inputs        int     `symbol:"n_0" scale:"up" min:"1" max:"2000" paper:"30" source:"N 3.3" doc:"input rates"`
	Hidden        int     `symbol:"n_1" scale:"up" min:"1" max:"2000" paper:"50" source:"N 3.3; 20 in A [My]" doc:"pyramidal neurons of area 1"`
	Outputs       int     `symbol:"n_2" scale:"up" min:"1" max:"2000" paper:"10" source:"N 3.3" doc:"pyramidal neurons of area 2, and interneurons of area 1"`
	TeacherHidden int     `scale:"up" min:"1" max:"2000" paper:"20" source:"N 3.3" doc:"hidden neurons of the teacher network"`
	Gain1         float64 `symbol:"k_1,0" min:"0" max:"100" paper:"2" source:"N 3.3" doc:"gain of the teacher's hidden neurons"`
	Gain2         float64 `symbol:"k_2,1" min:"0" max:"100" paper:"10" source:"N 3.3" doc:"gain of the teacher's output neurons"`

	PatternMs float64 `unit:"ms" scale:"up" min:"4" max:"10000" paper:"100" source:"N 3.3" doc:"presentation of one pattern"`
	InputLow  float64 `symbol:"r_0" paper:"-1" source:"N 3.3" doc:"smallest input rate"`
	InputHigh float64 `symbol:"r_0" paper:"1" source:"N 3.3" doc:"largest input rate"`

	Start   string  `oneof:"random|self-predicting" paper:"random (N), self-predicting in A" source:"N 3.3; [My]" doc:"lateral weights at the beginning"`
	Weights float64 `symbol:"W" min:"0" max:"100" paper:"1" source:"[G,S]; [E] has 0.1" doc:"top-down and lateral weights, and the teacher's are 1, start uniform in plus or minus this"`
	Forward float64 `symbol:"W^PP" min:"0" max:"100" paper:"1 (N), 0.1 in A" source:"[G,S]; [My] quotes A" doc:"bottom-up weights start uniform in plus or minus this"`

	Transfer string  `symbol:"φ" oneof:"softplus|logistic" paper:"softplus (N), logistic in A?" source:"N 3.3; [My,S]" doc:"transfer function of student and teacher"`
	Gamma    float64 `symbol:"γ" above:"0" max:"100" paper:"0.1" source:"N 3.3" doc:"rate scale of the softplus"`
	Beta     float64 `symbol:"β" above:"0" max:"100" paper:"1" source:"N 3.3" doc:"steepness of the softplus"`
	Theta    float64 `symbol:"θ" min:"-100" max:"100" paper:"3" source:"N 3.3" doc:"threshold of the softplus"`

	RateFactor float64 `min:"0" max:"100000" paper:"1; 100 in [G]" source:"N 3.3; [G]" doc:"multiplies all learning rates, so that fewer trials do"`
	EtaUp1     float64 `symbol:"η^PP_1,0" unit:"1/ms" min:"0" max:"1" paper:"0.0011875" source:"[G,E,S]; A: 0.00011875 [My]" doc:"learning rate of the synapses from the input to area 1, rule (7)"`
	EtaUp2     float64 `symbol:"η^PP_2,1" unit:"1/ms" min:"0" max:"1" paper:"0.0005" source:"[G,E,S]; A: 0.00001 [My]" doc:"learning rate of the synapses from area 1 to the output, rule (7)"`
	EtaIP      float64 `symbol:"η^IP" unit:"1/ms" min:"0" max:"1" paper:"0.0011875" source:"[G,E,S]; A: 0.00002375 [My]" doc:"learning rate of pyramidal-to-interneuron synapses, rule (8)"`
	EtaPI      float64 `symbol:"η^PI" unit:"1/ms" min:"0" max:"1" paper:"0.0059375" source:"[G,E,S]; A: 0 [My]" doc:"learning rate of interneuron-to-pyramidal synapses, rule (9)"`

	Sigma float64 `symbol:"σ" unit:"1/√ms" min:"0" max:"10" paper:"0.3" source:"[G,E,S]" doc:"somatic noise during learning"`
	TauW  float64 `symbol:"τ_w" unit:"ms" min:"0" max:"10000" paper:"30" source:"[PH,G,My]" doc:"low-pass filter of plasticity; 0 for none"`
	Lag   float64 `unit:"ms" min:"0" max:"10000" paper:"0" source:"[PH] has 20" doc:"plasticity rests for this long after the onset of a pattern"`
	Tau0  float64 `symbol:"τ_0" unit:"ms" min:"0" max:"1000" paper:"3" source:"[My,E,S,PH]" doc:"smoothing of input and target"`
	Dt    float64 `symbol:"dt" unit:"ms" above:"0" max:"1" paper:"0.1" source:"[My,G,E,S,PH]" doc:"Euler step"`

	GLeak     float64 `symbol:"g_l" unit:"1/ms" min:"0" max:"10" paper:"0.1" source:"[My,G,E,S,PH]" doc:"leak conductance"`
	GBasal    float64 `symbol:"g_B" unit:"1/ms" above:"0" max:"10" paper:"1" source:"[My,G,E,S,PH]" doc:"basal conductance"`
	GApical   float64 `symbol:"g_A" unit:"1/ms" min:"0" max:"10" paper:"0.8" source:"[My,G,E,S,PH]" doc:"apical conductance"`
	GDendrite float64 `symbol:"g_D" unit:"1/ms" above:"0" max:"10" paper:"1" source:"[My,G,E,S,PH]" doc:"dendritic conductance of interneurons"`
	GSom      float64 `symbol:"g_som" unit:"1/ms" min:"0" max:"10" paper:"0.8" source:"[My,G,S,PH]" doc:"somatic nudging of interneurons and, by the teacher, of output neurons"`
}

// The presets of Regression besides Quick and Paper; both take hours.
const (
	// NFull is N's own number of trials at its own learning rates.
	NFull Scale = "n-full"
	// ArxivV1 is the variant of A, as far as it is known.
	ArxivV1 Scale = "arxiv-v1"
)

var regressionInfo = Info{
	Name:    "regression",
	Title:   "Learning a nonlinear map, online and without phases",
	Figure:  "A Fig. 3 (recalled, not re-read), N Fig. 2, alignment and self-prediction N Fig. S1",
	Version: 1,
	Deviations: []string{
		"The shallow learner of N is described only by its one plastic layer, hidden to output. Here it has the same weights W_1,0 and W_2,1 to begin with, the same teacher and patterns, W_1,0 stays as drawn, and its apical dendrites receive nothing, so that its hidden neurons do in training exactly what they do in the test: the best case for it.",
		"The traces show the teacher switched off, then on, within each of two patterns; in N it seems to be on all the time. Plasticity rests while they are recorded.",
		"The length of the moving average of the error is not known.",
		"Noise is integrated as sigma sqrt(dt) (Euler-Maruyama); some reimplementations use sigma dt, which is weaker.",
	},
}

// RegressionPreset returns the parameters of a scale.
func RegressionPreset(scale Scale) Regression {
	p := Regression{
		Scale: scale, Seeds: 5, Trials: 100000, Window: 1000,
		Inputs: 30, Hidden: 50, Outputs: 10, TeacherHidden: 20, Gain1: 2, Gain2: 10,
		PatternMs: 100, InputLow: -1, InputHigh: 1,
		Start: "random", Weights: 1, Forward: 1,
		Transfer: "softplus", Gamma: 0.1, Beta: 1, Theta: 3,
		RateFactor: 100, EtaUp1: 0.0011875, EtaUp2: 0.0005, EtaIP: 0.0011875, EtaPI: 0.0059375,
		Sigma: 0.3, TauW: 30, Tau0: 3, Dt: 0.1,
		GLeak: 0.1, GBasal: 1, GApical: 0.8, GDendrite: 1, GSom: 0.8,
	}
	switch scale {
	case Quick:
		p.Seeds, p.Trials, p.Window, p.InputLow = 3, 4000, 100, 0
	case NFull:
		p.Seeds, p.Trials, p.Window, p.RateFactor = 1, 10000000, 100000, 1
	case ArxivV1:
		p.Trials, p.Window, p.RateFactor = 1000000, 10000, 1
		p.Hidden, p.Start, p.Forward, p.Transfer = 20, "self-predicting", 0.1, "logistic"
		p.EtaUp1, p.EtaUp2, p.EtaIP, p.EtaPI = 0.00011875, 0.00001, 0.00002375, 0
	}
	return p
}

// Parameters lists the parameters beside their preset and the paper's values.
func (p Regression) Parameters() []Parameter { return p.record().Parameters }

func (p Regression) record() Record {
	info := regressionInfo
	info.Deviations = slices.Clip(info.Deviations)
	say := func(format string, a ...any) { info.Deviations = append(info.Deviations, fmt.Sprintf(format, a...)) }
	if p.InputLow >= 0 {
		say("Easier than the paper's task: inputs are drawn from U(%g, %g) instead of U(-1, 1), so that part of the map is the same for all of them, and few trials show the difference.", p.InputLow, p.InputHigh)
	}
	if p.RateFactor != 1 {
		say("All learning rates are multiplied by %g, so that %d trials stand for the paper's %.3g; with such rates each pattern is learned almost wholly while it is shown, and the error fluctuates more than the paper's.",
			p.RateFactor, p.Trials, float64(p.Trials)*p.RateFactor)
	}
	if p.Scale == ArxivV1 {
		say("The variant of A follows a reimplementation that quotes A; the transfer function, the gains of the teacher (here N's) and the inputs (here N's) are not certain.")
	}
	whole := Paper
	if p.Scale == NFull || p.Scale == ArxivV1 {
		whole = p.Scale // what is not reduced
	}
	return NewRecord(info, p.Scale, p, RegressionPreset(p.Scale), RegressionPreset(whole))
}

// Validate returns an error that names the first parameter out of range.
func (p Regression) Validate() error {
	if err := Validate(p); err != nil {
		return err
	}
	if p.InputLow > p.InputHigh {
		return fmt.Errorf("parameter InputLow is %g, above InputHigh, %g", p.InputLow, p.InputHigh)
	}
	return p.network(fullLearner).Validate()
}

// learner says which network of a pair is meant.
type learner string

const (
	fullLearner    learner = "microcircuit" // everything but the top-down weights is plastic
	shallowLearner learner = "shallow"      // hidden to output alone is plastic
)

// network translates the parameters, plasticity on.
func (p Regression) network(who learner) microcircuit.Params {
	m := microcircuit.Defaults(p.Inputs, p.Hidden, p.Outputs)
	m.G = microcircuit.Conductances{Leak: p.GLeak, Basal: p.GBasal, Apical: p.GApical, Dendrite: p.GDendrite, Somatic: p.GSom}
	m.Transfer = microcircuit.Softplus(p.Gamma, p.Beta, p.Theta)
	if p.Transfer == "logistic" {
		m.Transfer = microcircuit.Logistic()
	}
	w, up := microcircuit.Range{Lo: -p.Weights, Hi: p.Weights}, microcircuit.Range{Lo: -p.Forward, Hi: p.Forward}
	m.Init = microcircuit.Init{Up: up, Down: w, IP: w, PI: w}
	m.Dt, m.Tau0, m.TauW, m.Sigma, m.Lag = p.Dt, p.Tau0, p.TauW, p.Sigma, p.Lag
	m.Eta[2] = microcircuit.LearningRates{Up: p.RateFactor * p.EtaUp2}
	if who == fullLearner {
		m.Eta[1] = microcircuit.LearningRates{Up: p.RateFactor * p.EtaUp1, IP: p.RateFactor * p.EtaIP, PI: p.RateFactor * p.EtaPI}
	} else {
		m.Init.Down, m.Init.PI = microcircuit.Range{}, microcircuit.Range{}
	}
	return m
}

// frozen is the same network without plasticity.
func (p Regression) frozen(who learner) microcircuit.Params {
	m := p.network(who)
	m.Eta = make([]microcircuit.LearningRates, len(m.Eta))
	return m
}

// teacher draws the network whose output is to be learned; it depends on the
// seed, not on the learner.
func (p Regression) teacher(seed uint64) *task.Teacher {
	phi := func(u float64) float64 { return p.Gamma * math.Log1p(math.Exp(p.Beta*(u-p.Theta))) }
	if p.Transfer == "logistic" {
		phi = func(u float64) float64 { return 1 / (1 + math.Exp(-u)) }
	}
	return task.NewTeacher(seed, task.TeacherConfig{
		In: p.Inputs, Hidden: p.TeacherHidden, Out: p.Outputs, Gain1: p.Gain1, Gain2: p.Gain2, Lo: -1, Hi: 1, Transfer: phi,
	})
}

// RegressionNet is what one network did. Its curves have one value per moment
// of Trials, at most some 800.
type RegressionNet struct {
	Trials []int     // trials done at each moment
	Error  []float64 // moving average of |r_2 - r^trgt|^2 on unseen patterns

	// Of the microcircuit alone: means since the moment before, during
	// learning, so with noise and teacher, sampled every millisecond.
	Apical   []float64 // |v_A|^2, over the neurons of area 1
	TopDown  []float64 // |W_1,2 r_2|^2, the feedback itself
	Mismatch []float64 // |u^P_2 - u^I_1|^2, over the output neurons

	// Of the microcircuit alone: angles between weight matrices, degrees.
	Alignment []float64 // W_1,2 and the transposed W_2,1
	AnglePI   []float64 // W^PI and -W_1,2
	AngleIP   []float64 // W^IP and W_2,1

	Before, After RegressionTraces // of the microcircuit alone

	// Final is the mean error, without moving average, of the last tenth of
	// the trials; Constant that of a learner that always says the mean target.
	Final, Constant float64
	// Limit is, of the shallow learner alone, close to the error it would end at.
	Limit float64
}

// RegressionTraces follow one output neuron, the neuron of area 1 that listens
// most to it, and one input through two patterns, without plasticity. In the
// first half of each the teacher is off, in the second it is on.
type RegressionTraces struct {
	Time           []float64 // ms
	Output, Target []float64 // rates
	Apical         []float64 // v_A
	Input          []float64 // r_0
}

// RegressionRun is a finished run; its methods are the figure's panels.
type RegressionRun struct {
	Record
	Params        Regression
	Full, Shallow []RegressionNet // in the order of the seeds 1, 2, ...
}

// Run computes or looks up every network.
func (p Regression) Run(ctx context.Context, env Env) (*RegressionRun, error) {
	if err := p.Validate(); err != nil {
		return nil, fmt.Errorf("experiment %s: %w", regressionInfo.Name, err)
	}
	start := time.Now()
	r := &RegressionRun{Record: p.record(), Params: p}
	var jobs []Job[RegressionNet]
	for seed := 1; seed <= p.Seeds; seed++ {
		for _, who := range []learner{fullLearner, shallowLearner} {
			key := p
			key.Scale, key.Seeds = "", 0 // a network does not depend on how many there are
			jobs = append(jobs, Job[RegressionNet]{
				Unit: fmt.Sprintf("%s-seed%d", who, seed),
				Key: struct {
					Params  Regression
					Learner learner
					Seed    int
				}{key, who, seed},
				Run: func(ctx context.Context, w *Work) (RegressionNet, error) {
					return p.train(ctx, w, who, uint64(seed))
				},
			})
		}
		r.Provenance.Seeds = append(r.Provenance.Seeds, seed)
	}
	done, err := Execute(ctx, env, regressionInfo, jobs)
	if err != nil {
		return nil, err
	}
	AddJobs(&r.Record, done)
	for i := 0; i < len(done); i += 2 {
		r.Full, r.Shallow = append(r.Full, done[i].Result), append(r.Shallow, done[i+1].Result)
	}
	r.Comparison = r.compare()
	r.Provenance.WallSeconds = time.Since(start).Seconds()
	return r, nil
}
