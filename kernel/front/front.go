package front

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"microcircuits/kernel/gonb"
	"microcircuits/kernel/internal/wire"
	"microcircuits/kernel/ipynb"
)

// A Front stands between Jupyter and GoNB: it speaks the protocol to the
// outside, has GoNB compile and run the cells, and answers what GoNB does not.
type Front struct {
	Options gonb.Options

	// History is the file that keeps what was typed, over all sessions; empty
	// for none.
	History string
	// Dress adds to an output before it is published, say the static picture of
	// a chart. Nil leaves it as it is.
	Dress func(context.Context, *ipynb.Output) error
	// Commands are cells that the front itself answers, by their first word, such
	// as %params. They get the words that follow and the cells run so far.
	Commands map[string]Command

	patience time.Duration           // of a cell that waits for the first build, before it says so
	settled  func() <-chan time.Time // after a cell has failed: those sent along with it are in

	out     *outside
	history *history
	live    context.Context // until the front ends
	cancel  context.CancelFunc
	stdin   chan request // answers to requests for input

	arrived chan struct{} // something was put into the queue

	mu      sync.Mutex // of the following
	backend *backend
	lost    bool // a GoNB has died, and with it what cells declared
	ending  bool // GoNB is not started again
	queue   []request
	running *cellRun // nil between cells
	count   int      // of the cells

	// Of the goroutine that works.
	finished   []Finished
	cells      map[int]gonb.Written     // by GoNB's number
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
	Ended   time.Time
	Seconds float64
	Failed  bool
}

// Serve is the kernel of the front end that made the connection file. It
// returns when the front end asked for it, or after ctx is over. A signal on
// interrupt interrupts the running cell. Nothing is left behind, see [gonb.Start].
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
	if f.patience == 0 {
		f.patience = patience
	}
	if f.settled == nil {
		f.settled = func() <-chan time.Time { return time.After(stragglersFor) }
	}
	ctx, f.cancel = context.WithCancel(ctx)
	defer f.cancel()
	f.live = ctx
	f.displays, f.cells, f.statements = map[string]*ipynb.Output{}, map[int]gonb.Written{}, map[string]bool{}
	f.arrived, f.stdin = make(chan struct{}, 1), make(chan request, 1)
	f.out = newOutside(conn, log)
	f.backend = f.open(nil)
	defer f.end()
	if err := f.out.listen(f.shell, f.answer, f.answered); err != nil {
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
	// patience is longer than a build takes that finds everything in the cache,
	// so that what is shown in the meantime does not flicker by.
	patience = 3 * time.Second
	// stragglersFor is how long cells may be under way that were sent together.
	stragglersFor = 100 * time.Millisecond
)

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
	default:
		f.answer(r)
	}
}

// busy publishes that the kernel works on a request; the function it returns,
// that it has done so. To front ends that show one state only, a kernel that
// answered a question while a cell runs is busy still.
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

// work takes the cells, one after the other.
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

// abort answers the cells that wait in the queue without running them.
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
