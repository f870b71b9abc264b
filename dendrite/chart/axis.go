package chart

import (
	"fmt"
	"math"
	"strconv"
)

// Axis describes an axis.
type Axis struct {
	Name  string     // what is plotted, such as "test error"
	Unit  string     // such as "%" or "ms"; empty for none
	Log   bool       // logarithmic; values of zero and below are gaps
	Whole bool       // for counts, such as epochs: ticks at whole numbers only
	Range [2]float64 // shown range; zero value: from the data
}

func (a Axis) label() string { return withUnit(a.Name, a.Unit) }

func (a Axis) check() {
	switch {
	case a.Range == [2]float64{}:
	case !(a.Range[0] < a.Range[1]):
		panic(fmt.Sprintf("chart: Range %v of axis %q: the second value must be larger", a.Range, a.Name))
	case a.Log && a.Range[0] <= 0:
		panic(fmt.Sprintf("chart: Range %v of axis %q: a logarithmic axis needs positive values", a.Range, a.Name))
	}
}

// scale is an axis with its final range.
type scale struct {
	Axis
	lo, hi float64
	step   float64   // 0: left to ECharts
	ticks  []float64 // of a logarithmic axis with few powers of ten; nil: left to ECharts
}

// roundOff is a difference of values, as a fraction of them, that is taken for a
// rounding error.
const roundOff = 1e-12

// fit returns the scale of a value axis: round ends and about n steps. The axis
// starts at zero if the data are not far from zero.
func (a Axis) fit(data extent, n int) scale {
	a.check()
	s := scale{Axis: a, lo: data.lo, hi: data.hi}
	switch {
	case a.Range != [2]float64{}:
		s.lo, s.hi = a.Range[0], a.Range[1]
		if !a.Log {
			s.step = a.niceStep(s.hi-s.lo, n)
		}
	case a.Log:
		s.lo, s.hi = logEnds(data)
	default:
		s.linearEnds(n)
	}
	if a.Log {
		s.ticks = logTicks(s.lo, s.hi, 2*n+2)
	}
	return s
}

// linearEnds rounds the ends of a value axis.
func (s *scale) linearEnds(n int) {
	if s.lo > s.hi {
		s.lo, s.hi = 0, 1
	}
	if s.lo > 0 && s.lo < 0.4*s.hi {
		s.lo = 0
	}
	if s.hi < 0 && s.hi > 0.4*s.lo {
		s.hi = 0
	}
	switch size := math.Max(math.Abs(s.lo), math.Abs(s.hi)); {
	case size == 0:
		s.hi = 1
	case s.hi-s.lo <= roundOff*size: // all equal
		s.lo, s.hi = s.lo-0.1*size, s.hi+0.1*size
	}
	s.step = s.niceStep(s.hi-s.lo, n)
	s.lo = clean(math.Floor(s.lo/s.step+1e-9) * s.step)
	s.hi = clean(math.Ceil(s.hi/s.step-1e-9) * s.step)
}

// span returns the scale of a horizontal axis of curves: it ends where the data
// end, or at a round number close to that.
func (a Axis) span(data extent) scale {
	a.check()
	s := scale{Axis: a, lo: data.lo, hi: data.hi}
	if a.Range != [2]float64{} {
		s.lo, s.hi = a.Range[0], a.Range[1]
	}
	if a.Log {
		if s.lo <= 0 {
			s.lo = data.positive
		}
		if !(s.lo < s.hi) { // a single point, or none
			s.lo, s.hi = logEnds(data)
		}
		s.ticks = logTicks(s.lo, s.hi, 12)
		return s
	}
	if s.lo > s.hi {
		s.lo, s.hi = 0, 1
	}
	if s.hi-s.lo <= roundOff*math.Max(math.Abs(s.lo), math.Abs(s.hi)) {
		half := 0.5
		if size := math.Abs(s.lo); !a.Whole && size > 0 && size < 1 {
			half = size / 2
		}
		s.lo, s.hi = s.lo-half, s.hi+half
	}
	near, step := 0.01*(s.hi-s.lo), a.niceStep(s.hi-s.lo, 5)
	if up := clean(math.Ceil(s.hi/step) * step); up-s.hi < near {
		s.hi = up
	}
	if down := clean(math.Floor(s.lo/step) * step); s.lo-down < near {
		s.lo = down
	}
	return s
}

func (s scale) kind() string {
	if s.Log {
		return "log"
	}
	return "value"
}

// fraction returns the position of x on the axis, from 0 to 1.
func (s scale) fraction(x float64) float64 {
	if s.Log {
		return math.Log(x/s.lo) / math.Log(s.hi/s.lo)
	}
	return (x - s.lo) / (s.hi - s.lo)
}

// niceStep returns 1, 2 or 5 times a power of ten that divides width into
// about n steps, or a whole number of counts.
func (a Axis) niceStep(width float64, n int) float64 {
	raw := width / float64(n)
	if a.Whole {
		raw = math.Max(raw, 1)
	}
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, m := range []float64{1, 2, 5} {
		if raw <= m*power*1.0001 {
			return clean(m * power)
		}
	}
	return clean(10 * power)
}

// clean removes the rounding error of decimal arithmetic.
func clean(x float64) float64 {
	y, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 12, 64), 64)
	if err != nil {
		return x
	}
	return y
}

// extent is the range of the data that can be drawn and the smallest positive value.
type extent struct{ lo, hi, positive float64 }

func newExtent() extent { return extent{math.Inf(1), math.Inf(-1), math.Inf(1)} }

func (e *extent) add(values ...float64) {
	for _, x := range values {
		if x = drawable(x); math.IsNaN(x) {
			continue
		}
		e.lo, e.hi = math.Min(e.lo, x), math.Max(e.hi, x)
		if x > 0 {
			e.positive = math.Min(e.positive, x)
		}
	}
}

// text returns the range for an alternative text.
func (e extent) text() string {
	if e.lo > e.hi {
		return "no values"
	}
	return "from " + altNumber(e.lo) + " to " + altNumber(e.hi)
}

// altNumber formats a number for an alternative text: three digits, and no
// exponent below ten million.
func altNumber(x float64) string {
	if x == 0 {
		return "0" // also for a negative zero
	}
	if size := math.Abs(x); size >= 1000 && size < 1e7 {
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	return short(x)
}
