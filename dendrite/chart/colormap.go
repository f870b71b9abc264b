package chart

import (
	"fmt"
	"image/color"
	"math"
	"strconv"
	"strings"
)

// ColorMap converts values to colours. It is perceptually uniform.
type ColorMap int

const (
	Viridis   ColorMap = iota // sequential, the default
	Diverging                 // blue below zero, white at zero, red above
	Gray                      // black to white, for images
)

// Colours at equal distances. Viridis is the published one (CC0).
var colorStops = [...][]string{
	Viridis:   {"#440154", "#482475", "#414487", "#355f8d", "#2a788e", "#21908d", "#22a884", "#42be71", "#7ad151", "#bddf26", "#fde725"},
	Diverging: {"#1f4e8c", "#3d7ab8", "#7fb0d6", "#c3dbec", "#f7f7f7", "#f6cdb9", "#e68f71", "#c8503f", "#8f1d2c"},
	Gray:      {"#000000", "#ffffff"},
}

func (m ColorMap) stops() []string {
	if m < 0 || int(m) >= len(colorStops) {
		panic(fmt.Sprintf("chart: no colour map %d", m))
	}
	return colorStops[m]
}

// at returns the colour at t, from 0 to 1. Values outside get the colour of the
// nearer end, NaN that of 0.
func (m ColorMap) at(t float64) color.RGBA {
	stops := m.stops()
	if math.IsNaN(t) {
		t = 0
	}
	p := math.Max(0, math.Min(1, t)) * float64(len(stops)-1)
	i := min(int(p), len(stops)-2)
	a, b := parseHex(stops[i]), parseHex(stops[i+1])
	mix := func(x, y uint8) uint8 {
		return uint8(math.Round(float64(x) + (p-float64(i))*(float64(y)-float64(x))))
	}
	return color.RGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 255}
}

// parseHex reads #rrggbb.
func parseHex(s string) color.RGBA {
	v, err := strconv.ParseUint(strings.TrimPrefix(s, "#"), 16, 32)
	if err != nil || len(s) != 7 || s[0] != '#' {
		panic(fmt.Sprintf("chart: colour %q is not of the form #rrggbb", s))
	}
	return color.RGBA{uint8(v >> 16), uint8(v >> 8), uint8(v), 255}
}

// luminance is the relative luminance of WCAG 2, 0 for black to 1 for white.
func luminance(c color.RGBA) float64 {
	linear := func(v uint8) float64 {
		x := float64(v) / 255
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}
