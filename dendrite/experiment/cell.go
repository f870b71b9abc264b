package experiment

import (
	"crypto/sha256"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// cellCode returns the text that identifies the function at a line of a file, if the program
// is a cell of a notebook: a hash of the cells' declarations that the function uses, and of
// the packages that they import. It does not change with the other cells, although each
// cell is another program. ok is false if this is not a cell, or if it is not certain that the
// source on disk is what was compiled.
func cellCode(file string, line int) (code string, ok bool) {
	dir := os.Getenv(protocol.GONB_TMP_DIR_ENV)
	program, err := os.Executable()
	if err != nil || dir == "" || filepath.Base(file) != "main.go" || !sameFile(filepath.Dir(program), dir) || !sameFile(file, filepath.Join(dir, "main.go")) {
		return "", false
	}
	compiled, err := os.Stat(program)
	if err != nil {
		return "", false
	}
	// GoNB writes the source just before it compiles it. It writes it again when the user
	// asks for completion while the cell runs.
	written, err := os.Stat(file)
	if err != nil || written.ModTime().After(compiled.ModTime()) {
		return "", false
	}
	src, err := os.ReadFile(file)
	if err != nil {
		return "", false
	}
	text, imports := reachedBy(file, src, line)
	if text == "" {
		return "", false
	}
	packages, ok := importedCode(imports, written.ModTime())
	if !ok {
		return "", false
	}
	return fmt.Sprintf("cell %x", sha256.Sum256([]byte(text+"\n"+packages))), true
}

// sameFile reports whether two paths lead to one file, perhaps by symbolic links.
func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// importedCode identifies the packages that a cell imports. ok is false if one of them is in
// another local module than ours, or if our source was changed after a time.
func importedCode(imports []string, unchanged time.Time) (text string, ok bool) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "", false
	}
	_, here, _, _ := runtime.Caller(0)
	root := filepath.Dir(filepath.Dir(filepath.Dir(here)))
	ours, err := folderCode(filepath.Join(root, "dendrite"), unchanged)
	if err != nil {
		return "", false
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return "", false
	}
	foreign := false // another module than ours is imported
	for _, m := range info.Deps {
		if slices.ContainsFunc(imports, func(p string) bool { return p == m.Path || strings.HasPrefix(p, m.Path+"/") }) && m.Path != ourModule {
			if foreign = true; m.Sum == "" || m.Replace != nil {
				return "", false
			}
		}
	}
	var b strings.Builder
	fmt.Fprintln(&b, ours)
	for _, m := range info.Deps {
		// Later cells may add modules. They do not matter to a cell that imports only ours.
		if m.Path == ourModule || !foreign && !strings.Contains(string(mod), m.Path+" v") {
			continue
		}
		fmt.Fprintln(&b, m.Path, m.Version, m.Sum)
		if r := m.Replace; r != nil {
			fmt.Fprintln(&b, r.Path, r.Version, r.Sum)
			if r.Sum == "" {
				return "", false // a local folder
			}
		}
	}
	return b.String(), true
}

// ourModule is the path of this project's module.
const ourModule = "microcircuits"

// folderCode returns a hash of the files in a folder from which programs are compiled. It
// returns an error if one was changed after a time.
func folderCode(dir string, unchanged time.Time) (string, error) {
	h := sha256.New()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == "testdata":
			return fs.SkipDir
		case d.IsDir(), strings.HasSuffix(path, "_test.go"), strings.HasSuffix(path, ".md"):
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if info.ModTime().After(unchanged) {
			return fmt.Errorf("%s was changed", path)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		fmt.Fprintf(h, "%q %d %s", filepath.ToSlash(name), len(data), data)
		return err
	})
	return fmt.Sprintf("%x", h.Sum(nil)), err
}

// reachedBy returns the source of the function at a line of a file and of everything that it
// uses in the file, directly or indirectly, without comments and white space; and the paths
// of the packages that this imports. text is "" if there is no function at the line, or if there are two.
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
	if root == nil || own == nil {
		return "", nil
	}
	declared := declarations(file)
	open := append([]ast.Node{root}, declared["init"]...)
	writers := writersOf(file)
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
			if isVariable(declared[name]) {
				open = append(open, writers[name]...) // functions that change it
			}
			for _, n := range declared[name] {
				if s, ok := n.(*ast.ImportSpec); ok && !slices.Contains(imports, importPath(s)) {
					imports = append(imports, importPath(s))
				}
			}
		}
	}
	for _, s := range file.Imports { // those without a name
		if s.Name != nil && (s.Name.Name == "." || s.Name.Name == "_") {
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

// isVariable reports whether one of the declarations of a name declares variables.
func isVariable(nodes []ast.Node) bool {
	return slices.ContainsFunc(nodes, func(n ast.Node) bool { _, ok := n.(*ast.ValueSpec); return ok })
}

// writersOf returns, by name, the functions that may change the variable of that name: they
// assign to it or to a part of it, or take its address.
func writersOf(file *ast.File) map[string][]ast.Node {
	writers := map[string][]ast.Node{}
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		add := func(x ast.Expr) {
			if name := variableOf(x); name != "" && !slices.Contains(writers[name], ast.Node(f)) {
				writers[name] = append(writers[name], f)
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				if n.Tok != token.DEFINE {
					for _, x := range n.Lhs {
						add(x)
					}
				}
			case *ast.IncDecStmt:
				add(n.X)
			case *ast.RangeStmt:
				if n.Tok == token.ASSIGN {
					add(n.Key)
					add(n.Value)
				}
			case *ast.UnaryExpr:
				if n.Op == token.AND {
					add(n.X)
				}
			}
			return true
		})
	}
	return writers
}

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
