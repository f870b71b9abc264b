package chart

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSameDataSameBytes(t *testing.T) {
	again := samples()
	ids := map[string]string{}
	for name, c := range samples() {
		if c.HTML() != again[name].HTML() || c.ID != again[name].ID {
			t.Errorf("%s: two builds of the same data differ", name)
		}
		if other, ok := ids[c.ID]; ok {
			t.Errorf("%s and %s share the id %s", name, other, c.ID)
		}
		ids[c.ID] = name
	}
	a := Lines(LinesSpec{Curves: []Curve{{X: []float64{1}, Y: []float64{2}}}})
	b := Lines(LinesSpec{Curves: []Curve{{X: []float64{1}, Y: []float64{2.00000001}}}})
	if a.ID == b.ID {
		t.Error("charts whose tables differ in the ninth digit share an id")
	}
}

func TestHostileNames(t *testing.T) {
	const evil = "</script><script>alert(1)</script><!--\u2028'\"&{a|b}"
	x := []float64{1, 2}
	charts := []*Chart{
		Lines(LinesSpec{Title: evil, Caption: evil, Alt: evil, X: Axis{Name: evil, Unit: evil}, Y: Axis{Name: evil},
			Curves: []Curve{{Name: evil, X: x, Y: x}, {Name: evil + "2", X: x, Y: x}}, References: []Reference{{Label: evil, Value: 1}}, Band: evil}),
		Traces(TracesSpec{Title: evil, X: Axis{Name: evil}, Columns: []TraceColumn{{Title: evil, Windows: []Window{{1, 2, evil}},
			Panels: []Panel{{Y: Axis{Name: evil}, Curves: []Curve{{Name: evil, X: x, Y: x}, {Name: evil, X: x, Y: x}}}}}}}),
		HeatMap(HeatMapSpec{Title: evil, X: Axis{Name: evil}, Y: Axis{Name: evil}, Rows: []string{evil}, Columns: []string{evil}, Value: Axis{Name: evil}, Values: [][]float64{{1}}}),
		Confusion(ConfusionSpec{Title: evil, Labels: []string{evil}, Counts: [][]int{{1}}}),
		ImageGrid(ImageGridSpec{Title: evil, Rows: []string{evil}, Columns: []string{evil}, Images: []Image{{Pixels: []float64{1}, Width: 1, Label: evil}}}),
		Scatter(ScatterSpec{Title: evil, X: Axis{Name: evil}, Points: []Points{{Name: evil, X: x, Y: x, Labels: []string{evil, evil}}}}),
		Bars(BarsSpec{Title: evil, Value: Axis{Name: evil}, Bars: []Bar{{Name: evil, Value: 1, Label: evil}}}),
		{ID: "x", Option: json.RawMessage(`{"a":"</script>"}`)},
	}
	for _, c := range charts {
		page := c.HTML()
		if n := strings.Count(strings.ToLower(page), "<script"); n != 1 {
			t.Errorf("%s: %d script elements, want 1", c.ID, n)
		}
		if n := strings.Count(strings.ToLower(page), "</script"); n != 1 {
			t.Errorf("%s: %d script ends, want 1", c.ID, n)
		}
		if strings.ContainsAny(page[strings.Index(page, "<script>"):], "\u2028\u2029") || strings.Contains(page, "<!--") {
			t.Errorf("%s: raw line separator or comment in the page", c.ID)
		}
		raw, err := c.JSON()
		if err != nil {
			t.Fatal(err)
		}
		if bytes.ContainsAny(raw, "<>&\u2028") {
			t.Errorf("%s: JSON not safe inside a script element", c.ID)
		}
		if bytes.Contains(c.Option, []byte("__f__")) {
			t.Errorf("%s: option contains a function", c.ID)
		}
	}
	for _, head := range []string{plain(evil)} {
		if strings.ContainsAny(head, "{|}") {
			t.Errorf("rich-text markup left in %q", head)
		}
	}
	if got := fileName("../../etc/passwd: a </b>"); got != "etc-passwd-a-b" {
		t.Errorf("file name %q", got)
	}
}

func TestThinKeepsExtremes(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{0, 1, 2, 999, 1000, 1001, 54321} {
		y := make([]float64, n)
		for i := range y {
			y[i] = r.NormFloat64()
			if r.IntN(50) == 0 {
				y[i] = math.NaN()
			}
		}
		if n > 2 {
			y[n/3], y[n/3+1] = 100, -100
		}
		keep := thin(1000, y)
		if len(keep) > 1000 || !slices.IsSorted(keep) || len(slices.Compact(slices.Clone(keep))) != len(keep) {
			t.Fatalf("n=%d: %d indices, want at most 1000, ascending and different", n, len(keep))
		}
		if n > 0 && (keep[0] != 0 || keep[len(keep)-1] != n-1) {
			t.Errorf("n=%d: ends lost", n)
		}
		if n > 2 && (!slices.Contains(keep, n/3) || !slices.Contains(keep, n/3+1)) {
			t.Errorf("n=%d: a peak was lost", n)
		}
	}
	// Curves that are thinned together keep their peaks and the same points.
	a, b := make([]float64, 10000), make([]float64, 10000)
	a[333], b[7777] = 1, -1
	var curves []Curve
	for _, y := range [][]float64{a, b} {
		curves = append(curves, Curve{X: make([]float64, len(y)), Y: y})
	}
	keep := thinTogether(append(curves, Curve{X: []float64{1}, Y: []float64{1}}), 500)
	if !slices.Equal(keep[0], keep[1]) || !slices.Contains(keep[0], 333) || !slices.Contains(keep[0], 7777) || len(keep[0]) > 500 || len(keep[2]) != 1 {
		t.Errorf("thinned together: %d, %d and %d points", len(keep[0]), len(keep[1]), len(keep[2]))
	}

	x := make([]float64, 10000)
	low, high := make([]float64, len(x)), make([]float64, len(x))
	for i := range x {
		x[i], low[i], high[i] = float64(i), -1, 1
	}
	low[1234], high[7777] = -50, 50
	lo, hi := envelope(x, low, high, 200, 6)
	smallest, largest := 0.0, 0.0
	for k := range lo {
		smallest, largest = math.Min(smallest, lo[k][1]), math.Max(largest, hi[k][1])
	}
	if len(lo) != 200 || smallest != -50 || largest != 50 || lo[199][0] != 9999 {
		t.Errorf("envelope: %d points from %v to %v ending at %v", len(lo), smallest, largest, lo[len(lo)-1][0])
	}
}

func TestTableAndCSV(t *testing.T) {
	third := 1.0 / 3
	c := Lines(LinesSpec{X: Axis{Name: "epoch"}, Y: Axis{Name: "error", Unit: "%"}, Band: "mean ± s.d.", Curves: []Curve{
		MeanSD("a", Soma, []float64{1, 2}, [][]float64{{1, third}, {3, third}}),
		{Name: "b", X: []float64{2, 2.5}, Y: []float64{math.NaN(), 7}}}})
	raw, err := c.CSV()
	if err != nil {
		t.Fatal(err)
	}
	got, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		{"epoch", "a (%)", "a, low, mean ± s.d. (%)", "a, high, mean ± s.d. (%)", "a, run 1 (%)", "a, run 2 (%)", "b (%)"},
		{"1", "2", "0.5857864376269049", "3.414213562373095", "1", "3", ""},
		{"2", "0.3333333333333333", "0.3333333333333333", "0.3333333333333333", "0.3333333333333333", "0.3333333333333333", "NaN"},
		{"2.5", "", "", "", "", "", "7"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("CSV (-want +got):\n%s", diff)
	}
	raw, err = c.JSON()
	if err != nil {
		t.Fatal(err)
	}
	var parsed struct{ Table struct{ Rows [][]any } }
	if err := json.Unmarshal(raw, &parsed); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]any{2.0, 0.333333, 0.333333, 0.333333, 0.333333, 0.333333, nil}, parsed.Table.Rows[1]); diff != "" {
		t.Errorf("JSON row (-want +got):\n%s", diff)
	}
}

func TestLongTableIsThinnedInJSONOnly(t *testing.T) {
	x := make([]float64, 50000)
	for i := range x {
		x[i] = float64(i)
	}
	c := Lines(LinesSpec{Curves: []Curve{{Name: "a", X: x, Y: x}}})
	raw, err := c.JSON()
	if err != nil {
		t.Fatal(err)
	}
	var parsed struct {
		Table struct {
			Rows [][]float64
			Note string
		}
	}
	if err := json.Unmarshal(raw, &parsed); err != nil {
		t.Fatal(err)
	}
	rows := parsed.Table.Rows
	if len(rows) != MaxTableCells/2 || rows[0][0] != 0 || rows[len(rows)-1][0] != 49999 || parsed.Table.Note == "" {
		t.Errorf("%d rows from %v to %v, note %q", len(rows), rows[0], rows[len(rows)-1], parsed.Table.Note)
	}
	whole, err := c.CSV()
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(whole, []byte("\n")); n != 50001 {
		t.Errorf("CSV has %d lines, want 50001", n)
	}
}

func TestTracesTable(t *testing.T) {
	c := samples()["traces"]
	want := []Column{{"time", "ms"}, {"before: apical, top-down", "mV"}, {"before: apical, lateral", "mV"}, {"before: input rate, unit 1", ""},
		{"after: apical, top-down", "mV"}, {"after: apical, lateral", "mV"}, {"after: input rate, unit 1", ""}}
	if diff := cmp.Diff(want, c.Table.Columns); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]any{2.0, 1.0, 1.5, 1.0, 1.0, 1.0, 1.0}, c.Table.Rows[1]); diff != "" {
		t.Errorf("row (-want +got):\n%s", diff)
	}
}

func TestContrast(t *testing.T) {
	dark := luminance(parseHex("#111111"))
	colors := slices.Clone(palette[:])
	for _, s := range styles {
		colors = append(colors, s.color)
	}
	for _, c := range colors {
		l := luminance(parseHex(c))
		if onWhite, onDark := 1.05/(l+0.05), (l+0.05)/(dark+0.05); onWhite < 3 || onDark < 3 {
			t.Errorf("%s: contrast %.2f on white, %.2f on #111, want 3", c, onWhite, onDark)
		}
	}
}

func TestQuantitiesDiffer(t *testing.T) {
	for _, group := range [][2]Quantity{{Soma, Input}, {Microcircuit, Paper}} {
		seen := map[string]Quantity{}
		for q := group[0]; q <= group[1]; q++ {
			if other, ok := seen[q.Color()]; ok {
				t.Errorf("%v and %v share %s", q, other, q.Color())
			}
			seen[q.Color()] = q
		}
	}
	if Quantity(99).Color() != Other.Color() {
		t.Error("an unknown quantity has no colour")
	}
}

func TestMistakesPanic(t *testing.T) {
	one, two := []float64{1}, []float64{1, 2}
	for want, build := range map[string]func(){
		`Lines: curve 0 "a": Y has 1 values, want 2`:                     func() { Lines(LinesSpec{Curves: []Curve{{Name: "a", X: two, Y: one}}}) },
		`Low has 1 values, want 2`:                                       func() { Lines(LinesSpec{Curves: []Curve{{X: two, Y: two, Low: one, High: two}}}) },
		`High has 0 values, want 2`:                                      func() { Lines(LinesSpec{Curves: []Curve{{X: two, Y: two, Low: two}}}) },
		`Seeds[1] has 1 values, want 2`:                                  func() { Lines(LinesSpec{Curves: []Curve{{X: two, Y: two, Seeds: [][]float64{two, one}}}}) },
		`x must be ascending`:                                            func() { Lines(LinesSpec{Curves: []Curve{{X: []float64{2, 1}, Y: two}}}) },
		`MeanSD: run 1 of curve "a" has 1 values, want 2`:                func() { MeanSD("a", Soma, two, [][]float64{two, one}) },
		`MeanSD: curve "a" has no runs`:                                  func() { MeanSD("a", Soma, two, nil) },
		`0 columns, want 1 or 2`:                                         func() { Traces(TracesSpec{}) },
		`column 1 "": Panels has 0 values, want 1`:                       func() { Traces(TracesSpec{Columns: []TraceColumn{{Panels: []Panel{{}}}, {}}}) },
		`HeatMap: row 1 has 1 values, want 2`:                            func() { HeatMap(HeatMapSpec{Values: [][]float64{two, one}}) },
		`HeatMap: Rows has 1 values, want 2`:                             func() { HeatMap(HeatMapSpec{Values: [][]float64{two, two}, Rows: []string{"a"}}) },
		`Confusion: row 0 has 1 values, want 2`:                          func() { Confusion(ConfusionSpec{Counts: [][]int{{1}, {1, 2}}}) },
		`image 0 "a" has 2 pixels, not a multiple of its width 3`:        func() { ImageGrid(ImageGridSpec{Images: []Image{{Pixels: two, Width: 3, Label: "a"}}}) },
		`Scatter: points 0 "a": Y has 1 values, want 2`:                  func() { Scatter(ScatterSpec{Points: []Points{{Name: "a", X: two, Y: one}}}) },
		`Explore: gain starts at 4, which is not among its values [1 2]`: func() { Explore("gain", 4, []int{1, 2}, func(int) *Chart { return Lines(LinesSpec{}) }) },
		`Explore: the table at gain 2 has other columns than at 1`: func() {
			Explore("gain", 1, []int{1, 2}, func(g int) *Chart {
				return Lines(LinesSpec{Curves: []Curve{{Name: []string{"a", "b"}[g-1], X: one, Y: one}}})
			})
		},
		`colour "red" is not of the form #rrggbb`:                           func() { Lines(LinesSpec{Curves: []Curve{{X: one, Y: one, Color: "red"}}}) },
		`chart: no colour map 9`:                                            func() { HeatMap(HeatMapSpec{Values: [][]float64{one}, Colors: 9}) },
		`Range [5 1] of axis "y": the second value must be larger`:          func() { Lines(LinesSpec{Y: Axis{Name: "y", Range: [2]float64{5, 1}}}) },
		`Range [0 1] of axis "y": a logarithmic axis needs positive values`: func() { Lines(LinesSpec{Y: Axis{Name: "y", Log: true, Range: [2]float64{0, 1}}}) },
	} {
		func() {
			defer func() {
				if got, ok := recover().(string); !ok || !strings.Contains(got, want) {
					t.Errorf("panic %q, want one with %q", got, want)
				}
			}()
			build()
		}()
	}
}

func TestEmptyAndConstantData(t *testing.T) {
	nan := math.NaN()
	for _, c := range []*Chart{
		Lines(LinesSpec{}),
		Lines(LinesSpec{Curves: []Curve{{}}}),
		Lines(LinesSpec{Curves: []Curve{{X: []float64{1}, Y: []float64{0}}}}),
		Lines(LinesSpec{Y: Axis{Log: true}, Curves: []Curve{{X: []float64{1, 2}, Y: []float64{0, -1}}}}),
		Lines(LinesSpec{Curves: []Curve{{X: []float64{1, 2}, Y: []float64{nan, math.Inf(1)}}}}),
		HeatMap(HeatMapSpec{Values: [][]float64{{nan}}}),
		HeatMap(HeatMapSpec{Values: [][]float64{{0}}, Colors: Diverging}),
		ImageGrid(ImageGridSpec{}),
		Scatter(ScatterSpec{}),
		Bars(BarsSpec{}),
	} {
		if _, err := c.JSON(); err != nil {
			t.Error(err)
		}
		if bytes.Contains(c.Option, []byte("NaN")) || c.Height <= 0 {
			t.Errorf("%s: height %d, option %s", c.Alt, c.Height, c.Option)
		}
	}
}

func TestNiceAxes(t *testing.T) {
	for _, test := range []struct {
		axis         Axis
		lo, hi       float64
		wantLo, want float64
	}{
		{Axis{}, 1.5, 11, 0, 12}, {Axis{}, 90, 99.5, 90, 100}, {Axis{}, -1.05, 1.1, -1.5, 1.5},
		{Axis{}, 0, 0, 0, 1}, {Axis{Whole: true}, 0, 2, 0, 2}, {Axis{Log: true}, 0.003, 450, 0.001, 500},
		{Axis{Log: true}, 0.2, 1.3, 0.2, 2}, {Axis{Log: true}, 0.2, 7, 0.1, 10}, {Axis{Log: true}, 2, 3, 2, 5}, {Axis{Log: true}, 0.1, 0.1, 0.05, 0.2},
		{Axis{Range: [2]float64{0, 7}}, 1, 2, 0, 7}, {Axis{}, 5e-7, 3e-6, 0, 3e-6},
	} {
		e := newExtent()
		e.add(test.lo, test.hi)
		if s := test.axis.fit(e, 6); math.Abs(s.lo-test.wantLo) > 1e-12 || math.Abs(s.hi-test.want) > 1e-12 {
			t.Errorf("fit %v..%v: %v..%v, want %v..%v", test.lo, test.hi, s.lo, s.hi, test.wantLo, test.want)
		}
	}
}

// Alternative texts describe only what the chart contains.
func TestAltTexts(t *testing.T) {
	nan := math.NaN()
	for want, c := range map[string]*Chart{
		"Line chart. a: from 2 to 12345, between 2 and 12345.": Lines(LinesSpec{Curves: []Curve{{Name: "a", X: []float64{0, 1, 2, 3}, Y: []float64{nan, 2, 12345, nan}}}}),
		"Bar chart of n. a: 123457.":                           Bars(BarsSpec{Value: Axis{Name: "n"}, Bars: []Bar{{Name: "a", Value: 123456.7}}}),
		"Heat map of v, 1 rows () by 1 columns (): no values.": HeatMap(HeatMapSpec{Value: Axis{Name: "v"}, Values: [][]float64{{nan}}}),
		"Scatter plot of y against x: 0 points, y no values.":  Scatter(ScatterSpec{X: Axis{Name: "x"}, Y: Axis{Name: "y"}}),
	} {
		if c.Alt != want {
			t.Errorf("got %q, want %q", c.Alt, want)
		}
	}
}

// A curve may have two values at one x, the two sides of a jump. The table has
// both.
func TestTableOfAJump(t *testing.T) {
	c := Lines(LinesSpec{Curves: []Curve{{Name: "step", X: []float64{0, 1, 1, 2}, Y: []float64{0, 0, 5, 5}}, {Name: "b", X: []float64{1, 3}, Y: []float64{7, 8}}}})
	want := [][]any{{0., 0., nil}, {1., 0., 7.}, {1., 5., nil}, {2., 5., nil}, {3., nil, 8.}}
	if !reflect.DeepEqual(c.Table.Rows, want) {
		t.Errorf("got %v, want %v", c.Table.Rows, want)
	}
}

// On a logarithmic axis a zero is a gap in the line and limits the band, because
// zero would be infinitely far below the panel.
func TestZeroOnLogarithmicAxis(t *testing.T) {
	curve := MeanSD("silent at first", Error, []float64{0, 1, 2}, [][]float64{{0, 1, 10}, {0, 2, 20}})
	y := Axis{Name: "size", Log: true}
	for name, c := range map[string]*Chart{
		"lines":  Lines(LinesSpec{Y: y, Curves: []Curve{curve}}),
		"traces": Traces(TracesSpec{Columns: []TraceColumn{{Panels: []Panel{{Y: y, Curves: []Curve{curve}}}}}}),
	} {
		var option struct {
			Series []struct {
				ID   string       `json:"id"`
				Data [][]*float64 `json:"data"`
			} `json:"series"`
		}
		if err := json.Unmarshal(c.Option, &option); err != nil {
			t.Fatal(err)
		}
		low := 0
		for _, s := range option.Series {
			if !strings.HasSuffix(s.ID, "-low") {
				continue
			}
			low++
			for _, p := range s.Data {
				if p[0] == nil || !(*p[0] > 0) {
					t.Errorf("%s: lower edge of the band at %v", name, p[0])
				}
			}
		}
		if low != 1 {
			t.Errorf("%s: %d lower edges, want 1", name, low)
		}
	}
}

// Numbers that differ only by rounding errors get the same axis as equal numbers.
func TestNearlyConstant(t *testing.T) {
	for _, y := range [][]float64{{0.3, 0.1 + 0.2}, {1, math.Nextafter(1, 0)}, {1e-300, 1e-300}, {-2, -2 - 1e-12}} {
		s := Axis{}.fit(extentOf(y), 6)
		if ticks := (s.hi - s.lo) / s.step; !(ticks > 1 && ticks < 20) || !(s.lo < y[0] && y[0] < s.hi) {
			t.Errorf("%v: axis from %g to %g by %g", y, s.lo, s.hi, s.step)
		}
		Lines(LinesSpec{Curves: []Curve{{Name: "a", X: []float64{0, 1}, Y: y}}})
	}
}

func extentOf(values []float64) extent {
	e := newExtent()
	e.add(values...)
	return e
}

// A label is placed where the curves leave space for it.
func TestLabelsMakeRoom(t *testing.T) {
	x := []float64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	falling, rising := make([]float64, len(x)), make([]float64, len(x))
	for i, v := range x {
		falling[i], rising[i] = 10-v, v
	}
	for want, y := range map[string][]float64{"insideEndTop": falling, "insideStartTop": rising} {
		c := Lines(LinesSpec{Curves: []Curve{{Name: "a", X: x, Y: y}}, References: []Reference{{Label: "bound", Value: 8}}})
		if !bytes.Contains(c.Option, []byte(want)) {
			t.Errorf("no label at %s", want)
		}
	}
	many := make([]float64, 200)
	for i := range many {
		many[i] = float64(i)
	}
	crowd := Curve{Name: "a", X: many, Y: slices.Repeat([]float64{5}, 200), Low: slices.Repeat([]float64{4.8}, 200), High: slices.Repeat([]float64{5.2}, 200)}
	if c := Lines(LinesSpec{Y: Axis{Range: [2]float64{0, 10}}, Curves: []Curve{crowd}, References: []Reference{{Label: "bound", Value: 5}}}); bytes.Contains(c.Option, []byte("inside")) {
		t.Error("a label covers the curve")
	}
	high, low := []float64{0, 0, 9}, []float64{9, 9, 0}
	for want, y := range map[string][]float64{"insideBottom": high, "insideTop": low} {
		c := Traces(TracesSpec{Columns: []TraceColumn{{
			Panels:  []Panel{{Curves: []Curve{{Name: "a", X: x[:3], Y: y}}}},
			Windows: []Window{{From: 1.5, To: 2, Label: "teacher on"}},
		}}})
		if !bytes.Contains(c.Option, []byte(`"`+want+`"`)) {
			t.Errorf("no label at %s", want)
		}
	}
}
