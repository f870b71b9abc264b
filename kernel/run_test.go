package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"microcircuits/kernel/gonb"
	"microcircuits/kernel/ipynb"
	"microcircuits/kernel/report"
)

// A run that fails, here for want of a GoNB, spares the executed notebook of a
// good one.
func TestFailedRunSparesTheGoodOne(t *testing.T) {
	dir := t.TempDir()
	j, err := newJob(dir, notebook(t, dir, "n", "var lr = 0.1"), nil)
	if err != nil {
		t.Fatal(err)
	}
	j.out = filepath.Join(dir, "reports", "mine.ipynb")
	if err := os.Mkdir(filepath.Dir(j.out), 0o755); err != nil {
		t.Fatal(err)
	}
	good := notebook(t, filepath.Dir(j.out), "mine", "var lr = 0.2")
	before, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	r := &runner{console: &console{out: io.Discard, err: io.Discard}, root: dir, tools: &gonb.Tools{}}
	if err := r.run(t.Context(), j); !errors.Is(err, errTold) {
		t.Fatalf("the run ends with %v", err)
	}
	if after, err := os.ReadFile(good); err != nil || string(after) != string(before) {
		t.Errorf("the good notebook was touched (error %v)", err)
	}
	failed, err := ipynb.ReadFile(filepath.Join(dir, "reports", "mine-failed.ipynb"))
	if err != nil {
		t.Fatal(err)
	}
	if info, _ := failed.Info(); info.Status != "failed" {
		t.Errorf("status of the failed notebook: %s", info.Status)
	}
	if err := removeFailed(good); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(good); err != nil {
		t.Error(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "reports", "*-failed*")); len(left) > 0 {
		t.Errorf("left of the failed run: %v", left)
	}
}

// A report offers the command that reproduces it only where the commit holds
// the notebook as it ran.
func TestRunKnowsWhetherItsNotebookIsCommitted(t *testing.T) {
	root, elsewhere := t.TempDir(), t.TempDir()
	git := func(args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-C", root, "-c", "user.name=t", "-c", "user.email=t@example.org"}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	kept := notebook(t, root, "kept", "var lr = 0.1")
	edited := notebook(t, root, "edited", "var lr = 0.1")
	git("init", "-q")
	git("add", ".")
	git("commit", "-q", "-m", "first")
	notebook(t, root, "edited", "var lr = 0.2")
	for _, c := range []struct {
		path, source string
		uncommitted  bool
	}{
		{kept, "kept.ipynb", false},
		{edited, "edited.ipynb", true},
		{notebook(t, root, "untracked", "var lr = 0.1"), "untracked.ipynb", true},
		{notebook(t, elsewhere, "kept", "var lr = 0.1"), "kept.ipynb", true},
	} {
		j, err := newJob(root, c.path, map[string]string{"lr": "0.3"})
		if err != nil {
			t.Fatal(err)
		}
		j.out = filepath.Join(t.TempDir(), "out.ipynb")
		r := &runner{console: &console{out: io.Discard, err: io.Discard}, root: root, tools: &gonb.Tools{}}
		if err := r.run(t.Context(), j); !errors.Is(err, errTold) { // there is no GoNB, but a record of the run
			t.Fatal(err)
		}
		if j.info.Source != c.source || j.info.Uncommitted != c.uncommitted {
			t.Errorf("%s: source %s, uncommitted %v; want %s, %v", c.path, j.info.Source, j.info.Uncommitted, c.source, c.uncommitted)
		}
		if want := "go run ./kernel run " + c.source + " -p lr=0.3"; j.info.Command != want {
			t.Errorf("command %s, want %s", j.info.Command, want)
		}
	}
}

// What was computed is saved, also when its numbers cannot be kept.
func TestSaveWithoutKeeping(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "results"), nil, 0o600); err != nil { // a file where the folder should be
		t.Fatal(err)
	}
	o := &ipynb.Output{Type: ipynb.DisplayData, Data: map[string]json.RawMessage{report.RunMIME: json.RawMessage(`{"version":1,"experiment":"mine","scale":"quick"}`)}}
	nb := blank()
	nb.Add(ipynb.Code, "run()").Outputs = []*ipynb.Output{o}
	var said strings.Builder
	r := &runner{console: &console{out: &said, err: &said}, keep: true}
	j := &job{name: "n", path: filepath.Join(dir, "n.ipynb"), out: filepath.Join(dir, "n-executed.ipynb"), nb: nb}
	if err := r.save(t.Context(), j); err != errTold || !strings.Contains(said.String(), "results") {
		t.Errorf("%v, said %q", err, said.String())
	}
	saved, err := ipynb.ReadFile(j.out)
	if err != nil || len(saved.Cells) != 1 || len(saved.Cells[0].Outputs) != 1 {
		t.Errorf("saved %v, %v", saved, err)
	}
}
