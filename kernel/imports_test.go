package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"microcircuits/kernel/clone"
)

// rooms lists the packages of this module that each room may import. A name is one
// folder; with /... it also includes the folders below it. A folder that no name
// includes is an error: add it here.
var rooms = map[string][]string{
	"dendrite":                     {"dendrite/figure", "dendrite/experiment", "dendrite/record", "dendrite/notebook", "dendrite/chart", "dendrite/runstore", "dendrite/recall", "dendrite/twostep", "dendrite/microcircuit", "dendrite/baseline", "dendrite/task"},
	"dendrite/figure":              {"dendrite/figure/internal/lab", "dendrite/experiment", "dendrite/record", "dendrite/recall", "dendrite/twostep", "dendrite/microcircuit", "dendrite/baseline", "dendrite/task", "dendrite/chart", "dendrite/internal/..."},
	"dendrite/figure/internal/...": {"dendrite/experiment", "dendrite/record", "dendrite/recall", "dendrite/twostep", "dendrite/microcircuit", "dendrite/baseline", "dendrite/task", "dendrite/chart", "dendrite/internal/..."},
	"dendrite/experiment":          {"dendrite/record", "dendrite/recall", "dendrite/twostep", "dendrite/microcircuit", "dendrite/baseline", "dendrite/task", "dendrite/runstore", "dendrite/internal/..."},
	"dendrite/recall":              {"dendrite/twostep", "dendrite/internal/..."},
	"dendrite/twostep":             {"dendrite/internal/..."},
	"dendrite/microcircuit":        {"dendrite/internal/..."},
	"dendrite/baseline":            {"dendrite/internal/..."},
	"dendrite/task":                {"dendrite/internal/..."},
	"dendrite/notebook":            {"dendrite/chart", "dendrite/notebook/names"},
	"dendrite/notebook/names":      {},
	"dendrite/notebook/streams":    {"dendrite/notebook/names"},
	"dendrite/chart":               {},
	"dendrite/runstore":            {},
	"dendrite/record":              {},
	"dendrite/internal/...":        {"dendrite/internal/..."},

	// The program lists experiments, checks them and sets their parameters. Package
	// report reads the record of a run from the notebook instead.
	"kernel":              {"kernel/...", "dendrite/figure", "dendrite/experiment", "dendrite/record", "dendrite/runstore", "dendrite/notebook/names"},
	"kernel/launch":       {"kernel/clone", "kernel/front"},
	"kernel/clone":        {},
	"kernel/ipynb":        {"kernel/internal/..."},
	"kernel/front":        {"kernel/gonb", "kernel/ipynb", "kernel/cell", "kernel/internal/...", "dendrite/notebook/names"},
	"kernel/gonb":         {"kernel/ipynb", "kernel/cell", "kernel/internal/...", "dendrite/notebook/names"},
	"kernel/cell":         {},
	"kernel/report":       {"kernel/ipynb", "kernel/internal/...", "dendrite/chart", "dendrite/record", "dendrite/notebook/names"},
	"kernel/internal/...": {},
}

// models import no other module than gonum, so that they can be used anywhere.
var models = []string{"dendrite/recall", "dendrite/twostep", "dendrite/microcircuit", "dendrite/baseline"}

// within reports whether a name of the table includes a folder.
func within(folder, name string) bool {
	below, all := strings.CutSuffix(name, "/...")
	return folder == below || all && strings.HasPrefix(folder, below+"/")
}

// mayImport returns the reason why a room must not import a package, or "" if it
// may.
func mayImport(room, imported string) string {
	local, ours := strings.CutPrefix(imported, clone.Module+"/")
	if !ours {
		host, _, _ := strings.Cut(imported, "/")
		if slices.Contains(models, room) && strings.Contains(host, ".") && host != "gonum.org" {
			return "a model may import no other module than gonum"
		}
		return ""
	}
	for name, allowed := range rooms {
		if within(room, name) {
			if slices.ContainsFunc(allowed, func(a string) bool { return within(local, a) }) {
				return ""
			}
			return "of this module it may import only: " + strings.Join(allowed, ", ")
		}
	}
	return "this room is not in the table of kernel/imports_test.go: decide what it may import"
}

// TestImportRule reads the files of all machines and build tags, except tests.
func TestImportRule(t *testing.T) {
	root, err := clone.Find(".")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	err = filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); file != root && (strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		relative, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		room := path.Dir(filepath.ToSlash(relative))
		seen[room] = true
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, i := range f.Imports {
			imported, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			if why := mayImport(room, imported); why != "" {
				t.Errorf("%s imports %s, against the import rule of the house: %s", filepath.ToSlash(relative), imported, why)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, room := range []string{"dendrite", "dendrite/experiment", "dendrite/figure", "dendrite/internal/simd", "kernel", "kernel/report"} {
		if !seen[room] {
			t.Errorf("this test has read no file of %s", room)
		}
	}
}

func TestMayImport(t *testing.T) {
	for _, c := range []struct {
		room, imported string
		may            bool
	}{
		{"dendrite/experiment", "microcircuits/dendrite/internal/simd", true},
		{"dendrite/experiment", "microcircuits/dendrite/figure", false},
		{"dendrite/experiment", "microcircuits/dendrite/chart", false},
		{"dendrite/figure/internal/lab", "microcircuits/dendrite/figure", false},
		{"dendrite/figure", "microcircuits/dendrite/figure/internal/lab", true},
		{"dendrite/experiment", "microcircuits/dendrite/notebook", false},
		{"dendrite/microcircuit", "gonum.org/v1/gonum/mat", true},
		{"dendrite/microcircuit", "github.com/go-echarts/go-echarts/v2/charts", false},
		{"dendrite/microcircuit", "microcircuits/dendrite/task", false},
		{"dendrite/notebook", "microcircuits/dendrite/experiment", false},
		{"dendrite/chart", "microcircuits/dendrite/notebook", false},
		{"kernel", "microcircuits/kernel/report", true},
		{"kernel", "microcircuits/dendrite/experiment", true},
		{"kernel", "microcircuits/dendrite/task", false},
		{"kernel/report", "microcircuits/dendrite/experiment", false},
		{"kernel/report", "math/rand/v2", true},
		{"kernel/front", "microcircuits/kernel/gonb", true},
		{"kernel/gonb", "microcircuits/kernel/front", false},
		{"kernel/cell", "microcircuits/kernel/ipynb", false},
		{"elsewhere", "microcircuits/dendrite", false},
	} {
		if why := mayImport(c.room, c.imported); (why == "") != c.may {
			t.Errorf("%s imports %s: %q, want allowed %v", c.room, c.imported, why, c.may)
		}
	}
}
