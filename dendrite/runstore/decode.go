package runstore

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strconv"
)

// A decoder is the inverse of an encoder. Missing or unknown fields, arrays of another
// type or shape, and unused arrays are errors.
type decoder struct {
	arrays map[string][]byte // .npy files by name
	used   map[string]bool
}

// decode fills target, a pointer, from the results of encode. After an error target is
// not changed.
func decode(target any, text []byte, arrays map[string][]byte) error {
	p := reflect.ValueOf(target)
	if p.Kind() != reflect.Pointer || p.IsNil() {
		panic(fmt.Sprintf("runstore: target must be a non-nil pointer, not a %T", target))
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var node any
	if err := dec.Decode(&node); err != nil {
		return fmt.Errorf("read JSON: %w", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return fmt.Errorf("read JSON: there is text after the value")
	}
	d := decoder{arrays: arrays, used: map[string]bool{}}
	fresh := reflect.New(p.Type().Elem())
	if err := d.value(node, fresh.Elem(), "", 0); err != nil {
		return err
	}
	for name := range arrays {
		if !d.used[name] {
			return fmt.Errorf("array %q belongs to no field", name)
		}
	}
	p.Elem().Set(fresh.Elem())
	return nil
}

func (d *decoder) value(node any, v reflect.Value, path string, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("%s: nested deeper than %d levels", displayPath(path), maxDepth)
	}
	t := v.Type()
	switch k := t.Kind(); {
	case node == nil:
		if k == reflect.Pointer || k == reflect.Slice || k == reflect.Map {
			return nil // v is new, so it is nil already
		}
		return fmt.Errorf("%s is null, but a %s cannot be null", displayPath(path), t)
	case k == reflect.Pointer:
		v.Set(reflect.New(t.Elem()))
		return d.value(node, v.Elem(), path, depth+1)
	case isText(t):
		text, err := jsonAs[string](node, path)
		if err != nil {
			return err
		}
		if err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(text)); err != nil {
			return fmt.Errorf("%s: %w", displayPath(path), err)
		}
		return nil
	case isBinary(t):
		a, err := d.array(node, path, "|u1", 1)
		if err != nil {
			return err
		}
		if err := v.Addr().Interface().(encoding.BinaryUnmarshaler).UnmarshalBinary(a.data); err != nil {
			return fmt.Errorf("%s: %w", displayPath(path), err)
		}
		return nil
	case k == reflect.Slice || k == reflect.Array:
		return d.list(node, v, path, depth)
	case k == reflect.Struct:
		return d.object(node, v, path, depth)
	case k == reflect.Map:
		return d.mapping(node, v, path, depth)
	}
	return d.scalar(node, v, path)
}

func (d *decoder) object(node any, v reflect.Value, path string, depth int) error {
	members, err := membersOf(v, displayPath(path))
	if err != nil {
		return err
	}
	nodes, err := jsonAs[map[string]any](node, path)
	if err != nil {
		return err
	}
	for _, m := range members {
		n, ok := nodes[m.name]
		if !ok {
			return fmt.Errorf("%s is missing", join(path, m.name))
		}
		if err := d.value(n, m.value, join(path, m.name), depth+1); err != nil {
			return err
		}
	}
	if len(nodes) > len(members) {
		return fmt.Errorf("%s has %d fields, but %s has %d", displayPath(path), len(nodes), v.Type(), len(members))
	}
	return nil
}

func (d *decoder) mapping(node any, v reflect.Value, path string, depth int) error {
	nodes, err := jsonAs[map[string]any](node, path)
	if err != nil {
		return err
	}
	t := v.Type()
	v.Set(reflect.MakeMapWithSize(t, len(nodes)))
	for name, n := range nodes {
		key, elem := reflect.New(t.Key()).Elem(), reflect.New(t.Elem()).Elem()
		switch key.Kind() {
		case reflect.String:
			key.SetString(name)
		case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
			i, err := strconv.ParseInt(name, 10, t.Key().Bits())
			if err != nil {
				return fmt.Errorf("%s: key: %w", displayPath(path), err)
			}
			key.SetInt(i)
		default:
			return fmt.Errorf("%s is a map with keys of type %s, which cannot be stored", displayPath(path), t.Key())
		}
		if err := d.value(n, elem, join(path, name), depth+1); err != nil {
			return err
		}
		v.SetMapIndex(key, elem)
	}
	return nil
}

// list decodes a slice or an array of fixed length.
func (d *decoder) list(node any, v reflect.Value, path string, depth int) error {
	t := v.Type()
	if dtype, ok := dtypeOf(t.Elem()); ok {
		a, err := d.array(node, path, dtype, 1)
		if err != nil {
			return err
		}
		if err := resize(v, a.shape[0], path); err != nil {
			return err
		}
		return setElements(sliced(v), a.data)
	}
	if _, isRef := node.(map[string]any); isRef && t.Elem().Kind() == reflect.Slice {
		return d.matrix(node, v, path)
	}
	nodes, err := jsonAs[[]any](node, path)
	if err != nil {
		return err
	}
	if err := resize(v, len(nodes), path); err != nil {
		return err
	}
	for i, n := range nodes {
		if err := d.value(n, v.Index(i), join(path, strconv.Itoa(i)), depth+1); err != nil {
			return err
		}
	}
	return nil
}

// matrix decodes an array of two dimensions into a slice of rows.
func (d *decoder) matrix(node any, v reflect.Value, path string) error {
	rowType := v.Type().Elem()
	dtype, _ := dtypeOf(rowType.Elem())
	a, err := d.array(node, path, dtype, 2)
	if err != nil {
		return err
	}
	rows, cols := a.shape[0], a.shape[1]
	if rows == 0 || cols == 0 {
		return fmt.Errorf("%s: array has the empty shape %v", displayPath(path), a.shape)
	}
	if err := resize(v, rows, path); err != nil {
		return err
	}
	stride := len(a.data) / rows
	for i := range rows {
		row := reflect.MakeSlice(rowType, cols, cols)
		if err := setElements(row, a.data[i*stride:(i+1)*stride]); err != nil {
			return fmt.Errorf("%s: row %d: %w", displayPath(path), i, err)
		}
		v.Index(i).Set(row)
	}
	return nil
}

func (d *decoder) scalar(node any, v reflect.Value, path string) error {
	t := v.Type()
	number := func() (string, error) {
		n, err := jsonAs[json.Number](node, path)
		return n.String(), err
	}
	var text string
	var err error
	switch t.Kind() {
	case reflect.Bool:
		var b bool
		if b, err = jsonAs[bool](node, path); err == nil {
			v.SetBool(b)
		}
	case reflect.String:
		if text, err = jsonAs[string](node, path); err == nil {
			v.SetString(text)
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		var i int64
		if text, err = number(); err == nil {
			i, err = strconv.ParseInt(text, 10, t.Bits())
			v.SetInt(i)
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		var u uint64
		if text, err = number(); err == nil {
			u, err = strconv.ParseUint(text, 10, t.Bits())
			v.SetUint(u)
		}
	case reflect.Float32, reflect.Float64:
		if s, ok := node.(string); ok && (s == "NaN" || s == "+Inf" || s == "-Inf") {
			text = s
		} else {
			text, err = number()
		}
		if err == nil {
			var f float64
			f, err = strconv.ParseFloat(text, t.Bits())
			v.SetFloat(f)
		}
	default:
		err = fmt.Errorf("is of type %s, which cannot be stored", t)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", displayPath(path), err)
	}
	return nil
}

// array returns the array that node refers to. It checks the element type and the number
// of dimensions.
func (d *decoder) array(node any, path, dtype string, dims int) (*array, error) {
	ref, err := jsonAs[map[string]any](node, path)
	if err != nil {
		return nil, err
	}
	name, ok := ref["array"].(string)
	if !ok || len(ref) != 1 {
		return nil, fmt.Errorf("%s does not refer to an array", displayPath(path))
	}
	name += ".npy"
	data, ok := d.arrays[name]
	if !ok {
		return nil, fmt.Errorf("%s: array %q is missing", displayPath(path), name)
	}
	if d.used[name] {
		return nil, fmt.Errorf("%s: array %q belongs to another field", displayPath(path), name)
	}
	d.used[name] = true
	a, err := parseNPY(data)
	if err != nil {
		return nil, fmt.Errorf("%s: array %q %w", displayPath(path), name, err)
	}
	if a.dtype != dtype || len(a.shape) != dims {
		return nil, fmt.Errorf("%s: array %q has type %s and %d dimensions, want %s and %d", displayPath(path), name, a.dtype, len(a.shape), dtype, dims)
	}
	return a, nil
}

// resize sets the length of the slice v to n, or checks that the array v has length n.
func resize(v reflect.Value, n int, path string) error {
	if v.Kind() == reflect.Slice {
		v.Set(reflect.MakeSlice(v.Type(), n, n))
	} else if v.Len() != n {
		return fmt.Errorf("%s has %d elements, want %d", displayPath(path), n, v.Len())
	}
	return nil
}

// jsonAs returns node as a JSON value of type T: string, bool, number, list or object.
func jsonAs[T any](node any, path string) (T, error) {
	x, ok := node.(T)
	if !ok {
		return x, fmt.Errorf("%s is not a JSON %T", displayPath(path), x)
	}
	return x, nil
}
