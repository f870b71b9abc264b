package figure

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"microcircuits/dendrite/chart"
	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/figure/internal/lab"
	"microcircuits/dendrite/record"
)

var theoryAxis = chart.Axis{Name: "Mixing factor λ", Log: true, Range: [2]float64{0.001, 1}}

func (r *TheoryRun) netBand() string {
	return fmt.Sprintf("geometric mean ± s.d. of %s", record.Count(len(r.Nets), "network"))
}

func (r *TheoryRun) regressionBand() string {
	return fmt.Sprintf("mean ± s.d. of %s", record.Count(len(r.Moments), "seed"))
}

// overLambda is a curve over the mixing factors of the sweep, in a colour of the
// palette.
func (r *TheoryRun) overLambda(name string, color int, pick func(TheoryNet) []float64) chart.Curve {
	c := lab.GeometricCurve(name, chart.Other, r.Params.Lambdas(), lab.Each(r.Nets, pick))
	c.Color = chart.PaletteColor(color)
	return c
}

// Angles shows the angle between the weight change and backprop over the mixing
// factor.
func (r *TheoryRun) Angles() *chart.Chart {
	var curves []chart.Curve
	for k := range 3 {
		curves = append(curves, r.overLambda(fmt.Sprintf("area %d, transposed", k+1), k, func(n TheoryNet) []float64 { return n.Transposed[k] }))
	}
	for k := range 2 {
		curves = append(curves, r.overLambda(fmt.Sprintf("area %d, random", k+1), 3+k, func(n TheoryNet) []float64 { return n.Random[k] }))
	}
	return chart.Lines(chart.LinesSpec{
		Title: "Angle between the microcircuit's weight change and backprop",
		Caption: fmt.Sprintf("Networks of %d-%d-%d-%s in the self-predicting state, settled with one input and teacher; λ is the same in all areas. With top-down weights that are the transposed bottom-up weights the angle falls in proportion to λ; with random top-down weights the angle in the hidden areas is about 90° at every λ. Right of the line the law is not expected to hold; the last point has the papers' conductances, 0.8 for apical dendrites and nudging. Band: %s. Scale: %s.",
			r.Params.Inputs, r.Params.Hidden1, r.Params.Hidden2, record.Count(r.Params.Outputs, "neuron"), r.netBand(), r.Badge()),
		X: theoryAxis, Y: chart.Axis{Name: "Angle to backprop", Unit: "°", Log: true, Range: [2]float64{0.01, 100}},
		Curves:     curves,
		References: []chart.Reference{{Label: "λ = " + fmt.Sprint(r.Params.LambdaFit), Value: r.Params.LambdaFit, Vertical: true}},
		Band:       r.netBand(), Height: 420,
	})
}

// Sizes shows how large the weight changes are, beside the leading order of the
// analysis.
func (r *TheoryRun) Sizes() *chart.Chart {
	var curves []chart.Curve
	for k := range 3 {
		name := fmt.Sprintf("area %d: ∝ λ%s", k+1, []string{"³", "²", ""}[k])
		curves = append(curves, r.overLambda(name, k, func(n TheoryNet) []float64 { return n.Size[k] }))
	}
	return chart.Lines(chart.LinesSpec{
		Title: "Size of the weight change: one factor λ for each area",
		Caption: fmt.Sprintf("Norm of the weight change of rule (7) for a learning rate of 1, transposed feedback; N = 3 areas, area k is proportional to the power N-k+1 of λ. Band: %s. Scale: %s.",
			r.netBand(), r.Badge()),
		X: theoryAxis, Y: chart.Axis{Name: "Norm of the weight change", Log: true, Range: [2]float64{3e-10, 1}},
		Curves: curves, Band: r.netBand(),
	})
}

// Departure shows the weight changes as multiples of what the leading order
// predicts.
func (r *TheoryRun) Departure() *chart.Chart {
	var curves []chart.Curve
	for k := range 3 {
		curves = append(curves, r.overLambda(fmt.Sprintf("area %d", k+1), k, func(n TheoryNet) []float64 {
			ratio := slices.Clone(n.Size[k])
			floats.Div(ratio, n.Leading[k])
			return ratio
		}))
	}
	return chart.Lines(chart.LinesSpec{
		Title: "Deviation from the power law",
		Caption: fmt.Sprintf("Norm of the weight change divided by its leading order, which is backprop's norm times the power N-k+1 of λ and the power N-k of 1-λ (nudged interneurons cancel a share λ of the error), corrected for the attenuation, which changes with λ. At small λ the ratio is 1. At larger λ the somata are far from the feed-forward state, and slopes and presynaptic rates differ from those of the expansion. Band: %s. Scale: %s.",
			r.netBand(), r.Badge()),
		X: theoryAxis, Y: chart.Axis{Name: "Weight change over leading order", Range: [2]float64{0.9, 1.4}},
		Curves: curves, Band: r.netBand(),
		References: []chart.Reference{{Label: "leading order", Value: 1}},
	})
}

// TwoStep shows how far the two-step dynamics are from the fixed point of
// continuous time.
func (r *TheoryRun) TwoStep() *chart.Chart {
	var curves []chart.Curve
	for k := range 3 {
		curves = append(curves, r.overLambda(fmt.Sprintf("area %d", k+1), k, func(n TheoryNet) []float64 { return n.TwoStep[k] }))
	}
	return chart.Lines(chart.LinesSpec{
		Title: "Two sweeps instead of settling",
		Caption: fmt.Sprintf("Distance between the somata of the two-step dynamics of N 3.4 (additive reading, float64) and the fixed point in continuous time, relative to the teacher's shift of that fixed point. It goes to 0 with both conductances, and so with λ, as N states; where the line of area 1 rises again, the error itself (of order 1e-9) is close to rounding. Band: %s. Scale: %s.",
			r.netBand(), r.Badge()),
		X: theoryAxis, Y: chart.Axis{Name: "Relative distance", Log: true},
		Curves: curves, Band: r.netBand(),
	})
}

// Alignment follows the angles through learning.
func (r *TheoryRun) Alignment() *chart.Chart {
	x := make([]float64, len(r.Moments[0].Trials))
	for i, t := range r.Moments[0].Trials {
		x[i] = float64(t) / 1000
	}
	curve := func(name string, q chart.Quantity, pick func(TheoryMoments) []float64) chart.Curve {
		return chart.MeanSD(name, q, x, lab.Each(r.Moments, pick))
	}
	return chart.Lines(chart.LinesSpec{
		Title: "Random feedback becomes useful during learning",
		Caption: fmt.Sprintf("Small regression, area 1, λ = %.2f: angle of the forward weights W₂₁ to the transposed, fixed feedback weights W₁₂; angle of the weight change to backprop with the learned lateral weights, and with those of the self-predicting state (ideal). Noise-free, mean over ten unseen patterns. Band: %s. Scale: %s.",
			r.Params.Regression.Network().G.MixingHidden(), r.regressionBand(), r.Badge()),
		X: chart.Axis{Name: "Training trials", Unit: "thousands"}, Y: chart.Axis{Name: "Angle", Unit: "°", Range: [2]float64{0, 100}},
		Curves: []chart.Curve{
			curve("forward weights", chart.Basal, func(m TheoryMoments) []float64 { return m.Weights }),
			curve("update, as learned", chart.Microcircuit, func(m TheoryMoments) []float64 { return m.Learned[0] }),
			curve("update, ideal lateral", chart.Interneuron, func(m TheoryMoments) []float64 { return m.Ideal[0] }),
		},
		References: []chart.Reference{{Label: "right angle", Value: 90}},
		Band:       r.regressionBand(), Height: 400,
	})
}

// AnglesDuringLearning shows the angle over the mixing factor with the weights
// of several moments of the regression.
func (r *TheoryRun) AnglesDuringLearning() *chart.Chart {
	x := r.Params.MomentLambdas()
	trials := r.Moments[0].Trials
	var curves []chart.Curve
	picked := []int{0, len(trials) / 3, 2 * len(trials) / 3, len(trials) - 1}
	for i, at := range slices.Compact(picked) {
		c := chart.MeanSD(fmt.Sprintf("after %s", record.Count(trials[at], "trial")), chart.Other, x,
			lab.Each(r.Moments, func(m TheoryMoments) []float64 { return m.Sweep[at] }))
		c.Color = chart.PaletteColor(i)
		curves = append(curves, c)
	}
	return chart.Lines(chart.LinesSpec{
		Title: "With learned weights, the feedback limits the angle",
		Caption: fmt.Sprintf("Area 1 of the small regression's networks, lateral weights of the self-predicting state: angle between weight change and backprop over λ, with the weights of four moments of learning. A smaller λ does not correct the direction of the feedback weights. Band: %s. Scale: %s.",
			r.regressionBand(), r.Badge()),
		X: theoryAxis, Y: chart.Axis{Name: "Angle to backprop", Unit: "°", Range: [2]float64{0, 120}},
		Curves: curves, Band: r.regressionBand(),
	})
}

// theorySlope is the exponent of y in x over the points up to limit: the slope of
// the straight line through their logarithms.
func theorySlope(x, y []float64, limit float64) float64 {
	var lx, ly []float64
	for i := range x {
		if x[i] <= limit*(1+1e-9) {
			lx, ly = append(lx, math.Log(x[i])), append(ly, math.Log(y[i]))
		}
	}
	_, s := stat.LinearRegression(lx, ly, nil, false)
	return s
}

// AngleSlopes are the exponents of the angle in λ, by area and network, up to
// LambdaFit with transposed feedback: 1 in theory.
func (r *TheoryRun) AngleSlopes() [][]float64 {
	return r.byArea(3, func(n TheoryNet, area int) float64 {
		return theorySlope(r.Params.Lambdas(), n.Transposed[area], r.Params.LambdaFit)
	})
}

// SizeSlopes are the exponents of the size of the weight change in λ, by area and
// network, up to LambdaFit: 3, 2, 1 in theory.
func (r *TheoryRun) SizeSlopes() [][]float64 {
	return r.byArea(3, func(n TheoryNet, area int) float64 {
		return theorySlope(r.Params.Lambdas(), n.Size[area], r.Params.LambdaFit)
	})
}

// byArea collects one value of every network for each of the first areas.
func (r *TheoryRun) byArea(areas int, value func(n TheoryNet, area int) float64) [][]float64 {
	out := make([][]float64, areas)
	for k := range out {
		out[k] = lab.Each(r.Nets, func(n TheoryNet) float64 { return value(n, k) })
	}
	return out
}

// at collects the values of every network at the mixing factor nearest to lambda,
// for each of the first areas.
func (r *TheoryRun) at(lambda float64, areas int, pick func(TheoryNet) [][]float64) [][]float64 {
	off := make([]float64, len(r.Params.Lambdas()))
	for i, l := range r.Params.Lambdas() {
		off[i] = math.Abs(l - lambda)
	}
	nearest := floats.MinIdx(off)
	return r.byArea(areas, func(n TheoryNet, area int) float64 { return pick(n)[area][nearest] })
}

// theoryAreas are measures of values by area and network, with tests that the mean
// of each area is no further than off from what it should be.
func theoryAreas(values [][]float64, format, unit string, want, off []float64) ([]record.Measure, []record.Test) {
	var measures []record.Measure
	var tests []record.Test
	for k, v := range values {
		name := fmt.Sprintf("area %d", k+1)
		measures = append(measures, record.Mean(name, format, unit, v))
		tests = append(tests, record.OnAverage(name).Within(off[k], want[k]))
	}
	return measures, tests
}

func (r *TheoryRun) claims() []record.Claim {
	p := r.Params
	transposed := func(n TheoryNet) [][]float64 { return n.Transposed }
	angles := record.Claim{
		ID: "angle-exponent", Quantity: "Angle to backprop, transposed feedback: exponent in λ",
		Paper: record.Stated{Values: []float64{1, 1, 1}, Words: "next order of the expansion, N 3.1"},
		Note:  fmt.Sprintf("λ from %g to %g", p.LambdaLow, p.LambdaFit),
	}
	angles.Ours, angles.Bound.Matches = theoryAreas(r.AngleSlopes(), "%.3f", "", angles.Paper.Values, []float64{0.1, 0.1, 0.1})
	sizes := record.Claim{
		ID: "size-exponent", Quantity: "Size of the weight change: exponent in λ",
		Paper: record.Stated{Values: []float64{3, 2, 1}, Words: "N-k+1 in area k of N, N 3.1"},
		Note:  fmt.Sprintf("λ from %g to %g; above it (1-λ)^(N-k) changes the slope", p.LambdaLow, p.LambdaFit),
	}
	sizes.Ours, sizes.Bound.Matches = theoryAreas(r.SizeSlopes(), "%.3f", "", sizes.Paper.Values, []float64{0.05, 0.05, 0.05})
	claims := []record.Claim{angles, sizes}

	preset := theoryPreset(experiment.Quick)
	if p.Hidden1 == preset.Hidden1 && p.Hidden2 == preset.Hidden2 && p.Inputs == preset.Inputs && p.Outputs == preset.Outputs && p.Weights == 1 && p.Target == 2 {
		for _, c := range []struct {
			g    float64
			want []float64
		}{{0.1, []float64{1.7, 1.8, 1.7}}, {0.8, []float64{10.0, 10.9, 8.8}}} {
			angle := record.Claim{
				ID: fmt.Sprintf("angle-at-%g", c.g), Quantity: fmt.Sprintf("Angle to backprop with conductances of %g for apical dendrites and nudging", c.g),
				Paper: record.Words("not printed; an independent program, 20 networks: %g°, %g°, %g°", c.want[0], c.want[1], c.want[2]),
				Note:  "within 30 % of the other program's",
			}
			off := floats.ScaleTo(make([]float64, len(c.want)), 0.3, c.want)
			angle.Ours, angle.Bound.Holds = theoryAreas(r.at(c.g/(1.1+c.g), 3, transposed), "%.1f", "°", c.want, off)
			claims = append(claims, angle)
		}
	}
	random := record.Claim{
		ID: "random-angle", Quantity: "Angle to backprop, random feedback",
		Paper: record.Words("feedback alignment: no agreement before learning"),
		Note:  fmt.Sprintf("at λ = %g", p.LambdaLow),
	}
	random.Ours, random.Bound.Matches = theoryAreas(r.at(p.LambdaLow, 2, func(n TheoryNet) [][]float64 { return n.Random }), "%.0f", "°", []float64{90, 90}, []float64{10, 10})
	return append(claims, random, r.twoStepClaim(), r.alignmentClaim())
}

func (r *TheoryRun) twoStepClaim() record.Claim {
	worst := func(lambda float64) []float64 {
		return slices.MaxFunc(r.at(lambda, 3, func(n TheoryNet) [][]float64 { return n.TwoStep }), func(a, b []float64) int {
			return cmp.Compare(stat.Mean(a, nil), stat.Mean(b, nil))
		})
	}
	const smallest, largest = "smallest λ", "largest λ"
	return record.Claim{
		ID: "two-step-distance", Quantity: "Two-step dynamics against the fixed point: relative distance in the worst area",
		Paper: record.Words("improves as the apical conductance goes to 0 (N 3.4)"),
		Ours:  []record.Measure{record.Mean(smallest, "%.1e", "", worst(r.Params.LambdaLow)), record.Mean(largest, "%.2f", "", worst(1))},
		Bound: record.Holding(record.OnAverage(smallest).Below(0.002), record.OnAverage(smallest).Below(0.02).Times(largest)),
	}
}

func (r *TheoryRun) alignmentClaim() record.Claim {
	first := lab.Each(r.Moments, func(m TheoryMoments) float64 { return m.Learned[0][0] })
	last := lab.Each(r.Moments, func(m TheoryMoments) float64 { return lab.Last(m.Learned[0]) })
	weights := lab.Each(r.Moments, func(m TheoryMoments) float64 { return lab.Last(m.Weights) })
	return record.Claim{
		ID: "alignment", Quantity: "Angle of the weight change to backprop, area 1, before and after the small regression",
		Paper: record.Words("falls, as forward weights align with feedback (N 3.3: weights to about 45°)"),
		Ours:  []record.Measure{record.Mean("before", "%.0f", "°", first), record.Mean("after", "%.0f", "°", last), record.Mean("weights after", "%.0f", "°", weights)},
		Bound: record.Holding(record.OnAverage("after").Below(75), record.InEverySeed("after").Below(1).Times("before")),
		Note:  fmt.Sprintf("another network and task than N's; λ = %.2f throughout", r.Params.Regression.Network().G.MixingHidden()),
	}
}
