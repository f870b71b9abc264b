package figure

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/record"
)

// smallRobustness sweeps over a few points, in moments.
func smallRobustness(t *testing.T) RobustnessParams {
	p := robustnessPreset(experiment.Quick)
	p.Seeds, p.Regression.Trials = 2, 20
	p.Noise, p.Filter = []float64{0.1, 0.3}, []float64{0, 30}
	p.Slower, p.FilterNoise = []float64{1, 2}, []float64{0.1}
	p.Presentation, p.Lag = []float64{50, 100}, []float64{0, 10}
	p.InitUp, p.InitDown = []float64{0.1, 0.3}, []float64{1, 5}
	d := &p.Digits
	d.Data, d.Images, d.Tests, d.Epochs, d.Hidden = writeDigits(t, 600, 100), 400, 100, 1, 20
	d.InitUp, d.Lambda, d.Feedback = []float64{0.1, 1}, []float64{0.3}, []float64{4, 16}
	return p
}

func TestRobustnessSweeps(t *testing.T) {
	p := smallRobustness(t)
	want, err := Robustness.Run(t.Context(), experiment.Env{Store: openStore(t)}, p)
	if err != nil {
		t.Fatal(err)
	}
	// The standard settings lie in several sweeps and are one network.
	a, b, c, d := want.NoiseFilter[1][0], want.InitUp[1], want.PresentationLag[0][1], want.Filtered[0][0]
	if !reflect.DeepEqual(a, b) || !reflect.DeepEqual(a, c) || !reflect.DeepEqual(a, d) {
		t.Errorf("the standard settings differ between sweeps: %+v, %+v, %+v, %+v", a, b, c, d)
	}
	for _, ch := range []struct{ name, caption string }{
		{"noise", want.NoiseAndFilter().Caption}, {"filter", want.FilterAndRates().Caption}, {"presentation", want.PresentationAndLag().Caption},
		{"initial range", want.InitialRange().Caption}, {"feedback", want.FeedbackRange().Caption},
		{"digits", want.DigitsInitAndFeedback().Caption}, {"mixing", want.DigitsMixing().Caption},
	} {
		if !strings.Contains(ch.caption, "reduced run") {
			t.Errorf("%s: caption hides that the run is reduced: %s", ch.name, ch.caption)
		}
	}
}

func TestRobustnessComputesOnlyNewPoints(t *testing.T) {
	p := smallRobustness(t)
	env := experiment.Env{Store: openStore(t)}
	first, err := Robustness.Run(t.Context(), env, p)
	if err != nil {
		t.Fatal(err)
	}
	p.Noise = append(p.Noise, 1)
	second, err := Robustness.Run(t.Context(), env, p)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, run := range first.Provenance.Runs {
		seen[run] = true
	}
	fresh := 0
	for _, run := range second.Provenance.Runs {
		if !seen[run] {
			fresh++
		}
	}
	if want := len(p.Filter) * p.Seeds; fresh != want {
		t.Errorf("%d networks computed for a new noise level, want %d", fresh, want)
	}
}

// A network that diverges is counted and leaves a gap; it stops no other.
func TestRobustnessShowsDivergence(t *testing.T) {
	p := smallRobustness(t)
	p.Noise = []float64{0.1, 100}
	p.Regression.RateFactor = 3000
	r, err := Robustness.Run(t.Context(), experiment.Env{Store: openStore(t)}, p)
	if err != nil {
		t.Fatal(err)
	}
	if n := robustnessDiverged(r.NoiseFilter[0]...); n == 0 {
		t.Fatal("no network diverged at a hundred times the learning rates and a thousand times the noise")
	}
	if c := r.NoiseAndFilter(); strings.Contains(c.Caption, "None of") || !strings.Contains(c.Caption, "diverged") {
		t.Errorf("caption hides divergence: %s", c.Caption)
	}
}

func TestRobustnessSaysWhichParameterIsWrong(t *testing.T) {
	for _, c := range []struct {
		spoil func(*RobustnessParams)
		want  string
	}{
		{func(p *RobustnessParams) { p.Lag = []float64{60} }, "Lag"},
		{func(p *RobustnessParams) { p.Noise = nil }, "Noise is empty"},
		{func(p *RobustnessParams) { p.FilterNoise = []float64{0.3, 0.1, 0.3} }, "FilterNoise has the value 0.3 twice"},
		{func(p *RobustnessParams) { p.Slower = []float64{0} }, "Slower[0]"},
		{func(p *RobustnessParams) { p.Noise[1] = -1 }, "Noise[1]"},
		{func(p *RobustnessParams) { p.Digits.Lambda = []float64{1.2} }, "Digits.Lambda[0]"},
	} {
		p := smallRobustness(t)
		c.spoil(&p)
		if _, err := Robustness.Run(t.Context(), experiment.Env{Store: openStore(t)}, p); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v does not say %s", err, c.want)
		}
	}
}

// robustnessRun is a run of one seed that nobody computed: every network is as
// good as the shallow learner.
func robustnessRun() *RobustnessRun {
	p := robustnessPreset(experiment.Quick)
	p.Seeds = 1
	r := &RobustnessRun{Run: &experiment.Run[RobustnessParams]{Params: p}}
	row := func(n int) []RobustnessCell {
		cells := make([]RobustnessCell, n)
		for i := range cells {
			cells[i] = robustnessCell(1)
		}
		return cells
	}
	for range p.Filter {
		r.NoiseFilter = append(r.NoiseFilter, row(len(p.Noise)))
	}
	for range p.FilterNoise {
		r.Filtered, r.Unfiltered = append(r.Filtered, row(len(p.Slower))), append(r.Unfiltered, row(len(p.Slower)))
	}
	for range p.Lag {
		r.PresentationLag = append(r.PresentationLag, row(len(p.Presentation)))
	}
	r.InitUp, r.InitUpShallow, r.InitDown = row(len(p.InitUp)), row(len(p.InitUp)), row(len(p.InitDown))
	for range p.Digits.InitUp {
		r.DigitsInitFeedback = append(r.DigitsInitFeedback, row(len(p.Digits.Feedback)))
	}
	r.DigitsLambda = row(len(p.Digits.Lambda))
	return r
}

// robustnessCell has one network of an error, to be held against 1.
func robustnessCell(e float64) RobustnessCell {
	return RobustnessCell{Points: []RobustnessPoint{{Error: e}}, Shallow: []float64{1}}
}

func TestRobustnessInitialisationHasNoGaps(t *testing.T) {
	for _, c := range []struct {
		errors []float64 // of the ranges 0.03, 0.1, 0.3, 1, 3
		ours   string
		want   record.Verdict
	}{
		{[]float64{0.8, 0.8, 0.8, 0.8, 1.5}, "smallest ±0.03; largest ±1", record.Qualitatively},
		{[]float64{0.8, 1.5, 1.5, 1.5, 0.8}, "smallest ±0.03; largest ±0.03", record.Deviates},
		{[]float64{0.8, 1.5, 0.8, 0.8, 0.8}, "smallest ±0.3; largest ±3", record.Qualitatively},
		{[]float64{1, 1, 1, 1, 1}, "smallest none; largest none", record.Deviates},
	} {
		r := robustnessRun()
		for i, e := range c.errors {
			r.InitUp[i] = robustnessCell(e)
		}
		if row := claim(t, r.claims(), "initialisation"); row.OursText() != c.ours || row.Verdict != c.want {
			t.Errorf("errors %v: %s, %s, want %s, %s", c.errors, row.OursText(), row.Verdict, c.ours, c.want)
		}
	}
}

func TestRobustnessNoiseThatNothingHeldUnder(t *testing.T) {
	r := robustnessRun()
	if row := claim(t, r.claims(), "noise"); !strings.Contains(row.Note, "under none") {
		t.Errorf("nothing was learned; the note says %q", row.Note)
	}
	r.NoiseFilter[2][0] = robustnessCell(0.5)
	if row := claim(t, r.claims(), "noise"); !strings.Contains(row.Note, "up to σ = 0 ") {
		t.Errorf("learned without noise; the note says %q", row.Note)
	}
}

// The noise of N's regression and σ = 1 are judged one by one.
func TestRobustnessNoiseOfTheRegressionAndMore(t *testing.T) {
	r := robustnessRun()
	r.NoiseFilter[2][2] = robustnessCell(0.5)
	if row := claim(t, r.claims(), "noise"); row.Verdict != record.Qualitatively || !strings.Contains(row.Quantity, "σ = 0.3 (the noise of N's regression)") {
		t.Errorf("%s: %s", row.Quantity, row.Verdict)
	}
	if row := claim(t, r.claims(), "noise-1"); row.Verdict != record.Deviates || !strings.Contains(row.Quantity, "σ = 1,") {
		t.Errorf("%s: %s", row.Quantity, row.Verdict)
	}
	r.Params.Noise[3] = 2
	if c := record.Find(r.claims(), "noise-1"); c != nil {
		t.Errorf("a claim about σ = 1, which is not among the values: %+v", c)
	}
}

func TestRobustnessDigitsMustBeatTheSingleLayer(t *testing.T) {
	for _, c := range []struct {
		errors []float64 // of five initial ranges; the single layer has 10
		ours   string
		want   record.Verdict
	}{
		{[]float64{9, 9, 9.9, 10, 60}, "3 of 5; single layer 10.0 %; ±0.01 9.0 %; ±0.03 9.0 %; ±0.1 9.9 %; ±0.3 10.0 %; ±1 60.0 %", record.Qualitatively},
		{[]float64{12, 12, 12, 12, 60}, "0 of 5; single layer 10.0 %; ±0.01 12.0 %; ±0.03 12.0 %; ±0.1 12.0 %; ±0.3 12.0 %; ±1 60.0 %", record.Deviates},
	} {
		r := robustnessRun()
		base := robustnessNearest(r.Params.Digits.Feedback, r.Params.Digits.BaseFeedback)
		for i, e := range c.errors {
			r.DigitsInitFeedback[i][base] = robustnessCell(e)
		}
		for i := range r.DigitsLambda {
			r.DigitsLambda[i].Shallow = []float64{10}
		}
		if row := claim(t, r.claims(), "digits-initialisation"); row.OursText() != c.ours || row.Verdict != c.want {
			t.Errorf("errors %v: %s, %s, want %s, %s", c.errors, row.OursText(), row.Verdict, c.ours, c.want)
		}
	}
}

// The filter is judged at the slowest and at the standard rates, each by itself.
func TestRobustnessFilterAtTheSlowestAndTheStandardRates(t *testing.T) {
	for _, c := range []struct {
		errors         []float64 // with the filter, at 1, 3 and 10 times slower rates; without it 1
		slow, standard record.Verdict
	}{
		{[]float64{1.3, 1.2, 0.9}, record.Qualitatively, record.Deviates},
		{[]float64{0.7, 0.8, 1.1}, record.Deviates, record.Qualitatively},
		{[]float64{0.7, 0.8, math.NaN()}, record.Deviates, record.Qualitatively},
	} {
		r := robustnessRun()
		for i, e := range c.errors {
			r.Filtered[0][i] = robustnessCell(e)
		}
		if row := claim(t, r.claims(), "filter-slow-0.3"); row.Verdict != c.slow || !strings.Contains(row.Quantity, " 3 times N's") {
			t.Errorf("errors %v: %s, want %s: %s", c.errors, row.Verdict, c.slow, row.Quantity)
		}
		if row := claim(t, r.claims(), "filter-standard-0.3"); row.Verdict != c.standard || !strings.Contains(row.Quantity, " 30 times N's") {
			t.Errorf("errors %v: %s, want %s: %s", c.errors, row.Verdict, c.standard, row.Quantity)
		}
		wantColumn(t, r.FilterAndRates(), "Times slower", 1, 3, 10)
		wantColumn(t, r.FilterAndRates(), "σ = 0.3", c.errors...)
	}
}
