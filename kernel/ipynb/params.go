package ipynb

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Kind is the kind of a parameter's literal.
type Kind string

// The kinds a parameter can have.
const (
	String Kind = "string"
	Int    Kind = "int"
	Float  Kind = "float"
	Bool   Kind = "bool"
)

// A Param is one variable of the cell tagged "parameters".
type Param struct {
	Name  string
	Kind  Kind
	Type  string // declared Go type, empty when left to the literal
	Value string // the literal, as Go source
	Doc   string // comment above or beside it
}

// Parameters returns the parameters of the notebook in the order of the cell
// tagged "parameters"; none when there is no such cell. It fails when the
// notebook has several of them, or when the cell holds anything but variables
// set to literals.
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

// parametersCell returns the index of the tagged cell, -1 when there is none.
func parametersCell(nb *Notebook) (int, error) {
	at := -1
	for i, c := range nb.Cells {
		if c.Type != Code || !c.HasTag(TagParameters) {
			continue
		}
		if at >= 0 {
			return 0, fmt.Errorf("cells %d and %d are both tagged parameters; keep one", at+1, i+1)
		}
		at = i
	}
	return at, nil
}

// ParseParameters reads the source of a parameters cell: declarations like
//
//	var (
//		lr     = 0.1     // learning rate
//		epochs = 5       // passes over the training set
//		scale  = "quick" // quick or paper
//	)
func ParseParameters(source string) ([]Param, error) {
	const header = "package p\n"
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", header+source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("not only Go variables set to literals: %s", firstLine(err))
	}
	line := func(n ast.Node) int { return fset.Position(n.Pos()).Line - 1 }
	var params []Param
	for _, decl := range file.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok || gen.Tok != token.VAR {
			return nil, fmt.Errorf("line %d: only var declarations may stand here (a const cannot be overridden)", line(decl))
		}
		for _, s := range gen.Specs {
			spec := s.(*ast.ValueSpec)
			if len(spec.Values) != len(spec.Names) {
				return nil, fmt.Errorf("line %d: %s needs a literal value", line(spec), spec.Names[0].Name)
			}
			doc := docOf(spec, gen)
			for i, name := range spec.Names {
				p, err := param(name.Name, spec.Type, spec.Values[i])
				if err != nil {
					return nil, fmt.Errorf("line %d: %w", line(spec), err)
				}
				if slices.ContainsFunc(params, func(q Param) bool { return q.Name == p.Name }) {
					return nil, fmt.Errorf("line %d: %s is declared twice", line(spec), p.Name)
				}
				p.Doc = doc
				params = append(params, p)
			}
		}
	}
	return params, nil
}

func docOf(spec *ast.ValueSpec, gen *ast.GenDecl) string {
	var parts []string
	groups := []*ast.CommentGroup{spec.Doc, spec.Comment}
	if !gen.Lparen.IsValid() {
		groups[0] = gen.Doc // a lone var carries its comment on the declaration
	}
	for _, g := range groups {
		if text := strings.Join(strings.Fields(g.Text()), " "); text != "" {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, " ")
}

// kinds gives the kind that a declared type asks for.
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
			return p, fmt.Errorf("%s must have a type among string, bool, int and float64 and their sizes", name)
		}
		p.Type = id.Name
		if want := kinds[id.Name]; want != p.Kind {
			if want != Float || p.Kind != Int {
				return p, fmt.Errorf("%s is declared %s but set to a literal of kind %s", name, id.Name, p.Kind)
			}
			p.Kind = Float
		}
	}
	return p, nil
}

// Inject overrides parameters: it adds a cell tagged "injected-parameters"
// right after the parameters cell (replacing an older one), which redefines
// the named variables. Values are plain text: a string needs no quotes.
// Nothing is changed when a name is unknown or a value of the wrong kind; the
// error then lists what is known or wanted. Without values it only removes an
// older injected cell.
func Inject(nb *Notebook, values map[string]string) error {
	params, err := Parameters(nb)
	if err != nil {
		return err
	}
	lines := []string{}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		i := slices.IndexFunc(params, func(p Param) bool { return p.Name == name })
		if i < 0 {
			return unknown(name, params)
		}
		p := params[i]
		literal, err := p.Literal(values[name])
		if err != nil {
			return err
		}
		typ := ""
		if p.Type != "" {
			typ = " " + p.Type
		}
		lines = append(lines, fmt.Sprintf("var %s%s = %s", p.Name, typ, literal))
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

func unknown(name string, params []Param) error {
	if len(params) == 0 {
		return fmt.Errorf("unknown parameter %q: the notebook has no cell tagged parameters", name)
	}
	var known []string
	for _, p := range params {
		known = append(known, fmt.Sprintf("%s (%s)", p.Name, p.Kind))
	}
	return fmt.Errorf("unknown parameter %q; known: %s", name, strings.Join(known, ", "))
}

// Literal turns plain text into a Go literal of the parameter's kind and
// type, or says what is wanted instead.
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
			want = "an integer from 0 on"
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
		if !strings.ContainsAny(text, ".eEpP") {
			text += ".0" // else the variable could become an int, and 08 is no Go integer
		}
		return text, nil
	}
}

func firstLine(err error) string {
	s, _, _ := strings.Cut(err.Error(), "\n")
	return s
}
