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

	"microcircuits/dendrite/record"
	"microcircuits/kernel/gonb"
	"microcircuits/kernel/ipynb"
	"microcircuits/kernel/report"
)

// A failed run, here because there is no GoNB, does not change the executed
// notebook of a successful run.
func TestFailedRunKeepsTheEarlierResult(t *testing.T) {
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
	if err := r.run(t.Context(), j); !errors.Is(err, errReported) {
		t.Fatalf("the run ends with %v", err)
	}
	if after, err := os.ReadFile(good); err != nil || string(after) != string(before) {
		t.Errorf("the notebook of the successful run was changed (error %v)", err)
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
		t.Errorf("files of the failed run remain: %v", left)
	}
}

// A report shows the command that reproduces it only if the commit contains the
// notebook exactly as it ran.
func TestUncommittedNotebookIsRecorded(t *testing.T) {
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
		if err := r.run(t.Context(), j); !errors.Is(err, errReported) { // without GoNB the run fails and is recorded
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

// quickRun returns an executed notebook with one quick run, of an experiment named mine.
func quickRun() *ipynb.Notebook {
	const text = `{"version":2,"experiment":"mine","scale":"quick","claims":[{"id":"q","quantity":"in words","verdict":"qualitatively"}]}`
	nb := blank()
	nb.Add(ipynb.Code, "run()").Outputs = []*ipynb.Output{{Type: ipynb.DisplayData, Data: map[string]json.RawMessage{record.MIME: json.RawMessage(text)}}}
	return nb
}

// A kept run of an older version makes a run fail, but not when kept runs are written:
// then the new file may be the first of several.
func TestKeepBesideAnOldReference(t *testing.T) {
	dir := t.TempDir()
	results := filepath.Join(dir, "results")
	if err := os.Mkdir(results, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(results, "mine.json"), []byte(`{"experiment":"mine"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, keep := range []bool{false, true} {
		var printed strings.Builder
		r := &runner{console: &console{out: &printed, err: &printed}, keep: keep}
		j := &job{name: "n", path: filepath.Join(dir, "n.ipynb"), out: filepath.Join(dir, "n-executed.ipynb"), nb: quickRun()}
		if err := r.save(t.Context(), j); (err == nil) != keep || !strings.Contains(printed.String(), "mine.json: it has version 0") {
			t.Errorf("keep %v: %v, printed %q", keep, err, printed.String())
		}
	}
	if ref, err := report.ReadReference(report.ResultsDir(results, record.Quick), "mine"); err != nil || ref == nil || len(ref.Claims) != 1 {
		t.Errorf("kept %+v, %v", ref, err)
	}
}

// The executed notebook is saved although its numbers cannot be kept.
func TestSaveWithoutKeeping(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "results"), nil, 0o600); err != nil { // a file where the folder should be
		t.Fatal(err)
	}
	nb := quickRun()
	var printed strings.Builder
	r := &runner{console: &console{out: &printed, err: &printed}, keep: true}
	j := &job{name: "n", path: filepath.Join(dir, "n.ipynb"), out: filepath.Join(dir, "n-executed.ipynb"), nb: nb}
	if err := r.save(t.Context(), j); err != errReported || !strings.Contains(printed.String(), "results") {
		t.Errorf("%v, printed %q", err, printed.String())
	}
	saved, err := ipynb.ReadFile(j.out)
	if err != nil || len(saved.Cells) != 1 || len(saved.Cells[0].Outputs) != 1 {
		t.Errorf("saved %v, %v", saved, err)
	}
}
