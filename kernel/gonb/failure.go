package gonb

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"microcircuits/kernel/cell"
)

// A Failure is the error of a cell, as a front end shows it.
type Failure struct {
	Name, Value string
	Traceback   []string
}

// IsNoValue reports whether the compiler error is the use of a call without result
// as a value.
func (f *Failure) IsNoValue() bool {
	return f.Name == compileError && strings.Contains(f.Value, "(no value) used as value")
}

// CellSource is the text of a cell as its author wrote it and as GoNB got it.
type CellSource struct {
	Number int      // of the cell in the front end
	Source []string // lines of the author
	Code   []string // lines sent to GoNB
	From   cell.Translation
}

const compileError = "CompileError"

var (
	compiledAt = regexp.MustCompile(`^Cell\[(\d+)\]: Line (\d+)$`)
	// ranAt matches a stack frame in the program that GoNB composed of the cells.
	// GoNB adds cell and line only if the frame arrives in one piece, which is rare;
	// so this package finds them.
	ranAt    = regexp.MustCompile(`(?m)^\t.*/gonb_[0-9a-f]+/main(?:_test)?\.go:(\d+)(?: \+0x[0-9a-f]+)?$`)
	panicked = regexp.MustCompile(`(?m)^(panic|fatal error): `)
	// missingPackage matches what the go command says of an import that it does not find.
	missingPackage = regexp.MustCompile(`package \S+ is not in std|((?:cannot find|no required) module (?:providing|that provides|provides) package ([^\s:;]+))`)
	exited         = regexp.MustCompile(`(?m)^(exit status \d+|signal: .+)\n\z`)
)

// Explain returns one error that points to lines of the cells as they were written.
// text is the end of the standard error, with the trace of a panic if there was
// one. program is the program that GoNB composed. cells are indexed by GoNB's number.
func (f *Failure) Explain(text, program string, cells map[int]CellSource) *Failure {
	if at := panicked.FindStringIndex(text); at != nil {
		return panicFailure(text[at[0]:], strings.Split(program, "\n"), cells)
	}
	if strings.HasPrefix(f.Value, "exit status ") || strings.HasPrefix(f.Value, "signal: ") {
		value := "the program ended with " + f.Value
		return &Failure{Name: "Exit", Value: value, Traceback: []string{value + "; its messages are above"}}
	}
	out := &Failure{Name: compileError}
	for _, complaint := range f.Traceback {
		head, rest, _ := strings.Cut(strings.TrimSpace(complaint), "\n")
		at := compiledAt.FindStringSubmatch(head)
		if at == nil {
			continue
		}
		rest = strings.TrimSpace(rest)
		message := rest[strings.LastIndexByte(rest, '\n')+1:]
		if out.Value == "" {
			out.Value = message
		}
		n := number(at[2])
		w, ok := cells[number(at[1])]
		if !ok {
			out.Traceback = append(out.Traceback, fmt.Sprintf("line %d: %s", n, message))
			continue
		}
		out.Traceback = append(out.Traceback, fmt.Sprintf("cell [%d], line %d: %s", w.Number, w.From.Line(n), message))
		out.Traceback = append(out.Traceback, w.excerpt(w.From.Line(n), w.From.Column(n, caret(rest)))...)
	}
	if len(out.Traceback) > 0 {
		return out
	}
	if m := missingPackage.FindStringSubmatch(f.Value); m != nil {
		reason := m[0]
		if m[1] != "" {
			reason = m[1] + "; the kernel downloads nothing: run in the clone: go get " + m[2]
		}
		return &Failure{Name: compileError, Value: reason, Traceback: []string{reason}}
	}
	// An unknown kind of error: without temporary paths.
	out = &Failure{Name: f.Name, Value: scrub(f.Value)}
	for _, l := range f.Traceback {
		out.Traceback = append(out.Traceback, scrub(l))
	}
	return out
}

// excerpt returns a line of the cell and, if column is not negative, a second line
// with a caret below the column. A tab is four characters wide.
func (w *CellSource) excerpt(line, column int) []string {
	const tab = "    "
	if line < 1 || line > len(w.Source) {
		return nil
	}
	text := w.Source[line-1]
	lines := []string{tab + strings.ReplaceAll(text, "\t", tab)}
	if column >= 0 && column <= len(text) {
		before := strings.ReplaceAll(text[:column], "\t", tab)
		lines = append(lines, tab+strings.Repeat(" ", utf8.RuneCountInString(before))+"^")
	}
	return lines
}

// caret returns the column of the caret in GoNB's message, or -1.
func caret(excerpt string) int {
	for l := range strings.Lines(excerpt) {
		l = strings.TrimRight(l, "\n")
		if indent := strings.TrimRight(l, "^"); indent != l && strings.TrimSpace(indent) == "" {
			return len(indent)
		}
	}
	return -1
}

// panicFailure returns the failure of a cell with a Go stack trace.
func panicFailure(trace string, program []string, cells map[int]CellSource) *Failure {
	trace = exited.ReplaceAllString(trace, "")
	first, _, _ := strings.Cut(trace, "\n")
	name, value, _ := strings.Cut(first, ": ")
	trace = ranAt.ReplaceAllStringFunc(trace, func(frame string) string {
		n := number(ranAt.FindStringSubmatch(frame)[1])
		w, line, ok := origin(program, n, cells)
		if !ok {
			return frame
		}
		return fmt.Sprintf("\tcell [%d], line %d: %s", w.Number, line, strings.TrimSpace(w.Source[line-1]))
	})
	return &Failure{Name: name, Value: value, Traceback: strings.Split(strings.TrimRight(trace, "\n"), "\n")}
}

// origin finds the cell and the line in it from which line n of the program was
// copied; lines count from 1. Among equal lines it takes the one with the most equal
// lines around it, and if several have as many, the one in the latest cell.
func origin(program []string, n int, cells map[int]CellSource) (from CellSource, line int, ok bool) {
	if n < 1 || n > len(program) {
		return from, 0, false
	}
	same := func(code []string, i, at int) bool {
		return i >= 0 && i < len(code) && at >= 0 && at < len(program) && strings.TrimSpace(code[i]) == strings.TrimSpace(program[at])
	}
	most := 0
	for _, number := range slices.Sorted(maps.Keys(cells)) {
		w := cells[number]
		for i := range w.Code {
			if !same(w.Code, i, n-1) {
				continue
			}
			alike := 1
			for d := 1; same(w.Code, i-d, n-1-d); d++ {
				alike++
			}
			for d := 1; same(w.Code, i+d, n-1+d); d++ {
				alike++
			}
			if l := w.From.Line(i + 1); alike >= most && l >= 1 && l <= len(w.Source) {
				most, from, line, ok = alike, w, l, true
			}
		}
	}
	return from, line, ok
}

// number parses digits.
func number(digits string) int {
	n, _ := strconv.Atoi(digits) // the regular expressions match digits only
	return n
}
