package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"microcircuits/kernel/ipynb"
	"microcircuits/kernel/jupyter"
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
	r := &runner{console: &console{out: io.Discard, err: io.Discard}, root: dir, tools: &jupyter.Tools{}}
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
