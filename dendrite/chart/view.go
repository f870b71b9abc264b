package chart

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Numbers beyond these limits are not drawn: sums and differences of larger ones
// are infinite, and smaller ones count as zero.
const (
	largest  = 1e300
	smallest = 1e-300
)

// drawable returns x, or NaN if it cannot be drawn.
func drawable(x float64) float64 {
	switch size := math.Abs(x); {
	case !(size <= largest):
		return math.NaN()
	case size < smallest:
		return 0
	}
	return x
}

// A view maps the values along an axis to the numbers that are drawn. Tick labels
// must be short and ECharts computes with about twenty decimals, so values that are
// very large, very small, or close together and far from zero are drawn in another
// unit.
type view struct {
	log    bool
	offset float64
	power  int // of ten
}

// of returns the number that is drawn for a value: NaN for a gap.
func (v view) of(x float64) float64 {
	x = drawable(x)
	if v.log && x <= 0 {
		return math.NaN()
	}
	return (x - v.offset) / math.Pow10(v.power)
}

func (v view) all(values []float64) []float64 {
	if values == nil {
		return nil
	}
	out := make([]float64, len(values))
	for i, x := range values {
		out[i] = v.of(x)
	}
	return out
}

// edges returns the edges of a band. On a logarithmic axis an edge at zero or below
// is kept, because the band then ends at the axis.
func (v view) edges(values []float64) []float64 {
	v.log = false
	return v.all(values)
}

// Values from plainFrom to plainTo are drawn as they are. Axes with a width below
// flat, as a fraction of the largest value, show the difference from a number.
const (
	plainFrom = 1e-6
	plainTo   = 1e9
	flat      = 1e-4
)

// drawn returns the axis as it is drawn for the data, and its view.
func (a Axis) drawn(data extent, out *omissions) (Axis, view) {
	a.Name, a.Unit = shorten(a.Name, longestLabel), shorten(a.Unit, longestName)
	if lo, hi := drawable(a.Range[0]), drawable(a.Range[1]); lo == hi || math.IsNaN(lo+hi) {
		a.Range = [2]float64{} // ends computed from data that have no range
	}
	a.check()
	if a.Log && data.lo <= data.hi && math.IsInf(data.positive, 1) {
		out.linear = append(out.linear, a.Name)
		a.Log, a.Range = false, [2]float64{}
	}
	v := view{log: a.Log}
	lo, hi := data.lo, data.hi
	if a.Range != [2]float64{} {
		lo, hi = a.Range[0], a.Range[1]
	}
	if a.Log || lo > hi {
		return a, v
	}
	if width := hi - lo; width > roundOff*math.Max(math.Abs(lo), math.Abs(hi)) && width < flat*math.Max(math.Abs(lo), math.Abs(hi)) {
		step := math.Pow10(int(math.Ceil(math.Log10(width))))
		v.offset = step * math.Floor(lo/step)
		lo, hi = lo-v.offset, hi-v.offset
	}
	if size := math.Max(math.Abs(lo), math.Abs(hi)); size > 0 && (size < plainFrom || size >= plainTo) {
		v.power = 3 * int(math.Floor(math.Log10(size)/3))
	}
	if a.Range != [2]float64{} {
		a.Range = [2]float64{v.of(a.Range[0]), v.of(a.Range[1])}
	}
	a.Unit = v.unit(a.Unit)
	return a, v
}

// unit returns a text that makes a value from a number of the axis: "× 10⁻⁹ mV" or
// "+ 1,000,000 ms".
func (v view) unit(unit string) string {
	var parts []string
	if v.power != 0 {
		parts = append(parts, "× 10"+superscript(v.power))
	}
	if v.offset != 0 {
		sign := "+ "
		if v.offset < 0 {
			sign = "− "
		}
		parts = append(parts, sign+strconv.FormatFloat(math.Abs(v.offset), 'g', -1, 64))
	}
	return strings.TrimSpace(strings.Join(append(parts, unit), " "))
}

func superscript(n int) string {
	return strings.NewReplacer("-", "⁻", "0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴", "5", "⁵", "6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹").Replace(strconv.Itoa(n))
}

// omissions are what a chart cannot show. The caption reports them.
type omissions struct {
	nonpositive int // values on a logarithmic axis
	infinite    int
	without     int // points without a position
	references  []string
	linear      []string // names of axes that were to be logarithmic
}

// placed returns the curves without the points that have no finite position.
func (o *omissions) placed(curves []Curve) []Curve {
	out := make([]Curve, len(curves))
	for i, c := range curves {
		out[i] = c.keep(func(k int) bool { return finite(c.X[k]) })
		o.without += len(c.X) - len(out[i].X)
	}
	return out
}

// keep returns the points of a curve for which ok holds.
func (c Curve) keep(ok func(k int) bool) Curve {
	var kept []int
	for k := range c.X {
		if ok(k) {
			kept = append(kept, k)
		}
	}
	if len(kept) == len(c.X) {
		return c
	}
	at := func(values []float64) []float64 {
		if values == nil {
			return nil
		}
		out := make([]float64, len(kept))
		for n, k := range kept {
			out[n] = values[k]
		}
		return out
	}
	c.X, c.Y, c.Low, c.High = at(c.X), at(c.Y), at(c.Low), at(c.High)
	c.Seeds = slices.Clone(c.Seeds)
	for i, run := range c.Seeds {
		c.Seeds[i] = at(run)
	}
	return c
}

// points returns the curves as they are drawn, without the points that have no
// place on the horizontal axis.
func (o *omissions) points(curves []Curve, x, y view) []Curve {
	out := make([]Curve, len(curves))
	for i, c := range curves {
		for k, at := range c.X {
			if o.value(at, x.log); !math.IsNaN(x.of(at)) {
				o.value(c.Y[k], y.log)
			}
		}
		c = c.keep(func(k int) bool { return !math.IsNaN(x.of(c.X[k])) })
		c.X, c.Y, c.Low, c.High = x.all(c.X), y.all(c.Y), y.edges(c.Low), y.edges(c.High)
		c.Seeds = slices.Clone(c.Seeds)
		for s, run := range c.Seeds {
			c.Seeds[s] = y.all(run)
		}
		out[i] = c
	}
	return out
}

// value counts a value that is not drawn. NaN stands for no value and is not
// counted.
func (o *omissions) value(v float64, log bool) {
	switch {
	case math.IsNaN(v):
	case math.IsNaN(drawable(v)):
		o.infinite++
	case log && v <= 0:
		o.nonpositive++
	}
}

// lines returns the references that have a place, as they are drawn.
func (o *omissions) lines(refs []Reference, x, y view) []Reference {
	var out []Reference
	for _, r := range refs {
		r.Label = shorten(r.Label, longestName)
		along := y
		if r.Vertical {
			along = x
		}
		if at := along.of(r.Value); math.IsNaN(at) {
			o.references = append(o.references, r.Label)
		} else {
			r.Value = at
			out = append(out, r)
		}
	}
	return out
}

// caption adds what is not shown to a caption.
func (o *omissions) caption(text string) string {
	var parts []string
	if o.nonpositive > 0 {
		parts = append(parts, counted(o.nonpositive, "value")+" at or below zero, which a logarithmic axis does not have")
	}
	if o.infinite > 0 {
		parts = append(parts, counted(o.infinite, "value")+" that cannot be drawn (infinite or above 10³⁰⁰)")
	}
	if o.without > 0 {
		parts = append(parts, counted(o.without, "point")+" without a finite position")
	}
	for _, label := range slices.Compact(o.references) {
		if label == "" {
			label = "a reference"
		} else {
			label = "“" + label + "”"
		}
		parts = append(parts, label+", which has no place on the axis")
	}
	if len(parts) > 0 {
		text += " Not shown: " + strings.Join(parts, "; ") + "."
	}
	for _, name := range o.linear {
		if name == "" {
			name = "this axis"
		}
		text += fmt.Sprintf(" Linear because no value is positive: %s.", name)
	}
	return strings.TrimSpace(text)
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
