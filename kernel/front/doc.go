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
// On an idle machine with two cores (AMD EPYC, 2026-11-27) a cell took 110.5 ms in
// GoNB alone and 115.8 ms through the front (medians of 60 alternating cells,
// BenchmarkCell); nearly all of it is compilation. A kernel with a full build cache
// answered 0.5 s after its start (BenchmarkReady).
package front
