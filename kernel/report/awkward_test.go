package report

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strings"
	"testing"

	"microcircuits/dendrite/chart"
)

// awkwardNumbers are series that a failed or an extreme run gives.
func awkwardNumbers() map[string][]float64 {
	nan, inf := math.NaN(), math.Inf(1)
	many := make([]float64, 2500)
	for i := range many {
		many[i] = math.Sin(float64(i)) * math.Pow(10, float64(i%40-20))
	}
	return map[string][]float64{
		"none":         {},
		"one":          {0.1},
		"one NaN":      {nan},
		"one infinite": {-inf},
		"zeros":        {0, 0, 0},
		"minus zero":   {math.Copysign(0, -1), -1, -1e-320},
		"equal":        {3, 3, 3},
		"equal large":  {1e15, 1e15, 1e15},
		"equal small":  {1e-300, 1e-300, 1e-300},
		"denormal":     {5e-324, 1e-323, 1e-310},
		"largest":      {math.MaxFloat64, -math.MaxFloat64, 1},
		"far apart":    {1e-300, 1, 1e300},
		"large offset": {1e9, 1e9 + 0.001, 1e9 + 0.002},
		"large time":   {1e6, 1e6 + 1, 1e6 + 2},
		"near one":     {1, math.Nextafter(1, 2), math.Nextafter(1, 0)},
		"gaps":         {nan, 1, nan, 2, 3, nan},
		"infinite":     {1, inf, -inf, 2},
		"negative":     {-1, -2, -1e-9},
		"small":        {1e-9, 2e-9, 3.5e-9},
		"decade":       {1, 9},
		"two decades":  {0.2, 7},
		"many":         many,
	}
}

var awkwardNames = []string{
	"", "\n", "a\x00b\x01c\x1b[31m\x7f\u0085\t\r\n", "\ufffe\uffff", "\xff\xfe broken UTF-8", "\u2028\u2029",
	"</script><script>alert(1)</script>", `"quotes" 'and' & <b>marks</b> ]]>`, "{a}|{k0|x}", "W_{PP}^{IP} 100% %s",
	"😀 𝔘𝔫𝔦𝔠𝔬𝔡𝔢", "مرحبا שלום \u202Eright to left", "null", "__proto__", "0", strings.Repeat("very long name ", 60),
}

// awkwardCharts are charts of every kind with the numbers and the name.
func awkwardCharts(y []float64, name string, log bool) map[string]*chart.Chart {
	x := make([]float64, len(y))
	for i := range x {
		x[i] = float64(i)
	}
	edges := func(by float64) []float64 {
		out := make([]float64, len(y))
		for i, v := range y {
			out[i] = v + by*math.Abs(v)
		}
		return out
	}
	sorted := chart.Curve{Name: name} // the numbers as positions
	for _, v := range y {
		if n := len(sorted.X); n > 0 && v < sorted.X[n-1] {
			continue
		}
		sorted.X, sorted.Y = append(sorted.X, v), append(sorted.Y, float64(len(sorted.X)))
	}
	axis := chart.Axis{Name: name, Unit: name, Log: log}
	curves := []chart.Curve{
		{Name: name, X: x, Y: y},
		{Name: name, Quantity: chart.Error, X: x, Y: y, Low: edges(-2), High: edges(1), Seeds: [][]float64{y, y}},
	}
	panels := []chart.Panel{{Y: axis, Curves: curves}, {Y: axis, Curves: curves[:1]}, {}}
	windows := []chart.Window{{From: math.NaN(), To: 1, Label: name}, {From: math.Inf(-1), To: math.Inf(1), Label: name}, {From: 0, To: 1, Label: name}}
	refs := []chart.Reference{{Label: name, Value: math.NaN()}, {Label: name, Value: math.Inf(-1), Vertical: true}, {Label: "zero"}, {Label: name, Value: 1}}
	var bars []chart.Bar
	for i, v := range y[:min(len(y), 10)] {
		bars = append(bars, chart.Bar{Name: name, Value: v, Low: edges(-1)[i], High: edges(1)[i]}, chart.Bar{Value: v, Label: name})
	}
	all := map[string]*chart.Chart{
		"lines":                   chart.Lines(chart.LinesSpec{Title: name, Caption: name, Band: name, X: chart.Axis{Name: name, Unit: name}, Y: axis, Curves: curves, References: refs}),
		"lines of one curve":      chart.Lines(chart.LinesSpec{Y: axis, Curves: curves[:1]}),
		"lines, no curve":         chart.Lines(chart.LinesSpec{Y: axis, References: refs}),
		"lines over the numbers":  chart.Lines(chart.LinesSpec{X: axis, Curves: []chart.Curve{sorted}, References: refs}),
		"traces":                  chart.Traces(chart.TracesSpec{Title: name, X: chart.Axis{Name: name}, Columns: []chart.TraceColumn{{Title: name, Panels: panels, Windows: windows}, {Title: name, Panels: panels}}}),
		"traces over the numbers": chart.Traces(chart.TracesSpec{X: axis, Columns: []chart.TraceColumn{{Panels: []chart.Panel{{Curves: []chart.Curve{sorted}}}, Windows: windows}}}),
		"scatter":                 chart.Scatter(chart.ScatterSpec{Title: name, X: axis, Y: axis, Points: []chart.Points{{Name: name, X: x, Y: y}, {Name: name, X: y, Y: x}}, Diagonal: true}),
		"bars":                    chart.Bars(chart.BarsSpec{Title: name, Value: axis, Bars: bars, References: refs}),
	}
	if log || len(y) == 0 {
		return all
	}
	for _, colors := range []chart.ColorMap{chart.Viridis, chart.Diverging} {
		all[fmt.Sprint("heat map ", colors)] = chart.HeatMap(chart.HeatMapSpec{Title: name, X: chart.Axis{Name: name}, Y: chart.Axis{Name: name}, Value: axis, Values: [][]float64{y, y}, Rows: []string{name, name}, Colors: colors})
	}
	all["images"] = chart.ImageGrid(chart.ImageGridSpec{Title: name, Columns: []string{name, name}, Range: [2]float64{y[0], y[len(y)-1]},
		Images: []chart.Image{{Pixels: y[:min(len(y), 50)], Width: 1, Label: name}, {Pixels: y, Width: len(y), Label: name}}})
	all["confusion"] = chart.Confusion(chart.ConfusionSpec{Title: name, Labels: []string{name, name}, Counts: [][]int{{0, 1 << 60}, {-1, 0}}})
	all["explore"] = chart.Explore(name, name, []string{name, name, "b"}, func(string) *chart.Chart {
		return chart.Lines(chart.LinesSpec{Y: chart.Axis{Range: [2]float64{math.NaN(), 1}}, Curves: []chart.Curve{{Name: name, X: x, Y: y}}})
	})
	return all
}

var notANumber = regexp.MustCompile(`NaN|Infinity|undefined`)

// wantPicture fails the test unless a picture is XML, has only numbers as coordinates,
// and shows no negative zero.
func wantPicture(t *testing.T, svg string) {
	t.Helper()
	for dec := xml.NewDecoder(strings.NewReader(svg)); ; {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Errorf("the picture is not XML: %v", err)
			return
		}
		switch token := token.(type) {
		case xml.StartElement:
			for _, a := range token.Attr {
				if notANumber.MatchString(a.Value) {
					t.Errorf("%s=%q in an element %s", a.Name.Local, a.Value, token.Name.Local)
					return
				}
			}
		case xml.CharData:
			if text := string(token); text == "-0" || text == "−0" || text == "−0.0" || strings.Contains(text, "NaN") {
				t.Errorf("the picture shows %q", text)
			}
		}
	}
}

// wantChart fails the test unless everything that a chart is made of is valid.
func wantChart(t *testing.T, p *Pictures, c *chart.Chart) {
	t.Helper()
	raw, err := c.JSON()
	if err != nil || !json.Valid(raw) || !json.Valid(c.Option) {
		t.Errorf("the chart is not JSON: %v", err)
	}
	if _, err := c.CSV(); err != nil {
		t.Error(err)
	}
	if c.Height < 50 || c.Height > 5000 {
		t.Errorf("%d pixels high", c.Height)
	}
	for _, text := range []string{c.Title, c.Caption, c.Alt, c.HTML()} {
		if strings.ContainsAny(text, "\x00\x01\x1b") {
			t.Errorf("a control character in %.80q", text)
		}
	}
	svg, err := p.SVG(t.Context(), c.Option, c.Width, c.Height)
	if err != nil {
		t.Fatal(err)
	}
	wantPicture(t, svg)
}

// Whatever the numbers are, a chart has a valid option, table and picture. The long
// tests try every kind of chart with all numbers and names.
func TestAwkwardNumbers(t *testing.T) {
	tryNumbers(t, func(kind string, log bool) bool {
		return kind == "lines" || log && (kind == "bars" || kind == "lines over the numbers") || kind == "heat map 0"
	})
}

func TestAwkwardNames(t *testing.T) {
	tryNames(t, func(kind string) bool { return kind == "lines" || kind == "confusion" })
}

func tryNumbers(t *testing.T, wanted func(kind string, log bool) bool) {
	p := new(Pictures)
	for what, y := range awkwardNumbers() {
		for _, log := range []bool{false, true} {
			for kind, c := range awkwardCharts(y, "u", log) {
				if wanted(kind, log) {
					t.Run(fmt.Sprintf("%s: %s, log %v", what, kind, log), func(t *testing.T) { wantChart(t, p, c) })
				}
			}
		}
	}
}

func tryNames(t *testing.T, wanted func(kind string) bool) {
	p := new(Pictures)
	for i, name := range awkwardNames {
		for kind, c := range awkwardCharts([]float64{1, 2, 4}, name, false) {
			if wanted(kind) {
				t.Run(fmt.Sprintf("%d %.20q: %s", i, name, kind), func(t *testing.T) { wantChart(t, p, c) })
			}
		}
		d := chart.Circuit(chart.CircuitSpec{Title: name, Caption: name, Alt: name, Sizes: []int{-1, 0, 1 << 40}, Teacher: true, VIP: true})
		wantPicture(t, d.SVG)
	}
}
