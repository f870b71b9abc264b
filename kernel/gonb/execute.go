package gonb

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"microcircuits/kernel/internal/wire"
	"microcircuits/kernel/ipynb"
)

// Status is how the execution of a cell ended.
type Status string

// The possible ends of an execution.
const (
	OK      Status = "ok"
	Failed  Status = "error"
	Timeout Status = "timeout"
)

// A Result is the result of a cell.
type Result struct {
	Status         Status
	ExecutionCount int
	Seconds        float64
	EName, EValue  string // when Failed

	mu      *sync.Mutex // the session's
	outputs []*ipynb.Output
}

// Outputs returns the outputs of the cell in order of arrival, with streams
// merged. Displays may arrive after the cell was done: a later call of Outputs
// returns them too. All are in after Close.
func (r *Result) Outputs() []*ipynb.Output {
	r.mu.Lock()
	defer r.mu.Unlock()
	outputs := make([]*ipynb.Output, len(r.outputs))
	for i, o := range r.outputs {
		shown := *o // a later update must not reach the caller's copy
		outputs[i] = &shown
	}
	return ipynb.MergeStreams(outputs)
}

// An execution collects the messages that arrive for one request. The session's
// mutex guards it.
type execution struct {
	result        *Result
	pass          func(*wire.Message) // gets the published messages, if not nil; else the result does
	reply         *wire.Message
	idle, replied bool
	status        string // of the reply
	lastMessage   time.Time
	waiting       []waiting // messages that wait for a stop
	clear         bool      // remove the outputs before the next one is added
	order         order
}

func (e *execution) done() bool { return e.idle && e.replied }

// Execute runs code as one cell and waits for its end. A limit of 0 means no time
// limit. Execute returns no error for a cell that fails or exceeds its time: see
// Result.Status. If ctx is cancelled, Execute interrupts the cell and returns its
// outputs so far with the error.
func (s *Session) Execute(ctx context.Context, code string, limit time.Duration) (*Result, error) {
	start := time.Now()
	if s.proc != nil {
		code = withSync(code)
	}
	e, err := s.request("execute_request", executeContent(code, false))
	if err != nil {
		return e.result, err
	}
	timeout, err := s.waitUntil(ctx, e, limit)
	s.mu.Lock()
	defer s.mu.Unlock()
	r := e.result
	r.Seconds = time.Since(start).Seconds()
	r.Status = OK
	for _, o := range r.outputs {
		if o.Type == ipynb.ErrorOutput {
			r.Status, r.EName, r.EValue = Failed, o.EName, o.EValue
		}
	}
	if e.status != "ok" || ctx.Err() != nil {
		r.Status = Failed
	}
	if timeout {
		r.Status = Timeout
	}
	return r, err
}

// waitUntil waits for the end of a cell. If ctx is cancelled or the limit, if not 0, is
// over, it interrupts the cell.
func (s *Session) waitUntil(ctx context.Context, e *execution, limit time.Duration) (timeout bool, err error) {
	limited := ctx
	if limit > 0 {
		var cancel context.CancelFunc
		limited, cancel = s.limited(ctx, limit)
		defer cancel()
	}
	err = s.wait(limited, e)
	if limited.Err() == nil || !errors.Is(err, limited.Err()) {
		return false, err
	}
	err = ctx.Err()
	return err == nil, errors.Join(err, s.stopCell(e))
}

// runUntil is Run for a cell that is interrupted when ctx is cancelled or the limit, if
// not 0, is over.
func (s *Session) runUntil(ctx context.Context, code string, limit time.Duration, asks bool, pass func(*wire.Message)) (reply *wire.Message, timeout bool, err error) {
	e := &execution{result: &Result{mu: &s.mu}, pass: pass}
	if err := s.register(wire.NewMessage(s.id, "execute_request", executeContent(withSync(code), asks)), e); err != nil {
		return nil, false, err
	}
	timeout, err = s.waitUntil(ctx, e, limit)
	s.mu.Lock()
	defer s.mu.Unlock()
	return e.reply, timeout, err
}

// executeContent is the content of a request to run a cell. GoNB requires all of
// these fields.
func executeContent(code string, asks bool) map[string]any {
	return map[string]any{
		"code": code, "silent": false, "store_history": true,
		"user_expressions": struct{}{}, "allow_stdin": asks, "stop_on_error": true,
	}
}

// Run runs code as one cell, which may ask for input, and calls pass with the
// published messages; see [Session.Relay].
func (s *Session) Run(ctx context.Context, code string, pass func(*wire.Message)) (*wire.Message, error) {
	return s.Relay(ctx, "execute_request", executeContent(withSync(code), true), pass)
}

// Relay sends a request to the kernel. It calls pass with each published message
// except status messages, in order, and then returns the reply. pass is called on
// another goroutine, which holds the session's mutex: it must not call the session's
// methods, except Program, which needs no mutex.
func (s *Session) Relay(ctx context.Context, msgType string, content any, pass func(*wire.Message)) (*wire.Message, error) {
	m, e := wire.NewMessage(s.id, msgType, content), &execution{result: &Result{mu: &s.mu}, pass: pass}
	if err := s.register(m, e); err != nil {
		return nil, err
	}
	err := s.wait(ctx, e)
	s.mu.Lock()
	defer s.mu.Unlock()
	// Displays may still arrive for this request. Keep only the latest requests, so
	// that the memory of a long session does not grow.
	s.relayed = append(s.relayed, m.Header.ID)
	if over := len(s.relayed) - lateCells; over > 0 {
		delete(s.running, s.relayed[0])
		s.relayed = s.relayed[over:]
	}
	return e.reply, err
}

// lateCells is the number of finished requests that can still get displays.
const lateCells = 20

// stopCell interrupts the running cell, also while it is compiled, and waits for its
// end. If the cell does not end, stopCell kills the kernel and returns an error; the
// session cannot be used any more.
func (s *Session) stopCell(e *execution) error {
	if s.proc == nil {
		if err := s.Interrupt(); err != nil {
			return err
		}
	} else {
		done := make(chan struct{})
		var interrupts sync.WaitGroup
		interrupts.Go(func() { s.InterruptUntil(done) })
		defer interrupts.Wait()
		defer close(done)
	}
	ctx, cancel := context.WithTimeout(context.Background(), interruptFor)
	defer cancel()
	if err := s.wait(ctx, e); err != nil {
		if s.proc != nil {
			s.proc.kill()
		}
		return errors.New("the cell did not stop when it was interrupted: the kernel was killed")
	}
	return nil
}

// wait returns when the execution is done and no more output has arrived for the
// time s.Quiet.
func (s *Session) wait(ctx context.Context, e *execution) error {
	var quiet, atMost <-chan time.Time
	for {
		var failure error
		var done bool
		var lastMessage time.Time
		var arrived chan struct{}
		s.locked(func() bool {
			failure, done, lastMessage, arrived = s.failure, e.done(), e.lastMessage, s.arrived
			return true
		})
		if failure != nil {
			select {
			case <-s.Exited(): // the reason for the failure
				return s.proc.exitError()
			case <-time.After(500 * time.Millisecond):
				return failure
			}
		}
		if done {
			left := s.Quiet - time.Since(lastMessage)
			if left <= 0 {
				return nil
			}
			quiet = time.After(left)
			if atMost == nil {
				atMost = time.After(quietAtMost)
			}
		}
		select {
		case <-arrived:
		case <-quiet:
		case <-atMost:
			return nil
		case <-s.Exited():
			return s.proc.exitError()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// handleReply handles a message of the shell or control socket.
func (s *Session) handleReply(m *wire.Message) error {
	var reply struct {
		Status         string `json:"status"`
		ExecutionCount int    `json:"execution_count"`
	}
	if err := m.Decode(&reply); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.running[m.Parent.ID]
	if e == nil {
		return nil // a reply to a control request
	}
	e.replied, e.lastMessage, e.status, e.reply = true, time.Now(), reply.Status, m
	e.result.ExecutionCount = reply.ExecutionCount
	return nil
}

// handleInputRequest passes a request for input to s.ask. Without s.ask it answers
// with an empty line, because GoNB asks even if allow_stdin is false.
func (s *Session) handleInputRequest(m *wire.Message) error {
	if m.Header.Type != "input_request" {
		return nil
	}
	s.mu.Lock()
	ask := s.ask
	s.mu.Unlock()
	if ask != nil {
		ask(m)
		return nil
	}
	s.Answer(m, "")
	return nil
}

// OnInputRequest sets the function that is called for requests for input.
func (s *Session) OnInputRequest(ask func(*wire.Message)) {
	s.mu.Lock()
	s.ask = ask
	s.mu.Unlock()
}

// listensAfter is the time that GoNB needs after a request for input before it
// listens for the answer. An answer that comes earlier is lost and the cell waits
// forever.
const listensAfter = 100 * time.Millisecond

// Answer answers GoNB's request for input.
func (s *Session) Answer(question *wire.Message, value string) {
	time.AfterFunc(listensAfter, func() {
		_ = s.send(s.stdin, question.Reply("input_reply", map[string]string{"value": value})) // sending fails only if GoNB has ended
	})
}

// handlePublished handles a message of the iopub socket.
func (s *Session) handlePublished(m *wire.Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.running[m.Parent.ID]
	if e == nil {
		return nil
	}
	e.lastMessage = time.Now()
	if s.printed != nil {
		switch m.Header.Type {
		case ipynb.Stream, ipynb.ErrorOutput, "status": // after what the program has printed
			s.stops++
			e.waiting = append(e.waiting, waiting{m, s.stops})
			s.printed.want(s.stops)
			return nil
		}
		if n := len(e.waiting); n > 0 {
			e.waiting = append(e.waiting, waiting{m, e.waiting[n-1].stop})
			return nil
		}
	}
	return s.publish(e, m)
}

// publish handles a message in its turn.
func (s *Session) publish(e *execution, m *wire.Message) error {
	if m.Header.Type != "status" {
		return s.showAll(e, e.order.take(m))
	}
	var status struct {
		State string `json:"execution_state"`
	}
	if err := m.Decode(&status); err != nil {
		return err
	}
	if status.State != "idle" {
		return nil
	}
	e.idle = true
	return s.showAll(e, e.order.finish())
}

func (s *Session) showAll(e *execution, messages []*wire.Message) error {
	for _, m := range messages {
		if err := s.show(e, m); err != nil {
			return err
		}
	}
	return nil
}

// show passes on a published message, or adds it to the result.
func (s *Session) show(e *execution, m *wire.Message) error {
	if e.pass != nil {
		e.pass(m)
		return nil
	}
	switch m.Header.Type {
	case "clear_output":
		var c struct {
			Wait bool `json:"wait"`
		}
		if err := m.Decode(&c); err != nil {
			return err
		}
		e.clear = true
		if !c.Wait {
			e.add(nil)
		}
		return nil
	case "update_display_data":
		return s.update(m)
	}
	o, id, err := Output(m)
	if err != nil || o == nil {
		return err
	}
	if id != "" {
		s.displays[id] = append(s.displays[id], o)
	}
	e.add(o)
	return nil
}

func (e *execution) add(o *ipynb.Output) {
	if e.clear {
		e.result.outputs, e.clear = nil, false
	}
	if o != nil {
		e.result.outputs = append(e.result.outputs, o)
	}
}

// update replaces the content of a display in every cell that has it.
func (s *Session) update(m *wire.Message) error {
	o, id, err := Output(m)
	if err != nil {
		return err
	}
	for _, shown := range s.displays[id] {
		shown.Data, shown.Metadata = o.Data, o.Metadata
	}
	return nil
}

// Output returns the output in a published message and its display id, or nil for
// other messages.
func Output(m *wire.Message) (*ipynb.Output, string, error) {
	var c struct {
		Name           string                     `json:"name"`
		Text           string                     `json:"text"`
		Data           map[string]json.RawMessage `json:"data"`
		Metadata       map[string]json.RawMessage `json:"metadata"`
		ExecutionCount *int                       `json:"execution_count"`
		EName          string                     `json:"ename"`
		EValue         string                     `json:"evalue"`
		Traceback      []string                   `json:"traceback"`
		Transient      struct {
			DisplayID string `json:"display_id"`
		} `json:"transient"`
	}
	switch m.Header.Type {
	case ipynb.Stream, ipynb.DisplayData, ipynb.ExecuteResult, ipynb.ErrorOutput, "update_display_data":
	default:
		return nil, "", nil
	}
	if err := m.Decode(&c); err != nil {
		return nil, "", err
	}
	o := &ipynb.Output{Type: m.Header.Type}
	switch m.Header.Type {
	case ipynb.Stream:
		o.Name, o.Text = c.Name, c.Text
	case ipynb.ErrorOutput:
		o.EName, o.EValue, o.Traceback = c.EName, c.EValue, c.Traceback
	case ipynb.ExecuteResult:
		o.ExecutionCount = c.ExecutionCount
		fallthrough
	default:
		o.Data, o.Metadata = c.Data, c.Metadata
		if o.Data == nil {
			o.Data = map[string]json.RawMessage{}
		}
	}
	return o, c.Transient.DisplayID, nil
}
