package figure

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"microcircuits/dendrite/chart"
	"microcircuits/dendrite/figure/internal/lab"
	"microcircuits/dendrite/record"
)

// The ends of the axes of N Fig. 1C: (i) the squared mismatch, (ii) the norm of
// the apical potential.
const (
	paperMismatchAxis = 1.0
	paperApicalAxis   = 10.0
)

// The criteria of success, the same for every seed, scale and variant: a tenfold
// fall, and a distance of the output from its target of at most a fifth of the
// range of the targets (root mean square over output neurons).
const (
	associationFall    = 10.0
	associationReached = 0.2
)

// Traces shows 100 ms without and 100 ms with the teacher, before and after
// learning, of the first seed.
func (r *AssociationRun) Traces() *chart.Chart {
	column := func(title string, t AssociationTraces) chart.TraceColumn {
		apical := slices.Clone(t.TopDown)
		floats.Add(apical, t.Lateral)
		return chart.TraceColumn{
			Title: title,
			Panels: []chart.Panel{
				{Y: chart.Axis{Name: "Output"}, Curves: []chart.Curve{
					{Name: "output neuron", Quantity: chart.Soma, X: t.Time, Y: t.Output},
					{Name: "target", Quantity: chart.Target, X: t.Time[len(t.Time)-len(t.Target):], Y: t.Target},
				}},
				{Y: chart.Axis{Name: "Apical inputs"}, Curves: []chart.Curve{
					{Name: "top-down", Quantity: chart.Apical, X: t.Time, Y: t.TopDown},
					{Name: "lateral, sign reversed", Quantity: chart.Interneuron, X: t.Time, Y: lab.Negative(t.Lateral)},
				}},
				{Y: chart.Axis{Name: "Apical potential"}, Curves: []chart.Curve{
					{Name: "their difference = error", Quantity: chart.Error, X: t.Time, Y: apical},
				}},
				{Y: chart.Axis{Name: "Input rate"}, Curves: []chart.Curve{
					{Name: "one input", Quantity: chart.Input, X: t.Time, Y: t.Input},
				}},
			},
			Windows: []chart.Window{{From: restMs, To: 2 * restMs, Label: "teacher on"}},
		}
	}
	first := r.Seeds[0]
	return chart.Traces(chart.TracesSpec{
		Title: "A teaching signal before and after learning",
		Caption: fmt.Sprintf("N Fig. 1B (A Fig. 2). Without and with the teacher, before and after %g ms of learning (seed %d; plasticity off, noise on): the output neuron that starts farthest from its target, and the neuron of area 1 with the largest projected difference. The lateral input is drawn with reversed sign, so that both curves agree where there is no error. Potentials are relative to rest, in the model's units. Scale: %s.",
			r.Params.LearnMs, r.Provenance.Seeds[0], r.Badge()),
		X:       chart.Axis{Name: "Time", Unit: "ms"},
		Columns: []chart.TraceColumn{column("(i) before learning", first.Before), column("(ii) after learning", first.After)},
	})
}

// fromOnset is the time of each value of a series of one value per millisecond,
// in ms from the teacher's onset.
func fromOnset(n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = float64(i - restMs)
	}
	return x
}

// runs collects f of one series of every seed.
func (r *AssociationRun) runs(pick func(AssociationSeed) []float64, f func(float64) float64) [][]float64 {
	var runs [][]float64
	for _, s := range r.Seeds {
		y := slices.Clone(pick(s))
		for i, v := range y {
			y[i] = f(v)
		}
		runs = append(runs, y)
	}
	return runs
}

// beside draws a curve on the paper's axis and, where the curve is too small or too
// large for it, on a second axis too.
func (r *AssociationRun) beside(spec chart.TracesSpec, c chart.Curve, top float64) *chart.Chart {
	name := strings.ToUpper(c.Name[:1]) + c.Name[1:]
	panels := []chart.Panel{{Y: chart.Axis{Name: fmt.Sprintf("%s, on the paper's axis (0 to %g)", name, top), Range: [2]float64{0, top}}, Curves: []chart.Curve{c}}}
	peak := slices.Max(c.Y)
	if c.High != nil {
		peak = slices.Max(c.High)
	}
	if peak < top/3 || peak > top {
		panels = append([]chart.Panel{{Y: chart.Axis{Name: name + ", on a second axis"}, Curves: []chart.Curve{c}}}, panels...)
	}
	spec.X = chart.Axis{Name: "Time from the teacher's onset", Unit: "ms"}
	spec.PanelHeight = 140
	spec.Columns = []chart.TraceColumn{{
		Panels:  panels,
		Windows: []chart.Window{{From: 0, To: r.Params.LearnMs, Label: "teacher on, learning"}},
	}}
	return chart.Traces(spec)
}

// Mismatch shows the squared difference between output neurons and their
// interneurons while the association is learned.
func (r *AssociationRun) Mismatch() *chart.Chart {
	runs := r.runs(func(s AssociationSeed) []float64 { return s.Mismatch }, func(v float64) float64 { return v })
	return r.beside(chart.TracesSpec{
		Title:   "Interneurons learn to follow the taught output",
		Caption: fmt.Sprintf("N Fig. 1C (i). Squared norm of the difference between output neurons and the interneurons of area 1, means over each millisecond, noise on; %s. Scale: %s.", lab.MeanBand(len(r.Seeds)), r.Badge()),
	}, chart.MeanSD("squared mismatch", chart.Interneuron, fromOnset(len(runs[0])), runs), paperMismatchAxis)
}

// Apical shows the norm of the apical potential while the association is
// learned.
func (r *AssociationRun) Apical() *chart.Chart {
	runs := r.runs(func(s AssociationSeed) []float64 { return s.Apical }, math.Sqrt)
	return r.beside(chart.TracesSpec{
		Title:   "The apical error appears and vanishes with learning",
		Caption: fmt.Sprintf("N Fig. 1C (ii). Norm of the apical potential over the neurons of area 1, root mean squares over each millisecond, noise on; %s. Scale: %s.", lab.MeanBand(len(r.Seeds)), r.Badge()),
	}, chart.MeanSD("norm of the apical potential", chart.Error, fromOnset(len(runs[0])), runs), paperApicalAxis)
}

// Distance shows the distance of the output from its target without the teacher,
// at each moment.
func (r *AssociationRun) Distance() *chart.Chart {
	n := float64(r.Params.Stage1.Outputs)
	runs := r.runs(func(s AssociationSeed) []float64 { return s.Distance }, func(v float64) float64 { return math.Sqrt(v / n) })
	x := fromOnset(len(runs[0]))
	return chart.Lines(chart.LinesSpec{
		Title: "Distance of the output from its target, without the teacher",
		Caption: fmt.Sprintf("Root mean square over the output neurons, from the feed-forward pass with the weights at each moment: no teacher, no noise; %s. Scale: %s.",
			lab.GeometricBand(len(r.Seeds)), r.Badge()),
		X:          chart.Axis{Name: "Time from the teacher's onset", Unit: "ms"},
		Y:          chart.Axis{Name: "Distance", Log: true},
		Curves:     []chart.Curve{lab.GeometricCurve("output to target", chart.Soma, x, runs)},
		References: []chart.Reference{{Label: "criterion: reached", Value: associationReached, Quantity: chart.Target}},
		Band:       lab.GeometricBand(len(r.Seeds)),
		Height:     300,
	})
}

// Onset is, for each seed, the norm of the apical potential caused by the teacher:
// the largest of its first 50 ms, potentials averaged over 10 ms.
func (r *AssociationRun) Onset() []float64 {
	return lab.Each(r.Seeds, func(s AssociationSeed) float64 { return math.Sqrt(s.onset()) })
}

// onset is the squared norm of the apical potential soon after the onset.
func (s AssociationSeed) onset() float64 {
	return slices.Max(s.Steady[restMs/windowMs : (restMs+50)/windowMs])
}

// Fall is the ratio of the squared apical potential at onset to that at the end of
// learning (last 50 ms), for each seed.
func (r *AssociationRun) Fall() []float64 {
	return lab.Each(r.Seeds, func(s AssociationSeed) float64 {
		return s.onset() / stat.Mean(s.Steady[len(s.Steady)-50/windowMs:], nil)
	})
}

// Misses are the root mean square distances of the output without teacher from
// the target, before and after learning, in each seed.
func (r *AssociationRun) Misses() (before, after []float64) {
	miss := func(u, target []float64) float64 {
		return math.Sqrt(lab.SquaredDistance(u, target) / float64(len(u)))
	}
	return lab.Each(r.Seeds, func(s AssociationSeed) float64 { return miss(s.Naive, s.Target) }),
		lab.Each(r.Seeds, func(s AssociationSeed) float64 { return miss(s.Taught, s.Target) })
}

// peaks are the largest squared mismatches of the first 50 ms, each averaged
// over 10 ms.
func (r *AssociationRun) peaks() []float64 {
	return lab.Each(r.Seeds, func(s AssociationSeed) float64 {
		var peak float64
		for ms := restMs; ms < restMs+50; ms += windowMs {
			peak = max(peak, stat.Mean(s.Mismatch[ms:ms+windowMs], nil))
		}
		return peak
	})
}

// EachSeed is a table of the results of every network: its heading and one row
// of cells per seed.
func (r *AssociationRun) EachSeed() (heading []string, rows [][]string) {
	heading = []string{"Seed", "Apical norm", "Apical² fell", "Mismatch²", "Miss before", "Miss after", "Both claims hold"}
	onset, fall, peak := r.Onset(), r.Fall(), r.peaks()
	before, after := r.Misses()
	for i, seed := range r.Provenance.Seeds {
		holds := "yes"
		if fall[i] < associationFall || after[i] > associationReached {
			holds = "no"
		}
		rows = append(rows, []string{
			fmt.Sprint(seed), fmt.Sprintf("%.2f", onset[i]), fmt.Sprintf("%.0f times", fall[i]), fmt.Sprintf("%.2f", peak[i]),
			fmt.Sprintf("%.2f", before[i]), fmt.Sprintf("%.2f", after[i]), holds,
		})
	}
	return heading, rows
}

// InShort is a row of a table of variants, and its heading: medians over seeds
// and in how many of them each claim holds.
func (r *AssociationRun) InShort() (heading, row []string) {
	fall := r.Fall()
	_, after := r.Misses()
	count := func(v []float64, ok func(float64) bool) string {
		n := 0
		for _, x := range v {
			if ok(x) {
				n++
			}
		}
		return fmt.Sprintf("%d of %d", n, len(v))
	}
	change := fmt.Sprintf("fell %.0f times", record.MedianOf(fall))
	if record.MedianOf(fall) < 1 {
		change = fmt.Sprintf("grew %.0f times", 1/record.MedianOf(fall))
	}
	heading = []string{"Apical²", "Tenfold in", "Mismatch²", "Miss after", "Reached in"}
	row = []string{
		change, count(fall, func(x float64) bool { return x >= associationFall }),
		fmt.Sprintf("%.2f", record.MedianOf(r.peaks())), fmt.Sprintf("%.2f", record.MedianOf(after)),
		count(after, func(x float64) bool { return x <= associationReached }),
	}
	return heading, row
}

func (r *AssociationRun) claims() []record.Claim {
	before, after := r.Misses()
	return []record.Claim{
		{
			ID: "onset-norm", Quantity: "Norm of the apical potential at the teacher's onset",
			Paper: record.Words("on an axis from 0 to 10 (N Fig. 1C ii)"),
			Ours:  []record.Measure{record.Median("", "%.2g", "", r.Onset())},
			Bound: record.Holding(record.ByMedian("").AtLeast(0.5), record.ByMedian("").AtMost(paperApicalAxis)),
			Note:  "largest of the first 50 ms; potentials averaged over 10 ms, here and below, to reduce noise",
		},
		{
			ID: "apical-fall", Quantity: "Fall of the squared apical potential, from onset to last 50 ms",
			Paper: record.Words("decays towards 0 within 1500 ms"),
			Ours:  []record.Measure{record.Median("", "%.0f", "times", r.Fall())},
			Bound: record.Holding(record.InEverySeed("").AtLeast(associationFall)),
			Note:  "not sufficient to show learning: interneurons learn to mimic a taught output, see the controls",
		},
		{
			ID: "output-miss", Headline: true, Quantity: "Output without the teacher: distance from the target",
			Paper: record.Words("reaches the target (N Fig. 1B ii, one neuron)"),
			Ours:  []record.Measure{record.Median("before", "%.2g", "", before), record.Median("after", "%.2g", "", after)},
			Bound: record.Holding(record.InEverySeed("after").AtMost(associationReached)),
			Note:  "root mean square over all output neurons, before and after learning; targets are drawn from a range of 1",
		},
		{
			ID: "onset-mismatch", Quantity: "Squared mismatch of interneurons and outputs at the onset",
			Paper: record.Words("on an axis from 0 to 1 (N Fig. 1C i)"),
			Ours:  []record.Measure{record.Median("", "%.2g", "", r.peaks())},
			Bound: record.Holding(record.ByMedian("").AtLeast(paperMismatchAxis/10), record.ByMedian("").Below(paperMismatchAxis)),
			Note:  "a mismatch below a tenth of the axis would hardly be seen in the paper's figure",
		},
	}
}
