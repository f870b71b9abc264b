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

// Of marks in streams, see [names.MarkKey].
var (
	mark       = regexp.MustCompile(regexp.QuoteMeta(names.MarkBegin) + `(\d+)` + regexp.QuoteMeta(names.MarkEnd))
	unfinished = regexp.MustCompile("\x1b(?:_[a-z]*(?: \\d*\x1b?)?)?$") // may become one
)

// An order puts the displays of a cell behind what was printed before them, and
// takes the marks out.
type order struct {
	streams map[string]*marked
	held    []held // by their marks
	over    bool   // nothing is waited for any more
}

// held is a message that waits until both streams have come to a mark.
type held struct {
	*wire.Message
	mark int
}

// marked is a stream with marks in it.
type marked struct {
	partial string        // the beginning of a mark
	seen    int           // the last mark
	last    *wire.Message // of the stream
}

// take returns the messages that may go on, now that m is here.
func (o *order) take(m *wire.Message) []*wire.Message {
	switch m.Header.Type {
	case ipynb.Stream:
		return o.stream(m)
	case ipynb.DisplayData, ipynb.ExecuteResult, "update_display_data":
		m, n := unmark(m)
		if o.over || o.passed(n) {
			return []*wire.Message{m}
		}
		o.hold(m, n)
		return nil
	}
	return []*wire.Message{m}
}

// hold keeps a message, behind those that are held for the same mark.
func (o *order) hold(m *wire.Message, mark int) {
	at := slices.IndexFunc(o.held, func(h held) bool { return h.mark > mark })
	if at < 0 {
		at = len(o.held)
	}
	o.held = slices.Insert(o.held, at, held{m, mark})
}

// stream takes the marks out of a piece of a stream; the displays that waited
// for them come where they stood. What follows a display that still waits, for
// the other stream, waits behind it.
func (o *order) stream(m *wire.Message) (out []*wire.Message) {
	var c struct {
		Name string `json:"name"`
		Text string `json:"text"`
	}
	if m.Decode(&c) != nil {
		return []*wire.Message{m}
	}
	if o.streams == nil {
		o.streams = map[string]*marked{"stdout": {}, "stderr": {}}
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

// piece is a message with a part of the stream.
func (s *marked) piece(text string) *wire.Message {
	var content map[string]json.RawMessage
	_ = json.Unmarshal(s.last.Content, &content) // it was read before
	content["text"], _ = json.Marshal(text)      // strings always can
	part := *s.last
	part.Content, _ = json.Marshal(content)
	return &part
}

// passed says whether both streams have come to a mark; 0 is none.
func (o *order) passed(n int) bool {
	if n == 0 {
		return true
	}
	out, errs := o.streams["stdout"], o.streams["stderr"]
	return out != nil && errs != nil && out.seen >= n && errs.seen >= n
}

// release returns what is held for marks that have come, or all of it.
func (o *order) release(all bool) (out []*wire.Message) {
	for len(o.held) > 0 && (all || o.passed(o.held[0].mark)) {
		out = append(out, o.held[0].Message)
		o.held = o.held[1:]
	}
	return out
}

// rest ends the waiting, when the cell has ended.
func (o *order) rest() []*wire.Message {
	o.over = true
	out := o.release(true)
	for _, name := range []string{"stdout", "stderr"} {
		if s := o.streams[name]; s != nil && s.partial != "" {
			out = append(out, s.piece(s.partial))
			s.partial = ""
		}
	}
	return out
}

// unmark takes the mark out of a display's metadata; 0 where it has none.
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
