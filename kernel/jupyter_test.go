//go:build jupyter

package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"microcircuits/dendrite/chart"
	"microcircuits/kernel/ipynb"
)

// Jupyter's own nbconvert runs a notebook in the installed kernel.
func TestNBConvert(t *testing.T) {
	env, tmp := installed(t)
	// In the clone, so that the kernel finds it.
	dir, err := os.MkdirTemp("../notebooks", ".test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := notebook(t, dir, "n", "var lr = 0.1", "import \"microcircuits/kernel/ipynb\"\nfmt.Println(lr, ipynb.Code)")
	if got := executed(t, env, path, filepath.Join(tmp, "out.ipynb")).Cells[2].Outputs; len(got) != 1 || got[0].Text != "0.1 code\n" {
		t.Errorf("outputs %+v", got)
	}
	nothingIn(t, tmp)
}

// executed runs a notebook with nbconvert and returns the result.
func executed(t *testing.T, env []string, path, out string) *ipynb.Notebook {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "jupyter-nbconvert", "--to", "notebook", "--execute", "--output", out, path)
	cmd.Env, cmd.WaitDelay = env, 5*time.Second
	if log, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	nb, err := ipynb.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return nb
}

// Jupyter's own nbconvert runs the committed tour.
func TestNBConvertTour(t *testing.T) {
	env, tmp := installed(t)
	nb := executed(t, env, "../notebooks/0-tour.ipynb", filepath.Join(tmp, "out.ipynb"))
	figures := 0
	for _, c := range nb.Cells {
		for _, o := range c.Outputs {
			switch {
			case o.Type == ipynb.ErrorOutput || o.Type == ipynb.Stream:
				t.Errorf("cell %s prints %s%s", c.ID, o.Text, o.EValue)
			case o.Data[chart.MIME] != nil:
				figures++
				if html, _ := o.TextOf("text/html"); !strings.Contains(html, "<img") {
					t.Errorf("a figure of cell %s has no static picture", c.ID)
				}
			}
		}
	}
	if figures < 3 {
		t.Errorf("%d figures in the tour", figures)
	}
	nothingIn(t, tmp)
}

// Papermill changes parameters by a new cell below the parameters cell.
func TestInjectedParameters(t *testing.T) {
	env, tmp := installed(t)
	dir, err := os.MkdirTemp("../notebooks", ".test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := notebook(t, dir, "n", "var lr = 0.1", "fmt.Println(lr)")
	nb, err := ipynb.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	nb.Add(ipynb.Code, "// Parameters\nvar lr = 0.7", "injected-parameters")
	nb.Cells[2], nb.Cells[3] = nb.Cells[3], nb.Cells[2]
	if err := nb.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	if got := executed(t, env, path, filepath.Join(tmp, "out.ipynb")).Cells[3].Outputs; len(got) != 1 || got[0].Text != "0.7\n" {
		t.Errorf("outputs %+v", got)
	}
	nothingIn(t, tmp)
}

// Lines typed into Jupyter's console without a terminal. The console runs each
// line as one cell.
func TestConsole(t *testing.T) {
	env, tmp := installed(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "jupyter-console", "--kernel", "dendrite", "--simple-prompt", "--ZMQTerminalInteractiveShell.kernel_timeout=60")
	cmd.Dir, cmd.Env, cmd.WaitDelay = "../notebooks", env, 5*time.Second
	cmd.Stdin = strings.NewReader("6 * 7\nfunc twice(x int) int { return 2 * x }\ntwice(21)+1\nundefined()\nexit\n")
	output, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	out := string(output)
	for _, want := range []string{"Dendrite (Go)", "42", "43", "undefined: undefined"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	nothingIn(t, tmp)
}

// The tour, pasted into the console cell by cell.
func TestConsoleTour(t *testing.T) {
	env, tmp := installed(t)
	script, err := filepath.Abs("testdata/console.py")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/usr/bin/python3", "-B", script, "0-tour.ipynb")
	cmd.Dir, cmd.Env, cmd.WaitDelay = "../notebooks", append(env, "PROMPT_TOOLKIT_NO_CPR=1", "TERM=xterm"), 5*time.Second
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text := strings.ReplaceAll(string(out), "\r", "")
	for _, want := range []string{"\nThe error vanishes\n", "\nOutput without the teacher\nNeuron  Target  Before  After\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	for _, bad := range []string{"\ncell [", "panic: ", "ended"} {
		if strings.Contains(text, bad) {
			t.Errorf("%q in\n%s", bad, text)
		}
	}
	nothingIn(t, tmp)
}
