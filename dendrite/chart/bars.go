package chart

import (
	"fmt"
	"strings"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// Bar is one bar, with a whisker from Low to High unless both are zero.
type Bar struct {
	Name      string
	Quantity  Quantity
	Color     string // #RRGGBB instead of the quantity's colour
	Value     float64
	Low, High float64
	Label     string // beside the bar, such as "1.96 ± 0.03 %"; empty: value and unit
}

// BarsSpec describes a bar chart.
type BarsSpec struct {
	Title, Caption string
	Alt            string // empty: made from names and values
	Value          Axis
	Bars           []Bar // from top to bottom
	References     []Reference
}

// Bars draws horizontal bars with their names at the left. Bars start at zero, or
// at the left end of a logarithmic axis.
func Bars(spec BarsSpec) *Chart {
	var out omissions
	e := newExtent()
	if !spec.Value.Log {
		e.add(0)
	}
	var alt strings.Builder
	fmt.Fprintf(&alt, "Bar chart of %s.", spec.Value.label())
	table := Table{Columns: []Column{{Name: "bar"}, {spec.Value.Name, spec.Value.Unit}, {"low", spec.Value.Unit}, {"high", spec.Value.Unit}}}
	names, labels := make([]string, len(spec.Bars)), make([]string, len(spec.Bars))
	widestLabel := 0
	for i, b := range spec.Bars {
		names[i], labels[i] = shorten(b.Name, longestName), shorten(b.label(spec.Value), longestName)
		e.add(b.Value)
		row := []any{b.Name, b.Value, nil, nil}
		if b.whisker() {
			e.add(b.Low, b.High)
			row[2], row[3] = b.Low, b.High
		}
		table.Rows = append(table.Rows, row)
		widestLabel = max(widestLabel, min(textWidth(labels[i]), 240))
		fmt.Fprintf(&alt, " %s: %s.", b.Name, b.label(spec.Value))
	}
	for _, r := range spec.References {
		e.add(r.Value)
	}
	axis, v := spec.Value.drawn(e, &out)
	references := out.lines(spec.References, v, v)
	for _, r := range references {
		fmt.Fprintf(&alt, " Reference: %s.", r.Label)
	}
	e = newExtent()
	if !axis.Log {
		e.add(v.of(0))
	}
	bars := make([]Bar, len(spec.Bars)) // as drawn
	for i, b := range spec.Bars {
		out.value(b.Value, axis.Log)
		bars[i] = Bar{Value: v.of(b.Value), Low: v.of(b.Low), High: v.of(b.High)}
		e.add(bars[i].Value)
		if b.whisker() {
			e.add(bars[i].Low, bars[i].High)
		}
	}
	for _, r := range references {
		e.add(r.Value)
	}
	x := axis.fit(e, 5)

	f := newFigure()
	top := 24
	wide := 0
	for _, n := range names {
		wide = max(wide, textWidth(n))
	}
	left, small := edge+min(wide, 260), edge+min(wide, 96)
	f.grid(left, top, widestLabel+edge, footHeight)
	xa := opts.XAxis{Type: x.kind(), Min: pos(x.lo), Max: pos(x.hi), Name: x.label(), NameLocation: "middle", NameGap: 27,
		AxisLine: &opts.AxisLine{Show: opts.Bool(false)}, AxisLabel: &opts.AxisLabel{HideOverlap: opts.Bool(true)}}
	f.rawAxes(xa, x.horizontal(), verticalCategory(names), obj{"axisTick": obj{"show": false}})
	room := func(left int) []obj {
		return []obj{{"axisLabel": obj{"width": left - edge + 4, "overflow": "break", "lineHeight": 14}}}
	}
	f.wide["yAxis"], f.narrow["yAxis"] = room(left), room(small)
	f.wide["grid"], f.narrow["grid"] = []obj{{"left": left}}, []obj{{"left": small}}
	var shown, values, whiskers []any
	for i, b := range bars {
		own := spec.Bars[i]
		shown = append(shown, obj{"value": num(b.Value), "itemStyle": obj{"color": pick(own.Color, own.Quantity, i)}})
		end := x.lo // of a bar that is left out
		if finite(b.Value) {
			end = max(b.Value, min(max(0, x.lo), x.hi))
		}
		if own.whisker() && finite(b.High) {
			low := x.lo // of a whisker that leaves the axis
			if finite(b.Low) {
				low = max(b.Low, x.lo)
			}
			end = max(end, b.High)
			whiskers = append(whiskers, []any{obj{"coord": []any{num(low), i}}, obj{"coord": []any{num(b.High), i}}})
		}
		values = append(values, obj{"value": []any{num(end), i}, "name": labels[i]})
	}
	f.series(charts.SingleSeries{Name: shorten(spec.Value.Name, longestName), Type: "bar", Data: shown, BarMaxWidth: "22"},
		obj{"dendrite": obj{"unit": axis.Unit}, "emphasis": obj{"disabled": true}, "markLine": obj{"silent": true, "symbol": []string{"none", "none"},
			"label": obj{"show": false}, "lineStyle": obj{"color": Input.Color(), "type": "solid", "width": 2}, "data": whiskers}})
	// Labels are placed at the right end of the bar or its whisker.
	f.series(charts.SingleSeries{Id: "labels", Type: "scatter", Data: values, SymbolSize: 1, ItemStyle: &opts.ItemStyle{Color: "transparent"},
		Label: &opts.Label{Show: opts.Bool(true), Position: "right", Formatter: "{b}", FontSize: 11}},
		obj{"silent": true, "tooltip": obj{"show": false}, "clip": false, "z": 5})
	var vertical []Reference
	for _, r := range references {
		r.Vertical = true
		vertical = append(vertical, r)
	}
	f.references(vertical, nil, x, scale{}, "start")
	f.tools(spec.Title, false)

	ch := &Chart{Title: spec.Title, Caption: out.caption(spec.Caption), Alt: spec.Alt, Width: fullWidth,
		Height: top + footHeight + 34*max(len(spec.Bars), 1), Option: f.option(), Table: table}
	if ch.Alt == "" {
		ch.Alt = alt.String()
	}
	return ch.seal()
}

func (b Bar) whisker() bool { return b.Low != 0 || b.High != 0 }

func (b Bar) label(axis Axis) string {
	switch {
	case b.Label != "":
		return b.Label
	case axis.Unit == "":
		return altNumber(b.Value)
	}
	return altNumber(b.Value) + " " + axis.Unit
}
