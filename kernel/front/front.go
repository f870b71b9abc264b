package front

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"microcircuits/kernel/gonb"
	"microcircuits/kernel/internal/wire"
	"microcircuits/kernel/ipynb"
)

// A Front is a Jupyter kernel that compiles and runs the cells in GoNB, and answers
// the requests that GoNB does not answer.
type Front struct {
	Options gonb.Options

	// History is the file with the input of all sessions; "" for none.
	History string
	// AddPicture, if not nil, changes an output before it is published: it adds the
	// static picture of a chart.
	AddPicture func(context.Context, *ipynb.Output) error
	// Script, if not nil, returns the JavaScript that a page must run once before it
	// can show an output, or "".
	Script func(*ipynb.Output) string
	// Commands are run by the front itself. The key is the first word of the cell,
	// such as %params.
	Commands map[string]Command

	noticeAfter  time.Duration           // after this time a cell shows that it waits for the first build
	batchArrived func() <-chan time.Time // after a cell has failed: the cells sent together with it have arrived
	askTimeout   time.Duration           // after this time GoNB will not answer a completion or an inspection

	out     *server
	history *history
	live    context.Context // done when the front ends
	cancel  context.CancelFunc
	stdin   chan request // answers to requests for input

	arrived chan struct{} // a request was added to the queue
	wanted  atomic.Bool   // a cell waits for GoNB or has run

	mu      sync.Mutex // guards the fields below
	backend *backend
	lost    bool // GoNB has ended and the declarations of cells are lost
	ending  bool // the front ends: do not start GoNB again
	queue   []request
	running *cellRun               // nil between cells
	asking  chan struct{}          // closed when GoNB has answered a completion or an inspection; nil if there is none
	count   int                    // of the cells
	scripts map[string]scriptPlace // by the session of the page

	// Used only by the goroutine that runs work.
	finished []Finished
	cells    *gonb.Cells // of the present GoNB; nil before the first cell

	displaysMu sync.Mutex
	displays   map[string]*ipynb.Output // by display_id
}

// ExportCommand is the command that runs after a cell that called dendrite.Export.
const ExportCommand = "%export"

// A Command runs a cell outside of GoNB. It gets the words after the command's name
// and the cells run so far, and returns the outputs or an error.
type Command func(ctx context.Context, words []string, cells []Finished) ([]*ipynb.Output, error)

// Finished is a cell that was run in this session.
type Finished struct {
	ID      string // empty if the front end sends none
	Source  string
	Outputs []*ipynb.Output
	Count   int
	Ended   time.Time
	Seconds float64
	Failed  bool
}

// Serve runs the kernel of the front end that wrote the connection file. It returns
// after a shutdown request, or when ctx is done. A signal on interrupt interrupts the
// running cell. Serve removes its processes and temporary files, see package gonb.
func (f *Front) Serve(ctx context.Context, connectionFile string, interrupt <-chan os.Signal) error {
	conn, err := wire.ReadConnection(connectionFile)
	if err != nil {
		return err
	}
	log := f.Options.Log
	if log == nil {
		log = io.Discard
	}
	if f.history, err = openHistory(f.History); err != nil {
		fmt.Fprintf(log, "front: %v\n", err)
	}
	if f.noticeAfter == 0 {
		f.noticeAfter = noticeAfter
	}
	if f.askTimeout == 0 {
		f.askTimeout = inspectTimeout
	}
	if f.batchArrived == nil {
		f.batchArrived = func() <-chan time.Time { return time.After(batchTime) }
	}
	ctx, f.cancel = context.WithCancel(ctx)
	defer f.cancel()
	f.live = ctx
	f.scripts = map[string]scriptPlace{}
	f.displays = map[string]*ipynb.Output{}
	f.arrived, f.stdin = make(chan struct{}, 1), make(chan request, 1)
	f.out = newServer(conn, log)
	f.backend = f.open(nil)
	defer f.end()
	if err := f.out.listen(f.shell, f.answer, f.handleInput); err != nil {
		return err
	}
	defer f.out.close()
	f.out.publish(nil, "status", object{"execution_state": "starting"})
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

const (
	// noticeAfter is longer than a build with a full cache, so that the notice does
	// not appear for a moment only.
	noticeAfter = 3 * time.Second
	// batchTime is the time within which cells that were sent together arrive.
	batchTime = 100 * time.Millisecond
)

// shell handles a message of the shell socket. Cells are put into the queue; other
// requests are answered at once, also while a cell runs.
func (f *Front) shell(r request) {
	switch r.Header.Type {
	case "complete_request", "inspect_request":
		go f.inspectCode(r)
	case "execute_request":
		f.mu.Lock()
		f.queue = append(f.queue, r)
		f.mu.Unlock()
		select {
		case f.arrived <- struct{}{}:
		default:
		}
	default:
		f.answer(r)
	}
}

// busy publishes the status busy for a request; the returned function publishes
// idle. If a cell still runs, it publishes busy for that cell again, because some
// front ends show only the last status.
func (f *Front) busy(m *wire.Message) (idle func()) {
	done := f.out.busy(m)
	return func() {
		done()
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.running != nil && f.running.request.Message != m {
			f.out.publish(f.running.request.Message, "status", object{"execution_state": "busy"})
		}
	}
}

// work runs the cells in the queue one after the other.
func (f *Front) work(ctx context.Context) {
	for {
		f.mu.Lock()
		var next *request
		if len(f.queue) > 0 {
			next = &f.queue[0]
			f.queue = f.queue[1:]
		}
		f.mu.Unlock()
		if next != nil {
			f.execute(ctx, *next)
			continue
		}
		select {
		case <-f.arrived:
		case <-ctx.Done():
			return
		}
	}
}

// abort replies to the cells in the queue without running them.
func (f *Front) abort() {
	f.mu.Lock()
	dropped := f.queue
	f.queue = nil
	count := f.count
	f.mu.Unlock()
	for _, r := range dropped {
		idle := f.busy(r.Message)
		f.out.reply(r, "execute_reply", object{"status": "aborted", "execution_count": count})
		idle()
	}
}
