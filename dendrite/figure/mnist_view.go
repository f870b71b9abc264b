package figure

import (
	"cmp"
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

// The test errors of N Fig. 3 (%).
const (
	mnistPaperMicrocircuit = 1.96
	mnistPaperBackprop     = 1.53
	mnistPaperFrozenMiddle = 2.11
	mnistPaperSingleLayer  = 8.4
)

// epochs are the numbers 1 to Epochs: the curves omit the untrained
// networks, whose error is far above all others.
func (r *MNISTRun) epochs() []float64 {
	x := make([]float64, r.Params.Epochs)
	for i := range x {
		x[i] = float64(i + 1)
	}
	return x
}

// TestError shows the test error of the learners over training.
func (r *MNISTRun) TestError() *chart.Chart {
	curve := func(name string, q chart.Quantity, nets []MNISTCurve) chart.Curve {
		return chart.MeanSD(name, q, r.epochs(), lab.Each(nets, func(n MNISTCurve) []float64 { return n.Test[1:] }))
	}
	curves := []chart.Curve{curve("single layer", chart.Shallow, r.SingleLayer)}
	var frozen string
	if len(r.FrozenMiddle) > 0 {
		curves = append(curves, curve("frozen middle", chart.Frozen, r.FrozenMiddle))
		frozen = fmt.Sprintf(" Frozen middle: the microcircuit with the weights %s not plastic.", r.middle())
	}
	curves = append(curves, curve("microcircuit", chart.Microcircuit, r.Microcircuit), curve("backprop", chart.Backprop, r.Backprop))
	var paper string
	var references []chart.Reference
	if r.notComparable() == "" {
		paper = fmt.Sprintf(" Dotted: the paper's numbers after 200 epochs, %.1f %%, %.2f %% and %.2f %% (frozen middle: %.2f %%).",
			mnistPaperSingleLayer, mnistPaperMicrocircuit, mnistPaperBackprop, mnistPaperFrozenMiddle)
		references = []chart.Reference{
			{Label: fmt.Sprintf("paper %.1f %%", mnistPaperSingleLayer), Value: mnistPaperSingleLayer, Quantity: chart.Shallow},
			{Label: fmt.Sprintf("paper %.2f %%", mnistPaperMicrocircuit), Value: mnistPaperMicrocircuit, Quantity: chart.Microcircuit},
			{Label: fmt.Sprintf("paper %.2f %%", mnistPaperBackprop), Value: mnistPaperBackprop, Quantity: chart.Backprop},
		}
	}
	return chart.Lines(chart.LinesSpec{
		Title: "Test error while learning",
		Caption: fmt.Sprintf("A Fig. 4 / N Fig. 3. Share of the test images classified wrongly after each epoch; %s.%s%s Scale: %s.",
			lab.MeanBand(r.Params.Seeds), frozen, paper, r.Badge()),
		X:          chart.Axis{Name: "Epoch", Whole: true},
		Y:          chart.Axis{Name: "Test error", Unit: "%", Range: [2]float64{0, r.ceiling()}},
		Curves:     curves,
		References: references,
		Band:       lab.MeanBand(r.Params.Seeds),
	})
}

// middle names the weights that are frozen in the control.
func (r *MNISTRun) middle() string {
	if len(r.Params.Hidden) == 2 {
		return "from area 1 to area 2"
	}
	return "between the hidden areas"
}

// notComparable says why the numbers cannot be compared with the paper's; "" if they can.
func (r *MNISTRun) notComparable() string {
	switch {
	case r.otherData:
		return otherDataNote
	case !slices.Equal(r.Params.Hidden, mnistPaperHidden):
		return fmt.Sprintf("%s: the paper's numbers are for two of 500", hiddenAreas(r.Params.Hidden))
	}
	return ""
}

// networks are the curves of all learners.
func (r *MNISTRun) networks() [][]MNISTCurve {
	return [][]MNISTCurve{r.Microcircuit, r.FrozenMiddle, r.Backprop, r.SingleLayer}
}

// ceiling is the paper's 10 % or, where the curves go higher, the next multiple
// of 5 % above them.
func (r *MNISTRun) ceiling() float64 {
	top := 10.0
	for _, nets := range r.networks() {
		for _, n := range nets {
			top = max(top, slices.Max(n.Test[1:]))
		}
	}
	return 5 * math.Ceil(top/5)
}

// ApicalPotential shows that the apical potential without a teacher stays small
// throughout learning.
func (r *MNISTRun) ApicalPotential() *chart.Chart {
	x := append([]float64{0}, r.epochs()...)
	var panels []chart.Panel
	for area := range r.Params.Hidden {
		panel := chart.Panel{Y: chart.Axis{Name: fmt.Sprintf("Area %d: mean absolute value", area+1), Log: true}}
		for _, c := range []struct {
			name string
			q    chart.Quantity
			from int // first epoch
			pick func(MNISTCurve) [][]float64
		}{
			{"top-down input", chart.Apical, 0, func(m MNISTCurve) [][]float64 { return m.TopDown }},
			{"with teacher", chart.Error, 0, func(m MNISTCurve) [][]float64 { return m.ApicalTeacher }},
			{"no teacher", chart.Interneuron, 1, func(m MNISTCurve) [][]float64 { return m.Apical }},
		} {
			runs := lab.Each(r.Microcircuit, func(m MNISTCurve) []float64 { return c.pick(m)[area][c.from:] })
			panel.Curves = append(panel.Curves, chart.MeanSD(c.name, c.q, x[c.from:], runs))
		}
		panels = append(panels, panel)
	}
	return chart.Traces(chart.TracesSpec{
		Title: "Apical potential with and without the teacher",
		Caption: fmt.Sprintf("Top-down input and apical potential of the microcircuit, mean absolute value over the neurons of a hidden area and 500 validation images; %s. Before learning (epoch 0) the apical potential without a teacher is 0 and not drawn. Scale: %s.",
			lab.MeanBand(r.Params.Seeds), r.Badge()),
		X:           chart.Axis{Name: "Epoch", Whole: true},
		PanelHeight: 140,
		Columns:     []chart.TraceColumn{{Panels: panels}},
	})
}

// Alignment shows the angles between the microcircuit's learning and backprop.
func (r *MNISTRun) Alignment() *chart.Chart {
	x := append([]float64{0}, r.epochs()...)
	panel := func(title string, pick func(MNISTCurve) [][]float64) chart.Panel {
		p := chart.Panel{Y: chart.Axis{Name: title, Unit: "°", Range: [2]float64{0, 100}}}
		for area := range r.Params.Hidden {
			runs := lab.Each(r.Microcircuit, func(m MNISTCurve) []float64 { return pick(m)[area] })
			c := chart.MeanSD(fmt.Sprintf("area %d", area+1), chart.Other, x, runs)
			c.Color = chart.PaletteColor(area)
			p.Curves = append(p.Curves, c)
		}
		return p
	}
	return chart.Traces(chart.TracesSpec{
		Title: "Feedback alignment",
		Caption: fmt.Sprintf("Upper panel: angle between the changes of the weights onto a hidden area by the microcircuit and by backprop from the same output error, over %s. Lower panel: angle between the fixed top-down weights onto the area and the transposed bottom-up weights. 90° is chance; 0° is backprop (upper) or the exact transpose (lower); %s. Scale: %s.",
			record.Count(lab.AlignmentImages, "validation image"), lab.MeanBand(r.Params.Seeds), r.Badge()),
		X:           chart.Axis{Name: "Epoch", Whole: true},
		PanelHeight: 140,
		Columns: []chart.TraceColumn{{Panels: []chart.Panel{
			panel("Weight changes", func(m MNISTCurve) [][]float64 { return m.UpdateAngle }),
			panel("Weights", func(m MNISTCurve) [][]float64 { return m.FeedbackAngle }),
		}}},
	})
}

// ReceptiveFields shows the bottom-up weights onto the first neurons of the first
// microcircuit.
func (r *MNISTRun) ReceptiveFields() *chart.Chart {
	var images []chart.Image
	for _, field := range r.Microcircuit[0].ReceptiveFields {
		pixels, largest := make([]float64, len(field)), 0.0
		for _, w := range field {
			largest = max(largest, math.Abs(float64(w)))
		}
		for i, w := range field {
			pixels[i] = float64(w) / largest
		}
		images = append(images, chart.Image{Pixels: pixels, Width: r.Microcircuit[0].FieldWidth})
	}
	return chart.ImageGrid(chart.ImageGridSpec{
		Title: "Receptive fields of area 1",
		Caption: fmt.Sprintf("Bottom-up weights onto the first %d pyramidal neurons of area 1 (seed %d) after learning, each scaled by its largest weight: red excites, blue inhibits. Scale: %s.",
			len(images), r.Provenance.Seeds[0], r.Badge()),
		Images: images, Range: [2]float64{-1, 1}, Colors: chart.Diverging,
	})
}

// Confusion is the confusion matrix of the first microcircuit.
func (r *MNISTRun) Confusion() *chart.Chart {
	return chart.Confusion(chart.ConfusionSpec{
		Title: "Confusion matrix",
		Caption: fmt.Sprintf("Test images by true and predicted class, microcircuit, seed %d, after %s. Scale: %s.",
			r.Provenance.Seeds[0], record.Count(r.Params.Epochs, "epoch"), r.Badge()),
		Counts: r.Microcircuit[0].Confusion,
	})
}

// Mistakes shows digits that the first microcircuit classifies wrongly.
func (r *MNISTRun) Mistakes() *chart.Chart {
	var images []chart.Image
	for _, m := range r.Microcircuit[0].Mistakes {
		images = append(images, lab.Picture(m.Pixels, m.Width, fmt.Sprintf("%d→%d", m.Truth, m.Answer)))
	}
	return chart.ImageGrid(chart.ImageGridSpec{
		Title: "Digits classified wrongly",
		Caption: fmt.Sprintf("The first %d test images that the microcircuit (seed %d) classifies wrongly, true → predicted. Scale: %s.",
			len(images), r.Provenance.Seeds[0], r.Badge()),
		Images: images,
	})
}

// EachSeed is a table of the test errors of every network at the last epoch: its
// heading and one row of cells per seed.
func (r *MNISTRun) EachSeed() (heading []string, rows [][]string) {
	heading = []string{"Seed", "Microcircuit", "At best validation epoch"}
	var others [][]MNISTCurve
	if len(r.FrozenMiddle) > 0 {
		heading, others = append(heading, "Frozen middle"), append(others, r.FrozenMiddle)
	}
	heading, others = append(heading, "Backprop", "Single layer"), append(others, r.Backprop, r.SingleLayer)
	for i, seed := range r.Provenance.Seeds {
		row := []string{fmt.Sprint(seed)}
		micro := r.Microcircuit[i]
		best := 1 + floats.MinIdx(micro.Validation[1:])
		row = append(row, fmt.Sprintf("%.2f %%", lab.Last(micro.Test)), fmt.Sprintf("%.2f %% (epoch %d)", micro.Test[best], best))
		for _, nets := range others {
			row = append(row, fmt.Sprintf("%.2f %%", lab.Last(nets[i].Test)))
		}
		rows = append(rows, row)
	}
	return heading, rows
}

// mnistFinal are the test errors (%) of one learner's networks at the last epoch.
func mnistFinal(nets []MNISTCurve) []float64 {
	return lab.Each(nets, func(n MNISTCurve) float64 { return lab.Last(n.Test) })
}

// last collects a value of every microcircuit at the last epoch, of a hidden area from 1.
func (r *MNISTRun) last(area int, value func(m MNISTCurve, k, last int) float64) []float64 {
	return lab.Each(r.Microcircuit, func(m MNISTCurve) float64 { return value(m, area-1, len(m.Apical[0])-1) })
}

func (r *MNISTRun) claims() []record.Claim {
	claims := []record.Claim{r.testError("microcircuit-error", "Dendritic microcircuit", r.Microcircuit, mnistPaperMicrocircuit, 0.15, 6)}
	if len(r.FrozenMiddle) > 0 {
		claims = append(claims, r.testError("frozen-middle-error", "Frozen middle ("+strings.TrimPrefix(r.middle(), "from ")+" not plastic)", r.FrozenMiddle, mnistPaperFrozenMiddle, 0.19, 5))
	}
	claims = append(claims,
		r.testError("backprop-error", "Backprop", r.Backprop, mnistPaperBackprop, 0.15, 4),
		r.testError("single-layer-error", "Single layer", r.SingleLayer, mnistPaperSingleLayer, 0.6, 12.5))
	if len(r.FrozenMiddle) > 0 {
		claims = append(claims, r.ordering())
	}
	claims = append(claims, record.Claim{
		ID: "hidden-learning", Quantity: "Hidden areas learn: mean error of the microcircuit divided by that of the single layer",
		Paper: record.Words("%.2f", mnistPaperMicrocircuit/mnistPaperSingleLayer),
		Ours:  []record.Measure{record.Single("", "%.2f", "", stat.Mean(mnistFinal(r.Microcircuit), nil)/stat.Mean(mnistFinal(r.SingleLayer), nil))},
		Bound: record.Holding(record.Alone("").Below(0.6)),
	})
	claims = append(claims, r.silence()...)
	if why := r.notComparable(); why != "" {
		withoutBounds(claims, why)
	}
	return claims
}

// warnings are about networks that have not learned.
func (r *MNISTRun) warnings() []string {
	chance := lab.Chance(r.Microcircuit[0].Confusion)
	return slices.Concat(
		lab.AtChance("Microcircuit", mnistFinal(r.Microcircuit), chance, "a lower Microcircuit.RateFactor, smaller Microcircuit.InitDown, or more Epochs"),
		lab.AtChance("Frozen middle", mnistFinal(r.FrozenMiddle), chance, "lower FrozenMiddle.EtaUp, smaller FrozenMiddle.InitDown, or more Epochs"),
		lab.AtChance("Backprop", mnistFinal(r.Backprop), chance, "a lower Backprop.Eta, or more Epochs"),
		lab.AtChance("Single layer", mnistFinal(r.SingleLayer), chance, "a lower SingleLayer.Eta, or more Epochs"),
	)
}

// testError compares the test error of a learner with the paper's.
func (r *MNISTRun) testError(id, name string, nets []MNISTCurve, paper, tolerance, reduced float64) record.Claim {
	c := record.Claim{
		ID: id, Quantity: name + ": test error at the last epoch", Paper: record.Number(paper, "%"),
		Ours: []record.Measure{record.Mean("", "%.2f", "%", mnistFinal(nets))},
	}
	if r.Reduced {
		// A reduced run cannot reach the paper's number; a larger error than
		// its own bound means a fault.
		c.Bound = record.Holding(record.OnAverage("").AtMost(reduced))
		c.Note = fmt.Sprintf("a reduced run: %s where the paper has 200", record.Count(r.Params.Epochs, "epoch"))
	} else {
		c.Bound.Matches = []record.Test{record.OnAverage("").Within(tolerance, paper)}
		c.Bound.Holds = []record.Test{record.OnAverage("").AtMost(paper + tolerance)}
	}
	return c
}

// ordering tests whether the full microcircuit is better than its control.
func (r *MNISTRun) ordering() record.Claim {
	gain := mnistFinal(r.FrozenMiddle)
	floats.Sub(gain, mnistFinal(r.Microcircuit))
	c := record.Claim{
		ID: "ordering", Quantity: "The microcircuit is better than its control: test error of the frozen middle minus that of the microcircuit",
		Paper: record.Words("%.2f percentage points", mnistPaperFrozenMiddle-mnistPaperMicrocircuit),
		Ours:  []record.Measure{record.Mean("", "%.2f", "percentage points", gain)},
		Bound: record.Holding(record.InSeeds(0.8, "").Above(0)),
		Note:  "between two networks of one seed, trained with the same order of images",
	}
	if r.Reduced {
		c.Note += fmt.Sprintf("; a reduced run: %s do not show the order at the end of learning", record.Count(r.Params.Epochs, "epoch"))
	}
	return c
}

// silence compares the apical potential without a teacher with the top-down input,
// and with the apical potential with the teacher.
func (r *MNISTRun) silence() []record.Claim {
	ofInput := func(m MNISTCurve, k, last int) float64 { return 100 * m.Apical[k][last] / m.TopDown[k][last] }
	ofTaught := func(m MNISTCurve, k, last int) float64 { return 100 * m.Apical[k][last] / m.ApicalTeacher[k][last] }
	areas := len(r.Params.Hidden)
	largest := lab.Each(r.Microcircuit, func(m MNISTCurve) (largest float64) {
		for k := range areas {
			largest = max(largest, ofInput(m, k, len(m.Apical[0])-1))
		}
		return largest
	})
	which := map[int]string{1: "the hidden area", 2: "the larger of both hidden areas"}[areas]
	taught := record.Claim{
		ID: "apical-silence-taught", Quantity: "Apical potential without the teacher as a share of that with the teacher",
		Note: "last epoch, mean absolute values; without a teacher the potential contains no error; if it is below 25 %, the teacher causes at least 75 % of the potential",
	}
	for area := 1; area <= areas; area++ {
		name := fmt.Sprintf("area %d", area)
		taught.Ours = append(taught.Ours, record.Mean(name, "%.0f", "%", r.last(area, ofTaught)))
		taught.Bound.Holds = append(taught.Bound.Holds, record.InEverySeed(name).Below(25))
	}
	paper := record.Words("0 at the start, then kept small by plastic interneurons")
	taught.Paper = paper
	return []record.Claim{{
		ID: "apical-silence", Quantity: "Apical potential without the teacher as a share of the top-down input",
		Paper: paper, Ours: []record.Measure{record.Mean("", "%.2f", "%", largest)},
		Bound: record.Holding(record.InEverySeed("").Below(1)),
		Note:  fmt.Sprintf("last epoch, %s; this shows that the interneurons cancel the feedback; the next row shows how much of the remainder is error", cmp.Or(which, "the largest of all hidden areas")),
	}, taught}
}
