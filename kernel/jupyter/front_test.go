package jupyter

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"microcircuits/kernel/internal/processes"
	"microcircuits/kernel/ipynb"
)

// root returns the clone this test belongs to.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// nothingLeft fails when the process group lives or the folder holds anything.
func nothingLeft(t *testing.T, tmp string, group int) {
	t.Helper()
	if alive := living(t, func(p processes.Process) bool { return p.Group == group }); alive != "" {
		t.Errorf("processes of the kernel's group are left:\n%s", alive)
	}
	entries, err := os.ReadDir(tmp)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "dendrite-kernel-") || strings.HasPrefix(e.Name(), "gonb_") {
			t.Errorf("left behind: %s", e.Name())
		}
	}
}

// served starts a front and returns a front end's connection to it.
func served(t *testing.T, f *Front) *Session {
	t.Helper()
	nobody := startShell(t, "sleep 1000") // stands for a process that we need not start
	t.Setenv("TMPDIR", t.TempDir())
	conn, err := NewConnection()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "kernel-12ab.json")
	if err := conn.WriteFile(file); err != nil {
		t.Fatal(err)
	}
	f.Options.Root, f.Options.Dir = root(t), t.TempDir()
	if f.Options.Log == nil {
		f.Options.Log = t.Output()
	}
	ended := make(chan error, 1)
	live := context.WithoutCancel(t.Context()) // it ends by request, below
	go func() { ended <- f.Serve(live, file, make(chan os.Signal)) }()
	s := newSession(nobody, conn)
	s.stock = true
	if err := s.connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		group := -1 // none
		if inner := innerOf(f); inner != nil {
			group = inner.proc.cmd.Process.Pid
		}
		if err := s.send(s.control, NewMessage(s.id, "shutdown_request", object{"restart": false})); err != nil {
			t.Error(err)
		}
		select {
		case err := <-ended:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(20 * time.Second):
			t.Error("the front does not end")
		}
		nothingLeft(t, os.Getenv("TMPDIR"), group)
	})
	return s
}

// innerOf is the front's GoNB, nil when it is not there.
func innerOf(f *Front) *Session {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.inner
}

// answerTo sends a request and returns the content of its answer.
func answerTo(t *testing.T, s *Session, msgType string, content object) object {
	t.Helper()
	reply, err := s.Relay(t.Context(), msgType, content, func(*Message) {})
	if err != nil {
		t.Fatal(err)
	}
	var c object
	if err := reply.Decode(&c); err != nil {
		t.Fatal(err)
	}
	return c
}

// during runs a cell and calls f when it has printed something.
func during(t *testing.T, s *Session, code string, stopOnError bool, f func()) (reply object) {
	t.Helper()
	content := executeContent(code)
	content["stop_on_error"] = stopOnError
	return upon(t, s, ipynb.Stream, content, f)
}

// upon runs a cell and calls f when a message of a type is published for it.
func upon(t *testing.T, s *Session, msgType string, content object, f func()) (reply object) {
	t.Helper()
	var once sync.Once
	began, finished := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(finished)
		<-began
		f()
	}()
	r, err := s.Relay(t.Context(), "execute_request", content, func(m *Message) {
		if m.Header.Type == msgType {
			once.Do(func() { close(began) })
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Decode(&reply); err != nil {
		t.Fatal(err)
	}
	select {
	case <-began:
		<-finished
	default:
		t.Fatalf("nothing of type %s was published, and the cell ended with %v", msgType, reply)
	}
	return reply
}

// stuck are tools whose GoNB never answers.
func stuck(t *testing.T) *Tools {
	t.Helper()
	script := filepath.Join(t.TempDir(), "gonb")
	if err := os.WriteFile(script, []byte("#!/bin/sh\nexec sleep 1000\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return &Tools{GoNB: script, Goimports: script, Go: script}
}

// Who waits for GoNB to start, or for an answer of the front's own, can be
// interrupted as anybody else.
func TestInterruptWithoutGoNB(t *testing.T) {
	wait := func(ctx context.Context, _ []string, _ []Finished) ([]*ipynb.Output, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	s := served(t, &Front{Options: Options{Tools: stuck(t)}, Commands: map[string]Command{"%wait": wait}})
	for _, code := range []string{"1 + 1", "dendrite.Show?", "%wait"} {
		reply := upon(t, s, "execute_input", executeContent(code), func() {
			if err := s.Interrupt(); err != nil {
				t.Error(err)
			}
		})
		if reply["ename"] != "Interrupted" {
			t.Errorf("%s ended with %v", code, reply)
		}
	}
}

// Nor does a cell wait on for the first build, whether it has said so or not, or for
// gopls; what is to be told of GoNB's death is told by the next.
func TestInterruptWhilePreparing(t *testing.T) {
	open := make(chan struct{})
	close(open)
	for _, patience := range []time.Duration{1, time.Hour} {
		f := &Front{
			patience: patience, opening: open, warming: make(chan struct{}), lost: true,
			inner:   &Session{proc: &process{exited: make(chan struct{})}},
			Options: Options{Completion: "gopls"}, born: time.Now().Add(time.Hour),
		}
		job := &cellRun{silent: true, front: f}
		job.waits, job.interrupt = context.WithCancelCause(t.Context())
		job.interrupt(errInterrupted)
		if _, err := f.prepared(job); err == nil || !f.lost {
			t.Errorf("patience %v: %v, the death of GoNB untold %v", patience, err, f.lost)
		}
		if f.begin(job, f.inner) || job.inner != nil {
			t.Error("an interrupted cell is given to GoNB")
		}
		if failed := f.explain(f.inner, job, "dendrite.Show"); failed != interrupted {
			t.Errorf("help that waits for gopls: %v", failed)
		}
	}
}

// sent sends a cell and does not wait for it.
func sent(t *testing.T, s *Session, content object) *execution {
	t.Helper()
	e, err := s.request("execute_request", content)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// outcome waits for a cell's answer and returns its status.
func outcome(t *testing.T, s *Session, e *execution) (status string) {
	t.Helper()
	if err := s.wait(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	s.look(func() bool { status = e.status; return true })
	return status
}

// queued waits until so many cells wait for their turn.
func queued(f *Front, n int) {
	for {
		f.mu.Lock()
		waiting := len(f.queue)
		f.mu.Unlock()
		if waiting == n {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// A cell that fails takes along those that were sent with it, though they are
// still under way, and none that is sent after its answer. A silent one takes
// none.
func TestStopOnError(t *testing.T) {
	f := &Front{Options: Options{Tools: stuck(t)}}
	f.settled = func() <-chan time.Time {
		settled := make(chan time.Time)
		go func() {
			defer close(settled)
			queued(f, 2)
		}()
		return settled
	}
	f.Commands = map[string]Command{
		"%fail": func(context.Context, []string, []Finished) ([]*ipynb.Output, error) {
			return nil, errors.New("as told")
		},
		"%pass": func(context.Context, []string, []Finished) ([]*ipynb.Output, error) { return nil, nil },
	}
	s := served(t, f)
	fails, one, two := sent(t, s, executeContent("%fail")), sent(t, s, executeContent("%pass")), sent(t, s, executeContent("%pass"))
	if got := outcome(t, s, fails); got != "error" {
		t.Errorf("the failure is %q", got)
	}
	after := sent(t, s, executeContent("%pass"))
	for e, want := range map[*execution]string{one: "aborted", two: "aborted", after: "ok"} {
		if got := outcome(t, s, e); got != want {
			t.Errorf("a cell after the failure is %q, want %q", got, want)
		}
	}
	silent := executeContent("%fail")
	silent["silent"] = true
	fails, after = sent(t, s, silent), sent(t, s, executeContent("%pass"))
	if got := outcome(t, s, fails); got != "error" {
		t.Errorf("the silent failure is %q", got)
	}
	if got := outcome(t, s, after); got != "ok" {
		t.Errorf("after a silent failure: %q", got)
	}
}
