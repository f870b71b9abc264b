package report

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"microcircuits/dendrite/chart"
	"microcircuits/kernel/ipynb"
)

// Pictures draws static pictures of charts, with ECharts in its server-side mode. All
// charts are drawn in one JavaScript interpreter, which starts with the first chart.
// Pictures may be used by several goroutines at the same time.
type Pictures struct {
	mu     sync.Mutex
	engine *engine
}

//go:embed assets/picture.js
var pictureJS string

// SVG draws an ECharts option as an SVG document with a size in CSS pixels. The same
// option always gives the same bytes.
func (p *Pictures) SVG(ctx context.Context, option json.RawMessage, width, height int) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.engine == nil {
		e, err := newEngine("ECharts", chart.EChartsJS(), chart.RuntimeJS(), pictureJS)
		if err != nil {
			return "", err
		}
		p.engine = e
	}
	svg, err := p.engine.call(ctx, string(option), width, height)
	if err != nil {
		return "", fmt.Errorf("draw a static picture: %w", err)
	}
	return tidySVG(svg), nil
}

// The SVG of ECharts has class names and ids with numbers that increase with each chart,
// parts for pointer events, and numbers with many digits. tidySVG changes these.
var (
	hoverStyle = regexp.MustCompile(`(?s)<style\s*>.*?</style>\n?`)
	hoverClass = regexp.MustCompile(` class="zr\d+-cls-\d+"`)
	liveOnly   = regexp.MustCompile(` pointer-events="visible"| ecmeta_[a-z_]+="[^"]*"| opacity="1"`)
	runningID  = regexp.MustCompile(`(id="|url\(#|href="#)zr\d+-`)
	longNumber = regexp.MustCompile(`(\d+\.\d\d)\d+`)
	coordinate = regexp.MustCompile(` (d|points|transform|x|y)="[^"]*"`)
	rgbFill    = regexp.MustCompile(`="rgb\((\d+),(\d+),(\d+)\)"`)
	emptyShape = regexp.MustCompile(`></(path|rect|circle|polyline|polygon|image|line|ellipse)>`)
)

const fontFamily = `font-family:sans-serif;`

func tidySVG(svg string) string {
	svg = hoverStyle.ReplaceAllString(svg, "")
	svg = hoverClass.ReplaceAllString(svg, "")
	svg = liveOnly.ReplaceAllString(svg, "")
	svg = runningID.ReplaceAllString(svg, "${1}z-")
	svg = emptyShape.ReplaceAllString(svg, "/>")
	svg = rgbFill.ReplaceAllStringFunc(svg, func(s string) string {
		var r, g, b uint8
		if _, err := fmt.Sscanf(s, `="rgb(%d,%d,%d)"`, &r, &g, &b); err != nil {
			return s
		}
		return fmt.Sprintf(`="#%02x%02x%02x"`, r, g, b)
	})
	// All text has the same font: name it once.
	svg = strings.ReplaceAll(svg, fontFamily, "")
	svg = strings.Replace(svg, "<svg ", `<svg font-family="sans-serif" `, 1)
	// A hundredth of a pixel is enough for coordinates, a tenth for curves.
	svg = coordinate.ReplaceAllStringFunc(svg, func(s string) string { return longNumber.ReplaceAllString(s, "$1") })
	return shortPaths(svg)
}

// AddPictures draws every chart of an executed notebook and puts its picture inside the
// chart's element, so that the saved notebook shows its figures without scripts.
func (p *Pictures) AddPictures(ctx context.Context, nb *ipynb.Notebook) error {
	for i, cell := range nb.Cells {
		for _, o := range cell.Outputs {
			if err := p.AddPicture(ctx, o); err != nil {
				return fmt.Errorf("cell %d: %w", i+1, err)
			}
		}
	}
	return nil
}

// AddPicture adds the static picture of a chart to its output. It does not change other
// outputs.
func (p *Pictures) AddPicture(ctx context.Context, o *ipynb.Output) error {
	c, ok, err := chartOf(o)
	if !ok || err != nil {
		return err
	}
	svg, err := p.draw(ctx, c)
	if err != nil {
		return err
	}
	text, _ := o.TextOf("text/html")
	o.SetText("text/html", withPicture(text, c, svg))
	return nil
}

// of returns the static picture of a chart: that in its output, or a new one.
func (p *Pictures) of(ctx context.Context, c *chartData, o *ipynb.Output) (string, error) {
	if svg, ok := pictureIn(o); ok {
		return svg, nil
	}
	return p.draw(ctx, c)
}

func (p *Pictures) draw(ctx context.Context, c *chartData) (string, error) {
	option, err := scrub(c.Option)
	if err != nil {
		return "", fmt.Errorf("chart %q: %w", c.Title, err)
	}
	svg, err := p.SVG(ctx, option, c.Width, c.Height)
	if err != nil {
		return "", fmt.Errorf("chart %q: %w", c.Title, err)
	}
	return svg, nil
}
