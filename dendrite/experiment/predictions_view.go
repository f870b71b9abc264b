package experiment

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"microcircuits/dendrite/chart"
)

// nets are the networks under a manipulation.
func (r *PredictionsRun) nets(m manipulation) []PredictionsNet {
	return r.Nets[slices.Index(manipulations, m)]
}

func (r *PredictionsRun) seedsBand() string {
	return fmt.Sprintf("geometric mean ± s.d. of %d seeds", len(r.Provenance.Seeds))
}

// traceColumn draws one recording; what is switched in its middle has a name.
func traceColumn(title string, t PredictionsTraces, window string) chart.TraceColumn {
	return chart.TraceColumn{
		Title: title,
		Panels: []chart.Panel{
			{Y: chart.Axis{Name: "Apical potential"}, Curves: []chart.Curve{
				{Name: "v_A, what an electrode records", Quantity: chart.Error, X: t.Time, Y: t.Apical},
			}},
			{Y: chart.Axis{Name: "Apical inputs"}, Curves: []chart.Curve{
				{Name: "top-down", Quantity: chart.Apical, X: t.Time, Y: t.TopDown},
				{Name: "lateral (SST)", Quantity: chart.Interneuron, X: t.Time, Y: t.Lateral},
			}},
			{Y: chart.Axis{Name: "Output soma"}, Curves: []chart.Curve{
				{Name: "u_2", Quantity: chart.Soma, X: t.Time, Y: t.Output},
				{Name: "its target", Quantity: chart.Target, X: t.Time, Y: t.Target},
			}},
		},
		Windows: []chart.Window{{From: 100, To: 200, Label: window}},
	}
}

// SilencingTraces shows one neuron when SST is silenced, before and after
// learning, of the first seed.
func (r *PredictionsRun) SilencingTraces() *chart.Chart {
	n := r.nets(intact)[0]
	return chart.Traces(chart.TracesSpec{
		Title: "Silencing SST interneurons",
		Caption: fmt.Sprintf("Neuron 3 of area 1 and an output neuron under an unseen pattern; SST interneurons are silenced after 100 ms. No teacher, plasticity off, noise on; seed 1, before learning and after %d trials. Scale: %s.",
			r.Params.Regression.Trials, r.Badge()),
		X:       chart.Axis{Name: "Time", Unit: "ms"},
		Columns: []chart.TraceColumn{traceColumn("(i) before learning", n.Before.Traces, "SST silenced"), traceColumn("(ii) after learning", n.After.Traces, "SST silenced")},
	})
}

// SilencingScatter compares the depolarisation at silencing with the top-down
// input, neuron by neuron.
func (r *PredictionsRun) SilencingScatter() *chart.Chart {
	cloud := func(name string, q chart.Quantity, pick func(PredictionsNet) Silencing) chart.Points {
		c := chart.Points{Name: name, Quantity: q}
		for _, n := range r.nets(intact) {
			c.X, c.Y = append(c.X, pick(n).TopDown...), append(c.Y, pick(n).Immediate...)
		}
		return c
	}
	return chart.Scatter(chart.ScatterSpec{
		Title: "After learning, silencing SST unmasks exactly the top-down input",
		Caption: fmt.Sprintf("Change of the apical potential in the first 0.1 ms of silencing against the top-down input W_1,2 r_2 at that moment: all %d neurons of area 1, %d unseen patterns, %d seeds; settled, no noise, no teacher. Line: equality. Scale: %s.",
			r.Params.Regression.Hidden, silencedWith, len(r.Provenance.Seeds), r.Badge()),
		X: chart.Axis{Name: "Top-down input W_1,2 r_2"}, Y: chart.Axis{Name: "Apical depolarisation"},
		Points: []chart.Points{
			cloud("before learning", chart.Paper, func(n PredictionsNet) Silencing { return n.Before }),
			cloud("after learning", chart.Apical, func(n PredictionsNet) Silencing { return n.After }),
		},
		Diagonal: true,
	})
}

// Learning shows the error of the behaving network under the manipulations.
func (r *PredictionsRun) Learning() *chart.Chart {
	var curves []chart.Curve
	for i, m := range []manipulation{intact, frozenLateral, gateOpen, gateOpened, gateRested, shallow} {
		var x []float64
		var runs [][]float64
		for _, n := range r.nets(m) {
			if n.Diverged {
				continue // named in Table
			}
			x = x[:0]
			for _, t := range n.Trials {
				x = append(x, float64(t)/1000)
			}
			runs = append(runs, n.Error)
		}
		if len(runs) == 0 {
			continue
		}
		c := geometricCurve(shortName[m], chart.Other, x, runs)
		switch m {
		case intact:
			c.Quantity = chart.Microcircuit
		case shallow:
			c.Quantity = chart.Shallow
		default:
			c.Color = chart.PaletteColor(i)
		}
		curves = append(curves, c)
	}
	trials := float64(r.Params.Regression.Trials) / 1000
	return chart.Lines(chart.LinesSpec{
		Title: "Learning under manipulation",
		Caption: fmt.Sprintf("Squared error of the settled network's output rates on unseen patterns, no teacher and no noise, interneurons as the manipulation leaves them. Between the vertical lines the VIP gate is open in the networks of \"VIP for a while\"; \"SST resting\": the interneurons' output synapses are not plastic meanwhile. Band: %s.%s Scale: %s.",
			r.seedsBand(), r.divergedNote(), r.Badge()),
		X: chart.Axis{Name: "Training trials", Unit: "thousands"}, Y: chart.Axis{Name: "Squared error", Log: true},
		Curves: curves, Band: r.seedsBand(), Height: 420,
		References: []chart.Reference{
			{Label: "VIP on", Value: r.Params.VIPFrom * trials, Vertical: true},
			{Label: "VIP off", Value: r.Params.VIPTo * trials, Vertical: true},
		},
	})
}

var shortName = map[manipulation]string{
	intact: "intact", frozenLateral: "lateral frozen", frozenPI: "SST output frozen",
	gateOpen: "VIP throughout", gateOpened: "VIP for a while",
	gateRested: "VIP, SST resting", shallow: "shallow",
}

// divergedNote names networks that diverged.
func (r *PredictionsRun) divergedNote() string {
	text := ""
	for i, nets := range r.Nets {
		for s, n := range nets {
			if n.Diverged {
				text += fmt.Sprintf(" Diverged and not drawn: %s, seed %d.", shortName[manipulations[i]], s+1)
			}
		}
	}
	return text
}

// ratios are final errors over the intact network's of the same seed; infinite
// for networks that diverged.
func (r *PredictionsRun) ratios(m manipulation) []float64 {
	var out []float64
	for s, n := range r.nets(m) {
		ratio := math.Inf(1)
		if !n.Diverged {
			ratio = finalError(n.Error) / finalError(r.nets(intact)[s].Error)
		}
		out = append(out, ratio)
	}
	return out
}

// finalError is the mean over the last fifth of the tests.
func finalError(series []float64) float64 {
	return stat.Mean(series[len(series)-max(1, len(series)/5):], nil)
}

func geometricMean(x []float64) float64 {
	var sum float64
	for _, v := range x {
		sum += math.Log(v)
	}
	return math.Exp(sum / float64(len(x)))
}

// geometricSpread writes the geometric mean of ratios and their range.
func geometricSpread(x []float64) string {
	return fmt.Sprintf("%.1f times (geometric mean; %.1f to %.1f, %d seeds)", geometricMean(x), slices.Min(x), slices.Max(x), len(x))
}

// Learning suffers where the error grows by half on average and in most
// networks; among a few networks, one that is much worse can carry the mean.
const sufferingTolerance = "more than 1.5 times, and worse in at least three of four seeds"

// suffers holds the final errors over the intact network's against
// sufferingTolerance.
func suffers(ratios []float64) bool {
	return geometricMean(ratios) > 1.5 && 4*countWorse(ratios) >= 3*len(ratios)
}

// countWorse counts the networks that end worse than the intact one.
func countWorse(ratios []float64) (n int) {
	for _, v := range ratios {
		if v > 1 {
			n++
		}
	}
	return n
}

// sufferingRow compares a manipulation that the papers expect to do harm.
func sufferingRow(manipulated, paper string, ratios []float64, note string) Comparison {
	return Comparison{
		Quantity: manipulated + ": final error over that of the intact network", Paper: paper,
		Ours:      fmt.Sprintf("%s, worse in %d", geometricSpread(ratios), countWorse(ratios)),
		Tolerance: sufferingTolerance, Verdict: verdict(suffers(ratios), Qualitatively), Note: note,
	}
}

// FinalErrors shows how much worse the manipulated networks end.
func (r *PredictionsRun) FinalErrors() *chart.Chart {
	var bars []chart.Bar
	for _, m := range []manipulation{frozenLateral, frozenPI, gateOpen, gateOpened, gateRested, shallow} {
		ratio := r.ratios(m)
		b := chart.Bar{Name: string(m), Quantity: chart.Microcircuit, Value: geometricMean(ratio), Low: floats.Min(ratio), High: floats.Max(ratio)}
		b.Label = fmt.Sprintf("%.1f times", b.Value)
		if m == shallow {
			b.Quantity = chart.Shallow
		}
		bars = append(bars, b)
	}
	return chart.Bars(chart.BarsSpec{
		Title: "Final error, relative to the intact network",
		Caption: fmt.Sprintf("Squared error of the settled network, mean over the last fifth of the tests, divided by that of the intact network with the same seed: geometric mean, whiskers from the smallest to the largest of %d seeds.%s Scale: %s.",
			len(r.Provenance.Seeds), r.divergedNote(), r.Badge()),
		Value: chart.Axis{Name: "Error, multiples of the intact network's", Log: true}, Bars: bars,
		References: []chart.Reference{{Label: "intact", Value: 1, Quantity: chart.Microcircuit}},
	})
}

// recordings shows one neuron after learning, intact beside a manipulation.
func (r *PredictionsRun) recordings(m manipulation, title, column string) *chart.Chart {
	return chart.Traces(chart.TracesSpec{
		Title: title,
		Caption: fmt.Sprintf("The same neurons under an unseen pattern after %d trials, intact and manipulated; after 100 ms the teacher nudges the output. Plasticity off, noise on; seed 1. Scale: %s.",
			r.Params.Regression.Trials, r.Badge()),
		X:       chart.Axis{Name: "Time", Unit: "ms"},
		Columns: []chart.TraceColumn{traceColumn("(i) intact", r.nets(intact)[0].Recording, "teacher on"), traceColumn("(ii) "+column, r.nets(m)[0].Recording, "teacher on")},
	})
}

// FrozenTraces shows one neuron of a network whose lateral synapses never
// learned.
func (r *PredictionsRun) FrozenTraces() *chart.Chart {
	return r.recordings(frozenLateral, "Without lateral plasticity", "lateral plasticity frozen")
}

// VIPTraces shows one neuron of a network that learned under an open VIP gate.
func (r *PredictionsRun) VIPTraces() *chart.Chart {
	return r.recordings(gateOpen, "With the VIP gate open", "VIP gate open throughout")
}

// line fits y = offset + slope x and says how much of y it explains.
func line(x, y []float64) (slope, rSquared float64) {
	offset, slope := stat.LinearRegression(x, y, nil, false)
	return slope, stat.RSquared(x, y, nil, offset, slope)
}

func (r *PredictionsRun) compare() []Comparison {
	var slopes, fits, before, sustained, jump []float64
	for _, n := range r.nets(intact) {
		if n.Diverged {
			continue
		}
		s, fit := line(n.After.TopDown, n.After.Immediate)
		slopes, fits = append(slopes, s), append(fits, fit)
		_, fit = line(n.Before.TopDown, n.Before.Immediate)
		before = append(before, fit)
		s, _ = line(n.After.TopDown, n.After.Sustained)
		sustained = append(sustained, s)
	}
	share := func(n PredictionsNet, i int) float64 {
		return float64(n.Trials[i]) / float64(r.Params.Regression.Trials)
	}
	for seed, n := range r.nets(gateRested) {
		last := 0
		for i := range n.Trials {
			if share(n, i) <= r.Params.VIPTo {
				last = i
			}
		}
		if whole := r.nets(intact)[seed]; last < len(whole.Forward) {
			jump = append(jump, n.Forward[last]/whole.Forward[last])
		}
	}
	const words = "in words only"
	collapse := fmt.Sprintf("not a collapse: the feedback still carries the teacher, and the shallow learner is at %.1f times", geometricMean(r.ratios(shallow)))
	unmasked := len(slopes) > 0
	for i, s := range slopes {
		unmasked = unmasked && math.Abs(s-1) < 0.1 && fits[i] > 0.95
	}
	rows := []Comparison{
		{
			Quantity: "SST silenced after learning: slope of the apical depolarisation over W_1,2 r_2, and R²",
			Paper:    "equal: SST cancels the feedback (" + words + ")", Tolerance: "slope 1 ± 0.1 and R² above 0.95 in every seed",
			Verdict: verdict(unmasked, Qualitatively),
		},
		{
			Quantity: "SST silenced before learning: R² of the same",
			Paper:    "unrelated", Tolerance: "below 0.3 in every seed",
			Verdict: verdict(len(before) > 0 && !(slices.Max(append(before, 0)) >= 0.3), Qualitatively),
		},
		sufferingRow("Lateral plasticity frozen", "learning suffers ("+words+")", r.ratios(frozenLateral), collapse),
		sufferingRow("VIP gate open throughout", "bottom-up learning corrupted ("+words+")", r.ratios(gateOpen), collapse),
		sufferingRow("VIP gate opened for a while", "bottom-up learning corrupted ("+words+")", r.ratios(gateOpened),
			fmt.Sprintf("while the gate is open, bottom-up synapses change and rule (9) strengthens inhibition that has no effect until the gate closes. With the inhibitory synapses at rest meanwhile: %s at the end, and bottom-up synapses %s worse when the gate closes",
				geometricSpread(r.ratios(gateRested)), geometricSpread(jump))),
	}
	if len(slopes) > 0 {
		rows[0].Ours = spread(slopes, "%.2f") + "; R² " + spread(fits, "%.3f")
		rows[0].Note = fmt.Sprintf("at the first moment; after 100 ms %.2f, because the disinhibited area drives the one above, which feeds back", stat.Mean(sustained, nil))
		rows[1].Ours = spread(before, "%.2f")
	}
	return rows
}
