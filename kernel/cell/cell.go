// Package cell knows what the source of a Dendrite cell means: whether it is
// complete, and how to say it in GoNB's terms.
//
// GoNB wants declarations first and the statements after a line "%%". A
// Dendrite cell needs no such line, and where it ends in an expression, that is
// the cell's result, as in every other Jupyter kernel.
package cell

import (
	"go/token"
	"regexp"
	"strings"
)

var (
	// mainLine begins the statements of a cell for GoNB.
	mainLine = regexp.MustCompile(`^(//gonb:)?(%%|%main)([ \t].*)?$`)
	// textLine begins what is not Go at all: %%bash, %%writefile ...
	textLine = regexp.MustCompile(`^(//gonb:)?%%[A-Za-z]`)
	// mainFunc is a main function that the cell brings itself.
	mainFunc = regexp.MustCompile(`(?m)^func[ \t]+main[ \t]*\(`)
)

// a source is the text of a cell taken apart.
type source struct {
	lines []string
	main  int  // the line that begins the statements, -1 where there is none
	text  bool // not Go
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

// goCode is the cell's lines from first on, those that are GoNB's commands all
// spaces, so that every byte of the rest stays where it is.
func (s source) goCode(first, end int) string {
	lines := make([]string, 0, end-first)
	command := false
	for _, line := range s.lines[first:end] {
		was := command
		command = strings.HasPrefix(line, "%") || strings.HasPrefix(line, "!") || strings.HasPrefix(line, "//gonb:") ||
			was && command
		if command {
			command = strings.HasSuffix(line, `\`) // goes on in the next line
			line = strings.Repeat(" ", len(line))
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// A lexeme is a token with the line it stands on, counted from 0.
type lexeme struct {
	token token.Token
	text  string
	line  int
}
