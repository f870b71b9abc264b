package front

import (
	"testing"

	"microcircuits/kernel/internal/wire"
	"microcircuits/kernel/ipynb"
)

// What GoNB says late of a cell that it was given again does not touch the second
// attempt.
func TestLateMessageOfAnotherAttempt(t *testing.T) {
	conn, err := wire.NewConnection()
	if err != nil {
		t.Fatal(err)
	}
	f := &Front{out: newOutside(conn, t.Output())}
	nobody := func(request) {}
	if err := f.out.listen(nobody, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	defer f.out.close()
	job := &cellRun{front: f, request: request{Message: wire.NewMessage("", "execute_request", object{})}}
	first, second := &attempt{cellRun: job}, &attempt{cellRun: job}
	failed := wire.NewMessage("", ipynb.ErrorOutput, object{"ename": "x", "evalue": "y"})
	printed := wire.NewMessage("", ipynb.Stream, object{"name": "stdout", "text": "hello"})
	first.end()
	late := make(chan struct{})
	go func() {
		defer close(late)
		first.published(failed)
		first.published(printed)
	}()
	second.published(printed)
	second.end()
	<-late
	if second.failure != nil || len(job.shown) != 1 || second.hold.Rest() != "" {
		t.Errorf("failure %v, shown %v", second.failure, job.shown)
	}
}
