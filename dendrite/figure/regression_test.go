package figure

import (
	"context"
	"math"
	"reflect"
	"strings"
	"testing"

	"microcircuits/dendrite/chart"
	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/figure/internal/lab"
	"microcircuits/dendrite/microcircuit"
	"microcircuits/dendrite/record"
)

// tinyRegression has a short run.
func tinyRegression() RegressionParams {
	p := regressionPreset(experiment.Quick)
	p.Inputs, p.Hidden, p.Outputs, p.TeacherHidden = 5, 6, 3, 4
	p.Seeds, p.Trials, p.Window, p.PatternMs = 2, 60, 10, 20
	return p
}

func runTinyRegression(t *testing.T) *RegressionRun {
	t.Helper()
	r, err := Regression.Run(t.Context(), experiment.Env{Store: openStore(t)}, tinyRegression())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// startRegression makes the learner of seed 1.
func startRegression(t *testing.T, p RegressionParams, who regressionLearner) *lab.Learner {
	t.Helper()
	l, err := p.learner(1, who)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Measuring must not change what is learned, and only what a learner is allowed
// to learn may change.
func TestRegressionLearnersLearnTheirOwn(t *testing.T) {
	p := tinyRegression()
	for _, who := range []regressionLearner{regressionFull, regressionShallow} {
		fresh := startRegression(t, p, who)
		initial := fresh.Net.State()
		for i := range p.Trials {
			fresh.Load("training input", i)
			fresh.Net.Input(fresh.Input)
			fresh.Net.Target(fresh.Target)
			if err := fresh.Net.Run(t.Context(), p.PatternMs); err != nil {
				t.Fatal(err)
			}
		}
		measured := startRegression(t, p, who)
		inJob(t, func(ctx context.Context, w *experiment.Work) error {
			return p.learn(ctx, w, who, measured, &regressionState{})
		})
		got := measured.Net.State()
		if !reflect.DeepEqual(got, fresh.Net.State()) {
			t.Errorf("%s: measuring between trials changes the network", who)
		}
		full := who == regressionFull
		for _, w := range []struct {
			name          string
			before, after microcircuit.Matrix
			plastic       bool
		}{
			{"W_1,0", initial.WPPUp[1], got.WPPUp[1], full},
			{"W_2,1", initial.WPPUp[2], got.WPPUp[2], true},
			{"W_IP", initial.WIP[1], got.WIP[1], full},
			{"W_PI", initial.WPI[1], got.WPI[1], full},
			{"W_1,2", initial.WPPDown[1], got.WPPDown[1], false},
		} {
			if changed := !reflect.DeepEqual(w.before, w.after); changed != w.plastic {
				t.Errorf("%s: %s changed: %v, want %v", who, w.name, changed, w.plastic)
			}
		}
	}
}

// inJob runs f as the only job of an experiment.
func inJob(t *testing.T, f func(context.Context, *experiment.Work) error) {
	t.Helper()
	type params struct{ Seeds int }
	one := experiment.Own[params, int]{
		Info:   experiment.Info{Name: "one-job", Title: "One job"},
		Preset: func(experiment.Scale) params { return params{1} },
		Jobs: experiment.PerSeed(func(ctx context.Context, _ params, _ uint64, w *experiment.Work) (int, error) {
			return 0, f(ctx, w)
		}),
	}
	if _, err := one.Run(t.Context(), experiment.Env{Store: openStore(t)}, params{1}); err != nil {
		t.Fatal(err)
	}
}

// Both learners have the same initial forward weights and the same patterns.
func TestRegressionLearnersStartEqual(t *testing.T) {
	p := tinyRegression()
	var nets []microcircuit.State
	for _, who := range []regressionLearner{regressionFull, regressionShallow} {
		nets = append(nets, startRegression(t, p, who).Net.State())
	}
	if !reflect.DeepEqual(nets[0].WPPUp, nets[1].WPPUp) {
		t.Error("the learners start with different forward weights")
	}
	r := runTinyRegression(t)
	if reflect.DeepEqual(r.Full[0], r.Full[1]) {
		t.Error("two seeds give equal results")
	}
	if r.Full[0].Constant != r.Shallow[0].Constant {
		t.Error("the learners have different teachers")
	}
	if a, b := r.Full[0].Before.Target, r.Full[0].After.Target; !reflect.DeepEqual(a, b) {
		t.Error("traces before and after show different patterns")
	}
}

func TestRegressionCurvesAreSmall(t *testing.T) {
	for _, trials := range []int{10, 4000, 100000, 10000000} {
		is, n := regressionMoments(trials), 0
		for i := 1; i <= trials; i++ {
			if is(i) {
				n++
			}
		}
		if n > 1000 || n < min(trials, 500) || !is(1) || !is(trials) {
			t.Errorf("%d trials: %d moments, first %v, last %v", trials, n, is(1), is(trials))
		}
	}
}

func TestRegressionBinsAreMomentsApart(t *testing.T) {
	r := RegressionNet{}
	is := regressionMoments(4000)
	for i := 1; i <= 4000; i++ {
		if is(i) {
			r.Trials, r.Apical = append(r.Trials, i), append(r.Apical, float64(i))
		}
	}
	bins := regressionBins(r.Trials)
	next := 0
	for _, b := range bins {
		if b[0] != next || !is(b[1]) {
			t.Fatalf("bin %v after %d", b, next)
		}
		next = b[1]
	}
	if next != 4000 || len(bins) > 60 {
		t.Errorf("%d bins, to %d", len(bins), next)
	}
	if y := r.smooth(r.Apical, bins); len(y) != len(bins) || y[0] != 1 || !(y[len(y)-1] > 3000 && y[len(y)-1] < 4000) {
		t.Errorf("smoothed %v", y)
	}
}

func TestRegressionPresets(t *testing.T) {
	told := *Regression // what a run tells about itself, without computing
	told.Claims = nil
	told.Jobs = func(RegressionParams, *experiment.Plan) (func(*experiment.Run[RegressionParams]) *RegressionRun, error) {
		return func(run *experiment.Run[RegressionParams]) *RegressionRun { return &RegressionRun{Run: run} }, nil
	}
	for scale, want := range map[experiment.Scale]struct {
		trials  int
		factor  float64
		reduced bool
		says    string
	}{
		experiment.Quick:  {4000, 100, true, "Easier than the paper's task"},
		experiment.Paper:  {100000, 100, false, "multiplied by 100"},
		regressionNFull:   {10000000, 1, false, ""},
		regressionArxivV1: {1000000, 1, false, "variant of A"},
	} {
		r, err := told.Run(t.Context(), experiment.Env{Store: openStore(t)}, regressionPreset(scale))
		if err != nil {
			t.Fatalf("%s: %v", scale, err)
		}
		if p := r.Params; p.Trials != want.trials || p.RateFactor != want.factor || r.Reduced != want.reduced || r.Changed {
			t.Errorf("%s: %d trials, factor %g, reduced %v, changed %v", scale, p.Trials, p.RateFactor, r.Reduced, r.Changed)
		}
		if says := strings.Join(r.Deviations, "\n"); !strings.Contains(says, want.says) {
			t.Errorf("%s: deviations %q do not say %q", scale, says, want.says)
		}
	}
	if p := regressionPreset(regressionArxivV1); p.Start != "self-predicting" || p.EtaPI != 0 || p.Forward != 0.1 || p.Hidden != 20 {
		t.Errorf("arxiv-v1: %+v", p)
	}
}

func TestRegressionScales(t *testing.T) {
	if s, err := Regression.ParseScale("n-full"); err != nil || s != regressionNFull {
		t.Errorf("got %q, %v", s, err)
	}
	if _, err := SelfPrediction.ParseScale("n-full"); err == nil {
		t.Error("a scale of another experiment is taken")
	}
	_, err := Regression.ParseScale("huge")
	if err == nil || !strings.Contains(err.Error(), "huge") || !strings.Contains(err.Error(), `"n-full"`) || !strings.Contains(err.Error(), `"quick"`) {
		t.Errorf("error %v does not name what there is", err)
	}
}

func TestRegressionSaysWhichParameterIsWrong(t *testing.T) {
	for name, value := range map[string]any{
		"GApical": -1, "Start": "somehow", "InputLow": 2, "RateFactor": math.NaN(),
	} {
		if _, err := Regression.At(experiment.Quick, experiment.Changes{name: value}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error %v does not name %s", err, name)
		}
	}
}

func TestRegressionFigures(t *testing.T) {
	r := runTinyRegression(t)
	for _, c := range []*chart.Chart{r.Traces(), r.Errors(), r.RelativeErrors(), r.SelfPrediction(), r.Alignment()} {
		for _, part := range []string{"reduced", "easier than the paper's", "learning rates × 100"} {
			if !strings.Contains(c.Caption, part) {
				t.Errorf("%s: caption %q does not say %q", c.Title, c.Caption, part)
			}
		}
		if len(c.Table.Rows) == 0 {
			t.Errorf("%s: no data", c.Title)
		}
	}
	errs := r.Errors().Table
	if name := errs.Columns[0].Name; name != "Training trials × 100 (rate-scaled)" {
		t.Errorf("axis %q", name)
	}
	if last := errs.Rows[len(errs.Rows)-1]; last[0] != 6000.0 || last[1] != (r.Full[0].Error[59]+r.Full[1].Error[59])/2 {
		t.Errorf("last row %v", last)
	}
	first := r.Full[0].Before
	n := len(first.Time)
	if n != len(first.Output) || n != len(first.Target) || n != len(first.Apical) || n != len(first.Input) {
		t.Errorf("traces of different lengths")
	}
	heading, rows := r.EachSeed()
	if len(rows) != 2 || len(rows[0]) != len(heading) {
		t.Errorf("table %v %v", heading, rows)
	}
}

// The views on numbers of which the results are known.
func TestRegressionNumbers(t *testing.T) {
	net := func(final float64) RegressionNet {
		return RegressionNet{
			Trials: []int{1, 10, 90, 100}, Error: []float64{1, 1, 1, final}, Final: final, Constant: 2,
			Apical: []float64{8, 8, 8, 2}, TopDown: []float64{8, 8, 8, 20}, Mismatch: []float64{9, 9, 9, 3},
			Alignment: []float64{90, 80, 70, 50}, AnglePI: []float64{90, 90, 90, 20}, AngleIP: []float64{90, 90, 90, 10},
			Limit: 0.5,
		}
	}
	p := regressionPreset(experiment.Quick)
	p.Seeds, p.Trials = 2, 100
	r := &RegressionRun{Run: &experiment.Run[RegressionParams]{Params: p},
		Full: []RegressionNet{net(0.1), net(0.5)}, Shallow: []RegressionNet{net(0.8), net(0.5)}}
	if early, late := r.uncancelled(r.Full[0]); early != 1 || late != 0.1 {
		t.Errorf("uncancelled %g and %g", early, late)
	}
	claims := r.claims()
	record.Judge(claims)
	errors := record.Find(claims, "error").Ours
	if full, shallow := errors[0].Sum().Center, errors[1].Sum().Center; full != 0.3 || shallow != 0.65 {
		t.Errorf("mean errors %g and %g", full, shallow)
	}
	judged := func(when string, want map[string]record.Verdict) {
		t.Helper()
		claims := r.claims()
		record.Judge(claims)
		if len(claims) != len(want) {
			t.Errorf("%s: %d claims, want %d", when, len(claims), len(want))
		}
		for _, c := range claims {
			if c.Verdict != want[c.ID] {
				t.Errorf("%s: %s: verdict %q, want %q (%s)", when, c.ID, c.Verdict, want[c.ID], c.OursText())
			}
		}
	}
	good := map[string]record.Verdict{
		"error": record.Qualitatively, "error-ratio": record.Deviates, "error-half": record.Qualitatively,
		"alignment": record.Matches, "uncancelled": record.Qualitatively, "apical-fall": record.Qualitatively,
		"mismatch-fall": record.Qualitatively, "lateral-angles": record.Qualitatively,
	}
	judged("good", good)
	r.Params.Start = "self-predicting"
	good["uncancelled"], good["apical-fall"] = record.Deviates, record.NotComparable // a share of 0.1 is not below 0.1
	judged("good, from the self-predicting state", good)
	r.Params.Start = "random"
	for i := range r.Full {
		r.Full[i].Final, r.Full[i].Alignment, r.Full[i].Mismatch, r.Full[i].Apical = 0.65, []float64{90, 90, 90, 88}, []float64{3, 3, 3, 3}, []float64{2, 2, 2, 2}
		r.Full[i].AnglePI = []float64{90, 90, 90, 40}
	}
	judged("bad", map[string]record.Verdict{
		"error": record.Deviates, "error-ratio": record.Deviates, "error-half": record.Deviates, "alignment": record.Deviates,
		"uncancelled": record.Deviates, "apical-fall": record.Deviates, "mismatch-fall": record.Deviates, "lateral-angles": record.Deviates,
	})
	r.Reduced = true
	if c := claim(t, r.claims(), "lateral-angles"); c.Verdict != record.Qualitatively || c.Note == "" {
		t.Errorf("reduced: %+v", c)
	}
	for i := range r.Full { // on average below 75°, in one seed not lower than at the start
		r.Full[i].Alignment = [][]float64{{90, 90, 90, 50}, {80, 80, 80, 80}}[i]
	}
	claims = r.claims()
	record.Judge(claims)
	if c := record.Find(claims, "alignment"); c.Verdict != record.Deviates {
		t.Errorf("alignment of 50° and of 80° throughout: %q", c.Verdict)
	}
}
