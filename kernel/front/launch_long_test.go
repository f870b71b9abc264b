//go:build long

package front

import (
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"microcircuits/kernel/gonb"
	"microcircuits/kernel/internal/wire"
)

// launched starts the installed launcher in a folder.
func launched(t *testing.T, dir string, said io.Writer) *program {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir())
	conn, file := connection(t)
	return launch(t, dir, said, conn, launcher(t), "launch", file)
}

func TestLaunch(t *testing.T) {
	p := launched(t, filepath.Join(root(t), "notebooks"), t.Output())
	r := run(t, p.Session, "import \"microcircuits/kernel/ipynb\"\n%%\nfmt.Print(ipynb.Code, os.Getenv(\"DENDRITE_HEADLESS\"))", 0)
	if r.Status != gonb.OK || streams(r, "stdout") != "code" {
		t.Errorf("%s %q %q", r.Status, streams(r, "stdout"), streams(r, "stderr"))
	}
	p.stop(t)
	if p.err != nil {
		t.Errorf("the kernel ended with %v", p.err)
	}
	gone(t, kernelFolder())
}

func TestLaunchedKernelKilled(t *testing.T) {
	p := launched(t, filepath.Join(root(t), "notebooks"), t.Output())
	go p.Relay(t.Context(), "execute_request", executeContent("%%\nfor { time.Sleep(time.Second) }"), func(*wire.Message) {}) // it will not end
	time.Sleep(2 * time.Second)
	p.kill()
	gone(t, kernelFolder())
}

func TestLaunchOutsideOfAClone(t *testing.T) {
	said := new(book)
	p := launched(t, t.TempDir(), said)
	r := run(t, p.Session, "%%\nfmt.Println(1)", 0)
	if r.Status != gonb.Failed || !strings.Contains(r.EValue, "move this notebook there") {
		t.Errorf("%s %q", r.Status, r.EValue)
	}
	p.stop(t)
	if p.err == nil {
		t.Error("it ended as if all were well")
	}
	said.await(t, "no clone of microcircuits")
}
