package lab

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats/scalar"
	"gonum.org/v1/gonum/stat"

	"microcircuits/dendrite/microcircuit"
	"microcircuits/dendrite/task"
)

// learnerOf makes a learner of a teacher like that of N's regression, for networks
// of given sizes.
func learnerOf(t *testing.T, seed uint64, transfer microcircuit.Transfer, in, hidden, out int) *Learner {
	t.Helper()
	p := microcircuit.Defaults(in, hidden, out)
	w := microcircuit.Range{Lo: -1, Hi: 1}
	p.Init = microcircuit.Init{Up: w, Down: w, IP: w, PI: w}
	p.Transfer, p.Sigma = transfer, 0.3
	phi := func(u float64) float64 {
		r := []float64{u}
		transfer.Forward(r, r)
		return r[0]
	}
	l, err := NewLearner(seed, Regression{
		Teacher:  task.TeacherConfig{In: in, Hidden: 20, Out: out, Gain1: 2, Gain2: 10, Lo: -1, Hi: 1, Transfer: phi},
		InputLow: -1, InputHigh: 1, PatternMs: 20,
	}, p)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// The test error is that of the settled network without noise and teacher when
// its feedback is cancelled.
func TestErrorIsThatOfTheSettledNetwork(t *testing.T) {
	l := learnerOf(t, 3, microcircuit.Logistic(), 5, 6, 3)
	l.Net.SelfPredict()
	got := l.Test("unseen input", 7)
	if err := l.Net.SetParams(Unplastic(l.Net.Params(), true)); err != nil {
		t.Fatal(err)
	}
	l.Net.Input(l.Input)
	if err := l.Net.Settle(t.Context(), 1e-13, 10000); err != nil {
		t.Fatal(err)
	}
	if want := SquaredDistance(l.Net.Value(microcircuit.Rate, 2), l.Rate); !(math.Abs(got-want) < 1e-10) || want < 1e-3 {
		t.Errorf("error %g, the settled network's is %g", got, want)
	}
}

// A trial is watched once a millisecond, and its patterns are numbered from 0.
func TestWatchedTrial(t *testing.T) {
	watched, plain := learnerOf(t, 1, microcircuit.Logistic(), 5, 6, 3), learnerOf(t, 1, microcircuit.Logistic(), 5, 6, 3)
	var times []float64
	for i := range 2 {
		if err := watched.WatchedTrial(func() { times = append(times, watched.Net.Time()) }); err != nil {
			t.Fatal(err)
		}
		input := slices.Clone(watched.Input)
		if watched.Load("training input", i); !slices.Equal(input, watched.Input) || watched.Done != i+1 {
			t.Errorf("trial %d: another pattern, or %d done", i, watched.Done)
		}
		watched.TestError()
		if err := plain.Trial(); err != nil {
			t.Fatal(err)
		}
	}
	if len(times) != 40 || !scalar.EqualWithinAbs(times[0], 1, 1e-9) || !scalar.EqualWithinAbs(times[39], 40, 1e-9) {
		t.Errorf("watched at %v", times)
	}
	if !reflect.DeepEqual(watched.Net.State(), plain.Net.State()) {
		t.Error("watching and testing change what is learned")
	}
}

// A copy has the weights of the learner's network as it is now.
func TestCopy(t *testing.T) {
	l := learnerOf(t, 1, microcircuit.Logistic(), 5, 6, 3)
	l.Net.SelfPredict()
	net, err := l.Copy(Unplastic(l.Net.Params(), true))
	if err != nil {
		t.Fatal(err)
	}
	have, want := net.State(), l.Net.State()
	for name, same := range map[string]bool{
		"up": reflect.DeepEqual(have.WPPUp, want.WPPUp), "down": reflect.DeepEqual(have.WPPDown, want.WPPDown),
		"IP": reflect.DeepEqual(have.WIP, want.WIP), "PI": reflect.DeepEqual(have.WPI, want.WPI),
	} {
		if !same {
			t.Errorf("other weights: %s", name)
		}
	}
	if eta := net.Params().Eta[1]; eta != (microcircuit.LearningRates{}) {
		t.Errorf("learning rates %+v", eta)
	}
}

// The error of always giving the mean is the variance of the targets.
func TestConstantError(t *testing.T) {
	l := learnerOf(t, 2, microcircuit.Logistic(), 5, 6, 1)
	var rates []float64
	for i := range 1000 {
		l.Load("constant learner", i)
		rates = append(rates, l.Rate[0])
	}
	if got, want := l.ConstantError(), stat.PopVariance(rates, nil); math.Abs(got-want) > 1e-12 {
		t.Errorf("error %g, want %g", got, want)
	}
}

// Reports of the figures that use the small regression state how it differs from
// the paper's.
func TestSmallRegressionDisclosesItsSettings(t *testing.T) {
	for _, want := range []string{"30 times N's rates", "±0.3", "±5", "σ = 0.1"} {
		if !strings.Contains(SmallDeviations, want) {
			t.Errorf("deviations do not say %q: %s", want, SmallDeviations)
		}
	}
}
