package chart

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// maxCells is the largest number of cells of a heat map in an option.
const maxCells = 10000

// HeatMapSpec describes a matrix of values.
type HeatMapSpec struct {
	Title, Caption string
	Alt            string // empty: made from the range
	X, Y           Axis   // names of columns and rows; Log and Range are not used
	Columns, Rows  []string
	Values         [][]float64 // Values[row][column], rows from top to bottom
	Value          Axis        // name, unit and Range of the values
	Colors         ColorMap
	Height         int // 0: so that cells are about square, at most 500
}

// HeatMap draws a matrix of values as colours, with a colour scale. Columns and
// Rows are names, or nil for numbers from 1. A NaN is an empty cell. If the matrix
// has more than 10 000 cells, the chart shows blocks of cells: each has the colour
// of its value that is farthest from the mean of all values. The table has every
// value. A Diverging map is centred on zero. HeatMap panics when lengths differ.
func HeatMap(spec HeatMapSpec) *Chart {
	rows, cols := shape("HeatMap", spec.Values)
	rowNames, colNames := names("HeatMap", "Rows", spec.Rows, rows), names("HeatMap", "Columns", spec.Columns, cols)
	var out omissions
	e := newExtent()
	var mean, count float64
	for _, row := range spec.Values {
		e.add(row...)
		for _, v := range row {
			out.value(v, false)
			if v = drawable(v); finite(v) {
				count++
				mean += (v - mean) / count
			}
		}
	}
	lo, hi := spec.colorRange(e)

	value := func(v float64) any { return num(v) }
	if math.Max(math.Abs(lo), math.Abs(hi)) > 1000*(hi-lo) {
		value = func(v float64) any { return v } // more digits than num writes
	}
	block := 1
	for (rows/block)*(cols/block) > maxCells {
		block++
	}
	// In a small matrix each cell shows its number, in black or white for contrast.
	withText := rows*cols <= 80 && cols <= 10
	text := cellText(spec.Values)
	var cells []any
	for r := 0; r < rows; r += block {
		for c := 0; c < cols; c += block {
			v := farthest(spec.Values, r, c, block, mean)
			if !finite(v) {
				continue
			}
			cell := []any{c / block, r / block, value(v)}
			if !withText {
				cells = append(cells, cell)
				continue
			}
			ink := "#FFFFFF"
			if luminance(spec.Colors.at((v-lo)/(hi-lo))) > 0.18 {
				ink = "#000000"
			}
			cells = append(cells, obj{"value": cell, "label": obj{"show": true, "formatter": minus(text(v)), "color": ink}})
		}
	}
	shownRows, shownCols := shortNames(blockNames(rowNames, block)), shortNames(blockNames(colNames, block))

	f := newFigure()
	left := edge + widest(shownRows)
	// The size of a cell is a whole number of pixels: otherwise thin lines appear
	// between cells.
	across := max(1, (fullWidth-left-84)/len(shownCols)) * len(shownCols)
	across = min(across, fullWidth-left-84)
	down := max(1, min(max(rows*across/max(cols, 1), 120), 420)/len(shownRows)) * len(shownRows)
	h := height(spec.Height, down+headHeight+footHeight)
	right := fullWidth - left - across
	f.grid(left, headHeight, right, footHeight)
	small := min(h, max(rows*300/max(cols, 1), 120)+headHeight+footHeight+34)
	f.rawAxes(category(shownCols, shorten(spec.X.label(), longestLabel)), obj{}, verticalCategory(shownRows), obj{"axisTick": obj{"show": false}})
	interval := func(height int) []obj { // rows between labels
		return []obj{{"axisLabel": obj{"interval": (15*len(shownRows) - 1) / max(height, 1), "width": left - 8, "overflow": "truncate"}}}
	}
	f.wide["yAxis"], f.narrow["yAxis"] = interval(h-headHeight-footHeight), interval(small-headHeight-footHeight-34)
	f.head(plain(shorten(spec.Y.label(), longestName)), 0, 8, false, nil)
	f.series(charts.SingleSeries{Name: shorten(spec.Value.label(), longestName), Type: "heatmap", Data: cells}, obj{
		"progressive": 0, "emphasis": obj{"itemStyle": obj{"borderColor": "#7D7D7D", "borderWidth": 1}},
		"dendrite": obj{"cells": true, "x": spec.X.Name, "y": spec.Y.Name, "columns": shownCols, "rows": shownRows, "unit": spec.Value.Unit}})
	// go-echarts stores the range of a visual map in single precision.
	bar := obj{"type": "continuous", "min": value(lo), "max": value(hi), "calculable": false, "precision": 3,
		"inRange": obj{"color": spec.Colors.stops()}, "text": []string{minus(short(hi)), minus(short(lo))}, "textGap": 6, "itemWidth": 12, "hoverLink": false}
	f.top["visualMap"] = []obj{bar}
	valueHead := plain(shorten(spec.Value.label(), longestName))
	f.head(valueHead, 0, 8, false, nil)
	f.heads[1]["left"], f.heads[1]["right"] = "auto", 24
	f.wide["visualMap"] = []obj{{"orient": "vertical", "right": 8, "left": "auto", "top": "middle", "bottom": "auto", "itemHeight": min(h-150, 220)}}
	f.narrow["visualMap"] = []obj{{"orient": "horizontal", "left": "center", "right": "auto", "top": "auto", "bottom": 0, "itemHeight": 140}}
	f.wide["grid"] = []obj{{"right": right, "bottom": footHeight}}
	f.narrow["grid"] = []obj{{"right": edge, "bottom": footHeight + 34}}
	f.top["tooltip"] = obj{"trigger": "item", "renderMode": "richText", "confine": true}
	f.tools(spec.Title, false)
	if len(cells) > 1500 {
		f.hints["renderer"] = "canvas"
	}
	f.hints["narrowHeight"] = small

	ch := &Chart{Title: spec.Title, Caption: out.caption(spec.Caption), Alt: spec.Alt, Width: fullWidth, Height: h, Option: f.option(),
		Table: matrixTable(spec.Y.Name, rowNames, colNames, spec.Value.Unit, spec.Values)}
	if ch.Alt == "" {
		ch.Alt = fmt.Sprintf("Heat map of %s, %d rows (%s) by %d columns (%s): %s.",
			spec.Value.label(), rows, spec.Y.label(), cols, spec.X.label(), e.text())
	}
	return ch.seal()
}

// colorRange returns the values of the first and the last colour.
func (spec HeatMapSpec) colorRange(e extent) (lo, hi float64) {
	if lo, hi = drawable(spec.Value.Range[0]), drawable(spec.Value.Range[1]); lo < hi {
		return lo, hi
	}
	lo, hi = e.lo, e.hi
	switch {
	case lo > hi: // no value
		return 0, 1
	case spec.Colors == Diverging:
		hi = math.Max(math.Abs(lo), math.Abs(hi))
		lo = -hi
	}
	switch {
	case lo < hi:
	case lo == 0:
		hi = 1
	default:
		hi = lo + math.Abs(lo)
	}
	return lo, hi
}

// shape returns the rows and columns of a matrix and panics if it is ragged.
func shape(builder string, values [][]float64) (rows, cols int) {
	if len(values) == 0 || len(values[0]) == 0 {
		panic(fmt.Sprintf("chart: %s: no values", builder))
	}
	for r, row := range values {
		check(builder, fmt.Sprintf("row %d", r), len(row), len(values[0]))
	}
	return len(values), len(values[0])
}

// names returns own, or the numbers from 1 if own is nil.
func names(builder, what string, own []string, n int) []string {
	if own != nil {
		check(builder, what, len(own), n)
		return own
	}
	numbers := make([]string, n)
	for i := range numbers {
		numbers[i] = strconv.Itoa(i + 1)
	}
	return numbers
}

// blockNames returns the name of the first row or column of each block.
func blockNames(names []string, block int) []string {
	var out []string
	for i := 0; i < len(names); i += block {
		out = append(out, names[i])
	}
	return out
}

// farthest returns the value of a block that differs most from mean.
func farthest(values [][]float64, row, col, block int, mean float64) float64 {
	best := math.NaN()
	for r := row; r < min(row+block, len(values)); r++ {
		for c := col; c < min(col+block, len(values[r])); c++ {
			v := values[r][c]
			if v = drawable(v); finite(v) && (math.IsNaN(best) || math.Abs(v-mean) > math.Abs(best-mean)) {
				best = v
			}
		}
	}
	return best
}

// short writes a number with three digits.
func short(v float64) string {
	switch {
	case math.IsNaN(v):
		return "no value"
	case math.IsInf(v, 0):
		return strings.TrimPrefix(strings.NewReplacer("+Inf", "∞", "-Inf", "−∞").Replace(fmt.Sprint(v)), "+")
	case v == 0:
		return "0"
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

// brief formats a number for a cell: three digits, or two if three do not fit.
func brief(v float64) string {
	if s := short(v); len(s) < 7 {
		return s
	}
	return strconv.FormatFloat(v, 'g', 2, 64)
}

// minus writes a number with the sign that the axes have.
func minus(number string) string {
	if rest, ok := strings.CutPrefix(number, "-"); ok {
		return "−" + rest
	}
	return number
}

// cellText returns the format of the numbers in cells: with the same number of decimals,
// so that three digits of the largest are shown, unless small ones would lose all theirs.
func cellText(values [][]float64) func(float64) string {
	large, small, most := 0.0, math.Inf(1), 0
	for _, row := range values {
		for _, v := range row {
			if v = math.Abs(drawable(v)); v > 0 {
				large, small = math.Max(large, v), math.Min(small, v)
				_, fraction, _ := strings.Cut(brief(v), ".")
				most = max(most, len(fraction))
			}
		}
	}
	decimals := min(most, max(0, 2-int(math.Floor(math.Log10(large)))))
	if large == 0 || large >= 1e5 || decimals > 4 || small < math.Pow10(-decimals) {
		return brief
	}
	return func(v float64) string {
		text := strconv.FormatFloat(v, 'f', decimals, 64)
		if strings.Trim(text, "-0.") == "" {
			return strings.TrimPrefix(text, "-")
		}
		return text
	}
}

func widest(names []string) int {
	w := 0
	for _, n := range names {
		w = max(w, textWidth(n))
	}
	return min(w, 160)
}

// category returns a horizontal axis of names.
func category(names []string, label string) opts.XAxis {
	return opts.XAxis{Type: "category", Data: names, Name: label, NameLocation: "middle", NameGap: 27,
		AxisTick: &opts.AxisTick{Show: opts.Bool(false)}, AxisLine: &opts.AxisLine{Show: opts.Bool(false)},
		SplitLine: &opts.SplitLine{Show: opts.Bool(false)}, AxisLabel: &opts.AxisLabel{HideOverlap: opts.Bool(true)}}
}

// verticalCategory returns a vertical axis of names, the first at the top.
func verticalCategory(names []string) opts.YAxis {
	return opts.YAxis{Type: "category", Data: names, Inverse: opts.Bool(true), AxisLine: &opts.AxisLine{Show: opts.Bool(false)},
		SplitLine: &opts.SplitLine{Show: opts.Bool(false)}}
}

func matrixTable(corner string, rowNames, colNames []string, unit string, values [][]float64) Table {
	t := Table{Columns: []Column{{Name: corner}}}
	for _, c := range colNames {
		t.Columns = append(t.Columns, Column{c, unit})
	}
	for r, row := range values {
		cells := []any{rowNames[r]}
		for _, v := range row {
			cells = append(cells, v)
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}
