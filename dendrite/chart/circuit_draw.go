package chart

import (
	"fmt"
	"strings"
)

// circuit builds a drawing. Coordinates are pixels from the upper left corner.
type circuit struct {
	spec CircuitSpec
	top  int // number of the output area
	b    strings.Builder
}

func (c *circuit) add(format string, args ...any) { fmt.Fprintf(&c.b, format, args...) }

// draw draws everything and returns the height. Areas are placed from the output
// at the top down to the input. Connections between two areas are drawn together
// with the lower area.
func (c *circuit) draw() int {
	soma := 62
	if c.spec.Teacher {
		soma = 108
	}
	type place struct{ apical, soma int }
	places := make([]place, c.top+1) // by area
	places[c.top] = place{soma: soma}
	for k := c.top - 1; k >= 1; k-- {
		apical := places[k+1].soma + toBasal + 74
		places[k] = place{apical, apical + toSoma}
	}
	input := places[1].soma + toBasal + 56
	key := input + 34
	height := key + 66

	c.add(`<rect class="g" width="%d" height="%d" rx="6"/>`, circuitWidth, height)
	c.band(places[c.top].soma-54, places[c.top].soma+toBasal+12, c.top)
	for k := 1; k < c.top; k++ {
		c.band(places[k].apical-28, places[k].soma+toBasal+12, k)
	}
	for k := c.top; k >= 1; k-- {
		p := places[k]
		if k < c.top {
			above := places[k+1].soma
			c.bottomUp(k+1, p.soma, above+toBasal)
			c.topDown(k, above, p.apical)
			c.lateral(k, above, p.apical, p.soma)
		}
		c.pyramidal(k, p.apical, p.soma)
	}
	c.input(input, places[1].soma+toBasal)
	if c.spec.Teacher {
		c.teacher(places[c.top].soma)
	}
	c.key(key)
	return height
}

// band draws the background of an area, its name and its size.
func (c *circuit) band(from, to, area int) {
	c.add(`<rect class="a" x="8" y="%d" width="%d" height="%d" rx="6"/>`, from, circuitWidth-16, to-from)
	name := fmt.Sprintf("Area %d", area)
	x := textLeft
	if area == c.top {
		name += ", output"
		x = 16 // no axon passes here
	}
	c.add(`<text class="t" x="%d" y="%d" font-weight="bold">%s</text>`, x, from+17, name)
	if c.spec.Sizes != nil {
		c.add(`<text class="q" x="%d" y="%d">n = %d</text>`, x, from+32, c.spec.Sizes[area])
	}
}

// pyramidal draws a pyramidal neuron, its dendrites behind the soma.
func (c *circuit) pyramidal(area, apical, soma int) {
	x := pyramid
	trunk := func(color string, width float64, path string) {
		c.add(`<path class="s" stroke="%s" stroke-width="%g" stroke-linecap="round" d="%s"/>`, color, width, path)
	}
	trunk(Basal.Color(), 4, fmt.Sprintf("M%d %dL%d %dM%d %dL%d %d", x, soma+6, x-18, soma+toBasal-6, x, soma+6, x+18, soma+toBasal-6))
	if area < c.top {
		trunk(Apical.Color(), 5, fmt.Sprintf("M%d %dL%d %d", x, soma-8, x, apical+6))
		trunk(Apical.Color(), 4, fmt.Sprintf("M%d %dL%d %dM%d %dL%d %dM%d %dL%d %d", x, apical+10, x-18, apical-8, x, apical+10, x, apical-8, x, apical+10, x+18, apical-8))
		if c.spec.Teacher {
			c.add(`<text x="%d" y="%d" fill="%s" font-weight="bold">error</text>`, x+9, apical+42, Error.Color())
		}
		c.label(textLeft, apical+24, "apical", "v", "P", fmt.Sprintf("A,%d", area))
	}
	c.add(`<path fill="%s" d="M%d %dL%d %dL%d %dZ"/>`, Soma.Color(), x, soma-16, x+15, soma+11, x-15, soma+11)
	c.label(textLeft, soma-2, "soma", "u", "P", fmt.Sprint(area))
	c.label(textLeft, soma+toBasal-6, "basal", "v", "P", fmt.Sprintf("B,%d", area))
}

// label draws a word and a symbol.
func (c *circuit) label(x, y int, word, letter, sup, sub string) {
	c.add(`<text class="q" x="%d" y="%d">%s</text>`, x, y, word)
	c.symbol(x+40, y, letter, sup, sub)
}

// symbol draws a letter with an upper and a lower index. The positions are fixed
// numbers, because the widths of text are not known here.
func (c *circuit) symbol(x, y int, letter, sup, sub string) {
	c.add(`<text class="t" x="%d" y="%d" font-style="italic" font-size="14">%s</text>`, x, y, letter)
	step := map[string]int{"W": 14, "r": 6}[letter]
	if step == 0 {
		step = 8
	}
	if sup != "" {
		c.add(`<text class="t" x="%d" y="%d" font-size="10">%s</text>`, x+step, y-6, sup)
	}
	if sub != "" {
		c.add(`<text class="t" x="%d" y="%d" font-size="10">%s</text>`, x+step, y+4, sub)
	}
}

// axon draws a line to a synapse, thick for a plastic one.
func (c *circuit) axon(color, path string, plastic bool) {
	c.add(`<path class="s" stroke="%s" stroke-width="%g" d="%s"/>`, color, thickness(plastic), path)
}

func thickness(plastic bool) float64 {
	if plastic {
		return 3.2
	}
	return 1.4
}

// excitatory draws an excitatory synapse: a disc, filled if the synapse is plastic.
func (c *circuit) excitatory(x, y int, color string, plastic bool) {
	if plastic {
		c.add(`<circle cx="%d" cy="%d" r="5.5" fill="%s"/>`, x, y, color)
		return
	}
	c.add(`<circle class="h" cx="%d" cy="%d" r="4.5" stroke="%s" stroke-width="1.4"/>`, x, y, color)
}

// inhibitory draws an inhibitory synapse: a bar across a horizontal axon.
func (c *circuit) inhibitory(x, y int, color string, plastic bool) {
	c.add(`<path class="s" stroke="%s" stroke-width="%g" d="M%d %dL%d %d"/>`, color, thickness(plastic)+.8, x, y-8, x, y+8)
}

// bottomUp draws the axon from the soma below to the basal dendrites of area k.
func (c *circuit) bottomUp(k, soma, basal int) {
	color, plastic := Soma.Color(), c.spec.Plastic.Up
	end, turn := pyramid-22, basal+22
	c.axon(color, fmt.Sprintf("M%d %dL%d %dL%d %dL%d %dL%d %d", pyramid-14, soma+8, laneUp, soma+8, laneUp, turn, end, turn, end, basal+2), plastic)
	c.excitatory(end, basal-1, color, plastic)
	c.symbol(textLeft, turn+18, "W", "PP", fmt.Sprintf("%d,%d", k, k-1))
}

// topDown draws the axon from the soma above to the apical dendrite of area k.
func (c *circuit) topDown(k, above, apical int) {
	color, plastic := Apical.Color(), c.spec.Plastic.Down
	turn := apical - 38
	c.axon(color, fmt.Sprintf("M%d %dL%d %dL%d %dL%d %dL%d %d", pyramid+6, above-6, laneDown, above-6, laneDown, turn, pyramid, turn, pyramid, apical-16), plastic)
	c.excitatory(pyramid, apical-14, color, plastic)
	c.symbol(laneDown+8, turn+2, "W", "PP", fmt.Sprintf("%d,%d", k, k+1))
}

// lateral draws the interneuron of area k with its three connections, and the VIP
// interneuron.
func (c *circuit) lateral(k, above, apical, soma int) {
	body := apical + 34 // of the interneuron
	color := Interneuron.Color()

	// The area above nudges the interneuron, one to one.
	c.add(`<path class="s" stroke="%s" stroke-width="1.8" stroke-dasharray="2 4" d="M%d %dL%d %dL%d %dL%d %d"/>`,
		Soma.Color(), laneDown, above-6, laneNudge, above-6, laneNudge, body, inter+22, body)
	c.excitatory(inter+19, body, Soma.Color(), false)
	c.add(`<circle cx="%d" cy="%d" r="2.6" fill="%s"/>`, laneDown, above-6, Soma.Color())

	// Its inhibition reaches the apical dendrite.
	c.axon(color, fmt.Sprintf("M%d %dL%d %dL%d %d", inter, body-12, inter, apical-2, pyramid+28, apical-2), c.spec.Plastic.PI)
	c.inhibitory(pyramid+26, apical-2, color, c.spec.Plastic.PI)
	c.symbol(laneDown+8, apical-10, "W", "PI", fmt.Sprintf("%d,%d", k, k))

	// Pyramidal neurons of the same area drive its dendrite.
	c.axon(Soma.Color(), fmt.Sprintf("M%d %dL%d %d", pyramid+14, soma+6, inter-8, soma+6), c.spec.Plastic.IP)
	c.excitatory(inter-10, soma+6, Soma.Color(), c.spec.Plastic.IP)
	c.symbol(laneDown+8, soma+24, "W", "IP", fmt.Sprintf("%d,%d", k, k))

	c.add(`<path class="s" stroke="%s" stroke-width="4" stroke-linecap="round" d="M%d %dL%d %d"/>`, color, inter, body+10, inter, soma+10)
	c.add(`<circle cx="%d" cy="%d" r="14" fill="%s"/>`, inter, body, color)
	c.add(`<text class="q" x="%d" y="%d">SST</text>`, inter+10, body+30)
	c.symbol(inter+36, body+30, "u", "I", fmt.Sprint(k))

	if c.spec.VIP {
		x := laneDown + 10
		c.add(`<path class="s k" stroke-width="1.8" d="M%d %dL%d %dM%d %dL%d %d"/>`, x+14, body, inter-18, body, inter-18, body-8, inter-18, body+8)
		c.add(`<circle class="h k" cx="%d" cy="%d" r="15" stroke-width="1.8"/><text class="t" x="%d" y="%d" text-anchor="middle" font-size="11" font-weight="bold">VIP</text>`, x, body, x, body+4)
	}
}

// input draws area 0 with its synapses onto the basal dendrites of area 1.
func (c *circuit) input(y, basal int) {
	color, plastic := Input.Color(), c.spec.Plastic.Up
	c.axon(color, fmt.Sprintf("M%d %dL%d %dL%d %dL%d %d", pyramid, y, pyramid, basal+26, pyramid-22, basal+26, pyramid-22, basal+2), plastic)
	c.excitatory(pyramid-22, basal-1, color, plastic)
	for _, dx := range []int{-26, 0, 26} {
		c.add(`<circle cx="%d" cy="%d" r="8" fill="%s"/>`, pyramid+dx, y, color)
	}
	c.symbol(pyramid+10, y-18, "W", "PP", "1,0")
	c.add(`<text class="t" x="%d" y="%d" font-weight="bold">Input</text>`, textLeft, y+4)
	c.symbol(textLeft+40, y+4, "r", "", "0")
	if c.spec.Sizes != nil {
		c.add(`<text class="q" x="%d" y="%d">%s</text>`, pyramid+44, y+4, counted(c.spec.Sizes[0], "rate"))
	}
}

// teacher draws the teacher that nudges the output somata.
func (c *circuit) teacher(soma int) {
	color := Target.Color()
	c.add(`<path class="s" stroke="%s" stroke-width="2" stroke-dasharray="2 4" d="M%d 32L%d %d"/>`, color, pyramid, pyramid, soma-22)
	c.excitatory(pyramid, soma-20, color, false)
	c.add(`<circle cx="%d" cy="22" r="10" fill="%s"/>`, pyramid, color)
	c.add(`<text class="t" x="%d" y="26" font-weight="bold">Teacher</text>`, pyramid+20)
	c.symbol(pyramid+76, 26, "u", "trgt", fmt.Sprint(c.top))
}

// key draws the legend of line types.
func (c *circuit) key(y int) {
	c.add(`<path class="s k" stroke-width="%g" d="M16 %dL44 %d"/><circle class="t" cx="46" cy="%d" r="5.5"/><text class="q" x="58" y="%d">plastic</text>`, thickness(true), y, y, y, y+4)
	c.add(`<path class="s k" stroke-width="%g" d="M126 %dL152 %d"/><circle class="h k" cx="156" cy="%d" r="4.5" stroke-width="1.4"/><text class="q" x="168" y="%d">fixed</text>`, thickness(false), y, y, y, y+4)
	c.add(`<path class="s k" stroke-width="2.4" d="M222 %dL252 %dM252 %dL252 %d"/><text class="q" x="264" y="%d">inhibitory</text>`, y, y, y-8, y+8, y+4)
	c.add(`<path class="s k" stroke-width="1.8" stroke-dasharray="2 4" d="M16 %dL48 %d"/><text class="q" x="58" y="%d">nudging of a soma, one to one</text>`, y+26, y+26, y+30)
}
