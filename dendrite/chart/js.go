package chart

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"html"
	"strings"
)

//go:embed assets/echarts.min.js
var echarts string

//go:embed assets/runtime.js
var runtime string

// EChartsJS returns ECharts as a script that defines globalThis.__dendriteECharts
// and nothing else. It does not register with a module loader of the page (the
// classic notebook has require.js) and does not replace another ECharts.
func EChartsJS() string {
	return "if(!globalThis.__dendriteECharts){(function(){var exports={},module={exports:exports},define;" +
		echarts + "\n;globalThis.__dendriteECharts=exports}).call(globalThis);" +
		"if(globalThis.__dendrite)globalThis.__dendrite.drain()}\n"
}

// RuntimeJS returns the script that defines globalThis.__dendrite:
//
//	draw(elementOrId, option)  draws a chart, at once or when ECharts is loaded
//	drain()                    draws the charts in globalThis.__dendriteQueue
//	scan(root)                 draws every <script type="application/json" data-dendrite-chart="id">
//	prepare(option, dark)      a copy of the option with number formats and colours for a page
//	theme(dark)                the ECharts theme: text, axes, tooltips
//
// prepare and theme also work without a browser, for static pictures.
func RuntimeJS() string { return runtime }

// HTML returns the title, the chart element, the caption, and a short script that
// queues the option. The page must have the two scripts, before or after it.
func (c *Chart) HTML() string {
	var b strings.Builder
	b.WriteString(`<figure class="dendrite-figure" style="margin:0 0 1em">`)
	if c.Title != "" {
		fmt.Fprintf(&b, `<div class="dendrite-title" style="font-weight:600;margin:0 0 .3em">%s</div>`, html.EscapeString(c.Title))
	}
	fmt.Fprintf(&b, `<div class="dendrite-chart" id="%s" role="img" aria-label="%s" style="width:100%%;max-width:%dpx;height:%dpx"></div>`,
		html.EscapeString(c.ID), html.EscapeString(c.Alt), c.Width, c.Height)
	if c.Caption != "" {
		fmt.Fprintf(&b, `<figcaption class="dendrite-caption" style="font-size:.9em;max-width:%dpx">%s</figcaption>`, c.Width, html.EscapeString(c.Caption))
	}
	id, err := json.Marshal(c.ID)
	if err != nil {
		panic(fmt.Sprintf("chart: id of %q: %v", c.Title, err))
	}
	option, err := json.Marshal(c.Option) // escapes <, > and &, also in an option that the caller has replaced
	if err != nil {
		panic(fmt.Sprintf("chart %q: its option is not JSON: %v", c.Title, err))
	}
	fmt.Fprintf(&b, `<script>(globalThis.__dendriteQueue=globalThis.__dendriteQueue||[]).push([%s,%s]);if(globalThis.__dendrite)globalThis.__dendrite.drain()</script></figure>`, id, option)
	return b.String()
}

// Bundle returns the chart as a Jupyter MIME bundle of the types text/html,
// text/plain and MIME. The value for MIME is decoded JSON.
func (c *Chart) Bundle() map[string]any {
	raw, err := c.JSON()
	if err != nil {
		panic(err.Error())
	}
	var data any
	if err := json.Unmarshal(raw, &data); err != nil {
		panic(fmt.Sprintf("chart %q: %v", c.Title, err))
	}
	return map[string]any{"text/html": c.HTML(), "text/plain": c.Title, MIME: data}
}
