package experiment

import (
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// reachedBy returns the source of the function at a line of a file and of everything that it
// uses in the file, directly or indirectly, without comments and white space; and the paths
// of the packages that this imports. text is "" if this does not identify the function: there
// is none at the line, there are two, it uses a variable that other code may change, or the
// comments of the file contain code in C.
//
// Names are compared as text, so a declaration with the name of a local variable belongs to
// it too. That can only make more results out of date.
func reachedBy(name string, src []byte, line int) (text string, imports []string) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, src, parser.SkipObjectResolution)
	if err != nil {
		return "", nil
	}
	source := func(n ast.Node) string {
		f := set.File(n.Pos())
		return string(src[f.Offset(n.Pos()):f.Offset(n.End())])
	}
	root, own := declarationAt(set, file, line)
	if root == nil || own == nil || slices.ContainsFunc(file.Imports, func(s *ast.ImportSpec) bool { return importPath(s) == "C" }) {
		return "", nil
	}
	declared := declarations(file)
	open := append([]ast.Node{root}, declared["init"]...)
	changes := changeable(file)
	reached := map[string]bool{}
	for len(open) > 0 {
		n := open[0]
		open = open[1:]
		text, names := tokens(source(n))
		if v, ok := n.(*ast.ValueSpec); ok { // its own names are no use of them
			names = slices.DeleteFunc(names, func(name string) bool {
				return slices.ContainsFunc(v.Names, func(own *ast.Ident) bool { return own.Name == name })
			})
		}
		if reached[text] {
			continue
		}
		reached[text] = true
		for _, name := range names {
			open = append(open, declared[name]...)
			for _, n := range declared[name] {
				if v, ok := n.(*ast.ValueSpec); ok && changes[name] && v != root {
					return "", nil // its value depends on what has run before
				}
				if s, ok := n.(*ast.ImportSpec); ok && !slices.Contains(imports, importPath(s)) {
					imports = append(imports, importPath(s))
				}
			}
		}
	}
	_, all := tokens(string(src))
	for _, s := range file.Imports { // those without a name, or with a name that the path does not tell
		known := slices.ContainsFunc(importNames(s), func(name string) bool { return slices.Contains(all, name) })
		if !known || s.Name != nil && (s.Name.Name == "." || s.Name.Name == "_") {
			reached[source(s)] = true
			imports = append(imports, importPath(s))
		}
	}
	first, _ := tokens(source(own))
	return first + "\n" + strings.Join(slices.Sorted(maps.Keys(reached)), "\n"), imports
}

func importPath(s *ast.ImportSpec) string {
	path, _ := strconv.Unquote(s.Path.Value) // valid, because the file was parsed
	return path
}

// importNames returns the names under which a file may use an imported package. Without an
// explicit name they are the words of the last element of the path, or of the one before a
// version.
func importNames(s *ast.ImportSpec) []string {
	if s.Name != nil {
		return []string{s.Name.Name}
	}
	dir, last := path.Split(importPath(s))
	if version.MatchString(last) && dir != "" {
		last = path.Base(dir)
	}
	words := strings.FieldsFunc(last, func(r rune) bool { return r == '-' || r == '.' })
	if !slices.Contains(words, last) {
		words = append(words, last)
	}
	return words
}

var version = regexp.MustCompile(`^v[0-9]+$`)

// declarations returns the declarations of a file by name. Methods have their own name and that
// of their type: package sort, for example, calls a method Less that no cell names.
func declarations(file *ast.File) map[string][]ast.Node {
	nodes := map[string][]ast.Node{}
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			nodes[d.Name.Name] = append(nodes[d.Name.Name], d)
			if d.Recv != nil {
				for _, f := range d.Recv.List {
					name := variableOf(f.Type)
					nodes[name] = append(nodes[name], d)
				}
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.ImportSpec:
					for _, name := range importNames(spec) {
						nodes[name] = append(nodes[name], spec)
					}
				case *ast.TypeSpec:
					nodes[spec.Name.Name] = append(nodes[spec.Name.Name], spec)
				case *ast.ValueSpec:
					var n ast.Node = spec
					if d.Tok == token.CONST {
						n = d // its value may depend on the ones above
					}
					for _, name := range spec.Names {
						nodes[name.Name] = append(nodes[name.Name], n)
					}
				}
			}
		}
	}
	return nodes
}

// declarationAt returns the declaration outside of all functions that contains a line, and the
// innermost function at the line. For a function literal in another function the declaration is
// the whole other function, whose variables the literal may use. own is nil if there is no
// function at the line, or if two begin on one line.
func declarationAt(set *token.FileSet, file *ast.File, line int) (root, own ast.Node) {
	first := func(n ast.Node) int { return set.Position(n.Pos()).Line }
	contains := func(n ast.Node) bool { return first(n) <= line && line <= set.Position(n.End()).Line }
	for _, d := range file.Decls {
		if !contains(d) {
			continue
		}
		root = d
		if group, ok := d.(*ast.GenDecl); ok {
			for _, spec := range group.Specs {
				if contains(spec) {
					root = spec
				}
			}
		}
	}
	if root == nil {
		return nil, nil
	}
	ambiguous := false
	ast.Inspect(root, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.FuncDecl, *ast.FuncLit:
			if contains(n) {
				ambiguous = own != nil && first(own) == first(n)
				own = n
			}
		}
		return true
	})
	if ambiguous {
		own = nil
	}
	return root, own
}

// changeable returns the names of which some code in a file may change a variable: it assigns
// to it or to a part of it, takes its address, calls a method of it, or hands it on in a form
// through which it can be changed, such as a slice.
func changeable(file *ast.File) map[string]bool {
	levels := levelsOf(file)
	changes := map[string]bool{}
	handOn := func(exprs ...ast.Expr) {
		for _, x := range exprs {
			level := 0
			if kv, ok := x.(*ast.KeyValueExpr); ok {
				x = kv.Value
			}
			name := variableOf(x)
			for i, ok := x.(*ast.IndexExpr); ok; i, ok = i.X.(*ast.IndexExpr) {
				level++
			}
			if known, ok := levels[name]; !ok || known > level {
				changes[name] = true
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				for _, x := range n.Lhs {
					changes[variableOf(x)] = true
				}
			}
			handOn(n.Rhs...)
		case *ast.IncDecStmt:
			changes[variableOf(n.X)] = true
		case *ast.RangeStmt:
			if n.Tok == token.ASSIGN {
				changes[variableOf(n.Key)] = true
				changes[variableOf(n.Value)] = true
			}
			handOn(&ast.IndexExpr{X: n.X})
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				changes[variableOf(n.X)] = true
			}
		case *ast.CallExpr:
			if m, ok := n.Fun.(*ast.SelectorExpr); ok {
				changes[variableOf(m.X)] = true
			}
			if f, ok := n.Fun.(*ast.Ident); !ok || f.Name != "len" {
				handOn(n.Args...)
			}
		case *ast.CompositeLit:
			handOn(n.Elts...)
		case *ast.ReturnStmt:
			handOn(n.Results...)
		case *ast.SendStmt:
			handOn(n.Value)
		case *ast.ValueSpec:
			handOn(n.Values...)
		}
		return true
	})
	return changes
}

// levelsOf returns, for the variables of a file whose types it can tell, how many indices lead
// to a number or a text: 0 for float64, 1 for []float64.
func levelsOf(file *ast.File) map[string]int {
	levels := map[string]int{}
	for _, d := range file.Decls {
		group, ok := d.(*ast.GenDecl)
		if !ok || group.Tok != token.VAR {
			continue
		}
		for _, spec := range group.Specs {
			spec := spec.(*ast.ValueSpec)
			for i, name := range spec.Names {
				x := spec.Type
				if x == nil && len(spec.Values) == len(spec.Names) {
					x = spec.Values[i]
				}
				if level, ok := levelOf(x); ok {
					levels[name.Name] = level
				}
			}
		}
	}
	return levels
}

// levelOf returns the level of a type or of a value, see levelsOf.
func levelOf(x ast.Expr) (level int, ok bool) {
	switch x := x.(type) {
	case *ast.Ident:
		return 0, basic.MatchString(x.Name)
	case *ast.BasicLit:
		return 0, true
	case *ast.UnaryExpr:
		return levelOf(x.X)
	case *ast.CompositeLit:
		return levelOf(x.Type)
	case *ast.ArrayType:
		level, ok = levelOf(x.Elt)
		return level + 1, ok
	case *ast.MapType:
		level, ok = levelOf(x.Value)
		return level + 1, ok
	}
	return 0, false
}

var basic = regexp.MustCompile(`^(bool|string|byte|rune|uintptr|(u?int|float|complex)[0-9]*)$`)

// variableOf returns the name of the variable of which an expression is a part, or "".
func variableOf(x ast.Expr) string {
	for {
		switch e := x.(type) {
		case *ast.Ident:
			return e.Name
		case *ast.SelectorExpr:
			x = e.X
		case *ast.IndexExpr:
			x = e.X
		case *ast.IndexListExpr:
			x = e.X
		case *ast.TypeAssertExpr:
			x = e.X
		case *ast.SliceExpr:
			x = e.X
		case *ast.StarExpr:
			x = e.X
		case *ast.ParenExpr:
			x = e.X
		default:
			return ""
		}
	}
}

// tokens returns the tokens of a piece of source as one line, and the identifiers in it.
func tokens(src string) (text string, names []string) {
	var words []string
	var s scanner.Scanner
	s.Init(token.NewFileSet().AddFile("", -1, len(src)), []byte(src), nil, 0)
	for {
		_, tok, literal := s.Scan()
		switch {
		case tok == token.EOF:
			return strings.Join(words, " "), names
		case tok == token.IDENT:
			names = append(names, literal)
			words = append(words, literal)
		case tok.IsLiteral():
			words = append(words, literal)
		default:
			words = append(words, tok.String())
		}
	}
}
