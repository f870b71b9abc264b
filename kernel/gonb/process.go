package gonb

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"microcircuits/kernel/internal/processes"
	"microcircuits/kernel/internal/wire"
)

// watchdogScript runs in a group of its own. It reads the process group to
// watch, then blocks until its standard input ends, which happens at the
// latest when the process that holds the other end dies. The word "done" tells
// it that everything was cleaned up already. Strays, programs that leave the
// group, write the number of their own into a file of theirs, stray.*, in the
// folder and go on only if the file "open" is still there after that; since it is
// removed before the numbers are read, none can slip away between the two. A
// stray has the folder in its command line, which is empty for a moment when it
// becomes another program; the number of one that ended may be a stranger's.
const watchdogScript = `
trap '' INT TERM HUP
read -r group
read -r word
[ "$word" = done ] && exit 0
[ -n "$group" ] && kill -s KILL -- "-$group"
rm -f -- "$1/open"
for file in "$1"/stray.*; do
  [ -r "$file" ] && read -r stray <"$file" && kill -0 "$stray" || continue
  args=$({ tr '\0' ' ' <"/proc/$stray/cmdline" || ps -ww -o args= -p "$stray"; } 2>/dev/null)
  case "$args" in '' | *"$1"*) kill -s KILL -- "-$stray" ;; esac
done
n=0
while [ -e "$1" ] && [ $n -lt 100 ]; do rm -rf -- "$1"; sleep 0.1; n=$((n+1)); done
`

// gateScript waits for one line before it becomes the program, so that the
// program cannot run before the watchdog knows it.
const gateScript = `read -r go && exec "$@" </dev/null`

// A process is a program in its own process group with a private temporary
// folder, both of which vanish when the owner does.
type process struct {
	cmd      *exec.Cmd
	tmp      string
	tail     *tail
	watchdog *watchdog
	exited   chan struct{} // closed when the program has ended
	err      error         // how it ended; valid after exited
	clean    sync.Once
}

// A watchdog cleans up after a process whose owner has died. It ignores the
// signals that end a group of programs; one that was killed itself is missed only
// if its owner is killed too: then the program and its folder stay.
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

// tell sends the watchdog a line.
func (w *watchdog) tell(line string) error {
	_, err := io.WriteString(w.pipe, line+"\n")
	return err
}

// newTempDir returns a name for a private temporary folder, not yet made: the
// watchdog must know it first.
func newTempDir() string {
	return filepath.Join(os.TempDir(), "dendrite-kernel-"+wire.NewID()[:12])
}

// startProcess runs argv in dir. The folder tmp is made, filled by prepare and
// becomes TMPDIR.
func startProcess(tmp string, prepare func() error, dir string, env []string, log io.Writer, argv ...string) (*process, error) {
	watchdog, err := startWatchdog(tmp)
	if err != nil {
		return nil, err
	}
	p := &process{tmp: tmp, tail: &tail{}, watchdog: watchdog, exited: make(chan struct{})}
	fail := func(err error) (*process, error) {
		watchdog.pipe.Close() // the watchdog removes what there is
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
	p.cmd.Stdout, p.cmd.Stderr = io.MultiWriter(p.tail, log), io.MultiWriter(p.tail, log)
	p.cmd.WaitDelay = 2 * time.Second // a stray grandchild may hold the log open
	gate, err := p.cmd.StdinPipe()
	if err != nil {
		return fail(fmt.Errorf("gonb: %w", err))
	}
	if err := p.cmd.Start(); err != nil {
		return fail(fmt.Errorf("gonb: starting the kernel: %w", err))
	}
	err = watchdog.tell(strconv.Itoa(p.cmd.Process.Pid))
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

// stop gives the program some time to end by itself, then kills its group,
// removes the folder and dismisses the watchdog. It may be called again.
func (p *process) stop(grace time.Duration) {
	p.clean.Do(func() {
		select {
		case <-p.exited:
		case <-time.After(grace):
		}
		p.kill()
		<-p.exited
		// What was still being killed may write a last file.
		for range 50 {
			if os.RemoveAll(p.tmp) == nil {
				if _, err := os.Lstat(p.tmp); errors.Is(err, os.ErrNotExist) {
					break
				}
			}
			time.Sleep(20 * time.Millisecond)
		}
		_ = p.watchdog.tell("done") // if it is gone, all the better
		p.watchdog.pipe.Close()
		_ = p.watchdog.cmd.Wait()
	})
}

// kill ends everything in the group, also what outlived the program itself, and
// what has left the group.
func (p *process) kill() {
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	_ = os.Remove(filepath.Join(p.tmp, "open"))
	files, _ := filepath.Glob(filepath.Join(p.tmp, "stray.*")) // the pattern is right
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		if group, err := strconv.Atoi(string(bytes.TrimSpace(text))); err == nil && p.isStray(group) {
			_ = syscall.Kill(-group, syscall.SIGKILL)
		}
	}
}

// isStray tells whether a number is still that of a stray, see watchdogScript.
func (p *process) isStray(group int) bool {
	leader, found, err := processes.Find(group)
	return err == nil && found && (leader.Args == "" || strings.Contains(leader.Args, p.tmp))
}

// died describes an unexpected end for an error message.
func (p *process) died() error {
	<-p.exited
	how := "exit status 0"
	if p.err != nil {
		how = p.err.Error()
	}
	return fmt.Errorf("the Go kernel ended unexpectedly (%s); its last words:\n%s", how, p.tail)
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

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.TrimSpace(t.buf))
}
