package figure

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"microcircuits/dendrite/chart"
	"microcircuits/dendrite/figure/internal/lab"
	"microcircuits/dendrite/record"
	"microcircuits/dendrite/task"
	"microcircuits/dendrite/twostep"
)

const disinhibitionReconstructed = "Protocol reconstructed."

// curve follows one number of the networks over the epochs from first on.
func (r *DisinhibitionRun) curve(name string, q chart.Quantity, first int, pick func(DisinhibitionNet) []float64) chart.Curve {
	runs := lab.Each(r.Circuits, func(c DisinhibitionNet) []float64 { return pick(c)[first:] })
	var x []float64
	for e := range runs[0] {
		x = append(x, float64(first+e))
	}
	return chart.MeanSD(name, q, x, runs)
}

// paperReferences is the paper's number, for MNIST only.
func (r *DisinhibitionRun) paperReferences() []chart.Reference {
	if r.otherData {
		return nil
	}
	return []chart.Reference{{Label: fmt.Sprintf("paper %.2f %%", disinhibitionPaperError), Value: disinhibitionPaperError, Quantity: chart.Microcircuit}}
}

// TestError shows the test error over training.
func (r *DisinhibitionRun) TestError() *chart.Chart {
	curve := r.curve("learned feedback", chart.Microcircuit, 1, func(c DisinhibitionNet) []float64 { return c.Test })
	top := 5 * math.Ceil(max(10, slices.Max(curve.Y))/5)
	return chart.Lines(chart.LinesSpec{
		Title: "Test error, all synapses plastic",
		Caption: fmt.Sprintf("N 3.4. Test images classified wrongly after each epoch by a network of %s in which bottom-up, top-down and lateral synapses all start random and learn; %s. Dotted: the paper's number. Scale: %s.",
			record.Count(r.Params.Hidden, "hidden neuron"), lab.MeanBand(r.Params.Seeds), r.Badge()),
		X:          chart.Axis{Name: "Epoch", Whole: true},
		Y:          chart.Axis{Name: "Test error", Unit: "%", Range: [2]float64{0, top}},
		Curves:     []chart.Curve{curve},
		References: r.paperReferences(),
		Band:       lab.MeanBand(r.Params.Seeds),
	})
}

// ApicalPotential shows that without a teacher the apical potentials approach zero
// although the top-down input keeps changing.
func (r *DisinhibitionRun) ApicalPotential() *chart.Chart {
	return chart.Lines(chart.LinesSpec{
		Title: "Apical potentials without a teacher fall during learning",
		Caption: fmt.Sprintf("Mean absolute value over the neurons of area 1 and 500 validation images; the error signal is what the teacher adds to the apical potential; epoch 0 is before learning, when nothing is cancelled; %s. Scale: %s.",
			lab.MeanBand(r.Params.Seeds), r.Badge()),
		X: chart.Axis{Name: "Epoch", Whole: true}, Y: chart.Axis{Name: "Mean absolute potential", Log: true},
		Curves: []chart.Curve{
			r.curve("top-down input", chart.Apical, 0, func(c DisinhibitionNet) []float64 { return c.TopDown }),
			r.curve("error signal", chart.Error, 0, func(c DisinhibitionNet) []float64 { return c.Error }),
			r.curve("apical, no teacher", chart.Interneuron, 0, func(c DisinhibitionNet) []float64 { return c.Apical }),
		},
		Band: lab.MeanBand(r.Params.Seeds),
	})
}

// disinhibitionBrightened is an image whose brightest pixel is white.
func disinhibitionBrightened(pixels []float32) []float32 {
	out, top := slices.Clone(pixels), slices.Max(pixels)
	for i := range out {
		out[i] /= max(top, 1e-6)
	}
	return out
}

// disinhibitionClasses are the names of the classes.
func disinhibitionClasses() []string {
	var names []string
	for c := range task.Classes {
		names = append(names, strconv.Itoa(c))
	}
	return names
}

// Prototypes shows the image that each network produces for a class without input,
// below the mean training image of the class.
func (r *DisinhibitionRun) Prototypes() *chart.Chart {
	var images []chart.Image
	rows := []string{"class mean"}
	width := r.Recalls[0].Gallery.Width
	for _, mean := range r.Recalls[0].ClassMeans {
		images = append(images, lab.Picture(mean, width, ""))
	}
	for s, recalled := range r.Recalls {
		rows = append(rows, fmt.Sprintf("seed %d", r.Provenance.Seeds[s]))
		for class, p := range recalled.Prototypes {
			label := "" // only for wrong answers
			if recalled.PrototypeRead[class] != class {
				label = fmt.Sprintf("read as %d", recalled.PrototypeRead[class])
			}
			images = append(images, lab.Picture(disinhibitionBrightened(p), width, label))
		}
	}
	return chart.ImageGrid(chart.ImageGridSpec{
		Title: "Prototypes: the images of the classes",
		Caption: fmt.Sprintf("Each class's target pattern is clamped at the output; no image is shown, and the top-down input is not inhibited. First row, for comparison: mean training image of the class. Prototypes are dim; here the brightest pixel of each is scaled to white. A label marks those that the independent reader classifies wrongly. %s Scale: %s.",
			disinhibitionReconstructed, r.Badge()),
		Images: images, Rows: rows, Columns: disinhibitionClasses(),
	})
}

// Noises are the names of the noises, the first of which leaves digits as they are.
func (r *DisinhibitionRun) Noises() []string {
	return lab.Each(r.Params.Recall.Noises(), func(n task.Noise) string { return n.Name })
}

// Denoising shows one test digit of each class under a noise, by its number in
// Noises: clean, noisy, and recalled by the first network.
func (r *DisinhibitionRun) Denoising(noise int) *chart.Chart {
	g := r.Recalls[0].Gallery
	rows := []string{"clean digit"}
	grid := append([][][]float32{g.Clean}, g.Images[noise]...)
	for _, c := range r.Params.Recall.Conditions() {
		if c.Steps <= 1 {
			rows = append(rows, c.Name)
		}
	}
	var images []chart.Image
	for _, row := range grid {
		for _, pixels := range row {
			images = append(images, lab.Picture(pixels, g.Width, ""))
		}
	}
	return chart.ImageGrid(chart.ImageGridSpec{
		Title: "Denoising: " + r.Noises()[noise],
		Caption: fmt.Sprintf("The first test digit of each class; its reconstruction by the network (seed %d) with the VIP gate shut, and its recall with the gate at g. %s Scale: %s.",
			r.Provenance.Seeds[0], disinhibitionReconstructed, r.Badge()),
		Images: images, Rows: rows, Columns: disinhibitionClasses(),
	})
}

// Opening shows how recalled images change while the user opens the gate,
// under a noise by its number in Noises.
func (r *DisinhibitionRun) Opening(noise int) *chart.Chart {
	g := r.Recalls[0].Gallery
	return chart.Explore("VIP gate g", 0.5, g.Openings, func(gate float64) *chart.Chart {
		at := slices.Index(g.Openings, gate)
		var images []chart.Image
		for _, pixels := range slices.Concat(g.Clean, g.Images[noise][0]) {
			images = append(images, lab.Picture(pixels, g.Width, ""))
		}
		for class := range task.Classes {
			images = append(images, lab.Picture(g.Opening[noise][class*len(g.Openings)+at], g.Width, ""))
		}
		return chart.ImageGrid(chart.ImageGridSpec{
			Title: "Opening the gate: " + r.Noises()[noise],
			Caption: fmt.Sprintf("The same noisy digits, recalled in one step with the VIP gate between 0 (shut) and 1 (open): from input-driven to top-down activity; seed %d. %s Scale: %s.",
				r.Provenance.Seeds[0], disinhibitionReconstructed, r.Badge()),
			Images: images, Rows: []string{"clean digit", "noisy input", "recalled"}, Columns: disinhibitionClasses(),
		})
	})
}

// disinhibitionMeasure is a measure of recalled images.
type disinhibitionMeasure struct {
	name, unit string
	pick       func(lab.RecallMeasures) [][]float64
	sign       float64 // 1 where higher is better, else -1
	format     string
}

var (
	disinhibitionByError = disinhibitionMeasure{"squared error per pixel", "", func(m lab.RecallMeasures) [][]float64 { return m.MSE }, -1, "%.4f"}
	disinhibitionByMatch = disinhibitionMeasure{"correlation with the class mean", "", func(m lab.RecallMeasures) [][]float64 { return m.Correlation }, 1, "%.2f"}
	disinhibitionByRead  = disinhibitionMeasure{"classified correctly", "%", func(m lab.RecallMeasures) [][]float64 { return m.Read }, 1, "%.1f"}
)

// onTest are the seeds' values on test digits, under a noise and condition.
func (r *DisinhibitionRun) onTest(m disinhibitionMeasure, noise, condition int) []float64 {
	return lab.Each(r.Recalls, func(d lab.Recalled) float64 { return m.pick(d.Test)[noise][condition] })
}

// onValidation are the same on validation digits.
func (r *DisinhibitionRun) onValidation(m disinhibitionMeasure, noise, condition int) []float64 {
	return lab.Each(r.Recalls, func(d lab.Recalled) float64 { return m.pick(d.Validation)[noise][condition] })
}

// Errors shows the squared error for all noises and conditions on test digits.
func (r *DisinhibitionRun) Errors() *chart.Chart {
	return r.table(disinhibitionByError, "Squared error to the clean digit", "lower is better")
}

// Matches shows the correlation with the class mean in the same way.
func (r *DisinhibitionRun) Matches() *chart.Chart {
	return r.table(disinhibitionByMatch, "Similarity to the class", "higher is more typical")
}

// Readings shows the share of digits read correctly in the same way.
func (r *DisinhibitionRun) Readings() *chart.Chart {
	return r.table(disinhibitionByRead, "Classified correctly by the reader", "higher is better")
}

func (r *DisinhibitionRun) table(m disinhibitionMeasure, title, better string) *chart.Chart {
	var rows, columns []string
	var values [][]float64
	for _, c := range r.Params.Recall.Conditions() {
		columns = append(columns, c.Short)
	}
	for n, noise := range r.Params.Recall.Noises() {
		rows = append(rows, noise.Name)
		var row []float64
		for c := range columns {
			row = append(row, stat.Mean(r.onTest(m, n, c), nil))
		}
		values = append(values, row)
	}
	return chart.HeatMap(chart.HeatMapSpec{
		Title: title,
		Caption: fmt.Sprintf("Mean over %s and %s, %s. From left: the noisy input itself, plain reconstruction with the gate shut, recall with the gate at g in one step, and in %s. %s Scale: %s.",
			record.Count(r.Recalls[0].Test.Images, "test digit"), record.Count(r.Params.Seeds, "seed"), better, record.Count(r.Params.Recall.Steps, "step"), disinhibitionReconstructed, r.Badge()),
		X: chart.Axis{Name: "Noisy input; gate shut; gate at g, one step; the same, more steps"}, Y: chart.Axis{Name: "Noise"}, Rows: rows, Columns: columns,
		Values: values, Value: chart.Axis{Name: m.name, Unit: m.unit},
	})
}

// ByGate shows the share of digits that the reader classifies correctly over the
// opening of the gate, relative to the noisy input.
func (r *DisinhibitionRun) ByGate() *chart.Chart {
	x := append([]float64{0}, r.Params.Recall.Gates...)
	var curves []chart.Curve
	for n, noise := range r.Params.Recall.Noises() {
		if n == 0 {
			continue
		}
		var runs [][]float64
		for s := range r.Recalls {
			var run []float64
			for c := range x {
				run = append(run, r.onTest(disinhibitionByRead, n, 1+c)[s]-r.onTest(disinhibitionByRead, n, 0)[s])
			}
			runs = append(runs, run)
		}
		c := chart.MeanSD(noise.Name, chart.Other, x, runs)
		c.Color = chart.PaletteColor(n - 1)
		curves = append(curves, c)
	}
	return chart.Lines(chart.LinesSpec{
		Title: "Classification gain over the noisy input",
		Caption: fmt.Sprintf("Share of %s that the reader classifies correctly from the recalled image (one step), minus that from the noisy input; above zero, recall helps. Gate 0: plain reconstruction; %s. %s Scale: %s.",
			record.Count(r.Recalls[0].Test.Images, "test digit"), lab.MeanBand(r.Params.Seeds), disinhibitionReconstructed, r.Badge()),
		X: chart.Axis{Name: "VIP gate g"}, Y: chart.Axis{Name: "Gain", Unit: "percentage points"},
		Curves: curves, References: []chart.Reference{{Label: "noisy input", Value: 0, Quantity: chart.Input}},
		Band: lab.MeanBand(r.Params.Seeds), Height: 420,
	})
}

// ApicalTraces shows the potentials of one neuron with the gate shut and open.
func (r *DisinhibitionRun) ApicalTraces() *chart.Chart {
	t := r.Recalls[0].Apical
	n := len(t.Class) / 2
	column := func(title string, from int) chart.TraceColumn {
		x := make([]float64, n)
		for i := range x {
			x[i] = float64(i + 1)
		}
		curve := func(name string, q chart.Quantity, y []float64) chart.Curve {
			return chart.Curve{Name: name, Quantity: q, X: x, Y: y[from : from+n], Points: true} // digits are independent
		}
		return chart.TraceColumn{Title: title, Panels: []chart.Panel{
			{Y: chart.Axis{Name: "Apical potential"}, Curves: []chart.Curve{curve("v_A", chart.Error, t.Apical)}},
			{Y: chart.Axis{Name: "Apical inputs"}, Curves: []chart.Curve{curve("top-down", chart.Apical, t.TopDown), curve("lateral (SST)", chart.Interneuron, t.Lateral)}},
			{Y: chart.Axis{Name: "Rate", Range: [2]float64{0, 1}}, Curves: []chart.Curve{curve("φ(u)", chart.Soma, disinhibitionRates(t.Soma)), curve("φ(v_B), of the basal drive", chart.Basal, disinhibitionRates(t.Basal))}},
		}}
	}
	return chart.Traces(chart.TracesSpec{
		Title: "One apical dendrite, gate shut and open",
		Caption: fmt.Sprintf("Neuron %d of area 1, whose top-down input differs most between digits, under the first %d test digits; two-step dynamics, no teacher, seed %d. Shut: inhibition cancels the top-down input, and the rate follows the basal dendrite. Open: nothing cancels the top-down input, and the rate follows the apical dendrite. %s Scale: %s.",
			t.Neuron+1, n, r.Provenance.Seeds[0], disinhibitionReconstructed, r.Badge()),
		X:       chart.Axis{Name: "Test digit", Whole: true},
		Columns: []chart.TraceColumn{column("(i) VIP gate shut", 0), column("(ii) VIP gate open", n)},
	})
}

// disinhibitionRates are the rates at potentials u.
func disinhibitionRates(u []float64) []float64 {
	out := make([]float64, len(u))
	for i, v := range u {
		out[i] = twostep.Rate(v)
	}
	return out
}

// Transition shows the gate open in continuous time.
func (r *DisinhibitionRun) Transition() *chart.Chart {
	t, c := r.Continuous[0], r.Params.Continuous
	curve := func(name string, q chart.Quantity, y []float64) chart.Curve {
		return chart.Curve{Name: name, Quantity: q, X: t.Time, Y: y}
	}
	return chart.Traces(chart.TracesSpec{
		Title: "Opening the gate in continuous time",
		Caption: fmt.Sprintf("A small network (%d-%d-%d) with plastic top-down synapses, after %s with noisy copies of %s; at 0 ms VIP silences SST. Upper three: the neuron of area 1 with the largest top-down input, under one new noisy copy. Below: correlation of all somata of area 1 with those that the clean pattern evokes, mean of %d noisy copies. No teacher, somatic noise or plasticity while recorded; the soma keeps its basal drive here; seed %d. Scale: %s.",
			c.Inputs, c.Hidden, c.Classes, record.Count(c.Trials, "trial"), record.Count(c.Classes, "pattern"), lab.GateOpenings, r.Provenance.Seeds[0], r.Badge()),
		X: chart.Axis{Name: "Time", Unit: "ms"},
		Columns: []chart.TraceColumn{{
			Panels: []chart.Panel{
				{Y: chart.Axis{Name: "Apical potential"}, Curves: []chart.Curve{curve("v_A", chart.Error, t.Apical)}},
				{Y: chart.Axis{Name: "Apical inputs"}, Curves: []chart.Curve{curve("top-down", chart.Apical, t.TopDown), curve("lateral (SST), with the gate", chart.Interneuron, t.Lateral)}},
				{Y: chart.Axis{Name: "Soma"}, Curves: []chart.Curve{curve("u₁", chart.Soma, t.Soma), curve("basal v_B", chart.Basal, t.Basal)}},
				{Y: chart.Axis{Name: "Similarity to the clean pattern"}, Curves: []chart.Curve{curve("correlation", chart.Other, t.Likeness)}},
			},
			Windows: []chart.Window{{From: 0, To: lab.GateAfter, Label: "VIP gate open"}},
		}},
	})
}

// chosen is the condition other than the noisy input that is best on validation
// digits under a noise.
func (r *DisinhibitionRun) chosen(m disinhibitionMeasure, noise int) int {
	best, most := 1, math.Inf(-1)
	for c := range r.Params.Recall.Conditions() {
		if v := m.sign * stat.Mean(r.onValidation(m, noise, c), nil); c > 0 && v > most {
			best, most = c, v
		}
	}
	return best
}

// better reports whether a is better than b in every seed, and on average.
func (m disinhibitionMeasure) better(a, b []float64) (always, onAverage bool) {
	always = true
	var sum float64
	for i := range a {
		d := m.sign * (a[i] - b[i])
		always, sum = always && d > 0, sum+d
	}
	return always, sum > 0
}

// ErrorVerdicts is a table that shows for every noise whether an image produced by
// the network has a lower squared error than the noisy input, and whether the open
// gate is better than the shut one; gate and steps were chosen on validation digits.
func (r *DisinhibitionRun) ErrorVerdicts() (header []string, rows [][]string) {
	return r.verdicts(disinhibitionByError)
}

// ReadingVerdicts is the same by the share of digits read correctly.
func (r *DisinhibitionRun) ReadingVerdicts() (header []string, rows [][]string) {
	return r.verdicts(disinhibitionByRead)
}

func (r *DisinhibitionRun) verdicts(m disinhibitionMeasure) (header []string, rows [][]string) {
	header = []string{"Noise", "Noisy", "Shut", "Choice", "Chosen", "Than noisy", "Than shut"}
	conditions := r.Params.Recall.Conditions()
	for n, noise := range r.Params.Recall.Noises() {
		at := r.chosen(m, n)
		noisy, shut, best := r.onTest(m, n, 0), r.onTest(m, n, 1), r.onTest(m, n, at)
		number := func(v []float64) string { return fmt.Sprintf(m.format, stat.Mean(v, nil)) }
		against := func(other []float64) string {
			switch always, onAverage := m.better(best, other); {
			case always:
				return "better, every seed"
			case onAverage:
				return "better, mean"
			}
			return "not better"
		}
		last := "shut was chosen"
		if at > 1 {
			last = against(shut)
		}
		rows = append(rows, []string{noise.Name, number(noisy), number(shut), conditions[at].Short, number(best), against(noisy), last})
	}
	return header, rows
}

// disinhibitionPaperError is the test error of N 3.4 with all synapses plastic (%).
const disinhibitionPaperError = 2.48

// disinhibitionInWords is how much is known of the paper's results on recall.
const disinhibitionInWords = "(in words only; protocol reconstructed)"

func (r *DisinhibitionRun) claims() []record.Claim {
	digits := slices.Concat(r.learningClaims(), r.prototypeClaims(), r.noisyClaims(), []record.Claim{
		r.openGate("open-gate-error", "closer to the clean digit", disinhibitionByError),
		r.openGate("open-gate-reading", "classified correctly more often", disinhibitionByRead),
	})
	if r.otherData {
		withoutBounds(digits, otherDataNote)
	}
	return append(digits, r.continuousClaims()...)
}

// warnings are about networks that have not learned. Guessing one of ten classes is wrong in
// 90 %.
func (r *DisinhibitionRun) warnings() []string {
	tests := lab.Each(r.Circuits, func(c DisinhibitionNet) float64 { return lab.Last(c.Test) })
	return slices.Concat(
		lab.AtChance("Network with learned feedback", tests, 90, "lower Circuit.EtaUp or Circuit.EtaDown, or more Epochs"),
		lab.AtChance("Reader", []float64{lab.Last(r.Reader.Test)}, 90, "a lower Reader.Eta, or more Reader.Epochs"),
	)
}

func (r *DisinhibitionRun) learningClaims() []record.Claim {
	learned := record.Claim{
		ID: "test-error", Quantity: "Learned feedback: test error at the last epoch", Paper: record.Number(disinhibitionPaperError, "%"),
		Ours: []record.Measure{record.Mean("", "%.2f", "%", lab.Each(r.Circuits, func(c DisinhibitionNet) float64 { return lab.Last(c.Test) }))},
		Note: "the paper's rates and initial weights are not known",
	}
	if r.Reduced {
		learned.Bound = record.Holding(record.OnAverage("").AtMost(8))
		learned.Note = "a reduced run; " + learned.Note
	} else {
		learned.Bound = record.Bound{
			Holds:   []record.Test{record.OnAverage("").AtMost(3.5)},
			Matches: []record.Test{record.OnAverage("").Within(0.25, disinhibitionPaperError)},
		}
	}
	silence := lab.Each(r.Circuits, func(c DisinhibitionNet) float64 { return 100 * lab.Last(c.Apical) / lab.Last(c.TopDown) })
	return []record.Claim{learned, {
		ID: "apical-silence", Quantity: "Apical potential without a teacher, as a share of the top-down input",
		Paper: record.Words("small"), Ours: []record.Measure{record.Mean("", "%.2f", "%", silence)},
		Bound: record.Holding(record.InEverySeed("").Below(3)), Note: "last epoch",
	}}
}

// own is how many classes were recognised as themselves, for each seed.
func (r *DisinhibitionRun) own(pick func(lab.Recalled) []int) []float64 {
	return lab.Each(r.Recalls, func(d lab.Recalled) float64 {
		n := 0
		for class, seen := range pick(d) {
			if seen == class {
				n++
			}
		}
		return float64(n)
	})
}

func (r *DisinhibitionRun) prototypeClaims() []record.Claim {
	read := r.own(func(d lab.Recalled) []int { return d.PrototypeRead })
	best := record.Median("", "%.0f", "", r.own(func(d lab.Recalled) []int { return d.PrototypeBest }))
	match := lab.Each(r.Recalls, func(d lab.Recalled) float64 { return stat.Mean(d.PrototypeMatch, nil) })
	return []record.Claim{{
		ID: "prototypes-read", Quantity: "Prototypes that the reader classifies as their own class, of ten",
		Paper: record.Words("prototypes are generated " + disinhibitionInWords), Ours: []record.Measure{record.Median("", "%.0f", "", read)},
		Bound: record.Holding(record.InEverySeed("").AtLeast(9)),
	}, {
		ID: "prototypes-match", Quantity: "Prototypes: correlation with the mean image of their class",
		Paper: record.Words("not known"), Ours: []record.Measure{record.Mean("", "%.2f", "", match)},
		Bound: record.Holding(record.InEverySeed("").Above(0.8)),
		Note:  fmt.Sprintf("of ten, %s correlate with the mean image of their own class more than with any other", best.String()),
	}}
}

// noisyClaims are about the squared error with the gate shut and half open, under
// two noises, where a run has them.
func (r *DisinhibitionRun) noisyClaims() []record.Claim {
	conditions := r.Params.Recall.Conditions()
	half := slices.IndexFunc(conditions, func(c lab.Condition) bool { return c.Gate == 0.5 && c.Steps == 1 })
	var claims []record.Claim
	for _, sigma := range []float64{0.3, 0.5} {
		noise := 1 + slices.Index(r.Params.Recall.Gaussian, sigma) // the first is none
		for _, c := range []struct {
			id string
			at int
		}{{"shut", 1}, {"half-open", half}} {
			if noise < 1 || c.at < 0 {
				continue
			}
			ratio := r.onTest(disinhibitionByError, noise, c.at)
			floats.Div(ratio, r.onTest(disinhibitionByError, noise, 0))
			claims = append(claims, record.Claim{
				ID:       fmt.Sprintf("gaussian-%g-%s", sigma, c.id),
				Quantity: fmt.Sprintf("%s, %s: squared error to the clean digit, over that of the noisy input", r.Noises()[noise], conditions[c.at].Name),
				Paper:    record.Words("lower " + disinhibitionInWords), Ours: []record.Measure{record.Mean("", "%.2f", "", ratio)},
				Bound: record.Holding(record.InEverySeed("").Below(1)),
			})
		}
	}
	return claims
}

// openGate counts the noises under which recall with an open gate is better than
// the noisy input and than plain reconstruction.
func (r *DisinhibitionRun) openGate(id, better string, m disinhibitionMeasure) record.Claim {
	helped, total := r.helped(m)
	return record.Claim{
		ID: id, Quantity: fmt.Sprintf("Of %d kinds of noise, those under which the image recalled with an open gate is %s than the noisy input and the plain reconstruction, in every seed", total, better),
		Paper: record.Words("denoising " + disinhibitionInWords),
		Ours:  []record.Measure{record.Single("", "%.0f", fmt.Sprintf("of %d", total), float64(helped))},
		Bound: record.Holding(record.Alone("").Above(float64(total) / 2)),
		Note:  "gate and steps chosen on validation digits, tested on test digits; reconstruction with the gate shut already removes much of the noise",
	}
}

// helped counts the noises under which an open gate was chosen and is better,
// in every seed, than both the noisy input and the shut gate.
func (r *DisinhibitionRun) helped(m disinhibitionMeasure) (helped, total int) {
	for n := range r.Params.Recall.Noises() {
		if n == 0 {
			continue // not noisy
		}
		total++
		at := r.chosen(m, n)
		chosen := r.onTest(m, n, at)
		thanNoisy, _ := m.better(chosen, r.onTest(m, n, 0))
		thanShut, _ := m.better(chosen, r.onTest(m, n, 1))
		if at > 1 && thanNoisy && thanShut {
			helped++
		}
	}
	return helped, total
}

func (r *DisinhibitionRun) continuousClaims() []record.Claim {
	each := func(value func(t lab.GateTransition) float64) []float64 { return lab.Each(r.Continuous, value) }
	latency := record.Median("", "%.1f", "ms", each(func(t lab.GateTransition) float64 { return t.HalfTime }))
	return []record.Claim{{
		ID: "continuous-apical", Quantity: "Continuous time: apical potential with the gate open over that with the gate shut",
		Paper: record.Words("disinhibited (in words only)"),
		Ours:  []record.Measure{record.Median("", "%.1f", "times", each(func(t lab.GateTransition) float64 { return t.Open / t.Shut }))},
		Bound: record.Holding(record.InEverySeed("").Above(2)),
		Note:  fmt.Sprintf("half of the somatic change after %s", latency.String()),
	}, {
		ID: "continuous-likeness", Quantity: "Continuous time: correlation of the potentials of area 1 under a noisy pattern with those under the clean one",
		Paper: record.Words("denoising (in words only)"),
		Ours: []record.Measure{
			record.Median("gate shut", "%.2f", "", each(func(t lab.GateTransition) float64 { return t.Likeness[0] })),
			record.Median("gate open", "%.2f", "", each(func(t lab.GateTransition) float64 { return lab.Last(t.Likeness) })),
		},
		Bound: record.Holding(record.InEverySeed("gate open").Above(1).Times("gate shut")),
	}}
}
