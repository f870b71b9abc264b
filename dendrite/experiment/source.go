package experiment

import (
	"crypto/sha256"
	"errors"
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

// ownSource returns sourceOf(f) for a user's code. For functions in the folders of this
// package and of the figures it returns "", because figures increase their Version instead.
// If the source of a user's function is not available, it returns an error: a stored result
// of other code could not be recognised.
func ownSource(f any) (string, error) {
	fn := runtime.FuncForPC(reflect.ValueOf(f).Pointer())
	if fn == nil {
		return "", errors.New("it is not a function")
	}
	_, here, _, _ := runtime.Caller(0)
	path, _ := fn.FileLine(fn.Entry())
	dir, ours := filepath.Dir(path), filepath.Dir(here)
	if (dir == ours || dir == filepath.Join(ours, "..", "figure")) && !strings.HasSuffix(path, "_test.go") {
		return "", nil
	}
	source := sourceOf(f)
	if source == "" {
		return "", fmt.Errorf("the source of the function %s is not available, so a change of its code would not be noticed: use a plain function instead of a method of a value, and build without -trimpath", fn.Name())
	}
	return source, nil
}

// sourceOf returns a hash of the source of a function and of everything it uses in its own
// package, directly or indirectly, without comments and white space. It returns "" if the
// source is not available, as in a program built with -trimpath.
//
// A hash of the whole file or program would change with each cell of a notebook, because
// the main function is different.
func sourceOf(f any) string {
	fn := runtime.FuncForPC(reflect.ValueOf(f).Pointer())
	if fn == nil {
		return ""
	}
	return sourceAt(fn.FileLine(fn.Entry()))
}

// sourceAt returns the hash for the function at a line of a file.
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
			continue // a file that is just being written
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

// declarations returns the declarations of a file by name; methods by their own name.
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

// functionAt returns the function that begins at a line, else the innermost function around
// it: the first instruction of a short function may belong to its body.
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
