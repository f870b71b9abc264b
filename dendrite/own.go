package dendrite

import "microcircuits/dendrite/experiment"

// An experiment of the reader's own; package experiment documents it, and
// notebooks/template.ipynb uses it.
type (
	Own[P, R any]    = experiment.Own[P, R]
	OwnRun[P, R any] = experiment.OwnRun[P, R]
	Info             = experiment.Info
	Comparison       = experiment.Comparison
	Work             = experiment.Work
)

// RunOwn runs an experiment of the reader's own under a progress bar. What is in
// the run store is looked up.
func RunOwn[P, R any](o Own[P, R]) *OwnRun[P, R] { return run(o.Info.Title, o.Run) }
