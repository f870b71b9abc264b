package chart

import (
	"math"
	"slices"
	"strconv"
)

// maxPoints is the largest number of points of a series in an option.
const maxPoints = 2000

// point is a pair of coordinates; a value that is not finite is a gap.
type point [2]float64

func (p point) MarshalJSON() ([]byte, error) {
	b := append([]byte{'['}, marshal(p[0], 10)...)
	b = append(append(b, ','), marshal(p[1], 10)...)
	return append(b, ']'), nil
}

// at is a point of a curve: y rounded to some digits, x kept as a position.
func at(x, y float64, digits int) point { return point{x, round(y, digits)} }

// digits returns how many digits of the values on the axis can be seen: more on an
// axis far from zero.
func (s scale) digits() int {
	if !s.Log && math.Max(math.Abs(s.lo), math.Abs(s.hi)) > 100*(s.hi-s.lo) {
		return 10
	}
	return 6
}

// round keeps some significant digits.
func round(x float64, digits int) float64 {
	if !finite(x) {
		return x
	}
	y, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', digits, 64), 64)
	if err != nil {
		return x
	}
	return y
}

// thin returns at most limit indices in ascending order. It divides the curves
// into sections of equal length and keeps the smallest and the largest value of
// each curve in each section, and both ends, so that all peaks are kept. Curves
// that are thinned together keep the same points, which a cursor needs. A gap is
// kept if it fills a section. All curves have the same length.
func thin(limit int, curves ...[]float64) []int {
	n := len(curves[0])
	if n <= limit {
		all := make([]int, n)
		for i := range all {
			all[i] = i
		}
		return all
	}
	keep := []int{0, n - 1}
	buckets := max(1, (limit-2)/(2*len(curves)))
	for b := range buckets {
		from, to := 1+b*(n-2)/buckets, 1+(b+1)*(n-2)/buckets
		for _, y := range curves {
			lo, hi := from, from
			for i := from; i < to; i++ {
				if y[i] < y[lo] || !finite(y[lo]) {
					lo = i
				}
				if y[i] > y[hi] || !finite(y[hi]) {
					hi = i
				}
			}
			keep = append(keep, lo, hi)
		}
	}
	slices.Sort(keep)
	return slices.Compact(keep)
}

// thinTogether returns the indices to keep of each curve. Curves with the same X
// keep the same points.
func thinTogether(curves []Curve, limit int) [][]int {
	keep := make([][]int, len(curves))
	for i, c := range curves {
		if keep[i] != nil {
			continue
		}
		var members []int
		var ys [][]float64
		for j := i; j < len(curves); j++ {
			if keep[j] == nil && slices.Equal(curves[j].X, c.X) {
				members, ys = append(members, j), append(ys, curves[j].Y)
			}
		}
		common := thin(limit, ys...)
		for _, j := range members {
			keep[j] = common
		}
	}
	return keep
}

// line returns the points of a curve at the kept indices.
func line(x, y []float64, keep []int, digits int) []point {
	points := make([]point, len(keep))
	for k, i := range keep {
		points[k] = at(x[i], y[i], digits)
	}
	return points
}

// envelope thins a band. It divides the band into at most limit sections and
// returns the lowest low and the highest high of each.
func envelope(x, low, high []float64, limit, digits int) (lo, hi []point) {
	n := len(x)
	buckets := min(n, limit)
	for b := range buckets {
		from, to := b*n/buckets, (b+1)*n/buckets
		l, h := math.Inf(1), math.Inf(-1)
		for i := from; i < to; i++ {
			if finite(low[i]) && finite(high[i]) {
				l, h = math.Min(l, low[i]), math.Max(h, high[i])
			}
		}
		where := x[from]
		if b == buckets-1 {
			where = x[to-1] // the band and the curve end at the same x
		}
		lo, hi = append(lo, at(where, l, digits)), append(hi, at(where, h, digits))
	}
	return lo, hi
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
