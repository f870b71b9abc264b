package runstore

import (
	"bytes"
	"cmp"
	"encoding"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"unicode/utf8"
)

// maxDepth is the largest depth of nested keys and results. A cycle of pointers exceeds
// it and gives an error.
const maxDepth = 64

// canonical returns the unique JSON text of v, from which keys are hashed: object members
// are sorted by name, there is no white space, numbers have the shortest form that is read
// back exactly, bytes are hexadecimal text, nil slices are empty ones. Values without such
// a text (NaN, an unexported field, a function) are errors, because two different values
// could have the same key.
func canonical(v any) ([]byte, error) {
	return appendCanonical(nil, reflect.ValueOf(v), "key", 0)
}

func appendCanonical(b []byte, v reflect.Value, path string, depth int) ([]byte, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("%s: nested deeper than %d levels; is there a cycle of pointers?", path, maxDepth)
	}
	if !v.IsValid() {
		return append(b, "null"...), nil
	}
	if v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			return append(b, "null"...), nil
		}
		return appendCanonical(b, v.Elem(), path, depth+1)
	}
	if v.Type().Implements(textMarshaler) {
		text, err := v.Interface().(encoding.TextMarshaler).MarshalText()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return appendQuoted(b, string(text), path)
	}
	switch v.Kind() {
	case reflect.Bool:
		return strconv.AppendBool(b, v.Bool()), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.AppendInt(b, v.Int(), 10), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return strconv.AppendUint(b, v.Uint(), 10), nil
	case reflect.Float32, reflect.Float64:
		if f := v.Float(); math.IsNaN(f) || math.IsInf(f, 0) {
			return nil, fmt.Errorf("%s is %v, which cannot be part of a key", path, f)
		}
		return appendNumber(b, v)
	case reflect.String:
		return appendQuoted(b, v.String(), path)
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			raw := make([]byte, v.Len())
			reflect.Copy(reflect.ValueOf(raw), v)
			return appendQuoted(b, hex.EncodeToString(raw), path)
		}
		b = append(b, '[')
		for i := range v.Len() {
			if i > 0 {
				b = append(b, ',')
			}
			var err error
			if b, err = appendCanonical(b, v.Index(i), fmt.Sprintf("%s[%d]", path, i), depth+1); err != nil {
				return nil, err
			}
		}
		return append(b, ']'), nil
	case reflect.Map, reflect.Struct:
		members, err := membersOf(v, path)
		if err != nil {
			return nil, err
		}
		slices.SortFunc(members, func(x, y member) int { return cmp.Compare(x.name, y.name) })
		b = append(b, '{')
		for i, m := range members {
			if i > 0 {
				b = append(b, ',')
			}
			if b, err = appendQuoted(b, m.name, path); err != nil {
				return nil, err
			}
			b = append(b, ':')
			if b, err = appendCanonical(b, m.value, path+"."+m.name, depth+1); err != nil {
				return nil, err
			}
		}
		return append(b, '}'), nil
	}
	return nil, fmt.Errorf("%s is of type %s, which cannot be part of a key: use numbers, strings and structs of them", path, v.Type())
}

// A member is a field of a struct or an element of a map.
type member struct {
	name  string
	value reflect.Value
	about about // of a field
}

// about is what the tags of a field say about its value.
type about struct{ unit, meaning string }

// membersOf returns the fields of a struct in order, or the elements of a map sorted by
// name.
func membersOf(v reflect.Value, path string) ([]member, error) {
	var members []member
	t := v.Type()
	if v.Kind() == reflect.Struct {
		for i := range t.NumField() {
			switch f := t.Field(i); {
			case f.Name == "_":
			case !f.IsExported():
				return nil, fmt.Errorf("%s.%s is an unexported field of %s: only exported fields can be stored", path, f.Name, t)
			default:
				members = append(members, member{f.Name, v.Field(i), about{f.Tag.Get("unit"), f.Tag.Get("doc")}})
			}
		}
		return members, nil
	}
	for iter := v.MapRange(); iter.Next(); {
		var name string
		switch k := iter.Key(); k.Kind() {
		case reflect.String:
			name = k.String()
		case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
			name = strconv.FormatInt(k.Int(), 10)
		default:
			return nil, fmt.Errorf("%s is a map with keys of type %s: only strings and integers can be stored", path, t.Key())
		}
		members = append(members, member{name: name, value: iter.Value()})
	}
	slices.SortFunc(members, func(x, y member) int { return cmp.Compare(x.name, y.name) })
	return members, nil
}

// appendNumber appends a finite float32 or float64 as the shortest JSON number from which
// the same value of the same type is read.
func appendNumber(b []byte, v reflect.Value) ([]byte, error) {
	var text []byte
	var err error
	if v.Kind() == reflect.Float32 {
		text, err = json.Marshal(float32(v.Float()))
	} else {
		text, err = json.Marshal(v.Float())
	}
	return append(b, text...), err
}

// appendQuoted appends s as a JSON string. It does not escape <, > and &.
func appendQuoted(b []byte, s, path string) ([]byte, error) {
	if !utf8.ValidString(s) {
		return nil, fmt.Errorf("%s: the text %q is not valid UTF-8", path, s)
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return append(b, bytes.TrimSuffix(buf.Bytes(), []byte("\n"))...), nil
}
