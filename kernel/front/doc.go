// Package front is the kernel to which Jupyter front ends connect.
//
//	front ends --- Front --- gonb.Session --- GoNB --- a cell's program
//
// A [Front] listens on the five sockets of a connection file and runs the cells in
// its GoNB. It answers itself what GoNB does not answer: whether code is complete,
// history, and control requests. It replaces GoNB's errors by one error that points
// to lines of the cell as its author wrote it, keeps outputs in their cell, and
// starts GoNB again after it has ended. Widgets do not work: no comm can be opened.
//
// # Cost
//
// On a machine with two cores (AMD EPYC, 2026-12-01, in use by others) a cell that shows a
// line took 0.76 to 1.03 s, nearly all of it go build; the front adds 3 to 22 ms to GoNB
// alone (medians of 12 cells in turn in four runs of BenchmarkCell). The first cell of a
// kernel took 0.88 s when it was sent as soon as the kernel answered (BenchmarkFirstCell).
package front
