package experiment

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"

	"microcircuits/dendrite/microcircuit"
)

// small is a network that runs in a moment.
func small() SelfPrediction {
	p := SelfPredictionPreset(Quick)
	p.Inputs, p.Hidden, p.Outputs = 8, 6, 3
	p.Seeds, p.Patterns = 4, 700
	return p
}

// The figure's claim, at the scale the report shows: issue "Foundation".
func TestSelfPredictionQuickClaim(t *testing.T) {
	r, err := SelfPredictionPreset(Quick).Run(t.Context(), Env{Store: openStore(t)})
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range r.Seeds {
		if first, last := s.Mismatch[0], tail(s.Mismatch); !(first > 10*last) {
			t.Errorf("seed %d: the squared mismatch of interneurons and the area above fell from %.3g to %.3g, want more than 10 times", i+1, first, last)
		}
	}
	for i, fall := range r.Fall() {
		if !(fall > 100) {
			t.Errorf("seed %d: the squared apical potential fell %.1f times, want more than 100", i+1, fall)
		}
		if c := r.Seeds[i].ClosedForm; !(c > 0 && c < 1e-9) { // never exactly 0 in floating point
			t.Errorf("seed %d: |v_A| is %g in the closed-form state, want less than 1e-9", i+1, c)
		}
	}
	for _, c := range r.Comparison {
		if c.Verdict == Deviates {
			t.Errorf("verdict deviates: %+v", c)
		}
	}
	if !strings.Contains(r.Badge(), "reduced") {
		t.Errorf("badge %q does not say reduced", r.Badge())
	}
}

func TestSelfPredictionSameBitsForAnyWorkers(t *testing.T) {
	p := small()
	p.Patterns = 100
	var want []SelfPredictionSeed
	for _, workers := range []int{1, 2, 4} {
		r, err := p.Run(t.Context(), Env{Store: openStore(t), Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = r.Seeds
		} else if !reflect.DeepEqual(r.Seeds, want) {
			t.Errorf("%d workers give other numbers than 1", workers)
		}
	}
}

func TestSelfPredictionResumesBitForBit(t *testing.T) {
	p := small()
	p.Seeds = 1
	whole, err := p.Run(t.Context(), Env{Store: openStore(t)})
	if err != nil {
		t.Fatal(err)
	}
	store := openStore(t)
	ctx, cancel := context.WithCancel(t.Context())
	stopped := 0.0
	_, err = p.Run(ctx, Env{Store: store, Progress: func(q Progress) {
		if q.Fraction > 0.8 { // after the checkpoint at pattern 500
			stopped = q.Fraction
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) || stopped == 1 {
		t.Fatalf("not stopped half way: %v at %v", err, stopped)
	}
	first := 1.0
	resumed, err := p.Run(t.Context(), Env{Store: store, Progress: func(q Progress) { first = min(first, q.Fraction) }})
	if err != nil {
		t.Fatal(err)
	}
	if first < 0.7 {
		t.Errorf("began again at %v instead of the checkpoint", first)
	}
	if !reflect.DeepEqual(resumed.Seeds, whole.Seeds) {
		t.Error("stopped and resumed, the numbers differ from those of an uninterrupted run")
	}
}

// More seeds must not compute the first ones again, nor change them.
func TestSelfPredictionMoreSeedsKeepTheFirst(t *testing.T) {
	p := small()
	p.Patterns, p.Seeds = 100, 2
	env := Env{Store: openStore(t)}
	two, err := p.Run(t.Context(), env)
	if err != nil {
		t.Fatal(err)
	}
	p.Seeds = 3
	three, err := p.Run(t.Context(), env)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(two.Provenance.Runs, three.Provenance.Runs[:2]) || !reflect.DeepEqual(two.Seeds, three.Seeds[:2]) {
		t.Error("the first two seeds changed when a third was asked for")
	}
}

// A seed is one network: whether a draw is replaced must not depend on what is
// asked of it. Seed 1 begins with a draw at the brink, which explodes with some
// noises and learning rates and not with others.
func TestSelfPredictionSeedIsOneNetwork(t *testing.T) {
	p := SelfPredictionPreset(Quick)
	p.Seeds, p.Patterns = 1, 100
	var want int
	for i, change := range []func(*SelfPrediction){
		func(*SelfPrediction) {},
		func(p *SelfPrediction) { p.Sigma = 0.3 },
		func(p *SelfPrediction) { p.EtaPI, p.EtaIP = 0, 0 },
		func(p *SelfPrediction) { p.EtaPI = 0.02 },
	} {
		q := p
		change(&q)
		r, err := q.Run(t.Context(), Env{Store: openStore(t)})
		if err != nil {
			t.Fatal(err)
		}
		if have := r.Seeds[0].Redrawn; i == 0 {
			want = have
		} else if have != want {
			t.Errorf("sigma %g, etaPI %g: %d networks were replaced, and %d by the preset", q.Sigma, q.EtaPI, have, want)
		}
	}
	if want == 0 {
		t.Error("no network was replaced: this test needs a seed whose first draw is not stable")
	}
}

// Learning that diverges is an outcome, and no reason to take another network.
func TestSelfPredictionDivergenceByLearning(t *testing.T) {
	p := SelfPredictionPreset(Quick)
	p.Seeds, p.Patterns, p.EtaPI = 1, 100, 1
	_, err := p.Run(t.Context(), Env{Store: openStore(t)})
	var diverged *microcircuit.DivergenceError
	if !errors.As(err, &diverged) || !strings.Contains(err.Error(), "lower EtaPI (1)") {
		t.Errorf("error %v, want a divergence that names EtaPI", err)
	}
}

func TestSelfPredictionWithoutAnyStableNetwork(t *testing.T) {
	p := SelfPredictionPreset(Quick)
	p.Seeds, p.Weights = 1, 100
	if _, err := p.Run(t.Context(), Env{Store: openStore(t)}); err == nil || !strings.Contains(err.Error(), "none of 100 networks drawn is stable") {
		t.Errorf("error %v", err)
	}
}

func TestSelfPredictionSaysWhichParameterIsWrong(t *testing.T) {
	p := small()
	p.GApical = -1
	if _, err := p.Run(t.Context(), Env{Store: openStore(t)}); err == nil || !strings.Contains(err.Error(), "GApical") {
		t.Errorf("error %v does not name GApical", err)
	}
	p = small()
	p.InputLow = 2
	if _, err := p.Run(t.Context(), Env{Store: openStore(t)}); err == nil || !strings.Contains(err.Error(), "InputLow") {
		t.Errorf("error %v does not name InputLow", err)
	}
}

// The row of four numbers says which of them is judged, and that the first ones
// are those of replaced networks.
func TestSelfPredictionSaysWhatIsJudged(t *testing.T) {
	flat := make([]float64, 600)
	for i := range flat {
		flat[i] = 2
	}
	one := SelfPredictionSeed{Apical: flat, TopDown: flat, Mismatch: flat}
	two := one
	two.Redrawn = 3
	r := &SelfPredictionRun{Params: SelfPredictionPreset(Quick), Seeds: []SelfPredictionSeed{one, two}}
	row := rowOf(t, r.compare(), "Squared apical potential")
	if !strings.Contains(row.Tolerance, "500 alone") || !strings.Contains(row.Note, "replaced (3 of 5)") {
		t.Errorf("tolerance %q, note %q", row.Tolerance, row.Note)
	}
}

func TestSelfPredictionFigures(t *testing.T) {
	p := small()
	p.Patterns, p.Seeds = 100, 1
	r, err := p.Run(t.Context(), Env{Store: openStore(t)})
	if err != nil {
		t.Fatal(err)
	}
	if c := r.Traces(); !strings.Contains(c.Caption, "reduced") || len(c.Table.Rows) == 0 {
		t.Errorf("traces: caption %q, %d rows", c.Caption, len(c.Table.Rows))
	}
	for _, c := range []struct {
		name string
		rows int
	}{{r.Convergence().Title, len(r.Convergence().Table.Rows)}, {r.WeightDistance().Title, len(r.WeightDistance().Table.Rows)}} {
		if c.rows == 0 {
			t.Errorf("%s: no data", c.name)
		}
	}
}

func TestLogBinsCoverEveryPointOnce(t *testing.T) {
	for _, n := range []int{1, 2, 20, 999, 10000} {
		next := 0
		for _, b := range logBins(n, 12) {
			if b[0] != next || b[1] <= b[0] {
				t.Fatalf("n %d: bin %v after %d", n, b, next)
			}
			next = b[1]
		}
		if next != n {
			t.Errorf("n %d: bins end at %d", n, next)
		}
	}
}

func TestSpread(t *testing.T) {
	for want, values := range map[string][]float64{
		"7":                     {7},
		"1.5 (1 to 2, 2 seeds)": {2, 1},
		"2 (1 to 30, 3 seeds)":  {30, 1, 2},
		"3 (1 to 30, 4 seeds)":  {30, 1, 2, 4},
	} {
		if got := spread(values, "%.3g"); got != want {
			t.Errorf("spread of %v is %q, want %q", values, got, want)
		}
	}
}
