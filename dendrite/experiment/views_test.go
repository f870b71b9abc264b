package experiment

import (
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"

	"microcircuits/dendrite/chart"
	"microcircuits/dendrite/microcircuit"
)

// column is the column of a chart's table with that name; it must be the only
// one. A missing value is NaN.
func column(t *testing.T, c *chart.Chart, name string) []float64 {
	t.Helper()
	at := -1
	for i, col := range c.Table.Columns {
		if col.Name == name {
			if at >= 0 {
				t.Fatalf("%s: two columns %q", c.Title, name)
			}
			at = i
		}
	}
	if at < 0 {
		t.Fatalf("%s: no column %q among %v", c.Title, name, c.Table.Columns)
	}
	var out []float64
	for _, row := range c.Table.Rows {
		x, ok := row[at].(float64)
		if !ok {
			x = math.NaN()
		}
		out = append(out, x)
	}
	return out
}

// wantColumn compares a column with what it should hold; NaN is a missing value.
func wantColumn(t *testing.T, c *chart.Chart, name string, want ...float64) {
	t.Helper()
	got := column(t, c, name)
	near := func(x, y float64) bool {
		return math.Abs(x-y) <= 1e-12*math.Abs(y) || math.IsNaN(x) && math.IsNaN(y)
	}
	if !slices.EqualFunc(got, want, near) {
		t.Errorf("%s: column %q is %v, want %v", c.Title, name, got, want)
	}
}

// bandOf is the names of a curve's band in the table.
func bandOf(t *testing.T, c *chart.Chart, curve string) (low, high string) {
	t.Helper()
	for _, col := range c.Table.Columns {
		if strings.HasPrefix(col.Name, curve+", low") {
			low = col.Name
		}
		if strings.HasPrefix(col.Name, curve+", high") {
			high = col.Name
		}
	}
	return low, high
}

// digitsRun is a run of two seeds and two epochs that nobody computed: no two
// of its numbers are equal.
func digitsRun() *MNISTRun {
	curve := func(test, apical float64) MNISTCurve {
		areas := func(x float64) [][]float64 {
			return [][]float64{{x, x + 1, x + 2}, {x + 10, x + 11, x + 12}}
		}
		return MNISTCurve{
			Validation: []float64{70, 71, 72}, Test: []float64{90, test + 4, test},
			TopDown: areas(apical), Apical: areas(apical + 100), ApicalTeacher: areas(apical + 200),
			FeedbackAngle: areas(apical / 100), UpdateAngle: areas(apical / 50),
		}
	}
	r := &MNISTRun{
		Params:       MNIST{Scale: Quick, Seeds: 2, Epochs: 2},
		Microcircuit: []MNISTCurve{curve(2, 1000), curve(4, 1002)},
		FrozenMiddle: []MNISTCurve{curve(5, 0), curve(7, 0)},
		Backprop:     []MNISTCurve{curve(1, 0), curve(1.5, 0)},
		SingleLayer:  []MNISTCurve{curve(8, 0), curve(9, 0)},
	}
	r.Provenance.Seeds = []int{1, 2}
	return r
}

func TestMNISTTestErrorView(t *testing.T) {
	c := digitsRun().TestError()
	wantColumn(t, c, "Epoch", 1, 2)
	wantColumn(t, c, "microcircuit", 7, 3)
	wantColumn(t, c, "backprop", 5.25, 1.25)
	wantColumn(t, c, "frozen middle", 10, 6)
	wantColumn(t, c, "single layer", 12.5, 8.5)
	low, high := bandOf(t, c, "microcircuit")
	wantColumn(t, c, low, 7-math.Sqrt2, 3-math.Sqrt2)
	wantColumn(t, c, high, 7+math.Sqrt2, 3+math.Sqrt2)
	for _, label := range []string{"paper 8.4 %", "paper 1.96 %", "paper 1.53 %"} {
		if !strings.Contains(string(c.Option), label) {
			t.Errorf("no reference %q in the chart", label)
		}
	}
}

func TestMNISTApicalPotentialView(t *testing.T) {
	c := digitsRun().ApicalPotential()
	wantColumn(t, c, "Epoch", 0, 1, 2)
	for area, first := range map[string]float64{"Area 1": 1001, "Area 2": 1011} {
		for name, more := range map[string]float64{"top-down input": 0, "no teacher": 100, "with teacher": 200} {
			x := first + more
			want := []float64{x, x + 1, x + 2}
			if name == "no teacher" {
				want[0] = math.NaN() // exactly 0 in a real run, which a logarithmic axis lacks
			}
			wantColumn(t, c, area+": mean size, "+name, want...)
		}
	}
}

func TestMNISTAlignmentView(t *testing.T) {
	c := digitsRun().Alignment()
	wantColumn(t, c, "Epoch", 0, 1, 2)
	for area, more := range map[string]float64{"area 1": 0, "area 2": 10} {
		wantColumn(t, c, "Weights, "+area, 10.01+more, 11.01+more, 12.01+more)
		wantColumn(t, c, "Weight changes, "+area, 20.02+more, 21.02+more, 22.02+more)
	}
}

func TestMNISTReceptiveFieldsView(t *testing.T) {
	r := digitsRun()
	fields := func(last float32) string {
		r.Microcircuit[0].ReceptiveFields, r.Microcircuit[0].FieldWidth = [][]float32{{0, -2, 1, last}, {0, 0, 1, 0}}, 2
		c := r.ReceptiveFields()
		if len(c.Table.Rows) != 2 || !strings.Contains(c.Caption, "first 2 pyramidal neurons") {
			t.Errorf("%d rows, caption: %s", len(c.Table.Rows), c.Caption)
		}
		return string(c.Option)
	}
	if fields(0.5) == fields(-0.5) {
		t.Error("other weights, same picture")
	}
}

func TestMNISTEachSeed(t *testing.T) {
	r := digitsRun()
	r.Microcircuit[0].Validation = []float64{70, 72, 73} // epoch 1 validates best
	heading, rows := r.EachSeed()
	want := [][]string{
		{"1", "2.00 %", "6.00 % (epoch 1)", "5.00 %", "1.00 %", "8.00 %"},
		{"2", "4.00 %", "8.00 % (epoch 1)", "7.00 %", "1.50 %", "9.00 %"},
	}
	if len(heading) != len(want[0]) || !slices.EqualFunc(rows, want, slices.Equal) {
		t.Errorf("%v\n%v, want %v", heading, rows, want)
	}
}

func TestMNISTConfusionView(t *testing.T) {
	r := digitsRun()
	counts := make([][]int, 10)
	for truth := range counts {
		for answer := range 10 {
			counts[truth] = append(counts[truth], 100*truth+answer)
		}
	}
	r.Microcircuit[0].Confusion = counts
	c := r.Confusion()
	wantColumns := []string{"true class", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}
	for i, col := range c.Table.Columns {
		if col.Name != wantColumns[i] {
			t.Errorf("column %d is %q, want %q", i, col.Name, wantColumns[i])
		}
	}
	for truth, row := range c.Table.Rows {
		if row[0] != wantColumns[truth+1] {
			t.Errorf("row %d is of class %v", truth, row[0])
		}
		for answer := range 10 {
			if row[answer+1] != float64(100*truth+answer) {
				t.Errorf("true %d, answered %d: %v, want %d", truth, answer, row[answer+1], 100*truth+answer)
			}
		}
	}
}

func TestMNISTMistakesView(t *testing.T) {
	r := digitsRun()
	r.Microcircuit[0].Mistakes = []Mistake{
		{Number: 3, Truth: 4, Answer: 9, Width: 2, Pixels: []float32{0, 0.25, 0.5, 1}},
		{Number: 8, Truth: 7, Answer: 2, Width: 2, Pixels: []float32{1, 0, 0, 0}},
	}
	c := r.Mistakes()
	var labels []any
	for _, row := range c.Table.Rows {
		labels = append(labels, row[2])
	}
	if !slices.Equal(labels, []any{"4→9", "7→2"}) {
		t.Errorf("labels %v, want true → answered", labels)
	}
	if !strings.Contains(c.Caption, "first 2 test images") {
		t.Errorf("caption: %s", c.Caption)
	}
	r.Microcircuit[0].Mistakes[1].Pixels = []float32{0, 1, 0, 0}
	if string(r.Mistakes().Option) == string(c.Option) {
		t.Error("other pixels, same picture")
	}
}

func TestMNISTFinal(t *testing.T) {
	if got := Final(digitsRun().SingleLayer); !slices.Equal(got, []float64{8, 9}) {
		t.Errorf("%v, want the last epoch of both seeds", got)
	}
}

// feedbackRun is a run of two seeds and two patterns that nobody computed.
func feedbackRun() *SelfPredictionRun {
	trace := func(x float64) SelfPredictionTraces {
		v := func(y float64) []float64 { return []float64{x + y, x + y + 1} }
		return SelfPredictionTraces{Time: []float64{0, 0.5}, Input: v(0), Output: v(10), Interneuron: v(20), TopDown: v(30), Lateral: v(40)}
	}
	seed := func(factor float64) SelfPredictionSeed {
		v := func(first, second float64) []float64 { return []float64{factor * first, factor * second} }
		return SelfPredictionSeed{
			Apical: v(2, 3), TopDown: v(50, 70), Mismatch: v(11, 13), DistancePI: v(0.5, 0.3), DistanceIP: v(0.7, 0.2),
			Before: trace(100 * factor), After: trace(1000 * factor), Floor: factor,
		}
	}
	r := &SelfPredictionRun{Params: SelfPrediction{Scale: Quick, Seeds: 2, Patterns: 2, PatternMs: 0.5}, Seeds: []SelfPredictionSeed{seed(1), seed(4)}}
	r.Provenance.Seeds = []int{1, 2}
	return r
}

// Seeds differ by a factor 4, so geometric means are twice the first seed's.
func TestSelfPredictionConvergenceView(t *testing.T) {
	c := feedbackRun().Convergence()
	wantColumn(t, c, "Training pattern", 1, 2)
	wantColumn(t, c, "top-down input", 100, 140)
	wantColumn(t, c, "apical potential", 4, 6)
	wantColumn(t, c, "mismatch", 22, 26)
	spread := math.Exp(stat.StdDev([]float64{0, math.Log(4)}, nil))
	low, high := bandOf(t, c, "apical potential")
	wantColumn(t, c, low, 4/spread, 6/spread)
	wantColumn(t, c, high, 4*spread, 6*spread)
}

func TestSelfPredictionWeightDistanceView(t *testing.T) {
	c := feedbackRun().WeightDistance()
	wantColumn(t, c, "Training pattern", 1, 2)
	wantColumn(t, c, "interneuron to pyramidal", 1, 0.6)
	wantColumn(t, c, "pyramidal to interneuron", 1.4, 0.4)
}

func TestSelfPredictionTracesView(t *testing.T) {
	c := feedbackRun().Traces()
	wantColumn(t, c, "Time", 0, 0.5)
	for title, x := range map[string]float64{"(i) before learning": 100, "(ii) after learning": 1000} {
		wantColumn(t, c, title+": Input rate, one input", x, x+1)
		wantColumn(t, c, title+": Soma, output neuron", x+10, x+11)
		wantColumn(t, c, title+": Soma, its interneuron", x+20, x+21)
		wantColumn(t, c, title+": Apical inputs, top-down", x+30, x+31)
		wantColumn(t, c, title+": Apical inputs, lateral", x+40, x+41)
		wantColumn(t, c, title+": Apical potential, sum of both = error", 2*x+70, 2*x+72)
	}
}

func TestSelfPredictionFall(t *testing.T) {
	r := feedbackRun()
	r.Seeds[0].Apical = append([]float64{500}, slices.Repeat([]float64{5}, 19)...)
	if got := r.Fall()[0]; got != 100 {
		t.Errorf("from 500 to 5: %v times, want 100", got)
	}
}

// The distance is from the closed form, whatever the conductances.
func TestWeightDistance(t *testing.T) {
	p := small()
	p.GLeak, p.GBasal, p.GApical, p.GDendrite, p.GSom = 0.13, 0.9, 0.7, 1.3, 0.6
	net, err := microcircuit.New(p.network(true), 1)
	if err != nil {
		t.Fatal(err)
	}
	if pi, ip := p.distances(net); !(pi > 0.1) || !(ip > 0.1) {
		t.Errorf("as drawn: distances %g and %g, want those of independent weights", pi, ip)
	}
	net.SelfPredict()
	if pi, ip := p.distances(net); pi != 0 || !(ip < 1e-15) {
		t.Errorf("closed form: distances %g and %g, want 0", pi, ip)
	}
	pi, ip := net.WPI(1), net.WIP(1)
	for i := range pi.Data {
		pi.Data[i] += 0.5
	}
	for i := range ip.Data {
		ip.Data[i] -= 0.25
	}
	for kind, w := range map[microcircuit.Synapses]microcircuit.Matrix{microcircuit.WPI: pi, microcircuit.WIP: ip} {
		if err := net.SetWeights(kind, 1, w); err != nil {
			t.Fatal(err)
		}
	}
	if pi, ip := p.distances(net); !(math.Abs(pi-0.5) < 1e-12) || !(math.Abs(ip-0.25) < 1e-12) {
		t.Errorf("every weight off by 0.5 and 0.25: distances %g and %g", pi, ip)
	}
}
