package experiment

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"microcircuits/dendrite/record"
)

// Sources explains the letters in the sources of parameters.
const Sources = "Sources: N is the NeurIPS 2018 paper, SM its supplement. Letters in brackets are public reimplementations from which a value was taken: [My] miyosuda/dendritic_bp, [G] willgreedy/msc-project, [E] ernoult/dentriticBP, [PH] phll/Neuro-Backprop, [S] a thesis derived from [E]. [recalled-H, -M, -L]: recalled from the paper with high, medium or low confidence. More in dendrite/paper.md."

// walk visits the parameters of a struct, see the package comment.
func walk(v reflect.Value, prefix string, visit func(name string, f reflect.StructField, v reflect.Value)) {
	t := v.Type()
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Tag.Get("param") == "-" || !f.IsExported() {
			continue
		}
		if f.Type.Kind() == reflect.Struct {
			walk(v.Field(i), prefix+f.Name+".", visit)
			continue
		}
		visit(prefix+f.Name, f, v.Field(i))
	}
}

// table returns the parameters of p with the values of its preset. reduced is true if one
// with the tag scale is below that of whole. p, preset and whole have the same struct
// type.
func table(p, preset, whole any) (rows []record.Parameter, reduced bool) {
	base, full := map[string]string{}, map[string]reflect.Value{}
	walk(reflect.ValueOf(preset), "", func(name string, _ reflect.StructField, v reflect.Value) { base[name] = format(v) })
	walk(reflect.ValueOf(whole), "", func(name string, _ reflect.StructField, v reflect.Value) { full[name] = v })
	walk(reflect.ValueOf(p), "", func(name string, f reflect.StructField, v reflect.Value) {
		value := format(v)
		rows = append(rows, record.Parameter{
			Name: name, Symbol: f.Tag.Get("symbol"), Value: value, Preset: base[name],
			Paper: f.Tag.Get("paper"), Unit: f.Tag.Get("unit"), Source: f.Tag.Get("source"),
			Doc: f.Tag.Get("doc"), Range: validText(f), Changed: value != base[name],
		})
		reduced = reduced || f.Tag.Get("scale") == "up" && number(v) < number(full[name])
	})
	return rows, reduced
}

// number returns the value of a numeric field, or the sum of a list. It panics for other types, because the tag
// scale is wrong there.
func number(v reflect.Value) float64 {
	switch {
	case v.CanInt():
		return float64(v.Int())
	case v.CanFloat():
		return v.Float()
	case v.Kind() == reflect.Slice:
		var sum float64
		for i := range v.Len() {
			sum += number(v.Index(i))
		}
		return sum
	}
	panic(fmt.Sprintf("experiment: a field of type %s has the tag scale, which is for numbers", v.Type()))
}

// validate checks every field of the struct p. The error contains the first parameter that
// is out of its range, its value and the range.
func validate(p any) error {
	var err error
	walk(reflect.ValueOf(p), "", func(name string, f reflect.StructField, v reflect.Value) {
		if err == nil {
			err = checkField(name, f, v)
		}
	})
	return err
}

func checkField(name string, f reflect.StructField, v reflect.Value) error {
	switch v.Kind() {
	case reflect.String:
		if names := f.Tag.Get("oneof"); names != "" && !slices.Contains(strings.Split(names, "|"), v.String()) {
			return fmt.Errorf("parameter %s is %q; choose one of %s", name, v.String(), strings.ReplaceAll(names, "|", ", "))
		}
	case reflect.Int:
		return checkRange(name, f, float64(v.Int()))
	case reflect.Float64:
		return checkRange(name, f, v.Float())
	case reflect.Slice:
		for i := range v.Len() {
			if err := checkField(fmt.Sprintf("%s[%d]", name, i), f, v.Index(i)); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkRange(name string, f reflect.StructField, x float64) error {
	lo, above, hi := limit(f, "min"), limit(f, "above"), limit(f, "max")
	if math.IsNaN(x) || x < lo || x <= above || x > hi {
		return fmt.Errorf("parameter %s (%s) is %v; want %s", name, f.Tag.Get("doc"), x, rangeText(name, f))
	}
	return nil
}

// limit returns the number in a range tag. Without the tag it returns a limit that every
// finite number satisfies. It panics if the tag is not a number.
func limit(f reflect.StructField, tag string) float64 {
	s := f.Tag.Get(tag)
	if s == "" {
		if tag == "max" {
			return math.MaxFloat64
		}
		return math.Inf(-1)
	}
	x, err := strconv.ParseFloat(s, 64)
	if err != nil {
		panic(fmt.Sprintf("experiment: field %s: tag %s: %v", f.Name, tag, err))
	}
	return x
}

func rangeText(name string, f reflect.StructField) string {
	text := name
	if s := f.Tag.Get("min"); s != "" {
		text = s + " <= " + text
	} else if s := f.Tag.Get("above"); s != "" {
		text = s + " < " + text
	}
	if s := f.Tag.Get("max"); s != "" {
		text += " <= " + s
	}
	if text == name {
		return "a finite number"
	}
	return text
}

// validText returns the range of a field for the parameter table.
func validText(f reflect.StructField) string {
	if names := f.Tag.Get("oneof"); names != "" {
		return strings.ReplaceAll(names, "|", ", ")
	}
	lo, above, hi := f.Tag.Get("min"), f.Tag.Get("above"), f.Tag.Get("max")
	switch {
	case lo != "" && hi != "":
		return lo + " to " + hi
	case above != "" && hi != "":
		return "above " + above + " to " + hi
	case lo != "":
		return "at least " + lo
	case above != "":
		return "above " + above
	case hi != "":
		return "at most " + hi
	}
	return ""
}

func format(v reflect.Value) string {
	if v.Kind() == reflect.Slice {
		parts := make([]string, v.Len())
		for i := range parts {
			parts[i] = format(v.Index(i))
		}
		return strings.Join(parts, ", ")
	}
	return fmt.Sprint(v.Interface())
}
