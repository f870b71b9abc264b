package experiment

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"microcircuits/dendrite/chart"
)

// What N reports of this figure.
const (
	paperErrorAxis  = 0.1  // end of the axis of N Fig. 2C
	paperTraceAxis  = 25   // Hz, end of the axis of N Fig. 2B
	paperAlignment  = 45   // degrees
	hertz           = 1000 // of a rate of 1, if it is one spike per ms
	wellBelowRight  = 80.0 // degrees: what counts as falling well below a right angle
	clearlyBetter   = 0.75 // of the shallow learner's error
	halfTheShallows = 0.5
)

// task says in words what was learned, with what a reader must know about its
// scale.
func (r *RegressionRun) task() string {
	p := r.Params
	text := fmt.Sprintf("Student %d-%d-%d, teacher %d-%d-%d, inputs U(%g, %g)", p.Inputs, p.Hidden, p.Outputs, p.Inputs, p.TeacherHidden, p.Outputs, p.InputLow, p.InputHigh)
	if p.InputLow >= 0 {
		text += ", easier than the paper's U(-1, 1)"
	}
	if p.RateFactor != 1 {
		text += fmt.Sprintf("; learning rates × %g", p.RateFactor)
	}
	return text
}

// trials is the axis of all curves, in trials at the paper's learning rates.
func (r *RegressionRun) trials(log bool) (chart.Axis, []float64) {
	x := make([]float64, len(r.Full[0].Trials))
	for i, n := range r.Full[0].Trials {
		x[i] = float64(n) * r.Params.RateFactor
	}
	a := chart.Axis{Name: "Training trials", Log: log}
	if r.Params.RateFactor != 1 {
		a.Name = fmt.Sprintf("Training trials × %g (rate-scaled)", r.Params.RateFactor)
	}
	return a, x
}

func (r *RegressionRun) band() string {
	return fmt.Sprintf("mean and standard deviation of %d seeds", len(r.Full))
}

func collect(nets []RegressionNet, pick func(RegressionNet) []float64) [][]float64 {
	var runs [][]float64
	for _, n := range nets {
		runs = append(runs, pick(n))
	}
	return runs
}

// Traces shows an output neuron with its target, an apical dendrite and an
// input before and after learning, of the first seed.
func (r *RegressionRun) Traces() *chart.Chart {
	ms := r.Params.PatternMs
	inHertz := func(x []float64) []float64 {
		y := make([]float64, len(x))
		floats.ScaleTo(y, hertz, x)
		return y
	}
	column := func(title string, t RegressionTraces) chart.TraceColumn {
		return chart.TraceColumn{
			Title: title,
			Panels: []chart.Panel{
				{Y: chart.Axis{Name: "Output", Unit: "Hz"}, Curves: []chart.Curve{
					{Name: "output neuron", Quantity: chart.Soma, X: t.Time, Y: inHertz(t.Output)},
					{Name: "target", Quantity: chart.Target, X: t.Time, Y: inHertz(t.Target)},
				}},
				{Y: chart.Axis{Name: "Apical potential"}, Curves: []chart.Curve{
					{Name: "one neuron of area 1", Quantity: chart.Error, X: t.Time, Y: t.Apical},
				}},
				{Y: chart.Axis{Name: "Input rate"}, Curves: []chart.Curve{
					{Name: "one input", Quantity: chart.Input, X: t.Time, Y: t.Input},
				}},
			},
			Windows: []chart.Window{{From: ms / 2, To: ms, Label: "teacher on"}, {From: 3 * ms / 2, To: 2 * ms, Label: "teacher on"}},
		}
	}
	first := r.Full[0]
	return chart.Traces(chart.TracesSpec{
		Title: "Output, target and apical error before and after learning",
		Caption: fmt.Sprintf("N Fig. 2B (A Fig. 3). Two unseen patterns of %g ms, teacher off and then on within each; the output neuron whose target varies most, and the neuron of area 1 that listens most to it (seed %d; plasticity off, noise on). Rates have no unit in the model; hertz is 1000 r, which takes r as spikes per ms: N does not say how its axis, which ends at %d Hz, is meant. %s. Scale: %s.",
			ms, r.Provenance.Seeds[0], paperTraceAxis, r.task(), r.Badge()),
		X:       chart.Axis{Name: "Time", Unit: "ms"},
		Columns: []chart.TraceColumn{column("(i) before learning", first.Before), column(fmt.Sprintf("(ii) after %d trials", r.Params.Trials), first.After)},
	})
}

// Errors shows the squared error of both learners over training.
func (r *RegressionRun) Errors() *chart.Chart {
	axis, x := r.trials(false)
	pick := func(n RegressionNet) []float64 { return n.Error }
	mean := func(name string, q chart.Quantity, nets []RegressionNet) chart.Curve {
		c := chart.MeanSD(name, q, x, collect(nets, pick))
		c.Low, c.High = nil, nil // the teachers differ more than the learners: single runs instead of a band
		return c
	}
	return chart.Lines(chart.LinesSpec{
		Title: "Squared error on unseen patterns",
		Caption: fmt.Sprintf("N Fig. 2C (A Fig. 3). |r_2 - r^trgt|² of the feed-forward pass, noise-free and teacher off, after every trial on a new pattern; moving average over %d trials. Bold: mean of %d seeds; faint: each seed, both learners with the same teacher and initial weights. Straight lines: always giving the mean target, and about where the shallow learner would end, however long it learns. The paper's axis ends at %g. %s. Scale: %s.",
			r.Params.Window, len(r.Full), paperErrorAxis, r.task(), r.Badge()),
		X: axis, Y: chart.Axis{Name: "Squared error"},
		Curves: []chart.Curve{
			mean("microcircuit", chart.Microcircuit, r.Full),
			mean("shallow learner", chart.Shallow, r.Shallow),
		},
		References: []chart.Reference{
			{Label: "always the mean target", Quantity: chart.Target, Value: r.meanOf(func(s int) float64 { return r.Full[s].Constant })},
			{Label: "limit of the shallow learner", Quantity: chart.Shallow, Value: r.meanOf(func(s int) float64 { return r.Shallow[s].Limit })},
		},
		Band: "single runs",
	})
}

// RelativeErrors shows the same as a share of each teacher's own variance.
func (r *RegressionRun) RelativeErrors() *chart.Chart {
	axis, x := r.trials(false)
	curve := func(name string, q chart.Quantity, nets []RegressionNet) chart.Curve {
		mean, low, high := geometric(collect(nets, func(n RegressionNet) []float64 {
			y := make([]float64, len(n.Error))
			floats.ScaleTo(y, 1/n.Constant, n.Error)
			return y
		}))
		return chart.Curve{Name: name, Quantity: q, X: x, Y: mean, Low: low, High: high}
	}
	return chart.Lines(chart.LinesSpec{
		Title: "The same, as a share of the target's variance",
		Caption: fmt.Sprintf("Squared error divided by that of always giving the mean target, which differs from teacher to teacher: below 1 a network has learned more than the mean. Line and band: geometric mean and standard deviation of %d seeds. %s. Scale: %s.",
			len(r.Full), r.task(), r.Badge()),
		X: axis, Y: chart.Axis{Name: "Relative squared error", Log: true},
		Curves: []chart.Curve{
			curve("microcircuit", chart.Microcircuit, r.Full),
			curve("shallow learner", chart.Shallow, r.Shallow),
		},
		References: []chart.Reference{{Label: "always the mean target", Value: 1, Quantity: chart.Target}},
		Band:       fmt.Sprintf("geometric mean and standard deviation of %d seeds", len(r.Full)),
	})
}

// trialBins groups the moments of a run into bins, each a twelfth of a decade of
// trials or more, as first index and end.
func trialBins(trials []int) [][2]int {
	var bins [][2]int
	from := 0
	for i, t := range trials {
		if float64(t) >= float64(from)*math.Pow(10, 1./12) || i == len(trials)-1 {
			bins = append(bins, [2]int{from, t})
			from = t
		}
	}
	return bins
}

// smooth averages a curve whose points are means since the point before over
// the logarithmic bins of trials.
func (n RegressionNet) smooth(curve []float64, bins [][2]int) []float64 {
	y := make([]float64, len(bins))
	for i, b := range bins {
		y[i] = n.over(curve, b[0], b[1])
	}
	return y
}

// SelfPrediction shows how the feedback comes to be cancelled while the task is
// learned.
func (r *RegressionRun) SelfPrediction() *chart.Chart {
	axis, _ := r.trials(true)
	bins := trialBins(r.Full[0].Trials)
	x := make([]float64, len(bins))
	for i, b := range bins {
		x[i] = float64(b[1]) * r.Params.RateFactor
	}
	curve := func(name string, q chart.Quantity, pick func(RegressionNet) []float64) chart.Curve {
		mean, low, high := geometric(collect(r.Full, func(n RegressionNet) []float64 { return n.smooth(pick(n), bins) }))
		return chart.Curve{Name: name, Quantity: q, X: x, Y: mean, Low: low, High: high}
	}
	band := fmt.Sprintf("geometric mean and standard deviation of %d seeds", len(r.Full))
	return chart.Lines(chart.LinesSpec{
		Title: "The self-predicting state emerges during learning",
		Caption: fmt.Sprintf("N Fig. 2C insets or Fig. S1. Squared norms over the neurons of area 1, of the top-down input W_1,2 r_2 and of the apical potential v_A, and over those of area 2, of the mismatch u_2 - u^I_1; means during training up to each point, so with noise and with the teacher, whose error remains to be seen; %s. N's axes end at 3. %s. Scale: %s.",
			band, r.task(), r.Badge()),
		X: axis, Y: chart.Axis{Name: "Squared norm", Log: true},
		Curves: []chart.Curve{
			curve("top-down input", chart.Apical, func(n RegressionNet) []float64 { return n.TopDown }),
			curve("apical potential", chart.Error, func(n RegressionNet) []float64 { return n.Apical }),
			curve("mismatch", chart.Interneuron, func(n RegressionNet) []float64 { return n.Mismatch }),
		},
		Band: band,
	})
}

// Alignment shows the angles between weight matrices over training.
func (r *RegressionRun) Alignment() *chart.Chart {
	axis, x := r.trials(true)
	curve := func(name string, q chart.Quantity, pick func(RegressionNet) []float64) chart.Curve {
		return chart.MeanSD(name, q, x, collect(r.Full, pick))
	}
	return chart.Lines(chart.LinesSpec{
		Title: "Forward weights align with the random feedback weights",
		Caption: fmt.Sprintf("N Fig. S1. Angles between flattened weight matrices. Feedback alignment: forward W_2,1 against the transpose of the fixed feedback W_1,2. Self-prediction: W^PI against -W_1,2 and W^IP against W_2,1, both 0° in the closed form. Band: %s. %s. Scale: %s.",
			r.band(), r.task(), r.Badge()),
		X: axis, Y: chart.Axis{Name: "Angle", Unit: "°", Range: [2]float64{0, 100}},
		Curves: []chart.Curve{
			curve("forward to feedback", chart.Basal, func(n RegressionNet) []float64 { return n.Alignment }),
			curve("Wᴾᴵ to −feedback", chart.Interneuron, func(n RegressionNet) []float64 { return n.AnglePI }),
			curve("Wᴵᴾ to forward", chart.Soma, func(n RegressionNet) []float64 { return n.AngleIP }),
		},
		References: []chart.Reference{
			{Label: "paper, forward to feedback: about 45°", Value: paperAlignment, Quantity: chart.Paper},
		},
		Band: r.band(), Height: 400,
	})
}

func (r *RegressionRun) each(f func(seed int) float64) []float64 {
	var out []float64
	for s := range r.Full {
		out = append(out, f(s))
	}
	return out
}

func (r *RegressionRun) meanOf(f func(seed int) float64) float64 { return stat.Mean(r.each(f), nil) }

// Ratios are the errors of the microcircuit over those of the shallow learner,
// both over the last tenth of the trials, seed by seed.
func (r *RegressionRun) Ratios() []float64 {
	return r.each(func(s int) float64 { return r.Full[s].Final / r.Shallow[s].Final })
}

// MeanErrors are the errors over the last tenth of the trials, averaged over
// seeds.
func (r *RegressionRun) MeanErrors() (microcircuit, shallow float64) {
	return r.meanOf(func(s int) float64 { return r.Full[s].Final }), r.meanOf(func(s int) float64 { return r.Shallow[s].Final })
}

// over is the mean of a curve whose points are means since the point before,
// over trials after the first from and up to to.
func (n RegressionNet) over(curve []float64, from, to int) float64 {
	var sum, weight float64
	before := 0
	for i, t := range n.Trials {
		if before >= from && t <= to {
			sum += curve[i] * float64(t-before)
			weight += float64(t - before)
		}
		before = t
	}
	return sum / weight
}

// earlyLate are the means of curves over the first hundredth and the last tenth
// of the trials.
func (r *RegressionRun) earlyLate(s int, pick func(RegressionNet) []float64) (early, late float64) {
	n := r.Full[s]
	c := pick(n)
	return n.over(c, 0, max(1, r.Params.Trials/100)), n.over(c, r.Params.lastTenth(), math.MaxInt)
}

// uncancelled is |v_A|^2 over |W r|^2, early and late.
func (r *RegressionRun) uncancelled(s int) (early, late float64) {
	a, b := r.earlyLate(s, func(n RegressionNet) []float64 { return n.Apical })
	c, d := r.earlyLate(s, func(n RegressionNet) []float64 { return n.TopDown })
	return a / c, b / d
}

// EachSeed is a table of what every pair of networks did: its heading and one
// row of cells per seed.
func (r *RegressionRun) EachSeed() (heading []string, rows [][]string) {
	heading = []string{"Seed", "Mean target", "Shallow", "its limit", "Microcircuit", "Ratio", "Angle", "Not cancelled"}
	ratio := r.Ratios()
	for s, seed := range r.Provenance.Seeds {
		n := r.Full[s]
		early, late := r.uncancelled(s)
		rows = append(rows, []string{
			fmt.Sprint(seed), fmt.Sprintf("%.4f", n.Constant), fmt.Sprintf("%.4f", r.Shallow[s].Final), fmt.Sprintf("%.4f", r.Shallow[s].Limit),
			fmt.Sprintf("%.4f", n.Final),
			fmt.Sprintf("%.2f", ratio[s]), fmt.Sprintf("%.0f° to %.0f°", n.Alignment[0], n.Alignment[len(n.Alignment)-1]),
			fmt.Sprintf("%.2g to %.2g", early, late),
		})
	}
	return heading, rows
}

func (r *RegressionRun) compare() []Comparison {
	full, shallow := r.MeanErrors()
	ratios := r.Ratios()
	last := func(x []float64) float64 { return x[len(x)-1] }
	first := r.each(func(s int) float64 { return r.Full[s].Alignment[0] })
	aligned := r.each(func(s int) float64 { return last(r.Full[s].Alignment) })
	share := r.each(func(s int) float64 { early, late := r.uncancelled(s); return early / late })
	apical := r.each(func(s int) float64 {
		early, late := r.earlyLate(s, func(n RegressionNet) []float64 { return n.Apical })
		return early / late
	})
	mismatch := r.each(func(s int) float64 {
		early, late := r.earlyLate(s, func(n RegressionNet) []float64 { return n.Mismatch })
		return early / late
	})
	ip := r.each(func(s int) float64 { return last(r.Full[s].AngleIP) })
	pi := r.each(func(s int) float64 { return last(r.Full[s].AnglePI) })
	cancelled := Comparison{
		Quantity: "Share of the feedback not cancelled",
		Paper:    "the apical potential decays (N Fig. 2C or S1)",
		Ours:     spread(share, "%.0f times") + " lower", Tolerance: "more than 5 times in every seed",
		Verdict: verdict(floats.Min(share) > 5, Qualitatively),
		Note:    fmt.Sprintf("squared apical potential over squared top-down input, first hundredth of the trials over last tenth. The squared apical potential itself: %s lower; it holds the teacher's error too, and the feedback grows as the task is learned", spread(apical, "%.1f times")),
	}
	if r.Params.Start == "self-predicting" {
		late := r.each(func(s int) float64 { _, late := r.uncancelled(s); return late })
		cancelled = Comparison{
			Quantity: "Share of the feedback not cancelled",
			Paper:    "small: A starts in the self-predicting state", Ours: spread(late, "%.2g"), Tolerance: "below 0.1 in every seed",
			Verdict: verdict(floats.Max(late) < 0.1, Qualitatively), Note: "squared apical potential over squared top-down input in the last tenth of the trials, with the teacher on, whose error it holds",
		}
	}
	alignment := verdict(stat.Mean(aligned, nil) < wellBelowRight && floats.Max(aligned) < floats.Min(first), Qualitatively)
	if alignment == Qualitatively && math.Abs(stat.Mean(aligned, nil)-paperAlignment) <= 10 {
		alignment = Matches
	}
	return []Comparison{
		{
			Quantity: "Squared error of microcircuit and shallow learner",
			Paper:    "well below (N Fig. 2C, curves on an axis from 0 to 0.1)",
			Ours:     fmt.Sprintf("%.3g and %.3g, means over seeds", full, shallow), Tolerance: "at most three quarters of it, averaged over seeds",
			Verdict: verdict(full <= clearlyBetter*shallow, Qualitatively),
			Note: fmt.Sprintf("over the last tenth of the trials, on unseen patterns, noise-free. However long it learned, the shallow learner would end near %.3g with these hidden neurons",
				r.meanOf(func(s int) float64 { return r.Shallow[s].Limit })),
		},
		{
			Quantity: "Their ratio, seed by seed",
			Paper:    "one run shown", Ours: spread(ratios, "%.2g"), Tolerance: "below 1 in every seed",
			Verdict: verdict(floats.Max(ratios) < 1, Qualitatively),
		},
		{
			Quantity: "Half the shallow learner's error",
			Paper:    "not printed; about that in N Fig. 2C", Ours: fmt.Sprintf("%.2g of it", full/shallow), Tolerance: "at most 0.5, averaged over seeds",
			Verdict: verdict(full <= halfTheShallows*shallow, Qualitatively),
		},
		{
			Quantity: "Angle of forward to feedback weights",
			Paper:    "from about 90° to about 45° (N 3.3, Fig. S1)",
			Ours:     fmt.Sprintf("%.0f° to %.0f° (means)", stat.Mean(first, nil), stat.Mean(aligned, nil)), Tolerance: "matches: 45 ± 10°; qualitatively: below 80° on average, lower in every seed",
			Verdict: alignment,
			Note:    "reimplementations at rates × 100 reach 60 to 70° in 35 000 to 220 000 trials",
		},
		cancelled,
		{
			Quantity: "Squared mismatch of interneurons and outputs",
			Paper:    "decays (N Fig. 2C or S1)",
			Ours:     spread(mismatch, "%.1f times") + " lower", Tolerance: "more than 1.5 times in every seed",
			Verdict: verdict(floats.Min(mismatch) > 1.5, Qualitatively),
			Note:    "first hundredth of the trials over last tenth; noise and the teacher's pull on the outputs leave a floor",
		},
		{
			Quantity: "Angles of the lateral weights to the self-predicting state",
			Paper:    "0° in the self-predicting state; a reimplementation reaches 4.4° and 20°",
			Ours:     fmt.Sprintf("%s and %s", spread(ip, "%.0f°"), spread(pi, "%.0f°")), Tolerance: "below 80° in every seed",
			Verdict: verdict(max(floats.Max(ip), floats.Max(pi)) < wellBelowRight, Qualitatively),
			Note:    "W^IP to W_2,1 and W^PI to -W_1,2",
		},
	}
}
