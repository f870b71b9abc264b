// Package cell parses the source of a Dendrite cell: whether it is complete, and how
// to translate it for GoNB.
//
// GoNB needs declarations first and the statements after a line "%%". A Dendrite
// cell does not need this line. If it ends with an expression, its value is the
// cell's result, as in other Jupyter kernels.
//
// GoNB takes each line for a command that begins with ! or %, also inside a string, a
// comment or an expression. [Translate] reads the Go of a cell and writes it so that
// GoNB sees only the commands that the author wrote:
//
//   - source.go reads a cell: Go tokens and commands.
//   - commands.go knows GoNB's commands.
//   - hide.go changes lines of Go that GoNB would take for commands.
//   - declare.go changes declarations that GoNB would lose, or refuses them.
//   - edit.go keeps the positions of the author's text.
package cell

import "fmt"

// A Problem is the reason why a cell cannot run, found without GoNB.
type Problem struct {
	Line    int // counted from 1
	Column  int // in bytes, counted from 0
	Message string
	Syntax  bool // it is the message of Go's parser
}

func (p *Problem) Error() string { return fmt.Sprintf("line %d: %s", p.Line, p.Message) }
