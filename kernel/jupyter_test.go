//go:build jupyter

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"microcircuits/kernel/ipynb"
)

// Jupyter's own nbconvert runs a notebook in the installed kernel.
func TestNBConvert(t *testing.T) {
	env, tmp := installed(t)
	// In the clone's folder of notebooks, where the kernel finds the clone.
	dir, err := os.MkdirTemp("../notebooks", ".test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := notebook(t, dir, "n", "var lr = 0.1", "import \"microcircuits/kernel/ipynb\"\nfmt.Println(lr, ipynb.Code)")
	out := filepath.Join(tmp, "out.ipynb")
	cmd := exec.Command("jupyter-nbconvert", "--to", "notebook", "--execute", "--output", out, path)
	cmd.Env = env
	if log, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	nb, err := ipynb.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if got := nb.Cells[2].Outputs; len(got) != 1 || got[0].Text != "0.1 code\n" {
		t.Errorf("outputs %+v", got)
	}
	nothingIn(t, tmp)
}

// nothingIn fails when a kernel has left its temporary folder behind.
func nothingIn(t *testing.T, tmp string) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(tmp, "dendrite-kernel-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// Lines typed into Jupyter's console, as somebody does at a terminal.
func TestConsole(t *testing.T) {
	env, tmp := installed(t)
	cmd := exec.Command("jupyter-console", "--kernel", "dendrite", "--simple-prompt", "--ZMQTerminalInteractiveShell.kernel_timeout=60")
	cmd.Dir, cmd.Env = "../notebooks", env
	cmd.Stdin = strings.NewReader("6 * 7\nx := 2\\\nfmt.Println(x)\nundefined()\nexit\n")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"Dendrite (Go)", "42", "undefined: undefined"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	nothingIn(t, tmp)
}
