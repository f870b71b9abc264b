package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/figure"
	"microcircuits/dendrite/record"
)

// A runParam is one parameter in the key of a stored run.
type runParam struct {
	Name, Value string
	Preset      string // of the nearest preset; "" if it is not known
	Changed     bool   // it differs from the preset or, without one, between runs
}

type runParams []runParam

// values returns the values by name.
func (p runParams) values() map[string]string {
	all := map[string]string{}
	for _, q := range p {
		all[q.Name] = q.Value
	}
	return all
}

// changed returns the changed parameters as text.
func (p runParams) changed() string {
	var parts []string
	for _, q := range p {
		if q.Changed {
			parts = append(parts, q.Name+"="+strings.ReplaceAll(q.Value, ", ", ","))
		}
	}
	return strings.Join(parts, " ")
}

// sorted returns the changed parameters first.
func (p runParams) sorted() runParams {
	return slices.SortedStableFunc(slices.Values(p), func(a, b runParam) int {
		switch {
		case a.Changed == b.Changed:
			return 0
		case a.Changed:
			return -1
		}
		return 1
	})
}

// parametersOf returns the parameters of stored runs by the runs' names, compared with the
// presets of their figure or, for users' own experiments, with each other.
func parametersOf(runs []storedRun) map[string]runParams {
	all := map[string]runParams{}
	byExperiment := map[string][]string{}
	for _, k := range runs {
		if p := keyParams(k.Key); p != nil {
			all[k.Name] = p
			byExperiment[k.Experiment] = append(byExperiment[k.Experiment], k.Name)
		}
	}
	units := map[string]string{}
	for _, k := range runs {
		units[k.Name] = k.Unit
	}
	for name, members := range byExperiment {
		f, err := figure.Find(name)
		if err != nil || f.About().Name != name {
			markDifferent(all, members)
			continue
		}
		presets := presetParams(f)
		for _, m := range members {
			markChanged(all[m], presets[anySeed(units[m])])
		}
	}
	return all
}

// anySeed replaces the number of a seed in the name of a unit.
func anySeed(unit string) string { return seedNumber.ReplaceAllString(unit, "seed") }

var seedNumber = regexp.MustCompile(`seed\d+`)

// presetParams returns the parameters of all jobs of a figure's presets, by unit without the
// number of the seed.
func presetParams(f experiment.Any) map[string][]runParams {
	presets := map[string][]runParams{}
	for _, scale := range append([]experiment.Scale{record.Quick, record.Paper}, f.About().Scales...) {
		plan, err := f.PlanAt(scale, nil)
		if err != nil {
			continue // for example, its data are missing
		}
		for _, j := range plan.Keys() {
			if key, err := json.Marshal(j.Key); err == nil {
				presets[anySeed(j.Unit)] = append(presets[anySeed(j.Unit)], keyParams(key))
			}
		}
	}
	return presets
}

// markChanged compares parameters with the preset from which they differ least.
func markChanged(p runParams, presets []runParams) {
	var nearest map[string]string
	least := -1
	for _, preset := range presets {
		values, n := preset.values(), 0
		for _, q := range p {
			if values[q.Name] != q.Value {
				n++
			}
		}
		if least < 0 || n < least {
			nearest, least = values, n
		}
	}
	for i := range p {
		p[i].Preset = nearest[p[i].Name]
		p[i].Changed = nearest != nil && p[i].Preset != p[i].Value && !isSeed(p[i].Name)
	}
}

func isSeed(name string) bool { return name == "Seed" || strings.HasSuffix(name, ".Seed") }

// markDifferent marks the parameters that differ between runs of one experiment.
func markDifferent(all map[string]runParams, names []string) {
	values := map[string]map[string]bool{}
	for _, name := range names {
		for _, q := range all[name] {
			if values[q.Name] == nil {
				values[q.Name] = map[string]bool{}
			}
			values[q.Name][q.Value] = true
		}
	}
	for _, name := range names {
		for i, q := range all[name] {
			all[name][i].Changed = len(values[q.Name]) > 1 && !isSeed(q.Name)
		}
	}
}

// keyParams returns the values in the key of a run, sorted by name. The names of the structs that
// every key has, Key and Params, are left out, and so are the version and the code.
func keyParams(key json.RawMessage) runParams {
	dec := json.NewDecoder(bytes.NewReader(key))
	dec.UseNumber()
	var node map[string]any
	if dec.Decode(&node) != nil {
		return nil
	}
	delete(node, "Version")
	delete(node, "Code")
	var p runParams
	collectParams(node, "", &p)
	return p
}

func collectParams(node any, name string, p *runParams) {
	below := func(part string) string {
		switch {
		case part == "Key" || part == "Params":
			return name
		case name == "":
			return part
		}
		return name + "." + part
	}
	switch node := node.(type) {
	case map[string]any:
		for _, part := range slices.Sorted(maps.Keys(node)) {
			if part == "Code" && name == "" {
				continue // of a function of a user
			}
			collectParams(node[part], below(part), p)
		}
		return
	case []any:
		if slices.ContainsFunc(node, func(e any) bool { _, ok := e.(map[string]any); return ok }) {
			for i, e := range node {
				collectParams(e, below(strconv.Itoa(i)), p)
			}
			return
		}
	}
	if name == "" {
		name = "value" // a key that is a plain value
	}
	*p = append(*p, runParam{Name: name, Value: paramText(node)})
}

func paramText(node any) string {
	switch node := node.(type) {
	case []any:
		var parts []string
		for _, e := range node {
			parts = append(parts, paramText(e))
		}
		return strings.Join(parts, ", ")
	case string:
		if checksum.MatchString(node) {
			return node[:8] + "…"
		}
		return node
	case nil:
		return ""
	}
	return fmt.Sprint(node)
}

var checksum = regexp.MustCompile(`^[0-9a-f]{64}$`)

// matching returns the runs in which all the parameters in where, such as "sigma=0.3", have the
// given values. Upper and lower case do not matter, and the last part of a name is enough.
func matching(runs []storedRun, params map[string]runParams, where []string) ([]storedRun, error) {
	for _, w := range where {
		name, value, ok := strings.Cut(w, "=")
		if name = strings.TrimSpace(name); !ok || name == "" {
			return nil, usage("--where %q: write NAME=VALUE, such as sigma=0.3", w)
		}
		var names []string
		known := false
		var found []storedRun
		for _, k := range runs {
			has := false
			for _, q := range params[k.Name] {
				names = append(names, q.Name)
				if isNamed(q.Name, name) {
					known = true
					has = has || sameValue(q.Value, value)
				}
			}
			if has {
				found = append(found, k)
			}
		}
		if !known {
			if slices.Sort(names); len(names) == 0 {
				return nil, usage("--where %s: there are no complete runs", w)
			}
			names = slices.Compact(names)
			return nil, usage("--where %s: no run has a parameter %s%s; there are: %s", w, name, experiment.DidYouMean(name, names), strings.Join(names, ", "))
		}
		runs = found
	}
	return runs, nil
}

// isNamed reports whether a parameter has a name, or the name is the last part of its name.
func isNamed(full, name string) bool {
	if strings.EqualFold(full, name) {
		return true
	}
	at := len(full) - len(name) - 1
	return at >= 0 && full[at] == '.' && strings.EqualFold(full[at+1:], name)
}

// sameValue compares numbers by value and other texts without regard to case and spaces.
func sameValue(a, b string) bool {
	as, bs := strings.Split(a, ","), strings.Split(b, ",")
	return slices.EqualFunc(as, bs, func(a, b string) bool {
		a, b = strings.TrimSpace(a), strings.TrimSpace(b)
		x, errX := strconv.ParseFloat(a, 64)
		y, errY := strconv.ParseFloat(b, 64)
		if errX == nil && errY == nil {
			return x == y
		}
		return strings.EqualFold(a, b)
	})
}
