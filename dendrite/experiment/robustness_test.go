package experiment

import (
	"math"
	"reflect"
	"strings"
	"testing"
)

// smallRobustness sweeps over a few points, in moments.
func smallRobustness(t *testing.T) Robustness {
	p := RobustnessPreset(Quick)
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

func TestRobustnessSameBitsForAnyWorkers(t *testing.T) {
	p := smallRobustness(t)
	var want *RobustnessRun
	for _, workers := range []int{1, 4} {
		r, err := p.Run(t.Context(), Env{Store: openStore(t), Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = r
			continue
		}
		if !reflect.DeepEqual(r.NoiseFilter, want.NoiseFilter) || !reflect.DeepEqual(r.PresentationLag, want.PresentationLag) ||
			!reflect.DeepEqual(r.Filtered, want.Filtered) || !reflect.DeepEqual(r.Unfiltered, want.Unfiltered) ||
			!reflect.DeepEqual(r.InitDown, want.InitDown) || !reflect.DeepEqual(r.DigitsInitFeedback, want.DigitsInitFeedback) {
			t.Errorf("%d workers give other numbers than 1", workers)
		}
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
	env := Env{Store: openStore(t)}
	first, err := p.Run(t.Context(), env)
	if err != nil {
		t.Fatal(err)
	}
	p.Noise = append(p.Noise, 1)
	second, err := p.Run(t.Context(), env)
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
	r, err := p.Run(t.Context(), Env{Store: openStore(t)})
	if err != nil {
		t.Fatal(err)
	}
	if n := countDiverged(r.NoiseFilter[0]...); n == 0 {
		t.Fatal("no network diverged at a hundred times the learning rates and a thousand times the noise")
	}
	if c := r.NoiseAndFilter(); strings.Contains(c.Caption, "None of") || !strings.Contains(c.Caption, "diverged") {
		t.Errorf("caption hides divergence: %s", c.Caption)
	}
}

func TestRobustnessSaysWhichParameterIsWrong(t *testing.T) {
	for _, c := range []struct {
		spoil func(*Robustness)
		want  string
	}{
		{func(p *Robustness) { p.Lag = []float64{60} }, "Lag"},
		{func(p *Robustness) { p.Noise = nil }, "Noise"},
		{func(p *Robustness) { p.Slower = []float64{0} }, "Slower[0]"},
		{func(p *Robustness) { p.Noise[1] = -1 }, "Noise[1]"},
		{func(p *Robustness) { p.Digits.Lambda = []float64{1.2} }, "Digits.Lambda[0]"},
	} {
		p := smallRobustness(t)
		c.spoil(&p)
		if _, err := p.Run(t.Context(), Env{Store: openStore(t)}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v does not say %s", err, c.want)
		}
	}
}

// robustnessRun is a run of one seed that nobody computed: every network is as
// good as the shallow learner.
func robustnessRun() *RobustnessRun {
	p := RobustnessPreset(Quick)
	p.Seeds = 1
	r := &RobustnessRun{Params: p}
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

// rowOf is the row of a comparison whose quantity begins with a word.
func rowOf(t *testing.T, rows []Comparison, word string) Comparison {
	t.Helper()
	for _, c := range rows {
		if strings.HasPrefix(c.Quantity, word) {
			return c
		}
	}
	t.Fatalf("no row %q", word)
	return Comparison{}
}

func TestRobustnessInitialisationHasNoGaps(t *testing.T) {
	for _, c := range []struct {
		errors []float64 // of the ranges 0.03, 0.1, 0.3, 1, 3
		ours   string
		want   Verdict
	}{
		{[]float64{0.8, 0.8, 0.8, 0.8, 1.5}, "±0.03 to ±1", Qualitatively},
		{[]float64{0.8, 1.5, 1.5, 1.5, 0.8}, "±0.03 to ±0.03", Deviates},
		{[]float64{0.8, 1.5, 0.8, 0.8, 0.8}, "±0.3 to ±3", Qualitatively},
		{[]float64{1, 1, 1, 1, 1}, "none of the values tried", Deviates},
	} {
		r := robustnessRun()
		for i, e := range c.errors {
			r.InitUp[i] = robustnessCell(e)
		}
		if row := rowOf(t, r.compare(), "Initialisation"); row.Ours != c.ours || row.Verdict != c.want {
			t.Errorf("errors %v: %s, %s, want %s, %s", c.errors, row.Ours, row.Verdict, c.ours, c.want)
		}
	}
}

func TestRobustnessNoiseThatNothingHeldUnder(t *testing.T) {
	r := robustnessRun()
	if row := rowOf(t, r.compare(), "Noise"); !strings.Contains(row.Note, "under none") {
		t.Errorf("nothing was learned; the note says %q", row.Note)
	}
	r.NoiseFilter[2][0] = robustnessCell(0.5)
	if row := rowOf(t, r.compare(), "Noise"); !strings.Contains(row.Note, "up to σ = 0 ") {
		t.Errorf("learned without noise; the note says %q", row.Note)
	}
}

func TestRobustnessDigitsMustBeatTheSingleLayer(t *testing.T) {
	for _, c := range []struct {
		errors []float64 // of five initial ranges; the single layer has 10
		ours   string
		want   Verdict
	}{
		{[]float64{9, 9, 9.9, 10, 60}, "3 (9.0, 9.0, 9.9, 10.0, 60.0 %; single layer 10.0 %)", Qualitatively},
		{[]float64{12, 12, 12, 12, 60}, "0 (12.0, 12.0, 12.0, 12.0, 60.0 %; single layer 10.0 %)", Deviates},
	} {
		r := robustnessRun()
		base := nearestIndex(r.Params.Digits.Feedback, r.Params.Digits.BaseFeedback)
		for i, e := range c.errors {
			r.DigitsInitFeedback[i][base] = robustnessCell(e)
		}
		for i := range r.DigitsLambda {
			r.DigitsLambda[i].Shallow = []float64{10}
		}
		if row := rowOf(t, r.compare(), "Digits"); row.Ours != c.ours || row.Verdict != c.want {
			t.Errorf("errors %v: %s, %s, want %s, %s", c.errors, row.Ours, row.Verdict, c.ours, c.want)
		}
	}
}

// The filter is judged at the slowest rates, whatever it does at faster ones.
func TestRobustnessFilterAtTheSlowestRates(t *testing.T) {
	for _, c := range []struct {
		errors []float64 // with the filter, at 1, 3 and 10 times slower rates; without it 1
		want   Verdict
	}{
		{[]float64{1.3, 1.2, 0.9}, Qualitatively},
		{[]float64{0.7, 0.8, 1.1}, Deviates},
		{[]float64{0.7, 0.8, math.NaN()}, Deviates},
	} {
		r := robustnessRun()
		for i, e := range c.errors {
			r.Filtered[0][i] = robustnessCell(e)
		}
		if row := rowOf(t, r.compare(), "Filter"); row.Verdict != c.want || !strings.Contains(row.Quantity, " 3 times N's") {
			t.Errorf("errors %v: %s, want %s: %s", c.errors, row.Verdict, c.want, row.Quantity)
		}
		wantColumn(t, r.FilterAndRates(), "Times slower", 1, 3, 10)
		wantColumn(t, r.FilterAndRates(), "σ = 0.3", c.errors...)
	}
}
