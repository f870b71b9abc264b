package jupyter

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A failure is how a cell ended badly, for the front end.
type failure struct {
	name, value string
	traceback   []string
}

func (f *failure) content() object {
	return object{"ename": f.name, "evalue": f.value, "traceback": f.traceback}
}

// noValue says that the compiler complains about nothing but a call without a
// value where one is wanted.
func (f *failure) noValue() bool {
	return f.name == compileError && strings.Contains(f.value, "(no value) used as value")
}

// written is a cell as its author wrote it.
type written struct {
	number int
	source []string      // the lines
	code   []string      // those that GoNB was given
	line   func(int) int // from a line of code, from 1, to one of source
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

// explain makes of what GoNB says one error that points to lines of the cells
// as they were written. The text is the end of the standard error, which holds
// the trace of a panic in the program; cells are by GoNB's number.
func (f *failure) explain(text, program string, cells map[int]written) *failure {
	if at := panicked.FindStringIndex(text); at != nil {
		return panicFailure(text[at[0]:], strings.Split(program, "\n"), cells)
	}
	if strings.HasPrefix(f.value, "exit status ") || strings.HasPrefix(f.value, "signal: ") {
		value := "the program ended with " + f.value
		return &failure{name: "Exit", value: value, traceback: []string{value + "; what it said is above"}}
	}
	out := &failure{name: compileError}
	for _, complaint := range f.traceback {
		head, rest, _ := strings.Cut(strings.TrimSpace(complaint), "\n")
		at := compiledAt.FindStringSubmatch(head)
		if at == nil {
			continue
		}
		rest = strings.TrimSpace(rest)
		message := rest[strings.LastIndexByte(rest, '\n')+1:]
		if out.value == "" {
			out.value = message
		}
		out.traceback = append(out.traceback, place(at[1], at[2], cells)+": "+message)
		if line, ok := lineOf(at[1], at[2], cells); ok {
			out.traceback = append(out.traceback, "    "+strings.ReplaceAll(line, "\t", "    "))
			if column := caret(rest, line); column >= 0 {
				out.traceback = append(out.traceback, "    "+strings.Repeat(" ", column)+"^")
			}
		}
	}
	if len(out.traceback) == 0 { // nothing we understand: as it is
		return f
	}
	return out
}

// caret is the column that GoNB's caret points to, with tabs as four, -1 where
// there is none in the line.
func caret(excerpt, line string) int {
	for _, l := range strings.Split(excerpt, "\n") {
		if indent := strings.TrimRight(l, "^"); indent != l && strings.TrimSpace(indent) == "" {
			n := len(indent)
			if n > len(line) {
				return -1
			}
			return len(strings.ReplaceAll(line[:n], "\t", "    "))
		}
	}
	return -1
}

// panicFailure is the failure of a cell that left a Go trace.
func panicFailure(trace string, program []string, cells map[int]written) *failure {
	trace = exited.ReplaceAllString(trace, "")
	first, _, _ := strings.Cut(trace, "\n")
	name, value, _ := strings.Cut(first, ": ")
	trace = ranAt.ReplaceAllStringFunc(trace, func(frame string) string {
		n := number(ranAt.FindStringSubmatch(frame)[1])
		w, line, ok := origin(program, n, cells)
		if !ok {
			return frame
		}
		return fmt.Sprintf("\tcell [%d], line %d: %s", w.number, line, strings.TrimSpace(w.source[line-1]))
	})
	return &failure{name: name, value: value, traceback: strings.Split(strings.TrimRight(trace, "\n"), "\n")}
}

// origin finds the cell and its line that line n of the program came from, both
// counted from 1: of all lines that read the same, the one around which most
// lines do; of equals, the one in the latest cell.
func origin(program []string, n int, cells map[int]written) (from written, line int, ok bool) {
	if n < 1 || n > len(program) {
		return from, 0, false
	}
	same := func(code []string, i, at int) bool {
		return i >= 0 && i < len(code) && at >= 0 && at < len(program) && strings.TrimSpace(code[i]) == strings.TrimSpace(program[at])
	}
	most := 0
	for _, number := range slices.Sorted(maps.Keys(cells)) {
		w := cells[number]
		for i := range w.code {
			if !same(w.code, i, n-1) {
				continue
			}
			alike := 1
			for d := 1; same(w.code, i-d, n-1-d); d++ {
				alike++
			}
			for d := 1; same(w.code, i+d, n-1+d); d++ {
				alike++
			}
			if l := w.line(i + 1); alike >= most && l >= 1 && l <= len(w.source) {
				most, from, line, ok = alike, w, l, true
			}
		}
	}
	return from, line, ok
}

// place names a line as a reader of the notebook knows it.
func place(cell, line string, cells map[int]written) string {
	number, n := number(cell), number(line)
	if w, ok := cells[number]; ok {
		return fmt.Sprintf("cell [%d], line %d", w.number, w.line(n))
	}
	return fmt.Sprintf("line %d", n)
}

// lineOf is the text of a line of a cell.
func lineOf(cell, line string, cells map[int]written) (string, bool) {
	w, ok := cells[number(cell)]
	if !ok {
		return "", false
	}
	n := w.line(number(line))
	if n < 1 || n > len(w.source) {
		return "", false
	}
	return w.source[n-1], true
}

// number reads digits.
func number(digits string) int {
	n, _ := strconv.Atoi(digits) // the expressions above let only digits through
	return n
}

// A hold keeps back the part of the standard error that may turn out to be the
// trace of a panic or the status of the program's end.
type hold struct {
	kept  strings.Builder
	holds bool
	line  string // the beginning of the present line, already passed on
}

var heldFrom = regexp.MustCompile(`(?m)^(panic: |fatal error: |exit status \d|signal: )`)

// write takes text and returns what can be shown now.
func (h *hold) write(text string) string {
	if h.holds {
		h.kept.WriteString(text)
		return ""
	}
	passed := text
	if at := heldFrom.FindStringIndex(h.line + text); at != nil && at[0] >= len(h.line) {
		h.holds = true
		passed = text[:at[0]-len(h.line)]
		h.kept.WriteString(text[len(passed):])
	}
	if cut := strings.LastIndexByte(passed, '\n'); cut >= 0 {
		h.line = passed[cut+1:]
	} else {
		h.line += passed
	}
	return passed
}

// rest is what was kept back.
func (h *hold) rest() string { return h.kept.String() }
