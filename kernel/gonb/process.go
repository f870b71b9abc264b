package gonb

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"microcircuits/kernel/internal/processes"
	"microcircuits/kernel/internal/wire"
)

// watchdogScript runs in its own process group. It reads the process group to
// watch, then waits until its standard input ends: at the latest when the process
// with the other end of the pipe ends. The line "done" means that everything is
// already cleaned up.
//
// A detached program is one that has left the process group. It writes its process
// id into a file detached.* in the folder, and continues only if the file "open" still
// exists after that. The watchdog removes "open" before it reads the ids, so it misses
// no detached program. The process id of a program that has ended may belong to an
// unrelated process now, so the watchdog looks for the folder in the command line. The
// command line is empty for a moment while a process starts another program.
const watchdogScript = `
trap '' INT TERM HUP
read -r group
read -r word
[ "$word" = done ] && exit 0
[ -n "$group" ] && kill -s KILL -- "-$group"
rm -f -- "$1/open"
for file in "$1"/detached.*; do
  [ -r "$file" ] && read -r pid <"$file" && kill -0 "$pid" || continue
  args=$({ tr '\0' ' ' <"/proc/$pid/cmdline" || ps -ww -o args= -p "$pid"; } 2>/dev/null)
  case "$args" in '' | *"$1"*) kill -s KILL -- "-$pid" ;; esac
done
n=0
while [ -e "$1" ] && [ $n -lt 100 ]; do rm -rf -- "$1"; sleep 0.1; n=$((n+1)); done
`

// gateScript waits for one line before it starts the program, so that the watchdog
// has the process group before the program runs.
const gateScript = `read -r go && exec "$@" </dev/null`

// A process is a program in its own process group with a private temporary folder.
// Both are removed when this process ends, see watchdogScript.
type process struct {
	cmd      *exec.Cmd
	tmp      string
	tail     tail
	watchdog *watchdog
	printed  *outPipes     // the pipes into which programs of cells print; nil in tests
	exited   chan struct{} // closed when the program has ended
	err      error         // from Wait; valid after exited is closed
	reason   atomic.Value  // a string: why end was called
	clean    sync.Once
}

// A watchdog kills a program and removes its folder when this process has ended. It
// ignores the signals INT, TERM and HUP. If the watchdog and this process are both
// killed, the program and its folder remain.
type watchdog struct {
	cmd  *exec.Cmd
	pipe io.WriteCloser
}

func startWatchdog(tmp string) (*watchdog, error) {
	w := &watchdog{cmd: exec.Command("sh", "-c", watchdogScript, "dendrite-watchdog", tmp)}
	w.cmd.Dir = "/"
	w.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var err error
	if w.pipe, err = w.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("gonb: %w", err)
	}
	if err := w.cmd.Start(); err != nil {
		return nil, fmt.Errorf("gonb: starting the watchdog: %w", err)
	}
	return w, nil
}

// send sends the watchdog a line.
func (w *watchdog) send(line string) error {
	_, err := io.WriteString(w.pipe, line+"\n")
	return err
}

// newTempDir returns a path for a private temporary folder. It does not create the
// folder: the watchdog must get the path first.
func newTempDir() string {
	return filepath.Join(os.TempDir(), "dendrite-kernel-"+wire.NewID()[:12])
}

// startProcess creates the folder tmp, calls prepare, and starts argv in dir with
// tmp as TMPDIR.
func startProcess(tmp string, prepare func() error, dir string, env []string, log io.Writer, argv ...string) (*process, error) {
	watchdog, err := startWatchdog(tmp)
	if err != nil {
		return nil, err
	}
	p := &process{tmp: tmp, watchdog: watchdog, exited: make(chan struct{})}
	fail := func(err error) (*process, error) {
		watchdog.pipe.Close() // the watchdog removes the folder
		_ = watchdog.cmd.Wait()
		return nil, err
	}
	if err := os.Mkdir(tmp, 0o700); err != nil {
		return fail(err)
	}
	if err := os.WriteFile(filepath.Join(tmp, "open"), nil, 0o600); err != nil {
		return fail(err)
	}
	if err := prepare(); err != nil {
		return fail(err)
	}
	p.cmd = exec.Command("sh", append([]string{"-c", gateScript, "dendrite-kernel"}, argv...)...)
	p.cmd.Dir = dir
	p.cmd.Env = append(env, "TMPDIR="+tmp)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.cmd.Stdout, p.cmd.Stderr = io.MultiWriter(&p.tail, log), io.MultiWriter(&p.tail, log)
	p.cmd.WaitDelay = 2 * time.Second // another process may still have the log open
	gate, err := p.cmd.StdinPipe()
	if err != nil {
		return fail(fmt.Errorf("gonb: %w", err))
	}
	if err := p.cmd.Start(); err != nil {
		return fail(fmt.Errorf("gonb: starting the kernel: %w", err))
	}
	err = watchdog.send(strconv.Itoa(p.cmd.Process.Pid))
	if err == nil {
		_, err = io.WriteString(gate, "go\n")
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.exited)
	}()
	if err != nil {
		p.stop(0)
		return nil, fmt.Errorf("gonb: starting the kernel: %w", err)
	}
	return p, nil
}

// stop waits at most grace for the program to end, then kills its group, removes the
// folder and ends the watchdog. Further calls do nothing.
func (p *process) stop(grace time.Duration) {
	p.clean.Do(func() {
		select {
		case <-p.exited:
		case <-time.After(grace):
		}
		p.kill()
		<-p.exited
		// A process that is being killed may still write a file.
		for range 50 {
			if os.RemoveAll(p.tmp) == nil {
				if _, err := os.Lstat(p.tmp); errors.Is(err, os.ErrNotExist) {
					break
				}
			}
			time.Sleep(20 * time.Millisecond)
		}
		_ = p.watchdog.send("done") // fails if the watchdog has ended already
		p.watchdog.pipe.Close()
		_ = p.watchdog.cmd.Wait()
	})
}

// kill kills all processes in the group, also after the program itself has ended,
// and the detached programs.
func (p *process) kill() {
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	_ = os.Remove(filepath.Join(p.tmp, "open"))
	files, _ := filepath.Glob(filepath.Join(p.tmp, "detached.*")) // the pattern is valid
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		if group, err := strconv.Atoi(string(bytes.TrimSpace(text))); err == nil && p.isDetached(group) {
			_ = syscall.Kill(-group, syscall.SIGKILL)
		}
	}
}

// isDetached reports whether a process id still belongs to a detached program, see
// watchdogScript.
func (p *process) isDetached(group int) bool {
	leader, found, err := processes.Find(group)
	return err == nil && found && (leader.Args == "" || strings.Contains(leader.Args, p.tmp))
}

// end kills the program for a reason that exitError then gives.
func (p *process) end(reason string) {
	p.reason.Store(reason)
	p.kill()
}

// exitError returns an error that describes an unexpected end, with the last messages
// of the program about the present cell.
func (p *process) exitError() error {
	<-p.exited
	if reason, ok := p.reason.Load().(string); ok {
		return fmt.Errorf("the Go kernel was ended: %s", reason)
	}
	how := "exit status 0"
	if p.err != nil {
		how = p.err.Error()
	}
	last := p.tail.messages()
	if last != "" {
		last = "; its last messages:\n" + last
	}
	return fmt.Errorf("the Go kernel ended unexpectedly (%s)%s", how, last)
}

// A tail keeps the last bytes written to it.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

const tailBytes = 2048

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, b...)
	if over := len(t.buf) - tailBytes; over > 0 {
		t.buf = append(t.buf[:0], t.buf[over:]...)
	}
	return len(b), nil
}

// forget removes what was written so far.
func (t *tail) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = nil
}

const tailLines = 10

// logged matches GoNB's log lines that tell what it does.
var logged = regexp.MustCompile(`^[ID]\d{4} \d\d:\d\d:`)

// messages returns the last lines, without those that only tell what the program did.
func (t *tail) messages() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := strings.Split(string(bytes.TrimSpace(t.buf)), "\n")
	lines = slices.DeleteFunc(lines, logged.MatchString)
	return strings.Join(lines[max(len(lines)-tailLines, 0):], "\n")
}
