package experiment

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/floats"

	"microcircuits/dendrite/microcircuit"
)

// Predictions are the parameters of the experiments in silico: what an
// experimenter would see at apical dendrites, and what learning would suffer,
// when SST and VIP interneurons are manipulated. Start from PredictionsPreset.
type Predictions struct {
	Scale Scale `param:"-"` // the preset these parameters started from

	Seeds   int     `min:"1" max:"1000" scale:"up" paper:"no simulation known" doc:"networks under each manipulation, with the same weights, inputs and noise"`
	VIPFrom float64 `min:"0" max:"1" doc:"the VIP gate opens after this share of the training"`
	VIPTo   float64 `min:"0" max:"1" doc:"and closes after this share"`
	VIPGate float64 `symbol:"g_VIP" min:"0" max:"1" doc:"how far the gate opens: lateral inhibition is scaled by 1 - g_VIP"`

	Regression SmallRegression
}

var predictionsInfo = Info{
	Name:    "predictions",
	Title:   "What happens when interneurons are switched",
	Figure:  "N Conclusions and the abstract of A (predictions in words; neither paper is known to plot them)",
	Version: 1,
	Deviations: []string{
		"The papers state these predictions in words; protocols and numbers here are this project's.",
		"Silencing SST and opening the VIP gate are the same operation in the model: both remove the interneurons' inhibition of the apical dendrite.",
		smallRegressionDeviations,
	},
}

// PredictionsPreset returns the parameters of a scale.
func PredictionsPreset(scale Scale) Predictions {
	p := Predictions{Scale: scale, Seeds: 3, VIPFrom: 0.4, VIPTo: 0.6, VIPGate: 1, Regression: smallRegression()}
	p.Regression.Trials = 3000
	if scale == Paper {
		p.Seeds = 20
		p.Regression.Trials = 20000
	}
	return p
}

// Parameters lists the parameters beside their preset.
func (p Predictions) Parameters() []Parameter { return p.record().Parameters }

func (p Predictions) record() Record {
	return NewRecord(predictionsInfo, p.Scale, p, PredictionsPreset(p.Scale), PredictionsPreset(Paper))
}

// Validate returns an error that names the first parameter out of range.
func (p Predictions) Validate() error {
	if err := Validate(p); err != nil {
		return err
	}
	if p.VIPFrom >= p.VIPTo {
		return fmt.Errorf("parameter VIPFrom is %g, not below VIPTo, %g", p.VIPFrom, p.VIPTo)
	}
	return p.Regression.network().Validate()
}

// A manipulation is something done to a network while it learns.
type manipulation string

const (
	intact        manipulation = "intact"
	frozenLateral manipulation = "lateral plasticity frozen"
	frozenPI      manipulation = "plasticity of SST output frozen"
	gateOpen      manipulation = "VIP gate open throughout"
	gateOpened    manipulation = "VIP gate opened for a while"
	gateRested    manipulation = "the same, SST output not plastic meanwhile"
	shallow       manipulation = "no plasticity below the output"
)

var manipulations = []manipulation{intact, frozenLateral, frozenPI, gateOpen, gateOpened, gateRested, shallow}

// apply is what the manipulation does to the network at a share of the training.
func (m manipulation) apply(p Predictions, n microcircuit.Params, share float64) microcircuit.Params {
	n.Eta = slices.Clone(n.Eta)
	switch m {
	case frozenLateral:
		n.Eta[1].IP, n.Eta[1].PI = 0, 0
	case frozenPI:
		n.Eta[1].PI = 0
	case gateOpen:
		n.Gate = p.VIPGate
	case gateOpened, gateRested:
		if share >= p.VIPFrom && share < p.VIPTo {
			n.Gate = p.VIPGate
			if m == gateRested {
				n.Eta[1].PI = 0
			}
		}
	case shallow:
		n.Eta[1].Up = 0
	}
	return n
}

// PredictionsNet is what one network did under one manipulation.
type PredictionsNet struct {
	Trials []int // moments at which it was tested, on unseen patterns without noise and teacher
	// Error is the squared error of the output rates of the settled network,
	// interneurons as the manipulation leaves them: its behaviour.
	Error   []float64
	Forward []float64 // the same by the feed-forward pass, apical dendrites silent: what bottom-up synapses know
	Apical  []float64 // root mean square of v_A over neurons and patterns, settled

	Before, After Silencing         // SST silenced, before and after learning
	Recording     PredictionsTraces // after learning, SST as in training, teacher from the middle on
	Diverged      bool              // potentials left the range of sane numbers; the curves end there
}

// Silencing is what silencing SST does to the apical dendrites, settled and
// without noise: one value per neuron and pattern.
type Silencing struct {
	TopDown   []float64 // W_1,2 r_2 before silencing
	Immediate []float64 // change of v_A in the first time step
	Sustained []float64 // change of v_A after 100 ms, when the network has answered
	Traces    PredictionsTraces
}

// PredictionsTraces follow one neuron of area 1 and one of area 2 through one
// pattern; in the middle something is switched.
type PredictionsTraces struct {
	Time                     []float64 // ms
	Apical, TopDown, Lateral []float64 // v_A and its parts, the lateral one as the gate lets it pass
	Output, Target           []float64 // u_2 and its target
}

// PredictionsRun is a finished run; its methods are the panels.
type PredictionsRun struct {
	Record
	Params Predictions
	// Nets[m][s] is the network of seed s+1 under manipulation m.
	Nets [][]PredictionsNet
}

// Run computes or looks up every network.
func (p Predictions) Run(ctx context.Context, env Env) (*PredictionsRun, error) {
	if err := p.Validate(); err != nil {
		return nil, fmt.Errorf("experiment %s: %w", predictionsInfo.Name, err)
	}
	start := time.Now()
	r := &PredictionsRun{Record: p.record(), Params: p, Nets: make([][]PredictionsNet, len(manipulations))}
	var jobs []Job[PredictionsNet]
	for seed := 1; seed <= p.Seeds; seed++ {
		r.Provenance.Seeds = append(r.Provenance.Seeds, seed)
		for _, m := range manipulations {
			key := p
			key.Scale, key.Seeds = "", 0
			if m != gateOpen && m != gateOpened && m != gateRested {
				key.VIPFrom, key.VIPTo, key.VIPGate = 0, 0, 0
			}
			jobs = append(jobs, Job[PredictionsNet]{
				Unit: fmt.Sprintf("seed%d", seed),
				Key: struct {
					Params       Predictions
					Manipulation string
					Seed         int
				}{key, string(m), seed},
				Run: func(ctx context.Context, w *Work) (PredictionsNet, error) { return p.train(ctx, w, m, uint64(seed)) },
			})
		}
	}
	done, err := Execute(ctx, env, predictionsInfo, jobs)
	if err != nil {
		return nil, err
	}
	AddJobs(&r.Record, done)
	for i, d := range done {
		m := i % len(manipulations)
		r.Nets[m] = append(r.Nets[m], d.Result)
	}
	r.Comparison = r.compare()
	r.Provenance.WallSeconds = time.Since(start).Seconds()
	return r, nil
}

// predictionsMoments is the number of times a network is tested.
const predictionsMoments = 25

// predictionsState is a checkpoint.
type predictionsState struct {
	Done   int
	Net    microcircuit.State
	Result PredictionsNet
}

// train takes one network through the training.
func (p Predictions) train(ctx context.Context, w *Work, m manipulation, seed uint64) (PredictionsNet, error) {
	var s predictionsState
	at := func(trial int) microcircuit.Params {
		return m.apply(p, p.Regression.network(), float64(trial)/float64(p.Regression.Trials))
	}
	l, err := p.Regression.start(seed, at(0))
	if err != nil {
		return s.Result, err
	}
	if w.Resume(&s) {
		if err := l.net.SetParams(at(s.Done)); err != nil {
			return s.Result, err
		}
		if err := l.net.SetState(s.Net); err != nil {
			return s.Result, fmt.Errorf("resume: %w", err)
		}
		l.done = s.Done
	} else if m == intact {
		if s.Result.Before, err = p.silence(ctx, l); err != nil {
			return s.Result, err
		}
	}
	every := max(1, p.Regression.Trials/predictionsMoments)
	for {
		if l.done%every == 0 || l.done == p.Regression.Trials {
			if n := len(s.Result.Trials); n == 0 || s.Result.Trials[n-1] != l.done {
				if err := p.test(ctx, l, &s.Result); err != nil {
					return s.Result, err
				}
			}
			if l.done > 0 && l.done%(10*every) == 0 && l.done < p.Regression.Trials {
				s.Done, s.Net = l.done, l.net.State()
				if err := w.Checkpoint(s); err != nil {
					return s.Result, fmt.Errorf("checkpoint: %w", err)
				}
			}
			if err := ctx.Err(); err != nil {
				return s.Result, err
			}
			w.Report(float64(l.done)/float64(p.Regression.Trials), fmt.Sprintf("%s, seed %d: trial %d of %d", m, seed, l.done, p.Regression.Trials))
		}
		if l.done == p.Regression.Trials {
			break
		}
		if err := l.net.SetParams(at(l.done)); err != nil {
			return s.Result, err
		}
		if err := l.trial(); diverged(err) {
			s.Result.Diverged = true
			return s.Result, nil
		} else if err != nil {
			return s.Result, fmt.Errorf("trial %d: %w", l.done+1, err)
		}
	}
	if m == intact {
		if s.Result.After, err = p.silence(ctx, l); err != nil {
			return s.Result, err
		}
	}
	s.Result.Recording, err = p.record200(ctx, l, func(n *microcircuit.Network, second bool) error {
		if second {
			n.Target(l.target)
		}
		return nil
	})
	return s.Result, err
}

// aside lets f use the learner's network with other parameters, and gives it
// back as it was.
func (l *smallLearner) aside(other microcircuit.Params, f func() error) error {
	p, s := l.net.Params(), l.net.State()
	if err := l.net.SetParams(other); err != nil {
		return err
	}
	if err := f(); err != nil {
		return err
	}
	if err := l.net.SetParams(p); err != nil {
		return err
	}
	return l.net.SetState(s)
}

// unplastic is p without plasticity, and without noise where quiet.
func unplastic(p microcircuit.Params, quiet bool) microcircuit.Params {
	p.Eta = make([]microcircuit.LearningRates, len(p.Eta))
	if quiet {
		p.Sigma = 0
	}
	return p
}

const (
	probePatterns = 50 // unseen patterns of a test
	silencedWith  = 10 // patterns under which SST is silenced
	// recordedNeuron of area 1 has lateral input far from zero before learning
	// in the first network of the preset.
	recordedNeuron = 2
)

// test appends the test error and what is at the apical dendrites.
func (p Predictions) test(ctx context.Context, l *smallLearner, out *PredictionsNet) error {
	out.Trials = append(out.Trials, l.done)
	out.Forward = append(out.Forward, l.testError())
	var apical, sum float64
	quiet := unplastic(l.net.Params(), true)
	quiet.Tau0 = 0
	err := l.aside(quiet, func() error {
		rate := make([]float64, p.Regression.Outputs)
		for i := range probePatterns {
			l.load("test input", i)
			if err := l.net.Present(ctx, microcircuit.Pattern{Input: l.input}, 20); err != nil {
				return err
			}
			apical += squared(l.net.Value(microcircuit.Apical, 1))
			quiet.Transfer.Forward(rate, l.net.Value(microcircuit.Soma, 2))
			sum += squaredDistance(rate, l.rate)
		}
		return nil
	})
	out.Error = append(out.Error, sum/probePatterns)
	out.Apical = append(out.Apical, math.Sqrt(apical/float64(p.Regression.Hidden*probePatterns)))
	return err
}

// silence shows patterns without teacher, silences SST in the middle of each,
// and compares the apical dendrites before and after.
func (p Predictions) silence(ctx context.Context, l *smallLearner) (Silencing, error) {
	var out Silencing
	quiet := unplastic(l.net.Params(), true)
	silenced := quiet
	silenced.Gate = 1
	err := l.aside(quiet, func() error {
		for i := range silencedWith {
			l.load("test input", i)
			if err := l.net.SetParams(quiet); err != nil {
				return err
			}
			if err := l.net.Present(ctx, microcircuit.Pattern{Input: l.input}, 100); err != nil {
				return err
			}
			before := slices.Clone(l.net.Value(microcircuit.Apical, 1))
			out.TopDown = append(out.TopDown, l.net.Value(microcircuit.TopDown, 1)...)
			if err := l.net.SetParams(silenced); err != nil {
				return err
			}
			for _, c := range []struct {
				ms   float64
				into *[]float64
			}{{silenced.Dt, &out.Immediate}, {100, &out.Sustained}} {
				if err := l.net.Run(ctx, c.ms); err != nil {
					return err
				}
				change := slices.Clone(l.net.Value(microcircuit.Apical, 1))
				floats.Sub(change, before)
				*c.into = append(*c.into, change...)
			}
		}
		return nil
	})
	if err != nil {
		return out, err
	}
	noisy := unplastic(l.net.Params(), false)
	silenced = noisy
	silenced.Gate = 1
	out.Traces, err = p.record200(ctx, l, func(n *microcircuit.Network, second bool) error {
		if second {
			return n.SetParams(silenced)
		}
		return nil
	})
	return out, err
}

// record200 records one pattern of 200 ms with noise and without plasticity and
// teacher; enter is called at its beginning and in its middle.
func (p Predictions) record200(ctx context.Context, l *smallLearner, enter func(n *microcircuit.Network, second bool) error) (PredictionsTraces, error) {
	var t PredictionsTraces
	err := l.aside(unplastic(l.net.Params(), false), func() error {
		every := int(math.Round(0.5 / l.net.Params().Dt))
		probe := func(q microcircuit.Quantity, area, neuron int) *microcircuit.Probe {
			return &microcircuit.Probe{Quantity: q, Area: area, Neurons: []int{neuron}, Every: every}
		}
		recorded := min(recordedNeuron, p.Regression.Hidden-1)
		apical, topDown, output := probe(microcircuit.Apical, 1, recorded), probe(microcircuit.TopDown, 1, recorded), probe(microcircuit.Soma, 2, 0)
		l.load("test input", 0)
		l.net.ClearTarget()
		l.net.Input(l.input)
		if err := l.net.Run(ctx, 100); err != nil { // the transient from the last training pattern
			return err
		}
		for _, second := range []bool{false, true} {
			if err := enter(l.net, second); err != nil {
				return err
			}
			if err := l.net.Run(ctx, 100, apical, topDown, output); err != nil {
				return err
			}
		}
		t = PredictionsTraces{
			Time: slices.Clone(apical.Times), Apical: apical.Series[0], TopDown: topDown.Series[0],
			Lateral: slices.Clone(apical.Series[0]), Output: output.Series[0],
		}
		floats.Sub(t.Lateral, t.TopDown)
		start := t.Time[0]
		for i := range t.Time {
			t.Time[i] -= start
			t.Target = append(t.Target, l.target[0])
		}
		return nil
	})
	return t, err
}
