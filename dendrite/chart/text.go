package chart

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Longest texts inside a chart, in characters. Longer ones end with "…"; the
// table has them in full.
const (
	longestName  = 60 // of a curve, a bar, a row
	longestLabel = 90 // of an axis
	anyLength    = math.MaxInt
)

// printable returns a text that is valid in every picture: XML allows no control
// characters, and a name is a single line.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return ' '
		case r == '\uFFFE', r == '\uFFFF':
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}

// shorten returns a text of at most n characters.
func shorten(text string, n int) string {
	text = strings.TrimSpace(printable(text))
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	return string([]rune(text)[:n-1]) + "…"
}

// printableJSON makes every text of an option printable.
func printableJSON(option []byte) json.RawMessage {
	dec := json.NewDecoder(bytes.NewReader(option))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		panic(fmt.Sprintf("chart: option of a figure: %v", err))
	}
	return encoded(printableAll(v))
}

func printableAll(v any) any {
	switch v := v.(type) {
	case string:
		if v == "__proto__" {
			return v + "\u200b" // ECharts uses names as keys of objects; this one is no key
		}
		return printable(v)
	case obj:
		for key := range v {
			v[key] = printableAll(v[key])
		}
	case []any:
		for i := range v {
			v[i] = printableAll(v[i])
		}
	}
	return v
}

// shortNames returns the names with at most longestName characters.
func shortNames(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = shorten(n, longestName)
	}
	return out
}

// named returns curves with different names that are not empty, of at most limit
// characters. ECharts finds a series by its name and makes one up where there is
// none.
func named(curves []Curve, limit int) []Curve {
	out := make([]Curve, len(curves))
	taken := map[string]bool{}
	for i, c := range curves {
		name := shorten(c.Name, limit)
		if name == "" {
			name = fmt.Sprintf("curve %d", i+1)
		}
		c.Name = free(name, taken)
		out[i] = c
	}
	return out
}

// free returns the name with a number if it is taken, and takes it.
func free(name string, taken map[string]bool) string {
	unique := name
	for n := 2; taken[unique]; n++ {
		unique = fmt.Sprintf("%s (%d)", name, n)
	}
	taken[unique] = true
	return unique
}
