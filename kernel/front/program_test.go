//go:build long || soak

package front

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"microcircuits/kernel/gonb"
	"microcircuits/kernel/internal/processes"
	"microcircuits/kernel/internal/wire"
)

// A program is a kernel in a process group of its own, and a front end's
// connection to it.
type program struct {
	*gonb.Session
	cmd   *exec.Cmd
	ended chan struct{} // closed when the process has ended
	err   error         // how it ended
}

// launch starts a kernel in a folder as Jupyter would, with what it says on its
// standard error, and waits until it answers.
func launch(t testing.TB, dir string, said io.Writer, conn *wire.Connection, argv ...string) *program {
	t.Helper()
	p := &program{cmd: exec.Command(argv[0], argv[1:]...), ended: make(chan struct{})}
	p.cmd.Dir, p.cmd.Stderr = dir, said
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.cmd.WaitDelay = 2 * time.Second // for those that it leaves behind
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(p.kill)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() { // nobody waits for one that has ended
		select {
		case <-p.ended:
			cancel()
		case <-ctx.Done():
		}
	}()
	var err error
	if p.Session, err = gonb.Attach(ctx, conn); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// kill ends the process group.
func (p *program) kill() {
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // it may have ended
	<-p.ended
}

// stop ends the kernel by request.
func (p *program) stop(t testing.TB) {
	t.Helper()
	if err := p.Shutdown(); err != nil {
		t.Error(err)
	}
	select {
	case <-p.ended:
	case <-time.After(20 * time.Second):
		t.Error("the kernel does not end")
		p.kill()
	}
	p.Close()
}

// launcher builds the program that Jupyter starts.
func launcher(t testing.TB) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "launch")
	if out, err := exec.Command("go", "build", "-o", file, "../launch").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return file
}

// groupEnds waits until no process of a group is left, without ending any.
func groupEnds(t *testing.T, group int) {
	t.Helper()
	for range 500 {
		if len(found(t, func(p processes.Process) bool { return p.Group == group })) == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("processes of a killed kernel's group are left")
}

// gone waits until no process mentions the text in its command line.
func gone(t *testing.T, text string) {
	t.Helper()
	var left []processes.Process
	for range 100 {
		left = found(t, func(p processes.Process) bool { return strings.Contains(p.Args, text) })
		if len(left) == 0 {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Errorf("processes left: %v", left)
}

// kernelFolder is how the temporary folders of this test's kernels begin.
func kernelFolder() string { return filepath.Join(os.TempDir(), "dendrite-kernel-") }
