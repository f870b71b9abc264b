package cell

import (
	"fmt"
	"go/ast"
	"go/token"
	"hash/fnv"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// GoNB keeps each declaration of a cell under its name and writes all of them into one
// program. Declarations without a name of their own, like func init and import _, would
// replace each other.

// declarations changes the declarations of a cell.
type declarations struct {
	s *source
	e *edits
	o Options
	t *Translation

	shift int    // place in the text minus place in the file
	uses  string // declarations that use dot imports
}

// from and to are the places of a node in the text.
func (d *declarations) from(n ast.Node) int { return int(n.Pos()) - 1 + d.shift }
func (d *declarations) to(n ast.Node) int   { return int(n.End()) - 1 + d.shift }

func (d *declarations) text(n ast.Node) string { return d.s.text[d.from(n):d.to(n)] }

// change changes what GoNB would lose, and returns a problem for what it cannot keep.
func (d *declarations) change(file *ast.File) *Problem {
	d.t.Methods = map[string]string{}
	inits, imported := 0, 0
	for _, decl := range file.Decls {
		switch x := decl.(type) {
		case *ast.FuncDecl:
			if x.Recv == nil && x.Name.Name == "init" {
				d.e.replace(d.from(x.Name), d.to(x.Name), "init_"+d.unique(x, inits))
				inits++
			}
			if x.Recv == nil && x.Name.Name == "flag" {
				d.t.TakesFlag = true
			}
			d.method(x)
		case *ast.GenDecl:
			if p := d.general(x); p != nil {
				return p
			}
			if x.Tok == token.IMPORT {
				imported = d.to(x)
			}
		}
	}
	if d.uses != "" { // after all imports
		d.e.insert(imported, d.uses)
	}
	return d.directives()
}

func (d *declarations) general(x *ast.GenDecl) *Problem {
	for _, spec := range x.Specs {
		var names []*ast.Ident
		switch spec := spec.(type) {
		case *ast.ImportSpec:
			if p := d.imported(x, spec); p != nil {
				return p
			}
		case *ast.ValueSpec:
			names = spec.Names
		case *ast.TypeSpec:
			names = []*ast.Ident{spec.Name}
		}
		for _, n := range names {
			switch n.Name {
			case "main":
				return d.s.problem(d.from(n), "main is the name of the program's function: choose another name")
			case "flag":
				d.t.TakesFlag = true
			}
		}
	}
	switch x.Tok {
	case token.CONST:
		d.constants(x)
	case token.VAR:
		for i, spec := range x.Specs {
			spec := spec.(*ast.ValueSpec)
			if len(spec.Names) == 1 && spec.Names[0].Name == "_" {
				d.e.replace(d.from(spec.Names[0]), d.to(spec.Names[0]), "unnamed_"+d.unique(spec, i))
			}
		}
	}
	return nil
}

// unique returns a name for a declaration without one. It is the same when the cell runs
// again.
func (d *declarations) unique(n ast.Node, number int) string {
	h := fnv.New32a()
	if d.o.ID != "" {
		fmt.Fprintf(h, "%s %d", d.o.ID, number)
	} else {
		fmt.Fprint(h, d.text(n))
	}
	return fmt.Sprintf("%08x", h.Sum32())
}

// imported takes blank imports out of the cell, and makes sure that a dot import is
// used, because Go refuses one that is not.
func (d *declarations) imported(x *ast.GenDecl, spec *ast.ImportSpec) *Problem {
	path, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return nil // the compiler reports it
	}
	switch {
	case strings.Contains(path, "\n"):
		return d.s.problem(d.from(spec), "an import path has one line")
	case path == "C":
		return d.s.problem(d.from(spec), `cells cannot use cgo (import "C"): GoNB does not keep the comment with the C code. Put this code into a package of its own, import that, and start the kernel with CGO_ENABLED=1`)
	case spec.Name == nil:
	case spec.Name.Name == "main":
		return d.s.problem(d.from(spec.Name), "main is the name of the program's function: choose another name")
	case spec.Name.Name == "flag" && !strings.HasSuffix(path, "flag"): // pflag has the same functions
		d.t.TakesFlag = true
	case spec.Name.Name == "_":
		d.t.Blank = append(d.t.Blank, path)
		from, to, instead := d.from(spec), d.to(spec), ""
		if !x.Lparen.IsValid() {
			from, to, instead = d.from(x), d.to(x), "import ()" // a semicolon may follow
		}
		d.e.replace(from, to, strings.Repeat("\n", strings.Count(d.s.text[from:to], "\n"))+instead)
	case spec.Name.Name == "." && d.o.Exported != nil:
		if kind, name := d.o.Exported(path); name != "" {
			h := fnv.New32a()
			fmt.Fprint(h, path)
			if use := fmt.Sprintf("; %s uses_%08x = %s", kind, h.Sum32(), name); !strings.Contains(d.uses, use) {
				d.uses += use
			}
		}
	}
	return nil
}

// method notes methods that GoNB does not tell apart.
func (d *declarations) method(x *ast.FuncDecl) {
	if x.Recv == nil || len(x.Recv.List) == 0 {
		return
	}
	switch r := x.Recv.List[0].Type.(type) {
	case *ast.IndexExpr:
		d.t.methodOf(x.Name.Name, d.text(r.X))
	case *ast.IndexListExpr:
		d.t.methodOf(x.Name.Name, d.text(r.X))
	}
}

func (t *Translation) methodOf(method, typeName string) {
	if other, ok := t.Methods[method]; ok && other != typeName {
		t.lost = max(t.lost, method)
	}
	t.Methods[method] = typeName
}

// lostMethod is the reason why a method of a generic type cannot be kept.
func lostMethod(method string) string {
	return fmt.Sprintf("GoNB keeps only one method %s of generic types with a receiver that is no pointer: write it for a pointer, like func (x *T[E]) %s()", method, method)
}

// constants gives names to constants without one. GoNB writes each name into a line of
// its own, which changes iota where a line has several names; there iota is replaced by
// its value.
func (d *declarations) constants(x *ast.GenDecl) {
	several := false
	first, named := "", false
	for _, spec := range x.Specs {
		spec := spec.(*ast.ValueSpec)
		several = several || len(spec.Names) > 1
		for _, n := range spec.Names {
			if n.Name != "_" && !named {
				first, named = n.Name, true
			}
		}
	}
	number := 0
	var from *ast.ValueSpec // with the expressions of the specs that have none
	for i, spec := range x.Specs {
		spec := spec.(*ast.ValueSpec)
		for _, n := range spec.Names {
			if n.Name == "_" {
				name := "unnamed_" + first + "_" + strconv.Itoa(number)
				if !named {
					name = "unnamed_" + d.unique(x, 0) + "_" + strconv.Itoa(number)
				}
				d.e.replace(d.from(n), d.to(n), name)
				number++
			}
		}
		if len(spec.Values) > 0 {
			from = spec
		}
		if !several || from == nil {
			continue
		}
		iotas := map[int]bool{}
		for _, v := range from.Values {
			ast.Inspect(v, func(n ast.Node) bool {
				if id, ok := n.(*ast.Ident); ok && id.Name == "iota" {
					iotas[d.from(id)] = true
				}
				return true
			})
		}
		if from == spec {
			for _, at := range slices.Sorted(maps.Keys(iotas)) {
				d.e.replace(at, at+len("iota"), strconv.Itoa(i))
			}
			continue
		}
		start := from.Values[0].Pos()
		if from.Type != nil {
			start = from.Type.Pos()
		}
		a, b := int(start)-1+d.shift, d.to(from)
		var repeated edits
		for at := range iotas {
			repeated.replace(at-a, at-a+len("iota"), strconv.Itoa(i))
		}
		text := repeated.apply(d.s.text[a:b])
		if strings.Contains(text, "\n") || strings.Contains(text, "//") { // would change the number of lines
			continue
		}
		if from.Type == nil {
			text = " = " + text
		}
		d.e.insert(d.to(spec), " "+text)
	}
}

// directives refuses comments that mean something to the compiler, where GoNB does not
// keep them.
func (d *declarations) directives() *Problem {
	for _, c := range d.s.comments {
		switch {
		case strings.HasPrefix(c.text, "//go:embed ") || strings.HasPrefix(c.text, "//go:embed\t"):
			return d.s.problem(c.from, "//go:embed does not work in a cell, because GoNB does not keep this comment: read the file with os.ReadFile")
		case strings.HasPrefix(c.text, "//go:build ") && (len(d.s.tokens) == 0 || c.from < d.s.tokens[0].from):
			return d.s.problem(c.from, "//go:build does not work in a cell, because GoNB makes one program of all cells: remove this line, and compare with runtime.GOOS or runtime.GOARCH where it matters")
		}
	}
	return nil
}
