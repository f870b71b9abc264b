package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"microcircuits/kernel/cell"
	"microcircuits/kernel/ipynb"
)

// setupLine is the command in the first cell of the project's notebooks. It has no effect
// under this kernel.
const setupLine = `!*rm -f go.work && go work init . "${DENDRITE_ROOT:-$(dirname "$(cd "$GONB_DIR" && go env GOMOD)")}"`

// closedPackages are packages whose results depend on their arguments only, or on what
// [runner.madeFrom] contains. Cells that use others may read files or the clock.
var closedPackages = []string{
	"bytes", "cmp", "context", "errors", "fmt", "maps", "math", "math/bits", "math/cmplx", "slices", "sort", "strconv", "strings", "unicode", "unicode/utf8",
	"microcircuits/dendrite", "microcircuits/dendrite/baseline", "microcircuits/dendrite/chart", "microcircuits/dendrite/experiment",
	"microcircuits/dendrite/figure", "microcircuits/dendrite/microcircuit", "microcircuits/dendrite/recall", "microcircuits/dendrite/record",
	"microcircuits/dendrite/task", "microcircuits/dendrite/twostep",
}

// openNames are names in closed packages that read data or input all the same.
var openNames = []string{
	"task.MNIST", "task.FindMNIST", "fmt.Scan", "fmt.Scanf", "fmt.Scanln", "fmt.Fscan", "fmt.Fscanf", "fmt.Fscanln",
}

// checkClosed returns nil if the outputs of a notebook's cells depend only on its text and
// on the project. It returns the reason for an error otherwise, or if it cannot tell. It is
// strict: a name before a dot must be a closed package or declared in the cell or outside
// functions in another, because GoNB imports packages without being asked.
func checkClosed(nb *ipynb.Notebook) error {
	var files []*ast.File
	global := map[string]bool{}   // declared outside functions, in any cell
	packages := map[string]bool{} // names of closed packages
	for _, p := range closedPackages {
		packages[path.Base(p)] = true
	}
	for i, c := range nb.Cells {
		if c.Type != ipynb.Code {
			continue
		}
		file, err := parseCell(c.Source)
		if err != nil {
			return fmt.Errorf("cell %d: %w", i+1, err)
		}
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil || !slices.Contains(closedPackages, imported) {
				return fmt.Errorf("cell %d imports %s", i+1, spec.Path.Value)
			}
			if spec.Name != nil {
				if spec.Name.Name == "." {
					return fmt.Errorf("cell %d imports with a dot", i+1)
				}
				packages[spec.Name.Name] = true
			}
		}
		namesData := !c.HasTag(ipynb.TagParameters) && !c.HasTag(ipynb.TagInjected) || figureIn(nb) == nil
		for _, text := range texts(file) {
			if low := strings.ToLower(text); namesData && (low == "data" || strings.HasSuffix(low, ".data")) {
				return fmt.Errorf("cell %d may name other data", i+1)
			}
		}
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				global[d.Name.Name] = true
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					for _, name := range declaredBy(spec) {
						global[name.Name] = true
					}
				}
			}
		}
		files = append(files, file)
	}
	var reason error
	for _, file := range files {
		declared := maps.Clone(global)
		ast.Inspect(file, func(n ast.Node) bool {
			for _, name := range declaredBy(n) {
				declared[name.Name] = true
			}
			return true
		})
		ast.Inspect(file, func(n ast.Node) bool {
			if why := open(n, packages, declared); why != "" && reason == nil {
				reason = errors.New(why)
			}
			return reason == nil
		})
	}
	return reason
}

// parseCell parses the declarations and statements of a cell. A command of GoNB
// is an error, except those that change nothing.
func parseCell(source string) (*ast.File, error) {
	declarations, statements, commands := cell.Split(source)
	for _, c := range commands {
		if c = strings.TrimSpace(c); c != "%noautoget" && c != setupLine {
			return nil, fmt.Errorf("it has the command %.30q", c)
		}
	}
	return parser.ParseFile(token.NewFileSet(), "", "package p\n"+declarations+"\nfunc _() {\n"+statements+"\n}\n", 0)
}

// texts returns the string literals of a file.
func texts(file *ast.File) (all []string) {
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if text, err := strconv.Unquote(lit.Value); err == nil {
				all = append(all, text)
			}
		}
		return true
	})
	return all
}

// declaredBy returns the names that a node declares.
func declaredBy(n ast.Node) (all []*ast.Ident) {
	add := func(exprs ...ast.Expr) {
		for _, e := range exprs {
			if id, ok := e.(*ast.Ident); ok {
				all = append(all, id)
			}
		}
	}
	switch n := n.(type) {
	case *ast.FuncType: // not the fields of structs: they are never before a dot alone
		for _, list := range []*ast.FieldList{n.TypeParams, n.Params, n.Results} {
			if list != nil {
				for _, f := range list.List {
					all = append(all, f.Names...)
				}
			}
		}
	case *ast.FuncDecl:
		all = append(all, n.Name)
		if n.Recv != nil {
			for _, f := range n.Recv.List {
				all = append(all, f.Names...)
			}
		}
	case *ast.ValueSpec:
		all = append(all, n.Names...)
	case *ast.TypeSpec:
		all = append(all, n.Name)
	case *ast.AssignStmt:
		if n.Tok == token.DEFINE {
			add(n.Lhs...)
		}
	case *ast.RangeStmt:
		if n.Tok == token.DEFINE {
			add(n.Key, n.Value)
		}
	}
	return all
}

// open returns why a node may depend on more than the notebook and the project, or "".
func open(n ast.Node, packages, declared map[string]bool) string {
	switch n := n.(type) {
	case *ast.SelectorExpr:
		head, ok := n.X.(*ast.Ident)
		if ok && !packages[head.Name] && (!declared[head.Name] || isCommonPackage(head.Name)) {
			return head.Name + " may be a package that reads files or the clock"
		}
		if ok && slices.Contains(openNames, head.Name+"."+n.Sel.Name) {
			return head.Name + "." + n.Sel.Name + " reads data"
		}
		if n.Sel.Name == "Data" || n.Sel.Name == "Digits" {
			return n.Sel.Name + " may name other data"
		}
	case *ast.KeyValueExpr:
		if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Data" {
			return "Data may name other data"
		}
	}
	return ""
}

// isCommonPackage reports whether a name is that of a package of the standard library that
// is not closed: one cell may declare a variable of that name, and another use the package.
func isCommonPackage(name string) bool {
	return slices.Contains([]string{
		"bufio", "debug", "embed", "exec", "filepath", "fs", "gonbui", "http", "io", "ioutil", "log", "os", "plugin", "rand",
		"reflect", "runtime", "signal", "slog", "sql", "sync", "syscall", "testing", "time", "unsafe", "user",
	}, name)
}
