package chart

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Explore calls draw once for each value of the named quantity and joins the
// charts into one. The user selects the value: numbers with a slider, strings from
// a list. The joined chart contains all of them, so that the control works in a
// saved notebook and in a report, without a kernel. At first, and in static
// pictures, it shows the start value. Its table has the rows of all values, one
// after the other. Explore panics if start is not one of the values, or if the
// tables of the charts have different columns.
//
// To keep an axis fixed while the control moves, set its Range.
func Explore[T comparable](name string, start T, values []T, draw func(T) *Chart) *Chart {
	at := slices.Index(values, start)
	if at < 0 {
		panic(fmt.Sprintf("chart: Explore: %s starts at %v, which is not among its values %v", name, start, values))
	}
	e := exploration{Name: name, At: at, List: reflect.TypeFor[T]().Kind() == reflect.String}
	charts := make([]*Chart, len(values))
	for i, v := range values {
		charts[i] = draw(v)
		e.Values = append(e.Values, fmt.Sprint(v))
	}
	out := *charts[at]
	base := decoded(&out)
	out.Table = Table{Columns: append([]Column{{Name: name}}, out.Table.Columns...)}
	for i, c := range charts {
		if !slices.Equal(c.Table.Columns, out.Table.Columns[1:]) {
			panic(fmt.Sprintf("chart: Explore: the table at %s %s has other columns than at %s", name, e.Values[i], e.Values[at]))
		}
		var value any = e.Values[i]
		if x, err := strconv.ParseFloat(e.Values[i], 64); err == nil && !e.List {
			value = x
		}
		for _, row := range c.Table.Rows {
			out.Table.Rows = append(out.Table.Rows, append([]any{value}, row...))
		}
		out.Width, out.Height = max(out.Width, c.Width), max(out.Height, c.Height)
		e.Changes = append(e.Changes, changes(base, decoded(c)))
	}
	hints, ok := base["dendrite"].(obj)
	if !ok {
		hints = obj{}
	}
	hints["explore"] = e
	base["dendrite"] = hints
	out.Option = encoded(base)

	control := "a slider"
	if e.List {
		control = "a list"
	}
	choice := fmt.Sprintf(" The chart starts with %s = %s; a static picture shows only this value. In an open page %s selects one of %s.",
		name, e.Values[at], control, strings.Join(e.Values, ", "))
	out.Caption = strings.TrimSpace(out.Caption + choice)
	out.Alt += choice
	return out.seal()
}

// An exploration is the description of the control for the runtime. Changes has
// one entry for each value. An entry is an object with the keys, or the positions
// in a list, that change. A list of one element is a new value.
type exploration struct {
	Name    string   `json:"name"`
	Values  []string `json:"values"`
	At      int      `json:"at"`
	List    bool     `json:"list,omitempty"`
	Changes []any    `json:"changes"`
}

// changes returns the change from a to b: either the whole of b or its changed
// parts, in the form that needs fewer bytes.
func changes(a, b any) any {
	whole := []any{b}
	if reflect.DeepEqual(a, b) {
		return obj{}
	}
	parts := obj{}
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok {
			return whole
		}
		for key := range a {
			if _, kept := b[key]; !kept {
				return whole
			}
		}
		for key := range b {
			if !reflect.DeepEqual(a[key], b[key]) {
				parts[key] = changes(a[key], b[key])
			}
		}
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return whole
		}
		for i := range b {
			if !reflect.DeepEqual(a[i], b[i]) {
				parts[strconv.Itoa(i)] = changes(a[i], b[i])
			}
		}
	default:
		return whole
	}
	if len(encoded(parts)) < len(encoded(whole)) {
		return parts
	}
	return whole
}

func decoded(c *Chart) obj {
	var option obj
	if err := json.Unmarshal(c.Option, &option); err != nil {
		panic(fmt.Sprintf("chart %q: option: %v", c.Title, err))
	}
	return option
}

func encoded(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("chart: %v", err))
	}
	return raw
}
