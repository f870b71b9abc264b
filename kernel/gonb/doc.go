// Package gonb runs GoNB, the Go kernel that compiles the cells, as a supervised
// process, and speaks to it.
//
// A [Session] is a GoNB of our own and the connection to it. The run command has
// it execute cells, package front relays what Jupyter asks for.
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
// the notebook package writes marks by which they are put in order again. Its
// errors name lines of the program that it composed; [Failure] finds the lines of
// the cells.
//
// Linux and macOS only, as GoNB itself.
package gonb
