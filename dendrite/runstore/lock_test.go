package runstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
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
