package chart

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// Curve is one line of a figure, with its spread if it has one.
type Curve struct {
	Name     string // written at the end of the line
	Quantity Quantity
	Color    string      // #RRGGBB instead of the quantity's colour
	X, Y     []float64   // X ascending
	Low      []float64   // band around Y, with High; nil for none
	High     []float64   //
	Seeds    [][]float64 // single runs at the same X, drawn faintly; nil for none
	Points   bool        // points without a line between them, where x is no scale, such as the number of an image
}

// MeanSD returns a curve through the mean of the runs with a band of one
// sample standard deviation (n-1) to either side, none for a single run. It
// panics unless every run has a value for every x.
func MeanSD(name string, q Quantity, x []float64, runs [][]float64) Curve {
	if len(runs) == 0 {
		panic(fmt.Sprintf("chart: MeanSD: curve %q has no runs", name))
	}
	c := Curve{Name: name, Quantity: q, X: x, Y: make([]float64, len(x))}
	if len(runs) > 1 {
		c.Low, c.High, c.Seeds = make([]float64, len(x)), make([]float64, len(x)), runs
	}
	for i, run := range runs {
		check("MeanSD", fmt.Sprintf("run %d of curve %q", i, name), len(run), len(x))
	}
	for i := range x {
		var mean float64
		for _, run := range runs {
			mean += run[i] / float64(len(runs))
		}
		c.Y[i] = mean
		if len(runs) == 1 {
			continue
		}
		var sum float64
		for _, run := range runs {
			sum += (run[i] - mean) * (run[i] - mean)
		}
		sd := math.Sqrt(sum / float64(len(runs)-1))
		c.Low[i], c.High[i] = mean-sd, mean+sd
	}
	return c
}

// Reference is a straight line at a number for comparison, such as one printed in
// the paper.
type Reference struct {
	Label    string // such as "paper 1.96 %"; above the panel if the curves leave no space
	Value    float64
	Quantity Quantity // gives the colour; Other: the paper's colour
	Vertical bool     // at an x instead of a y
}

// LinesSpec describes a line chart.
type LinesSpec struct {
	Title, Caption string
	Alt            string // empty: made from names and values
	X, Y           Axis
	Curves         []Curve
	References     []Reference
	Band           string // meaning of the bands, such as "mean ± s.d. of 3 seeds"; part of the table's headings
	Height         int    // 0: 360
}

// Lines draws curves over one horizontal axis, with bands for their spread. Names
// are written at the right ends of the curves, in a narrow chart in a legend; curves
// without a name get a number. Values that are NaN are gaps. The caption reports
// points that cannot be drawn: infinite ones, and those at or below zero on a
// logarithmic axis, which becomes linear if no value is positive. A band that reaches
// zero or below there ends at the smallest positive value shown. Lines panics when
// lengths differ or X does not ascend.
func Lines(spec LinesSpec) *Chart {
	for i, c := range spec.Curves {
		checkCurve("Lines", i, c)
	}
	var out omissions
	curves := out.placed(spec.Curves) // with the values as they were given
	ex, ey := extents(curves, spec.References)
	xAxis, xView := spec.X.drawn(ex, &out)
	yAxis, yView := spec.Y.drawn(ey, &out)
	drawn, references := out.points(named(curves, longestName), xView, yView), out.lines(spec.References, xView, yView)
	ex, ey = extents(drawn, references)
	x, y := xAxis.span(ex), yAxis.fit(ey, 6)

	f := newFigure()
	names, labels := make([]string, len(drawn)), 0
	for i, c := range drawn {
		names[i] = c.Name
		labels = max(labels, textWidth(c.Name)+8)
	}
	if len(names) < 2 {
		labels = 0 // the name of the axis is enough for a single curve
	}
	left, right := edge+y.tickWidth(), max(min(labels, 200)+edge, x.overhang())
	legend := legendHeight(names)
	f.grid(left, headHeight, right, footHeight)
	f.axes(0, x, y, true)

	var wide, narrow []obj
	keep := thinTogether(drawn, maxPoints)
	f.cursor(xAxis)
	for i, c := range drawn {
		f.curve(i, c, y, 0, ey.positive, keep[i], obj{"unit": yAxis.Unit})
		label := len(names) > 1
		wide = append(wide, obj{"id": seriesID(i), "endLabel": obj{"show": label}})
		narrow = append(narrow, obj{"id": seriesID(i), "endLabel": obj{"show": false}})
	}
	f.linesHead(y, f.references(references, drawn, x, y, "end"))
	f.wide["series"], f.narrow["series"] = wide, narrow
	f.wide["grid"] = []obj{{"top": headHeight, "right": right}}
	f.narrow["grid"] = []obj{{"top": headHeight + legend, "right": x.overhang()}}
	f.wide["legend"] = []obj{{"show": false}}
	f.narrow["legend"] = []obj{{"show": len(names) > 1}}
	f.top["legend"] = obj{"show": false, "left": 0, "top": 24, "padding": 0, "itemGap": 14, "itemWidth": 22, "itemHeight": 10, "data": names}
	f.tools(spec.Title, longest(drawn) > longSeries)
	if legend > 0 {
		f.hints["narrowHeight"] = height(spec.Height, 360) + legend
	}

	ch := &Chart{Title: spec.Title, Caption: out.caption(spec.Caption), Alt: spec.Alt,
		Width: fullWidth, Height: height(spec.Height, 360),
		Option: f.option(), Table: curveTable(spec.X, spec.Y, named(curves, anyLength), spec.Band)}
	if ch.Alt == "" {
		ch.Alt = describe("Line chart", spec.X, spec.Y, named(curves, longestName), spec.References)
	}
	return ch.seal()
}

// linesHead names the vertical axis and the references whose labels have no place in
// the panel.
func (f *figure) linesHead(y scale, refs []Reference) {
	text, rich := plain(y.label()), obj{}
	for i, r := range refs {
		key := fmt.Sprintf("r%d", i)
		rich[key] = obj{"color": r.color(), "fontSize": 11, "padding": []int{0, 0, 0, 12}}
		text += fmt.Sprintf("{%s|┅ %s}", key, plain(r.Label))
	}
	if len(refs) == 0 {
		rich = nil
	}
	f.head(text, 0, 6, false, rich)
}

// color returns the colour of the line and its label.
func (r Reference) color() string {
	if r.Quantity == Other {
		return Paper.Color()
	}
	return r.Quantity.Color()
}

// longSeries is a number of points. A chart with at least as many can be zoomed,
// and shows no single runs next to a band.
const longSeries = 500

func height(own, usual int) int {
	if own > 0 {
		return own
	}
	return usual
}

func seriesID(i int) string { return fmt.Sprintf("curve%d", i) }

// legendHeight returns the height of a legend on a phone.
func legendHeight(names []string) int {
	if len(names) < 2 {
		return 0
	}
	rows, used := 1, 0
	for _, n := range names {
		w := textWidth(n) + 22 + 5 + 14
		if used > 0 && used+w > narrowWidth-10 {
			rows, used = rows+1, 0
		}
		used += w
	}
	return rows*21 + 4
}

func longest(curves []Curve) int {
	n := 0
	for _, c := range curves {
		n = max(n, len(c.X))
	}
	return n
}

func checkCurve(builder string, i int, c Curve) {
	what := fmt.Sprintf("curve %d %q: ", i, c.Name)
	check(builder, what+"Y", len(c.Y), len(c.X))
	if c.Low != nil || c.High != nil {
		check(builder, what+"Low", len(c.Low), len(c.X))
		check(builder, what+"High", len(c.High), len(c.X))
	}
	if c.Color != "" {
		parseHex(c.Color)
	}
	for s, run := range c.Seeds {
		check(builder, fmt.Sprintf("%sSeeds[%d]", what, s), len(run), len(c.X))
	}
	before := math.Inf(-1)
	for k, x := range c.X {
		if !finite(x) {
			continue // left out, and reported
		}
		if x < before {
			panic(fmt.Sprintf("chart: %s: %sX[%d] = %v: x must be ascending", builder, what, k, x))
		}
		before = x
	}
}

// extents returns the range of the curves and references along both axes.
func extents(curves []Curve, refs []Reference) (x, y extent) {
	x, y = newExtent(), newExtent()
	for _, c := range curves {
		x.add(c.X...)
		for _, values := range append([][]float64{c.Y, c.Low, c.High}, c.Seeds...) {
			y.add(values...)
		}
	}
	for _, r := range refs {
		if r.Vertical {
			x.add(r.Value)
		} else {
			y.add(r.Value)
		}
	}
	return x, y
}

// curve adds the series of one curve: the line at the kept indices, the band and
// the single runs. The line comes first, because the legend uses the first series
// of a name. A band on a logarithmic axis ends at floor. The hint is for the
// tooltip.
func (f *figure) curve(i int, c Curve, y scale, axis int, floor float64, keep []int, hint obj) {
	color, dash := pick(c.Color, c.Quantity, i), c.Quantity.Dash()
	id := seriesID(i)
	own := func(name string, z int, s charts.SingleSeries, extra obj) {
		s.Id, s.Type, s.XAxisIndex, s.YAxisIndex = id+name, "line", axis, axis
		s.ItemStyle = &opts.ItemStyle{Color: color}
		extra["z"] = z
		f.series(s, extra)
	}
	extra := obj{"dendrite": hint, "symbol": "circle", "symbolSize": 5,
		"endLabel": obj{"show": false, "formatter": "{a}", "color": color, "fontWeight": "bold",
			"fontSize": 12, "lineHeight": 16, "distance": 7, "width": 190, "overflow": "truncate"},
		"labelLayout": obj{"moveOverlap": "shiftY"}, "emphasis": obj{"disabled": true}}
	style := &opts.LineStyle{Color: color, Width: 2, Type: dash}
	if c.Points {
		style.Opacity = opts.Float(0)
	}
	own("", 3, charts.SingleSeries{Name: c.Name, Data: line(c.X, c.Y, keep, y.digits()), ShowSymbol: opts.Bool(c.Points || len(c.X) <= 25),
		LineStyle: style}, extra)
	hidden := func() obj { return obj{"silent": true, "tooltip": obj{"show": false}, "symbol": "none"} }
	if c.Low != nil {
		// An invisible line at the low edge and, stacked on it, the width of the
		// band. ECharts stacks the first column, so y is before x.
		low, width := envelope(c.X, c.Low, c.High, maxPoints/2, y.digits())
		for k := range low {
			l, h := low[k][1], width[k][1]
			if y.Log {
				l = math.Max(l, floor)
				h = math.Max(h, l)
			}
			low[k], width[k] = point{l, low[k][0]}, point{round(h-l, y.digits()), low[k][0]}
		}
		stacked := func() obj {
			extra := hidden()
			extra["stackStrategy"], extra["encode"] = "all", obj{"x": 1, "y": 0}
			return extra
		}
		own("-low", 1, charts.SingleSeries{Name: c.Name, Data: low, Stack: id,
			LineStyle: &opts.LineStyle{Opacity: opts.Float(0)}}, stacked())
		own("-band", 1, charts.SingleSeries{Name: c.Name, Data: width, Stack: id,
			LineStyle: &opts.LineStyle{Opacity: opts.Float(0)},
			AreaStyle: &opts.AreaStyle{Color: color, Opacity: opts.Float(0.2)}}, stacked())
	}
	seeds := c.Seeds
	if len(c.X) > longSeries && c.Low != nil {
		seeds = nil // their noise would hide the curve; the band and the table include them
	}
	for s, run := range seeds {
		own(fmt.Sprintf("-seed%d", s), 2, charts.SingleSeries{Name: c.Name, Data: line(c.X, run, thin(maxPoints, run), y.digits()),
			LineStyle: &opts.LineStyle{Color: color, Width: 1, Opacity: opts.Float(0.35)}}, hidden())
	}
}

// cursor sets the common axis of the tooltip.
func (f *figure) cursor(x Axis) { f.hints["x"], f.hints["xUnit"] = x.Name, x.Unit }

// references adds straight lines. A label is written where the fewest curves pass. It
// returns the references without a label, because all places are crowded. Top is the
// upper end of a vertical line: "start" or "end".
func (f *figure) references(refs []Reference, curves []Curve, x, y scale, top string) (unlabelled []Reference) {
	if len(refs) == 0 {
		return nil
	}
	labels := labelPlaces{curves: curves, x: x, y: y}
	for _, r := range refs {
		if !r.Vertical {
			labels.taken = append(labels.taken, region{across: [2]float64{0, 1}, up: [2]float64{y.fraction(r.Value), y.fraction(r.Value)}})
		}
	}
	var data []obj
	for _, r := range refs {
		key, position := "yAxis", top
		if r.Vertical {
			key = "xAxis"
		} else {
			position = labels.place(y.fraction(r.Value))
		}
		label := obj{"formatter": "{b}", "position": position, "color": r.color(), "fontSize": 11}
		if position == "" {
			label = obj{"show": false}
			if r.Label != "" {
				unlabelled = append(unlabelled, r)
			}
		}
		data = append(data, obj{"name": r.Label, key: pos(r.Value),
			"lineStyle": obj{"color": r.color(), "type": "dotted", "width": 1.5},
			"label":     label})
	}
	f.series(charts.SingleSeries{Id: "references", Type: "line", Data: []point{{x.lo, math.NaN()}}},
		obj{"silent": true, "tooltip": obj{"show": false}, "symbol": "none", "z": 1,
			"markLine": obj{"silent": true, "symbol": []string{"none", "none"}, "data": data}})
	return unlabelled
}

// labelPlaces finds places for the labels of horizontal references: above or below
// the line, at its left or right end.
type labelPlaces struct {
	curves []Curve
	x, y   scale
	taken  []region // the references' lines and the labels so far
}

// A region is a part of the panel: across and up, 0 to 1.
type region struct{ across, up [2]float64 }

// labelHeight is the height of a small label, as a fraction of the height of a
// panel of the default size.
const labelHeight = 0.055

// maxCrossings is the largest number of points behind a label that can be read.
const maxCrossings = 10

// place returns the best place for the label of a line, as ECharts names it, or ""
// if all are crowded.
func (c *labelPlaces) place(at float64) string {
	var best region
	name, fewest := "", 0
	for _, side := range []string{"Top", "Bottom"} {
		for _, end := range []string{"Start", "End"} {
			label := region{across: [2]float64{0, 0.3}, up: [2]float64{at, at + labelHeight}}
			if end == "End" {
				label.across = [2]float64{0.7, 1}
			}
			if side == "Bottom" {
				label.up = [2]float64{at - labelHeight, at}
			}
			n := crossings(c.curves, c.x, c.y, label.across, label.up)
			for _, other := range c.taken {
				if other.across[0] < label.across[1] && label.across[0] < other.across[1] &&
					other.up[0] < label.up[1] && label.up[0] < other.up[1] {
					n += overlap
				}
			}
			if label.up[0] < 0 || label.up[1] > 1 {
				n += overlap
			}
			if name == "" || n < fewest {
				name, best, fewest = "inside"+end+side, label, n
			}
		}
	}
	if fewest > maxCrossings {
		return ""
	}
	c.taken = append(c.taken, best)
	return name
}

// overlap is the number of crossings that another label counts as: more than
// curves make.
const overlap = 1 << 20

// crossings counts the points of curves, with bands and single runs, in a part
// of the panel: across and up, 0 to 1.
func crossings(curves []Curve, x, y scale, across, up [2]float64) int {
	n := 0
	for _, c := range curves {
		for k, at := range c.X {
			if p := x.fraction(at); !(p >= across[0] && p <= across[1]) {
				continue
			}
			for _, values := range append([][]float64{c.Y, c.Low, c.High}, c.Seeds...) {
				if k >= len(values) {
					continue
				}
				if p := y.fraction(values[k]); p >= up[0] && p <= up[1] {
					n++
				}
			}
		}
	}
	return n
}

// curveTable returns a table with the curves side by side over all their x values.
func curveTable(x, y Axis, curves []Curve, band string) Table {
	t := Table{Columns: []Column{{x.Name, x.Unit}}}
	var xs []float64 // each x as often as it occurs in one curve
	for _, c := range curves {
		xs = union(xs, c.X)
	}
	for _, v := range xs {
		t.Rows = append(t.Rows, []any{v})
	}
	if band != "" {
		band = ", " + band
	}
	for _, c := range curves {
		add := func(name string, values []float64) {
			t.Columns = append(t.Columns, Column{name, y.Unit})
			k := 0
			for i, at := range xs {
				var cell any
				if k < len(c.X) && c.X[k] == at {
					cell = values[k]
					k++
				}
				t.Rows[i] = append(t.Rows[i], cell)
			}
		}
		add(c.Name, c.Y)
		if c.Low != nil {
			add(c.Name+", low"+band, c.Low)
			add(c.Name+", high"+band, c.High)
		}
		for s, run := range c.Seeds {
			add(fmt.Sprintf("%s, run %d", c.Name, s+1), run)
		}
	}
	return t
}

// union merges two ascending lists. A value that is in both occurs once.
func union(a, b []float64) []float64 {
	var all []float64
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			all, a = append(all, a[0]), a[1:]
		case a[0] > b[0]:
			all, b = append(all, b[0]), b[1:]
		default:
			all, a, b = append(all, a[0]), a[1:], b[1:]
		}
	}
	return append(append(all, a...), b...)
}

// describe returns a description of curves for an alternative text.
func describe(kind string, x, y Axis, curves []Curve, refs []Reference) string {
	var b strings.Builder
	b.WriteString(kind)
	if y.Name != "" {
		b.WriteString(" of " + y.label())
	}
	if x.Name != "" {
		b.WriteString(" against " + x.label())
	}
	b.WriteString(".")
	for _, c := range curves {
		e := newExtent()
		e.add(c.Y...)
		shown := slices.DeleteFunc(slices.Clone(c.Y), func(v float64) bool { return !finite(v) })
		if len(shown) > 0 {
			fmt.Fprintf(&b, " %s: from %s to %s, between %s and %s.", c.Name, altNumber(shown[0]), altNumber(shown[len(shown)-1]), altNumber(e.lo), altNumber(e.hi))
		}
	}
	for _, r := range refs {
		if finite(r.Value) {
			fmt.Fprintf(&b, " Reference: %s.", r.Label)
		}
	}
	return b.String()
}
