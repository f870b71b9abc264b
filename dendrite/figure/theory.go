package figure

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/figure/internal/lab"
	"microcircuits/dendrite/internal/stream"
	"microcircuits/dendrite/microcircuit"
	"microcircuits/dendrite/twostep"
)

// TheoryParams are the parameters of [Theory].
type TheoryParams struct {
	Scale experiment.Scale `param:"-"` // the preset these parameters started from

	Nets   int `min:"2" max:"10000" scale:"up" paper:"no simulation shown" doc:"networks in the self-predicting state, each with one pattern"`
	Points int `min:"3" max:"1000" scale:"up" doc:"mixing factors from LambdaLow to LambdaFit; four larger ones are added"`
	Seeds  int `min:"1" max:"1000" scale:"up" doc:"networks that learn the small regression"`

	Inputs  int `symbol:"n_0" min:"1" max:"2000" doc:"input rates"`
	Hidden1 int `symbol:"n_1" min:"1" max:"2000" doc:"pyramidal neurons of area 1"`
	Hidden2 int `symbol:"n_2" min:"1" max:"2000" doc:"pyramidal neurons of area 2"`
	Outputs int `symbol:"n_3" min:"1" max:"2000" doc:"pyramidal neurons of area 3"`

	LambdaLow float64 `symbol:"λ" above:"0" max:"0.4" doc:"smallest mixing factor; below 0.0003 the error of area 1 is below rounding"`
	LambdaFit float64 `symbol:"λ" above:"0" max:"0.4" doc:"largest mixing factor for the slopes"`
	Weights   float64 `symbol:"W" above:"0" max:"100" doc:"weights are uniform in plus or minus this"`
	Target    float64 `symbol:"u^trgt" above:"0" max:"100" doc:"target potentials are uniform in plus or minus this"`
	SettleMs  float64 `unit:"ms" min:"50" max:"10000" doc:"time to settle before the weight change is computed"`

	Regression lab.SmallRegression
}

// Theory is the check of the analysis: how close the microcircuit's weight changes
// are to backpropagation.
var Theory = add(experiment.Definition[TheoryParams, *TheoryRun]{
	Info: experiment.Info{
		Name:     "theory",
		Title:    "How close the weight changes are to backprop",
		Figure:   "N section 3.1 and the supplements of A and N (analysis; neither paper plots it)",
		Claim:    "weight changes approach those of backprop as feedback becomes weak",
		Notebook: "6-theory",
		Version:  2,
		Deviations: []string{
			"The papers derive these laws and show no simulation of them; the sizes of the networks and the distributions of weights, inputs and targets are this project's.",
			"Backprop here is the gradient used in the analysis: that of the summed integral of φ'(x)(target potential - x) at the output, not of a squared error. Signs are the same.",
			lab.SmallDeviations,
		},
	},
	Preset: theoryPreset,
	Check: func(p TheoryParams) error {
		if p.LambdaLow >= p.LambdaFit {
			return fmt.Errorf("parameter LambdaLow is %g, not below LambdaFit, %g", p.LambdaLow, p.LambdaFit)
		}
		return p.Regression.Network().Validate()
	},
	Jobs:   TheoryParams.jobs,
	Claims: (*TheoryRun).claims,
	Small: func(p *TheoryParams) {
		p.Nets, p.Points, p.Seeds, p.Regression.Trials = 2, 4, 1, 10
	},
})

func theoryPreset(scale experiment.Scale) TheoryParams {
	p := TheoryParams{
		Scale: scale, Nets: 20, Points: 9, Seeds: 3,
		Inputs: 30, Hidden1: 20, Hidden2: 20, Outputs: 10,
		LambdaLow: 0.001, LambdaFit: 0.08, Weights: 1, Target: 2, SettleMs: 150,
		Regression: lab.SmallDefaults(),
	}
	p.Regression.Trials = 3000
	if scale == experiment.Paper {
		p.Nets, p.Points, p.Seeds = 200, 25, 10
		p.Regression.Trials = 10000
	}
	return p
}

// theoryStrong are the mixing factors of g_A = g_som = 0.1, 0.2, 0.4 and 0.8, of
// which the last is the papers' value.
var theoryStrong = []float64{0.1 / 1.2, 0.2 / 1.3, 0.4 / 1.5, 0.8 / 1.9}

// Lambdas are the mixing factors of the sweep, ascending: Points of them evenly
// spaced on a logarithmic scale from LambdaLow to LambdaFit, then those of
// g_A = g_som = 0.1, 0.2, 0.4 and 0.8.
func (p TheoryParams) Lambdas() []float64 { return p.lambdas(p.Points, theoryStrong) }

// lambdas are points mixing factors up to LambdaFit, then the strong ones above
// it.
func (p TheoryParams) lambdas(points int, strong []float64) []float64 {
	l := floats.LogSpan(make([]float64, points), p.LambdaLow, p.LambdaFit)
	for _, s := range strong {
		if s > p.LambdaFit {
			l = append(l, s)
		}
	}
	return l
}

// theoryConductance is the g_A = g_som at which all mixing factors are lambda, with
// the leak and basal conductances of every small network.
func theoryConductance(lambda float64) float64 { return 1.1 * lambda / (1 - lambda) }

// TheoryNet holds the results of one network with one pattern. Index [area-1][i] belongs
// to mixing factor i.
type TheoryNet struct {
	Transposed [][]float64 `unit:"°" doc:"angle between rule (7) and backprop, W_k,k+1 = W_k+1,k^T: [area][mixing factor]"`
	Random     [][]float64 `unit:"°" doc:"the same with W_k,k+1 drawn at random"`
	Size       [][]float64 `doc:"norm of the weight change, transposed feedback, rate 1: [area][mixing factor]"`
	Leading    [][]float64 `doc:"the same to leading order of the analysis"`
	TwoStep    [][]float64 `doc:"distance of the two-step dynamics from the fixed point, relative to how far the teacher moved the somata: [area][mixing factor]"`
}

// TheoryRun is a finished run; its methods are the panels.
type TheoryRun struct {
	*experiment.Run[TheoryParams]
	Nets    []TheoryNet     // in the order of the seeds 1, 2, ...
	Moments []TheoryMoments // in the order of the seeds 1, 2, ...
}

func (p TheoryParams) jobs(plan *experiment.Plan) (func(*experiment.Run[TheoryParams]) *TheoryRun, error) {
	plan.Seeds(p.Seeds)
	var nets []*experiment.Pending[TheoryNet]
	for seed := 1; seed <= p.Nets; seed++ {
		nets = append(nets, p.netJob(plan, seed))
	}
	var moments []*experiment.Pending[TheoryMoments]
	for seed := 1; seed <= p.Seeds; seed++ {
		moments = append(moments, p.momentJob(plan, seed))
	}
	return func(run *experiment.Run[TheoryParams]) *TheoryRun {
		r := &TheoryRun{Run: run}
		for _, n := range nets {
			r.Nets = append(r.Nets, n.Get())
		}
		for _, m := range moments {
			r.Moments = append(r.Moments, m.Get())
		}
		return r
	}, nil
}

// netJob plans the measurement of one network.
func (p TheoryParams) netJob(plan *experiment.Plan, seed int) *experiment.Pending[TheoryNet] {
	key := p
	key.Scale, key.Nets, key.Seeds, key.Regression = "", 0, 0, lab.SmallRegression{}
	settled := p.network(1)
	return experiment.Add(plan, experiment.Job[TheoryNet]{
		Unit: fmt.Sprintf("net%d", seed),
		Key: struct {
			Params TheoryParams
			Seed   int
		}{key, seed},
		Seconds: lab.StepSeconds(settled) * float64(2*len(p.Lambdas())) * p.SettleMs / settled.Dt,
		Run: func(ctx context.Context, w *experiment.Work) (TheoryNet, error) {
			return p.measure(ctx, w, uint64(seed))
		},
	})
}

// measure computes one network at all mixing factors.
func (p TheoryParams) measure(ctx context.Context, w *experiment.Work, seed uint64) (TheoryNet, error) {
	var out TheoryNet
	rates, target := make([]float64, p.Inputs), make([]float64, p.Outputs)
	s := stream.New(seed, "pattern")
	s.Uniform(rates, 0, 1)
	s.Uniform(target, -p.Target, p.Target)
	areas := 3
	for _, into := range []*[][]float64{&out.Transposed, &out.Random, &out.Size, &out.Leading, &out.TwoStep} {
		*into = make([][]float64, areas)
	}
	lambdas := p.Lambdas()
	for i, lambda := range lambdas {
		for _, transposed := range []bool{true, false} {
			net, err := p.settled(ctx, seed, theoryConductance(lambda), transposed, rates, target)
			if err != nil {
				return out, err
			}
			u := lab.BackpropUpdates(net, rates, target)
			var apart []float64
			if transposed {
				if apart, err = twoStepDistance(net, u.Forward, rates, target); err != nil {
					return out, err
				}
			}
			for k := 1; k <= areas; k++ {
				a := lab.Angle(u.Rule[k], u.Backprop[k])
				if !transposed {
					out.Random[k-1] = append(out.Random[k-1], a)
					continue
				}
				out.Transposed[k-1] = append(out.Transposed[k-1], a)
				out.Size[k-1] = append(out.Size[k-1], floats.Norm(u.Rule[k], 2))
				out.Leading[k-1] = append(out.Leading[k-1], leadingOrder(net.Params().G, k, areas)*floats.Norm(u.Backprop[k], 2))
				out.TwoStep[k-1] = append(out.TwoStep[k-1], apart[k-1])
			}
		}
		w.Report(float64(i+1)/float64(len(lambdas)), fmt.Sprintf("network %d: λ = %.3g", seed, lambda))
	}
	return out, nil
}

// leadingOrder is the factor between backprop and the leading order of rule (7)
// in area k of n, for transposed feedback (paper.md 1.7): one mixing factor for
// each area from the output down to k, one (1 - lambda_I) for each area that
// the error crosses, and the attenuations that backprop's weights have and
// top-down weights do not.
func leadingOrder(g microcircuit.Conductances, k, n int) float64 {
	f := g.MixingOutput()
	for l := n; l > k; l-- {
		f *= (1 - g.MixingInterneuron()) * g.MixingHidden()
		if l == n {
			f /= g.AttenuationOutput()
		} else {
			f /= g.AttenuationHidden()
		}
	}
	return f
}

// network are the parameters of a network of the sweep, with apical conductance
// and somatic nudging g.
func (p TheoryParams) network(g float64) microcircuit.Params {
	m := microcircuit.Defaults(p.Inputs, p.Hidden1, p.Hidden2, p.Outputs)
	m.Transfer = microcircuit.Logistic()
	m.Tau0, m.TauW = 0, 0
	m.G.Apical, m.G.Somatic = g, g
	w := microcircuit.Range{Lo: -p.Weights, Hi: p.Weights}
	m.Init = microcircuit.Init{Up: w, Down: w, IP: w, PI: w}
	return m
}

// settled is a network in the self-predicting state that has settled with its
// pattern and teacher.
func (p TheoryParams) settled(ctx context.Context, seed uint64, g float64, transposed bool, rates, target []float64) (*microcircuit.Network, error) {
	net, err := microcircuit.New(p.network(g), seed)
	if err != nil {
		return nil, err
	}
	if transposed {
		for k := 1; k <= 2; k++ {
			if err := net.SetWeights(microcircuit.WPPDown, k, net.WPPUp(k+1).Transpose()); err != nil {
				return nil, err
			}
		}
	}
	net.SelfPredict()
	// Not Settle: at small lambda the error in area 1 is of order 1e-9, and
	// only a fully settled state gives its direction.
	return net, net.Present(ctx, microcircuit.Pattern{Input: rates, Target: target}, p.SettleMs)
}

// twoStepDistance shows the pattern to the two-step dynamics of the same
// network (paper.md 1.8, additive reading) and returns, by area, the distance
// between its somata and those of net, relative to the distance by which the
// teacher moved net's somata from the feed-forward ones. The two-step dynamics
// have no attenuation of their own, so weights are attenuated here.
func twoStepDistance(net *microcircuit.Network, forward [][]float64, rates, target []float64) ([]float64, error) {
	p := net.Params()
	n := len(p.Sizes) - 1
	c := twostep.Config{
		Sizes: p.Sizes, Lambda: make([]float64, n), LambdaI: p.G.MixingInterneuron(),
		Init: twostep.Init{Up: make([]float64, n), Down: make([]float64, n-1)},
	}
	for k := range n {
		c.Lambda[k] = p.G.MixingHidden()
	}
	c.Lambda[n-1] = p.G.MixingOutput()
	two, err := twostep.New[float64](c, 1)
	if err != nil {
		return nil, err
	}
	var s twostep.State[float64]
	scaled := func(factor float64, m microcircuit.Matrix) []float64 {
		floats.Scale(factor, m.Data)
		return m.Data
	}
	for k := 1; k < n; k++ {
		s.Up = append(s.Up, scaled(p.G.AttenuationHidden(), net.WPPUp(k)))
		s.Down = append(s.Down, net.WPPDown(k).Data)
		s.IP = append(s.IP, scaled(p.G.AttenuationInterneuron(), net.WIP(k)))
		s.PI = append(s.PI, net.WPI(k).Data)
	}
	s.Up = append(s.Up, scaled(p.G.AttenuationOutput(), net.WPPUp(n)))
	if err := two.SetState(s); err != nil {
		return nil, err
	}
	if err := two.Sweep(rates, target); err != nil {
		return nil, err
	}
	var out []float64
	for k := 1; k <= n; k++ {
		soma := net.Value(microcircuit.SomaPotential, k)
		moved := floats.Distance(soma, forward[k], 2)
		out = append(out, floats.Distance(two.Read(nil, twostep.ReadSoma, k), soma, 2)/moved)
	}
	return out, nil
}

// TheoryMoments is one network at several moments of the small regression.
type TheoryMoments struct {
	Trials  []int       `unit:"trials" doc:"trials done at each moment"`
	Error   []float64   `doc:"squared test error, by moment"`
	Weights []float64   `unit:"°" doc:"angle between W_1,2 and W_2,1^T, by moment"`
	Learned [][]float64 `unit:"°" doc:"angle of the weight change to backprop with the learned lateral weights, mean over patterns: [area][moment]"`
	Ideal   [][]float64 `unit:"°" doc:"the same with the lateral weights of the self-predicting state"`
	Sweep   [][]float64 `unit:"°" doc:"the same in area 1 at other mixing factors: [moment][mixing factor]"`
}

// MomentLambdas are the mixing factors at which the network of the regression
// is measured: the range of the sweep with fewer points.
func (p TheoryParams) MomentLambdas() []float64 { return p.lambdas(5, theoryStrong[1:]) }

// moments are the numbers of trials after which the network is measured.
func (p TheoryParams) moments() []int {
	at := []int{0}
	for _, share := range []float64{0.003, 0.01, 0.03, 0.06, 0.1, 0.2, 0.3, 0.5, 0.75, 1} {
		at = append(at, int(math.Round(share*float64(p.Regression.Trials))))
	}
	slices.Sort(at)
	return slices.Compact(at)
}

// theoryState is a checkpoint.
type theoryState struct {
	Done   int
	Net    microcircuit.State
	Result TheoryMoments
}

// momentJob plans the small regression of one network.
func (p TheoryParams) momentJob(plan *experiment.Plan, seed int) *experiment.Pending[TheoryMoments] {
	net := p.Regression.Network()
	settled := float64(theoryPatterns*(2+len(p.MomentLambdas()))*len(p.moments())) * p.SettleMs
	return experiment.Add(plan, experiment.Job[TheoryMoments]{
		Unit: fmt.Sprintf("regression-seed%d", seed),
		Key: struct {
			Regression lab.SmallRegression
			Lambdas    []float64
			SettleMs   float64
			Seed       int
		}{p.Regression, p.MomentLambdas(), p.SettleMs, seed},
		Seconds: lab.StepSeconds(net) * (float64(p.Regression.Trials)*p.Regression.PatternMs + settled) / net.Dt,
		Run: func(ctx context.Context, w *experiment.Work) (TheoryMoments, error) {
			return p.follow(ctx, w, uint64(seed))
		},
	})
}

// follow trains one network and measures it at the moments.
func (p TheoryParams) follow(ctx context.Context, w *experiment.Work, seed uint64) (TheoryMoments, error) {
	var s theoryState
	l, err := p.Regression.Start(seed, p.Regression.Network())
	if err != nil {
		return s.Result, err
	}
	if w.Resume(&s) {
		if err := l.Net.SetState(s.Net); err != nil {
			return s.Result, fmt.Errorf("resume: %w", err)
		}
		l.Done = s.Done
	}
	keep := func() error {
		s.Done, s.Net = l.Done, l.Net.State()
		if err := w.Checkpoint(s); err != nil {
			return fmt.Errorf("checkpoint: %w", err)
		}
		return nil
	}
	moments := p.moments()
	for l.Done <= p.Regression.Trials {
		if slices.Contains(moments, l.Done) && !slices.Contains(s.Result.Trials, l.Done) {
			if err := p.look(ctx, l, &s.Result); err != nil {
				return s.Result, err
			}
			if err := keep(); err != nil {
				return s.Result, err
			}
		}
		if l.Done == p.Regression.Trials {
			break
		}
		if err := l.Trial(); err != nil {
			return s.Result, fmt.Errorf("trial %d: %w", l.Done+1, err)
		}
		if l.Done%20 == 0 {
			if stop := ctx.Err(); stop != nil {
				if err := keep(); err != nil {
					return s.Result, err
				}
				return s.Result, stop
			}
			w.Report(float64(l.Done)/float64(p.Regression.Trials), fmt.Sprintf("regression, seed %d: trial %d of %d", seed, l.Done, p.Regression.Trials))
		}
	}
	return s.Result, nil
}

// look measures a copy of the learner's network, without noise and plasticity.
func (p TheoryParams) look(ctx context.Context, l *lab.Learner, out *TheoryMoments) error {
	quiet := lab.Unplastic(l.Net.Params(), true)
	quiet.Tau0, quiet.TauW, quiet.Lag = 0, 0, 0
	angles := func(lambda float64, ideal bool) ([]float64, error) {
		q := quiet
		q.G.Apical, q.G.Somatic = theoryConductance(lambda), theoryConductance(lambda)
		if !ideal {
			q.G = quiet.G
		}
		net, err := l.Copy(q)
		if err != nil {
			return nil, err
		}
		if ideal {
			net.SelfPredict()
		}
		return p.meanAngles(ctx, l, net)
	}
	if len(out.Learned) == 0 {
		out.Learned, out.Ideal = make([][]float64, 2), make([][]float64, 2)
	}
	learned, err := angles(0, false)
	if err != nil {
		return err
	}
	ideal, err := angles(quiet.G.MixingHidden(), true)
	if err != nil {
		return err
	}
	for k := range 2 {
		out.Learned[k] = append(out.Learned[k], learned[k])
		out.Ideal[k] = append(out.Ideal[k], ideal[k])
	}
	var sweep []float64
	for _, lambda := range p.MomentLambdas() {
		a, err := angles(lambda, true)
		if err != nil {
			return err
		}
		sweep = append(sweep, a[0])
	}
	out.Sweep = append(out.Sweep, sweep)
	out.Weights = append(out.Weights, lab.Angle(l.Net.WPPDown(1).Transpose().Data, l.Net.WPPUp(2).Data))
	out.Error = append(out.Error, l.TestError())
	out.Trials = append(out.Trials, l.Done)
	return nil
}

// theoryPatterns are the unseen patterns over which angles are averaged.
const theoryPatterns = 10

// meanAngles is the angle between rule (7) and backprop in both areas, mean over
// theoryPatterns.
func (p TheoryParams) meanAngles(ctx context.Context, l *lab.Learner, net *microcircuit.Network) ([]float64, error) {
	mean := make([]float64, 2)
	for i := range theoryPatterns {
		l.Load("test input", i)
		if err := net.Present(ctx, microcircuit.Pattern{Input: l.Input, Target: l.Target}, p.SettleMs); err != nil {
			return nil, err
		}
		u := lab.BackpropUpdates(net, l.Input, l.Target)
		for k := range mean {
			mean[k] += lab.Angle(u.Rule[k+1], u.Backprop[k+1]) / theoryPatterns
		}
	}
	return mean, nil
}
