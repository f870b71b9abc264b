package notebook

import (
	"fmt"
	"html"
	"math"
	"strings"
	"time"

	"microcircuits/dendrite/chart"
	"microcircuits/dendrite/notebook/names"
)

// cellOutput is a live bar in a notebook: one output that is replaced at each update.
type cellOutput struct {
	send sender
	id   string
}

func (*cellOutput) every() time.Duration { return 200 * time.Millisecond }

func (o *cellOutput) show(p *Progress) {
	var b strings.Builder
	fmt.Fprintf(&b, `<div class="dendrite-progress"><div><b>%s</b> <progress max="1" value="%.3f" style="width:14em;vertical-align:middle"></progress> %s</div>`,
		html.EscapeString(p.title), p.fraction, html.EscapeString(p.status()))
	p.curves.svg(&b)
	b.WriteString("</div>")
	o.put(b.String(), p.title+": "+p.status())
}

func (o *cellOutput) end(_ *Progress, line string) {
	o.put(`<div class="dendrite-progress">`+html.EscapeString(line)+`</div>`, line)
}

func (o *cellOutput) put(page, text string) {
	o.send(map[string]any{"text/html": page, "text/plain": text}, names.Metadata(names.Progress), o.id)
}

// curves are the learning curves so far.
type curves struct {
	names []string
	y     map[string][]float64
	x     map[string][]float64
}

// maxCurve is the largest number of points of a live curve. When it is exceeded, every
// second point is removed.
const maxCurve = 400

func (c *curves) add(name string, x, y float64) {
	if c.x == nil {
		c.x, c.y = map[string][]float64{}, map[string][]float64{}
	}
	if _, ok := c.x[name]; !ok {
		c.names = append(c.names, name)
	}
	c.x[name], c.y[name] = append(c.x[name], x), append(c.y[name], y)
	if n := len(c.x[name]); n > maxCurve {
		for i := 0; i < n/2; i++ {
			c.x[name][i], c.y[name][i] = c.x[name][2*i], c.y[name][2*i]
		}
		c.x[name], c.y[name] = c.x[name][:n/2], c.y[name][:n/2]
	}
}

// svg draws the curves as a small picture without scripts, for the time of the run. The
// finished figure is a chart.
func (c *curves) svg(b *strings.Builder) {
	const width, height = 320.0, 90.0
	finite := func(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
	xlo, xhi, ylo, yhi := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for _, name := range c.names {
		for i, y := range c.y[name] {
			if x := c.x[name][i]; finite(x) && finite(y) {
				xlo, xhi = math.Min(xlo, x), math.Max(xhi, x)
				ylo, yhi = math.Min(ylo, y), math.Max(yhi, y)
			}
		}
	}
	if xlo >= xhi {
		return // no curve yet
	}
	var lines, key, dark strings.Builder
	for i, name := range c.names {
		color := chart.PaletteColor(i)
		var points []string
		last := "no value"
		for k, y := range c.y[name] {
			if x := c.x[name][k]; finite(x) && finite(y) {
				points = append(points, fmt.Sprintf("%.1f,%.1f", position(x, xlo, xhi)*width, height-position(y, ylo, yhi)*height))
				last = fmt.Sprintf("%.4g", y+0) // no negative zero
			}
		}
		class := fmt.Sprintf("dendrite-live%d", i)
		dark.WriteString(chart.OnDark("."+class, fmt.Sprintf("stroke:%s;color:%[1]s", chart.Lighter(color))))
		fmt.Fprintf(&lines, `<polyline class="%s" fill="none" stroke="%s" stroke-width="1.5" points="%s"/>`, class, color, strings.Join(points, " "))
		fmt.Fprintf(&key, ` <font class="%s" color="%s">&#9632;</font> %s %s`, class, color, html.EscapeString(name), last)
	}
	fmt.Fprintf(b, `<style>%s</style><svg width="%.0f" height="%.0f" viewBox="-2 -4 %.0f %.0f" role="img" aria-label="learning curves so far">%s</svg><div>%s</div>`,
		dark.String(), width+4, height+8, width+4, height+8, lines.String(), key.String())
}

// position returns where v is between the ends, from 0 to 1. Halves do not overflow.
func position(v, lo, hi float64) float64 {
	size := hi/2 - lo/2
	if size <= 0 {
		return 0.5
	}
	return (v/2 - lo/2) / size
}
