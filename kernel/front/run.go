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

	mu      sync.Mutex // guards the fields that GoNB's messages change
	shown   []*ipynb.Output
	mergeAt int  // number of outputs at which streams are merged
	ended   bool // later messages are published, but not part of the result
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
	shown := job.end()
	close(job.done)
	f.mu.Lock()
	f.running = nil
	f.mu.Unlock()

	reply := object{"status": "ok", "execution_count": count, "user_expressions": noValues(c.Expressions), "payload": job.pages}
	if failed != nil {
		reply = content(failed)
		f.out.publish(r.Message, "error", content(failed))
		shown = append(shown, &ipynb.Output{Type: ipynb.ErrorOutput, EName: failed.Name, EValue: failed.Value, Traceback: failed.Traceback})
		reply["status"], reply["execution_count"] = "error", count
	}
	if !c.Silent && !f.isCommand(c.Code) {
		f.addFinished(Finished{
			ID: cellID(r.Message), Source: c.Code, Outputs: shown, Count: count,
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

// remember stores a display, so that an update changes it.
func (f *Front) remember(id string, o *ipynb.Output) {
	if id == "" {
		return
	}
	f.displaysMu.Lock()
	defer f.displaysMu.Unlock()
	f.displays[id] = o
}

// update changes a stored display.
func (f *Front) update(id string, o *ipynb.Output) {
	f.displaysMu.Lock()
	defer f.displaysMu.Unlock()
	if shown := f.displays[id]; shown != nil {
		shown.Data, shown.Metadata = o.Data, o.Metadata
	}
}

// forget removes outputs from the displays, so that updates do not change them any
// more.
func (f *Front) forget(outputs []*ipynb.Output) {
	f.displaysMu.Lock()
	defer f.displaysMu.Unlock()
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
	if !f.setSession(job, session) {
		return interruptedFailure
	}
	out, err := f.cells.Run(ctx, gonb.Cell{
		Number: job.number, ID: cellID(job.request.Message), Source: job.source, Asks: job.asks && !job.silent, Interrupted: job.interrupted,
	}, job)
	switch {
	case err != nil && (f.isEnding() || ctx.Err() != nil):
		return &gonb.Failure{Name: "Dendrite", Value: errEnding.Error(), Traceback: []string{errEnding.Error()}}
	case err != nil:
		fmt.Fprintf(f.out.log, "front: %v\n", err)
		return kernelDied(err)
	case out.Failure != nil && job.interrupted():
		return interruptedFailure
	case out.Failure == nil && out.Export && f.Commands[ExportCommand] != nil:
		return f.command(job, ExportCommand, nil)
	}
	return out.Failure
}

// command runs one of the front's commands.
func (f *Front) command(job *cellRun, name string, words []string) *gonb.Failure {
	outputs, err := f.Commands[name](job.waitCtx, words, slices.Clone(f.finished))
	for _, o := range outputs {
		job.Show(o, "")
	}
	switch {
	case err == nil:
		return nil
	case job.interrupted():
		return interruptedFailure
	}
	return &gonb.Failure{Name: name, Value: err.Error(), Traceback: []string{name + ": " + err.Error()}}
}

// readySession waits until GoNB is ready to run the cell. If this takes long, it
// shows a notice in the cell.
func (f *Front) readySession(job *cellRun) (*gonb.Session, error) {
	f.wanted.Store(true)
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
	if f.cells == nil || lost {
		f.cells = gonb.NewCells(b.session)
	}
	if lost {
		job.Stream("stderr", "The Go kernel had ended and was started again. The declarations of earlier cells are lost: run those cells again.\n")
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

var interruptedFailure = &gonb.Failure{
	Name: "Interrupted", Value: errInterrupted.Error(),
	Traceback: []string{"Interrupted. Finished results are kept: run the cell again to continue."},
}

// end returns the outputs of the cell. Later ones are published, but not stored.
func (j *cellRun) end() []*ipynb.Output {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.ended = true
	return ipynb.MergeStreams(j.shown)
}

// Forward publishes a message of GoNB as a message of this kernel.
func (j *cellRun) Forward(m *wire.Message) {
	own := j.request.Reply(m.Header.Type, nil)
	own.Content, own.Metadata, own.Buffers = m.Content, m.Metadata, m.Buffers
	j.front.out.broadcast(own)
}

// Stream publishes text.
func (j *cellRun) Stream(name, text string) {
	if text == "" {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.ended {
		j.shown = append(j.shown, &ipynb.Output{Type: ipynb.Stream, Name: name, Text: text})
		if len(j.shown) >= j.mergeAt { // a cell may print many small pieces
			j.shown = ipynb.MergeStreams(j.shown)
			j.mergeAt = max(2*j.mergeAt, 256)
		}
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
	return func() { j.Clear(false) }
}

// Clear removes the outputs of the cell, at once or with the next output.
func (j *cellRun) Clear(wait bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.ended {
		j.front.forget(j.shown)
		j.forgetScript()
		j.shown = nil
	}
	j.front.out.publish(j.request.Message, "clear_output", object{"wait": wait})
}

// Show publishes an output.
func (j *cellRun) Show(o *ipynb.Output, id string) {
	if o.Type == ipynb.ExecuteResult && j.silent {
		return
	}
	j.showScript(o)
	j.addPicture(o)
	j.mu.Lock()
	defer j.mu.Unlock()
	content := object{"data": o.Data, "metadata": orNone(o.Metadata), "transient": object{}}
	if id != "" {
		content["transient"] = object{"display_id": id}
	}
	if !j.ended {
		j.shown = append(j.shown, o)
		j.front.remember(id, o)
	}
	if o.Type == ipynb.ExecuteResult {
		content["execution_count"] = j.number
	}
	j.front.out.publish(j.request.Message, o.Type, content)
}

// Update publishes the new content of a display.
func (j *cellRun) Update(o *ipynb.Output, id string) {
	j.showScript(o)
	j.addPicture(o)
	j.front.update(id, o)
	j.front.out.publish(j.request.Message, "update_display_data", object{
		"data": o.Data, "metadata": orNone(o.Metadata), "transient": object{"display_id": id},
	})
}

// addPicture adds the static picture of a chart.
func (j *cellRun) addPicture(o *ipynb.Output) {
	if j.front.AddPicture == nil {
		return
	}
	if err := j.front.AddPicture(j.ctx, o); err != nil {
		fmt.Fprintf(j.front.out.log, "front: %v\n", err)
	}
}

func orNone(m map[string]json.RawMessage) map[string]json.RawMessage {
	if m == nil {
		return map[string]json.RawMessage{}
	}
	return m
}
