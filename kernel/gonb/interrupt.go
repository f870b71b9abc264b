package gonb

import (
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"microcircuits/kernel/internal/processes"
)

// InterruptUntil interrupts whatever step of a cell our GoNB is at, or comes to
// next, until the cell is done. A program gets the signal through GoNB, so that it
// can save what it has; where it is still being compiled, which GoNB does not
// stop, the compiler is ended. GoNB passes one interrupt on to a program and leaves the
// others alone; but one that arrives before it listens is lost.
func (s *Session) InterruptUntil(done <-chan struct{}) {
	for {
		again := 50 * time.Millisecond
		compiles, runs := s.atWork()
		for _, p := range compiles {
			_ = syscall.Kill(p.ID, syscall.SIGINT)
		}
		if runs && len(compiles) == 0 {
			_ = s.Interrupt() // if it cannot be sent GoNB has gone
			again = 500 * time.Millisecond
		}
		select {
		case <-done:
			return
		case <-time.After(again):
		}
	}
}

// atWork is what GoNB runs at the moment: programs that compile a cell, or the
// cell.
func (s *Session) atWork() (compiles []processes.Process, runs bool) {
	all, err := processes.All()
	if err != nil {
		return nil, true // GoNB will know
	}
	for _, p := range all {
		if leader := s.proc.cmd.Process.Pid; p.Group != leader || p.ID == leader {
			continue
		}
		switch name, _, _ := strings.Cut(p.Args, " "); filepath.Base(name) {
		case "go", "goimports":
			compiles = append(compiles, p)
		case "compile", "link", "asm": // end with the go command
		default:
			runs = true
		}
	}
	return compiles, runs
}
