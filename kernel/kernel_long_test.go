//go:build long

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"microcircuits/kernel/internal/processes"
	"microcircuits/kernel/ipynb"
)

func build(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "kernel")
	if out, err := exec.Command("go", "build", "-o", file, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return file
}

// mentions lists the running processes with text in their command line.
func mentions(t *testing.T, text string) string {
	t.Helper()
	all, err := processes.All()
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, p := range all {
		if strings.Contains(p.Args, text) {
			found = append(found, fmt.Sprintf("%+v", p))
		}
	}
	return strings.Join(found, "\n")
}

// eventually waits until ok returns true.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 600 {
		if ok() {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("did not happen: %s", what)
}

func TestRun(t *testing.T) {
	dir, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
	good := notebook(t, dir, "good", "var lr = 0.1", "%%\nfmt.Println(\"lr is\", lr)", "%%\nfmt.Print(os.Getenv(\"DENDRITE_HEADLESS\"))")
	code, _, errOut := call(t, "run", good, "-p", "lr=2.5", "--out", out)
	if code != 0 {
		t.Fatalf("exit status %d\n%s", code, errOut)
	}
	nb, err := ipynb.ReadFile(filepath.Join(out, "good.ipynb"))
	if err != nil {
		t.Fatal(err)
	}
	if got := nb.Cells[3].Outputs; len(got) != 1 || got[0].Text != "lr is 2.5\n" {
		t.Errorf("outputs %+v", got)
	}
	if got := nb.Cells[4].Outputs; len(got) != 1 || got[0].Text != "1" {
		t.Errorf("DENDRITE_HEADLESS: %+v", got)
	}
	info, ok := nb.Info()
	if !ok || info.Status != "ok" || info.Parameters["lr"] != "2.5" || info.GoNB == "" || info.WallSeconds <= 0 {
		t.Errorf("record of the run: %+v", info)
	}
	if cell, ok := nb.Cells[3].Info(); !ok || cell.Status != "ok" || cell.Seconds <= 0 {
		t.Errorf("record of a cell: %+v", cell)
	}
	source, err := ipynb.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	if p := ipynb.Lint(source); len(p) != 0 {
		t.Errorf("the source notebook was changed: %v", p)
	}
}

func TestRunQuietly(t *testing.T) {
	dir := t.TempDir()
	good := notebook(t, dir, "good", "var lr = 0.1", "%%\nfmt.Println(lr)")
	code, out, errOut := call(t, "--quiet", "run", good, "--out", dir+"/out/")
	if code != 0 || errOut != "" || !strings.HasSuffix(strings.TrimSpace(out), "good.ipynb") {
		t.Errorf("exit status %d, standard error %q, standard output %q", code, errOut, out)
	}
	bad := notebook(t, dir, "bad", "var lr = 0.1", "%%\npanic(lr)")
	if code, _, errOut := call(t, "run", "-q", bad, "--out", dir+"/out/"); code != 1 || !strings.Contains(errOut, "failed") || strings.Contains(errOut, "preparing") {
		t.Errorf("exit status %d, standard error %q", code, errOut)
	}
}

func TestRunFailingCell(t *testing.T) {
	dir := t.TempDir()
	nb := blank()
	nb.Add(ipynb.Code, "%%\nfmt.Println(undefined1)", ipynb.TagRaises)
	nb.Add(ipynb.Code, "%%\npanic(\"skipped\")", ipynb.TagSkip)
	nb.Add(ipynb.Code, "%%\nfmt.Println(\"so far\")\nlog.Fatal(\"no such digit\")")
	nb.Add(ipynb.Code, "%%\nfmt.Println(\"never\")")
	path := filepath.Join(dir, "bad.ipynb")
	if err := nb.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	code, _, errOut := call(t, "run", path, "--out", filepath.Join(dir, "out"))
	if code != 1 {
		t.Errorf("exit status %d", code)
	}
	for _, want := range []string{"cell 3 (cell-03) failed", `3 | log.Fatal("no such digit")`, "failed: no such digit (the program ended with exit status 1)\n", "out/bad-failed.ipynb"} {
		if !strings.Contains(errOut, want) {
			t.Errorf("standard error lacks %q:\n%s", want, errOut)
		}
	}
	done, err := ipynb.ReadFile(filepath.Join(dir, "out", "bad-failed.ipynb"))
	if err != nil {
		t.Fatal(err)
	}
	if info, _ := done.Info(); info.Status != "failed" {
		t.Errorf("record of the run: %+v", info)
	}
	for i, want := range []string{"error", "", "error", ""} {
		if info, _ := done.Cells[i].Info(); info.Status != want {
			t.Errorf("cell %d: status %q, want %q", i+1, info.Status, want)
		}
	}
	printed := "" // standard output and standard error mix in any order
	for _, o := range done.Cells[2].Outputs {
		if o.Name == "stdout" {
			printed += o.Text
		}
	}
	if printed != "so far\n" {
		t.Errorf("the failing cell printed %q", printed)
	}
}

// endless writes a notebook whose second cell creates the file begun and then
// never ends.
func endless(t *testing.T, dir string) (path, begun string) {
	t.Helper()
	begun = filepath.Join(dir, "begun")
	return notebook(t, dir, "endless", "var file = \""+begun+"\"",
		"%%\nos.WriteFile(file, nil, 0o600)\nfor { time.Sleep(time.Second) }"), begun
}

func TestRunEndlessCell(t *testing.T) {
	dir := t.TempDir()
	path, _ := endless(t, dir)
	code, _, errOut := call(t, "run", path, "--timeout", "10s", "--out", filepath.Join(dir, "out"))
	if code != 1 || !strings.Contains(errOut, "did not end within 10s") {
		t.Errorf("exit status %d\n%s", code, errOut)
	}
	nb, err := ipynb.ReadFile(filepath.Join(dir, "out", "endless-failed.ipynb"))
	if err != nil {
		t.Fatal(err)
	}
	if info, _ := nb.Cells[2].Info(); info.Status != "timeout" {
		t.Errorf("status %q", info.Status)
	}
}

// No process and no folder remains after the runner was killed or interrupted.
func TestEndedRunnerLeavesNothing(t *testing.T) {
	program := build(t)
	for _, sig := range []os.Signal{os.Kill, os.Interrupt} {
		t.Run(sig.String(), func(t *testing.T) {
			dir, tmp := t.TempDir(), t.TempDir()
			path, begun := endless(t, dir)
			cmd := exec.Command(program, "run", path, "--out", filepath.Join(dir, "out"))
			cmd.Env = append(os.Environ(), "TMPDIR="+tmp)
			var errOut bytes.Buffer
			cmd.Stderr = &errOut
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = cmd.Process.Kill() })
			eventually(t, "the cell begins", func() bool { _, err := os.Stat(begun); return err == nil })
			if mentions(t, tmp) == "" {
				t.Error("this test finds no process of the kernel")
			}
			if err := cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			if sig == os.Interrupt && (cmd.ProcessState.ExitCode() != 130 || !strings.Contains(errOut.String(), "stopping, saving what is finished")) {
				t.Errorf("%v\n%s", cmd.ProcessState, &errOut)
			}
			eventually(t, "every process of the kernel is gone", func() bool { return mentions(t, tmp) == "" })
			eventually(t, "the temporary folder is empty", func() bool {
				left, err := os.ReadDir(tmp)
				return err == nil && len(left) == 0
			})
			_, err := os.Stat(filepath.Join(dir, "out", "endless-failed.ipynb"))
			if saved := !errors.Is(err, os.ErrNotExist); saved != (sig == os.Interrupt) {
				t.Errorf("executed notebook saved: %v", saved)
			}
		})
	}
}
