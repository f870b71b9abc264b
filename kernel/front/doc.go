// Package front is the kernel that Jupyter talks to.
//
//	front ends --- Front --- gonb.Session --- GoNB --- a cell's program
//
// A [Front] listens on the five sockets of a connection file, has its GoNB run
// the cells, and answers by itself what GoNB does not: whether code is complete,
// history, and requests on control. It turns GoNB's errors into one, which points
// to the cell as its author wrote it, keeps outputs inside their cell, and starts
// GoNB again when it has died. Widgets are not passed on to GoNB: no comm can be
// opened.
//
// # Cost
//
// Turn by turn on an idle machine of two cores (AMD EPYC, 2026-11-27) a cell took
// 110.5 ms in bare GoNB and 115.8 ms through the front (medians of 60,
// BenchmarkCell); nearly all of that is compiling. From its start to the first
// answer a warm kernel took 0.5 s (BenchmarkReady).
package front
