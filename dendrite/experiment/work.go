package experiment

import (
	"errors"
	"fmt"
	"runtime"
	"time"

	"microcircuits/dendrite/internal/simd"
	"microcircuits/dendrite/runstore"
)

// Work gives a job its progress bar and its checkpoints.
type Work struct {
	entry     *runstore.Entry // nil if the result is not stored
	report    func(fraction float64, text string, points []Point)
	resumed   func(fraction float64) // called with the first fraction that a resumed job reports; then nil
	unwritten func(error)            // called with the error of a checkpoint that is not stored
	start     time.Time              // of this session
	current   runstore.Meta          // of this session, made at its start: the commit may change later
	earlier   *runstore.Meta         // of the earlier sessions, if the job was resumed
}

// Report reports the progress of the job (0 to 1), a text, and new points of its learning
// curve.
func (w *Work) Report(fraction float64, text string, points ...Point) {
	if w.earlier != nil && w.resumed != nil {
		w.resumed(fraction)
		w.resumed = nil
	}
	w.report(fraction, text, points)
}

// Checkpoint stores state, so that an interrupted job can continue from it. If the store
// cannot be written, for example because the disk is full, it warns, keeps the last
// checkpoint and returns no error: the job can go on.
func (w *Work) Checkpoint(state any) error {
	if w.entry == nil {
		return nil
	}
	err := w.entry.SaveCheckpoint(state, w.meta())
	if errors.Is(err, runstore.ErrWrite) {
		w.unwritten(err)
		return nil
	}
	return err
}

// Resume fills state, a pointer, from the checkpoint and reports whether there was one. It
// does not use a checkpoint that is damaged or comes from other numeric kernels or another
// architecture, because a result must be computed on one backend from start to end; then
// it reports a warning.
func (w *Work) Resume(state any) bool {
	if w.entry == nil {
		return false
	}
	earlier, ok, warning := w.entry.LoadCheckpoint(state, sameBits)
	if warning != nil {
		w.Report(0, fmt.Sprintf("starting again: %v", warning))
	}
	if ok {
		w.earlier = &earlier
	}
	return ok
}

// sameBits returns an error if this program cannot continue a checkpoint with exactly the
// same bits.
func sameBits(m runstore.Meta) error {
	if m.Backend != simd.Backend() || m.Arch != runtime.GOARCH {
		return fmt.Errorf("it was computed by the %s kernels on %s, but this program uses %s on %s, which differ in the last bits",
			orUnknown(m.Backend), orUnknown(m.Arch), simd.Backend(), runtime.GOARCH)
	}
	return nil
}

// meta describes the job so far, with all sessions.
func (w *Work) meta() runstore.Meta {
	m := w.current
	m.Seconds = time.Since(w.start).Seconds()
	if e := w.earlier; e != nil {
		m.Created = e.Created
		m.Seconds += e.Seconds
		m.Go, m.CPU = merge(e.Go, m.Go), merge(e.CPU, m.CPU)
		m.Commit = merge(orUnknown(e.Commit), m.Commit)
	}
	return m
}
