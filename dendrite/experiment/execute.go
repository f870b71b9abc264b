package experiment

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"microcircuits/dendrite/runstore"
)

// Env is the environment in which an experiment runs. It does not change the result.
type Env struct {
	Store    *runstore.Store   // nil means the default store, see runstore.Open
	Workers  int               // number of jobs at the same time; 0 means one per core
	Progress func(p Progress)  // called from time to time, never concurrently; may be nil
	Warn     func(text string) // called for a stored result that is computed again, and once if the store cannot be written; never concurrently; may be nil
}

// Progress is the state of a running experiment.
type Progress struct {
	Fraction float64 // of the whole experiment, 0 to 1
	Before   float64 // the part of Fraction that was done before this call: stored results, checkpoints
	Text     string  // the current work, for people
	Points   []Point // points of the learning curve since the last call
}

// Point is one point of a live learning curve.
type Point struct {
	Curve string
	X, Y  float64
}

func (e Env) open() (*runstore.Store, error) {
	if e.Store != nil {
		return e.Store, nil
	}
	return runstore.Open("")
}

func (e Env) workers() int {
	if e.Workers > 0 {
		return e.Workers
	}
	return runtime.GOMAXPROCS(0)
}

// execute gets the result of every job, from the store if it is there; else it computes
// and stores the result. A result that cannot be written to the store is kept for this run
// only. env.Workers jobs run at the same time; the results do not depend
// on their number. The first job that fails, or the end of ctx, stops the others. The
// error begins with the unit of the job. Complete results and checkpoints remain in the
// store.
func (p *Plan) execute(ctx context.Context, env Env) error {
	store, err := env.open()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	board := newBoard(env, p.jobs)
	// In the order of stages a job rarely waits for a job that it needs, and never for
	// one that no worker has started.
	jobs := slices.Clone(p.jobs)
	slices.SortStableFunc(jobs, func(a, b *job) int { return a.stage - b.stage })
	var complete atomic.Int64
	queue := make(chan *job)
	var wg sync.WaitGroup
	for range min(env.workers(), len(jobs)) {
		wg.Go(func() {
			for j := range queue {
				if waitFor(ctx, j.needs) != nil {
					continue
				}
				if err := p.loadOrCompute(ctx, store, j, board); err != nil {
					cancel(fmt.Errorf("%s: %w", j.name(), err))
					continue
				}
				if j.unwritten != nil {
					board.unwritten(j.unwritten)
				}
				close(j.done)
				complete.Add(1)
			}
		})
	}
	for _, j := range jobs {
		select {
		case queue <- j:
		case <-ctx.Done():
		}
	}
	close(queue)
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		if errors.Is(err, context.Canceled) {
			return fmt.Errorf("experiment %s interrupted; finished results are kept: run it again to continue: %w", p.info.Name, err)
		}
		return fmt.Errorf("experiment %s: %w (%d of %d runs are complete and kept, and checkpoints of others: after the error is corrected, the next call computes only what is missing)",
			p.info.Name, err, complete.Load(), len(jobs))
	}
	return nil
}

// waitFor waits until all jobs have their results or ctx is done.
func waitFor(ctx context.Context, jobs []*job) error {
	for _, j := range jobs {
		select {
		case <-j.done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// A board adds up the progress of the jobs.
type board struct {
	mu       sync.Mutex
	report   func(Progress)
	warn     func(string)
	fraction map[*job]float64
	before   map[*job]float64 // the part of fraction that was done before this call
	total    float64          // seconds
	full     sync.Once        // the warning that the store cannot be written
}

func newBoard(env Env, jobs []*job) *board {
	b := &board{report: env.Progress, warn: env.Warn, fraction: map[*job]float64{}, before: map[*job]float64{}}
	for _, j := range jobs {
		b.fraction[j] = 0
		b.total += j.seconds
	}
	return b
}

// finish marks a job as finished. It reports progress unless the result was found in the
// store.
func (b *board) finish(j *job) {
	b.mu.Lock()
	b.fraction[j] = 1
	if j.cached {
		b.before[j] = 1
	}
	b.mu.Unlock()
	if !j.cached {
		b.reporter(j)(1, "", nil)
	}
}

// resumed notes that this fraction of a job comes from a checkpoint.
func (b *board) resumed(j *job, fraction float64) {
	b.mu.Lock()
	b.before[j] = fraction
	b.mu.Unlock()
}

// warning reports that a stored result is computed again.
func (b *board) warning(text string) {
	if b.warn == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.warn(text)
}

// unwritten warns that the store cannot be written: once, because the other jobs have the
// same error.
func (b *board) unwritten(err error) {
	b.full.Do(func() { b.warning(fmt.Sprintf("the run goes on, but cannot be stored: %v", err)) })
}

func (b *board) reporter(j *job) func(fraction float64, text string, points []Point) {
	return func(fraction float64, text string, points []Point) {
		if b.report == nil {
			return
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		b.fraction[j] = fraction
		var sum, before float64
		for j, f := range b.fraction {
			sum += f * j.seconds
			before += b.before[j] * j.seconds
		}
		b.report(Progress{Fraction: min(sum/b.total, 1), Before: min(before/b.total, 1), Text: text, Points: points})
	}
}
