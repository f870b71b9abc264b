package front

import (
	"context"
	"fmt"
	"time"

	"microcircuits/kernel/cell"
	"microcircuits/kernel/gonb"
	"microcircuits/kernel/internal/wire"
)

// inspectTimeout is the time limit of a completion or an inspection.
const inspectTimeout = 20 * time.Second

// inspectCode passes a completion or inspection request on to GoNB. If GoNB returns
// an error, the reply is empty.
func (f *Front) inspectCode(r request) {
	defer f.busy(r.Message)()
	ctx, cancel := context.WithTimeout(f.live, inspectTimeout)
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
		b, err := f.readyBackend(ctx)
		if err == nil {
			err = b.session.AwaitGopls(ctx)
		}
		if err == nil {
			answer, err = askGoNB(ctx, b.session, r.Header.Type, question.Code, question.Cursor, question.Detail)
		}
		if err != nil {
			fmt.Fprintf(f.out.log, "front: %s: %v\n", r.Header.Type, err)
			answer = nothing
		}
	}
	f.out.reply(r, replyType, answer)
}

// askGoNB asks GoNB to complete or inspect code at a cursor. It translates the code
// for GoNB, and the positions in the reply back.
func askGoNB(ctx context.Context, session *gonb.Session, msgType, code string, cursor, detail int) (object, error) {
	code, shift := cell.Statements(code, cursor)
	reply, err := session.Relay(ctx, msgType, object{"code": code, "cursor_pos": cursor + shift, "detail_level": detail}, func(*wire.Message) {})
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

// showDoc answers a cell like "dendrite.Show?" with documentation in the pager.
func (f *Front) showDoc(session *gonb.Session, job *cellRun, name string) *gonb.Failure {
	if f.Options.Completion == "" {
		const text = "documentation needs gopls; run in the clone: go run ./kernel install --completion"
		return &gonb.Failure{Name: "NoCompletion", Value: text, Traceback: []string{text}}
	}
	ctx, cancel := context.WithTimeout(job.waitCtx, inspectTimeout)
	defer cancel()
	var answer object
	err := session.AwaitGopls(ctx)
	if err == nil {
		answer, err = askGoNB(ctx, session, "inspect_request", name, len(name), 0)
	}
	if job.interrupted() {
		return interruptedFailure
	}
	if err != nil || answer["found"] != true {
		text := "no documentation found for " + name
		return &gonb.Failure{Name: "Unknown", Value: text, Traceback: []string{text}}
	}
	data, _ := answer["data"].(object)
	if text, ok := data["text/markdown"]; ok { // for pagers in a terminal
		data["text/plain"] = text
	}
	job.pages = append(job.pages, object{"source": "page", "data": data, "start": 0})
	return nil
}
