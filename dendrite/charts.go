package dendrite

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"microcircuits/dendrite/chart"
	"microcircuits/dendrite/notebook"
)

// Charts of a reader's own data, under short names; package chart documents
// them.
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

// Confusion draws a confusion matrix so that mistakes stand out.
func Confusion(spec ConfusionSpec) *Chart { return chart.Confusion(spec) }

// ImageGrid draws small images, such as digits, with labels.
func ImageGrid(spec ImageGridSpec) *Chart { return chart.ImageGrid(spec) }

// MeanSD is a curve through the mean of several runs with a band of one standard
// deviation.
func MeanSD(name string, q chart.Quantity, x []float64, runs [][]float64) Curve {
	return chart.MeanSD(name, q, x, runs)
}

// Explore makes one chart of several that draw makes, one for each value of the
// quantity named: a slider (for strings a list) picks the one to see, also in a
// saved notebook and in a report. See [Live] for values that take long.
func Explore[T comparable](name string, start T, values []T, draw func(T) *Chart) *Chart {
	return chart.Explore(name, start, values, draw)
}

// Live is Explore for values too costly to compute all beforehand: it draws the
// first, and another when the reader asks for it, as long as the cell runs, until
// its Done button or the notebook's stop button is pressed. Headless it shows the
// first alone. It panics when start is not among the values.
func Live[T comparable](name string, start T, values []T, draw func(T) *Chart) {
	at := slices.Index(values, start)
	if at < 0 {
		panic(fmt.Sprintf("dendrite: Live: %s starts at %v, which is not among its values %v", name, start, values))
	}
	var names []string
	for _, v := range values {
		names = append(names, fmt.Sprint(v))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	notebook.Live(ctx, name, names, at, func(i int) notebook.Bundler { return draw(values[i]) })
}
