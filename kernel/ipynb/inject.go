package ipynb

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Inject overrides parameters. It adds a cell tagged "injected-parameters" after the
// parameters cell, in place of an older one, which redefines the named variables. A
// name that is not a variable becomes an entry of the variable of kind Changes, if
// the notebook has one; Inject does not check the names of entries. An entry is text,
// whatever its value: Changes converts text to the kind of the parameter.
//
// full returns the full name for the name of an existing entry, so that a value replaces
// the entry of the same parameter; nil if existing entries have full names. Upper and
// lower case do not matter.
//
// Values are plain text: strings have no quotes. If a name is unknown or a value has the wrong kind,
// Inject returns an error with the known names or the expected kind, and changes
// nothing. Without values it only removes an older injected cell.
func Inject(nb *Notebook, values map[string]string, full func(string) string) error {
	params, err := Parameters(nb)
	if err != nil {
		return err
	}
	var lines []string
	entries := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		i := slices.IndexFunc(params, func(p Param) bool { return p.In == "" && p.Name == name && p.Kind != Changes })
		if i < 0 {
			entries[name] = strconv.Quote(values[name])
			continue
		}
		literal, err := params[i].Literal(values[name])
		if err != nil {
			return err
		}
		lines = append(lines, params[i].declaration(literal))
	}
	if len(entries) > 0 {
		at := slices.IndexFunc(params, func(p Param) bool { return p.Kind == Changes })
		if at < 0 {
			return unknown(slices.Sorted(maps.Keys(entries))[0], params)
		}
		lines = append(lines, params[at].declaration(params[at].changed(params, entries, full)))
		slices.Sort(lines)
	}
	nb.Cells = slices.DeleteFunc(nb.Cells, func(c *Cell) bool { return c.HasTag(TagInjected) })
	if len(lines) == 0 {
		return nil
	}
	at, err := parametersCell(nb)
	if err != nil {
		return err
	}
	cell := &Cell{
		ID:     nb.freeID("injected-parameters"),
		Type:   Code,
		Source: "// Parameters overridden for this run.\n" + strings.Join(lines, "\n"),
	}
	cell.setTags([]string{TagInjected})
	nb.Cells = slices.Insert(nb.Cells, at+1, cell)
	return nil
}

// declaration returns the declaration of the variable with a value.
func (p Param) declaration(literal string) string {
	typ := ""
	if p.Type != "" {
		typ = " " + p.Type
	}
	return fmt.Sprintf("var %s%s = %s", p.Name, typ, literal)
}

// changed returns the literal of a variable of kind Changes with additional entries.
// They replace existing entries of the same parameters, and a whole list also replaces
// entries of its elements.
func (p Param) changed(params []Param, entries map[string]string, full func(string) string) string {
	all := maps.Clone(entries)
	for _, q := range params {
		if q.In != p.Name {
			continue
		}
		name := q.Name
		if full != nil {
			name = full(name)
		}
		list, _, _ := strings.Cut(name, "[")
		replaced := func(entry string) bool { return strings.EqualFold(entry, name) || strings.EqualFold(entry, list) }
		if slices.ContainsFunc(slices.Collect(maps.Keys(entries)), replaced) {
			continue
		}
		if _, twice := all[name]; twice {
			name = q.Name // the run reports that the cell has the parameter twice
		}
		all[name] = q.Value
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		parts = append(parts, strconv.Quote(name)+": "+all[name])
	}
	return p.Value + "{" + strings.Join(parts, ", ") + "}"
}

func unknown(name string, params []Param) error {
	if len(params) == 0 {
		return fmt.Errorf("unknown parameter %q: the notebook has no cell tagged parameters", name)
	}
	var known []string
	for _, p := range params {
		if p.In != "" {
			continue
		}
		known = append(known, fmt.Sprintf("%s (%s)", p.Name, p.Kind))
	}
	return fmt.Errorf("unknown parameter %q; known: %s", name, strings.Join(known, ", "))
}
