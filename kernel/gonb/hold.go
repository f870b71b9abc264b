package gonb

import (
	"regexp"
	"slices"
	"strings"
)

// A Hold keeps back the part of the standard error that may turn out to be the
// trace of a panic, or the status of the program's end, which is a whole line and
// the last. What begins like one and goes on otherwise is let go, but what is a
// trace for certain is kept to the end.
type Hold struct {
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

// Pass takes text and returns what can be shown now.
func (h *Hold) Pass(text string) string {
	var shown strings.Builder
	for part := range strings.Lines(text) {
		shown.WriteString(h.part(part))
	}
	return shown.String()
}

// part takes a line, or a part of one.
func (h *Hold) part(text string) (shown string) {
	if !h.within {
		shown = h.GoOn() // a status would have been the last line
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

// GoOn says that the program has not ended yet, and returns what can be shown
// since it is no status then.
func (h *Hold) GoOn() string {
	if h.trace || h.within || !status.MatchString(h.line) {
		return ""
	}
	return h.release()
}

// release returns what was kept back, as nothing special.
func (h *Hold) release() string {
	kept := h.kept.String()
	h.kept.Reset()
	return kept
}

// Rest is what was kept back.
func (h *Hold) Rest() string { return h.kept.String() }
