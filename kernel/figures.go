package main

import (
	"fmt"
	"go/constant"
	"go/scanner"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/figure"
	"microcircuits/kernel/cell"
	"microcircuits/kernel/ipynb"
)

// figureIn returns the figure whose preset the cells of a notebook use, as in
// dendrite.Preset(figure.MNIST, scale, changes). It returns nil if there is none, or if
// there are several or the arguments are not plain names or texts: then only the run can
// tell which values are right. The name of the file does not matter.
func figureIn(nb *ipynb.Notebook) experiment.Any {
	var found experiment.Any
	for _, c := range nb.Cells {
		if c.Type != ipynb.Code {
			continue
		}
		for _, call := range presetCalls(c.Source) {
			f := figureNamed(call)
			if f == nil || found != nil && f != found {
				return nil
			}
			found = f
		}
	}
	return found
}

// figureNamed returns the figure that is the variable with this name in package figure.
func figureNamed(variable string) experiment.Any {
	for _, f := range figure.Catalogue() {
		if strings.EqualFold(strings.ReplaceAll(f.About().Name, "-", ""), variable) {
			return f
		}
	}
	return nil
}

// presetCalls returns the figures in calls of Preset in a cell's source, and "" for a
// call that it does not understand. It reads tokens, because a cell is not a Go file;
// text in comments and strings is no call.
func presetCalls(source string) (figures []string) {
	type word struct {
		tok  token.Token
		text string
	}
	var words []word
	var s scanner.Scanner
	declarations, statements, _ := cell.Split(source)
	src := []byte(declarations + "\n" + statements)
	s.Init(token.NewFileSet().AddFile("", -1, len(src)), src, nil, 0)
	for {
		_, tok, text := s.Scan()
		if tok == token.EOF {
			break
		}
		words = append(words, word{tok, text})
	}
	start := []token.Token{token.PERIOD, token.IDENT, token.LPAREN, token.IDENT, token.PERIOD, token.IDENT}
	for i := range words {
		if len(words)-i < len(start) || words[i].tok != token.PERIOD || words[i+1].text != "Preset" || words[i+2].tok != token.LPAREN {
			continue
		}
		name := words[i+5].text
		for k, tok := range start {
			if words[i+k].tok != tok {
				name = ""
			}
		}
		// The other arguments: names and texts between commas, up to the bracket.
		rest := words[i+len(start):]
		for len(rest) > 1 && rest[0].tok == token.COMMA && (rest[1].tok == token.IDENT || rest[1].tok == token.STRING) {
			rest = rest[2:]
		}
		if len(rest) == 0 || rest[0].tok != token.RPAREN {
			name = ""
		}
		figures = append(figures, name)
	}
	return figures
}

// fullNames replaces the parameter names given on the command line by the names in
// the figure's parameters. Names of variables of the notebook are not changed. Two
// names of one parameter are an error. f may be nil.
func fullNames(f experiment.Any, params []ipynb.Param, values map[string]string) (map[string]string, error) {
	all, given := map[string]string{}, map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		full := name
		if f != nil && !isVariable(params, name) {
			var err error
			if full, err = f.ParameterNamed(name); err != nil {
				return nil, err
			}
		}
		if other, twice := given[full]; twice {
			return nil, fmt.Errorf("parameter %s is given twice, as %s and %s: remove one", full, other, name)
		}
		all[full], given[full] = values[name], name
	}
	return all, nil
}

// entryNames returns the function that returns the full name of an entry of a notebook's
// Changes, or nil if f is nil. A name that the figure does not have is not changed:
// validate reports it.
func entryNames(f experiment.Any) func(string) string {
	if f == nil {
		return nil
	}
	return func(name string) string {
		if full, err := f.ParameterNamed(name); err == nil {
			return full
		}
		return name
	}
}

func isVariable(params []ipynb.Param, name string) bool {
	for _, p := range params {
		if p.In == "" && p.Kind != ipynb.Changes && p.Name == name {
			return true
		}
	}
	return false
}

// validate checks the scale and the changed parameters of a notebook in dir before it
// runs, and that the data named there exist.
func validate(f experiment.Any, nb *ipynb.Notebook, dir string) error {
	scale, changes, data, err := presetOf(f, nb, dir)
	if err != nil {
		return err
	}
	_, err = f.Parameters(scale, changes)
	if err == nil && data {
		_, err = f.PlanAt(scale, changes) // looks for the files
	}
	return err
}

// presetOf returns the scale and the changes with which the cells of a notebook in dir use
// their figure. Folders of data are as seen from here; data reports whether one is named.
func presetOf(f experiment.Any, nb *ipynb.Notebook, dir string) (scale experiment.Scale, changes experiment.Changes, data bool, err error) {
	scale, changes = experiment.Quick, experiment.Changes{}
	for _, p := range effectiveParams(nb) {
		switch {
		case p.In != "":
			value := valueOf(p)
			folder, isText := value.(string)
			if full, err := f.ParameterNamed(p.Name); err == nil && isText && isFolder(full) && folder != "" {
				data = true
				if !filepath.IsAbs(folder) {
					value = filepath.Join(dir, folder) // the cell runs there
				}
			}
			changes[p.Name] = value
		case p.Name == "scale" && p.Kind == ipynb.String:
			if scale, err = f.ParseScale(unquoted(p.Value)); err != nil {
				return scale, changes, data, err
			}
		}
	}
	return scale, changes, data, nil
}

// isFolder reports whether a parameter is the name of a folder with data.
func isFolder(fullName string) bool {
	return fullName == "Data" || strings.HasSuffix(fullName, ".Data")
}

// folderFrom returns a folder that was given where the command was typed, as seen from
// dir if both are in the clone, else as an absolute path.
func folderFrom(dir, root, folder string) string {
	abs, err := filepath.Abs(folder)
	if err != nil {
		return folder // there is no current folder; the cell will name what is missing
	}
	from, err := filepath.Abs(dir)
	if err != nil || !isWithin(root, abs) || !isWithin(root, from) {
		return abs
	}
	rel, err := filepath.Rel(from, abs)
	if err != nil {
		return abs
	}
	return rel
}

func isWithin(root, path string) bool {
	rel, err := filepath.Rel(root, path)
	return err == nil && filepath.IsLocal(rel)
}

// effectiveParams returns the parameters that a notebook will run with: those of
// the injected cell replace those of the parameters cell.
func effectiveParams(nb *ipynb.Notebook) []ipynb.Param {
	var all []ipynb.Param
	for _, c := range nb.Cells {
		if c.Type != ipynb.Code || !c.HasTag(ipynb.TagParameters) && !c.HasTag(ipynb.TagInjected) {
			continue
		}
		params, err := ipynb.ParseParameters(c.Source)
		if err != nil {
			continue // a user's own cell with other code
		}
		for _, p := range params {
			all = withoutParam(all, p)
		}
		all = append(all, params...)
	}
	return all
}

// withoutParam removes a variable and its entries.
func withoutParam(params []ipynb.Param, name ipynb.Param) []ipynb.Param {
	var left []ipynb.Param
	for _, p := range params {
		if name.In == "" && (p.Name == name.Name && p.In == "" || p.In == name.Name) {
			continue
		}
		left = append(left, p)
	}
	return left
}

// valueOf returns the value of a parameter as the cell's program gets it, except that
// every number is a float64: Changes makes no difference between kinds of numbers.
func valueOf(p ipynb.Param) any {
	switch p.Kind {
	case ipynb.String:
		return unquoted(p.Value)
	case ipynb.Bool:
		return p.Value == "true"
	case ipynb.List:
		_, list, _ := strings.Cut(strings.TrimSuffix(p.Value, "}"), "{")
		values := []float64{}
		for _, literal := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' }) {
			values = append(values, number(literal))
		}
		return values
	}
	return number(p.Value)
}

// unquoted returns the text of a Go literal.
func unquoted(literal string) string {
	text, _ := strconv.Unquote(literal) // it is valid: the notebook's cell was parsed
	return text
}

// number returns the value of a Go literal, which may have a sign. As in Go, 010 is 8.
func number(literal string) float64 {
	digits := strings.TrimLeft(literal, "+-")
	value := constant.MakeFromLiteral(digits, token.INT, 0)
	if value.Kind() == constant.Unknown {
		value = constant.MakeFromLiteral(digits, token.FLOAT, 0)
	}
	x, _ := constant.Float64Val(value) // the nearest float64
	if strings.HasPrefix(literal, "-") {
		return -x
	}
	return x
}

// literals returns the parameters for the notebook's metadata, as Go literals. Entries of
// Changes that are text have no quotes, because text may be a number.
func literals(params []ipynb.Param) map[string]string {
	all := map[string]string{}
	for _, p := range params {
		switch {
		case p.Kind == ipynb.Changes:
		case p.In != "" && p.Kind == ipynb.String:
			all[p.Name] = unquoted(p.Value)
		default:
			all[p.Name] = p.Value
		}
	}
	return all
}
