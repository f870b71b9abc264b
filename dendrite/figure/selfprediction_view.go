package figure

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"microcircuits/dendrite/chart"
	"microcircuits/dendrite/figure/internal/lab"
	"microcircuits/dendrite/record"
)

// Traces shows two patterns before and after learning, of the first seed.
func (r *SelfPredictionRun) Traces() *chart.Chart {
	half := r.Params.PatternMs
	column := func(title string, t SelfPredictionTraces) chart.TraceColumn {
		apical := slices.Clone(t.TopDown)
		floats.Add(apical, t.Lateral)
		return chart.TraceColumn{
			Title: title,
			Panels: []chart.Panel{
				{Y: chart.Axis{Name: "Soma"}, Curves: []chart.Curve{
					{Name: "output neuron", Quantity: chart.Soma, X: t.Time, Y: t.Output},
					{Name: "its interneuron", Quantity: chart.Interneuron, X: t.Time, Y: t.Interneuron},
				}},
				{Y: chart.Axis{Name: "Apical inputs"}, Curves: []chart.Curve{
					{Name: "top-down", Quantity: chart.Apical, X: t.Time, Y: t.TopDown},
					{Name: "lateral", Quantity: chart.Interneuron, X: t.Time, Y: t.Lateral},
				}},
				{Y: chart.Axis{Name: "Apical potential"}, Curves: []chart.Curve{
					{Name: "sum of both = error", Quantity: chart.Error, X: t.Time, Y: apical},
				}},
				{Y: chart.Axis{Name: "Input rate"}, Curves: []chart.Curve{
					{Name: "one input", Quantity: chart.Input, X: t.Time, Y: t.Input},
				}},
			},
			Windows: []chart.Window{{From: half, To: 2 * half, Label: "second pattern"}},
		}
	}
	first := r.Seeds[0]
	return chart.Traces(chart.TracesSpec{
		Title: "Feedback and its lateral cancellation",
		Caption: fmt.Sprintf("A Fig. 1 / N Fig. S1, traces. One neuron of each kind during two test patterns, before learning and after %s (seed %d; plasticity off, noise on). Potentials are relative to rest, in the model's units. Scale: %s.",
			record.Count(r.Params.Patterns, "pattern"), r.Provenance.Seeds[0], r.Badge()),
		X:       chart.Axis{Name: "Time", Unit: "ms"},
		Columns: []chart.TraceColumn{column("(i) before learning", first.Before), column("(ii) after learning", first.After)},
	})
}

// over collects one series of every seed, averaged over logarithmic bins.
func (r *SelfPredictionRun) over(pick func(SelfPredictionSeed) []float64) (x []float64, runs [][]float64) {
	bins := lab.LogBins(r.Params.Patterns, 12)
	for _, s := range r.Seeds {
		runs = append(runs, lab.Binned(pick(s), bins))
	}
	return lab.BinCentres(bins), runs
}

// curve is the course of one quantity over training.
func (r *SelfPredictionRun) curve(name string, q chart.Quantity, pick func(SelfPredictionSeed) []float64) chart.Curve {
	x, runs := r.over(pick)
	return lab.GeometricCurve(name, q, x, runs)
}

// Convergence shows the squared apical potential and the mismatch of
// interneurons and the neurons of area 2 over training.
func (r *SelfPredictionRun) Convergence() *chart.Chart {
	return chart.Lines(chart.LinesSpec{
		Title: "Top-down input, apical potential and mismatch during learning",
		Caption: fmt.Sprintf("A Fig. 1 / N Fig. S1, convergence. Squared norms of top-down input, apical potential (both over the neurons of area 1) and mismatch between the neurons of area 2 and their interneurons; mean over each training pattern; %s. Dotted: apical potential from noise alone, in the closed-form self-predicting state. Scale: %s.",
			lab.GeometricBand(len(r.Seeds)), r.Badge()),
		X: chart.Axis{Name: "Training pattern", Log: true, Range: [2]float64{1, float64(r.Params.Patterns)}},
		Y: chart.Axis{Name: "Squared norm", Log: true},
		Curves: []chart.Curve{
			r.curve("top-down input", chart.Apical, func(s SelfPredictionSeed) []float64 { return s.TopDown }),
			r.curve("apical potential", chart.Error, func(s SelfPredictionSeed) []float64 { return s.Apical }),
			r.curve("mismatch", chart.Interneuron, func(s SelfPredictionSeed) []float64 { return s.Mismatch }),
		},
		References: []chart.Reference{{
			Label: "closed form, noise alone", Value: stat.Mean(lab.Each(r.Seeds, func(s SelfPredictionSeed) float64 { return s.Floor }), nil), Quantity: chart.Paper,
		}},
		Band: lab.GeometricBand(len(r.Seeds)),
	})
}

// WeightDistance shows how far the lateral weights are from the closed-form
// self-predicting state.
func (r *SelfPredictionRun) WeightDistance() *chart.Chart {
	return chart.Lines(chart.LinesSpec{
		Title: "Distance of the lateral weights from the closed form",
		Caption: fmt.Sprintf("Root mean square over synapses; %s. The apical potential is small long before the weights reach the closed form. Scale: %s.",
			lab.GeometricBand(len(r.Seeds)), r.Badge()),
		X: chart.Axis{Name: "Training pattern", Log: true, Range: [2]float64{1, float64(r.Params.Patterns)}},
		Y: chart.Axis{Name: "Root mean square distance", Log: true},
		Curves: []chart.Curve{
			r.curve("interneuron to pyramidal", chart.Interneuron, func(s SelfPredictionSeed) []float64 { return s.DistancePI }),
			r.curve("pyramidal to interneuron", chart.Soma, func(s SelfPredictionSeed) []float64 { return s.DistanceIP }),
		},
		Band: lab.GeometricBand(len(r.Seeds)),
	})
}

// Fall is the ratio of the squared apical potential at the first training pattern
// to its mean over the last tenth of the patterns, for each seed.
func (r *SelfPredictionRun) Fall() []float64 {
	return lab.Each(r.Seeds, func(s SelfPredictionSeed) float64 { return s.Apical[0] / lab.Tail(s.Apical) })
}

func (r *SelfPredictionRun) claims() []record.Claim {
	mimic := lab.Each(r.Seeds, func(s SelfPredictionSeed) float64 { return s.Mismatch[0] / lab.Tail(s.Mismatch) })
	residue := lab.Each(r.Seeds, func(s SelfPredictionSeed) float64 { return lab.Tail(s.Apical) / lab.Tail(s.TopDown) })
	closed := lab.Each(r.Seeds, func(s SelfPredictionSeed) float64 { return s.ClosedForm })
	decays := record.Words("decays towards 0 (the curves of the supplement could not be re-read)")
	claims := []record.Claim{
		{
			ID: "apical-fall", Headline: true, Quantity: "Fall of the squared apical potential, from first pattern to last tenth",
			Paper: decays, Ours: []record.Measure{record.Median("", "%.0f", "times", r.Fall())},
			Bound: record.Holding(record.InEverySeed("").Above(100)),
		},
		{
			ID: "mismatch-fall", Quantity: "Fall of the squared mismatch of interneurons, from first pattern to last tenth",
			Paper: decays, Ours: []record.Measure{record.Median("", "%.0f", "times", mimic)},
			Bound: record.Holding(record.InEverySeed("").Above(10)),
		},
		{
			ID: "apical-share", Quantity: "Squared apical potential as a share of the squared top-down input",
			Paper: record.Words("small"), Ours: []record.Measure{record.Median("", "%.2g", "", residue)},
			Bound: record.Holding(record.InEverySeed("").Below(0.02)),
			Note:  "the top-down input stays large: it is cancelled, not removed",
		},
		{
			ID: "closed-form", Quantity: "Closed-form self-predicting state: largest apical potential after settling",
			Paper: record.Words("0 (N 2.2, exact)"), Ours: []record.Measure{record.Single("", "%.1e", "", floats.Max(closed))},
			Bound: record.Matching(record.Alone("").Below(1e-9)),
			Note:  "without noise and teacher, over all seeds",
		},
	}
	if r.Params.Transfer == "softplus" && r.Params.Patterns >= 500 {
		claims = append(claims,
			r.course("early", "1 and 10", "1279 and 86", meanOver{"pattern 1:", 0, 1, "%.0f", 1279}, meanOver{"pattern 10:", 7, 13, "%.0f", 86}),
			r.course("late", "100 and 500", "5 and 2", meanOver{"pattern 100:", 80, 120, "%.1f", 5}, meanOver{"pattern 500:", 450, 550, "%.1f", 2}))
		redrawn := 0
		for _, seed := range r.Seeds {
			redrawn += seed.Redrawn
		}
		early := record.Find(claims, "apical-course-early")
		early.Note = fmt.Sprintf("the first patterns depend on the initial weights: one seed there; here, networks without a stable state, whose potentials grow without limit, were replaced (%d of %d)",
			redrawn, redrawn+len(r.Seeds))
	}
	return claims
}

// meanOver is a pattern at which the apical potential is compared: the mean over
// patterns from..to-1, and the value of an independent program.
type meanOver struct {
	pattern     string
	from, to    int
	format      string
	independent float64
}

// course compares the fall of the apical potential with that in an independent
// program, within a factor of 4.
func (r *SelfPredictionRun) course(name, patterns, independent string, points ...meanOver) record.Claim {
	c := record.Claim{
		ID: "apical-course-" + name, Quantity: "Squared apical potential at patterns " + patterns,
		Paper: record.Words("not printed; an independent program, one seed: %s", independent),
	}
	for _, at := range points {
		c.Ours = append(c.Ours, record.Median(at.pattern, at.format, "", lab.Each(r.Seeds, func(s SelfPredictionSeed) float64 {
			return stat.Mean(s.Apical[at.from:min(at.to, len(s.Apical))], nil)
		})))
		c.Bound.Holds = append(c.Bound.Holds, record.ByMedian(at.pattern).WithinFactor(4, at.independent))
	}
	return c
}
