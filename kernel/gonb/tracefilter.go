package gonb

import (
	"regexp"
	"slices"
	"strings"
)

// A TraceFilter holds back text of the standard error that may be the trace of a
// panic or the exit status of the program. The exit status is a line of its own
// and the last one. Text that turns out to be neither is released. After the filter
// has recognised a trace it holds back everything.
type TraceFilter struct {
	held   strings.Builder
	line   string // the beginning of the current line
	within bool   // the current line is not complete
	first  bool   // the current line is the first one held back, or none is
	trace  bool   // held is a trace
}

// lineBytes is the number of bytes of a line that are examined.
const lineBytes = 64

var (
	openers   = []string{"panic: ", "fatal error: "}
	followers = []string{"\n", "\t", "[signal ", "goroutine ", "runtime stack:"} // next line of a trace
	traced    = regexp.MustCompile(`^(goroutine \d|runtime stack:)`)
	statuses  = []string{"exit status ", "signal: "}
	status    = regexp.MustCompile(`^(exit status \d*|signal: [\w/ ()]{0,40})\n?$`) // complete, or its beginning
)

// Filter adds text and returns the text that can be shown now.
func (h *TraceFilter) Filter(text string) string {
	var shown strings.Builder
	for part := range strings.Lines(text) {
		shown.WriteString(h.part(part))
	}
	return shown.String()
}

// part adds a line, or a part of a line.
func (h *TraceFilter) part(text string) (shown string) {
	if !h.within {
		shown = h.Continue() // an exit status would be the last line
		h.line, h.first = "", h.held.Len() == 0
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
	h.held.WriteString(text)
	h.trace = h.trace || !h.first && traced.MatchString(h.line)
	return shown
}

// mayBe reports whether a line may begin with one of the words or may be an exit
// status. line may be incomplete.
func mayBe(line string, words []string) bool {
	begun := func(word string) bool { return strings.HasPrefix(word, line) }
	begins := func(word string) bool { return begun(word) || strings.HasPrefix(line, word) }
	return slices.ContainsFunc(words, begins) || slices.ContainsFunc(statuses, begun) || status.MatchString(line)
}

// Continue is called when the program still runs. It returns a line that was held
// back as an exit status.
func (h *TraceFilter) Continue() string {
	if h.trace || h.within || !status.MatchString(h.line) {
		return ""
	}
	return h.release()
}

// release returns the text held back and clears it.
func (h *TraceFilter) release() string {
	held := h.held.String()
	h.held.Reset()
	return held
}

// Held returns the text held back.
func (h *TraceFilter) Held() string { return h.held.String() }
