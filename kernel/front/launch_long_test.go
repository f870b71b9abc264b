//go:build long

package front

import (
	"io"
	"path/filepath"
	"strings"
	"testing"

	"microcircuits/kernel/gonb"
	"microcircuits/kernel/internal/wire"
)

// launchIn starts the installed launcher in a folder.
func launchIn(t *testing.T, dir string, stderr io.Writer) *program {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir())
	conn, file := connection(t)
	return launch(t, dir, stderr, conn, launcher(t), "launch", file)
}

func TestLaunch(t *testing.T) {
	p := launchIn(t, filepath.Join(root(t), "notebooks"), t.Output())
	r := run(t, p.Session, "import \"microcircuits/kernel/ipynb\"\n%%\nfmt.Print(ipynb.Code, os.Getenv(\"DENDRITE_HEADLESS\"))", 0)
	if r.Status != gonb.OK || streams(r, "stdout") != "code" {
		t.Errorf("%s %q %q", r.Status, streams(r, "stdout"), streams(r, "stderr"))
	}
	p.stop(t)
	if p.err != nil {
		t.Errorf("the kernel ended with %v", p.err)
	}
	waitGone(t, kernelFolder())
}

func TestLaunchedKernelKilled(t *testing.T) {
	p := launchIn(t, filepath.Join(root(t), "notebooks"), t.Output())
	on := make(chan struct{})
	const endless = "fmt.Println(\"on\")\nfor {\n\ttime.Sleep(time.Second)\n}"
	go p.Relay(t.Context(), "execute_request", executeContent(endless), func(m *wire.Message) {
		if m.Header.Type == "stream" {
			close(on)
		}
	})
	<-on
	p.kill()
	waitGone(t, kernelFolder())
}

func TestLaunchOutsideOfAClone(t *testing.T) {
	stderr := new(logBuffer)
	p := launchIn(t, t.TempDir(), stderr)
	r := run(t, p.Session, "%%\nfmt.Println(1)", 0)
	if r.Status != gonb.Failed || !strings.Contains(r.EValue, "move this notebook there") {
		t.Errorf("%s %q", r.Status, r.EValue)
	}
	p.stop(t)
	if p.err == nil {
		t.Error("the kernel ended with exit status 0")
	}
	stderr.await(t, "no clone of microcircuits")
}
