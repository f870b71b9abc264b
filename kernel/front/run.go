package front

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"microcircuits/dendrite/notebook/names"
	"microcircuits/kernel/cell"
	"microcircuits/kernel/gonb"
	"microcircuits/kernel/internal/wire"
	"microcircuits/kernel/ipynb"
)

// A cellRun is one execution of a cell.
type cellRun struct {
	request   request
	source    string
	number    int
	silent    bool
	asks      bool     // its front end allows requests for input
	pages     []object // for the front end's pager
	done      chan struct{}
	waitCtx   context.Context // for everything except the cell's program; cancelled by an interrupt
	interrupt context.CancelCauseFunc

	front   *Front
	session *gonb.Session // gets the cell and its interrupts; guarded by the front's mutex
	ctx     context.Context

	mu      sync.Mutex // guards the fields that GoNB's messages change, in all attempts
	shown   []*ipynb.Output
	mergeAt int  // number of outputs at which streams are merged
	export  bool // the cell has called dendrite.Export
}

// An attempt is one execution of a cell in GoNB. A cell can need two.
type attempt struct {
	*cellRun
	ended   bool             // later messages are not part of the result
	stderr  gonb.TraceFilter // of the standard error
	failure *gonb.Failure
	program string // the program that GoNB composed, if it failed
}

// errInterrupted is the cause of a cancelled waitCtx.
var errInterrupted = errors.New("the cell was interrupted")

func (j *cellRun) interrupted() bool { return context.Cause(j.waitCtx) == errInterrupted }

// execute runs one cell and replies to its request.
func (f *Front) execute(ctx context.Context, r request) {
	defer f.busy(r.Message)()
	c := struct {
		Code         string `json:"code"`
		Silent       bool   `json:"silent"`
		StoreHistory *bool  `json:"store_history"`
		AllowStdin   bool   `json:"allow_stdin"`
		StopOnError  *bool  `json:"stop_on_error"`

		Expressions map[string]json.RawMessage `json:"user_expressions"`
	}{}
	if err := r.Decode(&c); err != nil {
		fmt.Fprintf(f.out.log, "front: %v\n", err)
	}
	counted := !c.Silent && (c.StoreHistory == nil || *c.StoreHistory)
	job := &cellRun{
		request: r, source: c.Code, silent: c.Silent, asks: c.AllowStdin,
		pages: []object{}, done: make(chan struct{}), front: f, ctx: ctx,
	}
	job.waitCtx, job.interrupt = context.WithCancelCause(ctx)
	defer job.interrupt(nil)
	f.mu.Lock()
	if counted {
		f.count++
	}
	count := f.count
	job.number = count
	f.running = job
	f.mu.Unlock()
	if counted {
		f.history.add(count, c.Code)
	}
	if !c.Silent {
		f.out.publish(r.Message, "execute_input", object{"code": c.Code, "execution_count": count})
	}
	start := time.Now()
	failed := f.runCell(ctx, job)
	close(job.done)
	f.mu.Lock()
	f.running = nil
	f.mu.Unlock()

	reply := object{"status": "ok", "execution_count": count, "user_expressions": noValues(c.Expressions), "payload": job.pages}
	if failed != nil {
		reply = content(failed)
		f.out.publish(r.Message, "error", content(failed))
		job.shown = append(job.shown, &ipynb.Output{Type: ipynb.ErrorOutput, EName: failed.Name, EValue: failed.Value, Traceback: failed.Traceback})
		reply["status"], reply["execution_count"] = "error", count
	}
	if !c.Silent && !f.isCommand(c.Code) {
		f.addFinished(Finished{
			ID: cellID(r.Message), Source: c.Code, Outputs: ipynb.MergeStreams(job.shown), Count: count,
			Ended: time.Now(), Seconds: time.Since(start).Seconds(), Failed: failed != nil,
		})
	}
	if failed != nil && !c.Silent && (c.StopOnError == nil || *c.StopOnError) {
		// Abort before the reply: cells sent after the reply must run.
		select {
		case <-f.batchArrived():
		case <-ctx.Done():
		}
		f.abort()
	}
	f.out.reply(r, "execute_reply", reply)
}

// content returns the message content of a failure.
func content(f *gonb.Failure) object {
	return object{"ename": f.Name, "evalue": f.Value, "traceback": f.Traceback}
}

// addFinished adds a finished cell and removes its earlier run, so that memory does
// not grow when cells are run again. Cells without id are the same if their text is
// the same.
func (f *Front) addFinished(done Finished) {
	f.finished = slices.DeleteFunc(f.finished, func(c Finished) bool {
		again := c.ID == done.ID
		if c.ID == "" || done.ID == "" {
			again = c.Source == done.Source
		}
		if again {
			f.forget(c.Outputs)
		}
		return again
	})
	f.finished = append(f.finished, done)
}

// forget removes outputs from the displays, so that updates do not change them any
// more.
func (f *Front) forget(outputs []*ipynb.Output) {
	maps.DeleteFunc(f.displays, func(_ string, o *ipynb.Output) bool { return slices.Contains(outputs, o) })
}

// noValues returns errors for the expressions that a front end wants to be evaluated
// after the cell. That is not possible, because the cell's program has ended.
func noValues(expressions map[string]json.RawMessage) object {
	answers := object{}
	for name := range expressions {
		const text = "the values of a Go cell are lost when it ends: show them in the cell"
		answers[name] = object{"status": "error", "ename": "NotSupported", "evalue": text, "traceback": []string{text}}
	}
	return answers
}

// isCommand reports whether a cell is one of the front's commands.
func (f *Front) isCommand(code string) bool {
	words := strings.Fields(code)
	return len(words) > 0 && f.Commands[words[0]] != nil
}

// cellID returns the id of the cell. Only newer front ends send it.
func cellID(m *wire.Message) string {
	var meta struct {
		ID string `json:"cellId"`
	}
	if json.Unmarshal(m.Metadata, &meta) != nil {
		return ""
	}
	return meta.ID
}

// runCell runs a cell and publishes its outputs.
func (f *Front) runCell(ctx context.Context, job *cellRun) *gonb.Failure {
	words := strings.Fields(job.source)
	if len(words) == 0 {
		return nil
	}
	if f.isCommand(job.source) {
		return f.command(job, words[0], words[1:])
	}
	session, err := f.readySession(job)
	switch {
	case job.interrupted():
		return interruptedFailure
	case err != nil:
		return &gonb.Failure{Name: "Dendrite", Value: err.Error(), Traceback: []string{err.Error()}}
	}
	if name, ok := cell.HelpName(job.source); ok {
		return f.showDoc(session, job, name)
	}
	maps.DeleteFunc(f.noValueCalls, func(call string, _ bool) bool { return cell.Declares(job.source, call) })
	t := cell.Translate(job.source, f.hasNoValue)
	failed := f.runInGoNB(ctx, session, job, t)
	if failed != nil && t.Shows && failed.IsNoValue() {
		// The last line of the cell is a call without result, so the cell did not
		// compile and did not run. Store the call, and run the cell without showing
		// a value.
		if t.Call != "" {
			f.noValueCalls[t.Call] = true
		}
		failed = f.runInGoNB(ctx, session, job, t.WithoutResult())
	}
	if failed == nil && job.export && f.Commands[ExportCommand] != nil {
		return f.command(job, ExportCommand, nil)
	}
	return failed
}

// command runs one of the front's commands.
func (f *Front) command(job *cellRun, name string, words []string) *gonb.Failure {
	outputs, err := f.Commands[name](job.waitCtx, words, slices.Clone(f.finished))
	for _, o := range outputs {
		job.show(o, "")
	}
	switch {
	case err == nil:
		return nil
	case job.interrupted():
		return interruptedFailure
	}
	return &gonb.Failure{Name: name, Value: err.Error(), Traceback: []string{name + ": " + err.Error()}}
}

// hasNoValue reports whether a call is known to have no result.
func (f *Front) hasNoValue(call string) bool { return f.noValueCalls[call] }

// readySession waits until GoNB is ready to run the cell. If this takes long, it
// shows a notice in the cell.
func (f *Front) readySession(job *cellRun) (*gonb.Session, error) {
	f.awaitAnswer(job.waitCtx)
	b, err := f.readyBackend(job.waitCtx)
	if err != nil {
		return nil, err
	}
	select {
	case <-b.warmed:
	case <-job.waitCtx.Done():
	case <-time.After(f.noticeAfter):
		forget := job.notice("Preparing: the packages are compiled, once only ...")
		select {
		case <-b.warmed:
		case <-job.waitCtx.Done():
		}
		forget()
	}
	if err := job.waitCtx.Err(); err != nil {
		return nil, err
	}
	f.mu.Lock()
	lost := f.lost
	f.lost = false
	f.mu.Unlock()
	if lost {
		f.cells = map[int]gonb.CellSource{}
		job.stream("stderr", "The Go kernel had ended and was started again. The declarations of earlier cells are lost: run those cells again.\n")
	}
	return b.session, nil
}

// setSession sends later interrupts of the cell to GoNB. It returns false if the cell
// was interrupted before.
func (f *Front) setSession(job *cellRun, session *gonb.Session) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if job.interrupted() {
		return false
	}
	job.session = session
	return true
}

// runInGoNB runs the cell in GoNB. It returns nil if the cell succeeded.
func (f *Front) runInGoNB(ctx context.Context, session *gonb.Session, job *cellRun, t cell.Translation) *gonb.Failure {
	if !f.setSession(job, session) {
		return interruptedFailure
	}
	try := &attempt{cellRun: job}
	reply, err := session.Run(ctx, t.Code, try.handlePublished)
	try.end()
	own := gonb.CellSource{Number: job.number, Source: strings.Split(job.source, "\n"), Code: strings.Split(t.Code, "\n"), From: t}
	if err == nil && reply != nil {
		var c struct {
			Count int `json:"execution_count"`
		}
		if reply.Decode(&c) == nil {
			f.cells[c.Count] = own
		}
	}
	switch {
	case err != nil && (f.isEnding() || ctx.Err() != nil):
		return &gonb.Failure{Name: "Dendrite", Value: errEnding.Error(), Traceback: []string{errEnding.Error()}}
	case err != nil:
		job.stream("stderr", try.stderr.Held())
		fmt.Fprintf(f.out.log, "front: %v\n", err)
		return kernelDied(err)
	case try.failure == nil:
		job.stream("stderr", try.stderr.Held())
		return nil
	case job.interrupted():
		return interruptedFailure
	}
	return try.failure.Explain(try.stderr.Held(), try.program, f.cells, own)
}

var interruptedFailure = &gonb.Failure{
	Name: "Interrupted", Value: errInterrupted.Error(),
	Traceback: []string{"Interrupted. Finished results are kept: run the cell again to continue."},
}

// end marks the attempt as ended: later messages are published, but not stored.
func (a *attempt) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ended = true
}

// handlePublished handles a message that GoNB publishes for the cell.
func (a *attempt) handlePublished(m *wire.Message) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case m.Header.Type == "execute_input":
		return
	case a.ended:
		a.forward(m)
		return
	}
	switch m.Header.Type {
	case "update_display_data", ipynb.DisplayData, ipynb.ExecuteResult:
		o, id, err := gonb.Output(m)
		if err != nil {
			fmt.Fprintf(a.front.out.log, "front: %v\n", err)
			return
		}
		if m.Header.Type == "update_display_data" {
			a.update(o, id)
			return
		}
		a.show(o, id)
	case ipynb.Stream, ipynb.ErrorOutput:
		o, _, err := gonb.Output(m)
		if err != nil {
			fmt.Fprintf(a.front.out.log, "front: %v\n", err)
			return
		}
		if o.Type == ipynb.ErrorOutput {
			a.failure = &gonb.Failure{Name: o.EName, Value: o.EValue, Traceback: o.Traceback}
			a.program = a.session.Program() // before GoNB composes the next one
			return
		}
		if o.Name == "stderr" {
			o.Text = a.stderr.Filter(o.Text)
		} else {
			a.stream("stderr", a.stderr.Continue())
		}
		a.stream(o.Name, o.Text)
	default:
		a.forward(m)
	}
}

// forward publishes a message of GoNB as a message of this kernel.
func (j *cellRun) forward(m *wire.Message) {
	own := j.request.Reply(m.Header.Type, nil)
	own.Content, own.Metadata, own.Buffers = m.Content, m.Metadata, m.Buffers
	j.front.out.broadcast(own)
}

func (j *cellRun) stream(name, text string) {
	if text == "" {
		return
	}
	j.shown = append(j.shown, &ipynb.Output{Type: ipynb.Stream, Name: name, Text: text})
	if len(j.shown) >= j.mergeAt { // a cell may print many small pieces
		j.shown = ipynb.MergeStreams(j.shown)
		j.mergeAt = max(2*j.mergeAt, 256)
	}
	j.front.out.publish(j.request.Message, "stream", object{"name": name, "text": text})
}

// notice shows a text in a cell that has no output yet; the returned function
// removes it. The text is not part of the cell's outputs.
func (j *cellRun) notice(text string) (forget func()) {
	if j.silent {
		return func() {}
	}
	j.front.out.publish(j.request.Message, ipynb.DisplayData, object{
		"data":     object{"text/plain": text, "text/markdown": "*" + text + "*"},
		"metadata": object{}, "transient": object{},
	})
	return func() { j.clear(false) }
}

// clear removes the outputs of the cell, at once or with the next output.
func (j *cellRun) clear(wait bool) {
	j.front.forget(j.shown)
	j.forgetScript()
	j.shown = nil
	j.front.out.publish(j.request.Message, "clear_output", object{"wait": wait})
}

// show publishes an output. Package notebook marks outputs that are the cell's
// result, clear its outputs or ask for a report, because GoNB has no messages for
// these.
func (j *cellRun) show(o *ipynb.Output, id string) {
	switch role := names.RoleOf(o.Metadata); role {
	case names.Clear, names.ClearWait:
		j.clear(role == names.ClearWait)
		return
	case names.Export:
		j.export = true
		return
	case names.Result:
		o.Type, o.ExecutionCount = ipynb.ExecuteResult, &j.number
		if j.silent {
			return
		}
	}
	j.showScript(o)
	if j.front.AddPicture != nil {
		if err := j.front.AddPicture(j.ctx, o); err != nil {
			fmt.Fprintf(j.front.out.log, "front: %v\n", err)
		}
	}
	j.shown = append(j.shown, o)
	content := object{"data": o.Data, "metadata": orNone(o.Metadata), "transient": object{}}
	if id != "" {
		content["transient"] = object{"display_id": id}
		j.front.displays[id] = o
	}
	if o.Type == ipynb.ExecuteResult {
		content["execution_count"] = j.number
	}
	j.front.out.publish(j.request.Message, o.Type, content)
}

// update publishes the new content of a display.
func (j *cellRun) update(o *ipynb.Output, id string) {
	j.showScript(o)
	if j.front.AddPicture != nil {
		if err := j.front.AddPicture(j.ctx, o); err != nil {
			fmt.Fprintf(j.front.out.log, "front: %v\n", err)
		}
	}
	if shown := j.front.displays[id]; shown != nil {
		shown.Data, shown.Metadata = o.Data, o.Metadata
	}
	j.front.out.publish(j.request.Message, "update_display_data", object{
		"data": o.Data, "metadata": orNone(o.Metadata), "transient": object{"display_id": id},
	})
}

func orNone(m map[string]json.RawMessage) map[string]json.RawMessage {
	if m == nil {
		return map[string]json.RawMessage{}
	}
	return m
}
