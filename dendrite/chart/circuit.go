package chart

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"html"
	"strings"
)

// CircuitSpec describes a schematic of the microcircuit, one neuron of each
// kind in every area.
type CircuitSpec struct {
	Title, Caption string
	Alt            string  // empty: made from what is drawn
	Hidden         int     // hidden areas; 0: 1
	Sizes          []int   // numbers of pyramidal neurons from the input area to the output, written in the areas; nil: none
	Plastic        Plastic // these synapses are drawn thick and filled, the others thin and hollow
	Teacher        bool    // a target at the output
	VIP            bool    // a VIP interneuron that gates the lateral inhibition
}

// Plastic selects the synapses that learn, named as in the papers.
type Plastic struct {
	Up   bool // W^PP_{k,k-1}, onto basal dendrites
	Down bool // W^PP_{k,k+1}, onto apical dendrites
	IP   bool // W^IP_{k,k}, pyramidal to interneuron
	PI   bool // W^PI_{k,k}, interneuron to apical dendrite
}

// Diagram is a drawing without data.
type Diagram struct {
	Title   string
	Caption string
	Alt     string // description of the diagram for readers who cannot see it
	Width   int    // preferred width in CSS pixels; smaller on narrow pages
	Height  int
	SVG     string // a complete document, for light and dark pages
}

// Bundle returns the diagram as a Jupyter MIME bundle: image/svg+xml,
// text/html with the same picture inside, and text/plain.
func (d *Diagram) Bundle() map[string]any {
	return map[string]any{"image/svg+xml": d.SVG, "text/html": d.HTML(), "text/plain": d.Alt}
}

// HTML returns the diagram with its title and caption, without links to other
// files. The picture has the colours of the page: a style rule sets its colour scheme,
// because pages of VS Code and JupyterLab do not. It uses no figure element, because
// browsers indent it by default.
func (d *Diagram) HTML() string {
	caption := "<b>" + html.EscapeString(d.Title) + "</b>"
	if d.Caption != "" {
		caption += " " + html.EscapeString(d.Caption)
	}
	return fmt.Sprintf(`<style>%s</style><div class="dendrite-diagram"><img src="data:image/svg+xml;base64,%s" alt="%s" width="%d" height="%d" style="max-width:100%%;height:auto"></div><p>%s</p>`,
		OnDark(".dendrite-diagram img", "color-scheme:dark"), base64.StdEncoding.EncodeToString([]byte(d.SVG)), html.EscapeString(d.Alt), d.Width, d.Height, caption)
}

// The drawing is designed for a width of 360 pixels, that of a narrow phone, so
// that its text is never shown smaller than the sizes used here.
const (
	circuitWidth = 360
	laneUp       = 26  // axons up to the next area
	textLeft     = 38  // names of areas and compartments
	pyramid      = 134 // pyramidal neurons
	laneDown     = 194 // axons down to apical dendrites
	inter        = 276 // interneurons
	laneNudge    = 330 // axons that nudge interneurons
	toSoma       = 78  // from apical dendrite to soma
	toBasal      = 40  // from soma to basal dendrites
)

// Circuit draws the microcircuit: areas of pyramidal neurons with apical, somatic
// and basal compartments, SST interneurons, and every kind of synapse with its
// symbol. Quantities have the same colours as in the charts. Circuit panics if
// Sizes is given and does not have one number for each area.
func Circuit(spec CircuitSpec) *Diagram {
	hidden := max(spec.Hidden, 1)
	if spec.Sizes != nil && len(spec.Sizes) != hidden+2 {
		panic(fmt.Sprintf("chart: circuit %q: %d sizes for %d areas", spec.Title, len(spec.Sizes), hidden+2))
	}
	spec.Title, spec.Caption, spec.Alt = printable(spec.Title), printable(spec.Caption), printable(spec.Alt)
	c := &circuit{spec: spec, top: hidden + 1}
	height := c.draw()
	d := &Diagram{
		Title: spec.Title, Caption: spec.Caption, Alt: cmp.Or(spec.Alt, c.describe()),
		Width: 440, Height: height * 440 / circuitWidth,
	}
	d.SVG = fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" font-family="Helvetica, Arial, 'DejaVu Sans', sans-serif" font-size="12"><title>%s</title><style>%s</style>%s</svg>`,
		circuitWidth, height, d.Width, d.Height, html.EscapeString(d.Alt), circuitStyle, c.b.String())
	return d
}

// circuitStyle includes a background colour, so that the drawing can be read on
// every page, also on one that does not follow the user's colour scheme.
const circuitStyle = `.g{fill:#fff}.a{fill:#f2f4f7}.t{fill:#222}.q{fill:#555}.h{fill:#fff}.s{fill:none;stroke-linejoin:round}.k{stroke:#222}` +
	`@media (prefers-color-scheme:dark){.g{fill:#16181c}.a{fill:#22262c}.t{fill:#eee}.q{fill:#b4b8bf}.h{fill:#16181c}.k{stroke:#eee}}`

// describe returns a description of the drawing.
func (c *circuit) describe() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Circuit of %d areas above the input. Bottom-up synapses reach basal dendrites; in each hidden area, top-down synapses and inhibitory synapses of SST interneurons meet at the apical dendrite; pyramidal neurons excite the interneurons, whose somata are nudged by the area above.", c.top)
	if c.spec.Teacher {
		b.WriteString(" A teacher nudges the output neurons.")
	}
	if c.spec.VIP {
		b.WriteString(" A VIP interneuron can silence the lateral inhibition.")
	}
	var learn []string
	for _, s := range []struct {
		name string
		on   bool
	}{{"bottom-up", c.spec.Plastic.Up}, {"top-down", c.spec.Plastic.Down}, {"pyramidal-to-interneuron", c.spec.Plastic.IP}, {"interneuron-to-pyramidal", c.spec.Plastic.PI}} {
		if s.on {
			learn = append(learn, s.name)
		}
	}
	if len(learn) == 0 {
		b.WriteString(" No synapse is plastic.")
	} else {
		fmt.Fprintf(&b, " Plastic synapses: %s.", strings.Join(learn, ", "))
	}
	return b.String()
}
