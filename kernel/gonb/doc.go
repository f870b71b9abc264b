// Package gonb starts GoNB, the Go kernel that compiles the cells, supervises its
// process and exchanges messages with it.
//
// A [Session] is a GoNB process and the connection to it. [Cells] runs the cells of a
// notebook in it, for the command run and for package front, so that a cell means the
// same in both.
//
// # Processes
//
// [Start] gives GoNB its own process group and a private temporary folder. The
// programs of the cells are in the same group. When the session ends, the group is
// killed and the folder is removed. A small shell script, the watchdog, does this
// if the process that started the session was killed with kill -9: it reads from a
// pipe that the operating system closes when that process ends. If both this process
// and the watchdog are killed, GoNB and the folder remain.
//
// # What GoNB does differently from the protocol
//
//   - It answers control requests on the shell socket. So the three request sockets
//     have the same identity, and this package never waits for control replies.
//   - It requires the fields silent and store_history in execute requests.
//   - It may publish displays after a cell's idle status. So a cell is done when its
//     reply and its idle status have arrived and no output has come for a short time.
//     A display that arrives even later is added to its own cell.
//   - It loses displays that it has not read when a cell's program ends. So cells
//     that display something wait at their end.
//   - It reads printed text and displays independently. Package notebook writes marks
//     into both, and this package uses them to restore the order.
//   - It cuts printed text every 32 KiB, also within a character. So programs of cells
//     print into named pipes that this package reads.
//   - It gives programs a standard input that never ends. Here it is empty.
//   - It keeps one blank import only. So blank imports are written into a file of their
//     own, which GoNB compiles with each cell.
//   - Its errors contain lines of the program that it composed. [Failure] finds the
//     lines of the cells.
//
// Linux and macOS only, like GoNB.
package gonb
