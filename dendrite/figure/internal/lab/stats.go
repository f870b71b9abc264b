package lab

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
)

// LogBins groups the points 1..n of a long series into about perDecade bins a
// decade, so that early, fast changes and late ones are equally visible on a
// logarithmic axis. It returns the first index and the end of every bin.
func LogBins(n, perDecade int) [][2]int {
	var bins [][2]int
	step := math.Pow(10, 1/float64(perDecade))
	for from, edge := 0, 1.0; from < n; {
		for int(edge) <= from {
			edge *= step
		}
		to := min(int(edge), n)
		bins = append(bins, [2]int{from, to})
		from = to
	}
	return bins
}

// Binned averages series over bins.
func Binned(series []float64, bins [][2]int) []float64 {
	out := make([]float64, len(bins))
	for i, b := range bins {
		out[i] = stat.Mean(series[b[0]:b[1]], nil)
	}
	return out
}

// BinCentres returns the geometric centres of bins of points counted from 1.
func BinCentres(bins [][2]int) []float64 {
	out := make([]float64, len(bins))
	for i, b := range bins {
		out[i] = math.Sqrt(float64(b[0]+1) * float64(b[1]))
	}
	return out
}

// Geometric returns the mean over runs and the band of one standard deviation,
// all taken of logarithms; nil bands for a single run. Every run has the same
// length.
func Geometric(runs [][]float64) (mean, low, high []float64) {
	logs := make([]float64, len(runs))
	for i := range runs[0] {
		for s, run := range runs {
			logs[s] = math.Log(run[i])
		}
		m := stat.Mean(logs, nil)
		mean = append(mean, math.Exp(m))
		if len(runs) > 1 {
			sd := stat.StdDev(logs, nil)
			low, high = append(low, math.Exp(m-sd)), append(high, math.Exp(m+sd))
		}
	}
	return mean, low, high
}

// Tail is the mean over the last tenth of a series.
func Tail(series []float64) float64 {
	return stat.Mean(series[len(series)-max(1, len(series)/10):], nil)
}

// Squared is the squared norm.
func Squared(x []float64) float64 {
	var sum float64
	for _, v := range x {
		sum += v * v
	}
	return sum
}

// SquaredDistance is the squared norm of the difference.
func SquaredDistance(x, y []float64) float64 {
	var sum float64
	for i, v := range x {
		sum += (v - y[i]) * (v - y[i])
	}
	return sum
}

// Angle is the angle between two vectors in degrees. It uses the distance of the
// unit vectors, because the arc cosine is not exact at small angles.
func Angle(a, b []float64) float64 {
	na, nb := floats.Norm(a, 2), floats.Norm(b, 2)
	var chord float64
	for i := range a {
		d := a[i]/na - b[i]/nb
		chord += d * d
	}
	return 2 * math.Asin(min(1, math.Sqrt(chord)/2)) * 180 / math.Pi
}

// Each collects one value of every seed.
func Each[S, T any](seeds []S, value func(S) T) []T {
	out := make([]T, len(seeds))
	for i, s := range seeds {
		out[i] = value(s)
	}
	return out
}

// Last is the last value of a series.
func Last(series []float64) float64 { return series[len(series)-1] }

// Negative is a copy with the signs reversed.
func Negative(x []float64) []float64 {
	y := slices.Clone(x)
	floats.Scale(-1, y)
	return y
}
