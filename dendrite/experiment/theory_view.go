package experiment

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"microcircuits/dendrite/chart"
)

// collect gives one series over the mixing factors for every network.
func (r *TheoryRun) collect(pick func(TheoryNet) []float64) [][]float64 {
	var runs [][]float64
	for _, n := range r.Nets {
		runs = append(runs, pick(n))
	}
	return runs
}

// geometricCurve is a curve through the geometric mean of the runs with a band
// of one standard deviation of the logarithm.
func geometricCurve(name string, q chart.Quantity, x []float64, runs [][]float64) chart.Curve {
	mean, low, high := geometric(runs)
	return chart.Curve{Name: name, Quantity: q, X: x, Y: mean, Low: low, High: high}
}

var mixingAxis = chart.Axis{Name: "Mixing factor λ", Log: true, Range: [2]float64{0.001, 1}}

func (r *TheoryRun) netBand() string {
	return fmt.Sprintf("geometric mean ± s.d. of %d networks", len(r.Nets))
}

// Angles shows the angle between the weight change and backprop over the mixing
// factor.
func (r *TheoryRun) Angles() *chart.Chart {
	x := r.Params.Lambdas()
	var curves []chart.Curve
	for k := range 3 {
		c := geometricCurve(fmt.Sprintf("area %d, transposed", k+1), chart.Other, x, r.collect(func(n TheoryNet) []float64 { return n.Transposed[k] }))
		c.Color = chart.PaletteColor(k)
		curves = append(curves, c)
	}
	for k := range 2 {
		c := geometricCurve(fmt.Sprintf("area %d, random", k+1), chart.Other, x, r.collect(func(n TheoryNet) []float64 { return n.Random[k] }))
		c.Color = chart.PaletteColor(3 + k)
		curves = append(curves, c)
	}
	return chart.Lines(chart.LinesSpec{
		Title: "Angle between the microcircuit's weight change and backprop",
		Caption: fmt.Sprintf("Networks of %d-%d-%d-%d neurons in the self-predicting state, settled with one input and teacher; λ is the same in all areas. With W_k,k+1 the transpose of W_k+1,k the angle falls in proportion to λ; with random top-down weights the hidden areas start at a right angle whatever λ is. Right of the line: beyond the range in which the law is claimed; the last point is the papers' g_A = g_som = 0.8. Band: %s. Scale: %s.",
			r.Params.Inputs, r.Params.Hidden1, r.Params.Hidden2, r.Params.Outputs, r.netBand(), r.Badge()),
		X: mixingAxis, Y: chart.Axis{Name: "Angle to backprop", Unit: "°", Log: true, Range: [2]float64{0.01, 100}},
		Curves:     curves,
		References: []chart.Reference{{Label: "λ = " + fmt.Sprint(r.Params.LambdaFit), Value: r.Params.LambdaFit, Vertical: true}},
		Band:       r.netBand(), Height: 420,
	})
}

// Sizes shows how large the weight changes are, beside the leading order of the
// analysis.
func (r *TheoryRun) Sizes() *chart.Chart {
	x := r.Params.Lambdas()
	var curves []chart.Curve
	for k := range 3 {
		c := geometricCurve(fmt.Sprintf("area %d: ∝ λ%s", k+1, []string{"³", "²", ""}[k]), chart.Other, x, r.collect(func(n TheoryNet) []float64 { return n.Size[k] }))
		c.Color = chart.PaletteColor(k)
		curves = append(curves, c)
	}
	return chart.Lines(chart.LinesSpec{
		Title: "The error is diluted by one factor λ for each area it crosses",
		Caption: fmt.Sprintf("Norm of the weight change of rule (7) for a learning rate of 1, transposed feedback; N = 3 areas, area k scales as the power N-k+1 of λ. Band: %s. Scale: %s.",
			r.netBand(), r.Badge()),
		X: mixingAxis, Y: chart.Axis{Name: "Norm of the weight change", Log: true, Range: [2]float64{3e-10, 1}},
		Curves: curves, Band: r.netBand(),
	})
}

// Departure shows the weight changes as multiples of what the leading order
// predicts.
func (r *TheoryRun) Departure() *chart.Chart {
	x := r.Params.Lambdas()
	var curves []chart.Curve
	for k := range 3 {
		runs := r.collect(func(n TheoryNet) []float64 {
			ratio := slices.Clone(n.Size[k])
			for i := range ratio {
				ratio[i] /= n.Leading[k][i]
			}
			return ratio
		})
		c := geometricCurve(fmt.Sprintf("area %d", k+1), chart.Other, x, runs)
		c.Color = chart.PaletteColor(k)
		curves = append(curves, c)
	}
	return chart.Lines(chart.LinesSpec{
		Title: "Where the power law ends",
		Caption: fmt.Sprintf("Norm of the weight change over its leading order: backprop's times the power N-k+1 of λ and the power N-k of 1-λ. At small λ the ratio is 1. The factor (1-λ), the share of the error that the interneurons leave by following their own nudging, and the changing attenuation bend the plain power law; what is left here comes from somata so far from the feed-forward state that slopes and presynaptic rates are no longer those of the expansion. Band: %s. Scale: %s.",
			r.netBand(), r.Badge()),
		X: mixingAxis, Y: chart.Axis{Name: "Weight change over leading order", Range: [2]float64{0.9, 1.4}},
		Curves: curves, Band: r.netBand(),
		References: []chart.Reference{{Label: "leading order", Value: 1}},
	})
}

// TwoStep shows how far the two-step dynamics are from the fixed point of
// continuous time.
func (r *TheoryRun) TwoStep() *chart.Chart {
	x := r.Params.Lambdas()
	var curves []chart.Curve
	for k := range 3 {
		c := geometricCurve(fmt.Sprintf("area %d", k+1), chart.Other, x, r.collect(func(n TheoryNet) []float64 { return n.TwoStep[k] }))
		c.Color = chart.PaletteColor(k)
		curves = append(curves, c)
	}
	return chart.Lines(chart.LinesSpec{
		Title: "Two sweeps instead of settling",
		Caption: fmt.Sprintf("Distance between the somata of the two-step dynamics of N 3.4 (additive reading, float64) and the fixed point in continuous time, as a share of how far the teacher moves that fixed point. It vanishes as g_A = g_som goes to 0, as N says; where the line of area 1 turns up again, the error itself (of order 1e-9) is close to rounding. Band: %s. Scale: %s.",
			r.netBand(), r.Badge()),
		X: mixingAxis, Y: chart.Axis{Name: "Relative distance", Log: true},
		Curves: curves, Band: r.netBand(),
	})
}

func (r *TheoryRun) regressionBand() string {
	return fmt.Sprintf("mean ± s.d. of %d seeds", len(r.Moments))
}

// Alignment follows the angles through learning.
func (r *TheoryRun) Alignment() *chart.Chart {
	x := make([]float64, len(r.Moments[0].Trials))
	for i, t := range r.Moments[0].Trials {
		x[i] = float64(t) / 1000
	}
	curve := func(name string, q chart.Quantity, pick func(TheoryMoments) []float64) chart.Curve {
		var runs [][]float64
		for _, m := range r.Moments {
			runs = append(runs, pick(m))
		}
		return chart.MeanSD(name, q, x, runs)
	}
	return chart.Lines(chart.LinesSpec{
		Title: "Learning turns random feedback into useful feedback",
		Caption: fmt.Sprintf("Small regression, area 1, λ = %.2f: angle of the forward weights W_2,1 to the transposed, fixed feedback weights W_1,2; angle of the weight change to backprop in the network as it is; and the same with the lateral weights of the self-predicting state. Noise-free, mean over ten unseen patterns. Band: %s. Scale: %s.",
			r.Params.Regression.network().G.MixingHidden(), r.regressionBand(), r.Badge()),
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
		var runs [][]float64
		for _, m := range r.Moments {
			runs = append(runs, m.Sweep[at])
		}
		c := chart.MeanSD(fmt.Sprintf("after %d trials", trials[at]), chart.Other, x, runs)
		c.Color = chart.PaletteColor(i)
		curves = append(curves, c)
	}
	return chart.Lines(chart.LinesSpec{
		Title: "With learned weights, the feedback sets the limit",
		Caption: fmt.Sprintf("Area 1 of the small regression's networks, lateral weights of the self-predicting state: angle between weight change and backprop over λ, with the weights of four moments of learning. Weaker feedback does not help where the feedback weights point elsewhere. Band: %s. Scale: %s.",
			r.regressionBand(), r.Badge()),
		X: mixingAxis, Y: chart.Axis{Name: "Angle to backprop", Unit: "°", Range: [2]float64{0, 120}},
		Curves: curves, Band: r.regressionBand(),
	})
}

// slope is the exponent of y in x over the points up to limit: the slope of the
// straight line through their logarithms.
func slope(x, y []float64, limit float64) float64 {
	var lx, ly []float64
	for i := range x {
		if x[i] <= limit*(1+1e-9) {
			lx, ly = append(lx, math.Log(x[i])), append(ly, math.Log(y[i]))
		}
	}
	_, s := stat.LinearRegression(lx, ly, nil, false)
	return s
}

// AngleSlopes are the exponents of the mean angle in λ, by area, up to
// LambdaFit with transposed feedback: 1 in theory.
func (r *TheoryRun) AngleSlopes() []float64 {
	return r.slopes(func(n TheoryNet) [][]float64 { return n.Transposed })
}

// SizeSlopes are the exponents of the size of the weight change in λ, by area,
// up to LambdaFit: 3, 2, 1 in theory.
func (r *TheoryRun) SizeSlopes() []float64 {
	return r.slopes(func(n TheoryNet) [][]float64 { return n.Size })
}

func (r *TheoryRun) slopes(pick func(TheoryNet) [][]float64) []float64 {
	x := r.Params.Lambdas()
	var out []float64
	for k := range 3 {
		mean, _, _ := geometric(r.collect(func(n TheoryNet) []float64 { return pick(n)[k] }))
		out = append(out, slope(x, mean, r.Params.LambdaFit))
	}
	return out
}

// meanAt is the mean over networks, by area, at the mixing factor nearest to
// lambda.
func (r *TheoryRun) meanAt(lambda float64, pick func(TheoryNet) [][]float64) []float64 {
	nearest, best := 0, math.Inf(1)
	for i, l := range r.Params.Lambdas() {
		if d := math.Abs(l - lambda); d < best {
			nearest, best = i, d
		}
	}
	out := make([]float64, 3)
	for _, n := range r.Nets {
		for k := range out {
			out[k] += pick(n)[k][nearest] / float64(len(r.Nets))
		}
	}
	return out
}

// within says whether every value is no further from the wanted one than
// tolerance.
func within(got, want []float64, tolerance float64) bool {
	for i := range got {
		if !(math.Abs(got[i]-want[i]) <= tolerance) {
			return false
		}
	}
	return true
}

func (r *TheoryRun) compare() []Comparison {
	angles, sizes := r.AngleSlopes(), r.SizeSlopes()
	transposed := func(n TheoryNet) [][]float64 { return n.Transposed }
	rows := []Comparison{
		{
			Quantity: "Angle to backprop, transposed feedback: exponent in λ, areas 1, 2, 3",
			Paper:    "1, 1, 1 (next order of the expansion, N 3.1)", Ours: fmt.Sprintf("%.3f, %.3f, %.3f", angles[0], angles[1], angles[2]),
			Tolerance: "1 ± 0.1", Verdict: verdict(within(angles, []float64{1, 1, 1}, 0.1), Matches),
			Note: fmt.Sprintf("λ from %g to %g", r.Params.LambdaLow, r.Params.LambdaFit),
		},
		{
			Quantity: "Size of the weight change: exponent in λ, areas 1, 2, 3",
			Paper:    "N-k+1 = 3, 2, 1 (N 3.1)", Ours: fmt.Sprintf("%.3f, %.3f, %.3f", sizes[0], sizes[1], sizes[2]),
			Tolerance: "± 0.05", Verdict: verdict(within(sizes, []float64{3, 2, 1}, 0.05), Matches),
			Note: fmt.Sprintf("λ from %g to %g; beyond, (1-λ)^(N-k) bends the law", r.Params.LambdaLow, r.Params.LambdaFit),
		},
	}
	preset := TheoryPreset(Quick)
	if p := r.Params; p.Hidden1 == preset.Hidden1 && p.Hidden2 == preset.Hidden2 && p.Inputs == preset.Inputs && p.Outputs == preset.Outputs && p.Weights == 1 && p.Target == 2 {
		for _, c := range []struct {
			g    float64
			want []float64
		}{{0.1, []float64{1.7, 1.8, 1.7}}, {0.8, []float64{10.0, 10.9, 8.8}}} {
			got := r.meanAt(c.g/(1.1+c.g), transposed)
			ok := true
			for k := range got {
				ok = ok && math.Abs(got[k]/c.want[k]-1) < 0.3
			}
			rows = append(rows, Comparison{
				Quantity: fmt.Sprintf("Angle to backprop at g_A = g_som = %g, areas 1, 2, 3", c.g),
				Paper:    fmt.Sprintf("not printed; an independent program, 20 networks: %g°, %g°, %g°", c.want[0], c.want[1], c.want[2]),
				Ours:     fmt.Sprintf("%.1f°, %.1f°, %.1f°", got[0], got[1], got[2]), Tolerance: "within 30 %",
				Verdict: verdict(ok, Qualitatively),
			})
		}
	}
	random := r.meanAt(r.Params.LambdaLow, func(n TheoryNet) [][]float64 { return n.Random })
	apart := r.meanAt(r.Params.LambdaLow, func(n TheoryNet) [][]float64 { return n.TwoStep })
	strong := r.meanAt(1, func(n TheoryNet) [][]float64 { return n.TwoStep })
	last := len(r.Moments[0].Trials) - 1
	var start, end, weights []float64
	for _, m := range r.Moments {
		start, end, weights = append(start, m.Learned[0][0]), append(end, m.Learned[0][last]), append(weights, m.Weights[last])
	}
	fell := true
	for i := range start {
		fell = fell && end[i] < start[i]
	}
	return append(rows,
		Comparison{
			Quantity: "Angle to backprop, random feedback, areas 1, 2",
			Paper:    "feedback alignment: no agreement before learning", Ours: fmt.Sprintf("%.0f°, %.0f°", random[0], random[1]),
			Tolerance: "90° ± 10°", Verdict: verdict(within(random[:2], []float64{90, 90}, 10), Matches),
			Note: fmt.Sprintf("mean of %d networks at λ = %g", len(r.Nets), r.Params.LambdaLow),
		},
		Comparison{
			Quantity: "Two-step dynamics against the fixed point: relative distance at the smallest and largest λ, worst area",
			Paper:    "improves as g_A goes to 0 (N 3.4)", Ours: fmt.Sprintf("%.1e, %.2f", slices.Max(apart), slices.Max(strong)),
			Tolerance: "below 0.01 at the smallest λ, and 10 times below the largest",
			Verdict:   verdict(slices.Max(apart) < 0.01 && slices.Max(apart) < slices.Max(strong)/10, Matches),
		},
		Comparison{
			Quantity: "Angle of the weight change to backprop, area 1, through the small regression",
			Paper:    "falls, as forward weights align with feedback (N 3.3: weights to about 45°)",
			Ours:     fmt.Sprintf("%.0f° to %.0f° (weights end at %.0f°)", stat.Mean(start, nil), stat.Mean(end, nil), stat.Mean(weights, nil)), Tolerance: "falls in every seed",
			Verdict: verdict(fell, Qualitatively), Note: "another network and task than N's; λ = 0.42 throughout",
		})
}
