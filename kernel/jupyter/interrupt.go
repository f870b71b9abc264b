package jupyter

import (
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"microcircuits/kernel/internal/processes"
)

// interrupt ends the running cell, and those that wait behind it are not run. A
// program gets the signal through GoNB, so that it can save what it has; where
// it is still being compiled, which GoNB does not stop, the compiler is ended.
func (f *Front) interrupt() {
	f.mu.Lock()
	job, inner := f.running, f.inner
	if job != nil {
		job.interrupted = true
	}
	f.mu.Unlock()
	f.abort()
	if job == nil || inner == nil {
		return
	}
	go func() {
		for {
			if !inner.endCompiler() {
				if err := inner.Interrupt(); err != nil {
					fmt.Fprintf(f.out.log, "front: %v\n", err)
				}
				return
			}
			select { // GoNB may start another step of the build
			case <-job.done:
				return
			case <-time.After(50 * time.Millisecond):
			}
		}
	}()
}

// endCompiler interrupts what GoNB runs to build a cell and says whether there
// was any of it.
func (s *Session) endCompiler() bool {
	all, err := processes.All()
	if err != nil {
		return false
	}
	found := false
	for _, p := range all {
		if p.Group != s.proc.cmd.Process.Pid {
			continue
		}
		name := filepath.Base(strings.Fields(p.Args + " ?")[0])
		if name == "go" || name == "goimports" {
			found = true
			_ = syscall.Kill(p.ID, syscall.SIGINT)
		}
	}
	return found
}

// dead says that the kernel's process has ended.
func (s *Session) dead() bool {
	select {
	case <-s.proc.exited:
		return true
	default:
		return false
	}
}
