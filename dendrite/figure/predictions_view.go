package figure

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"microcircuits/dendrite/chart"
	"microcircuits/dendrite/figure/internal/lab"
	"microcircuits/dendrite/record"
)

// nets are the networks under a manipulation.
func (r *PredictionsRun) nets(m manipulation) []PredictionsNet {
	return r.Nets[slices.Index(manipulations, m)]
}

// traceColumn draws one recording; window names what is switched in its middle.
func traceColumn(title string, t PredictionsTraces, window string) chart.TraceColumn {
	return chart.TraceColumn{
		Title: title,
		Panels: []chart.Panel{
			{Y: chart.Axis{Name: "Apical potential"}, Curves: []chart.Curve{
				{Name: "v_A", Quantity: chart.Error, X: t.Time, Y: t.Apical},
			}},
			{Y: chart.Axis{Name: "Apical inputs"}, Curves: []chart.Curve{
				{Name: "top-down", Quantity: chart.Apical, X: t.Time, Y: t.TopDown},
				{Name: "lateral (SST)", Quantity: chart.Interneuron, X: t.Time, Y: t.Lateral},
			}},
			{Y: chart.Axis{Name: "Output soma"}, Curves: []chart.Curve{
				{Name: "u₂", Quantity: chart.Soma, X: t.Time, Y: t.Output},
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
		Caption: fmt.Sprintf("Neuron 3 of area 1 and an output neuron under an unseen pattern; SST interneurons are silenced after 100 ms. No teacher, plasticity off, noise on; seed 1, before learning and after %s. Scale: %s.",
			record.Count(r.Params.Regression.Trials, "trial"), r.Badge()),
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
		Title: "Apical depolarisation when SST is silenced",
		Caption: fmt.Sprintf("Change of the apical potential in the first 0.1 ms of silencing against the top-down input W₁₂r₂ at that moment: all %d neurons of area 1, %s, %s; settled, no noise, no teacher. Line: equality. Scale: %s.",
			r.Params.Regression.Hidden, record.Count(silencedWith, "unseen pattern"), record.Count(len(r.Provenance.Seeds), "seed"), r.Badge()),
		X: chart.Axis{Name: "Top-down input W₁₂r₂"}, Y: chart.Axis{Name: "Apical depolarisation"},
		Points: []chart.Points{
			cloud("before learning", chart.Paper, func(n PredictionsNet) Silencing { return n.Before }),
			cloud("after learning", chart.Apical, func(n PredictionsNet) Silencing { return n.After }),
		},
		Diagonal: true,
	})
}

// Learning shows the error of the settled network under the manipulations.
func (r *PredictionsRun) Learning() *chart.Chart {
	var curves []chart.Curve
	for i, m := range []manipulation{intact, frozenLateral, gateOpen, gateOpened, gateRested, shallow} {
		var x []float64
		var runs [][]float64
		for _, n := range r.nets(m) {
			if n.Diverged {
				continue // named in the caption
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
		c := lab.GeometricCurve(shortName[m], chart.Other, x, runs)
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
		Caption: fmt.Sprintf("Squared error of the settled network's output rates on unseen patterns, no teacher and no noise, interneurons as the manipulation leaves them. Between the vertical lines the VIP gate is open in the networks of \"VIP for a while\"; \"SST output fixed\": the SST output synapses are not plastic meanwhile. Band: %s.%s Scale: %s.",
			lab.GeometricBand(len(r.Provenance.Seeds)), r.divergedNote(), r.Badge()),
		X: chart.Axis{Name: "Training trials", Unit: "thousands"}, Y: chart.Axis{Name: "Squared error", Log: true},
		Curves: curves, Band: lab.GeometricBand(len(r.Provenance.Seeds)), Height: 420,
		References: []chart.Reference{
			{Label: "VIP on", Value: r.Params.VIPFrom * trials, Vertical: true},
			{Label: "VIP off", Value: r.Params.VIPTo * trials, Vertical: true},
		},
	})
}

var shortName = map[manipulation]string{
	intact: "intact", frozenLateral: "lateral frozen", frozenPI: "SST output frozen",
	gateOpen: "VIP throughout", gateOpened: "VIP for a while",
	gateRested: "VIP, SST output fixed", shallow: "shallow",
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

// suffering is the claim about a manipulation that the papers expect to harm
// learning: the error grows by half on average, and in most networks, since one
// network that is much worse can raise the mean of a few.
func suffering(id, manipulated, paper string, ratios []float64, note string) record.Claim {
	return record.Claim{
		ID: id, Quantity: manipulated + ": final error over that of the intact network", Paper: record.Words("%s", paper),
		Ours:  []record.Measure{record.Geometric("", "%.1f", "times", ratios)},
		Bound: record.Holding(record.ByGeometricMean("").Above(1.5), record.InSeeds(0.75, "").Above(1)),
		Note:  note,
	}
}

// FinalErrors shows the final errors relative to the intact network.
func (r *PredictionsRun) FinalErrors() *chart.Chart {
	var bars []chart.Bar
	for _, m := range []manipulation{frozenLateral, frozenPI, gateOpen, gateOpened, gateRested, shallow} {
		ratio := r.ratios(m)
		b := chart.Bar{Name: string(m), Quantity: chart.Microcircuit, Value: stat.GeometricMean(ratio, nil), Low: floats.Min(ratio), High: floats.Max(ratio)}
		b.Label = fmt.Sprintf("%.1f times", b.Value)
		if m == shallow {
			b.Quantity = chart.Shallow
		}
		bars = append(bars, b)
	}
	return chart.Bars(chart.BarsSpec{
		Title: "Final error, relative to the intact network",
		Caption: fmt.Sprintf("Squared error of the settled network, mean over the last fifth of the tests, divided by that of the intact network with the same seed: geometric mean, whiskers from the smallest to the largest of %s.%s Scale: %s.",
			record.Count(len(r.Provenance.Seeds), "seed"), r.divergedNote(), r.Badge()),
		Value: chart.Axis{Name: "Error, multiples of the intact network's", Log: true}, Bars: bars,
		References: []chart.Reference{{Label: "intact", Value: 1, Quantity: chart.Microcircuit}},
	})
}

// recordings shows one neuron after learning, intact beside a manipulation.
func (r *PredictionsRun) recordings(m manipulation, title, column string) *chart.Chart {
	return chart.Traces(chart.TracesSpec{
		Title: title,
		Caption: fmt.Sprintf("The same neurons under an unseen pattern after %s, intact and manipulated; after 100 ms the teacher nudges the output. Plasticity off, noise on; seed 1. Scale: %s.",
			record.Count(r.Params.Regression.Trials, "trial"), r.Badge()),
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

// line fits y = offset + slope x and gives the share of y that it explains.
func line(x, y []float64) (slope, rSquared float64) {
	offset, slope := stat.LinearRegression(x, y, nil, false)
	return slope, stat.RSquared(x, y, nil, offset, slope)
}

// unmasking is the effect of silencing SST in each intact network that did not
// diverge: slope and fit of the apical depolarisation over the top-down input.
func (r *PredictionsRun) unmasking() (slopes, fits, fitsBefore, sustained []float64) {
	for _, n := range r.nets(intact) {
		if n.Diverged {
			continue
		}
		s, fit := line(n.After.TopDown, n.After.Immediate)
		slopes, fits = append(slopes, s), append(fits, fit)
		_, fit = line(n.Before.TopDown, n.Before.Immediate)
		fitsBefore = append(fitsBefore, fit)
		s, _ = line(n.After.TopDown, n.After.Sustained)
		sustained = append(sustained, s)
	}
	return slopes, fits, fitsBefore, sustained
}

// whenClosing is, for the networks whose SST output was not plastic while the gate
// was open, the error of the feed-forward pass over the intact network's at the end of
// that time.
func (r *PredictionsRun) whenClosing() (ratios []float64) {
	for seed, n := range r.nets(gateRested) {
		last := 0
		for i, trials := range n.Trials {
			if float64(trials)/float64(r.Params.Regression.Trials) <= r.Params.VIPTo {
				last = i
			}
		}
		if whole := r.nets(intact)[seed]; last < len(whole.Forward) {
			ratios = append(ratios, n.Forward[last]/whole.Forward[last])
		}
	}
	return ratios
}

func (r *PredictionsRun) claims() []record.Claim {
	const words = "in words only"
	slopes, fits, before, sustained := r.unmasking()
	times := func(ratios []float64) string {
		m := record.Geometric("", "%.1f", "times", ratios)
		return m.String()
	}
	noCollapse := fmt.Sprintf("learning does not collapse: the feedback still transmits the teacher's error; without any plasticity below the output the error is %.1f times that of the intact network", stat.GeometricMean(r.ratios(shallow), nil))
	return []record.Claim{
		{
			ID: "silenced-after", Quantity: "SST silenced after learning: apical depolarisation over the top-down input W₁₂r₂",
			Paper: record.Words("equal: SST cancels the feedback (" + words + ")"),
			Ours:  []record.Measure{record.Median("slope", "%.2f", "", slopes), record.Median("R²", "%.3f", "", fits)},
			Bound: record.Holding(record.InEverySeed("slope").Within(0.1, 1), record.InEverySeed("R²").Above(0.95)),
			Note:  fmt.Sprintf("in the first time step; after 100 ms the slope is %.2f, because area 1 changes the output and so the top-down input", stat.Mean(sustained, nil)),
		},
		{
			ID: "silenced-before", Quantity: "SST silenced before learning: R² of the same",
			Paper: record.Words("unrelated"), Ours: []record.Measure{record.Median("", "%.2f", "", before)},
			Bound: record.Holding(record.InEverySeed("").Below(0.3)),
		},
		suffering("lateral-frozen", "Lateral plasticity frozen", "learning suffers ("+words+")", r.ratios(frozenLateral), noCollapse),
		suffering("gate-open", "VIP gate open throughout", "bottom-up learning corrupted ("+words+")", r.ratios(gateOpen), noCollapse),
		suffering("gate-opened", "VIP gate opened for a while", "bottom-up learning corrupted ("+words+")", r.ratios(gateOpened),
			fmt.Sprintf("while the gate is open, bottom-up synapses change, and rule (9) strengthens inhibition that has no effect until the gate closes. With SST output not plastic meanwhile: %s at the end; feed-forward pass alone: %s when the gate closes",
				times(r.ratios(gateRested)), times(r.whenClosing()))),
	}
}
