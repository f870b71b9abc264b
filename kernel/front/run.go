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

// A cellRun is one cell on its way through GoNB.
type cellRun struct {
	request   request
	source    string
	number    int
	silent    bool
	asks      bool     // its front end can be asked for input
	pages     []object // for the front end's pager
	done      chan struct{}
	waits     context.Context // for all but its program, until it is interrupted
	interrupt context.CancelCauseFunc

	front *Front
	inner *gonb.Session // that was given the cell, and gets its interrupts; under the front's mutex
	ctx   context.Context

	mu      sync.Mutex // of what GoNB's messages change, in all attempts
	shown   []*ipynb.Output
	mergeAt int  // how many of these are too many
	export  bool // the cell asks for a report of the notebook
}

// An attempt is one time that GoNB is given a cell.
type attempt struct {
	*cellRun
	over    bool      // what comes now is late
	hold    gonb.Hold // of the standard error
	failure *gonb.Failure
	program string // that GoNB composed, where it failed
}

// errInterrupted is why a cell waits no longer.
var errInterrupted = errors.New("the cell was interrupted")

func (j *cellRun) interrupted() bool { return context.Cause(j.waits) == errInterrupted }

// execute runs one cell and answers for it.
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
	job.waits, job.interrupt = context.WithCancelCause(ctx)
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
	failed := f.perform(ctx, job)
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
		f.finish(Finished{
			ID: cellID(r.Message), Source: c.Code, Outputs: ipynb.MergeStreams(job.shown), Count: count,
			Ended: time.Now(), Seconds: time.Since(start).Seconds(), Failed: failed != nil,
		})
	}
	if failed != nil && !c.Silent && (c.StopOnError == nil || *c.StopOnError) {
		// Before the answer: what is sent by who knows of the failure runs.
		select {
		case <-f.settled():
		case <-ctx.Done():
		}
		f.abort()
	}
	f.out.reply(r, "execute_reply", reply)
}

// content is what a front end is told of a failure.
func content(f *gonb.Failure) object {
	return object{"ename": f.Name, "evalue": f.Value, "traceback": f.Traceback}
}

// finish keeps a cell that was run, in the place of its last run: a kernel may
// live for days. Where the front end tells no ids, the text is the cell.
func (f *Front) finish(done Finished) {
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

// forget takes back outputs, which updates then change no more.
func (f *Front) forget(outputs []*ipynb.Output) {
	maps.DeleteFunc(f.displays, func(_ string, o *ipynb.Output) bool { return slices.Contains(outputs, o) })
}

// noValues answers expressions that a front end wants to know the values of after
// the cell: when it is done, its program is too, and nobody knows them.
func noValues(expressions map[string]json.RawMessage) object {
	answers := object{}
	for name := range expressions {
		const text = "a Go cell leaves no values behind: show them in the cell"
		answers[name] = object{"status": "error", "ename": "NotSupported", "evalue": text, "traceback": []string{text}}
	}
	return answers
}

// isCommand tells whether the front itself answers a cell.
func (f *Front) isCommand(code string) bool {
	words := strings.Fields(code)
	return len(words) > 0 && f.Commands[words[0]] != nil
}

// cellID is the id of the cell, which newer front ends send along.
func cellID(m *wire.Message) string {
	var meta struct {
		ID string `json:"cellId"`
	}
	if json.Unmarshal(m.Metadata, &meta) != nil {
		return ""
	}
	return meta.ID
}

// perform runs a cell and shows what comes out of it.
func (f *Front) perform(ctx context.Context, job *cellRun) *gonb.Failure {
	words := strings.Fields(job.source)
	if len(words) == 0 {
		return nil
	}
	if f.isCommand(job.source) {
		return f.command(job, words[0], words[1:])
	}
	inner, err := f.prepared(job)
	switch {
	case job.interrupted():
		return interrupted
	case err != nil:
		return &gonb.Failure{Name: "Dendrite", Value: err.Error(), Traceback: []string{err.Error()}}
	}
	if name, ok := cell.Question(job.source); ok {
		return f.explain(inner, job, name)
	}
	maps.DeleteFunc(f.statements, func(call string, _ bool) bool { return cell.Declares(job.source, call) })
	t := cell.Translate(job.source, f.statement)
	failed := f.relay(ctx, inner, job, t)
	if failed != nil && t.Shows && failed.NoValue() {
		// What ends the cell is a call without a value: it was not run, since
		// the cell did not compile. Remember it, and run the cell as it is.
		if t.Call != "" {
			f.statements[t.Call] = true
		}
		failed = f.relay(ctx, inner, job, t.Plain())
	}
	if failed == nil && job.export && f.Commands[ExportCommand] != nil {
		return f.command(job, ExportCommand, nil)
	}
	return failed
}

// command answers a cell without GoNB.
func (f *Front) command(job *cellRun, name string, words []string) *gonb.Failure {
	outputs, err := f.Commands[name](job.waits, words, slices.Clone(f.finished))
	for _, o := range outputs {
		job.show(o, "")
	}
	switch {
	case err == nil:
		return nil
	case job.interrupted():
		return interrupted
	}
	return &gonb.Failure{Name: name, Value: err.Error(), Traceback: []string{name + ": " + err.Error()}}
}

// statement tells of a call that it was found to give no value.
func (f *Front) statement(call string) bool { return f.statements[call] }

// prepared waits until GoNB can take the cell, and says so when that is long.
func (f *Front) prepared(job *cellRun) (*gonb.Session, error) {
	b, err := f.started(job.waits)
	if err != nil {
		return nil, err
	}
	select {
	case <-b.warmed:
	case <-job.waits.Done():
	case <-time.After(f.patience):
		forget := job.notice("Preparing: compiling the packages, only this once ...")
		select {
		case <-b.warmed:
		case <-job.waits.Done():
		}
		forget()
	}
	if err := job.waits.Err(); err != nil {
		return nil, err
	}
	f.mu.Lock()
	lost := f.lost
	f.lost = false
	f.mu.Unlock()
	if lost {
		f.cells = map[int]gonb.Written{}
		job.stream("stderr", "The Go kernel had ended and was started again. What earlier cells declared is gone: run them again.\n")
	}
	return b.session, nil
}

// begin has interrupts go to GoNB from here on, unless one came before.
func (f *Front) begin(job *cellRun, inner *gonb.Session) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if job.interrupted() {
		return false
	}
	job.inner = inner
	return true
}

// relay has GoNB run the cell and returns why it failed, nil if it did not.
func (f *Front) relay(ctx context.Context, inner *gonb.Session, job *cellRun, t cell.Translation) *gonb.Failure {
	if !f.begin(job, inner) {
		return interrupted
	}
	try := &attempt{cellRun: job}
	reply, err := inner.Run(ctx, t.Code, try.published)
	try.end()
	own := gonb.Written{Number: job.number, Source: strings.Split(job.source, "\n"), Code: strings.Split(t.Code, "\n"), From: t}
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
		job.stream("stderr", try.hold.Rest())
		fmt.Fprintf(f.out.log, "front: %v\n", err)
		const text = "the Go kernel ended; it is started again with the next cell, and earlier cells must be run again"
		return &gonb.Failure{Name: "KernelDied", Value: text, Traceback: strings.Split(err.Error(), "\n")}
	case try.failure == nil:
		job.stream("stderr", try.hold.Rest())
		return nil
	case job.interrupted():
		return interrupted
	}
	return try.failure.Explain(try.hold.Rest(), try.program, f.cells, own)
}

var interrupted = &gonb.Failure{
	Name: "Interrupted", Value: errInterrupted.Error(),
	Traceback: []string{"Interrupted. What was computed is kept: run the cell again to go on."},
}

// end has what comes from now on passed on and not kept.
func (a *attempt) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.over = true
}

// published takes what GoNB publishes for the cell.
func (a *attempt) published(m *wire.Message) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case m.Header.Type == "execute_input":
		return
	case a.over:
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
			a.program = a.inner.Program() // before GoNB composes another
			return
		}
		if o.Name == "stderr" {
			o.Text = a.hold.Pass(o.Text)
		} else {
			a.stream("stderr", a.hold.GoOn())
		}
		a.stream(o.Name, o.Text)
	default:
		a.forward(m)
	}
}

// forward publishes a message of GoNB as one of ours.
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
	if len(j.shown) >= j.mergeAt { // a cell may print in a million pieces
		j.shown = ipynb.MergeStreams(j.shown)
		j.mergeAt = max(2*j.mergeAt, 256)
	}
	j.front.out.publish(j.request.Message, "stream", object{"name": name, "text": text})
}

// notice shows a text in a cell that has shown nothing yet, until it is
// forgotten. It comes in every format that a front end may show, and is no part
// of what the cell has said.
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

// clear removes what the cell has shown, at once or with the next output.
func (j *cellRun) clear(wait bool) {
	j.front.forget(j.shown)
	j.shown = nil
	j.front.out.publish(j.request.Message, "clear_output", object{"wait": wait})
}

// show publishes an output. What the notebook package marked becomes the cell's
// result or clears what it has shown: GoNB has no words for these.
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
	if j.front.Dress != nil {
		if err := j.front.Dress(j.ctx, o); err != nil {
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

// update publishes a display's new content.
func (j *cellRun) update(o *ipynb.Output, id string) {
	if j.front.Dress != nil {
		if err := j.front.Dress(j.ctx, o); err != nil {
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
