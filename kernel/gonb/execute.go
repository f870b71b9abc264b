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

// Status says how the execution of a cell ended.
type Status string

// The ways an execution ends.
const (
	OK      Status = "ok"
	Failed  Status = "error"
	Timeout Status = "timeout"
)

// A Result is what came out of a cell.
type Result struct {
	Status         Status
	ExecutionCount int
	Seconds        float64
	EName, EValue  string // when Failed

	mu      *sync.Mutex // the session's
	outputs []*ipynb.Output
}

// Outputs returns what the cell has shown, in order of arrival, with streams
// merged. Displays may come in after the cell was done: they are in the
// result when Outputs is called again later, at the latest after Close.
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

// An execution collects what arrives for one request. It is guarded by the
// session's mutex.
type execution struct {
	result        *Result
	pass          func(*wire.Message) // where what is published goes, instead of into the result
	reply         *wire.Message
	idle, replied bool
	status        string // of the reply
	heard         time.Time
	clear         bool // drop the outputs before the next one
	order         order
}

func (e *execution) done() bool { return e.idle && e.replied }

// Execute runs code as one cell and waits for its end; zero limit means no
// time limit. A cell that fails or runs out of time is not an error of
// Execute: see Result.Status. After a cancelled ctx the cell was interrupted
// and what it had shown is returned with the error.
func (s *Session) Execute(ctx context.Context, code string, limit time.Duration) (*Result, error) {
	start := time.Now()
	if s.proc != nil {
		code = withSync(code)
	}
	e, err := s.request("execute_request", executeContent(code, false))
	if err != nil {
		return e.result, err
	}
	limited := ctx
	if limit > 0 {
		var cancel context.CancelFunc
		limited, cancel = s.limited(ctx, limit)
		defer cancel()
	}
	err = s.wait(limited, e)
	status := Status("")
	if errors.Is(err, limited.Err()) && limited.Err() != nil {
		status = Timeout
		if ctx.Err() != nil {
			err = ctx.Err()
			status = Failed
		} else {
			err = nil
		}
		if interrupted := s.stopCell(e); interrupted != nil {
			err = errors.Join(err, interrupted)
		}
	}
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
	if e.status != "ok" {
		r.Status = Failed
	}
	if status != "" {
		r.Status = status
	}
	return r, err
}

// executeContent is the content of a request to run a cell; GoNB demands all of it.
func executeContent(code string, asks bool) map[string]any {
	return map[string]any{
		"code": code, "silent": false, "store_history": true,
		"user_expressions": struct{}{}, "allow_stdin": asks, "stop_on_error": true,
	}
}

// Run has the kernel run code as one cell, which may ask for input, and relays
// what it publishes; see [Session.Relay].
func (s *Session) Run(ctx context.Context, code string, pass func(*wire.Message)) (*wire.Message, error) {
	return s.Relay(ctx, "execute_request", executeContent(withSync(code), true), pass)
}

// Relay sends a request to the kernel and returns its answer when all that it
// publishes, but its status, has gone to pass, in order. Another goroutine calls
// pass; it must not call the session.
func (s *Session) Relay(ctx context.Context, msgType string, content any, pass func(*wire.Message)) (*wire.Message, error) {
	m, e := wire.NewMessage(s.id, msgType, content), &execution{result: &Result{mu: &s.mu}, pass: pass}
	if err := s.register(m, e); err != nil {
		return nil, err
	}
	err := s.wait(ctx, e)
	s.mu.Lock()
	defer s.mu.Unlock()
	// A display may still come late; but a session that lives long must not keep
	// every request.
	s.relayed = append(s.relayed, m.Header.ID)
	if over := len(s.relayed) - lateCells; over > 0 {
		delete(s.running, s.relayed[0])
		s.relayed = s.relayed[over:]
	}
	return e.reply, err
}

// lateCells is how many relayed requests may still be published to.
const lateCells = 20

// stopCell interrupts the running cell and waits for its end; a cell that
// does not end is left to Close, and the session is of no more use.
func (s *Session) stopCell(e *execution) error {
	if err := s.Interrupt(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), interruptFor)
	defer cancel()
	if err := s.wait(ctx, e); err != nil {
		if s.proc != nil {
			s.proc.kill()
		}
		return errors.New("the cell did not stop when interrupted, the kernel was killed")
	}
	return nil
}

// wait returns when the execution is done and its output has become quiet.
func (s *Session) wait(ctx context.Context, e *execution) error {
	var quiet, atMost <-chan time.Time
	for {
		var failure error
		var done bool
		var heard time.Time
		var arrived chan struct{}
		s.look(func() bool {
			failure, done, heard, arrived = s.failure, e.done(), e.heard, s.arrived
			return true
		})
		if failure != nil {
			select {
			case <-s.Exited(): // then this is why
				return s.proc.died()
			case <-time.After(500 * time.Millisecond):
				return failure
			}
		}
		if done {
			left := s.Quiet - time.Since(heard)
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
			return s.proc.died()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// replied handles a message of the shell or control socket.
func (s *Session) replied(m *wire.Message) error {
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
		return nil // an answer to a control request
	}
	e.replied, e.heard, e.status, e.reply = true, time.Now(), reply.Status, m
	e.result.ExecutionCount = reply.ExecutionCount
	return nil
}

// asked answers a request for input with an empty line: nobody is there, and
// GoNB asks even when told so.
func (s *Session) asked(m *wire.Message) error {
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

// OnQuestion has questions for input go to ask.
func (s *Session) OnQuestion(ask func(*wire.Message)) {
	s.mu.Lock()
	s.ask = ask
	s.mu.Unlock()
}

// listensAfter is how long after a question GoNB listens for the answer; one that
// comes before is lost, and the cell waits for ever.
const listensAfter = 100 * time.Millisecond

// Answer answers GoNB's question for input.
func (s *Session) Answer(question *wire.Message, value string) {
	time.AfterFunc(listensAfter, func() {
		_ = s.send(s.stdin, question.Reply("input_reply", map[string]string{"value": value})) // if it cannot be sent GoNB has gone
	})
}

// published handles a message of the iopub socket.
func (s *Session) published(m *wire.Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.running[m.Parent.ID]
	if e == nil {
		return nil
	}
	e.heard = time.Now()
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
	return s.showAll(e, e.order.rest())
}

func (s *Session) showAll(e *execution, messages []*wire.Message) error {
	for _, m := range messages {
		if err := s.show(e, m); err != nil {
			return err
		}
	}
	return nil
}

// show takes what a cell has to show.
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

// update replaces what a display shows, in every cell that shows it.
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

// Output turns a published message into an output and its display id; nil
// when it is not one.
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
