package chart

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// fewDecades is a number of decades. Axes with fewer end at 1, 2 or 5 times a power of
// ten, others begin at a power of ten.
const fewDecades = 1.5

// logEnds returns round ends of a logarithmic axis: powers of ten, and 2 or 5 times
// them where that leaves less empty space. The data never touch both ends of an axis
// without a width.
func logEnds(data extent) (lo, hi float64) {
	if data.positive > data.hi { // nothing to show
		return 0.1, 1
	}
	lo, hi = data.positive, data.hi
	if hi/lo < math.Pow(10, fewDecades) {
		lo, hi = roundLog(lo, -1), roundLog(hi, 1)
		if lo >= hi*(1-roundOff) {
			lo, hi = roundLog(lo*0.99, -1), roundLog(hi*1.01, 1)
		}
		return lo, hi
	}
	return math.Pow(10, math.Floor(math.Log10(lo)+1e-9)), roundLog(hi, 1)
}

// roundLog returns the next 1, 2 or 5 times a power of ten below (direction -1) or
// above (1) x, or x itself if it is one.
func roundLog(x float64, direction int) float64 {
	power := math.Floor(math.Log10(x) + 1e-9)
	candidates := []float64{1, 2, 5, 10}
	best := 0.0
	for _, m := range candidates {
		c := times10(m, int(power))
		switch {
		case direction < 0 && c <= x*(1+1e-9):
			best = c
		case direction > 0 && best == 0 && c >= x*(1-1e-9):
			best = c
		}
	}
	return best
}

// times10 returns m times a power of ten without a rounding error.
func times10(m float64, power int) float64 {
	x, err := strconv.ParseFloat(strconv.FormatFloat(m, 'f', -1, 64)+"e"+strconv.Itoa(power), 64)
	if err != nil {
		return m * math.Pow10(power)
	}
	return x
}

// logTicks returns the ticks of a logarithmic axis that has fewer than three powers of
// ten: 1, 2 and 5 times them, at most most of them. If these are fewer than three, it
// returns all multiples, or at last equal steps. It returns nil if the powers of ten,
// which ECharts draws, are enough. ECharts takes powers below 1e-10 for zero, so an axis
// that reaches them gets its powers here.
func logTicks(lo, hi float64, most int) []float64 {
	switch {
	case !(lo > 0 && lo < hi):
		return nil
	case lo < 1e-8 && hi/lo > 1e3:
		return powers(lo, hi, most)
	case hi/lo > 1e4:
		return nil
	}
	within := func(multiples ...float64) []float64 {
		var ticks []float64
		for power := int(math.Floor(math.Log10(lo))) - 1; power <= int(math.Ceil(math.Log10(hi))); power++ {
			for _, m := range multiples {
				if x := times10(m, power); x >= lo*(1-1e-9) && x <= hi*(1+1e-9) {
					ticks = append(ticks, x)
				}
			}
		}
		return ticks
	}
	const enough = 3
	if len(within(1)) >= enough && lo > 1e-8 {
		return nil
	}
	if ticks := within(1, 2, 5); len(ticks) > most {
		return within(1, 3)
	} else if len(ticks) >= enough {
		return ticks
	}
	if ticks := within(1, 2, 3, 4, 5, 6, 7, 8, 9); len(ticks) >= enough {
		return ticks
	}
	var ticks []float64
	step := Axis{}.niceStep(hi-lo, 4)
	for n := math.Ceil(lo/step - 1e-9); n*step <= hi*(1+1e-9) && len(ticks) < 20; n++ {
		ticks = append(ticks, clean(n*step))
	}
	return ticks
}

// powers returns powers of ten from lo to hi, at most most, at equal distances.
func powers(lo, hi float64, most int) []float64 {
	first, last := int(math.Ceil(math.Log10(lo)-1e-9)), int(math.Floor(math.Log10(hi)+1e-9))
	step := max(1, (last-first)/most+1)
	var ticks []float64
	for p := first; p <= last; p += step {
		ticks = append(ticks, times10(1, p))
	}
	return ticks
}

// overhang returns the space to the right of a panel that the last tick label of
// its horizontal axis needs.
func (s scale) overhang() int {
	return max(edge, textWidth(s.tickText(s.hi))/2+6)
}

// tickWidth returns the width of the widest tick label in pixels.
func (s scale) tickWidth() int {
	widest := 0
	if s.Log {
		for _, x := range append([]float64{s.lo, s.hi}, s.ticks...) {
			widest = max(widest, textWidth(s.tickText(x)))
		}
		return max(widest, 34)
	}
	for i := range int(math.Round((s.hi-s.lo)/s.step)) + 1 {
		text := s.tickText(s.lo + float64(i)*s.step)
		widest = max(widest, textWidth(text))
	}
	return widest
}

// tickText returns a tick label as the runtime writes it.
func (s scale) tickText(x float64) string {
	if s.Log {
		return logText(x)
	}
	decimals := -1
	if s.step > 0 {
		decimals = decimalsOf(s.step)
		x = math.Round(x/s.step) * s.step
	}
	text := strconv.FormatFloat(clean(x), 'f', decimals, 64)
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	if len(whole) > 4 {
		for i := len(whole) - 3; i > 0; i -= 3 {
			whole = whole[:i] + "," + whole[i:]
		}
	}
	if fraction != "" {
		whole += "." + fraction
	}
	if strings.HasPrefix(text, "-") {
		whole = "−" + whole
	}
	return whole
}

// decimalsOf returns the number of decimals of a step.
func decimalsOf(step float64) int {
	_, fraction, _ := strings.Cut(strconv.FormatFloat(clean(step), 'f', -1, 64), ".")
	return len(fraction)
}

// logText writes a tick of a logarithmic axis: as a number from 0.001 to 1000, and
// otherwise with a power of ten.
func logText(x float64) string {
	exponent := int(math.Floor(math.Log10(x) + 1e-9))
	if exponent >= -3 && exponent <= 3 {
		return strconv.FormatFloat(clean(x), 'f', -1, 64)
	}
	m := clean(x / times10(1, exponent))
	if m == 1 {
		return "10" + superscript(exponent)
	}
	return strconv.FormatFloat(m, 'f', -1, 64) + "·10" + superscript(exponent)
}

// textWidth estimates the width of 12 px text. The estimate is a little too large.
func textWidth(s string) int { return int(math.Ceil(6.7 * float64(utf8.RuneCountInString(s)))) }
