package ipynb

import (
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"
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

// MergeStreams joins neighbouring outputs of the same stream. Of a line that is
// rewritten with carriage returns (progress bars) it keeps only the last text. The
// given outputs are not changed.
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

// collapse applies carriage returns: the text after one replaces the whole line. A
// terminal would keep the end of a longer old text, but programs that rewrite a line
// want to replace all of it.
func collapse(s string) string {
	if !strings.Contains(s, "\r") {
		return s
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		l = strings.TrimRight(l, "\r")
		if at := strings.LastIndexByte(l, '\r'); at >= 0 {
			l = l[at+1:]
		}
		lines[i] = l
	}
	return strings.Join(lines, "\n")
}
