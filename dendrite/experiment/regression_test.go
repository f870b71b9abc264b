package experiment

import (
	"context"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"microcircuits/dendrite/chart"
	"microcircuits/dendrite/microcircuit"
)

// tinyRegression runs in a moment.
func tinyRegression() Regression {
	p := RegressionPreset(Quick)
	p.Inputs, p.Hidden, p.Outputs, p.TeacherHidden = 5, 6, 3, 4
	p.Seeds, p.Trials, p.Window, p.PatternMs = 2, 60, 10, 20
	return p
}

func TestRegressionSameBitsForAnyWorkers(t *testing.T) {
	p := tinyRegression()
	var want *RegressionRun
	for _, workers := range []int{1, 4} {
		r, err := p.Run(t.Context(), Env{Store: openStore(t), Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = r
		} else if !reflect.DeepEqual(r.Full, want.Full) || !reflect.DeepEqual(r.Shallow, want.Shallow) {
			t.Errorf("%d workers give other numbers than 1", workers)
		}
	}
	if reflect.DeepEqual(want.Full[0], want.Full[1]) {
		t.Error("two seeds give equal results")
	}
}

func TestRegressionResumesBitForBit(t *testing.T) {
	p := tinyRegression()
	p.Seeds = 1
	whole, err := p.Run(t.Context(), Env{Store: openStore(t)})
	if err != nil {
		t.Fatal(err)
	}
	store := openStore(t)
	ctx, cancel := context.WithCancel(t.Context())
	_, err = p.Run(ctx, Env{Store: store, Workers: 1, Progress: func(q Progress) {
		if q.Fraction > 0.3 { // of both learners: the first one is past its middle
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("not stopped: %v", err)
	}
	first := 1.0
	resumed, err := p.Run(t.Context(), Env{Store: store, Workers: 1, Progress: func(q Progress) { first = min(first, q.Fraction) }})
	if err != nil {
		t.Fatal(err)
	}
	if first < 0.3 {
		t.Errorf("began again at %v instead of the checkpoint", first)
	}
	if !reflect.DeepEqual(resumed.Full, whole.Full) || !reflect.DeepEqual(resumed.Shallow, whole.Shallow) {
		t.Error("stopped and resumed, the numbers differ from those of an uninterrupted run")
	}
}

// Measuring must not change what is learned, and only what a learner is allowed
// to learn may change.
func TestRegressionLearnersLearnTheirOwn(t *testing.T) {
	p := tinyRegression()
	for _, who := range []learner{fullLearner, shallowLearner} {
		fresh, err := microcircuit.New(p.network(who), 1)
		if err != nil {
			t.Fatal(err)
		}
		initial := fresh.State()
		task := p.pair(1)
		for i := range p.Trials {
			task.load("training input", i)
			fresh.Input(task.input)
			fresh.Target(task.u)
			if err := fresh.Run(t.Context(), p.PatternMs); err != nil {
				t.Fatal(err)
			}
		}
		measured, err := microcircuit.New(p.network(who), 1)
		if err != nil {
			t.Fatal(err)
		}
		silent := &Work{report: func(float64, string, []Point) {}}
		if err := p.pair(1).learn(t.Context(), silent, who, measured, &regressionState{}); err != nil {
			t.Fatal(err)
		}
		got := measured.State()
		if !reflect.DeepEqual(got, fresh.State()) {
			t.Errorf("%s: measuring between trials changes the network", who)
		}
		full := who == fullLearner
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

// Both learners start from the same forward weights and face the same patterns.
func TestRegressionLearnersStartEqual(t *testing.T) {
	p := tinyRegression()
	var nets []microcircuit.State
	for _, who := range []learner{fullLearner, shallowLearner} {
		net, err := microcircuit.New(p.network(who), 1)
		if err != nil {
			t.Fatal(err)
		}
		nets = append(nets, net.State())
	}
	if !reflect.DeepEqual(nets[0].WPPUp, nets[1].WPPUp) {
		t.Error("the learners start with different forward weights")
	}
	r, err := p.Run(t.Context(), Env{Store: openStore(t)})
	if err != nil {
		t.Fatal(err)
	}
	if r.Full[0].Constant != r.Shallow[0].Constant {
		t.Error("the learners have different teachers")
	}
	if a, b := r.Full[0].Before.Target, r.Full[0].After.Target; !reflect.DeepEqual(a, b) {
		t.Error("traces before and after show different patterns")
	}
}

// The test error is what the settled network says without noise and teacher
// when its feedback is cancelled.
func TestRegressionErrorIsThatOfTheSettledNetwork(t *testing.T) {
	p := tinyRegression()
	p.Transfer = "logistic"
	net, err := microcircuit.New(p.frozen(fullLearner), 3)
	if err != nil {
		t.Fatal(err)
	}
	net.SelfPredict()
	task := p.pair(3)
	got := task.test(net, "unseen input", 7)
	net.Input(task.input)
	if err := net.Settle(t.Context(), 1e-13, 10000); err != nil {
		t.Fatal(err)
	}
	if want := squaredDistance(net.Value(microcircuit.Rate, 2), task.r); !(math.Abs(got-want) < 1e-10) || want < 1e-3 {
		t.Errorf("error %g, the settled network's is %g", got, want)
	}
}

// With targets that some output weights give exactly, the shallow learner's
// limit finds these weights and is 0; its features are those of the network.
func TestRegressionLimitFindsWhatCanBeLearned(t *testing.T) {
	p := tinyRegression()
	p.InputLow = -1
	net, err := microcircuit.New(p.network(shallowLearner), 2)
	if err != nil {
		t.Fatal(err)
	}
	task := p.pair(2)
	x, targets := task.features(net, "test", 400)
	w := net.WPPUp(2)
	for i := range 400 {
		task.load("test", i)
		if !floats.EqualApprox(targets.RawRowView(i), task.r, 0) {
			t.Fatalf("pattern %d: targets %v, want %v", i, targets.RawRowView(i), task.r)
		}
		for j, u := range net.Predict(nil, task.input) {
			if got := floats.Dot(x.RawRowView(i), w.Row(j)); math.Abs(got-u) > 1e-12 {
				t.Fatalf("pattern %d: features give potential %g, the network %g", i, got, u)
			}
		}
	}
	rates := mat.NewVecDense(400, nil)
	rates.MulVec(x, mat.NewVecDense(p.Hidden, w.Row(1)))
	task.transfer.Forward(rates.RawVector().Data, rates.RawVector().Data)
	found := task.fixedPoint(x, rates.RawVector().Data)
	if !floats.EqualApprox(found.RawVector().Data, w.Row(1), 1e-4) {
		t.Errorf("found %v, want %v", found.RawVector().Data, w.Row(1))
	}
	limit := task.limit(net)
	if !(limit > 0 && limit < task.constant()) {
		t.Errorf("limit %g, always the mean target gives %g", limit, task.constant())
	}
}

// Under rule (7) the teacher nudges, and does not replace, the output: the
// weights it leaves alone are not quite those that limit finds, and the error
// is nearly the same.
func TestRegressionLimitIsCloseToWhereTheRuleEnds(t *testing.T) {
	p := RegressionPreset(Paper)
	p.Hidden = 10 // few, so that the data determine their weights
	net, err := microcircuit.New(p.network(shallowLearner), 1)
	if err != nil {
		t.Fatal(err)
	}
	const patterns = 1000
	task := p.pair(1)
	x, rates := task.features(net, "test", patterns)
	potentials := mat.NewDense(patterns, p.Outputs, nil)
	for i := range patterns {
		task.load("test", i)
		potentials.SetRow(i, task.u)
	}
	lambda := p.network(shallowLearner).G.MixingOutput()
	v, nudged, change := mat.NewVecDense(patterns, nil), make([]float64, patterns), make([]float64, patterns)
	predict := func(w *mat.VecDense) {
		v.MulVec(x, w)
		task.transfer.Forward(change, v.RawVector().Data)
	}
	var found, ends float64
	for j := range p.Outputs {
		target := mat.Col(nil, j, rates)
		w := task.fixedPoint(x, target)
		predict(w)
		found += squaredDistance(change, target)
		slope := make([]float64, patterns)
		task.transfer.Derivative(slope, v.RawVector().Data)
		floats.Scale(lambda, slope)
		var weighted, inverse mat.Dense
		weighted.Mul(mat.NewDiagDense(patterns, slope), x)
		inverse.Mul(x.T(), &weighted)
		if err := inverse.Inverse(&inverse); err != nil {
			t.Fatal(err)
		}
		step := mat.NewVecDense(p.Hidden, nil)
		for range 200 {
			predict(w)
			for i := range nudged {
				nudged[i] = (1-lambda)*v.AtVec(i) + lambda*potentials.At(i, j)
			}
			task.transfer.Forward(nudged, nudged)
			floats.SubTo(change, nudged, change)
			step.MulVec(x.T(), mat.NewVecDense(patterns, change))
			step.MulVec(&inverse, step)
			w.AddVec(w, step)
		}
		if n := mat.Norm(step, 2); !(n < 1e-6*mat.Norm(w, 2)) {
			t.Fatalf("output %d still moves by %g", j, n)
		}
		predict(w)
		ends += squaredDistance(change, target)
	}
	if !(math.Abs(ends-found) < 0.02*found) {
		t.Errorf("error %g, the rule ends at %g", found/patterns, ends/patterns)
	}
}

func TestRegressionCurvesAreSmall(t *testing.T) {
	for _, trials := range []int{10, 4000, 100000, 10000000} {
		is, n := moments(trials), 0
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

func TestTrialBinsAreMomentsApart(t *testing.T) {
	r := RegressionNet{}
	is := moments(4000)
	for i := 1; i <= 4000; i++ {
		if is(i) {
			r.Trials, r.Apical = append(r.Trials, i), append(r.Apical, float64(i))
		}
	}
	bins := trialBins(r.Trials)
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

func TestMovingAverageIsUnbiased(t *testing.T) {
	var a average
	for i := range 5 {
		if got := a.add(3, 100); math.Abs(got-3) > 1e-12 {
			t.Errorf("average of %d equal values is %g", i+1, got)
		}
	}
	for range 1000 {
		a.add(1, 100)
	}
	if got := a.add(1, 100); math.Abs(got-1) > 1e-3 {
		t.Errorf("after ten windows the average still remembers: %g", got)
	}
}

func TestRegressionPresets(t *testing.T) {
	for scale, want := range map[Scale]struct {
		trials  int
		factor  float64
		reduced bool
		says    string
	}{
		Quick:   {4000, 100, true, "Easier than the paper's task"},
		Paper:   {100000, 100, false, "multiplied by 100"},
		NFull:   {10000000, 1, false, ""},
		ArxivV1: {1000000, 1, false, "variant of A"},
	} {
		p := RegressionPreset(scale)
		if err := p.Validate(); err != nil {
			t.Errorf("%s: %v", scale, err)
		}
		r := p.record()
		if p.Trials != want.trials || p.RateFactor != want.factor || r.Reduced != want.reduced || r.Changed {
			t.Errorf("%s: %d trials, factor %g, reduced %v, changed %v", scale, p.Trials, p.RateFactor, r.Reduced, r.Changed)
		}
		if !strings.Contains(strings.Join(r.Info.Deviations, "\n"), want.says) {
			t.Errorf("%s: deviations %q do not say %q", scale, r.Info.Deviations, want.says)
		}
	}
	if p := RegressionPreset(ArxivV1); p.Start != "self-predicting" || p.EtaPI != 0 || p.Forward != 0.1 || p.Hidden != 20 {
		t.Errorf("arxiv-v1: %+v", p)
	}
}

func TestParseScale(t *testing.T) {
	if s, err := ParseScale("n-full", NFull, ArxivV1); err != nil || s != NFull {
		t.Errorf("got %q, %v", s, err)
	}
	if _, err := ParseScale("n-full"); err == nil {
		t.Error("a scale of another experiment is taken")
	}
	_, err := ParseScale("huge", NFull)
	if err == nil || !strings.Contains(err.Error(), "huge") || !strings.Contains(err.Error(), `"n-full"`) || !strings.Contains(err.Error(), `"quick"`) {
		t.Errorf("error %v does not name what there is", err)
	}
}

func TestRegressionSaysWhichParameterIsWrong(t *testing.T) {
	for name, spoil := range map[string]func(*Regression){
		"GApical":    func(p *Regression) { p.GApical = -1 },
		"Start":      func(p *Regression) { p.Start = "somehow" },
		"InputLow":   func(p *Regression) { p.InputLow = 2 },
		"RateFactor": func(p *Regression) { p.RateFactor = math.NaN() },
	} {
		p := tinyRegression()
		spoil(&p)
		if _, err := p.Run(t.Context(), Env{Store: openStore(t)}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error %v does not name %s", err, name)
		}
	}
}

func TestRegressionFigures(t *testing.T) {
	r, err := tinyRegression().Run(t.Context(), Env{Store: openStore(t)})
	if err != nil {
		t.Fatal(err)
	}
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
			Apical: []float64{8, 8, 8, 2}, TopDown: []float64{8, 8, 8, 20}, Mismatch: []float64{6, 6, 6, 3},
			Alignment: []float64{90, 80, 70, 50}, AnglePI: []float64{90, 90, 90, 30}, AngleIP: []float64{90, 90, 90, 10},
			Limit: 0.5,
		}
	}
	p := RegressionPreset(Quick)
	p.Seeds, p.Trials = 2, 100
	r := &RegressionRun{Record: p.record(), Params: p,
		Full: []RegressionNet{net(0.1), net(0.5)}, Shallow: []RegressionNet{net(0.8), net(0.5)}}
	r.Provenance.Seeds = []int{1, 2}
	full, shallow := r.MeanErrors()
	if full != 0.3 || shallow != 0.65 {
		t.Errorf("mean errors %g and %g", full, shallow)
	}
	if early, late := r.uncancelled(0); early != 1 || late != 0.1 {
		t.Errorf("uncancelled %g and %g", early, late)
	}
	c := r.compare()
	want := []Verdict{Qualitatively, Deviates, Qualitatively, Matches, Qualitatively, Qualitatively, Qualitatively}
	for i, w := range want {
		if c[i].Verdict != w {
			t.Errorf("%q: verdict %q, want %q (%s)", c[i].Quantity, c[i].Verdict, w, c[i].Ours)
		}
	}
	for i := range r.Full {
		r.Full[i].Final, r.Full[i].Alignment, r.Full[i].Mismatch, r.Full[i].Apical = 0.65, []float64{90, 90, 90, 88}, []float64{3, 3, 3, 3}, []float64{2, 2, 2, 2}
	}
	for i, c := range r.compare()[:6] {
		if c.Verdict != Deviates && i != 4 { // the share of the feedback still falls tenfold
			t.Errorf("%q: a bad result is called %q (%s)", c.Quantity, c.Verdict, c.Ours)
		}
	}
}
