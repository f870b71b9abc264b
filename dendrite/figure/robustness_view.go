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

// ratio is the geometric mean over seeds of the error over the shallow
// learner's; NaN where a network diverged.
func (c RobustnessCell) ratio() float64 { return stat.GeometricMean(c.ratios(), nil) }

// ratios are the errors of all seeds over the shallow learner's; NaN where a
// network diverged.
func (c RobustnessCell) ratios() []float64 {
	ratios := c.errors()
	floats.Div(ratios, c.Shallow)
	return ratios
}

// errors are the errors of all seeds; NaN where a network diverged.
func (c RobustnessCell) errors() []float64 {
	return lab.Each(c.Points, func(p RobustnessPoint) float64 {
		if p.Diverged {
			return math.NaN()
		}
		return p.Error
	})
}

// robustnessDiverged counts the networks that diverged.
func robustnessDiverged(cells ...RobustnessCell) (n int) {
	for _, c := range cells {
		for _, p := range c.Points {
			if p.Diverged {
				n++
			}
		}
	}
	return n
}

// robustnessDivergence is the sentence of a caption on how many networks diverged.
func robustnessDivergence(cells ...RobustnessCell) string {
	total := 0
	for _, c := range cells {
		total += len(c.Points)
	}
	n := robustnessDiverged(cells...)
	if n == 0 {
		return fmt.Sprintf("None of the %s diverged.", record.Count(total, "network"))
	}
	return fmt.Sprintf("%d of the %s diverged; cells and points with one of them are left empty.", n, record.Count(total, "network"))
}

func robustnessTicks(values []float64) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = fmt.Sprint(v)
	}
	return out
}

// better draws a map of how much better or worse than the shallow learner.
func (r *RobustnessRun) better(title, caption string, x, y chart.Axis, columns, rows []float64, cells [][]RobustnessCell) *chart.Chart {
	values := make([][]float64, len(cells))
	for i, row := range cells {
		for _, c := range row {
			v := math.Max(-2.5, math.Min(2.5, math.Log2(c.ratio())))
			values[i] = append(values[i], math.Round(100*v)/100)
		}
	}
	return chart.HeatMap(chart.HeatMapSpec{
		Title: title,
		Caption: fmt.Sprintf("%s Colour: log₂ of the test error over that of a learner without hidden plasticity at the standard settings: -1 is half its error, 0 equal, positive worse; geometric mean of %s, limited to ±2.5. %s Scale: %s.",
			caption, record.Count(r.Params.Seeds, "seed"), robustnessDivergence(slices.Concat(cells...)...), r.Badge()),
		X: x, Y: y, Columns: robustnessTicks(columns), Rows: robustnessTicks(rows), Values: values,
		Value: chart.Axis{Name: "log₂ of error over shallow", Range: [2]float64{-2.5, 2.5}}, Colors: chart.Diverging, Height: 300,
	})
}

// NoiseAndFilter shows the error over noise and filter.
func (r *RobustnessRun) NoiseAndFilter() *chart.Chart {
	q := r.Params.Regression
	return r.better("Noise and the filter of plasticity",
		fmt.Sprintf("Small regression of %s. The standard settings are σ = %g, τ_w = %g ms; N's regression has σ = 0.3.", record.Count(q.Trials, "trial"), q.Sigma, q.TauW),
		chart.Axis{Name: "Noise σ", Unit: "1/√ms"}, chart.Axis{Name: "τ_w", Unit: "ms"},
		r.Params.Noise, r.Params.Filter, r.NoiseFilter)
}

// filtering is the error with the standard filter over that without, by seed,
// at a noise and a factor Slower of the sweep; NaN where a network diverged.
func (r *RobustnessRun) filtering(noise, slower int) []float64 {
	ratio := r.Filtered[noise][slower].errors()
	floats.Div(ratio, r.Unfiltered[noise][slower].errors())
	return ratio
}

// FilterAndRates shows the effect of the filter over the learning rates.
func (r *RobustnessRun) FilterAndRates() *chart.Chart {
	p := r.Params
	var curves []chart.Curve
	for i, sigma := range p.FilterNoise {
		runs := make([][]float64, p.Seeds)
		for j := range p.Slower {
			for s, v := range r.filtering(i, j) {
				runs[s] = append(runs[s], v)
			}
		}
		c := lab.GeometricCurve(fmt.Sprintf("σ = %g", sigma), chart.Other, p.Slower, runs)
		c.Color = chart.PaletteColor(i)
		curves = append(curves, c)
	}
	return chart.Lines(chart.LinesSpec{
		Title: "The filter at lower learning rates",
		Caption: fmt.Sprintf("Small regression: at 1, %s with %g times N's learning rates; at x, x times as many trials with rates x times lower. Test error with τ_w = %g ms over that of the same network without the filter: below 1 the filter helps. Band: %s. %s Scale: %s.",
			record.Count(p.Regression.Trials, "trial"), p.Regression.RateFactor, p.Regression.TauW, r.seedsBand(), robustnessDivergence(slices.Concat(slices.Concat(r.Filtered...), slices.Concat(r.Unfiltered...))...), r.Badge()),
		X: chart.Axis{Name: "Times slower", Log: true}, Y: chart.Axis{Name: "Error with the filter over error without"},
		Curves: curves, References: []chart.Reference{{Label: "no filter", Value: 1}}, Band: r.seedsBand(),
	})
}

// PresentationAndLag shows the error over presentation time and lag.
func (r *RobustnessRun) PresentationAndLag() *chart.Chart {
	q := r.Params.Regression
	return r.better("Presentation time and plasticity lag",
		fmt.Sprintf("Small regression; all networks are trained for the same %.0f s of simulated time, so shorter presentations mean more patterns.", float64(q.Trials)*q.PatternMs/1000),
		chart.Axis{Name: "Presentation", Unit: "ms"}, chart.Axis{Name: "Lag", Unit: "ms"},
		r.Params.Presentation, r.Params.Lag, r.PresentationLag)
}

// against draws errors over a swept value, relative to the standard shallow
// learner.
func (r *RobustnessRun) against(name string, q chart.Quantity, x []float64, cells []RobustnessCell) chart.Curve {
	return lab.GeometricCurve(name, q, x, r.bySeed(cells, RobustnessCell.ratios))
}

// bySeed collects the values of a row of cells by seed.
func (r *RobustnessRun) bySeed(cells []RobustnessCell, values func(RobustnessCell) []float64) [][]float64 {
	runs := make([][]float64, r.Params.Seeds)
	for _, c := range cells {
		for s, v := range values(c) {
			runs[s] = append(runs[s], v)
		}
	}
	return runs
}

func (r *RobustnessRun) seedsBand() string {
	return fmt.Sprintf("geometric mean ± s.d. of %s", record.Count(r.Params.Seeds, "seed"))
}

// InitialRange shows the range of initial weights over which learning works.
func (r *RobustnessRun) InitialRange() *chart.Chart {
	return chart.Lines(chart.LinesSpec{
		Title: "Initial bottom-up weights",
		Caption: fmt.Sprintf("Small regression of %s. Test error over that of the shallow learner at the standard range ±%g; \"shallow\" starts from the same weights and has no hidden plasticity. Band: %s. %s Scale: %s.",
			record.Count(r.Params.Regression.Trials, "trial"), r.Params.Regression.InitUp, r.seedsBand(), robustnessDivergence(slices.Concat(r.InitUp, r.InitUpShallow)...), r.Badge()),
		X: chart.Axis{Name: "Initial range ±W", Log: true}, Y: chart.Axis{Name: "Error over shallow", Log: true, Range: [2]float64{0.1, 2}},
		Curves: []chart.Curve{
			r.against("microcircuit", chart.Microcircuit, r.Params.InitUp, r.InitUp),
			r.against("shallow", chart.Shallow, r.Params.InitUp, r.InitUpShallow),
		},
		References: []chart.Reference{{Label: "standard", Value: r.Params.Regression.InitUp, Vertical: true}},
		Band:       r.seedsBand(),
	})
}

// FeedbackRange shows the error over the range of the fixed top-down weights.
func (r *RobustnessRun) FeedbackRange() *chart.Chart {
	return chart.Lines(chart.LinesSpec{
		Title: "Range of the fixed top-down weights",
		Caption: fmt.Sprintf("Small regression of %s. Test error over that of the shallow learner. Hidden weights change about twice as fast with feedback twice as strong: learning with weak feedback is slow. Band: %s. %s Scale: %s.",
			record.Count(r.Params.Regression.Trials, "trial"), r.seedsBand(), robustnessDivergence(r.InitDown...), r.Badge()),
		X: chart.Axis{Name: "Range ±W₁₂", Log: true}, Y: chart.Axis{Name: "Error over shallow", Log: true, Range: [2]float64{0.1, 2}},
		Curves:     []chart.Curve{r.against("microcircuit", chart.Microcircuit, r.Params.InitDown, r.InitDown)},
		References: []chart.Reference{{Label: "shallow learner", Value: 1, Quantity: chart.Shallow}},
		Band:       r.seedsBand(),
	})
}

// single is the mean error of the single layer on digits, %.
func (r *RobustnessRun) single() float64 { return stat.Mean(r.DigitsLambda[0].Shallow, nil) }

// DigitsInitAndFeedback shows the image network's error over its initial ranges.
func (r *RobustnessRun) DigitsInitAndFeedback() *chart.Chart {
	d := r.Params.Digits
	values := make([][]float64, len(r.DigitsInitFeedback))
	for i, row := range r.DigitsInitFeedback {
		for _, c := range row {
			values[i] = append(values[i], stat.Mean(c.errors(), nil))
		}
	}
	return chart.HeatMap(chart.HeatMapSpec{
		Title: "Digits: initial weights and feedback",
		Caption: fmt.Sprintf("Error on %s of networks with two hidden areas of %s after %s of %s, mean of %s; chance is 90 %%, a single layer has %.1f %%. In the additive reading of the two-step dynamics with fixed interneuron-to-pyramidal weights, only the product of feedback range and λ matters. %s Scale: %s.",
			record.Count(d.Tests, "validation image"), record.Count(d.Hidden, "neuron"), record.Count(d.Epochs, "epoch"), record.Count(d.Images, "image"), record.Count(r.Params.Seeds, "seed"), r.single(), robustnessDivergence(slices.Concat(r.DigitsInitFeedback...)...), r.Badge()),
		X: chart.Axis{Name: "Feedback range ±W₁₂ (a third of ±W₂₃)"}, Y: chart.Axis{Name: "Initial range ±W"},
		Columns: robustnessTicks(d.Feedback), Rows: robustnessTicks(d.InitUp), Values: values,
		Value: chart.Axis{Name: "validation error", Unit: "%", Range: [2]float64{0, 90}}, Height: 340,
	})
}

// DigitsMixing shows the image network over its mixing factors.
func (r *RobustnessRun) DigitsMixing() *chart.Chart {
	d := r.Params.Digits
	runs := r.bySeed(r.DigitsLambda, RobustnessCell.errors)
	band := fmt.Sprintf("mean ± s.d. of %s", record.Count(r.Params.Seeds, "seed"))
	return chart.Lines(chart.LinesSpec{
		Title: "Digits: mixing factor of the hidden areas",
		Caption: fmt.Sprintf("As above, with feedback ±%g and initial weights ±0.1; the standard is λ = 0.3. Band: %s. %s Scale: %s.",
			d.BaseFeedback, band, robustnessDivergence(r.DigitsLambda...), r.Badge()),
		X: chart.Axis{Name: "Mixing factor λ₁ = λ₂", Log: true, Range: [2]float64{0.01, 1}}, Y: chart.Axis{Name: "Validation error", Unit: "%", Range: [2]float64{0, 100}},
		Curves: []chart.Curve{chart.MeanSD("microcircuit", chart.Microcircuit, d.Lambda, runs)},
		References: []chart.Reference{
			{Label: fmt.Sprintf("single layer %.1f %%", r.single()), Value: r.single(), Quantity: chart.Shallow},
		},
		Band: band,
	})
}

// robustnessNearest is the index of the value nearest to v.
func robustnessNearest(values []float64, v float64) int {
	best := 0
	for i, x := range values {
		if math.Abs(x-v) < math.Abs(values[best]-v) {
			best = i
		}
	}
	return best
}

// robustnessWidest returns the ends of the run of neighbouring values, all of them good,
// that spans the largest factor; 0, 0 where none is good.
func robustnessWidest(values []float64, good []bool) (low, high float64) {
	start := -1 // of the run that reaches the present value
	for i, v := range values {
		if !good[i] {
			start = -1
			continue
		}
		if start < 0 {
			start = i
		}
		if high == 0 || v/values[start] > high/low {
			low, high = values[start], v
		}
	}
	return low, high
}

func (r *RobustnessRun) claims() []record.Claim {
	digits := []record.Claim{r.digitsClaim()}
	if r.otherData {
		withoutBounds(digits, otherDataNote)
	}
	return slices.Concat(r.noiseClaims(), []record.Claim{r.initialClaim()}, r.filterClaims(), digits)
}

// noiseClaims are about the noise of N's regression and, where it is swept over,
// about ten times the standard noise.
func (r *RobustnessRun) noiseClaims() []record.Claim {
	p := r.Params
	standard := robustnessNearest(p.Filter, p.Regression.TauW)
	held := "learning works under none of the values tried"
	for i, c := range r.NoiseFilter[standard] {
		if !(c.ratio() < robustnessHolds) {
			break
		}
		held = fmt.Sprintf("learning works up to σ = %g among the values tried", p.Noise[i])
	}
	claim := func(id string, at int, whose, note string) record.Claim {
		return record.Claim{
			ID: id, Quantity: fmt.Sprintf("Noise: error over the shallow learner's at σ = %g%s, τ_w = %g ms", p.Noise[at], whose, p.Filter[standard]),
			Paper: record.Words("robust to noise (A, abstract; in words only)"),
			Ours:  []record.Measure{record.Geometric("", "%.2f", "times", r.NoiseFilter[standard][at].ratios())},
			Bound: record.Holding(record.ByGeometricMean("").Below(robustnessHolds)),
			Note:  note,
		}
	}
	regression, whose := robustnessNearest(p.Noise, 0.3), ""
	if p.Noise[regression] == 0.3 {
		whose = " (the noise of N's regression)"
	}
	claims := []record.Claim{claim("noise", regression, whose, fmt.Sprintf("%s; the standard of this task is σ = %g", held, p.Regression.Sigma))}
	if at := slices.Index(p.Noise, 1); at >= 0 && at != regression {
		claims = append(claims, claim("noise-1", at, "", fmt.Sprintf("more noise than the papers are known to use, at %g times N's learning rates", p.Regression.RateFactor)))
	}
	return claims
}

// robustnessHolds is the error over the shallow learner's below which learning
// works.
const robustnessHolds = 0.75

// initialClaim is about the range of initial weights.
func (r *RobustnessRun) initialClaim() record.Claim {
	p := r.Params
	pays := make([]bool, len(p.InitUp))
	for i := range pays {
		pays[i] = r.InitUp[i].ratio()/r.InitUpShallow[i].ratio() < 0.9
	}
	smallest := record.Measure{Name: "smallest", Format: "±%g"}
	largest := record.Measure{Name: "largest", Format: "±%g"}
	if low, high := robustnessWidest(p.InitUp, pays); high > 0 {
		smallest.Values, largest.Values = []float64{low}, []float64{high}
	}
	return record.Claim{
		ID: "initialisation", Quantity: "Initialisation: the widest span of bottom-up ranges, without a gap, with an error below 0.9 of the shallow learner's from the same weights",
		Paper: record.Words("robust to initialisation (in words only)"),
		Ours:  []record.Measure{smallest, largest},
		Bound: record.Holding(record.Alone("largest").AtLeast(10 * (1 - 1e-9)).Times("smallest")),
	}
}

// filterClaims test the filter at the lowest learning rates, which are nearest to
// the papers', and at the standard rates.
func (r *RobustnessRun) filterClaims() []record.Claim {
	p := r.Params
	slowest, standard := robustnessNearest(p.Slower, slices.Max(p.Slower)), slices.Index(p.Slower, 1)
	var claims []record.Claim
	for i, sigma := range p.FilterNoise {
		claim := func(id string, at int, note string) record.Claim {
			return record.Claim{
				ID:       fmt.Sprintf("%s-%g", id, sigma),
				Quantity: fmt.Sprintf("Filter: error with τ_w = %g ms over error without, σ = %g, %.3g times N's learning rates", p.Regression.TauW, sigma, p.Regression.RateFactor/p.Slower[at]),
				Paper:    record.Words("the filter is what gives robustness (in words only)"),
				Ours:     []record.Measure{record.Geometric("", "%.2f", "", r.filtering(i, at))},
				Bound:    record.Holding(record.InEverySeed("").Below(1)),
				Note:     note,
			}
		}
		claims = append(claims, claim("filter-slow", slowest, "the slowest rates of the sweep, which are nearest to N's"))
		if standard >= 0 && standard != slowest {
			claims = append(claims, claim("filter-standard", standard, "the standard rates of this task: the filter's effect depends on the learning rates"))
		}
	}
	return claims
}

// digitsClaim is about the initial weights of the image network.
func (r *RobustnessRun) digitsClaim() record.Claim {
	d := r.Params.Digits
	base := robustnessNearest(d.Feedback, d.BaseFeedback)
	learned := 0
	errors := []record.Measure{record.Mean("single layer", "%.1f", "%", r.DigitsLambda[0].Shallow)}
	for i, w := range d.InitUp {
		e := r.DigitsInitFeedback[i][base].errors()
		if stat.Mean(e, nil) < r.single() {
			learned++
		}
		errors = append(errors, record.Mean(fmt.Sprintf("±%g", w), "%.1f", "%", e))
	}
	n := robustnessDiverged(slices.Concat(slices.Concat(r.NoiseFilter...), slices.Concat(r.Filtered...), slices.Concat(r.Unfiltered...), slices.Concat(r.PresentationLag...), r.InitUp, r.InitDown, slices.Concat(r.DigitsInitFeedback...), r.DigitsLambda)...)
	return record.Claim{
		ID: "digits-initialisation", Quantity: fmt.Sprintf("Digits: initial ranges from which the mean error is below that of a single layer, feedback ±%g", d.Feedback[base]),
		Paper: record.Words("robust to initialisation (in words only)"),
		Ours:  append([]record.Measure{record.Single("", "%.0f", fmt.Sprintf("of %d", len(d.InitUp)), float64(learned))}, errors...),
		Bound: record.Holding(record.Alone("").AtLeast(math.Ceil(0.6 * float64(len(d.InitUp))))),
		Note:  fmt.Sprintf("over all sweeps, %s diverged", record.Count(n, "network")),
	}
}
