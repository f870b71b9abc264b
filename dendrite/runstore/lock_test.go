package runstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestLockExcludes(t *testing.T) {
	s := open(t)
	var inside atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 5 {
				unlock, err := entry(t, s, "seed1").Lock(context.Background())
				if err != nil {
					t.Error(err)
					return
				}
				if n := inside.Add(1); n != 1 {
					t.Errorf("%d holders", n)
				}
				time.Sleep(100 * time.Microsecond) // time for others to take the lock wrongly
				inside.Add(-1)
				unlock()
			}
		})
	}
	wg.Wait()
	wantTidy(t, s)
}

func TestLockCancelled(t *testing.T) {
	s := open(t)
	e := entry(t, s, "seed1")
	unlock, err := e.Lock(t.Context())
	must(t, err)
	defer unlock()
	other, err := entry(t, s, "seed2").Lock(t.Context()) // another entry is free
	must(t, err)
	other()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err = e.Lock(ctx)
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), fmt.Sprint("process ", os.Getpid())) {
		t.Errorf("Lock: %v; want the deadline and the owner", err)
	}
}

// TestLockOfKilledProcess starts another process that takes the lock, and kills it.
func TestLockOfKilledProcess(t *testing.T) {
	s := open(t)
	holder := exec.Command(os.Args[0], "-test.run=^TestHoldLock$")
	holder.Env = append(os.Environ(), "RUNSTORE_HOLD="+s.Dir())
	out, err := holder.StdoutPipe()
	must(t, err)
	must(t, holder.Start())
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := entry(t, s, "seed1").Lock(ctx); err == nil || !strings.Contains(err.Error(), fmt.Sprint("process ", holder.Process.Pid)) {
		t.Errorf("while held: %v", err)
	}
	must(t, holder.Process.Kill())
	holder.Wait()
	unlock, err := entry(t, s, "seed1").Lock(t.Context())
	must(t, err)
	unlock()
	wantTidy(t, s)
}

// leaveBehind creates what a process leaves that is killed while it computes the entry.
func leaveBehind(t *testing.T, e *Entry) {
	t.Helper()
	must(t, e.SaveCheckpoint(inner{}, sampleMeta()))
	must(t, os.WriteFile(e.Dir()+lockSuffix, nil, 0o600))
	for _, path := range []string{e.Dir(), e.CheckpointFile()} {
		dir, err := os.MkdirTemp(filepath.Dir(path), tempPattern(path))
		must(t, err)
		must(t, os.WriteFile(filepath.Join(dir, runFile), []byte("{"), 0o600))
	}
}

// What a killed process leaves is removed by the next one that computes the entry or loads
// its result; but not the checkpoint of an unfinished run, nor files of other entries.
func TestLeftBehind(t *testing.T) {
	s := open(t)
	e, other := entry(t, s, "seed1"), entry(t, s, "seed2")
	leaveBehind(t, e)
	theirs, err := os.MkdirTemp(filepath.Dir(other.Dir()), tempPattern(other.Dir()))
	must(t, err)
	unlock, err := e.Lock(t.Context())
	must(t, err)
	if e.Tidy(); !s.HasCheckpoint(e.Name()) {
		t.Error("the checkpoint of a run that is being computed was removed")
	}
	unlock()
	if _, err := os.Stat(theirs); err != nil {
		t.Errorf("a file of another process was removed: %v", err)
	}
	must(t, os.Remove(theirs))
	wantTidy(t, s)

	leaveBehind(t, e)
	if e.Tidy(); !s.HasCheckpoint(e.Name()) {
		t.Error("the checkpoint of a run without a result was removed")
	}
	leaveBehind(t, e)
	must(t, e.Save(inner{}, sampleMeta()))
	if e.Tidy(); s.HasCheckpoint(e.Name()) {
		t.Error("the checkpoint of a finished run is still there")
	}
	wantTidy(t, s)
}

// TestHoldLock is the other process of TestLockOfKilledProcess. In a normal test run it
// does nothing.
func TestHoldLock(t *testing.T) {
	dir := os.Getenv("RUNSTORE_HOLD")
	if dir == "" {
		return
	}
	s, err := Open(dir)
	must(t, err)
	_, err = entry(t, s, "seed1").Lock(context.Background())
	must(t, err)
	fmt.Print("x")
	time.Sleep(time.Minute)
}
