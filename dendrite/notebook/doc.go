// Package notebook displays charts, tables, Markdown and the progress of long runs in a
// notebook's cell. Outside of a notebook the same calls print plain text, so that the code
// of a cell also works in a program.
//
// In a GoNB kernel all displays are sent through gonbui in order. Each call returns when
// the kernel has received the display, so that no output is lost or comes after the end of
// the cell. In plain GoNB displays and printed text arrive in any order: if a cell also
// draws, use Show for text too.
//
// The script that draws charts (1 MB) is sent once per kernel session. It is not sent if
// DENDRITE_HEADLESS is 1, because the report contains it. The kernel's command run sets
// this variable. Then only the last line of a progress bar is shown.
package notebook
