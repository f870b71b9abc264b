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

// A Failure is how a cell ended badly, as a front end shows it.
type Failure struct {
	Name, Value string
	Traceback   []string
}

// NoValue says that the compiler complains about nothing but a call without a
// value where one is wanted.
func (f *Failure) NoValue() bool {
	return f.Name == compileError && strings.Contains(f.Value, "(no value) used as value")
}

// Written is a cell as its author wrote it.
type Written struct {
	Number int      // of the front end
	Source []string // the lines
	Code   []string // those that GoNB was given
	From   cell.Translation
}

const compileError = "CompileError"

var (
	compiledAt = regexp.MustCompile(`^Cell\[(\d+)\]: Line (\d+)$`)
	// ranAt is a frame in the program that GoNB composed of the cells. GoNB puts
	// the cell and line before it, but only where they come in one piece, which
	// they rarely do: we find them by ourselves.
	ranAt    = regexp.MustCompile(`(?m)^\t.*/gonb_[0-9a-f]+/main(?:_test)?\.go:(\d+)(?: \+0x[0-9a-f]+)?$`)
	panicked = regexp.MustCompile(`(?m)^(panic|fatal error): `)
	exited   = regexp.MustCompile(`(?m)^(exit status \d+|signal: .+)\n\z`)
)

// Explain makes of what GoNB says one error that points to lines of the cells
// as they were written. The text is the end of the standard error, which holds
// the trace of a panic in the program; cells are by GoNB's number, and own is the
// one that failed.
func (f *Failure) Explain(text, program string, cells map[int]Written, own Written) *Failure {
	if at := panicked.FindStringIndex(text); at != nil {
		return panicFailure(text[at[0]:], strings.Split(program, "\n"), cells)
	}
	if strings.HasPrefix(f.Value, "exit status ") || strings.HasPrefix(f.Value, "signal: ") {
		value := "the program ended with " + f.Value
		return &Failure{Name: "Exit", Value: value, Traceback: []string{value + "; what it said is above"}}
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
	if line, column, message, found := cell.Mistake(strings.Join(own.Source, "\n")); found {
		where := fmt.Sprintf("cell [%d], line %d: %s", own.Number, line, message)
		return &Failure{Name: "SyntaxError", Value: message, Traceback: append([]string{where}, own.excerpt(line, column)...)}
	}
	return f // nothing we understand: as it is
}

// excerpt shows a line of the cell, and below it a column, where there is one;
// tabs are four wide.
func (w *Written) excerpt(line, column int) []string {
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

// caret is the column that GoNB's caret points to, -1 where there is none.
func caret(excerpt string) int {
	for l := range strings.Lines(excerpt) {
		l = strings.TrimRight(l, "\n")
		if indent := strings.TrimRight(l, "^"); indent != l && strings.TrimSpace(indent) == "" {
			return len(indent)
		}
	}
	return -1
}

// panicFailure is the failure of a cell that left a Go trace.
func panicFailure(trace string, program []string, cells map[int]Written) *Failure {
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

// origin finds the cell and its line that line n of the program came from, both
// counted from 1: of all lines that read the same, the one around which most
// lines do; of equals, the one in the latest cell.
func origin(program []string, n int, cells map[int]Written) (from Written, line int, ok bool) {
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

// number reads digits.
func number(digits string) int {
	n, _ := strconv.Atoi(digits) // the expressions above let only digits through
	return n
}
