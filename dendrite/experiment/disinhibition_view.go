package experiment

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/gonum/stat"

	"microcircuits/dendrite/chart"
	"microcircuits/dendrite/task"
	"microcircuits/dendrite/twostep"
)

const reconstructed = "Protocol reconstructed."

func (r *DisinhibitionRun) seedsText() string {
	if r.Params.Seeds == 1 {
		return "one seed"
	}
	return fmt.Sprintf("mean and standard deviation of %d seeds", r.Params.Seeds)
}

// curve follows one number of the networks over the epochs from first on.
func (r *DisinhibitionRun) curve(name string, q chart.Quantity, first int, pick func(DisinhibitionNet) []float64) chart.Curve {
	var runs [][]float64
	var x []float64
	for _, c := range r.Circuits {
		runs = append(runs, pick(c)[first:])
	}
	for e := range runs[0] {
		x = append(x, float64(first+e))
	}
	return chart.MeanSD(name, q, x, runs)
}

// TestError shows the test error over training.
func (r *DisinhibitionRun) TestError() *chart.Chart {
	curve := r.curve("learned feedback", chart.Microcircuit, 1, func(c DisinhibitionNet) []float64 { return c.Test })
	top := 5 * math.Ceil(max(10, slices.Max(curve.Y))/5)
	return chart.Lines(chart.LinesSpec{
		Title: "Test error, all synapses plastic",
		Caption: fmt.Sprintf("N 3.4. Share of the test images named wrongly after each epoch by a network of %d hidden neurons in which bottom-up, top-down and lateral synapses all start random and learn; %s. Dotted: the paper's number. Scale: %s.",
			r.Params.Hidden, r.seedsText(), r.Badge()),
		X:          chart.Axis{Name: "Epoch", Whole: true},
		Y:          chart.Axis{Name: "Test error", Unit: "%", Range: [2]float64{0, top}},
		Curves:     []chart.Curve{curve},
		References: []chart.Reference{{Label: fmt.Sprintf("paper %.2f %%", paperLearnedFeedback), Value: paperLearnedFeedback, Quantity: chart.Microcircuit}},
		Band:       r.seedsText(),
	})
}

// ApicalPotential shows that the apical dendrites fall silent without a teacher
// although their top-down input keeps changing.
func (r *DisinhibitionRun) ApicalPotential() *chart.Chart {
	return chart.Lines(chart.LinesSpec{
		Title: "Apical dendrites fall silent while the feedback learns",
		Caption: fmt.Sprintf("Mean size over the neurons of area 1 and 500 validation images; the error signal is what the teacher adds to the apical potential; epoch 0 is before learning, when nothing is cancelled; %s. Scale: %s.",
			r.seedsText(), r.Badge()),
		X: chart.Axis{Name: "Epoch", Whole: true}, Y: chart.Axis{Name: "Mean size of the potential", Log: true},
		Curves: []chart.Curve{
			r.curve("top-down input", chart.Apical, 0, func(c DisinhibitionNet) []float64 { return c.TopDown }),
			r.curve("error signal", chart.Error, 0, func(c DisinhibitionNet) []float64 { return c.Error }),
			r.curve("apical, no teacher", chart.Interneuron, 0, func(c DisinhibitionNet) []float64 { return c.Apical }),
		},
		Band: r.seedsText(),
	})
}

func picture(pixels []float32, width int, label string) chart.Image {
	im := chart.Image{Pixels: make([]float64, len(pixels)), Width: width, Label: label}
	for i, v := range pixels {
		im.Pixels[i] = float64(v)
	}
	return im
}

// brightened is an image whose brightest pixel is white.
func brightened(pixels []float32) []float32 {
	out, top := slices.Clone(pixels), slices.Max(pixels)
	for i := range out {
		out[i] /= max(top, 1e-6)
	}
	return out
}

// classes are the names of the classes.
func classes() []string {
	var names []string
	for c := range task.Classes {
		names = append(names, strconv.Itoa(c))
	}
	return names
}

// Prototypes shows what comes to each network's mind when a class is named,
// below the mean training image of the class.
func (r *DisinhibitionRun) Prototypes() *chart.Chart {
	var images []chart.Image
	rows := []string{"class mean"}
	width := r.Recalls[0].Gallery.Width
	for _, mean := range r.Recalls[0].ClassMeans {
		images = append(images, picture(mean, width, ""))
	}
	for s, recalled := range r.Recalls {
		rows = append(rows, fmt.Sprintf("seed %d", r.Provenance.Seeds[s]))
		for class, p := range recalled.Prototypes {
			label := "" // says only what is wrong
			if recalled.PrototypeRead[class] != class {
				label = fmt.Sprintf("read as %d", recalled.PrototypeRead[class])
			}
			images = append(images, picture(brightened(p), width, label))
		}
	}
	return chart.ImageGrid(chart.ImageGridSpec{
		Title: "Prototypes: what the network imagines",
		Caption: fmt.Sprintf("Each class's target pattern is clamped at the output; there is no input, and nothing inhibits the top-down drive. First row, for comparison: mean training image of the class. Prototypes are dim, and brightened here so that the brightest pixel of each is white. A label tells where the independent reader sees another digit. %s Scale: %s.",
			reconstructed, r.Badge()),
		Images: images, Rows: rows, Columns: classes(),
	})
}

// noise is the number of the noise of that name among the run's. It panics for
// another name.
func (r *DisinhibitionRun) noise(name string) int {
	var names []string
	for i, n := range r.Params.Recall.Noises() {
		if n.Name == name {
			return i
		}
		names = append(names, n.Name)
	}
	panic(fmt.Sprintf("experiment %s: no noise %q; there are %q", disinhibitionInfo.Name, name, names))
}

// Denoising shows one test digit of each class under a noise, named as in
// Noises: clean, noisy, and what the first network makes of it. It panics for
// a noise that is not in the run.
func (r *DisinhibitionRun) Denoising(noise string) *chart.Chart {
	g := r.Recalls[0].Gallery
	rows := []string{"clean digit"}
	grid := append([][][]float32{g.Clean}, g.Images[r.noise(noise)]...)
	for _, c := range r.Params.Recall.Conditions() {
		if c.Steps <= 1 {
			rows = append(rows, c.Name)
		}
	}
	var images []chart.Image
	for _, row := range grid {
		for _, pixels := range row {
			images = append(images, picture(pixels, g.Width, ""))
		}
	}
	return chart.ImageGrid(chart.ImageGridSpec{
		Title: "Seen through noise: " + noise,
		Caption: fmt.Sprintf("The first test digit of each class; what the network (seed %d) reconstructs from it with the VIP gate shut, and what it recalls with the gate opened to g. %s Scale: %s.",
			r.Provenance.Seeds[0], reconstructed, r.Badge()),
		Images: images, Rows: rows, Columns: classes(),
	})
}

// Opening shows how recalled images change while the reader opens the gate, under
// a noise named as in Noises. It panics for a noise that is not in the run.
func (r *DisinhibitionRun) Opening(noise string) *chart.Chart {
	g, n := r.Recalls[0].Gallery, r.noise(noise)
	return chart.Explore("VIP gate g", 0.5, g.Openings, func(gate float64) *chart.Chart {
		at := slices.Index(g.Openings, gate)
		var images []chart.Image
		for _, pixels := range slices.Concat(g.Clean, g.Images[n][0]) {
			images = append(images, picture(pixels, g.Width, ""))
		}
		for class := range task.Classes {
			images = append(images, picture(g.Opening[n][class*len(g.Openings)+at], g.Width, ""))
		}
		return chart.ImageGrid(chart.ImageGridSpec{
			Title: "The gate opens: " + noise,
			Caption: fmt.Sprintf("The same noisy digits, recalled in one look with the VIP gate between 0 (shut) and 1 (open): from what the eye says to what the network expects; seed %d. %s Scale: %s.",
				r.Provenance.Seeds[0], reconstructed, r.Badge()),
			Images: images, Rows: []string{"clean digit", "noisy input", "recalled"}, Columns: classes(),
		})
	})
}

// A yardstick for recall, better high or low.
type yardstick struct {
	name, unit string
	pick       func(RecallMeasures) [][]float64
	sign       float64 // 1 where higher is better, else -1
	format     string
}

var (
	byError = yardstick{"squared error per pixel", "", func(m RecallMeasures) [][]float64 { return m.MSE }, -1, "%.4f"}
	byMatch = yardstick{"correlation with the class mean", "", func(m RecallMeasures) [][]float64 { return m.Correlation }, 1, "%.2f"}
	byRead  = yardstick{"read correctly", "%", func(m RecallMeasures) [][]float64 { return m.Read }, 1, "%.1f"}
)

// perSeed are the seeds' values under one noise and condition.
func (r *DisinhibitionRun) perSeed(m yardstick, pick func(DisinhibitionRecalled) RecallMeasures, noise, condition int) []float64 {
	var out []float64
	for _, recalled := range r.Recalls {
		out = append(out, m.pick(pick(recalled))[noise][condition])
	}
	return out
}

func onTest(d DisinhibitionRecalled) RecallMeasures       { return d.Test }
func onValidation(d DisinhibitionRecalled) RecallMeasures { return d.Validation }

// Errors, Matches and Readings show a measure for all noises and conditions on
// test digits.
func (r *DisinhibitionRun) Errors() *chart.Chart {
	return r.table(byError, "Squared error to the clean digit", "lower is better")
}

// Matches shows the correlation with the class mean.
func (r *DisinhibitionRun) Matches() *chart.Chart {
	return r.table(byMatch, "Likeness to the class", "higher is more typical")
}

// Readings shows how often the reader sees the right digit.
func (r *DisinhibitionRun) Readings() *chart.Chart {
	return r.table(byRead, "Read correctly by an independent network", "higher is better")
}

func (r *DisinhibitionRun) table(m yardstick, title, better string) *chart.Chart {
	var rows, columns []string
	var values [][]float64
	for _, c := range r.Params.Recall.Conditions() {
		columns = append(columns, c.Short)
	}
	for n, noise := range r.Params.Recall.Noises() {
		rows = append(rows, noise.Name)
		var row []float64
		for c := range columns {
			row = append(row, stat.Mean(r.perSeed(m, onTest, n, c), nil))
		}
		values = append(values, row)
	}
	return chart.HeatMap(chart.HeatMapSpec{
		Title: title,
		Caption: fmt.Sprintf("Mean over %d test digits and %d seeds, %s. From left: the noisy input itself, plain reconstruction with the gate shut, recall with the gate opened to g in one look, and in %d looks. %s Scale: %s.",
			r.Recalls[0].Test.Images, r.Params.Seeds, better, r.Params.Recall.Steps, reconstructed, r.Badge()),
		X: chart.Axis{Name: "Noisy input; gate shut; gate open by g, one look; the same, more looks"}, Y: chart.Axis{Name: "Noise"}, Rows: rows, Columns: columns,
		Values: values, Value: chart.Axis{Name: m.name, Unit: m.unit},
	})
}

// ByGate shows the reader's success over the opening of the gate, relative to
// the noisy input.
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
				run = append(run, r.perSeed(byRead, onTest, n, 1+c)[s]-r.perSeed(byRead, onTest, n, 0)[s])
			}
			runs = append(runs, run)
		}
		c := chart.MeanSD(noise.Name, chart.Other, x, runs)
		c.Color = chart.PaletteColor(n - 1)
		curves = append(curves, c)
	}
	return chart.Lines(chart.LinesSpec{
		Title: "What opening the gate does for the reader",
		Caption: fmt.Sprintf("Share of %d test digits that the independent reader sees correctly in the recalled image, one look, minus that in the noisy input itself; above zero recall helps. Gate 0: plain reconstruction; %s. %s Scale: %s.",
			r.Recalls[0].Test.Images, r.seedsText(), reconstructed, r.Badge()),
		X: chart.Axis{Name: "VIP gate g"}, Y: chart.Axis{Name: "Gain", Unit: "percentage points"},
		Curves: curves, References: []chart.Reference{{Label: "noisy input", Value: 0, Quantity: chart.Input}},
		Band: r.seedsText(), Height: 420,
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
			return chart.Curve{Name: name, Quantity: q, X: x, Y: y[from : from+n]}
		}
		return chart.TraceColumn{Title: title, Panels: []chart.Panel{
			{Y: chart.Axis{Name: "Apical potential"}, Curves: []chart.Curve{curve("v_A", chart.Error, t.Apical)}},
			{Y: chart.Axis{Name: "Apical inputs"}, Curves: []chart.Curve{curve("top-down", chart.Apical, t.TopDown), curve("lateral (SST)", chart.Interneuron, t.Lateral)}},
			{Y: chart.Axis{Name: "Rate", Range: [2]float64{0, 1}}, Curves: []chart.Curve{curve("φ(u)", chart.Soma, logistic(t.Soma)), curve("φ(v_B), what the input says", chart.Basal, logistic(t.Basal))}},
		}}
	}
	return chart.Traces(chart.TracesSpec{
		Title: "One apical dendrite, gate shut and open",
		Caption: fmt.Sprintf("Neuron %d of area 1, whose top-down input differs most between digits, under the first %d test digits; two-step dynamics, no teacher, seed %d. Shut: inhibition cancels what comes down, the neuron does what the basal dendrite says. Open: the apical dendrite shows what the output expects, and the neuron does that. %s Scale: %s.",
			t.Neuron+1, n, r.Provenance.Seeds[0], reconstructed, r.Badge()),
		X:       chart.Axis{Name: "Test digit", Whole: true},
		Columns: []chart.TraceColumn{column("(i) VIP gate shut", 0), column("(ii) VIP gate open", n)},
	})
}

// logistic are the rates at potentials u.
func logistic(u []float64) []float64 {
	out := make([]float64, len(u))
	for i, v := range u {
		out[i] = twostep.Logistic.Rate(v)
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
		Title: "The gate opens in continuous time",
		Caption: fmt.Sprintf("A small network (%d-%d-%d) with plastic top-down synapses, after %d trials with noisy copies of %d patterns; at 0 ms VIP silences the SST interneurons. Upper three: the neuron of area 1 that hears most from above, under one new noisy copy. Below: correlation of all somata of area 1 with those that the clean pattern evokes, mean of %d noisy copies. No teacher, somatic noise or plasticity while recorded; the soma keeps its basal drive here; seed %d. Scale: %s.",
			c.Inputs, c.Hidden, c.Classes, c.Trials, c.Classes, transitions, r.Provenance.Seeds[0], r.Badge()),
		X: chart.Axis{Name: "Time", Unit: "ms"},
		Columns: []chart.TraceColumn{{
			Panels: []chart.Panel{
				{Y: chart.Axis{Name: "Apical potential"}, Curves: []chart.Curve{curve("v_A", chart.Error, t.Apical)}},
				{Y: chart.Axis{Name: "Apical inputs"}, Curves: []chart.Curve{curve("top-down", chart.Apical, t.TopDown), curve("lateral (SST), as the gate lets it pass", chart.Interneuron, t.Lateral)}},
				{Y: chart.Axis{Name: "Soma"}, Curves: []chart.Curve{curve("u_1", chart.Soma, t.Soma), curve("basal v_B", chart.Basal, t.Basal)}},
				{Y: chart.Axis{Name: "Likeness to the clean pattern"}, Curves: []chart.Curve{curve("correlation", chart.Other, t.Likeness)}},
			},
			Windows: []chart.Window{{From: 0, To: transitionAfter, Label: "VIP gate open"}},
		}},
	})
}

// chosen is the condition other than the noisy input that is best on validation
// digits under a noise.
func (r *DisinhibitionRun) chosen(m yardstick, noise int) int {
	best, most := 1, math.Inf(-1)
	for c := range r.Params.Recall.Conditions() {
		if v := m.sign * stat.Mean(r.perSeed(m, onValidation, noise, c), nil); c > 0 && v > most {
			best, most = c, v
		}
	}
	return best
}

// better tells whether a is better than b in every seed, and on average.
func (m yardstick) better(a, b []float64) (always, onAverage bool) {
	always = true
	var sum float64
	for i := range a {
		d := m.sign * (a[i] - b[i])
		always, sum = always && d > 0, sum+d
	}
	return always, sum > 0
}

// ErrorVerdicts and ReadingVerdicts are tables that say for every noise whether
// an image produced by the network beats the noisy input and whether the open
// gate beats the shut one; what is produced was chosen on validation digits.
func (r *DisinhibitionRun) ErrorVerdicts() (header []string, rows [][]string) {
	return r.verdicts(byError)
}

// ReadingVerdicts is the same by the share of digits read correctly.
func (r *DisinhibitionRun) ReadingVerdicts() (header []string, rows [][]string) {
	return r.verdicts(byRead)
}

func (r *DisinhibitionRun) verdicts(m yardstick) (header []string, rows [][]string) {
	header = []string{"Noise", "Noisy", "Shut", "Choice", "Chosen", "Than noisy", "Than shut"}
	conditions := r.Params.Recall.Conditions()
	for n, noise := range r.Params.Recall.Noises() {
		at := r.chosen(m, n)
		noisy, shut, best := r.perSeed(m, onTest, n, 0), r.perSeed(m, onTest, n, 1), r.perSeed(m, onTest, n, at)
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
