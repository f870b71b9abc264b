package ipynb

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// A document is a JSON object with its members in the order of the file. Values are the
// text of the file, so that what is not changed is written back as it was: numbers that
// no float64 holds, escapes, keys that appear twice.
type document []member

type member struct {
	name  string
	key   json.RawMessage // the name as it is in the file
	value node
}

// A node is a value to write: text that was in the file, a new value, an object or a list.
type node struct {
	raw    json.RawMessage
	fresh  bool // raw is a new value without layout
	object document
	list   []node
	kind   byte // '{' or '[' if object or list is used
}

// readObject decodes a JSON object.
func readObject(raw json.RawMessage) (document, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	switch start, err := dec.Token(); {
	case err != nil:
		return nil, err
	case start == nil:
		return nil, errors.New("is null")
	case start != json.Delim('{'):
		return nil, errors.New("is not an object")
	}
	d := document{}
	for dec.More() {
		from := dec.InputOffset()
		name, err := dec.Token()
		if err != nil {
			return nil, err
		}
		key := raw[from:dec.InputOffset()]
		m := member{name: name.(string), key: key[bytes.IndexByte(key, '"'):]}
		if err := dec.Decode(&m.value.raw); err != nil {
			return nil, err
		}
		d = append(d, m)
	}
	return d, nil
}

// index returns the index of a member, or -1. Of members with the same name the last one
// counts, as in every JSON reader.
func (d document) index(name string) int {
	for i, m := range slices.Backward(d) {
		if m.name == name {
			return i
		}
	}
	return -1
}

// get returns the text of a member; nil if there is none.
func (d document) get(name string) json.RawMessage {
	if i := d.index(name); i >= 0 {
		return d[i].value.raw
	}
	return nil
}

// set replaces a member. A new member is put where it is in sorted order.
func (d *document) set(name string, value node) {
	if i := d.index(name); i >= 0 {
		(*d)[i].value = value
		return
	}
	at := slices.IndexFunc(*d, func(m member) bool { return m.name > name })
	if at < 0 {
		at = len(*d)
	}
	*d = slices.Insert(*d, at, member{name: name, key: marshal(name), value: value})
}

// remove removes all members with a name.
func (d *document) remove(name string) {
	*d = slices.DeleteFunc(*d, func(m member) bool { return m.name == name })
}

// update makes a member of a document equal to a map of raw values. A member that is
// missing stays so if the map is empty, except in what was not read from a file.
func (d *document) update(name string, now object, isNew bool) {
	before := d.get(name)
	members, err := readObject(before)
	if err != nil {
		if len(now) > 0 || isNew {
			d.set(name, fresh(nonNil(now)))
		}
		return
	}
	changed := false
	for _, m := range slices.Clone(members) {
		if _, ok := now[m.name]; !ok {
			members.remove(m.name)
			changed = true
		}
	}
	for key, value := range now {
		if !bytes.Equal(members.get(key), value) {
			members.set(key, node{raw: value, fresh: true})
			changed = true
		}
	}
	if changed {
		d.set(name, node{object: members, kind: '{'})
	}
}

// updateText makes a member equal to a text.
func (d *document) updateText(name, text string) {
	if before, err := joinText(d.get(name)); err != nil || before != text {
		d.set(name, node{raw: splitText(text), fresh: true})
	}
}

// updateCount makes the execution count equal to a value. always is set for what was not
// read from a file.
func (d *document) updateCount(count *int, always bool) {
	var before *int
	raw := d.get("execution_count")
	same := raw == nil || json.Unmarshal(raw, &before) == nil
	if before != nil && count != nil {
		same = same && *before == *count
	} else {
		same = same && before == nil && count == nil
	}
	if always || !same {
		d.set("execution_count", fresh(count))
	}
}

// updateValue makes a member equal to a value. A member that is missing, or that could not
// be read, stays so if the value is empty.
func updateValue[T comparable](d *document, name string, value T) {
	var before T
	_ = json.Unmarshal(d.get(name), &before) // it stays empty after an error
	if len(*d) == 0 || before != value {
		d.set(name, fresh(value))
	}
}

func fresh(v any) node { return node{raw: marshal(v), fresh: true} }

// A layout is how a file is laid out. The zero value is that of compact JSON.
type layout struct {
	begin, end      string // byte order mark, and what follows the last brace
	newline, indent string // newline is empty if all is in one line
	spaced          bool   // in one line, with spaces after , and :
}

// jupyter is the layout of files that Jupyter writes.
var jupyter = layout{end: "\n", newline: "\n", indent: " "}

var firstKey = regexp.MustCompile(`^\s*\{([ \t]*)(?:(\r?\n)([ \t]*))?"(?:[^"\\]|\\.)*"\s*:( ?)`)

// layoutOf returns the layout of a file without byte order mark.
func layoutOf(data []byte) layout {
	text := bytes.TrimRight(data, " \t\r\n")
	l := layout{end: string(data[len(text):])}
	if m := firstKey.FindSubmatch(data); m != nil {
		l.newline, l.indent, l.spaced = string(m[2]), string(m[3]), len(m[4]) > 0
	}
	return l
}

// write writes a value. depth is how deep it is in the file.
func (l layout) write(b *bytes.Buffer, n node, depth int) {
	line := func(depth int) {
		if l.newline != "" {
			b.WriteString(l.newline + strings.Repeat(l.indent, depth))
		}
	}
	comma := func(i int) {
		if i > 0 {
			b.WriteByte(',')
			if l.newline == "" && l.spaced {
				b.WriteByte(' ')
			}
		}
		line(depth + 1)
	}
	switch {
	case n.kind == '{' && len(n.object) > 0:
		b.WriteByte('{')
		for i, m := range n.object {
			comma(i)
			b.Write(m.key)
			b.WriteByte(':')
			if l.newline != "" || l.spaced {
				b.WriteByte(' ')
			}
			l.write(b, m.value, depth+1)
		}
		line(depth)
		b.WriteByte('}')
	case n.kind == '[' && len(n.list) > 0:
		b.WriteByte('[')
		for i, item := range n.list {
			comma(i)
			l.write(b, item, depth+1)
		}
		line(depth)
		b.WriteByte(']')
	case n.kind != 0:
		b.Write([]byte{n.kind, n.kind + 2})
	case n.fresh:
		b.Write(l.laidOut(n.raw, depth))
	default:
		b.Write(n.raw)
	}
}

// laidOut lays a new value out. The value is valid JSON.
func (l layout) laidOut(raw []byte, depth int) []byte {
	var b bytes.Buffer
	if l.newline != "" {
		if json.Indent(&b, raw, strings.Repeat(l.indent, depth), l.indent) != nil {
			return raw
		}
		return bytes.ReplaceAll(b.Bytes(), []byte("\n"), []byte(l.newline))
	}
	if json.Compact(&b, raw) != nil || !l.spaced {
		return b.Bytes()
	}
	var spaced []byte
	for i, text := 0, b.Bytes(); i < len(text); {
		n := 1
		if text[i] == '"' {
			n = stringLength(text[i:])
		}
		spaced = append(spaced, text[i:i+n]...)
		if text[i] == ',' || text[i] == ':' {
			spaced = append(spaced, ' ')
		}
		i += n
	}
	return spaced
}

// stringLength returns the length of the JSON string at the start of a text.
func stringLength(text []byte) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}

// separator matches U+2028 and U+2029 as package json writes them, with any number of
// backslashes before them.
var separator = regexp.MustCompile(`\\+u202[89]`)

// plainSeparator replaces the escape by the character, as Jupyter writes it, if the
// backslash itself is not escaped.
func plainSeparator(escaped []byte) []byte {
	const length = len(`\u2028`)
	slashes := escaped[:len(escaped)-length+1]
	if len(slashes)%2 == 0 {
		return escaped
	}
	r := '\u2028'
	if bytes.HasSuffix(escaped, []byte("9")) {
		r = '\u2029'
	}
	return utf8.AppendRune(slices.Clip(slashes[:len(slashes)-1]), r)
}

// surrogates matches escapes of UTF-16 surrogates, in pairs where they are in pairs.
var surrogates = regexp.MustCompile(`(?i)\\\\|\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|\\ud[89a-f][0-9a-f]{2}`)

// halfCharacter returns the first escape in a JSON text that is half of a UTF-16 pair. No
// Go string can hold it.
func halfCharacter(raw json.RawMessage) string {
	for _, m := range surrogates.FindAll(raw, -1) {
		if len(m) == len(`\ud800`) {
			return string(m)
		}
	}
	return ""
}
