//go:build long

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"microcircuits/kernel/ipynb"
)

// smallClone creates a clone with this module's dependencies and no code but that which
// every cell imports, and changes the current folder to it.
func smallClone(t *testing.T) (root string) {
	t.Helper()
	root = t.TempDir()
	for _, name := range []string{"go.mod", "go.sum"} {
		data, err := os.ReadFile(filepath.Join("..", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{"dendrite/notebook/streams", "dendrite/notebook/names"} {
		if err := os.CopyFS(filepath.Join(root, dir), os.DirFS(filepath.Join("..", dir))); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(root, "notebooks"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Chdir(root)
	return root
}

// Other notebooks are run and reported when one fails.
func TestReproduce(t *testing.T) {
	root := smallClone(t)
	dir := filepath.Join(root, "notebooks")
	notebook(t, dir, "1-bad", "var lr = 0.1", "%%\nlog.Fatal(\"no such digit\")", "%%\nfmt.Print(\"never\")")
	notebook(t, dir, "2-good", "var (\n\tepochs = 3\n\tlr = 0.2\n)", "%%\nif lr < 0 {\n\tlog.Fatal(\"lr is negative\")\n}\nfmt.Println(\"epochs:\", epochs, lr)")
	code, out, errOut := call(t, "reproduce", "-p", "epochs=5")
	if code != 1 || !strings.Contains(errOut, "failed: 1-bad\n") || out != filepath.Join("reports", "index.html")+"\n" {
		t.Errorf("exit status %d\n%s%s", code, out, errOut)
	}
	nb, err := ipynb.ReadFile("reports/2-good.ipynb")
	if err != nil {
		t.Fatal(err)
	}
	if last := nb.Cells[len(nb.Cells)-1].Outputs; len(last) != 1 || last[0].Text != "epochs: 5 0.2\n" {
		t.Errorf("outputs %+v", last)
	}
	for file, wants := range map[string][]string{
		"index.html":        {"1-bad-failed.html", "2-good.html", "failed"},
		"1-bad-failed.html": {"no such digit"},
		"2-good.html":       {"epochs: 5 0.2", "scripts/reproduce 2-good -p epochs=5"},
	} {
		html, err := os.ReadFile(filepath.Join("reports", file))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if !strings.Contains(string(html), want) {
				t.Errorf("%s lacks %q", file, want)
			}
		}
	}
	// One notebook alone; the index keeps the other.
	if code, _, errOut := call(t, "reproduce", "2-good"); code != 0 {
		t.Errorf("exit status %d\n%s", code, errOut)
	}
	index, err := os.ReadFile("reports/index.html")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(index), "1-bad-failed.html") {
		t.Error("the index lacks the first notebook")
	}
	// A failed run does not change the report of a successful one. A successful run
	// removes the files of a failed one.
	if code, _, _ := call(t, "reproduce", "2-good", "-p", "lr=-1"); code != 1 {
		t.Errorf("a notebook that fails ends with exit status %d", code)
	}
	for _, file := range []string{"reports/2-good.html", "reports/2-good-failed.html"} {
		if _, err := os.Stat(file); err != nil {
			t.Error(err)
		}
	}
	if code, _, errOut := call(t, "reproduce", "2-good"); code != 0 {
		t.Errorf("exit status %d\n%s", code, errOut)
	}
	if _, err := os.Stat("reports/2-good-failed.html"); err == nil {
		t.Error("the failed report is still there after a good run")
	}
}
