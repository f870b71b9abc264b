package experiment_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/janpfeifer/gonb/gonbui/protocol"

	"microcircuits/dendrite/notebook/names"
	"microcircuits/dendrite/runstore"
)

// cloneRoot returns the folder of this clone, on which small programs depend.
func cloneRoot(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// userModule makes a module of a user that depends on this clone and on another module of the
// user, lib.
func userModule(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	write(t, dir, "go.mod", fmt.Sprintf("module mine\n\ngo 1.25.0\n\nrequire (\n\tlib v0.0.0\n\tmicrocircuits v0.0.0\n)\n\nreplace (\n\tlib => ./lib\n\tmicrocircuits => %s\n)\n", cloneRoot(t)))
	sums, err := os.ReadFile(filepath.Join(cloneRoot(t), "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "go.sum", string(sums))
	write(t, dir, "lib/go.mod", "module lib\n\ngo 1.25.0\n")
	write(t, dir, "lib/lib.go", "package lib\n\nfunc Offset() float64 { return 0 }\n")
	return dir
}

// userProgram is a user's own experiment that computes a number and prints it.
func userProgram(expression string) string {
	return `package main

import (
	"context"
	"fmt"
	"os"

	"lib"
	"microcircuits/dendrite/experiment"
)

type params struct{ Seeds int }

var own = experiment.Own[params, float64]{
	Info:   experiment.Info{Name: "mine", Title: "Mine", Version: 1},
	Preset: func(experiment.Scale) params { return params{1} },
	Jobs:   experiment.PerSeed(compute),
}

func compute(_ context.Context, p params, seed uint64, w *experiment.Work) (float64, error) {
	return ` + expression + ` + lib.Offset(), nil
}

func main() {
	run, err := own.Run(context.Background(), experiment.Env{}, params{1})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(run.Seeds[0], run.Provenance.Cached)
}
`
}

func build(t *testing.T, dir, program string, flags ...string) string {
	t.Helper()
	cmd := exec.Command("go", append(append([]string{"build", "-mod=mod", "-ldflags=-s -w", "-o", program}, flags...), ".")...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return filepath.Join(dir, program)
}

func runProgram(t *testing.T, program string, want string) {
	t.Helper()
	out, err := exec.Command(program).CombinedOutput()
	if got := strings.TrimSpace(string(out)); err != nil || got != want {
		t.Errorf("%s: %q, %v; want %q", filepath.Base(program), got, err, want)
	}
}

// A stored result is found only by the code that computed it, in whatever way the program
// was built.
func TestOtherCode(t *testing.T) {
	t.Setenv(runstore.DirVariable, t.TempDir())
	dir := userModule(t)
	edit := func(expression string) { write(t, dir, "main.go", userProgram(expression)) }

	edit("1")
	trimmed := build(t, dir, "trimmed1", "-trimpath")
	plain := build(t, dir, "plain1")
	runProgram(t, trimmed, "1 false")
	runProgram(t, trimmed, "1 true")

	edit("2")
	runProgram(t, build(t, dir, "trimmed2", "-trimpath"), "2 false")
	// An old program, run for the first time after the edit, must not store its result
	// as that of the new source.
	runProgram(t, plain, "1 false")
	edited := build(t, dir, "plain2")
	runProgram(t, edited, "2 false")
	runProgram(t, edited, "2 true")
	runProgram(t, plain, "1 true")

	write(t, dir, "lib/lib.go", "package lib\n\nfunc Offset() float64 { return 100 }\n")
	runProgram(t, build(t, dir, "lib2"), "102 false")
	if err := os.RemoveAll(filepath.Join(dir, "lib")); err != nil { // without source
		t.Fatal(err)
	}
	runProgram(t, edited, "2 true")
}

// Every cell of a notebook is another program. It finds the results of other cells if the
// cells' declarations that compute them are the same.
func TestCellCode(t *testing.T) {
	t.Setenv(runstore.DirVariable, t.TempDir())
	dir := t.TempDir()
	t.Setenv(protocol.GONB_TMP_DIR_ENV, dir)
	write(t, dir, "go.mod", "module gonb_0\n\ngo 1.25.0\n")
	write(t, dir, "go.work", "go 1.25.0\n\nuse (\n\t.\n\t"+cloneRoot(t)+"\n)\n")
	cell := func(edits ...string) string {
		t.Helper()
		src := strings.NewReplacer(append(edits, "\t\"lib\"\n", "", " + lib.Offset()", "")...).Replace(userProgram("1"))
		write(t, dir, "main.go", src)
		cmd := exec.Command("go", "build", "-ldflags=-s -w", "-o", "gonb_0")
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("go build: %v\n%s", err, out)
		}
		return filepath.Join(dir, "gonb_0")
	}
	runProgram(t, cell(), "1 false")
	runProgram(t, cell("fmt.Println(run.Seeds", "fmt.Println(); fmt.Println(run.Seeds"), "1 true")
	runProgram(t, cell("return 1", "return 2"), "2 false")
	// A function sets a variable: with which value is not in its source.
	set := func(value string) string {
		return cell("return 1", "return gain", "func main() {", "var gain float64\n\nfunc set(g float64) { gain = g }\n\nfunc main() {\n\tset("+value+")")
	}
	runProgram(t, set("5"), "5 false")
	runProgram(t, set("6"), "6 false")
	// A package calls a method that the cell does not name.
	text := func(value string) string {
		return cell("return 1", "return float64(len(fmt.Sprint(words(0))))", "func main() {", "type words int\n\nfunc (words) String() string { return \""+value+"\" }\n\nfunc main() {")
	}
	runProgram(t, text("one"), "3 false")
	runProgram(t, text("three"), "5 false")
	// The source of a generic function does not say for which type.
	generic := func(typ string) string {
		return cell("PerSeed(compute)", "PerSeed(compute["+typ+"])", "func compute(", "func compute[T any](", "return 1", "var v T; return float64(len(fmt.Sprintf(\"%T\", v)))")
	}
	runProgram(t, generic("int"), "3 false")
	runProgram(t, generic("int64"), "5 false")
	// A function knows a variable of the function around it.
	wrapped := func(value string) string {
		return cell("PerSeed(compute)", "PerSeed(wrap("+value+"))", "func compute(", "func wrap(g float64) func(context.Context, params, uint64, *experiment.Work) (float64, error) {\n\treturn func(", "return 1", "return g", ", nil\n}\n\nfunc main", ", nil\n}}\n\nfunc main")
	}
	runProgram(t, wrapped("7"), "7 false")
	runProgram(t, wrapped("8"), "8 false")
	// Files that the kernel writes beside a cell.
	write(t, dir, names.ImportsFile, "package main\n\nimport (\n\t_ \"microcircuits/dendrite/notebook/streams\"\n)\n")
	write(t, dir, names.ResultFile, "package main\n\nfunc showResult_(...interface{}) {}\n")
	runProgram(t, cell("fmt.Println(run.Seeds", "showResult_(); fmt.Println(run.Seeds"), "1 true")
	write(t, dir, names.ImportsFile, "package main\n\nimport (\n\t_ \"image/png\"\n)\n")
	runProgram(t, cell(), "1 false")
	write(t, dir, names.ImportsFile, "package main\n\nimport (\n)\n")
	// Another file of the same package.
	helper := func(value string) string {
		write(t, dir, "helper.go", "package main\n\nfunc help() float64 { return "+value+" }\n")
		return cell("return 1", "return help()")
	}
	runProgram(t, helper("9"), "9 false")
	runProgram(t, helper("10"), "10 false")
	if err := os.Remove(filepath.Join(dir, "helper.go")); err != nil {
		t.Fatal(err)
	}
	embedded := func(value string) string {
		write(t, dir, "file.txt", value)
		return cell("return 1", "return float64(len(file))", "import (\n", "import (\n\t_ \"embed\"\n", "func main() {", "//go:embed file.txt\nvar file string\n\nfunc main() {")
	}
	runProgram(t, embedded("a"), "1 false")
	runProgram(t, embedded("ab"), "2 false")
	program := cell("return 1", "return 3")
	src, err := os.ReadFile(filepath.Join(dir, "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "main.go", string(bytes.Replace(src, []byte("return 3"), []byte("return 4"), 1))) // completion in another cell
	runProgram(t, program, "3 false")
	runProgram(t, cell("return 1", "return 4"), "4 false")
}
