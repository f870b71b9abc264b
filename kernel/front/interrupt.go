package front

import "microcircuits/kernel/gonb"

// interrupt ends the running cell, and those that wait behind it are not run. A
// cell that waits for GoNB to start, or for an answer of ours, just stops waiting.
func (f *Front) interrupt() {
	var inner *gonb.Session
	f.mu.Lock()
	job := f.running
	if job != nil {
		job.interrupt(errInterrupted)
		inner = job.inner
	}
	f.mu.Unlock()
	f.abort()
	if inner != nil {
		go inner.InterruptUntil(job.done)
	}
}
