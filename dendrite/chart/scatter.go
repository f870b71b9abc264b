package chart

import (
	"fmt"
	"math"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// Points is one group of points of a Scatter chart.
type Points struct {
	Name     string
	Quantity Quantity
	Color    string // #RRGGBB instead of the quantity's colour
	X, Y     []float64
	Labels   []string // of single points, shown on hovering; nil for none
}

// ScatterSpec describes a scatter chart.
type ScatterSpec struct {
	Title, Caption string
	Alt            string // empty: made from names and numbers
	X, Y           Axis
	Points         []Points
	Diagonal       bool // draw y = x, for comparisons of two measures
	Height         int  // 0: 380
}

// Scatter draws groups of points, with a legend above if there are several groups.
// All points are drawn. Scatter panics when lengths differ.
func Scatter(spec ScatterSpec) *Chart {
	ex, ey := newExtent(), newExtent()
	total := 0
	cloudNames := make([]string, len(spec.Points))
	table := Table{Columns: []Column{{Name: "group"}, {Name: "point"}, {spec.X.Name, spec.X.Unit}, {spec.Y.Name, spec.Y.Unit}}}
	for i, p := range spec.Points {
		check("Scatter", fmt.Sprintf("points %d %q: Y", i, p.Name), len(p.Y), len(p.X))
		if p.Labels != nil {
			check("Scatter", fmt.Sprintf("points %d %q: Labels", i, p.Name), len(p.Labels), len(p.X))
		}
		ex.add(p.X...)
		ey.add(p.Y...)
		total += len(p.X)
		for k := range p.X {
			table.Rows = append(table.Rows, []any{p.Name, name(p.Labels, k), p.X[k], p.Y[k]})
		}
	}
	var out omissions
	xAxis, xView := spec.X.drawn(ex, &out)
	yAxis, yView := spec.Y.drawn(ey, &out)
	clouds := make([][]point, len(spec.Points)) // as drawn; NaN for a point that is left out
	dx, dy := newExtent(), newExtent()
	taken := map[string]bool{}
	for i, p := range spec.Points {
		name := shorten(p.Name, longestName)
		if name == "" {
			name = fmt.Sprintf("points %d", i+1)
		}
		cloudNames[i] = free(name, taken)
		for k := range p.X {
			out.value(p.X[k], xView.log)
			out.value(p.Y[k], yView.log)
			clouds[i] = append(clouds[i], point{xView.of(p.X[k]), yView.of(p.Y[k])})
			dx.add(xView.of(p.X[k]))
			dy.add(yView.of(p.Y[k]))
		}
	}
	x, y := xAxis.fit(dx, 6), yAxis.fit(dy, 6)

	f := newFigure()
	wideLegend, legend := 0, legendHeight(cloudNames)
	if len(spec.Points) > 1 {
		wideLegend = 22
	}
	f.grid(edge+y.tickWidth(), headHeight+wideLegend, x.overhang(), footHeight)
	f.axes(0, x, y, true)
	f.head(plain(y.label()), 0, 6, false, nil)
	for i, p := range spec.Points {
		data := []any{}
		for k, at := range clouds[i] {
			if math.IsNaN(at[0]) || math.IsNaN(at[1]) {
				continue
			}
			cell := obj{"value": []any{pos(at[0]), num(at[1])}}
			if y.digits() > 6 {
				cell["value"] = []any{pos(at[0]), pos(at[1])}
			}
			if p.Labels != nil {
				cell["name"] = shorten(p.Labels[k], longestName)
			}
			data = append(data, cell)
		}
		f.series(charts.SingleSeries{Name: cloudNames[i], Type: "scatter", Data: data, SymbolSize: 7,
			ItemStyle: &opts.ItemStyle{Color: pick(p.Color, p.Quantity, i), Opacity: opts.Float(0.75)}},
			obj{"dendrite": obj{"pair": true, "x": spec.X.Name, "xUnit": xAxis.Unit, "y": spec.Y.Name, "unit": yAxis.Unit}})
	}
	if spec.Diagonal && xView.offset == yView.offset && xView.power == yView.power {
		lo, hi := max(x.lo, y.lo), min(x.hi, y.hi)
		f.series(charts.SingleSeries{Type: "line", Id: "diagonal", Data: []point{{lo, lo}, {hi, hi}},
			LineStyle: &opts.LineStyle{Color: Input.Color(), Width: 1, Type: "dotted"}},
			obj{"silent": true, "symbol": "none", "tooltip": obj{"show": false}, "z": 1})
	}
	f.top["legend"] = obj{"show": wideLegend > 0, "left": 0, "top": 26, "padding": 0, "itemGap": 14, "itemWidth": 12, "itemHeight": 9, "data": cloudNames}
	f.top["tooltip"] = obj{"trigger": "item", "renderMode": "richText", "confine": true}
	f.wide["grid"] = []obj{{"top": headHeight + wideLegend}}
	f.narrow["grid"] = []obj{{"top": headHeight + legend}}
	f.tools(spec.Title, false)
	if total > 1000 {
		f.hints["renderer"] = "canvas"
	}

	ch := &Chart{Title: spec.Title, Caption: out.caption(spec.Caption), Alt: spec.Alt, Width: fullWidth, Height: height(spec.Height, 380),
		Option: f.option(), Table: table}
	if ch.Alt == "" {
		ch.Alt = fmt.Sprintf("Scatter plot of %s against %s: %d points, %s %s.",
			spec.Y.label(), spec.X.label(), total, spec.Y.Name, ey.text())
	}
	return ch.seal()
}
