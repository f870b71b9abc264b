//go:build jupyter

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"microcircuits/kernel/ipynb"
)

// Jupyter's own nbconvert runs a notebook in the installed kernel.
func TestNBConvert(t *testing.T) {
	prefix, tmp := t.TempDir(), t.TempDir()
	if code, _, errOut := call(t, "install", "--prefix", prefix); code != 0 {
		t.Fatalf("install: %s", errOut)
	}
	// In the clone's folder of notebooks, where the kernel finds the clone.
	dir, err := os.MkdirTemp("../notebooks", ".test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := notebook(t, dir, "n", "var lr = 0.1", "import \"microcircuits/kernel/ipynb\"\n%%\nfmt.Println(lr, ipynb.Code)")
	out := filepath.Join(tmp, "out.ipynb")
	cmd := exec.Command("jupyter-nbconvert", "--to", "notebook", "--execute", "--output", out, path)
	cmd.Env = append(os.Environ(), "JUPYTER_PATH="+filepath.Join(prefix, "share", "jupyter"), "TMPDIR="+tmp,
		"JUPYTER_CONFIG_DIR="+tmp, "JUPYTER_RUNTIME_DIR="+filepath.Join(tmp, "runtime"))
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
	left, err := filepath.Glob(filepath.Join(tmp, "dendrite-kernel-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
