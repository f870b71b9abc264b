package runstore

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
)

var (
	textMarshaler     = reflect.TypeFor[encoding.TextMarshaler]()
	textUnmarshaler   = reflect.TypeFor[encoding.TextUnmarshaler]()
	binaryMarshaler   = reflect.TypeFor[encoding.BinaryMarshaler]()
	binaryUnmarshaler = reflect.TypeFor[encoding.BinaryUnmarshaler]()
)

// isText and isBinary report whether values of t, which is not a pointer type, are stored
// by their own MarshalText or MarshalBinary.
func isText(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(textMarshaler) && p.Implements(textUnmarshaler)
}

func isBinary(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(binaryMarshaler) && p.Implements(binaryUnmarshaler)
}

// isMatrix reports whether v, a slice of slices with a dtype, is rectangular and not
// empty. Then it is stored as one array of two dimensions.
func isMatrix(v reflect.Value) bool {
	if v.Len() == 0 || v.Index(0).Len() == 0 {
		return false
	}
	for i := range v.Len() {
		if v.Index(i).Len() != v.Index(0).Len() {
			return false
		}
	}
	return true
}

// An encoder converts a value to JSON text and arrays. In place of an array the text has
// {"array": "its name"}.
type encoder struct {
	json   []byte
	files  []file  // the arrays as .npy
	arrays []Array // their descriptions
	about  about   // of the field around the present value
	names  map[string]bool
}

// encode returns v as indented JSON and .npy files.
func encode(v any) (text []byte, arrays []file, err error) {
	text, arrays, _, err = encodeDescribed(v)
	return text, arrays, err
}

// encodeDescribed is encode with descriptions of the arrays. Unit and meaning of an array are
// the tags unit and doc of its field, or of the nearest field around it that has one of them.
func encodeDescribed(v any) (text []byte, files []file, arrays []Array, err error) {
	e := encoder{names: map[string]bool{}}
	if err := e.value(reflect.ValueOf(v), "", 0); err != nil {
		return nil, nil, nil, err
	}
	return indent(e.json), e.files, e.arrays, nil
}

func (e *encoder) value(v reflect.Value, path string, depth int) error {
	if !v.IsValid() {
		return fmt.Errorf("%s: untyped nil cannot be stored", displayPath(path))
	}
	if depth > maxDepth {
		return fmt.Errorf("%s: nested deeper than %d levels; is there a cycle of pointers?", displayPath(path), maxDepth)
	}
	t := v.Type()
	switch k := t.Kind(); {
	case k == reflect.Pointer:
		switch t.Elem().Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map:
			// nil and a pointer to nil would have the same text.
			return fmt.Errorf("%s is of type %s, which cannot be stored: use %s", displayPath(path), t, t.Elem())
		}
		if v.IsNil() {
			e.json = append(e.json, "null"...)
			return nil
		}
		return e.value(v.Elem(), path, depth+1)
	case isText(t):
		text, err := addressable(v).Interface().(encoding.TextMarshaler).MarshalText()
		if err != nil {
			return fmt.Errorf("%s: %w", displayPath(path), err)
		}
		e.json, err = appendQuoted(e.json, string(text), displayPath(path))
		return err
	case isBinary(t):
		data, err := addressable(v).Interface().(encoding.BinaryMarshaler).MarshalBinary()
		if err != nil {
			return fmt.Errorf("%s: %w", displayPath(path), err)
		}
		return e.array(path, &array{dtype: "|u1", shape: []int{len(data)}, data: data})
	case k == reflect.Slice && v.IsNil(), k == reflect.Map && v.IsNil():
		e.json = append(e.json, "null"...)
		return nil
	case k == reflect.Slice || k == reflect.Array:
		return e.list(v, path, depth)
	case k == reflect.Struct || k == reflect.Map:
		members, err := membersOf(v, displayPath(path))
		if err != nil {
			return err
		}
		e.json = append(e.json, '{')
		for i, m := range members {
			if i > 0 {
				e.json = append(e.json, ',')
			}
			if e.json, err = appendQuoted(e.json, m.name, displayPath(path)); err != nil {
				return err
			}
			e.json = append(e.json, ':')
			around := e.about
			if m.about != (about{}) {
				e.about = m.about
			}
			if err := e.value(m.value, join(path, m.name), depth+1); err != nil {
				return err
			}
			e.about = around
		}
		e.json = append(e.json, '}')
		return nil
	}
	return e.scalar(v, path)
}

func (e *encoder) scalar(v reflect.Value, path string) (err error) {
	switch v.Kind() {
	case reflect.Bool:
		e.json = strconv.AppendBool(e.json, v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		e.json = strconv.AppendInt(e.json, v.Int(), 10)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		e.json = strconv.AppendUint(e.json, v.Uint(), 10)
	case reflect.Float32, reflect.Float64:
		if f := v.Float(); math.IsNaN(f) || math.IsInf(f, 0) {
			e.json = strconv.AppendQuote(e.json, strconv.FormatFloat(f, 'g', -1, 64))
			return nil
		}
		e.json, err = appendNumber(e.json, v)
	case reflect.String:
		e.json, err = appendQuoted(e.json, v.String(), displayPath(path))
	default:
		return fmt.Errorf("%s is of type %s, which cannot be stored", displayPath(path), v.Type())
	}
	return err
}

// list encodes a slice or an array of fixed length.
func (e *encoder) list(v reflect.Value, path string, depth int) error {
	elem := v.Type().Elem()
	if dtype, ok := dtypeOf(elem); ok {
		return e.array(path, &array{dtype, []int{v.Len()}, appendElements(nil, sliced(v))})
	}
	if elem.Kind() == reflect.Slice && !isText(elem) && !isBinary(elem) {
		if dtype, ok := dtypeOf(elem.Elem()); ok && isMatrix(v) {
			a := &array{dtype: dtype, shape: []int{v.Len(), v.Index(0).Len()}}
			for i := range v.Len() {
				a.data = appendElements(a.data, v.Index(i))
			}
			return e.array(path, a)
		}
	}
	e.json = append(e.json, '[')
	for i := range v.Len() {
		if i > 0 {
			e.json = append(e.json, ',')
		}
		if err := e.value(v.Index(i), join(path, strconv.Itoa(i)), depth+1); err != nil {
			return err
		}
	}
	e.json = append(e.json, ']')
	return nil
}

// array adds an array, with a name made from path, and writes the reference to it.
func (e *encoder) array(path string, a *array) error {
	name := arrayName(displayPath(path))
	for n := 2; e.names[name]; n++ { // different paths may give one name: a.b can be a map key
		name = fmt.Sprintf("%s~%d", arrayName(displayPath(path)), n)
	}
	e.names[name] = true
	e.files = append(e.files, file{name + ".npy", a.npy()})
	e.arrays = append(e.arrays, Array{Name: name, Type: a.dtype, Shape: a.shape, Unit: e.about.unit, Meaning: e.about.meaning})
	e.json = fmt.Appendf(e.json, `{"array":%q}`, name)
	return nil
}

// arrayName returns path as a name that is valid for files on every system.
func arrayName(path string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '.', r == '-', r == '_':
			return r
		}
		return '_'
	}, path)
}

// displayPath returns path for messages of one line. The path of the whole value is empty.
func displayPath(path string) string {
	if path == "" {
		return "value"
	}
	escaped := strconv.Quote(path) // a key of a map may have any characters
	return escaped[1 : len(escaped)-1]
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// addressable returns a pointer to v or to a copy of it, because some types have methods
// only on the pointer.
func addressable(v reflect.Value) reflect.Value {
	if v.CanAddr() {
		return v.Addr()
	}
	p := reflect.New(v.Type())
	p.Elem().Set(v)
	return p
}

// sliced returns v, a slice or an array, as a slice.
func sliced(v reflect.Value) reflect.Value {
	if v.Kind() == reflect.Slice {
		return v
	}
	return addressable(v).Elem().Slice(0, v.Len())
}

// indent returns indented JSON text.
func indent(text []byte) []byte {
	var buf bytes.Buffer
	if err := json.Indent(&buf, text, "", "  "); err != nil {
		panic("runstore: encoder wrote invalid JSON: " + err.Error())
	}
	buf.WriteByte('\n')
	return buf.Bytes()
}
