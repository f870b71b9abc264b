package lab

import (
	"errors"
	"math"

	"microcircuits/dendrite/microcircuit"
	"microcircuits/dendrite/task"
	"microcircuits/dendrite/twostep"
)

// Regression is the task of a [Learner]: the map of a teacher network, from input
// rates to target potentials, one pattern at a time.
type Regression struct {
	Teacher             task.TeacherConfig
	InputLow, InputHigh float64 // input rates are uniform from InputLow to InputHigh
	PatternMs           float64 // presentation of a training pattern
}

// Learner is one network that learns a regression: the network, its teacher, the
// patterns of both, and the number of trials done.
type Learner struct {
	Seed uint64
	Net  *microcircuit.Network
	Done int // training patterns shown

	Input, Target, Rate []float64 // of the pattern loaded last: rates, target potentials, target rates

	task    Regression
	teacher *task.Teacher
	guess   []float64
}

// NewLearner makes the network of a seed, whose parameters are p, and its teacher,
// which depends on the seed and r alone. It fails where p is not valid.
func NewLearner(seed uint64, r Regression, p microcircuit.Params) (*Learner, error) {
	net, err := microcircuit.New(p, seed)
	if err != nil {
		return nil, err
	}
	return &Learner{
		Seed: seed, Net: net, task: r, teacher: task.NewTeacher(seed, r.Teacher),
		Input: make([]float64, r.Teacher.In), Target: make([]float64, r.Teacher.Out),
		Rate: make([]float64, r.Teacher.Out), guess: make([]float64, r.Teacher.Out),
	}, nil
}

// Load fills Input, Target and Rate with a numbered pattern. Patterns depend
// only on seed, purpose and number, so that tests between trials do not change the
// training.
func (l *Learner) Load(purpose string, i int) {
	task.Uniform{Seed: l.Seed, Purpose: purpose, Size: len(l.Input), Lo: l.task.InputLow, Hi: l.task.InputHigh}.Pattern(l.Input, i)
	l.teacher.Target(l.Target, l.Rate, l.Input)
}

// Trial presents the next training pattern with its teacher.
func (l *Learner) Trial() error { return l.WatchedTrial(func() {}) }

// WatchedTrial is [Learner.Trial] and calls watch after every millisecond of it.
func (l *Learner) WatchedTrial(watch func()) error {
	l.Load("training input", l.Done)
	l.Net.Input(l.Input)
	l.Net.Target(l.Target)
	dt := l.Net.Params().Dt
	every := StepsPerMs(dt)
	for i := range int(math.Round(l.task.PatternMs / dt)) {
		if err := l.Net.Step(); err != nil {
			return err
		}
		if i%every == every-1 {
			watch()
		}
	}
	l.Done++
	return nil
}

// Test is the squared error of the output rates for one numbered pattern: without
// noise and teacher, by the feed-forward pass with attenuation.
func (l *Learner) Test(purpose string, i int) float64 {
	l.Load(purpose, i)
	l.Net.Predict(l.guess, l.Input)
	l.Net.Params().Transfer.Forward(l.guess, l.guess)
	return SquaredDistance(l.guess, l.Rate)
}

const testPatterns = 200

// TestError is the mean of [Learner.Test] over 200 patterns that are never trained.
func (l *Learner) TestError() float64 {
	var sum float64
	for i := range testPatterns {
		sum += l.Test("test input", i)
	}
	return sum / testPatterns
}

// ConstantError is the approximate squared error of a constant output, the mean
// target.
func (l *Learner) ConstantError() float64 {
	const patterns = 1000
	mean, square := make([]float64, len(l.Rate)), 0.0
	for i := range patterns {
		l.Load("constant learner", i)
		for j, r := range l.Rate {
			mean[j] += r / patterns
			square += r * r / patterns
		}
	}
	return square - Squared(mean)
}

// Copy is another network with parameters p, which must have the same sizes, and
// the learner's weights.
func (l *Learner) Copy(p microcircuit.Params) (*microcircuit.Network, error) {
	net, err := microcircuit.New(p, l.Seed)
	if err != nil {
		return nil, err
	}
	last := len(p.Sizes) - 1
	for k := 1; k <= last; k++ {
		if err := net.SetWeights(microcircuit.WPPUp, k, l.Net.WPPUp(k)); err != nil {
			return nil, err
		}
	}
	for k := 1; k < last; k++ {
		for _, err := range []error{
			net.SetWeights(microcircuit.WPPDown, k, l.Net.WPPDown(k)),
			net.SetWeights(microcircuit.WIP, k, l.Net.WIP(k)), net.SetWeights(microcircuit.WPI, k, l.Net.WPI(k)),
		} {
			if err != nil {
				return nil, err
			}
		}
	}
	return net, nil
}

// Aside calls f with the learner's network under other parameters, and then
// restores the state of the network.
func (l *Learner) Aside(other microcircuit.Params, f func() error) error {
	p, s := l.Net.Params(), l.Net.State()
	if err := l.Net.SetParams(other); err != nil {
		return err
	}
	if err := f(); err != nil {
		return err
	}
	if err := l.Net.SetParams(p); err != nil {
		return err
	}
	return l.Net.SetState(s)
}

// Unplastic is p without plasticity and, if quiet is true, without noise.
func Unplastic(p microcircuit.Params, quiet bool) microcircuit.Params {
	p.Eta = make([]microcircuit.LearningRates, len(p.Eta))
	if quiet {
		p.Sigma = 0
	}
	return p
}

// Diverged reports whether an error means that potentials or weights diverged.
func Diverged(err error) bool {
	var continuous *microcircuit.DivergenceError
	var twoStep *twostep.DivergenceError
	return errors.As(err, &continuous) || errors.As(err, &twoStep)
}
