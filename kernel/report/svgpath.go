package report

import (
	"math"
	"regexp"
	"strconv"
	"strings"
)

// straightPath is the data of an SVG path of moves and lines to absolute
// points, as ECharts draws curves, bands and areas.
var (
	straightPath = regexp.MustCompile(` d="((?:M-?[\d.]+ -?[\d.]+(?:L-?[\d.]+ -?[\d.]+)*Z?)+)"`)
	pathStep     = regexp.MustCompile(`([ML])(-?[\d.]+) (-?[\d.]+)|Z`)
)

// shortPaths writes the straight paths of an SVG document relative to the
// point before, in tenths of a pixel: half the length. Every point is rounded
// by itself, so that errors do not add up.
func shortPaths(svg string) string {
	return straightPath.ReplaceAllStringFunc(svg, func(s string) string {
		var b strings.Builder
		b.WriteString(` d="`)
		var x, y int // in tenths
		lines := false
		for _, step := range pathStep.FindAllStringSubmatch(s, -1) {
			if step[0] == "Z" {
				b.WriteByte('z')
				continue
			}
			nextX, nextY := tenths(step[2]), tenths(step[3])
			if step[1] == "M" {
				b.WriteString("M" + pathNumber(nextX, true) + pathNumber(nextY, false))
			} else {
				if !lines {
					b.WriteByte('l')
				}
				b.WriteString(pathNumber(nextX-x, !lines) + pathNumber(nextY-y, false))
			}
			lines = step[1] == "L"
			x, y = nextX, nextY
		}
		b.WriteByte('"')
		return b.String()
	})
}

// tenths rounds a coordinate; the expression that found it lets only numbers
// and runs of points through, and those are nowhere.
func tenths(s string) int {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0
	}
	return int(math.Round(v * 10))
}

// pathNumber writes tenths as a number of a path, after a space where the sign
// does not already end the number before.
func pathNumber(n int, first bool) string {
	s := strconv.FormatFloat(float64(n)/10, 'f', -1, 64)
	if n < 0 {
		return strings.Replace(s, "-0.", "-.", 1)
	}
	if fraction, ok := strings.CutPrefix(s, "0."); ok {
		s = "." + fraction
	}
	if first {
		return s
	}
	return " " + s
}
