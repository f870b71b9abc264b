package jupyter

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"time"

	"microcircuits/kernel/cell"
	"microcircuits/kernel/ipynb"
)

// A Front stands between Jupyter and GoNB: it speaks the protocol to the
// outside, has GoNB compile and run the cells, and answers what GoNB does not.
type Front struct {
	Options Options

	// History is the file that keeps what was typed, over all sessions; empty
	// for none.
	History string
	// Dress adds to an output before it is published, say the static picture of
	// a chart. Nil leaves it as it is.
	Dress func(context.Context, *ipynb.Output) error
	// Commands are cells that the front itself answers, by their first word, such
	// as %params. They get the words that follow and the cells run so far.
	Commands map[string]Command

	patience time.Duration // of a cell that waits for the first build, before it says so

	out     *outside
	history *history
	live    context.Context // until the front ends
	cancel  context.CancelFunc
	stdin   chan request // answers to requests for input

	mu      sync.Mutex
	arrived chan struct{} // something was put into the queue
	queue   []request
	running *cellRun // nil between cells
	comms   map[string]string
	inner   *Session
	opening chan struct{} // closed when inner is there, or failure says why not
	failure error
	born    time.Time     // when GoNB was there
	warming chan struct{} // closed when the first build is done
	count   int           // of the cells

	// Of the goroutine that works.
	finished   []Finished
	cells      map[int]written          // by GoNB's number
	displays   map[string]*ipynb.Output // by display_id
	statements map[string]bool          // calls found to have no value
}

// ExportCommand is the command that a cell asks for by dendrite.Export.
const ExportCommand = "%export"

// A Command answers a cell with outputs to show, or an error to show in their
// place.
type Command func(ctx context.Context, words []string, cells []Finished) ([]*ipynb.Output, error)

// Finished is a cell that was run in this session.
type Finished struct {
	ID      string // where the front end tells it
	Source  string
	Outputs []*ipynb.Output
	Count   int
	Seconds float64
	Failed  bool
}

// Serve is the kernel of the front end that made the connection file. It
// returns when the front end asked for it, or after ctx is over. A signal on
// interrupt interrupts the running cell. Nothing is left behind, see [Start].
func (f *Front) Serve(ctx context.Context, connectionFile string, interrupt <-chan os.Signal) error {
	conn, err := ReadConnection(connectionFile)
	if err != nil {
		return err
	}
	if f.Options.Tools == nil {
		if f.Options.Tools, err = FindTools(ctx, f.Options.Root); err != nil {
			return err
		}
	}
	if f.history, err = openHistory(f.History); err != nil {
		return err
	}
	defer f.history.close()
	ctx, f.cancel = context.WithCancel(ctx)
	defer f.cancel()
	f.live = ctx
	f.comms, f.displays = map[string]string{}, map[string]*ipynb.Output{}
	if f.patience == 0 {
		f.patience = patience
	}
	f.cells, f.statements = map[int]written{}, map[string]bool{}
	f.arrived, f.stdin = make(chan struct{}, 1), make(chan request, 1)
	if f.out, err = listen(ctx, conn, f.Options.log(), f.shell, f.control, f.answered); err != nil {
		return err
	}
	defer f.out.close()
	f.out.publish(nil, "status", object{"execution_state": "starting"})
	f.open(ctx)
	defer f.closeInner()
	worked := make(chan struct{})
	go func() {
		defer close(worked)
		f.work(ctx)
	}()
	defer func() { <-worked }()
	defer f.cancel()
	for {
		select {
		case <-interrupt:
			f.interrupt()
		case <-ctx.Done():
			return nil
		}
	}
}

// open starts GoNB in the background.
func (f *Front) open(ctx context.Context) {
	opening, warming := make(chan struct{}), make(chan struct{})
	f.mu.Lock()
	f.inner, f.failure, f.opening, f.warming = nil, nil, opening, warming
	f.mu.Unlock()
	go func() {
		defer close(warming)
		s, err := Start(ctx, f.Options)
		if err == nil {
			s.quiet = frontQuiet
			s.ask = f.askOutside
		}
		f.mu.Lock()
		f.inner, f.failure, f.born = s, err, time.Now()
		f.mu.Unlock()
		close(opening)
		if err != nil {
			return
		}
		// Compiles what cells use, and has GoNB know the package from here on. If
		// it fails the first cell says why.
		_, _ = s.Relay(ctx, "execute_request", executeContent(preload), func(*Message) {})
	}()
}

const (
	// frontQuiet is how long a cell's output must be quiet after GoNB called it
	// done. Cells that display wait for GoNB themselves; this is for stragglers.
	frontQuiet = 5 * time.Millisecond
	// patience is longer than a build takes that finds everything in the cache,
	// so that what is shown in the meantime does not flicker by.
	patience = 3 * time.Second
	// preload is a cell that runs before the first one.
	preload = "import (\n\t\"microcircuits/dendrite\"\n\t\"microcircuits/dendrite/notebook\"\n)\n%%\n_, _ = dendrite.Show, notebook.Show"
)

// closeInner ends GoNB, whether it has started or is about to.
func (f *Front) closeInner() {
	f.mu.Lock()
	opening := f.opening
	f.mu.Unlock()
	<-opening
	if f.inner != nil {
		f.inner.Close()
	}
}

// shell takes a message of the shell socket. Cells wait for their turn; all else
// is answered at once, also while a cell runs.
func (f *Front) shell(r request) {
	switch r.Header.Type {
	case "complete_request", "inspect_request":
		go f.look(r)
	case "execute_request":
		f.mu.Lock()
		f.queue = append(f.queue, r)
		f.mu.Unlock()
		select {
		case f.arrived <- struct{}{}:
		default:
		}
	case "comm_open", "comm_msg", "comm_close":
		f.comm(r.Message)
		f.pass(r)
	default:
		f.answer(r)
	}
}

// control takes a message of the control socket.
func (f *Front) control(r request) { f.answer(r) }

// answer is for requests that the front answers by itself.
func (f *Front) answer(r request) {
	defer f.out.busy(r.Message)()
	switch r.Header.Type {
	case "kernel_info_request":
		f.out.reply(r, "kernel_info_reply", info(f.Options.Tools.GoVersion, banner))
	case "is_complete_request":
		f.out.reply(r, "is_complete_reply", isComplete(r.Message))
	case "history_request":
		f.out.reply(r, "history_reply", f.history.answer(r.Message))
	case "comm_info_request":
		f.out.reply(r, "comm_info_reply", f.commInfo(r.Message))
	case "connect_request":
		c := f.out.conn
		f.out.reply(r, "connect_reply", object{"status": "ok", "shell_port": c.ShellPort, "iopub_port": c.IOPubPort,
			"stdin_port": c.StdinPort, "control_port": c.ControlPort, "hb_port": c.HBPort})
	case "interrupt_request":
		f.interrupt()
		f.out.reply(r, "interrupt_reply", object{"status": "ok"})
	case "shutdown_request":
		var c struct {
			Restart bool `json:"restart"`
		}
		_ = r.Decode(&c) // a request without content is a shutdown too
		reply := object{"status": "ok", "restart": c.Restart}
		f.closeInner() // before the answer: after it we may be killed
		f.out.publish(r.Message, "shutdown_reply", reply)
		f.out.reply(r, "shutdown_reply", reply)
		f.cancel()
	default:
		fmt.Fprintf(f.out.log, "front: no answer to %s\n", r.Header.Type)
	}
}

const banner = "Dendrite (Go): dendritic microcircuits in notebooks. %params lists parameters, %export writes a report."

// comm keeps account of the open comms.
func (f *Front) comm(m *Message) {
	var c struct {
		ID     string `json:"comm_id"`
		Target string `json:"target_name"`
	}
	if m.Decode(&c) != nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch m.Header.Type {
	case "comm_open":
		f.comms[c.ID] = c.Target
	case "comm_close":
		delete(f.comms, c.ID)
	}
}

func (f *Front) commInfo(m *Message) object {
	var c struct {
		Target string `json:"target_name"`
	}
	_ = m.Decode(&c) // no target asks for all
	f.mu.Lock()
	defer f.mu.Unlock()
	comms := object{}
	for id, target := range f.comms {
		if c.Target == "" || c.Target == target {
			comms[id] = object{"target_name": target}
		}
	}
	return object{"status": "ok", "comms": comms}
}

// pass gives GoNB a message of a widget, for a cell that listens.
func (f *Front) pass(r request) {
	defer f.out.busy(r.Message)()
	f.mu.Lock()
	inner := f.inner
	f.mu.Unlock()
	if inner == nil {
		return
	}
	m := NewMessage(inner.id, r.Header.Type, nil)
	m.Content, m.Metadata, m.Buffers = r.Content, r.Metadata, r.Buffers
	if err := inner.send(inner.shell, m); err != nil {
		fmt.Fprintf(f.out.log, "front: %v\n", err)
	}
}

// askOutside passes GoNB's request for input on to the front end whose cell
// runs, or answers it with an empty line where none may be asked.
func (f *Front) askOutside(m *Message) {
	f.mu.Lock()
	running, inner := f.running, f.inner
	f.mu.Unlock()
	answer := func(value string) {
		_ = inner.send(inner.stdin, m.Reply("input_reply", object{"value": value}))
	}
	if running == nil || !running.asks {
		answer("")
		return
	}
	select { // an answer to an older question
	case <-f.stdin:
	default:
	}
	r := request{running.request.Message, f.out.stdin}
	var content json.RawMessage = m.Content
	f.out.reply(r, "input_request", content)
	go func() {
		select {
		case r := <-f.stdin:
			var c struct {
				Value string `json:"value"`
			}
			_ = r.Decode(&c) // an answer without a value is an empty line
			answer(c.Value)
		case <-running.done:
		}
	}()
}

// answered takes a message of the stdin socket.
func (f *Front) answered(r request) {
	select {
	case f.stdin <- r:
	default: // nobody asked
	}
}

// work takes the requests that need GoNB, one after the other.
func (f *Front) work(ctx context.Context) {
	for {
		f.mu.Lock()
		var next *request
		if len(f.queue) > 0 {
			r := f.queue[0]
			f.queue, next = f.queue[1:], &r
		}
		f.mu.Unlock()
		switch {
		case next == nil:
			select {
			case <-f.arrived:
			case <-ctx.Done():
				return
			}
		default:
			f.execute(ctx, *next)
		}
	}
}

// abort answers the cells that wait in the queue without running them.
func (f *Front) abort() {
	f.mu.Lock()
	dropped := f.queue
	f.queue = nil
	count := f.count
	f.mu.Unlock()
	for _, r := range dropped {
		idle := f.out.busy(r.Message)
		f.out.reply(r, "execute_reply", object{"status": "aborted", "execution_count": count})
		idle()
	}
}

// session waits until GoNB is there and returns it. When it has died it is
// started again.
func (f *Front) session(ctx context.Context) (*Session, error) {
	f.mu.Lock()
	opening, inner := f.opening, f.inner
	f.mu.Unlock()
	if inner != nil && inner.dead() || inner == nil && closed(opening) {
		if inner != nil {
			inner.Close()
		}
		f.open(ctx)
	}
	f.mu.Lock()
	opening = f.opening
	f.mu.Unlock()
	select {
	case <-opening:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.inner, f.failure
}

func closed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// isComplete is the answer to an is_complete_request.
func isComplete(m *Message) object {
	var c struct {
		Code string `json:"code"`
	}
	if m.Decode(&c) != nil {
		return object{"status": "unknown"}
	}
	status, indent := cell.Check(c.Code)
	answer := object{"status": status}
	if status == cell.Incomplete {
		answer["indent"] = indent
	}
	return answer
}
