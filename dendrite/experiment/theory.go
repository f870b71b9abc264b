package experiment

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/floats"

	"microcircuits/dendrite/internal/stream"
	"microcircuits/dendrite/microcircuit"
	"microcircuits/dendrite/twostep"
)

// Theory are the parameters of the check of the analysis: how close the
// microcircuit's weight changes are to backpropagation. Start from
// TheoryPreset.
type Theory struct {
	Scale Scale `param:"-"` // the preset these parameters started from

	Nets   int `min:"2" max:"10000" scale:"up" paper:"no simulation shown" doc:"networks in the self-predicting state, each with one pattern"`
	Points int `min:"3" max:"1000" scale:"up" doc:"mixing factors from LambdaLow to LambdaFit; four larger ones come on top"`
	Seeds  int `min:"1" max:"1000" scale:"up" doc:"networks that learn the small regression"`

	Inputs  int `symbol:"n_0" min:"1" max:"2000" doc:"input rates"`
	Hidden1 int `symbol:"n_1" min:"1" max:"2000" doc:"pyramidal neurons of area 1"`
	Hidden2 int `symbol:"n_2" min:"1" max:"2000" doc:"pyramidal neurons of area 2"`
	Outputs int `symbol:"n_3" min:"1" max:"2000" doc:"pyramidal neurons of area 3"`

	LambdaLow float64 `symbol:"λ" above:"0" max:"0.4" doc:"smallest mixing factor; below 0.0003 area 1 is lost in rounding"`
	LambdaFit float64 `symbol:"λ" above:"0" max:"0.4" doc:"largest mixing factor of the slopes"`
	Weights   float64 `symbol:"W" above:"0" max:"100" doc:"weights are uniform in plus or minus this"`
	Target    float64 `symbol:"u^trgt" above:"0" max:"100" doc:"target potentials are uniform in plus or minus this"`
	SettleMs  float64 `unit:"ms" min:"50" max:"10000" doc:"time to settle before the weight change is read"`

	Regression SmallRegression
}

var theoryInfo = Info{
	Name:    "theory",
	Title:   "How close the weight changes are to backprop",
	Figure:  "N section 3.1 and the supplements of A and N (analysis; neither paper plots it)",
	Version: 1,
	Deviations: []string{
		"The papers derive these laws and show no simulation of them; sizes and random laws of the networks are this project's.",
		"Backprop here is the gradient the analysis compares with: that of the summed integral of φ'(x)(u_trgt - x) at the output, not of a squared error. Signs are the same.",
		smallRegressionDeviations,
	},
}

// TheoryPreset returns the parameters of a scale.
func TheoryPreset(scale Scale) Theory {
	p := Theory{
		Scale: scale, Nets: 20, Points: 9, Seeds: 3,
		Inputs: 30, Hidden1: 20, Hidden2: 20, Outputs: 10,
		LambdaLow: 0.001, LambdaFit: 0.08, Weights: 1, Target: 2, SettleMs: 150,
		Regression: smallRegression(),
	}
	p.Regression.Trials = 3000
	if scale == Paper {
		p.Nets, p.Points, p.Seeds = 200, 25, 10
		p.Regression.Trials = 10000
	}
	return p
}

// Parameters lists the parameters beside their preset.
func (p Theory) Parameters() []Parameter { return p.record().Parameters }

func (p Theory) record() Record {
	return NewRecord(theoryInfo, p.Scale, p, TheoryPreset(p.Scale), TheoryPreset(Paper))
}

// Validate returns an error that names the first parameter out of range.
func (p Theory) Validate() error {
	if err := Validate(p); err != nil {
		return err
	}
	if p.LambdaLow >= p.LambdaFit {
		return fmt.Errorf("parameter LambdaLow is %g, not below LambdaFit, %g", p.LambdaLow, p.LambdaFit)
	}
	return p.Regression.network().Validate()
}

// strongLambdas are the mixing factors of g_A = g_som = 0.1, 0.2, 0.4 and 0.8,
// the last being the papers' value.
var strongLambdas = []float64{0.1 / 1.2, 0.2 / 1.3, 0.4 / 1.5, 0.8 / 1.9}

// Lambdas are the mixing factors of the sweep, ascending: Points of them evenly
// spaced on a logarithmic scale from LambdaLow to LambdaFit, then those of
// g_A = g_som = 0.1, 0.2, 0.4 and 0.8.
func (p Theory) Lambdas() []float64 { return p.lambdas(p.Points, strongLambdas) }

// lambdas are points mixing factors up to LambdaFit, then the strong ones above
// it.
func (p Theory) lambdas(points int, strong []float64) []float64 {
	l := floats.LogSpan(make([]float64, points), p.LambdaLow, p.LambdaFit)
	for _, s := range strong {
		if s > p.LambdaFit {
			l = append(l, s)
		}
	}
	return l
}

// conductance is the g_A = g_som at which all mixing factors are lambda, with
// the leak and basal conductances of every small network.
func conductance(lambda float64) float64 { return 1.1 * lambda / (1 - lambda) }

// TheoryNet is what one network did with its pattern. Index [area-1][i] belongs
// to mixing factor i.
type TheoryNet struct {
	Transposed [][]float64 // angle between rule (7) and backprop, degrees; W_k,k+1 = W_k+1,k^T
	Random     [][]float64 // the same with W_k,k+1 drawn at random
	Size       [][]float64 // norm of the weight change (transposed feedback, rate 1)
	Leading    [][]float64 // what the leading order of the analysis says it is
	TwoStep    [][]float64 // distance of the two-step dynamics from the fixed point, relative to how far the teacher moved the somata
}

// TheoryRun is a finished run; its methods are the panels.
type TheoryRun struct {
	Record
	Params  Theory
	Nets    []TheoryNet
	Moments []TheoryMoments // in the order of the seeds 1, 2, ...
}

// Run computes or looks up every network.
func (p Theory) Run(ctx context.Context, env Env) (*TheoryRun, error) {
	if err := p.Validate(); err != nil {
		return nil, fmt.Errorf("experiment %s: %w", theoryInfo.Name, err)
	}
	start := time.Now()
	r := &TheoryRun{Record: p.record(), Params: p}
	nets, err := Execute(ctx, env.part(0, 0.3), theoryInfo, p.netJobs())
	if err != nil {
		return nil, err
	}
	moments, err := Execute(ctx, env.part(0.3, 1), theoryInfo, p.momentJobs())
	if err != nil {
		return nil, err
	}
	AddJobs(&r.Record, nets)
	AddJobs(&r.Record, moments)
	for _, d := range nets {
		r.Nets = append(r.Nets, d.Result)
	}
	for i, d := range moments {
		r.Moments = append(r.Moments, d.Result)
		r.Provenance.Seeds = append(r.Provenance.Seeds, i+1)
	}
	r.Comparison = r.compare()
	r.Provenance.WallSeconds = time.Since(start).Seconds()
	return r, nil
}

func (p Theory) netJobs() []Job[TheoryNet] {
	var jobs []Job[TheoryNet]
	for seed := 1; seed <= p.Nets; seed++ {
		key := p
		key.Scale, key.Nets, key.Seeds, key.Regression = "", 0, 0, SmallRegression{}
		jobs = append(jobs, Job[TheoryNet]{
			Unit: fmt.Sprintf("net%d", seed),
			Key: struct {
				Params Theory
				Seed   int
			}{key, seed},
			Run: func(ctx context.Context, w *Work) (TheoryNet, error) { return p.measure(ctx, w, uint64(seed)) },
		})
	}
	return jobs
}

// measure takes one network through all mixing factors.
func (p Theory) measure(ctx context.Context, w *Work, seed uint64) (TheoryNet, error) {
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
			net, err := p.settled(ctx, seed, conductance(lambda), transposed, rates, target)
			if err != nil {
				return out, err
			}
			u := backpropUpdates(net, rates, target)
			var apart []float64
			if transposed {
				if apart, err = twoStepDistance(net, u.Forward, rates, target); err != nil {
					return out, err
				}
			}
			for k := 1; k <= areas; k++ {
				a := angle(u.Rule[k], u.Backprop[k])
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

// settled is a network in the self-predicting state that has come to rest with
// its pattern and teacher.
func (p Theory) settled(ctx context.Context, seed uint64, g float64, transposed bool, rates, target []float64) (*microcircuit.Network, error) {
	m := microcircuit.Defaults(p.Inputs, p.Hidden1, p.Hidden2, p.Outputs)
	m.Transfer = microcircuit.Logistic()
	m.Tau0, m.TauW = 0, 0
	m.G.Apical, m.G.Somatic = g, g
	w := microcircuit.Range{Lo: -p.Weights, Hi: p.Weights}
	m.Init = microcircuit.Init{Up: w, Down: w, IP: w, PI: w}
	net, err := microcircuit.New(m, seed)
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
	// only a state at rest to the last bit shows its direction.
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
		soma := net.Value(microcircuit.Soma, k)
		moved := floats.Distance(soma, forward[k], 2)
		out = append(out, floats.Distance(two.Read(nil, twostep.Soma, k), soma, 2)/moved)
	}
	return out, nil
}

// TheoryMoments is one network at several moments of the small regression.
type TheoryMoments struct {
	Trials  []int
	Error   []float64   // squared test error
	Weights []float64   // angle between W_1,2 and W_2,1^T, degrees
	Learned [][]float64 // [area-1][moment]: angle of the weight change to backprop as the network is, mean over patterns, degrees
	Ideal   [][]float64 // the same with the lateral weights of the self-predicting state
	Sweep   [][]float64 // [moment][i]: area 1 with ideal lateral weights at mixing factor i of MomentLambdas
}

// MomentLambdas are the mixing factors at which the network of the regression
// is looked at: as many decades as the sweep, fewer points.
func (p Theory) MomentLambdas() []float64 { return p.lambdas(5, strongLambdas[1:]) }

// moments are the numbers of trials after which the network is looked at.
func (p Theory) moments() []int {
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

func (p Theory) momentJobs() []Job[TheoryMoments] {
	var jobs []Job[TheoryMoments]
	for seed := 1; seed <= p.Seeds; seed++ {
		jobs = append(jobs, Job[TheoryMoments]{
			Unit: fmt.Sprintf("regression-seed%d", seed),
			Key: struct {
				Regression SmallRegression
				Lambdas    []float64
				SettleMs   float64
				Seed       int
			}{p.Regression, p.MomentLambdas(), p.SettleMs, seed},
			Run: func(ctx context.Context, w *Work) (TheoryMoments, error) { return p.follow(ctx, w, uint64(seed)) },
		})
	}
	return jobs
}

// follow trains one network and looks at it now and then.
func (p Theory) follow(ctx context.Context, w *Work, seed uint64) (TheoryMoments, error) {
	var s theoryState
	l, err := p.Regression.start(seed, p.Regression.network())
	if err != nil {
		return s.Result, err
	}
	if w.Resume(&s) {
		if err := l.net.SetState(s.Net); err != nil {
			return s.Result, fmt.Errorf("resume: %w", err)
		}
		l.done = s.Done
	}
	moments := p.moments()
	for l.done <= p.Regression.Trials {
		if slices.Contains(moments, l.done) && !slices.Contains(s.Result.Trials, l.done) {
			if err := p.look(ctx, l, &s.Result); err != nil {
				return s.Result, err
			}
			s.Done, s.Net = l.done, l.net.State()
			if err := w.Checkpoint(s); err != nil {
				return s.Result, fmt.Errorf("checkpoint: %w", err)
			}
		}
		if l.done == p.Regression.Trials {
			break
		}
		if err := l.trial(); err != nil {
			return s.Result, fmt.Errorf("trial %d: %w", l.done+1, err)
		}
		if l.done%20 == 0 {
			if err := ctx.Err(); err != nil {
				return s.Result, err
			}
			w.Report(float64(l.done)/float64(p.Regression.Trials), fmt.Sprintf("regression, seed %d: trial %d of %d", seed, l.done, p.Regression.Trials))
		}
	}
	return s.Result, nil
}

// look measures a copy of the learner's network, without noise and plasticity.
func (p Theory) look(ctx context.Context, l *smallLearner, out *TheoryMoments) error {
	quiet := l.net.Params()
	quiet.Sigma, quiet.Tau0, quiet.TauW, quiet.Lag = 0, 0, 0, 0
	quiet.Eta = make([]microcircuit.LearningRates, len(quiet.Eta))
	angles := func(lambda float64, ideal bool) ([]float64, error) {
		q := quiet
		q.G.Apical, q.G.Somatic = conductance(lambda), conductance(lambda)
		if !ideal {
			q.G = quiet.G
		}
		net, err := microcircuit.New(q, l.seed)
		if err != nil {
			return nil, err
		}
		if err := copyWeights(net, l.net); err != nil {
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
	out.Weights = append(out.Weights, angle(l.net.WPPDown(1).Transpose().Data, l.net.WPPUp(2).Data))
	out.Error = append(out.Error, l.testError())
	out.Trials = append(out.Trials, l.done)
	return nil
}

// meanAngles is the angle between rule (7) and backprop in both areas, mean
// over ten unseen patterns.
func (p Theory) meanAngles(ctx context.Context, l *smallLearner, net *microcircuit.Network) ([]float64, error) {
	const patterns = 10
	mean := make([]float64, 2)
	for i := range patterns {
		l.load("test input", i)
		if err := net.Present(ctx, microcircuit.Pattern{Input: l.input, Target: l.target}, p.SettleMs); err != nil {
			return nil, err
		}
		u := backpropUpdates(net, l.input, l.target)
		for k := range mean {
			mean[k] += angle(u.Rule[k+1], u.Backprop[k+1]) / patterns
		}
	}
	return mean, nil
}

// copyWeights gives to the weights of from, another network of its sizes.
func copyWeights(to, from *microcircuit.Network) error {
	for k := 1; k < len(from.Params().Sizes); k++ {
		if err := to.SetWeights(microcircuit.WPPUp, k, from.WPPUp(k)); err != nil {
			return err
		}
		if k == len(from.Params().Sizes)-1 {
			break
		}
		for _, c := range []struct {
			synapses microcircuit.Synapses
			w        microcircuit.Matrix
		}{{microcircuit.WPPDown, from.WPPDown(k)}, {microcircuit.WIP, from.WIP(k)}, {microcircuit.WPI, from.WPI(k)}} {
			if err := to.SetWeights(c.synapses, k, c.w); err != nil {
				return err
			}
		}
	}
	return nil
}
