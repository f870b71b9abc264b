// Package chart builds the figures of notebooks and reports: plain data in, a
// Chart out. A Chart holds the data table and an interactive ECharts option
// made from it; the option is pure JSON, without functions, so that it can be
// drawn in a notebook, carried by a report under a strict content security
// policy, and rendered to a static picture outside a browser.
//
// Builders: Lines (learning curves with spread), Traces (stacked panels over
// one time axis), Scatter, Bars, HeatMap, Confusion and ImageGrid. They take
// plain slices, never modify or keep them, and panic when lengths do not fit
// together, because that is a mistake in the calling program. NaN and infinite
// values are gaps.
//
// # One visual language
//
// Colours and dashes are named after quantities (Soma, Apical, Backprop, ...)
// once, here, so that a quantity looks the same in every figure. They keep a
// contrast of 3:1 on white and on near-black. Text and axis colours are not in
// the option: the runtime supplies them for light or dark pages.
//
// # Sizes
//
// Long series are thinned in the option only, keeping every extreme. The table
// keeps all data; its JSON form is rounded to six significant digits and holds
// at most MaxTableCells cells (evenly spaced rows, with a note when some were
// left out). CSV is complete and exact.
//
// # Scripts
//
// EChartsJS is the vendored, unmodified ECharts 5.6.0 (Apache-2.0; licence and
// notice in the assets folder) wrapped so that it defines only
// globalThis.__dendriteECharts. RuntimeJS defines globalThis.__dendrite, which
// draws charts, follows the page's theme and width, and waits for ECharts when
// charts come first. Neither loads anything from anywhere.
package chart
