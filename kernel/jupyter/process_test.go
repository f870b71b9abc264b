package jupyter

import (
	"errors"
	"io"
	"os"
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
	if p.watchdog.ProcessState == nil || !p.watchdog.ProcessState.Success() {
		t.Errorf("watchdog: %v", p.watchdog.ProcessState)
	}
}

// When the owner dies the system closes its end of the pipe, which is all
// that the watchdog sees of it.
func TestWatchdogCleansUpAfterADeadOwner(t *testing.T) {
	p := startShell(t, `trap '' INT TERM HUP; sleep 1000 & wait`)
	p.pipe.Close()
	<-p.exited
	groupEnds(t, p.cmd.Process.Pid)
	folderGoes(t, p.tmp)
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
