package experiment

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Parameter is one row of a parameter table.
type Parameter struct {
	Name    string `json:"name"`
	Symbol  string `json:"symbol"`
	Value   string `json:"value"`
	Preset  string `json:"preset"` // the value in the preset this run started from
	Paper   string `json:"paper"`  // what the paper has, as far as it is known
	Unit    string `json:"unit"`
	Source  string `json:"source"` // where the paper's value comes from
	Doc     string `json:"doc"`
	Range   string `json:"range,omitempty"` // the valid values, in words; empty: any finite number
	Changed bool   `json:"changed"`         // Value differs from Preset
	reduced bool   // a scale parameter below the paper preset's
}

// Sources explains the letters in the sources of parameters.
const Sources = "Sources: N is the NeurIPS 2018 paper, SM its supplement. Letters in brackets are public reimplementations in which a value was read: [My] miyosuda/dendritic_bp, [G] willgreedy/msc-project, [E] ernoult/dentriticBP, [PH] phll/Neuro-Backprop, [S] a thesis derived from [E]. [recalled-H, -M, -L]: recalled from the paper with high, medium or low confidence. More in dendrite/paper.md."

// Params are documented by struct tags, the one place from which parameter
// tables, range errors and change marks come:
//
//	symbol  the symbol used in the equations
//	unit    physical unit
//	paper   the paper's value, as text
//	source  where that is said
//	doc     one line of meaning
//	min, max, above   the valid range (above: exclusive minimum)
//	oneof   the valid names of a string, separated by |
//	scale   "up": the run is reduced when this number is below the paper's preset
//
// Nested structs are walked and their fields named Outer.Inner; a field tagged
// param:"-" is left out.
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

// Table lists the parameters of p beside those of the preset p started from
// and of the paper's preset. All three are values of one struct type.
func Table(p, preset, paper any) []Parameter {
	base, full := map[string]string{}, map[string]reflect.Value{}
	walk(reflect.ValueOf(preset), "", func(name string, _ reflect.StructField, v reflect.Value) { base[name] = format(v) })
	walk(reflect.ValueOf(paper), "", func(name string, _ reflect.StructField, v reflect.Value) { full[name] = v })
	var rows []Parameter
	walk(reflect.ValueOf(p), "", func(name string, f reflect.StructField, v reflect.Value) {
		value := format(v)
		rows = append(rows, Parameter{
			Name: name, Symbol: f.Tag.Get("symbol"), Value: value, Preset: base[name],
			Paper: f.Tag.Get("paper"), Unit: f.Tag.Get("unit"), Source: f.Tag.Get("source"),
			Doc: f.Tag.Get("doc"), Range: validText(f), Changed: value != base[name],
			reduced: f.Tag.Get("scale") == "up" && number(v) < number(full[name]),
		})
	})
	return rows
}

// number is the value of a field whose tags need one. Another type there is a
// mistake in this program.
func number(v reflect.Value) float64 {
	switch {
	case v.CanInt():
		return float64(v.Int())
	case v.CanFloat():
		return v.Float()
	}
	panic(fmt.Sprintf("experiment: a field of type %s has the tag scale, which is for numbers", v.Type()))
}

// Validate checks every field of the struct p against the range in its tags
// and returns one error that names the first parameter out of range, its
// value and the range.
func Validate(p any) error {
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
			if err := checkRange(fmt.Sprintf("%s[%d]", name, i), f, v.Index(i).Float()); err != nil {
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

// limit reads a range tag; an absent one never refuses a finite number. A tag
// that is not a number is a mistake in this program.
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

// validText is the range of a field for a table.
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
