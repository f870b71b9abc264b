package chart

import (
	"math"
	"strconv"
)

// maxPoints is the number of points of a series that travel in an option.
const maxPoints = 2000

// point is a pair of coordinates; a value that is not finite is a gap.
type point [2]float64

func (p point) MarshalJSON() ([]byte, error) {
	b := append([]byte{'['}, marshal(p[0], 10)...)
	b = append(append(b, ','), marshal(p[1], 10)...)
	return append(b, ']'), nil
}

// at is a point of a curve: y rounded as a value, x kept as a position.
func at(x, y float64) point { return point{x, round(y)} }

// round keeps six significant digits.
func round(x float64) float64 {
	if !finite(x) {
		return x
	}
	y, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 6, 64), 64)
	if err != nil {
		return x
	}
	return y
}

// thin returns at most limit indices of y in order: the ends and, in each of
// equal stretches, the smallest and the largest value, so that no peak is
// lost. Gaps survive where a whole stretch is one.
func thin(y []float64, limit int) []int {
	n := len(y)
	if n <= limit {
		all := make([]int, n)
		for i := range all {
			all[i] = i
		}
		return all
	}
	keep := make([]int, 0, limit)
	keep = append(keep, 0)
	buckets := (limit - 2) / 2
	for b := range buckets {
		from, to := 1+b*(n-2)/buckets, 1+(b+1)*(n-2)/buckets
		lo, hi := from, from
		for i := from; i < to; i++ {
			if y[i] < y[lo] || !finite(y[lo]) {
				lo = i
			}
			if y[i] > y[hi] || !finite(y[hi]) {
				hi = i
			}
		}
		if lo > hi {
			lo, hi = hi, lo
		}
		keep = append(keep, lo)
		if hi != lo {
			keep = append(keep, hi)
		}
	}
	return append(keep, n-1)
}

// line thins a curve to at most limit points.
func line(x, y []float64, limit int) []point {
	keep := thin(y, limit)
	points := make([]point, len(keep))
	for k, i := range keep {
		points[k] = at(x[i], y[i])
	}
	return points
}

// envelope thins a band to its outer edges: in each stretch the lowest low and
// the highest high, over at most limit stretches.
func envelope(x, low, high []float64, limit int) (lo, hi []point) {
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
			where = x[to-1] // the band ends where the curve does
		}
		lo, hi = append(lo, at(where, l)), append(hi, at(where, h))
	}
	return lo, hi
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
