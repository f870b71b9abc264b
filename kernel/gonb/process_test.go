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

// groupEnds waits for the group to be gone: a killed process stays until its
// parent has taken notice.
func groupEnds(t *testing.T, group int) {
	t.Helper()
	for range 500 {
		if err := syscall.Kill(-group, 0); errors.Is(err, syscall.ESRCH) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("a process of the group is left")
}

func folderGoes(t *testing.T, dir string) {
	t.Helper()
	for range 500 {
		if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("the temporary folder is left")
}

func TestStopKillsTheGroupAndRemovesTheFolder(t *testing.T) {
	p := startShell(t, `trap '' INT TERM; sleep 1000 & touch "$TMPDIR/file"; wait`)
	p.stop(50 * time.Millisecond)
	groupEnds(t, p.cmd.Process.Pid)
	if _, err := os.Stat(p.tmp); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is left: %v", err)
	}
	if state := p.watchdog.cmd.ProcessState; state == nil || !state.Success() {
		t.Errorf("watchdog: %v", state)
	}
}

// When the owner dies the system closes its end of the pipe, which is all
// that the watchdog sees of it.
func TestWatchdogCleansUpAfterADeadOwner(t *testing.T) {
	p := startShell(t, `trap '' INT TERM HUP; sleep 1000 & wait`)
	p.ownerDies()
	<-p.exited
	groupEnds(t, p.cmd.Process.Pid)
	folderGoes(t, p.tmp)
}

// ownerDies does what the end of our process would.
func (p *process) ownerDies() { p.watchdog.pipe.Close() }

// A session whose watchdog was killed ends as any other.
func TestKilledWatchdog(t *testing.T) {
	p := startShell(t, `sleep 1000`)
	if err := p.watchdog.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	p.stop(0)
	groupEnds(t, p.cmd.Process.Pid)
	folderGoes(t, p.tmp)
}

// leaves starts a program in a group of its own, with its number in the folder.
func (p *process) leaves(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	number := cmd.Process.Pid
	if err := os.WriteFile(filepath.Join(p.tmp, fmt.Sprint("stray.", number)), fmt.Appendln(nil, number), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A stranger that has got the number of a stray that ended is left alone; every
// stray is found, not only the last.
func TestStrangersLive(t *testing.T) {
	for name, end := range map[string]func(*process){
		"stop":     func(p *process) { p.stop(0) },
		"watchdog": func(p *process) { p.ownerDies(); folderGoes(t, p.tmp) },
	} {
		p := startShell(t, "sleep 1000")
		strays := []*exec.Cmd{exec.Command("sh", "-c", "sleep 1000; true", p.tmp), exec.Command("sh", "-c", "sleep 1000; true", p.tmp)}
		for _, stray := range strays {
			p.leaves(t, stray)
		}
		stranger := exec.Command("cat")
		in, err := stranger.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		p.leaves(t, stranger)
		end(p)
		for _, stray := range strays {
			if err := stray.Wait(); err == nil || err.Error() != "signal: killed" {
				t.Errorf("%s: a stray ended with %v", name, err)
			}
		}
		in.Close()
		if err := stranger.Wait(); err != nil {
			t.Errorf("%s: the stranger ended with %v", name, err)
		}
	}
}

// A stray that starts while its kernel is being ended, too late to be found,
// does not go on.
func TestLateStrayEnds(t *testing.T) {
	p := startShell(t, `sleep 1000`)
	script := filepath.Join(p.tmp, "gopls")
	if err := os.WriteFile(script, []byte(goplsScript), 0o700); err != nil {
		t.Fatal(err)
	}
	stray := func() *exec.Cmd {
		cmd := exec.Command(script, "version") // of the program that stands for gopls: echo
		cmd.Env = append(os.Environ(), "TMPDIR="+p.tmp, goplsVariable+"=echo")
		return cmd
	}
	if out, err := stray().Output(); err != nil || string(out) != "serve -listen.timeout 30s version\n" {
		t.Errorf("in time: %q, %v", out, err)
	}
	p.kill()
	if out, err := stray().Output(); err == nil || len(out) > 0 {
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
	if err := p.died(); !strings.Contains(err.Error(), "exit status 3") || !strings.Contains(err.Error(), "gone") {
		t.Errorf("died() = %v", err)
	}
	p.stop(0)
	groupEnds(t, p.cmd.Process.Pid)
}

func TestStartFailsCleanly(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	tmp := newTempDir()
	wanted := errors.New("no")
	_, err := startProcess(tmp, func() error { return wanted }, t.TempDir(), nil, io.Discard, "true")
	if !errors.Is(err, wanted) {
		t.Errorf("got %v", err)
	}
	folderGoes(t, tmp)
}
