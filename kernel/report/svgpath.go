package report

import (
	"math"
	"regexp"
	"strconv"
	"strings"
)

// straightPath matches SVG paths of moves and lines to absolute points. ECharts draws
// curves, bands and areas so.
var (
	straightPath = regexp.MustCompile(` d="((?:M-?[\d.]+ -?[\d.]+(?:L-?[\d.]+ -?[\d.]+)*Z?)+)"`)
	pathStep     = regexp.MustCompile(`([ML])(-?[\d.]+) (-?[\d.]+)|Z`)
)

// shortPaths rewrites the straight paths of an SVG document with relative coordinates in
// tenths of a pixel, which halves their length. Absolute points are rounded, so that
// rounding errors do not add up.
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

// tenths rounds a coordinate to tenths. The regular expression also matches texts such
// as "..", which are not numbers; for them it returns 0.
func tenths(s string) int {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0
	}
	return int(math.Round(v * 10))
}

// pathNumber formats tenths as a number of a path. It adds a space before the number if
// it is not the first one and has no sign.
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
