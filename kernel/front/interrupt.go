package front

import (
	"strings"

	"microcircuits/kernel/gonb"
)

// interrupt interrupts the running cell and aborts the waiting ones. A cell that
// waits for GoNB to start, or runs a command, ends at once.
func (f *Front) interrupt() {
	var session *gonb.Session
	f.mu.Lock()
	job := f.running
	if job != nil {
		job.interrupt(errInterrupted)
		session = job.session
	}
	f.mu.Unlock()
	f.abort()
	if session != nil {
		go session.InterruptUntil(job.done)
	}
}

// kernelDied returns the failure of a cell during which GoNB has ended.
func kernelDied(err error) *gonb.Failure {
	const text = "the Go kernel ended. The next cell starts it again; earlier cells must be run again"
	return &gonb.Failure{Name: "KernelDied", Value: text, Traceback: append(strings.Split(err.Error(), "\n"), text)}
}
