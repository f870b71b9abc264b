package gonb

import (
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"microcircuits/kernel/internal/processes"
)

// InterruptUntil interrupts the running cell again and again until it is done. If
// the cell's program runs, GoNB gets the interrupt and passes it on, so that the
// program can save its state. GoNB does not interrupt compilation, so InterruptUntil
// sends the signal to the compiler itself. It repeats because GoNB loses an interrupt
// that arrives too early; GoNB passes only one interrupt on to a program. If the cell
// does not end, GoNB does not answer, and InterruptUntil ends GoNB.
func (s *Session) InterruptUntil(done <-chan struct{}) {
	tooLong := time.After(interruptFor)
	for {
		again := 50 * time.Millisecond
		compiles, runs := s.runningPrograms()
		for _, p := range compiles {
			_ = syscall.Kill(p.ID, syscall.SIGINT)
		}
		if runs && len(compiles) == 0 {
			_ = s.Interrupt() // sending fails only if GoNB has ended
			again = 500 * time.Millisecond
		}
		select {
		case <-done:
			return
		case <-tooLong:
			s.proc.end("it did not answer the interrupt")
			return
		case <-time.After(again):
		}
	}
}

// runningPrograms returns the programs that compile the cell at the moment, and
// reports whether the cell's program runs.
func (s *Session) runningPrograms() (compiles []processes.Process, runs bool) {
	all, err := processes.All()
	if err != nil {
		return nil, true // let GoNB handle the interrupt
	}
	for _, p := range all {
		if leader := s.proc.cmd.Process.Pid; p.Group != leader || p.ID == leader {
			continue
		}
		switch name, _, _ := strings.Cut(p.Args, " "); filepath.Base(name) {
		case "go", "goimports":
			compiles = append(compiles, p)
		case "compile", "link", "asm": // they end with the go command
		default:
			runs = true
		}
	}
	return compiles, runs
}
