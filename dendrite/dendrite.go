// Package dendrite is the import that every notebook uses: it runs the figures of
// the paper and your own experiments, and shows their results.
//
//	p := dendrite.Preset(figure.SelfPrediction, "quick", dendrite.Changes{"Sigma": 0.2})
//	run := dendrite.Run(figure.SelfPrediction, p) // computed, or read from the run store
//	dendrite.Show(run.Convergence())              // a chart
//	dendrite.Compare(run)                         // the paper's numbers and ours
//
// To keep cells short, these functions return no errors: a function that fails
// prints one line and ends the program with exit code 1. The packages that this
// one uses return errors: figure, experiment, chart, notebook, runstore, and the
// models microcircuit, twostep and baseline.
package dendrite

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/figure"
	"microcircuits/dendrite/notebook"
	"microcircuits/dendrite/record"
)

// Types for your own experiment. Package experiment documents them, and
// notebooks/template.ipynb uses them.
type (
	Definition[P, R any] = experiment.Definition[P, R]
	Own[P, S any]        = experiment.Own[P, S]
	Info                 = experiment.Info
	Scale                = experiment.Scale
	Changes              = experiment.Changes
	Work                 = experiment.Work
	Claim                = record.Claim
)

// PerSeed plans one job for each seed of your own experiment: see
// [experiment.PerSeed].
func PerSeed[P, S any](compute func(ctx context.Context, p P, seed uint64, w *Work) (S, error)) func(P, *experiment.Plan) (func(*experiment.Run[P]) *experiment.Seeds[P, S], error) {
	return experiment.PerSeed(compute)
}

// Finished is a finished run of any figure.
type Finished interface{ About() *record.Record }

// Preset returns the parameters of a figure at scale "quick" or "paper", or at
// another scale that it has, with changes by name.
func Preset[P, R any](d *experiment.Definition[P, R], scale string, changes ...Changes) P {
	s, err := d.ParseScale(scale)
	if err != nil {
		fail(err)
	}
	all := Changes{}
	for _, c := range changes {
		for name, value := range c {
			all[name] = value
		}
	}
	p, err := d.At(s, all)
	if err != nil {
		fail(err)
	}
	return p
}

// Run computes a figure or your own experiment and shows a progress bar, or reads
// the result from the run store. The stop button sends an interrupt, which ends the
// run: finished jobs and checkpoints are kept.
func Run[P any, R Finished](d *experiment.Definition[P, R], p P) R {
	if f, err := figure.Find(d.Info.Name); err == nil && f != experiment.Any(d) {
		fail(fmt.Errorf("experiment %s: this name is taken by a figure of the paper: choose another Info.Name", d.Info.Name))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	title := runTitle(d, p)
	var bar *notebook.Progress // nil for a run that is read from the store
	r, err := d.Run(ctx, experiment.Env{Progress: func(p experiment.Progress) {
		if bar == nil {
			bar = notebook.NewProgress(title)
		}
		bar.Before(p.Before)
		bar.Update(p.Fraction, p.Text)
		for _, q := range p.Points {
			bar.Point(q.Curve, q.X, q.Y)
		}
	}, Warn: func(text string) { fmt.Fprintln(os.Stderr, text) }}, p)
	if err != nil {
		if bar != nil {
			bar.Fail(err)
		}
		fail(err)
	}
	if bar != nil {
		bar.Done("")
	}
	if reason := r.About().Provenance.Unstored; reason != "" {
		fmt.Fprintln(os.Stderr, reason)
	}
	return r
}

// runTitle names a run: the title of the figure and the parameters that differ from the
// preset, so that variants of one figure can be told apart.
func runTitle[P, R any](d *experiment.Definition[P, R], p P) string {
	var changed []string
	for _, q := range d.Table(p) {
		if q.Changed {
			changed = append(changed, q.Name+" = "+q.Value)
		}
	}
	if len(changed) == 0 {
		return d.Info.Title
	}
	return d.Info.Title + ", " + strings.Join(changed, ", ")
}

// Figures returns a table of the figures: what each notebook shows.
func Figures() Table {
	t := Table{Header: []string{"Notebook", "What it shows", "Figure"}}
	for _, f := range figure.Catalogue() {
		info := f.About()
		t.Rows = append(t.Rows, []string{info.Notebook, info.Claim, info.Figure})
	}
	return t
}

// fail ends the cell.
func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
