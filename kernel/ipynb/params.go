package ipynb

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// A Kind is the kind of a parameter's value.
type Kind string

// The kinds of parameters.
const (
	String Kind = "string"
	Int    Kind = "int"
	Float  Kind = "float"
	Bool   Kind = "bool"

	// List is a list of numbers. Only entries of Changes can be lists.
	List Kind = "list"
	// Changes is a variable with changes to a preset by name, such as
	// dendrite.Changes{"Sigma": 0.3}. Its entries are parameters too.
	Changes Kind = "changes"
)

// A Param is one variable of the cell tagged "parameters".
type Param struct {
	Name  string
	Kind  Kind
	Type  string // declared Go type; empty if none is declared
	Value string // the literal, as Go source; for Changes, the type
	Doc   string // comment above or beside it
	In    string // for an entry: its variable of kind Changes
}

// Parameters returns the parameters in the cell tagged "parameters", in order; none if
// there is no such cell. It returns an error if the notebook has several such cells, or
// if the cell contains more than imports and variables set to literals.
func Parameters(nb *Notebook) ([]Param, error) {
	at, err := parametersCell(nb)
	if err != nil || at < 0 {
		return nil, err
	}
	params, err := ParseParameters(nb.Cells[at].Source)
	if err != nil {
		return nil, fmt.Errorf("cell %d (tagged parameters): %w", at+1, err)
	}
	return params, nil
}

// parametersCell returns the index of the tagged cell, or -1.
func parametersCell(nb *Notebook) (int, error) {
	at := -1
	for i, c := range nb.Cells {
		if c.Type != Code || !c.HasTag(TagParameters) {
			continue
		}
		if at >= 0 {
			return 0, fmt.Errorf("cells %d and %d are both tagged parameters: remove one of the tags", at+1, i+1)
		}
		at = i
	}
	return at, nil
}

// ParseParameters reads the source of a parameters cell: declarations like
//
//	var (
//		epochs  = 5       // passes over the training set
//		scale   = "quick" // quick or paper
//		changes = dendrite.Changes{"Sigma": 0.3}
//	)
//
// and imports. The entries of Changes follow their variable.
func ParseParameters(source string) ([]Param, error) {
	const header = "package p\n"
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", header+source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		first := err.(scanner.ErrorList)[0] // ParseFile returns no others for a text
		message, _, _ := strings.Cut(first.Msg, "\n")
		return nil, fmt.Errorf("line %d: the cell contains more than Go variables set to literals: %s", first.Pos.Line-1, message)
	}
	line := func(n ast.Node) int { return fset.Position(n.Pos()).Line - 1 }
	var params []Param
	for _, decl := range file.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if ok && gen.Tok == token.IMPORT {
			continue
		}
		if !ok || gen.Tok != token.VAR {
			return nil, fmt.Errorf("line %d: only var declarations are allowed (a const cannot be overridden)", line(decl))
		}
		for _, s := range gen.Specs {
			spec := s.(*ast.ValueSpec)
			if len(spec.Values) != len(spec.Names) {
				return nil, fmt.Errorf("line %d: %s needs a literal value", line(spec), spec.Names[0].Name)
			}
			doc := docOf(spec, gen)
			for i, name := range spec.Names {
				p, err := param(name.Name, spec.Type, spec.Values[i])
				entries := []Param(nil)
				if set, ok := spec.Values[i].(*ast.CompositeLit); ok && isChanges(set.Type) {
					p, entries, err = changes(name.Name, set)
				}
				if err != nil {
					return nil, fmt.Errorf("line %d: %w", line(spec), err)
				}
				if slices.ContainsFunc(params, func(q Param) bool { return q.Name == p.Name }) {
					return nil, fmt.Errorf("line %d: %s is declared twice", line(spec), p.Name)
				}
				p.Doc = doc
				params = append(append(params, p), entries...)
			}
		}
	}
	return params, nil
}

func docOf(spec *ast.ValueSpec, gen *ast.GenDecl) string {
	var parts []string
	groups := []*ast.CommentGroup{spec.Doc, spec.Comment}
	if !gen.Lparen.IsValid() {
		groups[0] = gen.Doc // the comment of a single var belongs to the declaration
	}
	for _, g := range groups {
		if text := strings.Join(strings.Fields(g.Text()), " "); text != "" {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, " ")
}

// isChanges reports whether a type is named Changes, in any package.
func isChanges(typ ast.Expr) bool {
	selector, ok := typ.(*ast.SelectorExpr)
	return ok && selector.Sel.Name == "Changes"
}

// changes parses a variable of kind Changes and its entries.
func changes(name string, set *ast.CompositeLit) (p Param, entries []Param, err error) {
	selector := set.Type.(*ast.SelectorExpr)
	p = Param{Name: name, Kind: Changes, Value: fmt.Sprintf("%s.%s", selector.X, selector.Sel)}
	for _, e := range set.Elts {
		pair, ok := e.(*ast.KeyValueExpr)
		if !ok {
			return p, nil, fmt.Errorf("%s needs entries like \"Sigma\": 0.3", name)
		}
		key, ok := pair.Key.(*ast.BasicLit)
		if !ok || key.Kind != token.STRING {
			return p, nil, fmt.Errorf("%s needs names in quotes, like \"Sigma\": 0.3", name)
		}
		text, err := strconv.Unquote(key.Value)
		if err != nil {
			return p, nil, fmt.Errorf("%s: %s: %w", name, key.Value, err)
		}
		entry, err := param(text, nil, pair.Value)
		if list, ok := pair.Value.(*ast.CompositeLit); ok {
			entry, err = listParam(text, list)
		}
		if err != nil {
			return p, nil, fmt.Errorf("%s: %w", name, err)
		}
		entry.In = name
		entries = append(entries, entry)
	}
	return p, entries, nil
}

// listParam parses a list of numbers.
func listParam(name string, list *ast.CompositeLit) (Param, error) {
	p := Param{Name: name, Kind: List}
	typ, ok := list.Type.(*ast.ArrayType)
	elem, isName := ast.Expr(nil), false
	if ok {
		elem = typ.Elt
		_, isName = elem.(*ast.Ident)
	}
	if !isName {
		return p, fmt.Errorf("%s must be a number, a text, true, false or a list like []float64{0.3, 0.1}", name)
	}
	var values []string
	for _, e := range list.Elts {
		q, err := param(name, nil, e)
		if err != nil || q.Kind != Int && q.Kind != Float {
			return p, fmt.Errorf("%s must be a list of numbers like []float64{0.3, 0.1}", name)
		}
		values = append(values, q.Value)
	}
	p.Value = fmt.Sprintf("[]%s{%s}", elem, strings.Join(values, ", "))
	return p, nil
}

// kinds maps declared types to kinds.
var kinds = map[string]Kind{
	"string": String, "bool": Bool, "float64": Float, "float32": Float,
	"int": Int, "int8": Int, "int16": Int, "int32": Int, "int64": Int,
	"uint": Int, "uint8": Int, "uint16": Int, "uint32": Int, "uint64": Int,
}

func param(name string, typ, value ast.Expr) (Param, error) {
	p := Param{Name: name}
	sign := ""
	e := value
	if u, ok := e.(*ast.UnaryExpr); ok && (u.Op == token.SUB || u.Op == token.ADD) {
		sign, e = u.Op.String(), u.X
	}
	switch e := e.(type) {
	case *ast.BasicLit:
		p.Value = sign + e.Value
		switch e.Kind {
		case token.STRING:
			p.Kind = String
		case token.INT:
			p.Kind = Int
		case token.FLOAT:
			p.Kind = Float
		}
		if sign != "" && p.Kind == String {
			p.Kind = ""
		}
	case *ast.Ident:
		if (e.Name == "true" || e.Name == "false") && sign == "" {
			p.Kind, p.Value = Bool, e.Name
		}
	}
	if p.Kind == "" {
		return p, fmt.Errorf("%s must be a literal: a string, a number, true or false", name)
	}
	if typ != nil {
		id, ok := typ.(*ast.Ident)
		if !ok || kinds[id.Name] == "" {
			return p, fmt.Errorf("%s must have one of the types string, bool, float64, int, or a sized number type like uint8", name)
		}
		p.Type = id.Name
		if want := kinds[id.Name]; want != p.Kind {
			if want != Float || p.Kind != Int {
				return p, fmt.Errorf("%s is declared as %s, but its value is of kind %s", name, id.Name, p.Kind)
			}
			p.Kind = Float
		}
	}
	return p, nil
}

// Literal converts plain text to a Go literal of the parameter's kind and type. The
// error contains the expected kind.
func (p Param) Literal(text string) (string, error) {
	wrong := func(want string) error {
		return fmt.Errorf("parameter %s: %q is not %s (the notebook has %s = %s)", p.Name, text, want, p.Name, p.Value)
	}
	bits := 64
	if size, err := strconv.Atoi(strings.TrimLeft(p.Type, "uintfloa")); err == nil {
		bits = size
	}
	switch p.Kind {
	case String:
		return strconv.Quote(text), nil
	case Bool:
		if text != "true" && text != "false" {
			return "", wrong("true or false")
		}
		return text, nil
	case Int:
		var err error
		want := "an integer"
		if strings.HasPrefix(p.Type, "uint") {
			want = "an integer of at least 0"
			_, err = strconv.ParseUint(text, 0, bits)
		} else {
			_, err = strconv.ParseInt(text, 0, bits)
		}
		if err != nil {
			if bits < 64 {
				want += fmt.Sprintf(" that fits %s", p.Type)
			}
			return "", wrong(want)
		}
		return text, nil
	default:
		f, err := strconv.ParseFloat(text, bits)
		if err != nil || f != f || f-f != 0 {
			return "", wrong("a finite number")
		}
		if f == 0 {
			return "0.0", nil // Go does not compile a number as small as 1e-99999999999
		}
		if !strings.ContainsAny(text, ".eEpP") {
			text += ".0" // without it the variable could be an int, and 08 is not a Go integer
		}
		return text, nil
	}
}
