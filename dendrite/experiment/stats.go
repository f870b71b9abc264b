package experiment

import (
	"math"

	"gonum.org/v1/gonum/stat"
)

// logBins groups the points 1..n of a long series into about perDecade bins a
// decade, so that its early, fast changes and its late ones are equally visible
// on a logarithmic axis. It returns the first index and the end of every bin.
func logBins(n, perDecade int) [][2]int {
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

// binned averages series over bins.
func binned(series []float64, bins [][2]int) []float64 {
	out := make([]float64, len(bins))
	for i, b := range bins {
		out[i] = stat.Mean(series[b[0]:b[1]], nil)
	}
	return out
}

// binCentres are the geometric centres of bins of points counted from 1.
func binCentres(bins [][2]int) []float64 {
	out := make([]float64, len(bins))
	for i, b := range bins {
		out[i] = math.Sqrt(float64(b[0]+1) * float64(b[1]))
	}
	return out
}

// geometric returns the mean over runs and the band of one standard deviation,
// all taken of logarithms; nil bands for a single run. Every run has the same
// length.
func geometric(runs [][]float64) (mean, low, high []float64) {
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

// tail is the mean over the last tenth of a series.
func tail(series []float64) float64 {
	return stat.Mean(series[len(series)-max(1, len(series)/10):], nil)
}
