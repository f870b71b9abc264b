package front

import (
	"context"
	"errors"
	"time"

	"microcircuits/kernel/gonb"
	"microcircuits/kernel/internal/wire"
)

// A backend is one GoNB of a front: about to start, running or dead.
type backend struct {
	stop   context.CancelFunc // gives up its start
	opened chan struct{}      // closed when it has started, or err says why not
	warmed chan struct{}      // closed when the first build is done or will not be

	session *gonb.Session // after opened; nil where it has failed
	err     error
}

const (
	// frontQuiet is how long a cell's output must be quiet after GoNB called it
	// done. Cells that display wait for GoNB themselves; this is for stragglers.
	frontQuiet = 5 * time.Millisecond
	// preload is a cell that runs before the first one.
	preload = "import (\n\t\"microcircuits/dendrite\"\n\t\"microcircuits/dendrite/notebook\"\n)\n%%\n_, _ = dendrite.Show, notebook.Show"
)

// open starts a GoNB in the background, in the place of one that is over; nil for
// none.
func (f *Front) open(before *backend) *backend {
	ctx, stop := context.WithCancel(f.live)
	b := &backend{stop: stop, opened: make(chan struct{}), warmed: make(chan struct{})}
	go func() {
		defer stop()
		defer close(b.warmed)
		if before != nil {
			before.close()
		}
		b.session, b.err = gonb.Start(ctx, f.Options)
		if b.err != nil {
			close(b.opened)
			return
		}
		b.session.Quiet = frontQuiet
		b.session.OnQuestion(func(m *wire.Message) { f.askOutside(b.session, m) })
		close(b.opened)
		go func() { // what it leaves, say a running cell, goes when it dies
			<-b.session.Exited()
			b.session.Close()
		}()
		// Compiles what cells use, and has GoNB know the package from here on. If
		// it fails the first cell says why.
		_, _ = b.session.Run(ctx, preload, func(*wire.Message) {})
	}()
	return b
}

// over says that it did not start, or has died.
func (b *backend) over() bool {
	select {
	case <-b.opened:
		return b.err != nil || b.session.Dead()
	default:
		return false
	}
}

// close ends it, whether it has started or is about to.
func (b *backend) close() {
	b.stop()
	<-b.opened
	if b.session != nil {
		b.session.Close()
	}
}

var errEnding = errors.New("the kernel was shut down")

// started waits until a GoNB is there and returns it. One that has died is started
// again.
func (f *Front) started(ctx context.Context) (*backend, error) {
	f.mu.Lock()
	if !f.ending && f.backend.over() {
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

// end ends GoNB for good, and drops the cells that wait for it.
func (f *Front) end() {
	f.mu.Lock()
	f.ending = true
	b := f.backend
	f.mu.Unlock()
	f.abort()
	b.close()
}
