package ipynb

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"unicode/utf8"

	"microcircuits/kernel/internal/files"
)

type object = map[string]json.RawMessage

// Read reads a notebook of format 4.x. The error for an invalid notebook contains the
// number of the cell.
func Read(r io.Reader) (*Notebook, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxNotebookBytes+1))
	if err != nil {
		return nil, fmt.Errorf("ipynb: %w", err)
	}
	if len(data) > maxNotebookBytes {
		return nil, fmt.Errorf("ipynb: notebook larger than %d bytes", maxNotebookBytes)
	}
	var top object
	if err := json.Unmarshal(data, &top); err != nil {
		return nil, fmt.Errorf("ipynb: not a notebook: %w", err)
	}
	nb := &Notebook{}
	d := decoder{top}
	d.take("nbformat", &nb.NBFormat, true)
	d.take("nbformat_minor", &nb.NBFormatMinor, true)
	d.take("metadata", &nb.Metadata, false)
	var cells []object
	err = d.take("cells", &cells, true)
	nb.extra = top
	if nb.NBFormat != 0 && nb.NBFormat != formatMajor {
		return nil, fmt.Errorf("ipynb: notebook format %d is not supported, only %d (open and save it with a current Jupyter)", nb.NBFormat, formatMajor)
	}
	if err != nil {
		return nil, fmt.Errorf("ipynb: not a notebook: %w", err)
	}
	if nb.NBFormat == 0 {
		return nil, errors.New("ipynb: not a notebook: nbformat is missing")
	}
	if nb.Metadata == nil {
		nb.Metadata = object{}
	}
	for i, obj := range cells {
		c, err := readCell(obj)
		if err != nil {
			return nil, fmt.Errorf("ipynb: cell %d: %w", i+1, err)
		}
		nb.Cells = append(nb.Cells, c)
	}
	return nb, nil
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

// decoder removes known fields from a JSON object, so that the unknown ones remain.
type decoder struct{ obj object }

func (d decoder) take(key string, into any, required bool) error {
	raw, ok := d.obj[key]
	if !ok {
		if required {
			return fmt.Errorf("%s is missing", key)
		}
		return nil
	}
	delete(d.obj, key)
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	return nil
}

func (d decoder) takeText(key string, into *string) error {
	raw, ok := d.obj[key]
	if !ok {
		return fmt.Errorf("%s is missing", key)
	}
	delete(d.obj, key)
	s, err := joinText(raw)
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	*into = s
	return nil
}

func readCell(obj object) (*Cell, error) {
	if obj == nil {
		return nil, errors.New("is null")
	}
	c := &Cell{}
	d := decoder{obj}
	var outputs []object
	err := errors.Join(
		d.take("cell_type", &c.Type, true),
		d.take("id", &c.ID, false),
		d.take("metadata", &c.Metadata, false),
		d.takeText("source", &c.Source),
		d.take("attachments", &c.Attachments, false),
	)
	if err != nil {
		return nil, err
	}
	switch c.Type {
	case Code:
		err = errors.Join(d.take("execution_count", &c.ExecutionCount, false), d.take("outputs", &outputs, false))
	case Markdown, Raw:
	default:
		err = fmt.Errorf("unknown cell type %q", c.Type)
	}
	if err != nil {
		return nil, err
	}
	if c.Metadata == nil {
		c.Metadata = object{}
	}
	for i, o := range outputs {
		out, err := readOutput(o)
		if err != nil {
			return nil, fmt.Errorf("output %d: %w", i+1, err)
		}
		c.Outputs = append(c.Outputs, out)
	}
	c.extra = obj
	return c, nil
}

func readOutput(obj object) (*Output, error) {
	if obj == nil {
		return nil, errors.New("is null")
	}
	o := &Output{}
	d := decoder{obj}
	err := d.take("output_type", &o.Type, true)
	switch o.Type {
	case Stream:
		err = errors.Join(err, d.take("name", &o.Name, true), d.takeText("text", &o.Text))
	case DisplayData, ExecuteResult:
		err = errors.Join(err, d.take("data", &o.Data, true), d.take("metadata", &o.Metadata, false))
		if o.Type == ExecuteResult {
			err = errors.Join(err, d.take("execution_count", &o.ExecutionCount, false))
		}
		if o.Metadata == nil {
			o.Metadata = object{}
		}
	case ErrorOutput:
		err = errors.Join(err, d.take("ename", &o.EName, true), d.take("evalue", &o.EValue, true),
			d.take("traceback", &o.Traceback, false))
	default:
		if err == nil {
			err = fmt.Errorf("unknown output type %q", o.Type)
		}
	}
	o.extra = obj
	return o, err
}

// Write writes the notebook in Jupyter's own layout.
func (nb *Notebook) Write(w io.Writer) error {
	cells := make([]object, len(nb.Cells))
	for i, c := range nb.Cells {
		cells[i] = c.object()
	}
	top := clone(nb.extra)
	top["cells"] = marshal(cells)
	top["metadata"] = marshal(nonNil(nb.Metadata))
	top["nbformat"] = marshal(nb.NBFormat)
	top["nbformat_minor"] = marshal(nb.NBFormatMinor)
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(top); err != nil {
		return fmt.Errorf("ipynb: %w", err)
	}
	_, err := w.Write(separator.ReplaceAllFunc(b.Bytes(), plainSeparator))
	return err
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

// WriteFile writes the notebook to a file completely or not at all, see
// [files.Write].
func (nb *Notebook) WriteFile(path string) error {
	var b bytes.Buffer
	if err := nb.Write(&b); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return files.Write(path, b.Bytes())
}

func (c *Cell) object() object {
	obj := clone(c.extra)
	obj["cell_type"] = marshal(c.Type)
	obj["metadata"] = marshal(nonNil(c.Metadata))
	obj["source"] = splitText(c.Source)
	if c.ID != "" {
		obj["id"] = marshal(c.ID)
	}
	if c.Attachments != nil {
		obj["attachments"] = c.Attachments
	}
	if c.Type == Code {
		outputs := make([]object, len(c.Outputs))
		for i, o := range c.Outputs {
			outputs[i] = o.object()
		}
		obj["outputs"] = marshal(outputs)
		obj["execution_count"] = marshal(c.ExecutionCount)
	}
	return obj
}

func (o *Output) object() object {
	obj := clone(o.extra)
	obj["output_type"] = marshal(o.Type)
	switch o.Type {
	case Stream:
		obj["name"] = marshal(o.Name)
		obj["text"] = splitText(o.Text)
	case DisplayData, ExecuteResult:
		data := make(object, len(o.Data))
		for mime, raw := range o.Data {
			if s, ok := o.TextOf(mime); ok && splitsAsText(mime) {
				raw = splitText(s)
			}
			data[mime] = raw
		}
		obj["data"] = marshal(data)
		obj["metadata"] = marshal(nonNil(o.Metadata))
		if o.Type == ExecuteResult {
			obj["execution_count"] = marshal(o.ExecutionCount)
		}
	case ErrorOutput:
		obj["ename"] = marshal(o.EName)
		obj["evalue"] = marshal(o.EValue)
		obj["traceback"] = marshal(append([]string{}, o.Traceback...))
	}
	return obj
}

func clone(m object) object {
	if m == nil {
		return object{}
	}
	return maps.Clone(m)
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
	return bytes.TrimSpace(b.Bytes())
}
