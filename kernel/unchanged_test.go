package main

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"microcircuits/dendrite/record"
	"microcircuits/dendrite/runstore"
	"microcircuits/kernel/ipynb"
)

// A signedRun is a small clone with a notebook whose good run is in reports. Its output is
// the record of a run with one result in the store.
type signedRun struct {
	root, path, out string
	entry           *runstore.Entry
}

func newSignedRun(t *testing.T) *signedRun {
	t.Helper()
	s := &signedRun{root: t.TempDir()}
	t.Setenv(runstore.DirVariable, t.TempDir())
	store, err := runstore.Open("")
	if err != nil {
		t.Fatal(err)
	}
	if s.entry, err = store.Entry("mine", "seed1", 1); err != nil {
		t.Fatal(err)
	}
	if err := s.entry.Save([]float64{1}, runstore.NewMeta(time.Now(), "portable")); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"dendrite", "kernel", "notebooks/results", "reports"} {
		if err := os.MkdirAll(filepath.Join(s.root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"go.sum", "dendrite/a.go", "dendrite/asset.js", "kernel/b.go", "notebooks/results/mine.txt"} {
		s.write(t, file, file)
	}
	s.write(t, "go.mod", "module microcircuits\n\ngo 1.25.0\n")
	s.path = notebook(t, filepath.Join(s.root, "notebooks"), "n", "var lr = 0.1", "%%\nfmt.Println(lr)")
	s.out = filepath.Join(s.root, "reports", "n.ipynb")
	j := s.job(t, nil)
	r := s.runner()
	if _, err := r.unchanged(t.Context(), j); err == nil || j.from == "" {
		t.Fatalf("before the first run: from %q, %v", j.from, err)
	}
	text := `{"version":2,"experiment":"mine","scale":"quick","claims":[],"provenance":{"runs":["` + s.entry.Name() + `"]}}`
	j.nb.Cells[2].Outputs = []*ipynb.Output{{Type: ipynb.DisplayData, Data: map[string]json.RawMessage{record.MIME: json.RawMessage(text)}}}
	j.info.Status, j.info.Started = "ok", time.Now().Format(time.RFC3339)
	if err := r.save(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *signedRun) write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(s.root, filepath.FromSlash(file)), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (s *signedRun) job(t *testing.T, values map[string]string) *job {
	t.Helper()
	j, err := newJob(s.root, s.path, values)
	if err != nil {
		t.Fatal(err)
	}
	j.out = s.out
	return j
}

func (s *signedRun) runner() *runner {
	return &runner{console: &console{out: io.Discard, err: io.Discard}, root: s.root}
}

// edit replaces a text in a file.
func edit(t *testing.T, path, before, after string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), before) {
		t.Fatalf("%s has no %q", path, before)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(data), before, after, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Without a change the notebook of the last run is used; each change makes it run again.
func TestUnchanged(t *testing.T) {
	for name, change := range map[string]func(*testing.T, *signedRun){
		"":                   func(*testing.T, *signedRun) {},
		"a test":             func(t *testing.T, s *signedRun) { s.write(t, "dendrite/a_test.go", "x") },
		"another notebook":   func(t *testing.T, s *signedRun) { s.write(t, "notebooks/other.ipynb", "x") },
		"the report is gone": func(t *testing.T, s *signedRun) { _ = os.Remove(strings.TrimSuffix(s.out, ".ipynb") + ".html") },
		"- a cell":           func(t *testing.T, s *signedRun) { edit(t, s.path, "fmt.Println(lr)", "fmt.Println(-lr)") },
		"- a text cell":      func(t *testing.T, s *signedRun) { edit(t, s.path, "# n", "# m") },
		"- a parameter":      func(t *testing.T, s *signedRun) { edit(t, s.path, "var lr = 0.1", "var lr = 0.2") },
		"- code":             func(t *testing.T, s *signedRun) { s.write(t, "dendrite/a.go", "x") },
		"- new code":         func(t *testing.T, s *signedRun) { s.write(t, "kernel/c.go", "x") },
		"- less code":        func(t *testing.T, s *signedRun) { _ = os.Remove(filepath.Join(s.root, "kernel", "b.go")) },
		"- an asset":         func(t *testing.T, s *signedRun) { s.write(t, "dendrite/asset.js", "x") },
		"- a dependency":     func(t *testing.T, s *signedRun) { s.write(t, "go.sum", "x") },
		"- a kept result":    func(t *testing.T, s *signedRun) { s.write(t, "notebooks/results/mine.txt", "x") },
		"- a picture":        func(t *testing.T, s *signedRun) { s.write(t, "notebooks/a.png", "x") },
		"- a module in a folder": func(t *testing.T, s *signedRun) {
			s.write(t, "go.mod", "module microcircuits\n\ngo 1.25.0\n\nreplace example.org/x => ../x\n")
		},
		"- a setting of Go":        func(t *testing.T, _ *signedRun) { t.Setenv("GODEBUG", "madvdontneed=1") },
		"- the instruction set":    func(t *testing.T, _ *signedRun) { t.Setenv("GOAMD64", "v3"); t.Setenv("GOARM64", "v8.1") },
		"- other data":             func(t *testing.T, _ *signedRun) { t.Setenv("DENDRITE_MNIST", t.TempDir()) },
		"- another store":          func(t *testing.T, _ *signedRun) { t.Setenv(runstore.DirVariable, t.TempDir()) },
		"- the result is gone":     func(t *testing.T, s *signedRun) { _ = os.RemoveAll(s.entry.Dir()) },
		"- the result is damaged":  func(t *testing.T, s *signedRun) { edit(t, filepath.Join(s.entry.Dir(), "result.json"), "{", "{ ") },
		"- the run is gone":        func(t *testing.T, s *signedRun) { _ = os.Remove(s.out) },
		"- the run was edited":     func(t *testing.T, s *signedRun) { edit(t, s.out, "quick", "paper") },
		"- the run has no hash":    func(t *testing.T, s *signedRun) { edit(t, s.out, `"made"`, `"mode"`) },
		"- the run is no notebook": func(t *testing.T, s *signedRun) { s.write(t, "reports/n.ipynb", "{") },
		"- a later run failed":     func(t *testing.T, s *signedRun) { s.write(t, "reports/n-failed.ipynb", "{}") },
		"- it reads a file":        func(t *testing.T, s *signedRun) { edit(t, s.path, "fmt.Println(lr)", "os.Remove(fmt.Sprint(lr))") },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSignedRun(t)
			change(t, s)
			nb, err := s.runner().unchanged(t.Context(), s.job(t, nil))
			if want := !strings.HasPrefix(name, "-"); (err == nil) != want {
				t.Errorf("unchanged: %v, want %v", err, want)
			}
			if err == nil && nb.Cells[2].Outputs == nil {
				t.Error("the notebook has no outputs")
			}
		})
	}
	s := newSignedRun(t)
	if _, err := s.runner().unchanged(t.Context(), s.job(t, map[string]string{"lr": "0.3"})); err == nil {
		t.Error("another value on the command line is not noticed")
	}
}

// A run is not signed when something changed while it ran.
func TestChangedDuringTheRun(t *testing.T) {
	s := newSignedRun(t)
	edit(t, s.path, "# n", "# m")
	j := s.job(t, nil)
	r := s.runner()
	if _, err := r.unchanged(t.Context(), j); err == nil || j.from == "" {
		t.Fatalf("from %q, %v", j.from, err)
	}
	s.write(t, "dendrite/a.go", "edited meanwhile")
	j.info.Status, j.info.Started = "ok", time.Now().Format(time.RFC3339)
	if err := r.save(context.Background(), j); err != nil {
		t.Fatal(err)
	}
	if _, err := r.unchanged(t.Context(), s.job(t, nil)); err == nil {
		t.Error("the run is taken for one of the edited code")
	}
}

// scripts/reproduce keeps an unchanged notebook without starting Go's compiler, and writes
// its report and the index again.
func TestReproduceUnchanged(t *testing.T) {
	s := newSignedRun(t)
	s.path = notebook(t, filepath.Join(s.root, "notebooks"), "n", "var lr = 0.1", "%%\nfmt.Println(lr)")
	t.Chdir(s.root)
	// Its command is that of the script.
	j := s.job(t, nil)
	j.info.Command = "scripts/reproduce n"
	r := s.runner()
	_, _ = r.unchanged(t.Context(), j)
	j.info.Status, j.info.Started = "ok", time.Now().Format(time.RFC3339)
	j.nb.Cells[2].Outputs = []*ipynb.Output{{Type: ipynb.Stream, Name: "stdout", Text: "0.1 from the last run"}}
	if err := r.save(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	code, out, errOut := call(t, "reproduce")
	if code != 0 || !strings.Contains(errOut, "n ") || !strings.Contains(errOut, "unchanged") || strings.Contains(errOut, "compiling") || !strings.Contains(out, "index.html") {
		t.Fatalf("exit status %d\n%s%s", code, out, errOut)
	}
	html, err := os.ReadFile(filepath.Join(s.root, "reports", "n.html"))
	if err != nil || !strings.Contains(string(html), "0.1 from the last run") {
		t.Errorf("the report: %v", err)
	}
	for _, flag := range []string{"--force", "--keep"} {
		// This clone has no GoNB, so a run fails, and says that it compiles first.
		if code, _, errOut := call(t, "reproduce", flag); code == 0 || !strings.Contains(errOut, "compiling") {
			t.Errorf("%s: exit status %d\n%s", flag, code, errOut)
		}
	}
}
