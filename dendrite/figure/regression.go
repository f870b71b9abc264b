package figure

import (
	"context"
	"fmt"
	"math"
	"time"

	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/figure/internal/lab"
	"microcircuits/dendrite/internal/phi"
	"microcircuits/dendrite/microcircuit"
	"microcircuits/dendrite/task"
)

// RegressionParams are the parameters of [Regression].
type RegressionParams struct {
	Scale experiment.Scale `param:"-"` // the preset these parameters started from

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
	Weights float64 `symbol:"W" min:"0" max:"100" paper:"1" source:"[G,S]; [E] has 0.1" doc:"initial top-down and lateral weights are uniform in plus or minus this; the teacher's in plus or minus 1"`
	Forward float64 `symbol:"W^PP" min:"0" max:"100" paper:"1 (N), 0.1 in A" source:"[G,S]; [My] quotes A" doc:"initial bottom-up weights are uniform in plus or minus this"`

	Transfer string  `symbol:"φ" oneof:"softplus|logistic" paper:"softplus (N), logistic in A?" source:"N 3.3; [My,S]" doc:"transfer function of student and teacher"`
	Gamma    float64 `symbol:"γ" above:"0" max:"100" paper:"0.1" source:"N 3.3" doc:"rate scale of the softplus"`
	Beta     float64 `symbol:"β" above:"0" max:"100" paper:"1" source:"N 3.3" doc:"steepness of the softplus"`
	Theta    float64 `symbol:"θ" min:"-100" max:"100" paper:"3" source:"N 3.3" doc:"threshold of the softplus"`

	RateFactor float64 `min:"0" max:"100000" paper:"1; 100 in [G]" source:"N 3.3; [G]" doc:"multiplies all learning rates, to allow fewer trials"`
	EtaUp1     float64 `symbol:"η^PP_1,0" unit:"1/ms" min:"0" max:"1" paper:"0.0011875" source:"[G,E,S]; A: 0.00011875 [My]" doc:"learning rate of the synapses from the input to area 1, rule (7)"`
	EtaUp2     float64 `symbol:"η^PP_2,1" unit:"1/ms" min:"0" max:"1" paper:"0.0005" source:"[G,E,S]; A: 0.00001 [My]" doc:"learning rate of the synapses from area 1 to the output, rule (7)"`
	EtaIP      float64 `symbol:"η^IP" unit:"1/ms" min:"0" max:"1" paper:"0.0011875" source:"[G,E,S]; A: 0.00002375 [My]" doc:"learning rate of pyramidal-to-interneuron synapses, rule (8)"`
	EtaPI      float64 `symbol:"η^PI" unit:"1/ms" min:"0" max:"1" paper:"0.0059375" source:"[G,E,S]; A: 0 [My]" doc:"learning rate of interneuron-to-pyramidal synapses, rule (9)"`

	Sigma float64 `symbol:"σ" unit:"1/√ms" min:"0" max:"10" paper:"0.3" source:"[G,E,S]" doc:"somatic noise during learning"`
	TauW  float64 `symbol:"τ_w" unit:"ms" min:"0" max:"10000" paper:"30" source:"[PH,G,My]" doc:"low-pass filter of plasticity; 0 for none"`
	Lag   float64 `unit:"ms" min:"0" max:"10000" paper:"0" source:"[PH] has 20" doc:"plasticity is off for this long after the onset of a pattern"`
	Tau0  float64 `symbol:"τ_0" unit:"ms" min:"0" max:"1000" paper:"3" source:"[My,E,S,PH]" doc:"smoothing of input and target"`
	Dt    float64 `symbol:"dt" unit:"ms" above:"0" max:"1" paper:"0.1" source:"[My,G,E,S,PH]" doc:"Euler step"`

	GLeak     float64 `symbol:"g_l" unit:"1/ms" min:"0" max:"10" paper:"0.1" source:"[My,G,E,S,PH]" doc:"leak conductance"`
	GBasal    float64 `symbol:"g_B" unit:"1/ms" above:"0" max:"10" paper:"1" source:"[My,G,E,S,PH]" doc:"basal conductance"`
	GApical   float64 `symbol:"g_A" unit:"1/ms" min:"0" max:"10" paper:"0.8" source:"[My,G,E,S,PH]" doc:"apical conductance"`
	GDendrite float64 `symbol:"g_D" unit:"1/ms" above:"0" max:"10" paper:"1" source:"[My,G,E,S,PH]" doc:"dendritic conductance of interneurons"`
	GSom      float64 `symbol:"g_som" unit:"1/ms" min:"0" max:"10" paper:"0.8" source:"[My,G,S,PH]" doc:"somatic nudging of interneurons and, by the teacher, of output neurons"`
}

// The presets of Regression besides quick and paper; both take hours.
const (
	regressionNFull   experiment.Scale = "n-full"   // N's own number of trials at its own learning rates
	regressionArxivV1 experiment.Scale = "arxiv-v1" // the variant of A, as far as it is known
)

// Regression is the third figure: a network learns the nonlinear map of a teacher
// network, online and from random weights. A shallow learner is the comparison.
var Regression = add(experiment.Definition[RegressionParams, *RegressionRun]{
	Info: experiment.Info{
		Name:     "regression",
		Title:    "Learning a nonlinear map, online and without phases",
		Figure:   "A Fig. 3 (from memory), N Fig. 2, alignment and self-prediction N Fig. S1",
		Claim:    "a nonlinear function is learned online, without phases",
		Notebook: "3-regression",
		Version:  2,
		Scales:   []experiment.Scale{regressionNFull, regressionArxivV1},
		Deviations: []string{
			"N states only that hidden to output is the plastic layer of its shallow learner. Here it has the microcircuit's initial weights W₁₀ and W₂₁, teacher and patterns; W₁₀ is fixed, and its apical dendrites receive no input, so that its hidden neurons have the same rates in training and test: its best case.",
			"The traces show the teacher switched off, then on, within each of two patterns; in N it seems to be always on. Plasticity is off while they are recorded.",
			"The length of the moving average of the error is not known.",
			"Noise is integrated as sigma sqrt(dt) (Euler-Maruyama); some reimplementations use sigma dt, which is weaker.",
		},
	},
	Preset: regressionPreset,
	Check: func(p RegressionParams) error {
		if p.InputLow > p.InputHigh {
			return fmt.Errorf("parameter InputLow is %g, above InputHigh, %g", p.InputLow, p.InputHigh)
		}
		return p.network(regressionFull).Validate()
	},
	Deviations: RegressionParams.deviations,
	Jobs:       RegressionParams.jobs,
	Claims:     (*RegressionRun).claims,
	Small:      func(p *RegressionParams) { p.Seeds, p.Trials = 1, 20 },
})

func regressionPreset(scale experiment.Scale) RegressionParams {
	p := RegressionParams{
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
	case experiment.Quick:
		p.Seeds, p.Trials, p.Window, p.InputLow = 3, 4000, 100, 0
	case regressionNFull:
		p.Seeds, p.Trials, p.Window, p.RateFactor = 1, 10000000, 100000, 1
	case regressionArxivV1:
		p.Trials, p.Window, p.RateFactor = 1000000, 10000, 1
		p.Hidden, p.Start, p.Forward, p.Transfer = 20, "self-predicting", 0.1, "logistic"
		p.EtaUp1, p.EtaUp2, p.EtaIP, p.EtaPI = 0.00011875, 0.00001, 0.00002375, 0
	}
	return p
}

func (p RegressionParams) deviations() []string {
	var all []string
	add := func(format string, a ...any) { all = append(all, fmt.Sprintf(format, a...)) }
	if p.InputLow >= 0 {
		add("Easier than the paper's task: inputs are drawn from U(%g, %g) instead of U(-1, 1), so that part of the map is the same for all inputs, and few trials show the difference.", p.InputLow, p.InputHigh)
	}
	if p.RateFactor != 1 {
		add("All learning rates are multiplied by %g, so that %d trials replace the paper's %.3g; at these rates each pattern is almost fully learned while it is shown, and the error fluctuates more than the paper's.",
			p.RateFactor, p.Trials, float64(p.Trials)*p.RateFactor)
	}
	if p.Scale == regressionArxivV1 {
		add("The variant of A follows a reimplementation that quotes A; the transfer function, the gains of the teacher (here N's) and the inputs (here N's) are not certain.")
	}
	return all
}

// regressionLearner names one network of a pair.
type regressionLearner string

const (
	regressionFull    regressionLearner = "microcircuit" // everything but the top-down weights is plastic
	regressionShallow regressionLearner = "shallow"      // only hidden to output is plastic
)

// network translates the parameters, plasticity on.
func (p RegressionParams) network(who regressionLearner) microcircuit.Params {
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
	if who == regressionFull {
		m.Eta[1] = microcircuit.LearningRates{Up: p.RateFactor * p.EtaUp1, IP: p.RateFactor * p.EtaIP, PI: p.RateFactor * p.EtaPI}
	} else {
		m.Init.Down, m.Init.PI = microcircuit.Range{}, microcircuit.Range{}
	}
	return m
}

// learner makes one network of a pair. Both have the same teacher, patterns and
// initial forward weights, which depend on the seed.
func (p RegressionParams) learner(seed uint64, who regressionLearner) (*lab.Learner, error) {
	transfer := func(u float64) float64 { return p.Gamma * phi.Softplus(p.Beta*(u-p.Theta)) }
	if p.Transfer == "logistic" {
		transfer = phi.Logistic
	}
	l, err := lab.NewLearner(seed, lab.Regression{
		Teacher: task.TeacherConfig{
			In: p.Inputs, Hidden: p.TeacherHidden, Out: p.Outputs, Gain1: p.Gain1, Gain2: p.Gain2, Lo: -1, Hi: 1, Transfer: transfer,
		},
		InputLow: p.InputLow, InputHigh: p.InputHigh, PatternMs: p.PatternMs,
	}, p.network(who))
	if err == nil && p.Start == "self-predicting" && who == regressionFull {
		l.Net.SelfPredict()
	}
	return l, err
}

// RegressionNet is the result of one network. Its curves have one value per moment
// of Trials, at most some 800.
type RegressionNet struct {
	Trials []int     `unit:"trials" doc:"trials done at each moment"`
	Error  []float64 `doc:"moving average of |r_2 - r^trgt|^2 on unseen patterns, by moment"`

	// Of the microcircuit alone: means since the moment before, during
	// learning, so with noise and teacher, sampled every millisecond.
	Apical   []float64 `doc:"|v_A|^2 over the neurons of area 1, mean since the moment before"`
	TopDown  []float64 `doc:"|W_1,2 r_2|^2, the top-down input, mean since the moment before"`
	Mismatch []float64 `doc:"|u^P_2 - u^I_1|^2 over the output neurons, mean since the moment before"`

	// Of the microcircuit alone: angles between weight matrices, degrees.
	Alignment []float64 `unit:"°" doc:"angle between W_1,2 and the transposed W_2,1, by moment"`
	AnglePI   []float64 `unit:"°" doc:"angle between W^PI and -W_1,2, by moment"`
	AngleIP   []float64 `unit:"°" doc:"angle between W^IP and W_2,1, by moment"`

	Before, After RegressionTraces // of the microcircuit alone

	// Final is the mean error, without moving average, of the last tenth of
	// the trials; Constant that of a learner that always gives the mean target.
	Final, Constant float64
	// Limit is, of the shallow learner alone, close to its error after unlimited trials.
	Limit float64
}

// RegressionTraces follow one output neuron, the neuron of area 1 that receives
// most from it, and one input through two patterns, without plasticity. In the
// first half of each the teacher is off, in the second it is on.
type RegressionTraces struct {
	Time           []float64 `unit:"ms" doc:"time of the traces"`
	Output, Target []float64 `doc:"rate of one output neuron, and its target"`
	Apical         []float64 `doc:"apical potential v_A of one neuron of area 1"`
	Input          []float64 `doc:"rate r_0 of one input"`
}

// RegressionRun is a finished run; its methods are the figure's panels.
type RegressionRun struct {
	*experiment.Run[RegressionParams]
	Full, Shallow []RegressionNet // in the order of the seeds 1, 2, ...
}

func (p RegressionParams) jobs(plan *experiment.Plan) (func(*experiment.Run[RegressionParams]) *RegressionRun, error) {
	plan.Seeds(p.Seeds)
	var full, shallow []*experiment.Pending[RegressionNet]
	for seed := 1; seed <= p.Seeds; seed++ {
		shallow = append(shallow, p.job(plan, regressionShallow, seed))
		full = append(full, p.job(plan, regressionFull, seed))
	}
	return func(run *experiment.Run[RegressionParams]) *RegressionRun {
		r := &RegressionRun{Run: run}
		for i := range full {
			r.Full, r.Shallow = append(r.Full, full[i].Get()), append(r.Shallow, shallow[i].Get())
		}
		return r
	}, nil
}

// job trains one network.
func (p RegressionParams) job(plan *experiment.Plan, who regressionLearner, seed int) *experiment.Pending[RegressionNet] {
	key := p
	key.Scale, key.Seeds = "", 0 // a network does not depend on how many there are
	return experiment.Add(plan, experiment.Job[RegressionNet]{
		Unit: fmt.Sprintf("%s-seed%d", who, seed),
		Key: struct {
			Params  RegressionParams
			Learner regressionLearner
			Seed    int
		}{key, who, seed},
		Seconds: lab.StepSeconds(p.network(who)) * float64(p.Trials) * p.PatternMs / p.Dt,
		Run: func(ctx context.Context, w *experiment.Work) (RegressionNet, error) {
			return p.train(ctx, w, who, uint64(seed))
		},
	})
}

// regressionCheckpoint is the longest computation that is lost when the program is
// killed. It does not change the numbers. Only a test sets another one.
var regressionCheckpoint = 2 * time.Minute

// regressionMoments are the trials after which curves get a point: evenly spaced
// on a linear axis and, for the beginning, on a logarithmic one; the last trial is
// among them.
func regressionMoments(trials int) func(done int) bool {
	step := max(1, trials/500)
	early := map[int]bool{}
	for _, b := range lab.LogBins(trials, 60) {
		early[b[1]] = true
	}
	return func(done int) bool { return done%step == 0 || early[done] || done == trials }
}

// regressionState is a checkpoint: the network after Done trials.
type regressionState struct {
	Done   int
	Net    microcircuit.State
	Error  lab.MovingAverage
	Last   float64 // sum of the errors of the last tenth of the trials
	Since  regressionActivity
	Result RegressionNet
}

// regressionActivity sums the squared potentials of training trials.
type regressionActivity struct {
	Apical, TopDown, Mismatch float64
	Samples                   int
}

func (a *regressionActivity) sample(net *microcircuit.Network) {
	a.Apical += lab.Squared(net.Value(microcircuit.ApicalPotential, 1))
	a.TopDown += lab.Squared(net.Value(microcircuit.TopDownInput, 1))
	a.Mismatch += lab.SquaredDistance(net.Value(microcircuit.SomaPotential, 2), net.Value(microcircuit.InterneuronPotential, 1))
	a.Samples++
}

// train trains one network from its first to its last trial.
func (p RegressionParams) train(ctx context.Context, w *experiment.Work, who regressionLearner, seed uint64) (RegressionNet, error) {
	var s regressionState
	l, err := p.learner(seed, who)
	if err != nil {
		return s.Result, err
	}
	if w.Resume(&s) {
		l.Done = s.Done
		err = l.Net.SetState(s.Net)
	} else {
		err = p.prologue(ctx, l, who, &s)
	}
	if err != nil {
		return s.Result, err
	}
	if err := p.learn(ctx, w, who, l, &s); err != nil {
		return s.Result, err
	}
	s.Result.Final = s.Last / float64(p.Trials-p.lastTenth())
	if who == regressionFull {
		s.Result.After, err = p.traces(ctx, l)
	}
	return s.Result, err
}

// prologue measures a network before its first trial.
func (p RegressionParams) prologue(ctx context.Context, l *lab.Learner, who regressionLearner, s *regressionState) error {
	s.Result.Constant = l.ConstantError()
	for i := range p.Window { // the average begins with the untrained network
		s.Error.Add(l.Test("unseen before training", i), p.Window)
	}
	if who == regressionShallow {
		s.Result.Limit = l.ShallowLimit()
		return nil
	}
	var err error
	s.Result.Before, err = p.traces(ctx, l)
	return err
}

// lastTenth is the number of trials before the last tenth of them.
func (p RegressionParams) lastTenth() int { return p.Trials - max(1, p.Trials/10) }

// learn continues from s to the last trial.
func (p RegressionParams) learn(ctx context.Context, w *experiment.Work, who regressionLearner, l *lab.Learner, s *regressionState) error {
	watch := func() {}
	if who == regressionFull {
		watch = func() { s.Since.sample(l.Net) }
	}
	isMoment, kept := regressionMoments(p.Trials), time.Now()
	for l.Done < p.Trials {
		if err := l.WatchedTrial(watch); err != nil {
			return fmt.Errorf("trial %d: %w", l.Done+1, err)
		}
		e := l.Test("unseen input", l.Done-1)
		if l.Done > p.lastTenth() {
			s.Last += e
		}
		recent := s.Error.Add(e, p.Window)
		if isMoment(l.Done) {
			s.Result.Trials, s.Result.Error = append(s.Result.Trials, l.Done), append(s.Result.Error, recent)
			if who == regressionFull {
				s.Result.measure(l.Net, &s.Since)
			}
			curve := fmt.Sprintf("%s, seed %d", who, l.Seed)
			w.Report(float64(l.Done)/float64(p.Trials),
				fmt.Sprintf("%s: trial %d of %d, squared error %.3g", curve, l.Done, p.Trials, recent),
				experiment.Point{Curve: curve, X: float64(l.Done), Y: recent})
		}
		stop := ctx.Err()
		if l.Done < p.Trials && (stop != nil || time.Since(kept) >= regressionCheckpoint) {
			s.Done, s.Net = l.Done, l.Net.State()
			if err := w.Checkpoint(s); err != nil {
				return fmt.Errorf("checkpoint: %w", err)
			}
			kept = time.Now()
		}
		if stop != nil {
			return stop
		}
	}
	return nil
}

// measure adds a point to the curves of the microcircuit.
func (n *RegressionNet) measure(net *microcircuit.Network, since *regressionActivity) {
	samples := float64(since.Samples)
	n.Apical = append(n.Apical, since.Apical/samples)
	n.TopDown = append(n.TopDown, since.TopDown/samples)
	n.Mismatch = append(n.Mismatch, since.Mismatch/samples)
	*since = regressionActivity{}
	down, up := net.WPPDown(1).Data, net.WPPUp(2)
	n.Alignment = append(n.Alignment, lab.Angle(down, up.Transpose().Data))
	n.AnglePI = append(n.AnglePI, 180-lab.Angle(down, net.WPI(1).Data))
	n.AngleIP = append(n.AngleIP, lab.Angle(up.Data, net.WIP(1).Data))
}

// traces records two unseen patterns in a copy of the network without plasticity.
// Untrained and trained networks get the same patterns and the same noise.
func (p RegressionParams) traces(ctx context.Context, l *lab.Learner) (RegressionTraces, error) {
	var tr RegressionTraces
	net, err := l.Copy(lab.Unplastic(l.Net.Params(), false))
	if err != nil {
		return tr, err
	}
	out := p.mostVaried(l)
	hidden, largest := 0, 0.0
	down := net.WPPDown(1)
	for i := range down.Rows {
		if w := math.Abs(down.At(i, out)); w > largest {
			hidden, largest = i, w
		}
	}
	record := lab.RecordAt(p.Dt)
	output, apical, input := record.Probe(microcircuit.Rate, 2, out), record.Probe(microcircuit.ApicalPotential, 1, hidden), record.Probe(microcircuit.Rate, 0, 0)
	l.Load("trace input", 0)
	if err := net.Present(ctx, microcircuit.Pattern{Input: l.Input}, p.PatternMs); err != nil { // the start-up transient
		return tr, err
	}
	half := p.PatternMs / 2
	for i := 1; i <= 2; i++ {
		l.Load("trace input", i)
		net.ClearTarget()
		net.Input(l.Input)
		for range 2 {
			if err := net.Run(ctx, half, output, apical, input); err != nil {
				return tr, err
			}
			for len(tr.Target) < len(input.Times) {
				tr.Target = append(tr.Target, l.Rate[out])
			}
			net.Target(l.Target)
		}
	}
	tr.Time, tr.Output, tr.Apical, tr.Input = lab.FromZero(input.Times), output.Series[0], apical.Series[0], input.Series[0]
	return tr, nil
}

// mostVaried is the output neuron whose target varies most over patterns.
func (p RegressionParams) mostVaried(l *lab.Learner) int {
	const patterns = 200
	sum, square := make([]float64, p.Outputs), make([]float64, p.Outputs)
	for i := range patterns {
		l.Load("trace input", i)
		for j, r := range l.Rate {
			sum[j] += r
			square[j] += r * r
		}
	}
	best, most := 0, math.Inf(-1)
	for j := range sum {
		if v := square[j] - sum[j]*sum[j]/patterns; v > most {
			best, most = j, v
		}
	}
	return best
}
