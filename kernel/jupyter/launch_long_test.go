//go:build long

package jupyter

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"microcircuits/kernel/internal/processes"
)

// launched starts the installed launcher as Jupyter would, in a folder.
func launched(t *testing.T, dir string) *Session {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir())
	launcher := filepath.Join(t.TempDir(), "launch")
	if out, err := exec.Command("go", "build", "-o", launcher, "../launch").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	conn, err := NewConnection()
	if err != nil {
		t.Fatal(err)
	}
	tmp := newTempDir()
	file := filepath.Join(tmp, "kernel-"+newID()+".json")
	p, err := startProcess(tmp, func() error { return conn.WriteFile(file) }, dir, os.Environ(), io.Discard,
		launcher, "launch", file)
	if err != nil {
		t.Fatal(err)
	}
	s := newSession(p, conn)
	t.Cleanup(s.Close)
	if err := s.connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// gone waits until no process mentions the text in its command line.
func gone(t *testing.T, text string) {
	t.Helper()
	left := ""
	for range 100 {
		left = living(t, func(p processes.Process) bool { return strings.Contains(p.Args, text) })
		if left == "" {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Errorf("processes left:\n%s", left)
}

func TestLaunch(t *testing.T) {
	s := launched(t, filepath.Join(root(t), "notebooks"))
	inner := os.Getenv("TMPDIR")
	r := run(t, s, "import \"microcircuits/kernel/ipynb\"\n%%\nfmt.Print(ipynb.Code, os.Getenv(\"DENDRITE_HEADLESS\"))", 0)
	if r.Status != OK || streams(r, "stdout") != "code" {
		t.Errorf("%s %q %q", r.Status, streams(r, "stdout"), streams(r, "stderr"))
	}
	s.Close()
	if err := s.proc.err; err != nil {
		t.Errorf("the kernel ended with %v", err)
	}
	gone(t, inner)
}

func TestLaunchedKernelKilled(t *testing.T) {
	s := launched(t, filepath.Join(root(t), "notebooks"))
	if _, err := s.request("execute_request", map[string]any{
		"code": "%%\nfor { time.Sleep(time.Second) }", "silent": false, "store_history": true,
	}); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * time.Second)
	s.proc.kill()
	gone(t, filepath.Join(s.proc.tmp, "dendrite-kernel-")) // the inner one
}

func TestLaunchOutsideOfAClone(t *testing.T) {
	s := launched(t, t.TempDir())
	r := run(t, s, "%%\nfmt.Println(1)", 0)
	if r.Status != Failed || !strings.Contains(r.EValue, "move this notebook there") {
		t.Errorf("%s %q", r.Status, r.EValue)
	}
	s.Close()
	if s.proc.err == nil || !strings.Contains(s.proc.tail.String(), "no clone of microcircuits") {
		t.Errorf("ended with %v, said %q", s.proc.err, s.proc.tail)
	}
}
