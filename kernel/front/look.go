package front

import (
	"context"
	"fmt"
	"time"

	"microcircuits/kernel/cell"
	"microcircuits/kernel/gonb"
	"microcircuits/kernel/internal/wire"
)

// lookFor is how long a front end waits for a completion or an inspection.
const lookFor = 20 * time.Second

// look relays a completion or an inspection; where GoNB has no answer it says
// that there is nothing.
func (f *Front) look(r request) {
	defer f.busy(r.Message)()
	ctx, cancel := context.WithTimeout(f.live, lookFor)
	defer cancel()
	var question struct {
		Code   string `json:"code"`
		Cursor int    `json:"cursor_pos"`
		Detail int    `json:"detail_level"`
	}
	if err := r.Decode(&question); err != nil {
		fmt.Fprintf(f.out.log, "front: %v\n", err)
	}
	replyType := "complete_reply"
	nothing := noMatches(question.Cursor)
	if r.Header.Type == "inspect_request" {
		replyType = "inspect_reply"
		nothing = nothingFound()
	}
	answer := nothing
	if f.Options.Completion != "" {
		b, err := f.started(ctx)
		if err == nil {
			err = b.session.AwaitGopls(ctx)
		}
		if err == nil {
			answer, err = ask(ctx, b.session, r.Header.Type, question.Code, question.Cursor, question.Detail)
		}
		if err != nil {
			fmt.Fprintf(f.out.log, "front: %s: %v\n", r.Header.Type, err)
			answer = nothing
		}
	}
	f.out.reply(r, replyType, answer)
}

// ask has GoNB complete or inspect code at a cursor. The code is put into GoNB's
// terms and the answer back into the author's.
func ask(ctx context.Context, inner *gonb.Session, msgType, code string, cursor, detail int) (object, error) {
	code, shift := cell.Statements(code, cursor)
	reply, err := inner.Relay(ctx, msgType, object{"code": code, "cursor_pos": cursor + shift, "detail_level": detail}, func(*wire.Message) {})
	if err != nil {
		return nil, err
	}
	var answer object
	if err := reply.Decode(&answer); err != nil {
		return nil, err
	}
	if answer["status"] != "ok" {
		return nil, fmt.Errorf("GoNB answers %v: %v", answer["status"], answer["evalue"])
	}
	for _, at := range []string{"cursor_start", "cursor_end"} {
		if v, ok := answer[at].(float64); ok {
			answer[at] = max(int(v)-shift, 0)
		}
	}
	return answer, nil
}

// explain answers a cell like "dendrite.Show?" with a page of documentation.
func (f *Front) explain(inner *gonb.Session, job *cellRun, name string) *gonb.Failure {
	if f.Options.Completion == "" {
		const text = "documentation needs gopls; in the clone: go run ./kernel install --completion"
		return &gonb.Failure{Name: "NoCompletion", Value: text, Traceback: []string{text}}
	}
	ctx, cancel := context.WithTimeout(job.waits, lookFor)
	defer cancel()
	var answer object
	err := inner.AwaitGopls(ctx)
	if err == nil {
		answer, err = ask(ctx, inner, "inspect_request", name, len(name), 0)
	}
	if job.interrupted() {
		return interrupted
	}
	if err != nil || answer["found"] != true {
		text := "nothing is known of " + name
		return &gonb.Failure{Name: "Unknown", Value: text, Traceback: []string{text}}
	}
	data, _ := answer["data"].(object)
	if text, ok := data["text/markdown"]; ok { // pagers of terminals want plain text
		data["text/plain"] = text
	}
	job.pages = append(job.pages, object{"source": "page", "data": data, "start": 0})
	return nil
}
