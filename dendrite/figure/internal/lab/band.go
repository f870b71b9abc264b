package lab

import (
	"fmt"

	"microcircuits/dendrite/chart"
	"microcircuits/dendrite/record"
)

// MeanBand describes, for a caption, a line and its band.
func MeanBand(seeds int) string {
	if seeds == 1 {
		return "one seed"
	}
	return fmt.Sprintf("mean and standard deviation of %s", record.Count(seeds, "seed"))
}

// GeometricBand describes a curve of [GeometricCurve].
func GeometricBand(seeds int) string {
	if seeds == 1 {
		return "one seed"
	}
	return fmt.Sprintf("geometric mean and standard deviation of %s", record.Count(seeds, "seed"))
}

// GeometricCurve is a curve through the geometric mean of the runs with a band of
// one standard deviation of the logarithm.
func GeometricCurve(name string, q chart.Quantity, x []float64, runs [][]float64) chart.Curve {
	mean, low, high := Geometric(runs)
	return chart.Curve{Name: name, Quantity: q, X: x, Y: mean, Low: low, High: high}
}
