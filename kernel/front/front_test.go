package front

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"microcircuits/kernel/gonb"
	"microcircuits/kernel/internal/processes"
	"microcircuits/kernel/internal/wire"
	"microcircuits/kernel/ipynb"
)

// root returns the clone that contains this test.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// found returns the running processes that satisfy a condition.
func found(t *testing.T, which func(processes.Process) bool) []processes.Process {
	t.Helper()
	all, err := processes.All()
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(p processes.Process) bool { return !which(p) })
}

// nothingLeft fails when a process of one of the groups still runs or the folder
// contains a folder of a kernel.
func nothingLeft(t *testing.T, tmp string, groups ...int) {
	t.Helper()
	if alive := found(t, func(p processes.Process) bool { return slices.Contains(groups, p.Group) }); len(alive) > 0 {
		t.Errorf("processes of the kernel's group still run: %v", alive)
	}
	entries, err := os.ReadDir(tmp)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "dendrite-kernel-") || strings.HasPrefix(e.Name(), "gonb_") {
			t.Errorf("not removed: %s", e.Name())
		}
	}
}

// killAll kills the processes that satisfy a condition and returns their number.
func killAll(t *testing.T, which func(processes.Process) bool) int {
	t.Helper()
	all := found(t, which)
	for _, p := range all {
		if err := syscall.Kill(p.ID, syscall.SIGKILL); err != nil {
			t.Error(err)
		}
	}
	return len(all)
}

// isGoNB reports whether a process is the GoNB of a kernel of this test.
func isGoNB(p processes.Process) bool {
	name, _, _ := strings.Cut(p.Args, " ")
	return strings.HasPrefix(name, filepath.Join(os.TempDir(), "dendrite-kernel-")) && filepath.Base(name) == "gonb"
}

// connection makes a connection and its file.
func connection(t testing.TB) (*wire.Connection, string) {
	t.Helper()
	conn, err := wire.NewConnection()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "kernel-12ab.json")
	if err := conn.WriteFile(file); err != nil {
		t.Fatal(err)
	}
	return conn, file
}

// attach connects to a kernel like a front end.
func attach(t testing.TB, conn *wire.Connection) *gonb.Session {
	t.Helper()
	s, err := gonb.Attach(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// shortDir creates a temporary folder with a short path: gopls listens on a socket
// in it, whose path must not be longer than 108 bytes.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "front")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// startFront starts a front and returns a connection to it.
func startFront(t *testing.T, f *Front) *gonb.Session {
	t.Helper()
	t.Setenv("TMPDIR", shortDir(t))
	conn, file := connection(t)
	f.Options.Root, f.Options.Dir = root(t), t.TempDir()
	if f.Options.Log == nil {
		f.Options.Log = t.Output()
	}
	ended := make(chan error, 1)
	live := context.WithoutCancel(t.Context()) // the cleanup function ends it
	go func() { ended <- f.Serve(live, file, make(chan os.Signal)) }()
	s := attach(t, conn)
	t.Cleanup(func() {
		var groups []int
		for _, p := range found(t, isGoNB) {
			groups = append(groups, p.Group)
		}
		if err := s.Shutdown(); err != nil {
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
		nothingLeft(t, os.Getenv("TMPDIR"), groups...)
	})
	return s
}

// executeContent is the content of a request to run a cell.
func executeContent(code string) object {
	return object{
		"code": code, "silent": false, "store_history": true,
		"user_expressions": object{}, "allow_stdin": true, "stop_on_error": true,
	}
}

// sessionOf returns the session of the front's GoNB, or nil if it has not started.
func sessionOf(f *Front) *gonb.Session {
	f.mu.Lock()
	b := f.backend
	f.mu.Unlock()
	select {
	case <-b.opened:
		return b.session
	default:
		return nil
	}
}

// answerTo sends a request and returns the content of the reply.
func answerTo(t *testing.T, s *gonb.Session, msgType string, content object) object {
	t.Helper()
	reply, err := s.Relay(t.Context(), msgType, content, func(*wire.Message) {})
	if err != nil {
		t.Fatal(err)
	}
	var c object
	if err := reply.Decode(&c); err != nil {
		t.Fatal(err)
	}
	return c
}

// whileRunning runs a cell and calls f when it has printed something.
func whileRunning(t *testing.T, s *gonb.Session, code string, stopOnError bool, f func()) (reply object) {
	t.Helper()
	content := executeContent(code)
	content["stop_on_error"] = stopOnError
	return onMessage(t, s, ipynb.Stream, content, f)
}

// onMessage runs a cell and calls f when a message of the given type is published
// for it.
func onMessage(t *testing.T, s *gonb.Session, msgType string, content object, f func()) (reply object) {
	t.Helper()
	var once sync.Once
	began, finished := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(finished)
		<-began
		f()
	}()
	r, err := s.Relay(t.Context(), "execute_request", content, func(m *wire.Message) {
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

// stuckTools returns tools with a GoNB that never answers.
func stuckTools(t *testing.T) *gonb.Tools {
	t.Helper()
	script := filepath.Join(t.TempDir(), "gonb")
	if err := os.WriteFile(script, []byte("#!/bin/sh\nexec sleep 1000\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return &gonb.Tools{GoNB: script, Goimports: script, Go: script}
}

// A cell can be interrupted while it waits for GoNB to start or runs a command.
func TestInterruptWithoutGoNB(t *testing.T) {
	wait := func(ctx context.Context, _ []string, _ []Finished) ([]*ipynb.Output, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	s := startFront(t, &Front{Options: gonb.Options{Tools: stuckTools(t)}, Commands: map[string]Command{"%wait": wait}})
	for _, code := range []string{"1 + 1", "dendrite.Show?", "%wait"} {
		reply := onMessage(t, s, "execute_input", executeContent(code), func() {
			if err := s.Interrupt(); err != nil {
				t.Error(err)
			}
		})
		if reply["ename"] != "Interrupted" {
			t.Errorf("%s ended with %v", code, reply)
		}
	}
}

// A cell can be interrupted while it waits for the first build or for gopls. The
// message that GoNB has ended is then shown by the next cell.
func TestInterruptWhilePreparing(t *testing.T) {
	open := make(chan struct{})
	close(open)
	for _, noticeAfter := range []time.Duration{1, time.Hour} {
		f := &Front{
			noticeAfter: noticeAfter, lost: true, Options: gonb.Options{Completion: "gopls"},
			backend: &backend{opened: open, warmed: make(chan struct{}), session: new(gonb.Session)},
		}
		job := &cellRun{silent: true, front: f}
		job.waitCtx, job.interrupt = context.WithCancelCause(t.Context())
		job.interrupt(errInterrupted)
		if _, err := f.readySession(job); err == nil || !f.lost {
			t.Errorf("noticeAfter %v: %v, lost %v", noticeAfter, err, f.lost)
		}
		if f.setSession(job, f.backend.session) || job.session != nil {
			t.Error("an interrupted cell is given to GoNB")
		}
		if failed := f.showDoc(f.backend.session, job, "dendrite.Show"); failed != interruptedFailure {
			t.Errorf("help that waits for gopls: %v", failed)
		}
	}
}

// send sends a cell and returns a channel for the status of the reply.
func send(t *testing.T, s *gonb.Session, content object) <-chan string {
	t.Helper()
	status := make(chan string, 1)
	go func() {
		var c struct {
			Status string `json:"status"`
		}
		reply, err := s.Relay(t.Context(), "execute_request", content, func(*wire.Message) {})
		if err == nil {
			err = reply.Decode(&c)
		}
		if err != nil {
			t.Error(err)
		}
		status <- c.Status
	}()
	return status
}

// waitQueued waits until n cells are in the queue.
func waitQueued(f *Front, n int) {
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

// waitRunning waits until a cell runs.
func waitRunning(f *Front) {
	for {
		f.mu.Lock()
		runs := f.running != nil
		f.mu.Unlock()
		if runs {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// A failed cell aborts the cells that were sent together with it, also those that
// arrive a little later, but no cell sent after its reply. A failed silent cell
// aborts no cell.
func TestStopOnError(t *testing.T) {
	f := &Front{Options: gonb.Options{Tools: stuckTools(t)}}
	underWay := make(chan func())
	f.batchArrived = func() <-chan time.Time {
		batchArrived := make(chan time.Time)
		go func() {
			defer close(batchArrived)
			(<-underWay)()
			waitQueued(f, 2)
		}()
		return batchArrived
	}
	f.Commands = map[string]Command{
		"%fail": func(_ context.Context, words []string, _ []Finished) ([]*ipynb.Output, error) {
			if len(words) > 0 { // wait for another cell
				waitQueued(f, 1)
			}
			return nil, errors.New("fails always")
		},
		"%pass": func(context.Context, []string, []Finished) ([]*ipynb.Output, error) { return nil, nil },
	}
	s := startFront(t, f)
	fails := send(t, s, executeContent("%fail"))
	var one, two <-chan string
	underWay <- func() { one, two = send(t, s, executeContent("%pass")), send(t, s, executeContent("%pass")) }
	if got := <-fails; got != "error" {
		t.Errorf("the failure is %q", got)
	}
	after := send(t, s, executeContent("%pass"))
	for status, want := range map[<-chan string]string{one: "aborted", two: "aborted", after: "ok"} {
		if got := <-status; got != want {
			t.Errorf("a cell after the failure is %q, want %q", got, want)
		}
	}
	silent := executeContent("%fail late")
	silent["silent"] = true
	fails = send(t, s, silent)
	waitRunning(f)
	behind := send(t, s, executeContent("%pass"))
	if got := <-fails; got != "error" {
		t.Errorf("the silent failure is %q", got)
	}
	if got := <-behind; got != "ok" {
		t.Errorf("after a silent failure: %q", got)
	}
}
