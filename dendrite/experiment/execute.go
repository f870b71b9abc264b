package experiment

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"microcircuits/dendrite/internal/simd"
	"microcircuits/dendrite/runstore"
)

// Job is one independent piece of an experiment: one network with one seed.
// Its result of type R depends on Key and the experiment's Version alone, is
// kept in the run store, and is computed on one core.
type Job[R any] struct {
	Unit   string  // name of the run's folder, such as "microcircuit-seed1"
	Key    any     // everything the result depends on: a struct of plain values
	Weight float64 // relative cost, for the progress bar; 0 counts as 1
	Run    func(ctx context.Context, w *Work) (R, error)
}

// Done is the result of a job and how it came about.
type Done[R any] struct {
	Result R
	Meta   runstore.Meta
	Folder string // of the run, inside the store
	Cached bool   // found in the store
}

// Work is a job's handle on its progress bar and its checkpoints.
type Work struct {
	entry   *runstore.Entry
	report  func(fraction float64, text string, points []Point)
	start   time.Time      // of this session
	begun   runstore.Meta  // this session as it began: commits may be made meanwhile
	earlier *runstore.Meta // of the sessions before it, if the job was resumed
}

// Report tells how far the job is (0 to 1), in words, with points of its
// learning curve.
func (w *Work) Report(fraction float64, text string, points ...Point) {
	w.report(fraction, text, points)
}

// Checkpoint keeps state, so that an interrupted job goes on from here.
func (w *Work) Checkpoint(state any) error { return w.entry.SaveCheckpoint(state, w.meta()) }

// Resume fills state, a pointer, from the newest checkpoint and says whether
// there was one. A checkpoint that is damaged, or comes from other numeric
// kernels or another architecture, is reported and not used: a result has the
// bits of one backend from start to end, and is labelled with it.
func (w *Work) Resume(state any) bool {
	earlier, ok, warning := w.entry.LoadCheckpoint(state, sameBits)
	if warning != nil {
		w.Report(0, fmt.Sprintf("starting over: %v", warning))
	}
	if ok {
		w.earlier = &earlier
	}
	return ok
}

// sameBits refuses a checkpoint that this program would not go on from bit for
// bit.
func sameBits(m runstore.Meta) error {
	if m.Backend != simd.Backend() || m.Arch != runtime.GOARCH {
		return fmt.Errorf("it was computed by the %s kernels on %s; here are %s on %s, which differ in the last bits",
			orUnknown(m.Backend), orUnknown(m.Arch), simd.Backend(), runtime.GOARCH)
	}
	return nil
}

func orUnknown(name string) string {
	if name == "" {
		return "unknown"
	}
	return name
}

// meta describes the job up to now, with the sessions before this one.
func (w *Work) meta() runstore.Meta {
	m := w.begun
	m.Seconds = time.Since(w.start).Seconds()
	if e := w.earlier; e != nil {
		m.Created = e.Created
		m.Seconds += e.Seconds
		m.Go, m.CPU = merge(e.Go, m.Go), merge(e.CPU, m.CPU)
		m.Commit = merge(orUnknown(e.Commit), m.Commit)
	}
	return m
}

// Execute returns the results of the jobs in their order: from the store where
// they are kept, else computed on env's workers and kept. The results do not
// depend on the number of workers. The first job that fails stops the others,
// and the error begins with its unit; cancelling ctx does the same. What is
// complete or checkpointed by then is kept.
func Execute[R any](ctx context.Context, env Env, info Info, jobs []Job[R]) ([]Done[R], error) {
	store, err := env.open()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	board := newBoard(env.Progress, len(jobs), func(i int) float64 { return max(jobs[i].Weight, 0) })
	done := make([]Done[R], len(jobs))
	var complete atomic.Int64
	queue := make(chan int)
	var wg sync.WaitGroup
	for range min(env.workers(), len(jobs)) {
		wg.Go(func() {
			for i := range queue {
				d, err := one(ctx, store, info, jobs[i], board.reporter(i))
				if err != nil {
					cancel(fmt.Errorf("%s: %w", jobs[i].Unit, err))
					continue
				}
				done[i] = d
				complete.Add(1)
				board.finish(i, d.Cached)
			}
		})
	}
	for i := range jobs {
		select {
		case queue <- i:
		case <-ctx.Done():
		}
	}
	close(queue)
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		if errors.Is(err, context.Canceled) {
			return nil, fmt.Errorf("experiment %s interrupted; what is complete is kept, run it again to go on: %w", info.Name, err)
		}
		return nil, fmt.Errorf("experiment %s: %w (%d of %d runs are complete and kept, so are checkpoints of others: once the cause is mended, the next call computes only what is missing)",
			info.Name, err, complete.Load(), len(jobs))
	}
	return done, nil
}

// one loads or computes a single job, holding its entry's lock so that two
// notebooks asking for the same run share it.
func one[R any](ctx context.Context, store *runstore.Store, info Info, job Job[R], report func(float64, string, []Point)) (Done[R], error) {
	var d Done[R]
	if err := ctx.Err(); err != nil {
		return d, err
	}
	key := struct {
		Version int
		Key     any
	}{info.Version, job.Key}
	entry, err := store.Entry(info.Name, job.Unit, key)
	if err != nil {
		return d, err
	}
	d.Folder = entry.Name()
	if d.Meta, d.Cached, _ = entry.Load(&d.Result); d.Cached {
		return d, nil
	}
	unlock, err := entry.Lock(ctx)
	if err != nil {
		return d, err
	}
	defer unlock()
	// Another process may have finished it while this one waited.
	var warning error
	if d.Meta, d.Cached, warning = entry.Load(&d.Result); d.Cached {
		return d, nil
	}
	if warning != nil {
		report(0, fmt.Sprintf("computing %s again: %v", job.Unit, warning), nil)
	}
	start := time.Now()
	w := &Work{entry: entry, report: report, start: start, begun: runstore.NewMeta(start, simd.Backend())}
	d.Result, err = job.Run(ctx, w)
	if err != nil {
		return d, err
	}
	d.Meta = w.meta()
	if err := entry.Save(d.Result, d.Meta); err != nil {
		return d, fmt.Errorf("keep the result: %w", err)
	}
	return d, entry.RemoveCheckpoint()
}

// board adds up the progress of jobs side by side.
type board struct {
	mu       sync.Mutex
	tell     func(Progress)
	weight   []float64
	fraction []float64
	total    float64
}

func newBoard(tell func(Progress), n int, weight func(i int) float64) *board {
	b := &board{tell: tell, weight: make([]float64, n), fraction: make([]float64, n)}
	for i := range n {
		if b.weight[i] = weight(i); b.weight[i] == 0 {
			b.weight[i] = 1
		}
		b.total += b.weight[i]
	}
	return b
}

// finish counts job i as done, and tells so unless it only had to be looked up:
// what is found in the store needs no progress bar.
func (b *board) finish(i int, lookedUp bool) {
	b.mu.Lock()
	b.fraction[i] = 1
	b.mu.Unlock()
	if !lookedUp {
		b.reporter(i)(1, "", nil)
	}
}

func (b *board) reporter(i int) func(fraction float64, text string, points []Point) {
	return func(fraction float64, text string, points []Point) {
		if b.tell == nil {
			return
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		b.fraction[i] = fraction
		var sum float64
		for j, f := range b.fraction {
			sum += f * b.weight[j]
		}
		b.tell(Progress{Fraction: sum / b.total, Text: text, Points: points})
	}
}
