package front

import (
	"testing"

	"microcircuits/kernel/internal/wire"
	"microcircuits/kernel/ipynb"
)

// Late messages of the first attempt do not change the result of the second.
func TestLateMessageOfAnotherAttempt(t *testing.T) {
	conn, err := wire.NewConnection()
	if err != nil {
		t.Fatal(err)
	}
	f := &Front{out: newServer(conn, t.Output())}
	ignore := func(request) {}
	if err := f.out.listen(ignore, ignore, ignore); err != nil {
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
		first.handlePublished(failed)
		first.handlePublished(printed)
	}()
	second.handlePublished(printed)
	second.end()
	<-late
	if second.failure != nil || len(job.shown) != 1 || second.stderr.Held() != "" {
		t.Errorf("failure %v, shown %v", second.failure, job.shown)
	}
}
