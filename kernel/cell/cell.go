// Package cell parses the source of a Dendrite cell: whether it is complete, and how
// to translate it for GoNB.
//
// GoNB needs declarations first and the statements after a line "%%". A Dendrite
// cell does not need this line. If it ends with an expression, its value is the
// cell's result, as in other Jupyter kernels.
package cell

import (
	"go/token"
	"regexp"
	"strings"
)

var (
	// mainLine matches the line before the statements of a GoNB cell.
	mainLine = regexp.MustCompile(`^(//gonb:)?(%%|%main)([ \t].*)?$`)
	// textLine matches the first line of a cell that is not Go: %%bash, %%writefile ...
	textLine = regexp.MustCompile(`^(//gonb:)?%%[A-Za-z]`)
	// mainFunc matches the cell's own main function.
	mainFunc = regexp.MustCompile(`(?m)^func[ \t]+main[ \t]*\(`)
)

// A source is the text of a cell, split into lines.
type source struct {
	lines []string
	main  int  // index of the line before the statements, or -1
	text  bool // the cell is not Go
}

func read(code string) source {
	s := source{lines: strings.Split(code, "\n"), main: -1}
	for i, line := range s.lines {
		switch {
		case textLine.MatchString(line):
			s.text = true
			return s
		case s.main < 0 && mainLine.MatchString(line):
			s.main = i
		}
	}
	return s
}

// goCode returns the lines from first to end, without end. Commands of GoNB are
// replaced by spaces, so that positions in the other lines do not change.
func (s source) goCode(first, end int) string {
	lines := make([]string, 0, end-first)
	command := false
	for _, line := range s.lines[first:end] {
		was := command
		command = strings.HasPrefix(line, "%") || strings.HasPrefix(line, "!") || strings.HasPrefix(line, "//gonb:") ||
			was && command
		if command {
			command = strings.HasSuffix(line, `\`) // the next line belongs to the command
			line = strings.Repeat(" ", len(line))
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// A lexeme is a token with its line, counted from 0.
type lexeme struct {
	token token.Token
	text  string
	line  int
}
