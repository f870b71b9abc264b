package gonb

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func startShell(t *testing.T, script string) *process {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir())
	tmp := newTempDir()
	p, err := startProcess(tmp, func() error { return os.WriteFile(filepath.Join(tmp, "made"), nil, 0o600) },
		t.TempDir(), os.Environ(), io.Discard, "sh", "-c", script)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.stop(0) })
	return p
}

// groupEnded waits until the group has ended: a killed process exists until its
// parent has waited for it.
func groupEnded(t *testing.T, group int) {
	t.Helper()
	for range 500 {
		if err := syscall.Kill(-group, 0); errors.Is(err, syscall.ESRCH) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("a process of the group still exists")
}

func folderRemoved(t *testing.T, dir string) {
	t.Helper()
	for range 500 {
		if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("the temporary folder was not removed")
}

func TestStopKillsTheGroupAndRemovesTheFolder(t *testing.T) {
	p := startShell(t, `trap '' INT TERM; sleep 1000 & touch "$TMPDIR/file"; wait`)
	p.stop(50 * time.Millisecond)
	groupEnded(t, p.cmd.Process.Pid)
	if _, err := os.Stat(p.tmp); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder was not removed: %v", err)
	}
	if state := p.watchdog.cmd.ProcessState; state == nil || !state.Success() {
		t.Errorf("watchdog: %v", state)
	}
}

// When the owner ends, the operating system closes its end of the pipe. The watchdog
// sees nothing else of it.
func TestWatchdogCleansUpAfterADeadOwner(t *testing.T) {
	p := startShell(t, `trap '' INT TERM HUP; sleep 1000 & wait`)
	p.ownerDies()
	<-p.exited
	groupEnded(t, p.cmd.Process.Pid)
	folderRemoved(t, p.tmp)
}

// ownerDies closes the pipe, as the end of this process would.
func (p *process) ownerDies() { p.watchdog.pipe.Close() }

// A session can be ended after its watchdog was killed.
func TestKilledWatchdog(t *testing.T) {
	p := startShell(t, `sleep 1000`)
	if err := p.watchdog.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	p.stop(0)
	groupEnded(t, p.cmd.Process.Pid)
	folderRemoved(t, p.tmp)
}

// startDetached starts a program in its own process group and writes its process id
// to the folder.
func (p *process) startDetached(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	number := cmd.Process.Pid
	if err := os.WriteFile(filepath.Join(p.tmp, fmt.Sprint("detached.", number)), fmt.Appendln(nil, number), 0o600); err != nil {
		t.Fatal(err)
	}
}

// All detached programs are killed. An unrelated process that has got the id of an
// ended one is not.
func TestDetachedProgramsAreKilled(t *testing.T) {
	for name, end := range map[string]func(*process){
		"stop":     func(p *process) { p.stop(0) },
		"watchdog": func(p *process) { p.ownerDies(); folderRemoved(t, p.tmp) },
	} {
		p := startShell(t, "sleep 1000")
		children := []*exec.Cmd{exec.Command("sh", "-c", "sleep 1000; true", p.tmp), exec.Command("sh", "-c", "sleep 1000; true", p.tmp)}
		for _, child := range children {
			p.startDetached(t, child)
		}
		unrelated := exec.Command("cat")
		in, err := unrelated.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		p.startDetached(t, unrelated)
		end(p)
		for _, child := range children {
			if err := child.Wait(); err == nil || err.Error() != "signal: killed" {
				t.Errorf("%s: a detached program ended with %v", name, err)
			}
		}
		in.Close()
		if err := unrelated.Wait(); err != nil {
			t.Errorf("%s: the unrelated process ended with %v", name, err)
		}
	}
}

// A detached program that starts while its kernel is being ended, too late to be
// found, ends at once.
func TestLateDetachedProgramEnds(t *testing.T) {
	p := startShell(t, `sleep 1000`)
	script := filepath.Join(p.tmp, "gopls")
	if err := os.WriteFile(script, []byte(goplsScript), 0o700); err != nil {
		t.Fatal(err)
	}
	child := func() *exec.Cmd {
		cmd := exec.Command(script, "version") // runs echo in place of gopls
		cmd.Env = append(os.Environ(), "TMPDIR="+p.tmp, goplsVariable+"=echo")
		return cmd
	}
	if out, err := child().Output(); err != nil || string(out) != "serve -listen.timeout 30s version\n" {
		t.Errorf("in time: %q, %v", out, err)
	}
	p.kill()
	if out, err := child().Output(); err == nil || len(out) > 0 {
		t.Errorf("too late, but with its folder: %q, %v", out, err)
	}
	p.stop(0)
	late := exec.Command("sh", "-c", goplsScript)
	late.Env = append(os.Environ(), "TMPDIR="+p.tmp, goplsVariable+"=echo")
	if out, err := late.Output(); err == nil || len(out) > 0 {
		t.Errorf("too late, without its folder: %q, %v", out, err)
	}
}

func TestOrphansOfAnEndedProgramAreKilled(t *testing.T) {
	p := startShell(t, `sleep 1000 >/dev/null 2>&1 & echo gone; exit 3`)
	<-p.exited
	if err := p.exitError(); !strings.Contains(err.Error(), "exit status 3") || !strings.Contains(err.Error(), "gone") {
		t.Errorf("died() = %v", err)
	}
	p.stop(0)
	groupEnded(t, p.cmd.Process.Pid)
}

func TestStartFailsCleanly(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	tmp := newTempDir()
	wanted := errors.New("no")
	_, err := startProcess(tmp, func() error { return wanted }, t.TempDir(), nil, io.Discard, "true")
	if !errors.Is(err, wanted) {
		t.Errorf("got %v", err)
	}
	folderRemoved(t, tmp)
}
