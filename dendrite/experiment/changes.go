package experiment

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Changes are parameters that differ from a preset, by name as in the parameter table:
// "Sigma", "Microcircuit.Lambda", "Microcircuit.Lambda[0]". Upper and lower case do not
// matter. The last part of a name is enough if only one parameter has it. A value has the
// type of the parameter (number, text, list) or is its text as on a command line: 0.3,
// "0.3", []float64{0.3, 0.1}, "0.3, 0.1".
type Changes map[string]any

// apply sets the parameters of the struct that p points to: whole parameters first, then
// elements of lists. In between it calls derive, which may change the lengths of lists.
func (c Changes) apply(p any, derive func()) error {
	fields, names := map[string]reflect.Value{}, []string{}
	walk(reflect.ValueOf(p).Elem(), "", func(name string, _ reflect.StructField, v reflect.Value) {
		fields[name] = v
		names = append(names, name)
	})
	type target struct {
		given, full string
		index       int // of an element, or -1
	}
	var whole, elements []target
	named := map[string]string{}
	for _, given := range slices.Sorted(maps.Keys(c)) {
		plain, index, err := element(given)
		if err != nil {
			return err
		}
		full, err := find(plain, names)
		if err != nil {
			return err
		}
		written := full
		if t := (target{given, full, index}); index < 0 {
			whole = append(whole, t)
		} else {
			elements = append(elements, t)
			written += fmt.Sprintf("[%d]", index)
		}
		if other, ok := named[written]; ok {
			return fmt.Errorf("parameter %s is given twice, as %s and %s: remove one", written, other, given)
		}
		named[written] = given
	}
	for _, t := range whole {
		if err := assign(fields[t.full], t.full, c[t.given]); err != nil {
			return err
		}
	}
	derive()
	for _, t := range elements {
		if err := assignElement(fields[t.full], t.full, t.index, c[t.given]); err != nil {
			return err
		}
	}
	return nil
}

// assignElement sets an element of a list to a value.
func assignElement(field reflect.Value, name string, index int, value any) error {
	if field.Kind() != reflect.Slice {
		return fmt.Errorf("parameter %s is not a list: %s[%d] is not valid", name, name, index)
	}
	if index >= field.Len() {
		return fmt.Errorf("parameter %s has %d values, counted from 0: there is no %s[%d]", name, field.Len(), name, index)
	}
	list := reflect.MakeSlice(field.Type(), field.Len(), field.Len()) // others may share the old one
	reflect.Copy(list, field)
	field.Set(list)
	return assign(field.Index(index), fmt.Sprintf("%s[%d]", name, index), value)
}

// element splits the name of an element, such as Lambda[0]. index is -1 if name is the
// name of a parameter.
func element(name string) (plain string, index int, err error) {
	if strings.ContainsFunc(name, unicode.IsControl) {
		return "", 0, fmt.Errorf("there is no parameter %q", name)
	}
	plain, rest, ok := strings.Cut(name, "[")
	if !ok {
		return name, -1, nil
	}
	index, err = strconv.Atoi(strings.TrimSuffix(rest, "]"))
	if err != nil || index < 0 || !strings.HasSuffix(rest, "]") {
		return "", 0, fmt.Errorf("parameter %s: write an element of a list as Name[0]", name)
	}
	return plain, index, nil
}

// find returns the full name for name: the one that is equal, ignoring case, else the
// only one whose last part is equal.
func find(name string, names []string) (string, error) {
	var ending []string
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return n, nil
		}
		if at := len(n) - len(name) - 1; at >= 0 && n[at] == '.' && strings.EqualFold(n[at+1:], name) {
			ending = append(ending, n)
		}
	}
	switch len(ending) {
	case 0:
		return "", fmt.Errorf("there is no parameter %s%s; there are: %s", name, DidYouMean(name, names), strings.Join(names, ", "))
	case 1:
		return ending[0], nil
	}
	return "", fmt.Errorf("parameter %s can be %s: write the full name", name, strings.Join(ending, " or "))
}

// assign sets a field to a value or to the value of a text.
func assign(field reflect.Value, name string, value any) error {
	wrong := func(want string) error { return fmt.Errorf("parameter %s: %#v is not %s", name, value, want) }
	v := reflect.ValueOf(value)
	text, isText := value.(string)
	switch field.Kind() {
	case reflect.String:
		if !v.IsValid() || v.Kind() != reflect.String {
			return wrong("text")
		}
		field.SetString(v.String())
	case reflect.Bool:
		b, err := strconv.ParseBool(fmt.Sprint(value))
		if err != nil {
			return wrong("true or false")
		}
		field.SetBool(b)
	case reflect.Int:
		x, err := numberOf(v, text, isText)
		if err != nil || x != math.Trunc(x) || math.Abs(x) > 1<<53 {
			return wrong("a whole number")
		}
		field.SetInt(int64(x))
	case reflect.Float64:
		x, err := numberOf(v, text, isText)
		if err != nil {
			return wrong("a number")
		}
		field.SetFloat(x)
	case reflect.Slice:
		if isText && strings.TrimSpace(text) == "" {
			v = reflect.ValueOf([]string{})
		} else if isText {
			v = reflect.ValueOf(strings.Split(text, ","))
		} else if v.IsValid() && (v.CanInt() || v.CanUint() || v.CanFloat()) { // a list of one number
			v = reflect.ValueOf([]any{value})
		}
		if !v.IsValid() || v.Kind() != reflect.Slice {
			return wrong("a list such as 0.3, 0.1")
		}
		list := reflect.MakeSlice(field.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			if err := assign(list.Index(i), fmt.Sprintf("%s[%d]", name, i), v.Index(i).Interface()); err != nil {
				return err
			}
		}
		field.Set(list)
	default:
		return fmt.Errorf("parameter %s is of type %s, which cannot be changed by name", name, field.Type())
	}
	return nil
}

func numberOf(v reflect.Value, text string, isText bool) (float64, error) {
	switch {
	case isText:
		return strconv.ParseFloat(strings.TrimSpace(text), 64)
	case !v.IsValid():
	case v.CanInt():
		return float64(v.Int()), nil
	case v.CanUint():
		return float64(v.Uint()), nil
	case v.CanFloat():
		return v.Float(), nil
	}
	return 0, errors.New("not a number")
}

// DidYouMean returns a hint for the error about an unknown name: the most similar name, or
// "" if none is similar.
func DidYouMean(name string, names []string) string {
	// Ignore the part before the last dot and the number of a notebook.
	plain := func(s string) string {
		s = s[strings.LastIndex(s, ".")+1:]
		return strings.ToLower(strings.TrimLeft(s, "0123456789-"))
	}
	best := slices.MinFunc(append(slices.Clone(names), ""), func(a, b string) int {
		return cmp.Compare(distance(plain(name), plain(a)), distance(plain(name), plain(b)))
	})
	if best == "" || distance(plain(name), plain(best)) > len(name)/2 {
		return ""
	}
	return fmt.Sprintf("; did you mean %s?", best)
}

// distance returns the number of letters to insert, delete or replace to change a to b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
