package experiment

import (
	"crypto/sha256"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
)

// sourceOf is a hash of the source of a function and of whatever it names in
// its own package, and so on; comments and white space do not count. It is empty
// where the source is not at hand, as in a program built with -trimpath.
//
// The cells of a notebook become one file with another main for each cell: a
// hash of the file, or of the program, would be another one in every cell.
func sourceOf(f any) string {
	fn := runtime.FuncForPC(reflect.ValueOf(f).Pointer())
	if fn == nil {
		return ""
	}
	return sourceAt(fn.FileLine(fn.Entry()))
}

// sourceAt is sourceOf for the function at a line of a file.
func sourceAt(path string, line int) string {
	files, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*.go"))
	if err != nil {
		return ""
	}
	var open []string // texts not scanned yet
	declared := map[string][]string{}
	for _, name := range files {
		src, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, src, parser.SkipObjectResolution)
		if err != nil {
			continue // a file that is being written, in a package that builds
		}
		text := func(n ast.Node) string {
			f := set.File(n.Pos())
			return string(src[f.Offset(n.Pos()):f.Offset(n.End())])
		}
		for name, nodes := range declarations(file) {
			for _, n := range nodes {
				declared[name] = append(declared[name], text(n))
			}
		}
		if name == path {
			if f := functionAt(set, file, line); f != nil {
				open = append(open, text(f))
			}
		}
	}
	if len(open) == 0 {
		return ""
	}
	reached := map[string]bool{}
	for len(open) > 0 {
		text, names := tokens(open[0])
		open = open[1:]
		if reached[text] {
			continue
		}
		reached[text] = true
		for _, name := range names {
			open = append(open, declared[name]...)
		}
	}
	return fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Join(slices.Sorted(maps.Keys(reached)), "\n"))))
}

// declarations are what a file declares by each name: methods by their own.
func declarations(file *ast.File) map[string][]ast.Node {
	nodes := map[string][]ast.Node{}
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			nodes[d.Name.Name] = append(nodes[d.Name.Name], d)
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
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

// functionAt is the function that begins at a line, or else, as the first
// instruction of a short one may belong to its body, the innermost around it.
func functionAt(set *token.FileSet, file *ast.File, line int) (found ast.Node) {
	first := func(n ast.Node) int { return set.Position(n.Pos()).Line }
	ast.Inspect(file, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.FuncDecl, *ast.FuncLit:
			around := first(n) <= line && line <= set.Position(n.End()).Line
			if around && (found == nil || first(found) < line) {
				found = n
			}
		}
		return true
	})
	return found
}

// tokens are the words of a piece of source in one line, and the names among
// them.
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
