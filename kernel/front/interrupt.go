package front

import "microcircuits/kernel/gonb"

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
