// Package dendrite is the one import of a notebook: the experiments behind the
// figures of the paper, and what it takes to show them.
//
//	p := dendrite.SelfPredictionPreset("quick") // typed parameters
//	p.Sigma = 0.2
//	run := dendrite.SelfPrediction(p)            // computed, or found in the run store
//	dendrite.Show(run.Convergence())             // a chart
//	dendrite.Compare(run)                        // the paper's numbers and ours
//
// Cells are short because mistakes end them: a function that cannot do what it
// is asked prints one clear line and ends the program with exit code 1. Programs
// that want errors instead use the packages below this one: experiment, chart,
// notebook, runstore, and the models microcircuit, twostep and baseline.
package dendrite

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/notebook"
)

// The parameters of the experiments.
type (
	SelfPredictionParams = experiment.SelfPrediction
	MNISTParams          = experiment.MNIST
)

// SelfPredictionPreset returns the parameters of scale "quick" or "paper".
func SelfPredictionPreset(scale string) SelfPredictionParams {
	return experiment.SelfPredictionPreset(parse(scale))
}

// MNISTPreset returns the parameters of scale "quick" or "paper".
func MNISTPreset(scale string) MNISTParams { return experiment.MNISTPreset(parse(scale)) }

// SelfPrediction runs the first figure: a network without a teacher learns to
// cancel its own top-down input (A Fig. 1, N Fig. S1).
func SelfPrediction(p SelfPredictionParams) *experiment.SelfPredictionRun {
	return run("Self-prediction", p.Run)
}

// MNIST runs the digits figure: microcircuit, backprop and single layer on
// handwritten digits (A Fig. 4, N Fig. 3).
func MNIST(p MNISTParams) *experiment.MNISTRun { return run("MNIST", p.Run) }

// parse returns the scale of that name; besides are what an experiment has
// beyond quick and paper.
func parse(scale string, besides ...experiment.Scale) experiment.Scale {
	s, err := experiment.ParseScale(scale, besides...)
	if err != nil {
		fail(err)
	}
	return s
}

// run executes an experiment under a progress bar. The stop button, which sends
// an interrupt, ends it with everything finished or checkpointed kept.
func run[R any](title string, start func(context.Context, experiment.Env) (R, error)) R {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var bar *notebook.Progress // none for a run that is found in the store
	r, err := start(ctx, experiment.Env{Progress: func(p experiment.Progress) {
		if bar == nil {
			bar = notebook.NewProgress(title)
		}
		bar.Update(p.Fraction, p.Text)
		for _, q := range p.Points {
			bar.Point(q.Curve, q.X, q.Y)
		}
	}})
	if err != nil {
		if bar != nil {
			bar.Fail(err)
		}
		fail(err)
	}
	if bar != nil {
		bar.Done("")
	}
	return r
}

// fail ends the cell.
func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
