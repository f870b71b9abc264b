package gonb

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
)

// noResult reports whether a call, as written in a cell, is one of a function of package
// dendrite that has no result. The compiler says it of any function, but then the first
// cell that ends with such a call is compiled twice.
func (s *Session) noResult(call string) bool {
	name, ok := strings.CutPrefix(call, "dendrite.")
	if !ok {
		return false
	}
	dir := filepath.Join(s.options.Root, "dendrite")
	files, err := os.ReadDir(dir)
	if err != nil {
		return false // the compiler reports it
	}
	for _, f := range files {
		if filepath.Ext(f.Name()) != ".go" || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, f.Name()), nil, parser.SkipObjectResolution)
		if err != nil {
			continue
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == name {
				return f.Type.Results == nil
			}
		}
	}
	return false
}
