package ipynb

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"unicode/utf8"

	"microcircuits/kernel/internal/files"
)

type object = map[string]json.RawMessage

const byteOrderMark = "\ufeff"

// Read reads a notebook of format 4.x. The error for an invalid notebook contains the
// number of the cell. An output that cannot be read is of type [Malformed].
func Read(r io.Reader) (*Notebook, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxNotebookBytes+1))
	if err != nil {
		return nil, fmt.Errorf("ipynb: %w", err)
	}
	if len(data) > maxNotebookBytes {
		return nil, fmt.Errorf("ipynb: notebook larger than %d bytes", maxNotebookBytes)
	}
	if err := checkUTF8(data); err != nil {
		return nil, err
	}
	data, marked := bytes.CutPrefix(data, []byte(byteOrderMark))
	if err := json.Unmarshal(data, new(json.RawMessage)); err != nil {
		return nil, fmt.Errorf("ipynb: not a notebook: %w", err)
	}
	top, err := readObject(data)
	if err != nil {
		return nil, fmt.Errorf("ipynb: not a notebook: the file %w", err)
	}
	nb := &Notebook{original: top, layout: layoutOf(data)}
	if marked {
		nb.layout.begin = byteOrderMark
	}
	d := decoder{top}
	d.take("nbformat", &nb.NBFormat, true)
	d.take("nbformat_minor", &nb.NBFormatMinor, true)
	if d.take("metadata", &nb.Metadata, false) != nil || nb.Metadata == nil {
		nb.Metadata = object{}
	}
	if nb.NBFormat != 0 && nb.NBFormat != formatMajor {
		return nil, fmt.Errorf("ipynb: notebook format %d is not supported, only %d (open and save it with a current Jupyter)", nb.NBFormat, formatMajor)
	}
	var cells []json.RawMessage
	if err := d.take("cells", &cells, true); err != nil {
		return nil, fmt.Errorf("ipynb: not a notebook: %w", err)
	}
	if nb.NBFormat == 0 {
		return nil, errors.New("ipynb: not a notebook: nbformat is missing")
	}
	for i, raw := range cells {
		c, err := readCell(raw)
		if err != nil {
			return nil, fmt.Errorf("ipynb: cell %d: %w", i+1, err)
		}
		nb.Cells = append(nb.Cells, c)
	}
	return nb, nil
}

// checkUTF8 returns an error that names the first byte that is not UTF-8.
func checkUTF8(data []byte) error {
	if utf8.Valid(data) {
		return nil
	}
	at := 0
	for at < len(data) {
		r, size := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && size <= 1 {
			break
		}
		at += size
	}
	return fmt.Errorf("ipynb: byte %d (line %d) is 0x%02x, which is not UTF-8: save the notebook as UTF-8", at+1, bytes.Count(data[:at], []byte("\n"))+1, data[at])
}

// ReadFile reads a notebook from a file. Errors contain the path.
func ReadFile(path string) (*Notebook, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	nb, err := Read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return nb, nil
}

// decoder reads known members of a JSON object.
type decoder struct{ members document }

func (d decoder) take(key string, into any, required bool) error {
	raw := d.members.get(key)
	if raw == nil {
		if required {
			return fmt.Errorf("%s is missing", key)
		}
		return nil
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	return nil
}

func (d decoder) takeText(key string, into *string) error {
	raw := d.members.get(key)
	if raw == nil {
		return fmt.Errorf("%s is missing", key)
	}
	s, err := joinText(raw)
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	*into = s
	return nil
}

func readCell(raw json.RawMessage) (*Cell, error) {
	members, err := readObject(raw)
	if err != nil {
		return nil, err
	}
	c := &Cell{original: members, raw: raw}
	d := decoder{members}
	err = cmp.Or(
		d.take("cell_type", &c.Type, true),
		d.take("id", &c.ID, false),
		d.takeText("source", &c.Source),
	)
	if err != nil {
		return nil, err
	}
	if d.take("metadata", &c.Metadata, false) != nil || c.Metadata == nil {
		c.Metadata = object{}
	}
	c.Attachments = members.get("attachments")
	switch c.Type {
	case Code:
		if err := d.take("execution_count", &c.ExecutionCount, false); err != nil {
			return nil, err
		}
		c.Outputs = readOutputs(members.get("outputs"))
	case Markdown, Raw:
	default:
		return nil, fmt.Errorf("unknown cell type %q", c.Type)
	}
	return c, nil
}

// readOutputs reads the outputs of a cell. An output that cannot be read is of type
// [Malformed]; it costs neither the others nor the notebook.
func readOutputs(raw json.RawMessage) (all []*Output) {
	if raw == nil {
		return nil
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return []*Output{{Type: Malformed, Problem: "outputs is not a list", raw: raw}}
	}
	for _, item := range list {
		o, err := readOutput(item)
		if err != nil {
			o = &Output{Type: Malformed, Problem: err.Error(), raw: item}
		}
		all = append(all, o)
	}
	return all
}

func readOutput(raw json.RawMessage) (*Output, error) {
	members, err := readObject(raw)
	if err != nil {
		return nil, err
	}
	o := &Output{original: members, raw: raw}
	d := decoder{members}
	if err := d.take("output_type", &o.Type, true); err != nil {
		return nil, err
	}
	switch o.Type {
	case Stream:
		o.Name = "stdout"
		err = cmp.Or(d.take("name", &o.Name, false), d.takeText("text", &o.Text))
	case DisplayData, ExecuteResult:
		err = d.take("data", &o.Data, true)
		if d.take("metadata", &o.Metadata, false) != nil || o.Metadata == nil {
			o.Metadata = object{}
		}
		if o.Type == ExecuteResult {
			err = cmp.Or(err, d.take("execution_count", &o.ExecutionCount, false))
		}
	case ErrorOutput:
		// A cell with an error has failed, whatever else is wrong with the error.
		o.EName, o.EValue = looseText(members.get("ename")), looseText(members.get("evalue"))
		if d.take("traceback", &o.Traceback, false) != nil {
			o.Traceback = []string{looseText(members.get("traceback"))}
		}
	default:
		err = fmt.Errorf("unknown output type %q", o.Type)
	}
	return o, err
}

// looseText decodes a text; other values are their JSON.
func looseText(raw json.RawMessage) string {
	if s, err := joinText(raw); err == nil {
		return s
	}
	if string(raw) == "null" {
		return ""
	}
	return string(raw)
}

// Write writes the notebook. What was not changed since it was read is written as it was
// in the file; new values get the layout of the file. A new notebook gets Jupyter's own
// layout.
func (nb *Notebook) Write(w io.Writer) error {
	top, l := slices.Clone(nb.original), nb.layout
	if top == nil {
		l = jupyter
	}
	cells := node{kind: '['}
	for _, c := range nb.Cells {
		cells.list = append(cells.list, c.node())
	}
	top.set("cells", cells)
	top.update("metadata", nb.Metadata, nb.original == nil)
	updateValue(&top, "nbformat", nb.NBFormat)
	updateValue(&top, "nbformat_minor", nb.NBFormatMinor)
	var b bytes.Buffer
	b.WriteString(l.begin)
	l.write(&b, node{object: top, kind: '{'}, 0)
	b.WriteString(l.end)
	_, err := w.Write(b.Bytes())
	return err
}

// WriteFile writes the notebook to a file completely or not at all, see
// [files.Write].
func (nb *Notebook) WriteFile(path string) error {
	var b bytes.Buffer
	if err := nb.Write(&b); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return files.Write(path, b.Bytes())
}

// unless returns the members as a node, or the text of the file if they are the same.
func unless(members, original document, raw json.RawMessage) node {
	same := func(a, b member) bool {
		return a.value.kind == 0 && !a.value.fresh && bytes.Equal(a.value.raw, b.value.raw)
	}
	if raw != nil && slices.EqualFunc(members, original, same) {
		return node{raw: raw}
	}
	return node{object: members, kind: '{'}
}

func (c *Cell) node() node {
	d := slices.Clone(c.original)
	d.updateText("source", c.Source)
	updateValue(&d, "id", c.ID)
	if !bytes.Equal(d.get("attachments"), c.Attachments) {
		d.set("attachments", node{raw: c.Attachments, fresh: true})
	}
	if c.Type == Code {
		c.updateResults(&d)
	}
	d.update("metadata", c.Metadata, c.original == nil)
	updateValue(&d, "cell_type", c.Type)
	return unless(d, c.original, c.raw)
}

// updateResults makes the outputs and the execution count in a document equal to those of
// the cell.
func (c *Cell) updateResults(d *document) {
	d.updateCount(c.ExecutionCount, c.original == nil)
	raw := d.get("outputs")
	if len(c.Outputs) == 1 && c.Outputs[0].Type == Malformed && bytes.Equal(c.Outputs[0].raw, raw) {
		return // it is no list
	}
	list := node{kind: '['}
	for _, o := range c.Outputs {
		list.list = append(list.list, o.node())
	}
	old := []json.RawMessage{}
	isList := c.original != nil && (raw == nil || json.Unmarshal(raw, &old) == nil)
	same := func(n node, raw json.RawMessage) bool { return n.kind == 0 && bytes.Equal(n.raw, raw) }
	if !isList || !slices.EqualFunc(list.list, old, same) {
		d.set("outputs", list)
	}
}

func (o *Output) node() node {
	if o.Type == Malformed {
		return node{raw: o.raw}
	}
	d := slices.Clone(o.original)
	switch o.Type {
	case Stream:
		if o.Name != "stdout" || d.get("name") != nil || o.original == nil {
			updateValue(&d, "name", o.Name)
		}
		d.updateText("text", o.Text)
	case DisplayData, ExecuteResult:
		d.update("data", o.splitData(d.get("data")), o.original == nil)
		d.update("metadata", o.Metadata, o.original == nil)
		if o.Type == ExecuteResult {
			d.updateCount(o.ExecutionCount, o.original == nil)
		}
	case ErrorOutput:
		if o.original == nil || looseText(d.get("ename")) != o.EName {
			d.set("ename", fresh(o.EName))
		}
		if o.original == nil || looseText(d.get("evalue")) != o.EValue {
			d.set("evalue", fresh(o.EValue))
		}
		var before []string
		if o.original == nil || json.Unmarshal(d.get("traceback"), &before) == nil && !slices.Equal(before, o.Traceback) {
			d.set("traceback", fresh(append([]string{}, o.Traceback...)))
		}
	}
	updateValue(&d, "output_type", o.Type)
	return unless(d, o.original, o.raw)
}

// splitData returns the data of an output with new texts split into lines like Jupyter's.
func (o *Output) splitData(before json.RawMessage) object {
	original, _ := readObject(before) // no members if there is none
	data := make(object, len(o.Data))
	for mime, raw := range o.Data {
		if s, ok := o.TextOf(mime); ok && splitsAsText(mime) && !bytes.Equal(original.get(mime), raw) {
			raw = splitText(s)
		}
		data[mime] = raw
	}
	return data
}

func nonNil(m object) object {
	if m == nil {
		return object{}
	}
	return m
}

// marshal encodes values whose encoding cannot fail: strings, numbers, and lists and
// maps of valid raw JSON.
func marshal(v any) json.RawMessage {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic("ipynb: invalid raw JSON in a notebook: " + err.Error())
	}
	return separator.ReplaceAllFunc(bytes.TrimSpace(b.Bytes()), plainSeparator)
}
