package dendrite

import (
	"microcircuits/dendrite/chart"
	"microcircuits/dendrite/notebook"
)

// Charts of your own data, under short names. Package chart documents them.
type (
	Chart         = chart.Chart
	Axis          = chart.Axis
	Curve         = chart.Curve
	Reference     = chart.Reference
	LinesSpec     = chart.LinesSpec
	TracesSpec    = chart.TracesSpec
	TraceColumn   = chart.TraceColumn
	Panel         = chart.Panel
	HeatMapSpec   = chart.HeatMapSpec
	ConfusionSpec = chart.ConfusionSpec
	ImageGridSpec = chart.ImageGridSpec
	Image         = chart.Image
	Table         = notebook.Table
)

// Lines draws curves with their spread over one horizontal axis.
func Lines(spec LinesSpec) *Chart { return chart.Lines(spec) }

// Traces draws panels stacked over one time axis.
func Traces(spec TracesSpec) *Chart { return chart.Traces(spec) }

// HeatMap draws a matrix as colours.
func HeatMap(spec HeatMapSpec) *Chart { return chart.HeatMap(spec) }

// Confusion draws a confusion matrix in which mistakes are easy to see.
func Confusion(spec ConfusionSpec) *Chart { return chart.Confusion(spec) }

// ImageGrid draws small images, such as digits, with labels.
func ImageGrid(spec ImageGridSpec) *Chart { return chart.ImageGrid(spec) }

// MeanSD returns the curve of the mean of several runs, with a band of one
// standard deviation.
func MeanSD(name string, q chart.Quantity, x []float64, runs [][]float64) Curve {
	return chart.MeanSD(name, q, x, runs)
}

// Explore calls draw once for each value of the named quantity and joins the
// charts into one. A slider (for strings a list) selects the chart to show, also
// in a saved notebook and in a report.
func Explore[T comparable](name string, start T, values []T, draw func(T) *Chart) *Chart {
	return chart.Explore(name, start, values, draw)
}
