// Package jupyter speaks the Jupyter messaging protocol 5.x over ZeroMQ and
// runs GoNB, the Go kernel that compiles the cells, as a supervised process.
//
// # Who talks to whom
//
//	front ends --- Front (outside) --- Session --- GoNB --- a cell's program
//	run command ---------------------- Session --- GoNB
//
// A [Session] is a GoNB of our own and the connection to it; the run command uses
// it as it is. A [Front] is what Jupyter takes for the kernel: it listens on the
// five sockets of a connection file, has its Session run the cells, and answers
// by itself what GoNB does not: whether code is complete, history, and requests
// on control. GoNB's widgets it does not pass on: no comm can be opened. It turns GoNB's errors into one, which points to the cell as
// its author wrote it, keeps outputs inside their cell, and starts GoNB again when
// it has died.
//
// # Processes
//
// [Start] puts GoNB into a process group of its own, which the programs of the
// cells share, with a private temporary folder. However the session ends, also
// by kill -9 of the process that started it, the group is killed and the
// folder removed: a small shell watchdog waits on a pipe that the kernel of
// the operating system closes when its owner dies. Where somebody has killed the
// watchdog too, nobody cleans up after a kill -9.
//
// # What GoNB does differently from the protocol
//
// It answers control requests on the shell socket, so the three request
// sockets carry one identity and nobody waits on control; it demands that
// execute requests carry silent and store_history; it may publish displays
// after a cell's idle status, so a cell is done only when its reply and idle
// status are in and its output has been quiet for a while, and a display that
// comes later still goes to its own cell. It loses displays that it has not
// read when a cell's program ends, so cells that display are made to wait. It
// reads what a cell prints and what it displays independently of each other, so
// the notebook package writes marks by which they are put in order again.
//
// # Cost
//
// Turn by turn on an idle machine of two cores (AMD EPYC, 2026-11-27) a cell took
// 110.5 ms in bare GoNB and 115.8 ms through the front (medians of 60,
// BenchmarkCell); nearly all of that is compiling. From its start to the first
// answer a warm kernel took 0.5 s (BenchmarkReady).
//
// Linux and macOS only, as GoNB itself.
package jupyter
