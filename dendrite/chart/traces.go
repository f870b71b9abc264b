package chart

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// Window is a shaded period of time, such as "teacher on".
type Window struct {
	From, To float64
	Label    string
}

// Panel is one row of a Traces chart.
type Panel struct {
	Y      Axis
	Curves []Curve
}

// TraceColumn is one side of a Traces chart, such as before or after learning.
type TraceColumn struct {
	Title   string // such as "before learning"; may be empty for a single column
	Panels  []Panel
	Windows []Window // shaded in every panel of the column
}

// TracesSpec describes stacked traces over time.
type TracesSpec struct {
	Title, Caption string
	Alt            string // empty: made from names and values
	X              Axis   // the common time axis
	Columns        []TraceColumn
	PanelHeight    int // 0: 92
}

// Traces draws panels stacked over a common time axis, in one column or in two
// columns side by side, such as before and after. On a phone the second column is
// below the first. Panels of a row have the same vertical range, so that the
// columns can be compared. All panels have a common cursor. The line above a panel
// names its axis and its curves. Traces panics when lengths differ or the columns
// have different numbers of panels.
func Traces(spec TracesSpec) *Chart {
	n := len(spec.Columns)
	if n < 1 || n > 2 {
		panic(fmt.Sprintf("chart: Traces %q: %d columns, want 1 or 2", spec.Title, n))
	}
	rows := len(spec.Columns[0].Panels)
	for c, col := range spec.Columns {
		check("Traces", fmt.Sprintf("column %d %q: Panels", c, col.Title), len(col.Panels), rows)
		for _, p := range col.Panels {
			for i, curve := range p.Curves {
				checkCurve("Traces", i, curve)
			}
		}
	}

	var out omissions
	given := spec.placed(&out) // with the values as they were given
	spec = given.drawn(&out)
	f := newFigure()
	ys, left := spec.rowScales(rows)
	panel := height(spec.PanelHeight, 92)
	titled := slices.ContainsFunc(spec.Columns, func(c TraceColumn) bool { return c.Title != "" })
	f.stack(spec, ys, left, panel, titled)
	f.top["axisPointer"] = obj{"link": []obj{{"xAxisIndex": "all"}}}

	longest := 0
	var curves []Curve
	for _, col := range given.Columns {
		for _, p := range col.Panels {
			for _, c := range named(p.Curves, longestName) {
				longest = max(longest, len(c.X))
				if n > 1 && col.Title != "" {
					c.Name = col.Title + ": " + c.Name
				}
				curves = append(curves, c)
			}
		}
	}
	f.tools(spec.Title, longest > longSeries)
	one, two := columnHeight(rows, panel, titled), columnHeight(rows, panel, titled)*n
	if n > 1 {
		f.hints["narrowHeight"] = two
	}
	ch := &Chart{Title: spec.Title, Caption: out.caption(spec.Caption), Alt: spec.Alt, Width: fullWidth, Height: one,
		Option: f.option(), Table: tracesTable(given)}
	if ch.Alt == "" {
		names := make([]string, rows)
		for r, p := range given.Columns[0].Panels {
			names[r] = p.Y.label()
		}
		ch.Alt = describe("Traces", given.X, Axis{Name: strings.Join(names, "; ")}, curves, nil)
	}
	return ch.seal()
}

// placed returns the spec without the points that have no finite time.
func (spec TracesSpec) placed(out *omissions) TracesSpec {
	spec.Columns = slices.Clone(spec.Columns)
	for c := range spec.Columns {
		col := &spec.Columns[c]
		col.Panels = slices.Clone(col.Panels)
		for r := range col.Panels {
			col.Panels[r].Curves = out.placed(col.Panels[r].Curves)
		}
	}
	return spec
}

// drawn returns the spec as it is drawn: panels of a row have the same vertical axis,
// and all panels the same unit of time.
func (spec TracesSpec) drawn(out *omissions) TracesSpec {
	columns := make([]TraceColumn, len(spec.Columns))
	time, rows := newExtent(), make([]extent, len(spec.Columns[0].Panels))
	for r := range rows {
		rows[r] = newExtent()
		for _, col := range spec.Columns {
			x, y := extents(col.Panels[r].Curves, nil)
			time.add(x.lo, x.hi, x.positive)
			rows[r].add(y.lo, y.hi, y.positive)
		}
	}
	axis, xView := spec.X.drawn(time, out)
	spec.X = axis
	for r := range rows {
		axis, yView := spec.Columns[0].Panels[r].Y.drawn(rows[r], out)
		for c, col := range spec.Columns {
			curves := out.points(named(col.Panels[r].Curves, longestName), xView, yView)
			columns[c].Panels = append(columns[c].Panels, Panel{Y: axis, Curves: curves})
		}
	}
	for c, col := range spec.Columns {
		columns[c].Title = shorten(col.Title, longestName)
		for _, w := range col.Windows {
			w.Label = shorten(w.Label, longestName)
			w.From, w.To = xView.of(time.inside(w.From, xView.log)), xView.of(time.inside(w.To, xView.log))
			if math.IsNaN(w.From) || math.IsNaN(w.To) {
				out.references = append(out.references, w.Label)
				continue
			}
			columns[c].Windows = append(columns[c].Windows, w)
		}
	}
	spec.Columns = columns
	return spec
}

// inside returns x, or the end of the data if x is infinite or left of a logarithmic
// axis.
func (e extent) inside(x float64, log bool) float64 {
	switch {
	case math.IsInf(x, -1) && !log:
		return e.lo
	case log && x <= 0:
		return e.positive
	case math.IsInf(x, 1):
		return e.hi
	}
	return x
}

func columnHeight(rows, panel int, titled bool) int {
	h := rows*(headHeight+panel) + footHeight
	if titled {
		h += 26
	}
	return h
}

// rowScales returns the vertical range of each row over all columns, and the space
// that tick labels need.
func (spec TracesSpec) rowScales(rows int) ([]scale, int) {
	ys, left := make([]scale, rows), 0
	for r := range rows {
		e := newExtent()
		for _, col := range spec.Columns {
			for _, c := range col.Panels[r].Curves {
				e.add(c.Y...)
				e.add(c.Low...)
				e.add(c.High...)
				for _, run := range c.Seeds {
					e.add(run...)
				}
			}
		}
		ys[r] = spec.Columns[0].Panels[r].Y.fit(e, 3)
		left = max(left, edge+ys[r].tickWidth())
	}
	return ys, left
}

// stack sets the positions of all panels, for the full width and for a phone.
func (f *figure) stack(spec TracesSpec, ys []scale, left, panel int, titled bool) {
	n, rows := len(spec.Columns), len(ys)
	id := 0
	f.cursor(spec.X)
	titles := make([]string, n)
	var wideGrid, narrowGrid []obj
	var wideHead, narrowHead []obj
	place := func(wideLeft, wideTop, narrowTop int) {
		wideHead = append(wideHead, obj{"left": wideLeft, "top": wideTop})
		narrowHead = append(narrowHead, obj{"left": 0, "top": narrowTop})
	}
	for c, col := range spec.Columns {
		titles[c] = col.Title
		span := newExtent()
		var curves []Curve
		for _, p := range col.Panels {
			for _, curve := range p.Curves {
				span.add(curve.X...)
				curves = append(curves, curve)
			}
		}
		keep := thinTogether(curves, maxPoints/2)
		x := spec.X.span(span)
		right := x.overhang()
		start, below := 0, c*columnHeight(rows, panel, titled) // tops at full width and on a phone
		// A panel is as wide as its column without both margins.
		share := fullWidth / n
		if titled {
			f.head(plain(col.Title), c*share, 4, true, nil)
			place(c*share, 4, below+4)
			start, below = start+26, below+26
		}
		for r, p := range col.Panels {
			keys, rich := panelHead(p)
			f.head(keys, c*share, start+10, false, rich)
			place(c*share, start+10, below+10)
			f.base.GridList = append(f.base.GridList, opts.Grid{})
			wideGrid = append(wideGrid, obj{"left": percent(c*share+left, fullWidth), "top": start + headHeight,
				"width": percent(share-left-right, fullWidth), "height": panel})
			narrowGrid = append(narrowGrid, obj{"left": left, "right": right, "width": "auto", "top": below + headHeight, "height": panel})
			index := f.axes(len(wideGrid)-1, x, ys[r], r == rows-1)
			for i, curve := range p.Curves {
				curve.Color = pick(curve.Color, curve.Quantity, i)
				main := len(f.base.MultiSeries)
				f.curve(id, curve, ys[r], index, ys[r].lo, keep[0], obj{"unit": p.Y.Unit, "row": r, "column": c})
				f.base.MultiSeries[main].LineStyle.Width = 1.5
				f.base.MultiSeries[main].ShowSymbol = opts.Bool(curve.Points)
				id, keep = id+1, keep[1:]
			}
			f.windows(col.Windows, p.Curves, x, ys[r], index, r == 0)
			start, below = start+headHeight+panel, below+headHeight+panel
		}
	}
	for i := range f.heads {
		wideHead[i]["left"] = percent(wideHead[i]["left"].(int), fullWidth)
		f.heads[i]["left"] = wideHead[i]["left"]
	}
	if n > 1 {
		f.hints["columns"] = titles
	}
	f.top["grid"] = wideGrid
	f.wide["grid"], f.narrow["grid"] = wideGrid, narrowGrid
	f.wide["title"], f.narrow["title"] = wideHead, narrowHead
}

func percent(part, whole int) string { return fmt.Sprintf("%.4g%%", 100*float64(part)/float64(whole)) }

// windows shades periods of time in one panel. The first panel has their names, at
// the top or at the bottom: where fewer curves pass.
func (f *figure) windows(windows []Window, curves []Curve, x, y scale, axis int, named bool) {
	if len(windows) == 0 {
		return
	}
	var data []any
	position := "insideTop"
	for _, w := range windows {
		from := obj{"xAxis": pos(w.From)}
		if named && w.Label != "" {
			from["name"] = w.Label
			across := [2]float64{x.fraction(w.From), x.fraction(w.To)}
			if crossings(curves, x, y, across, [2]float64{0, 0.2}) < crossings(curves, x, y, across, [2]float64{0.8, 1}) {
				position = "insideBottom"
			}
		}
		data = append(data, []any{from, obj{"xAxis": pos(w.To)}})
	}
	f.series(charts.SingleSeries{Id: fmt.Sprintf("windows%d", axis), Type: "line", XAxisIndex: axis, YAxisIndex: axis, Data: []point{}},
		obj{"silent": true, "tooltip": obj{"show": false}, "z": 0, "markArea": obj{"silent": true, "data": data,
			"itemStyle": obj{"color": "rgba(128,128,128,0.16)"},
			"label":     obj{"show": named, "position": position, "distance": 2, "fontSize": 10, "color": "#7D7D7D", "formatter": "{b}"}}})
}

// panelHead returns the line above a panel in ECharts' rich text: the axis and, if
// there are several curves, a legend with their dashes and colours.
func panelHead(p Panel) (string, obj) {
	text := plain(p.Y.label())
	if len(p.Curves) < 2 {
		return text, nil
	}
	rich := obj{}
	for i, c := range p.Curves {
		key := fmt.Sprintf("k%d", i)
		rich[key] = obj{"color": pick(c.Color, c.Quantity, i), "fontWeight": "bold", "fontSize": 12, "padding": []int{0, 0, 0, 12}}
		dash := map[string]string{"solid": "━", "dashed": "╍", "dotted": "┅"}[c.Quantity.Dash()]
		if c.Points {
			dash = "●"
		}
		text += fmt.Sprintf("{%s|%s %s}", key, dash, plain(c.Name))
	}
	return text, rich
}

// tracesTable returns the table of all panels: one block of columns for each
// column of the chart. If the times differ, each block has its own.
func tracesTable(spec TracesSpec) Table {
	var curves []Curve
	var units []string
	for _, col := range spec.Columns {
		for _, p := range col.Panels {
			for _, c := range named(p.Curves, anyLength) {
				c.Name = p.Y.Name + ", " + c.Name
				if col.Title != "" {
					c.Name = col.Title + ": " + c.Name
				}
				before := curveTable(spec.X, p.Y, []Curve{c}, "").Columns[1:]
				for range before {
					units = append(units, p.Y.Unit)
				}
				curves = append(curves, c)
			}
		}
	}
	t := curveTable(spec.X, Axis{}, curves, "")
	for i, unit := range units {
		t.Columns[i+1].Unit = unit
	}
	return t
}
