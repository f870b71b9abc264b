package front

import (
	"context"
	"errors"
	"time"

	"microcircuits/kernel/gonb"
	"microcircuits/kernel/internal/wire"
)

// A backend is one GoNB of a front: it starts, runs or has ended.
type backend struct {
	stop   context.CancelFunc // cancels the start
	opened chan struct{}      // closed when GoNB has started or its start has failed
	warmed chan struct{}      // closed when the packages of cells are compiled and imported, or do not compile

	session *gonb.Session // valid after opened; nil if the start failed
	err     error         // why the start failed
}

const (
	// frontQuiet is [gonb.Session.Quiet] of a front. It is short, because cells that
	// display something wait at their end until GoNB has read it.
	frontQuiet = 5 * time.Millisecond
	// preload is a cell that runs when no cell of the user waits yet: it imports what
	// completion and help then know.
	preload = "import (\n\t\"microcircuits/dendrite\"\n\t\"microcircuits/dendrite/notebook\"\n)\n%%\n_, _ = dendrite.Show, notebook.Show"
)

// open starts a GoNB in the background. It closes the backend before, if not nil.
func (f *Front) open(before *backend) *backend {
	ctx, stop := context.WithCancel(f.live)
	b := &backend{stop: stop, opened: make(chan struct{}), warmed: make(chan struct{})}
	go func() {
		defer stop()
		defer close(b.warmed)
		if before != nil {
			before.close()
		}
		options := f.Options
		if options.Tools == nil {
			options.Tools, b.err = gonb.FindTools(ctx, options.Root)
		}
		if b.err == nil {
			// Compile the packages that cells use, while GoNB starts. If this fails, the
			// first cell shows the error.
			building := make(chan struct{})
			defer func() { <-building }()
			go func() {
				defer close(building)
				_ = options.Tools.BuildCells(ctx, options.Root)
			}()
			b.session, b.err = gonb.Start(ctx, options)
		}
		if b.err != nil {
			close(b.opened)
			return
		}
		b.session.Quiet = frontQuiet
		b.session.OnInputRequest(func(m *wire.Message) { f.requestInput(b.session, m) })
		close(b.opened)
		go func() { // when GoNB ends, Close ends other processes such as a running cell
			<-b.session.Exited()
			b.session.Close()
		}()
		if !f.wanted.Load() {
			_, _ = b.session.Run(ctx, preload, func(*wire.Message) {}) // if it fails, the first cell shows the error
		}
	}()
	return b
}

// hasEnded reports whether GoNB did not start or has ended.
func (b *backend) hasEnded() bool {
	select {
	case <-b.opened:
		return b.err != nil || b.session.Dead()
	default:
		return false
	}
}

// close cancels the start or ends GoNB.
func (b *backend) close() {
	b.stop()
	<-b.opened
	if b.session != nil {
		b.session.Close()
	}
}

var errEnding = errors.New("the kernel was shut down")

// readyBackend waits until GoNB has started and returns it. If GoNB has ended,
// readyBackend starts it again.
func (f *Front) readyBackend(ctx context.Context) (*backend, error) {
	f.mu.Lock()
	if !f.ending && f.backend.hasEnded() {
		f.lost = f.lost || f.backend.session != nil
		f.backend = f.open(f.backend)
	}
	b := f.backend
	f.mu.Unlock()
	select {
	case <-b.opened:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if f.isEnding() {
		return nil, errEnding
	}
	return b, b.err
}

func (f *Front) isEnding() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ending
}

// end ends GoNB and aborts the waiting cells. GoNB is not started again.
func (f *Front) end() {
	f.mu.Lock()
	f.ending = true
	b := f.backend
	f.mu.Unlock()
	f.abort()
	b.close()
}
