package jupyter

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
	source []string // the lines
	code   []string // those that GoNB was given
	from   cell.Translation
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
// the trace of a panic in the program; cells are by GoNB's number, and own is the
// one that failed.
func (f *failure) explain(text, program string, cells map[int]written, own written) *failure {
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
		n := number(at[2])
		w, ok := cells[number(at[1])]
		if !ok {
			out.traceback = append(out.traceback, fmt.Sprintf("line %d: %s", n, message))
			continue
		}
		out.traceback = append(out.traceback, fmt.Sprintf("cell [%d], line %d: %s", w.number, w.from.Line(n), message))
		out.traceback = append(out.traceback, w.excerpt(w.from.Line(n), w.from.Column(n, caret(rest)))...)
	}
	if len(out.traceback) > 0 {
		return out
	}
	if line, column, message, found := cell.Mistake(strings.Join(own.source, "\n")); found {
		where := fmt.Sprintf("cell [%d], line %d: %s", own.number, line, message)
		return &failure{name: "SyntaxError", value: message, traceback: append([]string{where}, own.excerpt(line, column)...)}
	}
	return f // nothing we understand: as it is
}

// excerpt shows a line of the cell, and below it a column, where there is one;
// tabs are four wide.
func (w *written) excerpt(line, column int) []string {
	const tab = "    "
	if line < 1 || line > len(w.source) {
		return nil
	}
	text := w.source[line-1]
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
			if l := w.from.Line(i + 1); alike >= most && l >= 1 && l <= len(w.source) {
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

// A hold keeps back the part of the standard error that may turn out to be the
// trace of a panic, or the status of the program's end, which is a whole line and
// the last. What begins like one and goes on otherwise is let go, but what is a
// trace for certain is kept to the end.
type hold struct {
	kept   strings.Builder
	line   string // the beginning of the present line
	within bool   // the present line is not complete
	first  bool   // the present line is the first that is kept, if any is
	trace  bool
}

// lineBytes of a line tell what it is.
const lineBytes = 64

var (
	openers   = []string{"panic: ", "fatal error: "}
	followers = []string{"\n", "\t", "[signal ", "goroutine ", "runtime stack:"} // of an opener, in a trace
	traced    = regexp.MustCompile(`^(goroutine \d|runtime stack:)`)
	statuses  = []string{"exit status ", "signal: "}
	status    = regexp.MustCompile(`^(exit status \d*|signal: [\w/ ()]{0,40})\n?$`) // or the beginning of one
)

// write takes text and returns what can be shown now.
func (h *hold) write(text string) string {
	var shown strings.Builder
	for part := range strings.Lines(text) {
		shown.WriteString(h.part(part))
	}
	return shown.String()
}

// part takes a line, or a part of one.
func (h *hold) part(text string) (shown string) {
	if !h.within {
		shown = h.goOn() // a status would have been the last line
		h.line, h.first = "", h.kept.Len() == 0
	}
	h.line += text[:min(len(text), lineBytes-len(h.line))]
	h.within = !strings.HasSuffix(text, "\n")
	if !h.first && !h.trace && !mayBe(h.line, followers) {
		shown += h.release()
		h.first = true
	}
	if h.first && !mayBe(h.line, openers) {
		return shown + h.release() + text
	}
	h.kept.WriteString(text)
	h.trace = h.trace || !h.first && traced.MatchString(h.line)
	return shown
}

// mayBe tells whether a line, as far as it is known, begins with one of the words
// or is a status.
func mayBe(line string, words []string) bool {
	begun := func(word string) bool { return strings.HasPrefix(word, line) }
	begins := func(word string) bool { return begun(word) || strings.HasPrefix(line, word) }
	return slices.ContainsFunc(words, begins) || slices.ContainsFunc(statuses, begun) || status.MatchString(line)
}

// goOn says that the program has not ended yet, and returns what can be shown
// since it is no status then.
func (h *hold) goOn() string {
	if h.trace || h.within || !status.MatchString(h.line) {
		return ""
	}
	return h.release()
}

// release returns what was kept back, as nothing special.
func (h *hold) release() string {
	kept := h.kept.String()
	h.kept.Reset()
	return kept
}

// rest is what was kept back.
func (h *hold) rest() string { return h.kept.String() }
