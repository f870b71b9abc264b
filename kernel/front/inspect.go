package front

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"microcircuits/kernel/cell"
	"microcircuits/kernel/gonb"
	"microcircuits/kernel/internal/wire"
)

const (
	// inspectTimeout is the time limit of a completion or an inspection. GoNB itself
	// waits up to 16 s for gopls; if it has not answered after this time, it never will.
	inspectTimeout = 20 * time.Second
	// cellTimeout is the time that a completion or an inspection waits for the end of
	// a cell. GoNB answers only between cells.
	cellTimeout = 3 * time.Second
)

// inspectCode answers a completion or inspection request. The reply is empty if there
// is nothing to ask GoNB for, if GoNB returns an error, or if a cell runs.
func (f *Front) inspectCode(r request) {
	defer f.busy(r.Message)()
	var c struct {
		Code   string `json:"code"`
		Cursor int    `json:"cursor_pos"`
		Detail int    `json:"detail_level"`
	}
	if err := r.Decode(&c); err != nil {
		fmt.Fprintf(f.out.log, "front: %v\n", err)
	}
	ctx, cancel := context.WithTimeout(f.live, inspectTimeout)
	defer cancel()
	replyType, answer, find := "complete_reply", noMatches(c.Cursor), cell.Completion
	if r.Header.Type == "inspect_request" {
		replyType, answer, find = "inspect_reply", nothingFound(), cell.Help
	}
	if q, ok := find(c.Code, c.Cursor); ok && f.Options.Completion != "" {
		found, err := f.askBetweenCells(ctx, r.Header.Type, q, c.Detail)
		switch {
		case err != nil:
			fmt.Fprintf(f.out.log, "front: %s: %v\n", r.Header.Type, err)
		case replyType == "inspect_reply":
			answer = found.documentation()
		default:
			answer = found.completion(q, c.Cursor)
		}
	}
	f.out.reply(r, replyType, answer)
}

var errCellRuns = errors.New("a cell runs")

// askBetweenCells asks GoNB while no cell runs. Cells that come later wait.
func (f *Front) askBetweenCells(ctx context.Context, msgType string, q cell.Question, detail int) (gonbAnswer, error) {
	b, err := f.readyBackend(ctx)
	if err != nil {
		return gonbAnswer{}, err
	}
	if err := b.session.AwaitGopls(ctx); err != nil {
		return gonbAnswer{}, err
	}
	if err := f.begin(ctx); err != nil {
		return gonbAnswer{}, err
	}
	defer f.finish()
	return f.ask(f.live, b.session, msgType, q, detail)
}

// begin waits until no cell runs and no other request is in GoNB, and reserves GoNB.
func (f *Front) begin(ctx context.Context) error {
	tooLong := time.After(cellTimeout)
	for {
		f.mu.Lock()
		job, asking := f.running, f.asking
		if job == nil && asking == nil {
			f.asking = make(chan struct{})
			f.mu.Unlock()
			return nil
		}
		f.mu.Unlock()
		var over <-chan struct{} = asking
		var limit <-chan time.Time
		if job != nil {
			over, limit = job.done, tooLong
		}
		select {
		case <-over:
		case <-limit:
			return errCellRuns
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// finish ends a reservation of begin.
func (f *Front) finish() {
	f.mu.Lock()
	close(f.asking)
	f.asking = nil
	f.mu.Unlock()
}

// awaitAnswer waits until no completion or inspection is in GoNB. It is called while a
// cell runs, so that no other one begins.
func (f *Front) awaitAnswer(ctx context.Context) {
	f.mu.Lock()
	asking := f.asking
	f.mu.Unlock()
	if asking == nil {
		return
	}
	select {
	case <-asking:
	case <-ctx.Done():
	}
}

// ask asks GoNB for a completion or an inspection. If GoNB does not answer in time, it
// is ended and started again, because it would not run a cell any more.
func (f *Front) ask(ctx context.Context, session *gonb.Session, msgType string, q cell.Question, detail int) (a gonbAnswer, err error) {
	limited, cancel := context.WithTimeout(ctx, f.askTimeout)
	defer cancel()
	reply, err := session.Relay(limited, msgType, object{"code": q.Code, "cursor_pos": q.Cursor, "detail_level": detail}, func(*wire.Message) {})
	switch {
	case err != nil && ctx.Err() == nil && limited.Err() != nil:
		session.Kill()
		go func() {
			<-session.Exited()
			_, _ = f.readyBackend(f.live) // the next cell reports an error
		}()
		return a, fmt.Errorf("GoNB did not answer within %v and was ended", f.askTimeout)
	case err != nil:
		return a, err
	}
	if err := reply.Decode(&a); err != nil {
		return a, err
	}
	if a.Status != "ok" {
		return a, fmt.Errorf("GoNB answers %q: %s", a.Status, a.Reason)
	}
	return a, nil
}

// A gonbAnswer is the content of GoNB's reply to a completion or an inspection request.
type gonbAnswer struct {
	Status string         `json:"status"`
	Reason string         `json:"evalue"`
	Data   map[string]any `json:"data"`

	Matches []string `json:"matches"`
	Start   int      `json:"cursor_start"`
	End     int      `json:"cursor_end"`
}

// documentation returns the reply to an inspection. GoNB answers with Markdown if it
// has found documentation, and else with plain text about its own trouble.
func (a gonbAnswer) documentation() object {
	text, _ := a.Data["text/markdown"].(string)
	if text == "" {
		return nothingFound()
	}
	data := object{"text/markdown": text, "text/plain": text} // plain for terminals
	return object{"status": "ok", "found": true, "data": data, "metadata": object{}}
}

// completion returns the reply to a completion at a cursor.
func (a gonbAnswer) completion(q cell.Question, cursor int) object {
	reply := noMatches(cursor)
	if len(a.Matches) > 0 {
		replaces := q.Replaces
		if replaces < 0 {
			replaces = a.End - a.Start
		}
		reply["matches"], reply["cursor_start"] = a.Matches, max(cursor-replaces, 0)
	}
	return reply
}

// showDoc answers a cell like "dendrite.Show?" with documentation in the pager.
func (f *Front) showDoc(session *gonb.Session, job *cellRun, name string) *gonb.Failure {
	if f.Options.Completion == "" {
		const text = "documentation needs gopls; run in the clone: go run ./kernel install --completion"
		return &gonb.Failure{Name: "NoCompletion", Value: text, Traceback: []string{text}}
	}
	ctx, cancel := context.WithTimeout(job.waitCtx, inspectTimeout)
	defer cancel()
	doc := nothingFound()
	q, ok := cell.Help(name, utf8.RuneCountInString(name))
	if ok && session.AwaitGopls(ctx) == nil {
		a, err := f.ask(job.waitCtx, session, "inspect_request", q, 0)
		if err != nil {
			fmt.Fprintf(f.out.log, "front: %v\n", err)
		}
		doc = a.documentation()
	}
	if job.interrupted() {
		return interruptedFailure
	}
	if doc["found"] != true {
		text := "no documentation found for " + name
		return &gonb.Failure{Name: "Unknown", Value: text, Traceback: []string{text}}
	}
	job.pages = append(job.pages, object{"source": "page", "data": doc["data"], "start": 0})
	return nil
}
