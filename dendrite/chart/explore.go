package chart

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Explore is one chart made of several: draw makes one for each value of the
// quantity named, and the reader picks the value, numbers with a slider, strings
// from a list. All of them travel in the chart, so that the control works in a
// saved notebook and in a report, without a kernel. The chart shows the start
// value until it is moved, in static pictures always. Its table holds all
// values, one after the other. Explore panics when start is not among the values
// or the charts' tables differ in their columns.
//
// Axes that are to stay while the control moves need a Range of their own.
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
	choice := fmt.Sprintf(" Shown at first, and where scripts do not run: %s = %s. In an open page %s chooses among %s.",
		name, e.Values[at], control, strings.Join(e.Values, ", "))
	out.Caption = strings.TrimSpace(out.Caption + choice)
	out.Alt += choice
	return out.seal()
}

// An exploration is what the runtime needs to make the control. Where an object
// is to change, changes hold objects with the keys (or positions in lists) that
// do; a list of one is a new value.
type exploration struct {
	Name    string   `json:"name"`
	Values  []string `json:"values"`
	At      int      `json:"at"`
	List    bool     `json:"list,omitempty"`
	Changes []any    `json:"changes"`
}

// changes says how to get from a to b, in as few bytes as one of the two ways
// takes.
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
