// Package chart builds the charts of notebooks and reports from plain data. A
// Chart contains the data table and an interactive ECharts option made from it.
// The option is pure JSON, without functions. It can therefore be drawn in a
// notebook and in a report with a strict content security policy, and rendered to
// a static picture without a browser.
//
// Builders: Lines (learning curves with spread), Traces (stacked panels over
// one time axis), Scatter, Bars, HeatMap, Confusion and ImageGrid. They take
// plain slices and neither modify nor keep them. They panic when lengths differ,
// because that is a mistake in the calling program. NaN and infinite values are
// gaps.
//
// # Colours
//
// Colours and dashes belong to quantities (Soma, Apical, Backprop, ...), so that
// a quantity looks the same in every figure. Their contrast is at least 3:1 on
// white and on near-black. Text and axis colours are not in the option: the
// runtime sets them for light or dark pages.
//
// # Sizes
//
// Long series are thinned in the option, but peaks are kept. The table has all
// data. Its JSON form is rounded to six significant digits and has at most
// MaxTableCells cells: evenly spaced rows, with a note if rows were left out. The
// CSV form is complete and exact.
//
// # Scripts
//
// EChartsJS is a copy of ECharts 5.6.0 (Apache-2.0; licence and notice are in the
// assets folder). Added code around it lets it define globalThis.__dendriteECharts
// only. RuntimeJS defines globalThis.__dendrite, which draws charts, follows the
// page's theme and width, and waits for ECharts if it is not loaded yet. Both work
// without a network.
package chart
