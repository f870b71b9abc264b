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

// A program is a kernel in its own process group, and a connection to it.
type program struct {
	*gonb.Session
	cmd   *exec.Cmd
	ended chan struct{} // closed when the process has ended
	err   error         // from Wait
}

// launch starts a kernel in a folder like Jupyter and waits until it answers. stderr
// gets the kernel's standard error.
func launch(t testing.TB, dir string, stderr io.Writer, conn *wire.Connection, argv ...string) *program {
	t.Helper()
	p := &program{cmd: exec.Command(argv[0], argv[1:]...), ended: make(chan struct{})}
	p.cmd.Dir, p.cmd.Stderr = dir, stderr
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.cmd.WaitDelay = 2 * time.Second // other processes may still have standard error open
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
	go func() { // do not wait for a kernel that has ended
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

// stop ends the kernel with a shutdown request.
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

// groupEnds waits until no process of a group is left. It kills none.
func groupEnds(t *testing.T, group int) {
	t.Helper()
	for range 500 {
		if len(found(t, func(p processes.Process) bool { return p.Group == group })) == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("processes of the group of a killed kernel still run")
}

// waitGone waits until no process has the text in its command line.
func waitGone(t *testing.T, text string) {
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

// kernelFolder is the beginning of the paths of the kernels' temporary folders.
func kernelFolder() string { return filepath.Join(os.TempDir(), "dendrite-kernel-") }
