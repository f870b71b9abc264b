package figure

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/figure/internal/lab"
	"microcircuits/dendrite/microcircuit"
)

// PredictionsParams are the parameters of [Predictions].
type PredictionsParams struct {
	Scale experiment.Scale `param:"-"` // the preset these parameters started from

	Seeds   int     `min:"1" max:"1000" scale:"up" paper:"no simulation known" doc:"networks under each manipulation, with the same weights, inputs and noise"`
	VIPFrom float64 `min:"0" max:"1" doc:"the VIP gate opens after this share of the training"`
	VIPTo   float64 `min:"0" max:"1" doc:"and closes after this share"`
	VIPGate float64 `symbol:"g_VIP" min:"0" max:"1" doc:"how far the gate opens: lateral inhibition is scaled by 1 - g_VIP"`

	Regression lab.SmallRegression
}

// Predictions are simulated experiments: the effects on apical potentials and on
// learning when SST and VIP interneurons are manipulated.
var Predictions = add(experiment.Definition[PredictionsParams, *PredictionsRun]{
	Info: experiment.Info{
		Name:     "predictions",
		Title:    "What happens when interneurons are switched",
		Figure:   "N Conclusions and the abstract of A (predictions in words; neither paper is known to plot them)",
		Claim:    "silencing SST or opening the VIP gate shows the input that SST cancels",
		Notebook: "8-predictions",
		Version:  2,
		Deviations: []string{
			"The papers state these predictions in words; protocols and numbers here are this project's.",
			"Silencing SST and opening the VIP gate are the same operation in the model: both remove the interneurons' inhibition of the apical dendrite.",
			lab.SmallDeviations,
		},
	},
	Preset: predictionsPreset,
	Check: func(p PredictionsParams) error {
		if p.VIPFrom >= p.VIPTo {
			return fmt.Errorf("parameter VIPFrom is %g, not below VIPTo, %g", p.VIPFrom, p.VIPTo)
		}
		return p.Regression.Network().Validate()
	},
	Jobs:   PredictionsParams.jobs,
	Claims: (*PredictionsRun).claims,
	Small: func(p *PredictionsParams) {
		p.Seeds, p.Regression.Trials, p.Regression.PatternMs = 1, 10, 50
	},
})

func predictionsPreset(scale experiment.Scale) PredictionsParams {
	p := PredictionsParams{Scale: scale, Seeds: 3, VIPFrom: 0.4, VIPTo: 0.6, VIPGate: 1, Regression: lab.SmallDefaults()}
	p.Regression.Trials = 3000
	if scale == experiment.Paper {
		p.Seeds = 20
		p.Regression.Trials = 20000
	}
	return p
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
func (m manipulation) apply(p PredictionsParams, n microcircuit.Params, share float64) microcircuit.Params {
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

// PredictionsNet holds the results of one network under one manipulation.
type PredictionsNet struct {
	Trials []int `unit:"trials" doc:"trials done at each test"`
	// Error is the squared error of the output rates of the settled network,
	// interneurons as the manipulation leaves them.
	Error   []float64 `doc:"squared error of the output rates of the settled network, by test"`
	Forward []float64 `doc:"the same in the feed-forward pass, without apical input"`
	Apical  []float64 `doc:"root mean square of v_A over neurons and patterns, settled, by test"`

	Before, After Silencing         // SST silenced, before and after learning
	Recording     PredictionsTraces // after learning, SST as in training, teacher from the middle on
	Diverged      bool              // potentials left the permitted range; the curves end there
}

// Silencing is what silencing SST does to the apical dendrites, settled and
// without noise: one value per neuron and pattern.
type Silencing struct {
	TopDown   []float64 `doc:"top-down input W_1,2 r_2 before silencing, by neuron and pattern"`
	Immediate []float64 `doc:"change of v_A in the first time step, by neuron and pattern"`
	Sustained []float64 `doc:"change of v_A after 100 ms, by neuron and pattern"`
	Traces    PredictionsTraces
}

// PredictionsTraces follow one neuron of area 1 and one of area 2 through one
// pattern; in the middle SST or the teacher is switched.
type PredictionsTraces struct {
	Time                     []float64 `unit:"ms" doc:"time of the traces"`
	Apical, TopDown, Lateral []float64 `doc:"apical potential v_A of one neuron of area 1, and its parts"`
	Output, Target           []float64 `doc:"potential u_2 of one output neuron, and its target"`
}

// PredictionsRun is a finished run; its methods are the panels.
type PredictionsRun struct {
	*experiment.Run[PredictionsParams]
	// Nets[m][s] is the network of seed s+1 under manipulation m.
	Nets [][]PredictionsNet
}

func (p PredictionsParams) jobs(plan *experiment.Plan) (func(*experiment.Run[PredictionsParams]) *PredictionsRun, error) {
	plan.Seeds(p.Seeds)
	nets := make([][]*experiment.Pending[PredictionsNet], len(manipulations))
	steps := float64(p.Regression.Trials)*p.Regression.PatternMs + predictionsMoments*probePatterns*20
	for seed := 1; seed <= p.Seeds; seed++ {
		for i, m := range manipulations {
			key := p
			key.Scale, key.Seeds = "", 0
			if m != gateOpen && m != gateOpened && m != gateRested {
				key.VIPFrom, key.VIPTo, key.VIPGate = 0, 0, 0
			}
			nets[i] = append(nets[i], experiment.Add(plan, experiment.Job[PredictionsNet]{
				Unit: fmt.Sprintf("seed%d", seed), Label: string(m),
				Key: struct {
					Params       PredictionsParams
					Manipulation string
					Seed         int
				}{key, string(m), seed},
				Seconds: lab.StepSeconds(p.Regression.Network()) * steps / p.Regression.Network().Dt,
				Run: func(ctx context.Context, w *experiment.Work) (PredictionsNet, error) {
					return p.train(ctx, w, m, uint64(seed))
				},
			}))
		}
	}
	return func(run *experiment.Run[PredictionsParams]) *PredictionsRun {
		r := &PredictionsRun{Run: run}
		for _, n := range nets {
			r.Nets = append(r.Nets, lab.Results(n))
		}
		return r
	}, nil
}

// predictionsMoments is the number of times a network is tested.
const predictionsMoments = 25

// predictionsState is a checkpoint.
type predictionsState struct {
	Done   int
	Net    microcircuit.State
	Result PredictionsNet
}

// train trains one network.
func (p PredictionsParams) train(ctx context.Context, w *experiment.Work, m manipulation, seed uint64) (PredictionsNet, error) {
	var s predictionsState
	at := func(trial int) microcircuit.Params {
		return m.apply(p, p.Regression.Network(), float64(trial)/float64(p.Regression.Trials))
	}
	l, err := p.Regression.Start(seed, at(0))
	if err != nil {
		return s.Result, err
	}
	if w.Resume(&s) {
		if err := l.Net.SetParams(at(s.Done)); err != nil {
			return s.Result, err
		}
		if err := l.Net.SetState(s.Net); err != nil {
			return s.Result, fmt.Errorf("resume: %w", err)
		}
		l.Done = s.Done
	} else if m == intact {
		if s.Result.Before, err = p.silence(ctx, l); err != nil {
			return s.Result, err
		}
	}
	every := max(1, p.Regression.Trials/predictionsMoments)
	for {
		if l.Done%every == 0 || l.Done == p.Regression.Trials {
			if n := len(s.Result.Trials); n == 0 || s.Result.Trials[n-1] != l.Done {
				if err := p.test(ctx, l, &s.Result); err != nil {
					return s.Result, err
				}
			}
			if l.Done > 0 && l.Done%(10*every) == 0 && l.Done < p.Regression.Trials {
				s.Done, s.Net = l.Done, l.Net.State()
				if err := w.Checkpoint(s); err != nil {
					return s.Result, fmt.Errorf("checkpoint: %w", err)
				}
			}
			if err := ctx.Err(); err != nil {
				return s.Result, err
			}
			w.Report(float64(l.Done)/float64(p.Regression.Trials), fmt.Sprintf("%s, seed %d: trial %d of %d", m, seed, l.Done, p.Regression.Trials))
		}
		if l.Done == p.Regression.Trials {
			break
		}
		if err := l.Net.SetParams(at(l.Done)); err != nil {
			return s.Result, err
		}
		if err := l.Trial(); lab.Diverged(err) {
			s.Result.Diverged = true
			return s.Result, nil
		} else if err != nil {
			return s.Result, fmt.Errorf("trial %d: %w", l.Done+1, err)
		}
	}
	if m == intact {
		if s.Result.After, err = p.silence(ctx, l); err != nil {
			return s.Result, err
		}
	}
	s.Result.Recording, err = p.record200(ctx, l, func(n *microcircuit.Network, second bool) error {
		if second {
			n.Target(l.Target)
		}
		return nil
	})
	return s.Result, err
}

const (
	probePatterns = 50 // unseen patterns of a test
	silencedWith  = 10 // patterns under which SST is silenced
	// recordedNeuron of area 1 has lateral input far from zero before learning
	// in the first network of the preset.
	recordedNeuron = 2
)

// test appends the test errors and the apical potential.
func (p PredictionsParams) test(ctx context.Context, l *lab.Learner, out *PredictionsNet) error {
	out.Trials = append(out.Trials, l.Done)
	out.Forward = append(out.Forward, l.TestError())
	var apical, sum float64
	quiet := lab.Unplastic(l.Net.Params(), true)
	quiet.Tau0 = 0
	err := l.Aside(quiet, func() error {
		rate := make([]float64, p.Regression.Outputs)
		for i := range probePatterns {
			l.Load("test input", i)
			if err := l.Net.Present(ctx, microcircuit.Pattern{Input: l.Input}, 20); err != nil {
				return err
			}
			apical += lab.Squared(l.Net.Value(microcircuit.ApicalPotential, 1))
			quiet.Transfer.Forward(rate, l.Net.Value(microcircuit.SomaPotential, 2))
			sum += lab.SquaredDistance(rate, l.Rate)
		}
		return nil
	})
	out.Error = append(out.Error, sum/probePatterns)
	out.Apical = append(out.Apical, math.Sqrt(apical/float64(p.Regression.Hidden*probePatterns)))
	return err
}

// silence shows patterns without teacher, silences SST in the middle of each,
// and compares the apical dendrites before and after.
func (p PredictionsParams) silence(ctx context.Context, l *lab.Learner) (Silencing, error) {
	var out Silencing
	quiet := lab.Unplastic(l.Net.Params(), true)
	silenced := quiet
	silenced.Gate = 1
	err := l.Aside(quiet, func() error {
		for i := range silencedWith {
			l.Load("test input", i)
			if err := l.Net.SetParams(quiet); err != nil {
				return err
			}
			if err := l.Net.Present(ctx, microcircuit.Pattern{Input: l.Input}, 100); err != nil {
				return err
			}
			before := slices.Clone(l.Net.Value(microcircuit.ApicalPotential, 1))
			out.TopDown = append(out.TopDown, l.Net.Value(microcircuit.TopDownInput, 1)...)
			if err := l.Net.SetParams(silenced); err != nil {
				return err
			}
			for _, c := range []struct {
				ms   float64
				into *[]float64
			}{{silenced.Dt, &out.Immediate}, {100, &out.Sustained}} {
				if err := l.Net.Run(ctx, c.ms); err != nil {
					return err
				}
				change := slices.Clone(l.Net.Value(microcircuit.ApicalPotential, 1))
				floats.Sub(change, before)
				*c.into = append(*c.into, change...)
			}
		}
		return nil
	})
	if err != nil {
		return out, err
	}
	noisy := lab.Unplastic(l.Net.Params(), false)
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
func (p PredictionsParams) record200(ctx context.Context, l *lab.Learner, enter func(n *microcircuit.Network, second bool) error) (PredictionsTraces, error) {
	var t PredictionsTraces
	err := l.Aside(lab.Unplastic(l.Net.Params(), false), func() error {
		probe := lab.RecordAt(l.Net.Params().Dt).Probe
		recorded := min(recordedNeuron, p.Regression.Hidden-1)
		apical, topDown, output := probe(microcircuit.ApicalPotential, 1, recorded), probe(microcircuit.TopDownInput, 1, recorded), probe(microcircuit.SomaPotential, 2, 0)
		l.Load("test input", 0)
		l.Net.ClearTarget()
		l.Net.Input(l.Input)
		if err := l.Net.Run(ctx, 100); err != nil { // the transient from the last training pattern
			return err
		}
		for _, second := range []bool{false, true} {
			if err := enter(l.Net, second); err != nil {
				return err
			}
			if err := l.Net.Run(ctx, 100, apical, topDown, output); err != nil {
				return err
			}
		}
		t = PredictionsTraces{
			Time: lab.FromZero(apical.Times), Apical: apical.Series[0], TopDown: topDown.Series[0],
			Lateral: slices.Clone(apical.Series[0]), Output: output.Series[0],
		}
		floats.Sub(t.Lateral, t.TopDown)
		for range t.Time {
			t.Target = append(t.Target, l.Target[0])
		}
		return nil
	})
	return t, err
}
