package figure

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"

	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/figure/internal/lab"
	"microcircuits/dendrite/microcircuit"
)

type (
	// SelfPredictionParams are the parameters of [SelfPrediction].
	SelfPredictionParams = lab.SelfPrediction
	// SelfPredictionSeed is the result of one network.
	SelfPredictionSeed = lab.SelfPredictionSeed
	// SelfPredictionTraces follow single neurons through two patterns.
	SelfPredictionTraces = lab.SelfPredictionTraces
)

// SelfPrediction is the first figure: a network without a teacher learns to cancel
// its own top-down input.
var SelfPrediction = add(experiment.Definition[SelfPredictionParams, *SelfPredictionRun]{
	Info: experiment.Info{
		Name:     "self-prediction",
		Title:    "Learning to predict one's own feedback",
		Figure:   "A Fig. 1 (from memory), N Fig. S1",
		Claim:    "interneurons learn to cancel top-down input: the apical potential decays",
		Notebook: "1-self-prediction",
		Version:  3,
		Deviations: []string{
			"The length of this stage and the exact panels are not known: the supplement of N could not be re-read. Independent reimplementations agree on the rates and sizes used here.",
			"The transfer function of A may be the logistic; N uses the softplus. Both can be chosen.",
			"Noise is integrated as sigma sqrt(dt) (Euler-Maruyama); some reimplementations use sigma dt, which is weaker.",
			"Before learning, each network runs for one pattern without plasticity, so that the start-up transient is not learned.",
		},
	},
	Preset: lab.SelfPredictionPreset,
	Check:  SelfPredictionParams.Check,
	Jobs:   selfPredictionJobs,
	Claims: (*SelfPredictionRun).claims,
	Small: func(p *SelfPredictionParams) {
		p.Inputs, p.Hidden, p.Outputs = 8, 6, 3
		p.Seeds, p.Patterns = 1, 100
	},
})

// SelfPredictionRun is a finished run; its methods are the figure's panels.
type SelfPredictionRun struct {
	*experiment.Run[SelfPredictionParams]
	Seeds []SelfPredictionSeed // in the order of the seeds 1, 2, ...
}

func selfPredictionJobs(p SelfPredictionParams, plan *experiment.Plan) (func(*experiment.Run[SelfPredictionParams]) *SelfPredictionRun, error) {
	plan.Seeds(p.Seeds)
	var seeds []*experiment.Pending[SelfPredictionSeed]
	for seed := 1; seed <= p.Seeds; seed++ {
		seeds = append(seeds, experiment.Add(plan, experiment.Job[SelfPredictionSeed]{
			Unit: fmt.Sprintf("seed%d", seed),
			Key: struct {
				Params SelfPredictionParams
				Seed   int
			}{p.Unscaled(), seed},
			Seconds: p.Seconds(),
			Run: func(ctx context.Context, w *experiment.Work) (SelfPredictionSeed, error) {
				return selfPredictionSeed(ctx, w, p, uint64(seed))
			},
		}))
	}
	return func(run *experiment.Run[SelfPredictionParams]) *SelfPredictionRun {
		r := &SelfPredictionRun{Run: run}
		redrawn := 0
		for _, s := range seeds {
			r.Seeds = append(r.Seeds, s.Get())
			redrawn += s.Get().Redrawn
		}
		lab.RecordRedrawn(&run.Record, redrawn)
		return r
	}, nil
}

// selfPredictionSeed trains one network, the first stable one of its seed, and measures it.
func selfPredictionSeed(ctx context.Context, w *experiment.Work, p SelfPredictionParams, seed uint64) (SelfPredictionSeed, error) {
	net, out, err := p.Learned(ctx, w, seed)
	if err != nil {
		return out, err
	}
	if err := net.SetParams(p.Network(false)); err != nil {
		return out, err
	}
	if out.After, err = p.Traces(ctx, net, seed); err != nil {
		return out, err
	}
	err = closedForm(ctx, p, seed, &out)
	return out, err
}

// closedForm measures the apical potential of a network with the same forward and
// top-down weights and the closed-form lateral weights: settled without noise, and
// during 20 patterns with noise.
func closedForm(ctx context.Context, p SelfPredictionParams, seed uint64, out *SelfPredictionSeed) error {
	q := p.Network(false)
	net, err := microcircuit.New(q, lab.NetSeed(seed, out.Redrawn))
	if err != nil {
		return err
	}
	net.SelfPredict()
	net.Input(p.Pattern(seed, "trace input", 0))
	if err := net.Settle(ctx, 1e-12, 10000); err != nil {
		return fmt.Errorf("closed form: %w", err)
	}
	for _, v := range net.Value(microcircuit.ApicalPotential, 1) {
		out.ClosedForm = max(out.ClosedForm, math.Abs(v))
	}
	var noisy SelfPredictionSeed
	for i := range 20 {
		if err := p.Present(net, seed, i, &noisy); err != nil {
			return fmt.Errorf("closed form with noise: %w", err)
		}
	}
	out.Floor = stat.Mean(noisy.Apical, nil)
	return nil
}
