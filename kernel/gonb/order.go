package gonb

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"microcircuits/dendrite/notebook/names"
	"microcircuits/kernel/internal/wire"
	"microcircuits/kernel/ipynb"
)

// Marks in streams, see [names.MarkKey].
var (
	mark       = regexp.MustCompile(regexp.QuoteMeta(names.MarkBegin) + `(\d+)` + regexp.QuoteMeta(names.MarkEnd))
	unfinished = regexp.MustCompile("\x1b(?:_[a-z]*(?: \\d*\x1b?)?)?$") // may be the beginning of a mark
)

// An order puts the displays of a cell after the text that was printed before them and
// before the text that was printed after them, and removes the marks.
type order struct {
	streams   map[string]*markedStream
	held      []held // sorted by mark; a display is before the text after its mark
	displayed int    // mark of the last display that was shown
	finished  bool   // the cell has ended: hold no more messages
}

// held is a message that waits: a display until both streams have reached its mark,
// text until the display of the mark before it was shown.
type held struct {
	*wire.Message
	mark    int
	display bool
}

// marked is a stream with marks in it.
type markedStream struct {
	partial string        // the beginning of a mark
	seen    int           // the last mark
	last    *wire.Message // of the stream
}

// take adds a message and returns the messages that can be shown now.
func (o *order) take(m *wire.Message) []*wire.Message {
	switch m.Header.Type {
	case ipynb.Stream:
		return o.stream(m)
	case ipynb.DisplayData, ipynb.ExecuteResult, "update_display_data":
		m, n := unmark(m)
		if o.finished || n == 0 {
			return []*wire.Message{m}
		}
		o.hold(held{m, n, true})
		return o.release(false)
	}
	return []*wire.Message{m}
}

// hold holds a message: a display before the messages already held for the same mark,
// text after them.
func (o *order) hold(m held) {
	at := slices.IndexFunc(o.held, func(h held) bool { return h.mark > m.mark || m.display && h.mark == m.mark })
	if at < 0 {
		at = len(o.held)
	}
	o.held = slices.Insert(o.held, at, m)
}

// stream removes the marks from a piece of a stream and puts the displays that
// waited for a mark in its place. The text after a mark waits for its display.
func (o *order) stream(m *wire.Message) (out []*wire.Message) {
	var c struct {
		Name string `json:"name"`
		Text string `json:"text"`
	}
	if m.Decode(&c) != nil {
		return []*wire.Message{m}
	}
	if o.streams == nil {
		o.streams = map[string]*markedStream{"stdout": {}, "stderr": {}}
	}
	s := o.streams[c.Name]
	if s == nil || s.partial == "" && s.seen <= o.displayed && !strings.Contains(c.Text, "\x1b") {
		return []*wire.Message{m}
	}
	text := s.partial + c.Text
	s.partial, s.last = "", m
	pass := func(text string) {
		switch part := s.piece(text); {
		case text == "":
		case s.seen > o.displayed && !o.finished:
			o.hold(held{part, s.seen, false})
		default:
			out = append(out, part)
		}
	}
	for at := mark.FindStringSubmatchIndex(text); at != nil; at = mark.FindStringSubmatchIndex(text) {
		pass(text[:at[0]])
		s.seen = number(text[at[2]:at[3]])
		text = text[at[1]:]
		out = append(out, o.release(false)...)
	}
	if at := unfinished.FindStringIndex(text); at != nil {
		text, s.partial = text[:at[0]], text[at[0]:]
	}
	pass(text)
	return out
}

// piece returns a message with a part of the stream.
func (s *markedStream) piece(text string) *wire.Message {
	var content map[string]json.RawMessage
	_ = json.Unmarshal(s.last.Content, &content) // it was decoded before
	content["text"], _ = json.Marshal(text)      // cannot fail for a string
	part := *s.last
	part.Content, _ = json.Marshal(content)
	return &part
}

// reached reports whether both streams have reached mark n.
func (o *order) reached(n int) bool {
	out, errs := o.streams["stdout"], o.streams["stderr"]
	return out != nil && errs != nil && out.seen >= n && errs.seen >= n
}

// release returns the held messages that need not wait any more, or all.
func (o *order) release(all bool) (out []*wire.Message) {
	for len(o.held) > 0 {
		h := o.held[0]
		if !all && (h.display && !o.reached(h.mark) || !h.display && h.mark > o.displayed) {
			break
		}
		if h.display {
			o.displayed = max(o.displayed, h.mark)
		}
		out = append(out, h.Message)
		o.held = o.held[1:]
	}
	return out
}

// finish is called when the cell has ended. It returns all messages still held.
func (o *order) finish() []*wire.Message {
	o.finished = true
	out := o.release(true)
	for _, name := range []string{"stdout", "stderr"} {
		if s := o.streams[name]; s != nil && s.partial != "" {
			out = append(out, s.piece(s.partial))
			s.partial = ""
		}
	}
	return out
}

// unmark removes the mark from a display's metadata and returns it; 0 if there is
// none.
func unmark(m *wire.Message) (*wire.Message, int) {
	var content map[string]json.RawMessage
	var metadata map[string]json.RawMessage
	if json.Unmarshal(m.Content, &content) != nil || json.Unmarshal(content["metadata"], &metadata) != nil {
		return m, 0
	}
	n, err := strconv.Atoi(string(metadata[names.MarkKey]))
	if err != nil {
		return m, 0
	}
	delete(metadata, names.MarkKey)
	plain := *m
	content["metadata"], _ = json.Marshal(metadata) // was JSON
	plain.Content, _ = json.Marshal(content)        // was JSON
	return &plain, n
}
