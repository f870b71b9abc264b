// Package notebook shows things in a notebook's cell: charts, tables,
// Markdown and the progress of long runs. Outside a notebook the same calls
// print plain text, so that a cell's code also runs as a program.
//
// In a GoNB kernel everything travels through gonbui, in order, and every call
// returns only when the kernel has taken it, so that no output is lost or
// comes after the cell has ended. Print through Show rather than to standard
// output in cells that also draw: the two take different ways and arrive in
// any order.
//
// The script that draws charts (1 MB) is sent once per kernel session. With
// DENDRITE_HEADLESS=1 in the environment, as the kernel's run command sets it,
// it is not sent at all, because the report carries it, and a progress bar
// leaves only its last line.
package notebook
