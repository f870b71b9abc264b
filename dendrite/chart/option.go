package chart

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// Layout in CSS pixels. The option has a layout for fullWidth and, with media
// queries, one for phones.
const (
	fullWidth   = 720
	narrowBelow = 520
	narrowWidth = 360
	headHeight  = 34 // the line above a panel that names its vertical axis
	footHeight  = 44 // tick labels and name of the horizontal axis
	edge        = 14 // free space at an outer edge
)

type obj = map[string]any

// figure builds a chart's option: typed parts with go-echarts, and other settings
// for which go-echarts has no field. The page and the scripts of go-echarts are
// not used.
type figure struct {
	base         charts.Line // a rectangular chart; every series has its own type
	extraX       []obj
	extraY       []obj
	extraSeries  []obj
	heads        []obj // text outside the panels: ECharts titles
	wide, narrow obj   // media options by component; list elements match by position
	top          obj   // whole components
	hints        obj   // for the runtime, under the key "dendrite"
}

func newFigure() *figure {
	f := &figure{base: *charts.NewLine(), wide: obj{}, narrow: obj{}, top: obj{}, hints: obj{}}
	f.base.XAxisList, f.base.YAxisList = nil, nil
	f.base.SetGlobalOptions(
		charts.WithAnimation(false),
		charts.WithTooltipOpts(opts.Tooltip{Show: opts.Bool(true), Trigger: "axis"}),
		charts.WithLegendOpts(opts.Legend{Show: opts.Bool(false)}),
	)
	return f
}

// grid adds a panel with margins (right and bottom follow the chart's size).
func (f *figure) grid(left, top, right, bottom int) int {
	f.base.GridList = append(f.base.GridList, opts.Grid{Left: px(left), Top: px(top), Right: px(right), Bottom: px(bottom)})
	return len(f.base.GridList) - 1
}

func px(n int) string { return strconv.Itoa(n) }

// axes adds a pair of value axes to a panel and returns their index. The name of
// the horizontal axis is below it; the name of the vertical axis is in a head.
func (f *figure) axes(grid int, x, y scale, name bool) int {
	xa := opts.XAxis{Type: x.kind(), GridIndex: grid, Min: pos(x.lo), Max: pos(x.hi),
		SplitLine: &opts.SplitLine{Show: opts.Bool(false)},
		AxisLine:  &opts.AxisLine{Show: opts.Bool(true), OnZero: opts.Bool(false)},
		AxisTick:  &opts.AxisTick{Show: opts.Bool(true)},
		AxisLabel: &opts.AxisLabel{HideOverlap: opts.Bool(true)}}
	if name {
		xa.Name, xa.NameLocation, xa.NameGap = x.label(), "middle", 27
	} else {
		xa.AxisLabel.Show = opts.Bool(false)
	}
	ya := opts.YAxis{Type: y.kind(), GridIndex: grid, Min: pos(y.lo), Max: pos(y.hi),
		AxisLine: &opts.AxisLine{Show: opts.Bool(false), OnZero: opts.Bool(false)}}
	extraX, extraY := x.horizontal(), y.extra()
	return f.rawAxes(xa, extraX, ya, extraY)
}

// horizontal returns the settings of an axis below a panel. Its width is not known, so
// ECharts chooses the step.
func (s scale) horizontal() obj {
	extra := s.extra()
	delete(extra, "interval")
	return extra
}

// extra returns the settings of an axis that place its ticks.
func (s scale) extra() obj {
	extra := obj{}
	if s.Whole && !s.Log {
		extra["minInterval"] = 1 // whole numbers only
	}
	if s.step > 0 {
		extra["interval"] = pos(s.step)
	}
	if s.ticks != nil {
		extra["ticks"] = s.ticks
	}
	return extra
}

func (f *figure) rawAxes(x opts.XAxis, extraX obj, y opts.YAxis, extraY obj) int {
	f.base.XAxisList, f.extraX = append(f.base.XAxisList, x), append(f.extraX, extraX)
	f.base.YAxisList, f.extraY = append(f.base.YAxisList, y), append(f.extraY, extraY)
	return len(f.base.XAxisList) - 1
}

// series adds a series, with settings for which go-echarts has no field.
func (f *figure) series(s charts.SingleSeries, extra obj) {
	f.base.MultiSeries, f.extraSeries = append(f.base.MultiSeries, s), append(f.extraSeries, extra)
}

// head adds text outside the panels.
func (f *figure) head(text string, left, top int, bold bool, rich obj) {
	style := obj{"fontSize": 12, "fontWeight": "normal"}
	if bold {
		style["fontWeight"] = "bold"
	}
	if rich != nil {
		style["rich"] = rich
	}
	f.heads = append(f.heads, obj{"text": text, "left": left, "top": top, "padding": 0, "textStyle": style})
}

// tools adds the toolbox: a button that saves the picture and, for long series,
// zoom and reset. The wheel zooms only with Shift, so that it still scrolls the
// page.
func (f *figure) tools(title string, zoom bool) {
	feature := &opts.ToolBoxFeature{SaveAsImage: &opts.ToolBoxFeatureSaveAsImage{
		Show: opts.Bool(true), Name: fileName(title), Title: "save picture"}}
	if zoom {
		feature.Restore = &opts.ToolBoxFeatureRestore{Show: opts.Bool(true), Title: "reset zoom"}
		f.top["dataZoom"] = []obj{{"type": "inside", "xAxisIndex": "all", "filterMode": "none",
			"zoomOnMouseWheel": "shift", "moveOnMouseMove": "shift", "moveOnMouseWheel": false}}
	}
	f.base.Toolbox = opts.Toolbox{Show: opts.Bool(true), Right: "0", Top: "0", Feature: feature}
}

// fileName makes a safe file name from a title.
func fileName(title string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, title)
	for strings.Contains(name, "--") {
		name = strings.ReplaceAll(name, "--", "-")
	}
	if name = strings.Trim(name, "-"); name == "" {
		return "figure"
	}
	return name[:min(len(name), 60)]
}

// plain removes characters that ECharts would read as rich-text markup.
func plain(name string) string {
	return strings.NewReplacer("{", "(", "}", ")", "|", "/").Replace(printable(name))
}

// option returns the finished option as JSON with sorted keys.
func (f *figure) option() json.RawMessage {
	raw, err := json.Marshal(f.base.JSON())
	if err != nil {
		panic(fmt.Sprintf("chart: option of a figure: %v", err))
	}
	var option obj
	if err := json.Unmarshal(raw, &option); err != nil {
		panic(fmt.Sprintf("chart: option of a figure: %v", err))
	}
	prune(option)
	merge(option["xAxis"], f.extraX)
	merge(option["yAxis"], f.extraY)
	merge(option["series"], f.extraSeries)
	delete(option, "title")
	delete(option, "color")
	// The tooltip is drawn on the canvas, so names are never read as HTML.
	option["tooltip"].(obj)["renderMode"] = "richText"
	option["tooltip"].(obj)["confine"] = true
	option["backgroundColor"] = "transparent"
	if len(f.heads) > 0 {
		option["title"] = f.heads
	}
	for key, value := range f.top {
		option[key] = value
	}
	if len(f.narrow) > 0 {
		option["media"] = []obj{
			{"query": obj{"maxWidth": narrowBelow}, "option": f.narrow},
			{"option": f.wide},
		}
	}
	if len(f.hints) > 0 {
		option["dendrite"] = f.hints
	}
	raw, err = json.Marshal(option)
	if err != nil {
		panic(fmt.Sprintf("chart: option of a figure: %v", err))
	}
	return printableJSON(raw)
}

// merge adds the extra keys to the components at the same positions.
func merge(components any, extra []obj) {
	list, ok := components.([]any)
	if !ok {
		return
	}
	for i, e := range extra {
		component := list[i].(obj)
		for key, value := range e {
			if key == "ticks" { // of an axis: of its labels, its marks and the lines of its grid
				for _, part := range []string{"axisLabel", "axisTick"} {
					settings, ok := component[part].(obj)
					if !ok {
						settings = obj{}
						component[part] = settings
					}
					settings["customValues"] = value
				}
				continue
			}
			component[key] = value
		}
	}
}

// prune removes keys without a value, which go-echarts writes for unset fields.
// Gaps in lists of data are kept.
func prune(v any) {
	switch v := v.(type) {
	case obj:
		for key, value := range v {
			if value == nil {
				delete(v, key)
			} else {
				prune(value)
			}
		}
	case []any:
		for _, value := range v {
			prune(value)
		}
	}
}

// check panics if the length got is not want. what names the list.
func check(builder, what string, got, want int) {
	if got != want {
		panic(fmt.Sprintf("chart: %s: %s has %d values, want %d", builder, what, got, want))
	}
}
