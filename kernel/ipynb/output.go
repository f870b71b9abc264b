package ipynb

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"microcircuits/kernel/internal/terminal"
)

// TextOf returns the text of a MIME type; a list of strings is joined. It returns
// false if the type is missing or its value is not text. Use Data for JSON objects.
func (o *Output) TextOf(mime string) (string, bool) {
	raw, ok := o.Data[mime]
	if !ok {
		return "", false
	}
	s, err := joinText(raw)
	return s, err == nil
}

// SetText stores a text under a MIME type.
func (o *Output) SetText(mime, s string) {
	if o.Data == nil {
		o.Data = map[string]json.RawMessage{}
	}
	o.Data[mime] = marshal(s)
}

var errNotText = errors.New("neither a string nor a list of strings")

// joinText decodes a multi-line string of the format.
func joinText(raw json.RawMessage) (string, error) {
	if len(raw) == 0 {
		return "", errNotText
	}
	switch raw[0] {
	case '"':
		var s string
		err := json.Unmarshal(raw, &s)
		return s, err
	case '[':
		var lines []*string
		if json.Unmarshal(raw, &lines) != nil {
			return "", errNotText
		}
		var b strings.Builder
		for _, l := range lines {
			if l == nil {
				return "", errNotText
			}
			b.WriteString(*l)
		}
		return b.String(), nil
	}
	return "", errNotText
}

// lineEnds are the characters that end a line in Python, and so in Jupyter.
const lineEnds = "\n\v\f\r\x1c\x1d\x1e\u0085\u2028\u2029"

// splitText encodes a multi-line string like Jupyter: as a list of lines with their
// line ends.
func splitText(s string) json.RawMessage {
	lines := []string{}
	for s != "" {
		end := len(s)
		if i := strings.IndexAny(s, lineEnds); i >= 0 {
			_, size := utf8.DecodeRuneInString(s[i:])
			if strings.HasPrefix(s[i:], "\r\n") {
				size = 2
			}
			end = i + size
		}
		lines = append(lines, s[:end])
		s = s[end:]
	}
	return marshal(lines)
}

// splitsAsText reports whether Jupyter splits values of this MIME type into
// lines.
func splitsAsText(mime string) bool {
	return strings.HasPrefix(mime, "text/") || mime == "application/javascript" || mime == "image/svg+xml"
}

// MergeStreams joins neighbouring outputs of the same stream. Of a line that a progress
// bar has written many times it keeps what a terminal shows. The given outputs are not
// changed.
func MergeStreams(outputs []*Output) []*Output {
	var merged []*Output
	for i := 0; i < len(outputs); {
		first := outputs[i]
		i++
		if first.Type != Stream {
			merged = append(merged, first)
			continue
		}
		var text strings.Builder // a cell may print many thousand pieces
		text.WriteString(first.Text)
		for i < len(outputs) && outputs[i].Type == Stream && outputs[i].Name == first.Name {
			text.WriteString(outputs[i].Text)
			i++
		}
		joined := *first
		joined.Text = collapse(text.String())
		merged = append(merged, &joined)
	}
	return merged
}

// collapse removes what a terminal no longer shows of lines with carriage returns. Colours
// and other escape sequences stay; the text with them is only removed if the line is
// erased behind it.
func collapse(s string) string {
	if !strings.Contains(s, "\r") {
		return s
	}
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		last := i == len(lines)-1
		if !strings.Contains(l, "\r") {
			continue
		}
		if !last {
			l = strings.TrimRight(l, "\r") // before a line end it has no effect
		}
		if at := lastErased(l); at > 0 {
			l = colours(l[:at]) + l[at:]
		}
		if strings.Contains(l, "\r") && !strings.ContainsRune(l, '\x1b') {
			end := ""
			if last && strings.HasSuffix(l, "\r") { // the next text begins at the left
				end = "\r"
			}
			l = terminal.Text(l) + end
		}
		lines[i] = l
	}
	return strings.Join(lines, "\n")
}

// lastErased returns where the text after the last erased text in a line begins.
func lastErased(l string) int {
	at := 0
	for _, erase := range []string{"\r\x1b[K", "\r\x1b[0K", "\r\x1b[2K", "\x1b[2K\r"} {
		if i := strings.LastIndex(l, erase); i >= 0 {
			at = max(at, i+len(erase))
		}
	}
	return at
}

var colour = regexp.MustCompile(`\x1b\[[0-9;:]*m`)

// colours returns the colours that a text has set since the last reset.
func colours(l string) string {
	all := colour.FindAllString(l, -1)
	for i, c := range slices.Backward(all) {
		if c == "\x1b[m" || c == "\x1b[0m" {
			all = all[i+1:]
			break
		}
	}
	return strings.Join(all, "")
}
