package experiment

import (
	"context"
	"fmt"
	"math"
	"time"

	"microcircuits/dendrite/microcircuit"
	"microcircuits/dendrite/task"
)

// checkpointEvery is how much computing a kill can cost. It has no influence on
// the numbers.
const checkpointEvery = 2 * time.Minute

// moments are the trials after which curves get a point: evenly spaced on a
// linear axis and, for the beginning, on a logarithmic one; the last trial is
// among them.
func moments(trials int) func(done int) bool {
	step := max(1, trials/500)
	early := map[int]bool{}
	for _, b := range logBins(trials, 60) {
		early[b[1]] = true
	}
	return func(done int) bool { return done%step == 0 || early[done] || done == trials }
}

// average is an exponential moving average, unbiased from its first value on.
type average struct{ Sum, Weight float64 }

func (a *average) add(x float64, window int) float64 {
	keep := 1 - 1/float64(window)
	a.Sum, a.Weight = keep*a.Sum+x, keep*a.Weight+1
	return a.Sum / a.Weight
}

// regressionState is a checkpoint: the network after Done trials.
type regressionState struct {
	Done   int
	Net    microcircuit.State
	Error  average
	Last   float64 // sum of the errors of the last tenth of the trials
	Since  activity
	Result RegressionNet
}

// activity sums what training trials showed.
type activity struct {
	Apical, TopDown, Mismatch float64
	Samples                   int
}

// pair is the task of one seed: patterns and what the teacher makes of them.
type pair struct {
	p             Regression
	seed          uint64
	teacher       *task.Teacher
	input, u, r   []float64 // of the pattern loaded last
	guess         []float64
	transfer      microcircuit.Transfer
	steps, sample int // of a pattern, and from one sample to the next
}

func (p Regression) pair(seed uint64) *pair {
	return &pair{
		p: p, seed: seed, teacher: p.teacher(seed), transfer: p.network(fullLearner).Transfer,
		input: make([]float64, p.Inputs), u: make([]float64, p.Outputs), r: make([]float64, p.Outputs),
		steps: int(math.Round(p.PatternMs / p.Dt)), sample: max(1, int(math.Round(1/p.Dt))),
	}
}

// load makes a numbered pattern and its target. Patterns come from their number
// alone: testing in between does not change what is trained.
func (t *pair) load(purpose string, i int) {
	task.Uniform{Seed: t.seed, Purpose: purpose, Size: t.p.Inputs, Lo: t.p.InputLow, Hi: t.p.InputHigh}.Pattern(t.input, i)
	t.teacher.Target(t.u, t.r, t.input)
}

// test is the squared error of the output rates for a pattern that is never
// trained: no noise, no teacher, the feed-forward pass with attenuation.
func (t *pair) test(net *microcircuit.Network, purpose string, i int) float64 {
	t.load(purpose, i)
	t.guess = net.Predict(t.guess, t.input)
	t.transfer.Forward(t.guess, t.guess)
	return squaredDistance(t.guess, t.r)
}

// constant is the squared error of always saying the mean target.
func (t *pair) constant() float64 {
	const patterns = 1000
	mean, square := make([]float64, len(t.r)), 0.0
	for i := range patterns {
		t.load("constant learner", i)
		for j, r := range t.r {
			mean[j] += r / patterns
			square += r * r / patterns
		}
	}
	return square - squared(mean)
}

// train takes one network from its first to its last trial.
func (p Regression) train(ctx context.Context, w *Work, who learner, seed uint64) (RegressionNet, error) {
	var s regressionState
	net, err := microcircuit.New(p.network(who), seed)
	if err != nil {
		return s.Result, err
	}
	if p.Start == "self-predicting" && who == fullLearner {
		net.SelfPredict()
	}
	t := p.pair(seed)
	if w.Resume(&s) {
		err = net.SetState(s.Net)
	} else {
		s.Result.Constant = t.constant()
		for i := range p.Window { // the average begins with the untrained network
			s.Error.add(t.test(net, "unseen before training", i), p.Window)
		}
		if who == fullLearner {
			s.Result.Before, err = t.traces(ctx, net)
		} else {
			s.Result.Limit = t.limit(net)
		}
	}
	if err != nil {
		return s.Result, err
	}
	if err := t.learn(ctx, w, who, net, &s); err != nil {
		return s.Result, err
	}
	s.Result.Final = s.Last / float64(p.Trials-p.lastTenth())
	if who == fullLearner {
		s.Result.After, err = t.traces(ctx, net)
	}
	return s.Result, err
}

// lastTenth is the number of trials before the last tenth of them.
func (p Regression) lastTenth() int { return p.Trials - max(1, p.Trials/10) }

// learn goes on from s to the last trial.
func (t *pair) learn(ctx context.Context, w *Work, who learner, net *microcircuit.Network, s *regressionState) error {
	p, isMoment, kept := t.p, moments(t.p.Trials), time.Now()
	for s.Done < p.Trials {
		if err := t.trial(net, who, s); err != nil {
			return fmt.Errorf("trial %d: %w", s.Done+1, err)
		}
		e := t.test(net, "unseen input", s.Done)
		if s.Done >= p.lastTenth() {
			s.Last += e
		}
		recent := s.Error.add(e, p.Window)
		s.Done++
		if isMoment(s.Done) {
			s.Result.Trials, s.Result.Error = append(s.Result.Trials, s.Done), append(s.Result.Error, recent)
			if who == fullLearner {
				s.Result.measure(net, &s.Since)
			}
			w.Report(float64(s.Done)/float64(p.Trials),
				fmt.Sprintf("%s, seed %d: trial %d of %d, squared error %.3g", who, t.seed, s.Done, p.Trials, recent),
				Point{Curve: fmt.Sprintf("%s, seed %d", who, t.seed), X: float64(s.Done), Y: recent})
		}
		stop := ctx.Err()
		if s.Done < p.Trials && (stop != nil || time.Since(kept) >= checkpointEvery) {
			s.Net = net.State()
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

// trial shows the next training pattern with its teacher.
func (t *pair) trial(net *microcircuit.Network, who learner, s *regressionState) error {
	t.load("training input", s.Done)
	net.Input(t.input)
	net.Target(t.u)
	for i := range t.steps {
		if err := net.Step(); err != nil {
			return err
		}
		if who == fullLearner && i%t.sample == t.sample-1 {
			s.Since.Apical += squared(net.Value(microcircuit.Apical, 1))
			s.Since.TopDown += squared(net.Value(microcircuit.TopDown, 1))
			s.Since.Mismatch += squaredDistance(net.Value(microcircuit.Soma, 2), net.Value(microcircuit.Interneuron, 1))
			s.Since.Samples++
		}
	}
	return nil
}

// measure adds a point to the curves of the microcircuit.
func (n *RegressionNet) measure(net *microcircuit.Network, since *activity) {
	samples := float64(since.Samples)
	n.Apical = append(n.Apical, since.Apical/samples)
	n.TopDown = append(n.TopDown, since.TopDown/samples)
	n.Mismatch = append(n.Mismatch, since.Mismatch/samples)
	*since = activity{}
	down, up := net.WPPDown(1).Data, net.WPPUp(2)
	n.Alignment = append(n.Alignment, angle(down, up.Transpose().Data))
	n.AnglePI = append(n.AnglePI, 180-angle(down, net.WPI(1).Data))
	n.AngleIP = append(n.AngleIP, angle(up.Data, net.WIP(1).Data))
}

// traces shows two unseen patterns to a copy of the network that does not
// learn. The copy of an untrained and that of a trained network see the same
// patterns and the same noise.
func (t *pair) traces(ctx context.Context, trained *microcircuit.Network) (RegressionTraces, error) {
	var tr RegressionTraces
	net, err := microcircuit.New(t.p.frozen(fullLearner), t.seed)
	if err != nil {
		return tr, err
	}
	for _, err := range []error{
		net.SetWeights(microcircuit.WPPUp, 1, trained.WPPUp(1)), net.SetWeights(microcircuit.WPPUp, 2, trained.WPPUp(2)),
		net.SetWeights(microcircuit.WIP, 1, trained.WIP(1)), net.SetWeights(microcircuit.WPI, 1, trained.WPI(1)),
	} {
		if err != nil {
			return tr, err
		}
	}
	out := t.liveliest()
	hidden, heard := 0, 0.0
	down := net.WPPDown(1)
	for i := range down.Rows {
		if w := math.Abs(down.At(i, out)); w > heard {
			hidden, heard = i, w
		}
	}
	every := max(1, int(math.Round(0.5/t.p.Dt)))
	probe := func(q microcircuit.Quantity, area, neuron int) *microcircuit.Probe {
		return &microcircuit.Probe{Quantity: q, Area: area, Neurons: []int{neuron}, Every: every}
	}
	output, apical, input := probe(microcircuit.Rate, 2, out), probe(microcircuit.Apical, 1, hidden), probe(microcircuit.Rate, 0, 0)
	t.load("trace input", 0)
	if err := net.Present(ctx, microcircuit.Pattern{Input: t.input}, t.p.PatternMs); err != nil { // the start-up transient
		return tr, err
	}
	half := t.p.PatternMs / 2
	for i := 1; i <= 2; i++ {
		t.load("trace input", i)
		net.ClearTarget()
		net.Input(t.input)
		for range 2 {
			if err := net.Run(ctx, half, output, apical, input); err != nil {
				return tr, err
			}
			for len(tr.Target) < len(input.Times) {
				tr.Target = append(tr.Target, t.r[out])
			}
			net.Target(t.u)
		}
	}
	tr.Output, tr.Apical, tr.Input = output.Series[0], apical.Series[0], input.Series[0]
	for _, ms := range input.Times {
		tr.Time = append(tr.Time, ms-input.Times[0])
	}
	return tr, nil
}

// liveliest is the output neuron whose target varies most over patterns.
func (t *pair) liveliest() int {
	const patterns = 200
	sum, square := make([]float64, t.p.Outputs), make([]float64, t.p.Outputs)
	for i := range patterns {
		t.load("trace input", i)
		for j, r := range t.r {
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
