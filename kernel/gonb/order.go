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

// An order puts the displays of a cell after the text that was printed before them,
// and removes the marks.
type order struct {
	streams  map[string]*markedStream
	held     []held // sorted by mark
	finished bool   // the cell has ended: hold no more messages
}

// held is a message that waits until both streams have reached its mark.
type held struct {
	*wire.Message
	mark int
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
		if o.finished || o.reached(n) {
			return []*wire.Message{m}
		}
		o.hold(m, n)
		return nil
	}
	return []*wire.Message{m}
}

// hold holds a message, after the messages already held for the same mark.
func (o *order) hold(m *wire.Message, mark int) {
	at := slices.IndexFunc(o.held, func(h held) bool { return h.mark > mark })
	if at < 0 {
		at = len(o.held)
	}
	o.held = slices.Insert(o.held, at, held{m, mark})
}

// stream removes the marks from a piece of a stream and puts the displays that
// waited for a mark in its place. If a display still waits for the other stream, the
// text after its mark waits too.
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
	if s == nil || s.partial == "" && len(o.held) == 0 && !strings.Contains(c.Text, "\x1b") {
		return []*wire.Message{m}
	}
	text := s.partial + c.Text
	s.partial, s.last = "", m
	pass := func(text string) {
		switch part := s.piece(text); {
		case text == "":
		case len(o.held) > 0 && o.held[0].mark <= s.seen:
			o.hold(part, s.seen)
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

// reached reports whether both streams have reached mark n; n is 0 for no mark.
func (o *order) reached(n int) bool {
	if n == 0 {
		return true
	}
	out, errs := o.streams["stdout"], o.streams["stderr"]
	return out != nil && errs != nil && out.seen >= n && errs.seen >= n
}

// release returns the messages held for marks that were reached, or all messages.
func (o *order) release(all bool) (out []*wire.Message) {
	for len(o.held) > 0 && (all || o.reached(o.held[0].mark)) {
		out = append(out, o.held[0].Message)
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
