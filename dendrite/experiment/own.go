package experiment

import (
	"context"
	"errors"
	"fmt"
	"time"

	"microcircuits/dendrite/runstore"
)

// Own is an experiment of the reader's own: one result for each seed, computed
// once, kept in the run store and shown like the figures of the paper. P is a
// struct of plain values whose field tags document it (see [Table]); R is what
// one network gives, of plain exported values too.
type Own[P, R any] struct {
	// Info needs a Name and a Title. The source of Seed, and of whatever it uses
	// in its package, is part of what a result is found by: change it, and the
	// networks are computed again. Raise Version when Seed comes to give other
	// results for another reason, such as a change in another package.
	Info   Info
	Params P
	Preset P   // where the parameters started: what differs is marked
	Seeds  int // networks, at least 1
	// Seed computes the network of one seed. It depends on nothing but p and
	// seed, returns soon after ctx is over, and may tell w how far it is.
	Seed func(ctx context.Context, p P, seed uint64, w *Work) (R, error)
	// Compare holds the results against whatever they should be; may be nil.
	Compare func(results []R) []Comparison
}

// OwnScale is the scale of experiments that are not the paper's.
const OwnScale Scale = "own experiment"

// OwnRun is a finished run of an own experiment.
type OwnRun[P, R any] struct {
	Record
	Params P
	Seeds  []R // in the order of the seeds 1, 2, ...
}

// Run computes or looks up every seed. It fails, before anything is computed,
// when its Info is incomplete or a parameter is out of its range.
func (o Own[P, R]) Run(ctx context.Context, env Env) (*OwnRun[P, R], error) {
	if err := o.validate(); err != nil {
		return nil, fmt.Errorf("experiment %s: %w", o.Info.Name, err)
	}
	start := time.Now()
	run := &OwnRun[P, R]{Record: NewRecord(o.Info, OwnScale, o.Params, o.Preset, o.Preset), Params: o.Params}
	source := sourceOf(o.Seed)
	var jobs []Job[R]
	for seed := 1; seed <= o.Seeds; seed++ {
		jobs = append(jobs, Job[R]{
			Unit: fmt.Sprintf("seed%d", seed),
			Key: struct {
				Params P
				Seed   int
				Source string
			}{o.Params, seed, source},
			Run: func(ctx context.Context, w *Work) (R, error) { return o.Seed(ctx, o.Params, uint64(seed), w) },
		})
		run.Provenance.Seeds = append(run.Provenance.Seeds, seed)
	}
	done, err := Execute(ctx, env, o.Info, jobs)
	if err != nil {
		return nil, err
	}
	AddJobs(&run.Record, done)
	for _, d := range done {
		run.Seeds = append(run.Seeds, d.Result)
	}
	if o.Compare != nil {
		run.Comparison = o.Compare(run.Seeds)
	}
	run.Provenance.WallSeconds = time.Since(start).Seconds()
	return run, nil
}

func (o Own[P, R]) validate() error {
	switch {
	case o.Info.Title == "":
		return errors.New("there is no Info.Title: say what the experiment shows")
	case o.Seeds < 1:
		return fmt.Errorf("there are %d Seeds; want at least 1", o.Seeds)
	case o.Seed == nil:
		return errors.New("there is no Seed: give the function that computes one network")
	}
	if err := runstore.CheckName(o.Info.Name); err != nil {
		return fmt.Errorf("Info.Name: %w", err)
	}
	if _, err := Find(o.Info.Name); err == nil {
		return errors.New("this name is taken by a figure of the paper: choose another Info.Name")
	}
	return Validate(o.Params)
}
