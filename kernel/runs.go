package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/figure"
	"microcircuits/dendrite/runstore"
	"microcircuits/kernel/internal/human"
)

type runsCmd struct {
	Show   runsShowCmd   `cmd:"" default:"withargs" help:"Show what is in the run store (default)."`
	Export runsExportCmd `cmd:"" help:"Write the arrays of a run as CSV files."`
	Prune  runsPruneCmd  `cmd:"" help:"Remove runs from the store."`
}

// A storedRun is one run in the store.
type storedRun struct {
	runstore.Info
	version int // of the experiment's code; 0 if the key has none
	stale   bool
}

// storedRuns lists the runs in the default store: all, or those of the named
// experiment.
func storedRuns(name string) (*runstore.Store, []storedRun, error) {
	store, err := runstore.Open("")
	if err != nil {
		return nil, nil, err
	}
	infos, err := store.List()
	if err != nil {
		return nil, nil, err
	}
	versions := map[string]int{}
	for _, info := range infos { // for a user's own experiment: the highest version in the store
		versions[info.Experiment] = max(versions[info.Experiment], versionOf(info))
	}
	for _, f := range figure.Catalogue() {
		versions[f.About().Name] = f.About().Version
	}
	var runs []storedRun
	var names []string
	for _, info := range infos {
		names = append(names, info.Experiment)
		if name != "" && info.Experiment != name {
			continue
		}
		k := storedRun{Info: info, version: versionOf(info)}
		k.stale = k.version > 0 && k.version != versions[info.Experiment]
		runs = append(runs, k)
	}
	if name != "" && len(runs) == 0 {
		for n := range versions {
			names = append(names, n)
		}
		if !slices.Contains(names, name) {
			return nil, nil, usage("no experiment %q%s", name, experiment.DidYouMean(name, names))
		}
	}
	return store, runs, nil
}

// versionOf returns the code version in the key of a run, or 0 if it has none.
func versionOf(info runstore.Info) int {
	var key struct{ Version int }
	if json.Unmarshal(info.Key, &key) != nil {
		return 0
	}
	return key.Version
}

func (k storedRun) state() string {
	switch {
	case k.Complete && k.stale:
		return fmt.Sprintf("stale (code version %d)", k.version)
	case k.Complete:
		return "complete"
	case k.Checkpoint:
		return "checkpoint"
	}
	return "damaged"
}

type runsShowCmd struct {
	Experiment string   `arg:"" optional:"" help:"Show every run of this experiment, or one run: EXPERIMENT/UNIT-HASH (default: a line per experiment)."`
	Where      []string `short:"w" placeholder:"NAME=VALUE" sep:"none" help:"Only runs in which this parameter has this value; may be repeated."`
	JSON       bool     `help:"Print JSON for scripts."`
}

// Help implements kong.HelpProvider.
func (runsShowCmd) Help() string {
	return `A run is one network with one seed. Its state is

  - complete,
  - checkpoint: not finished; it can continue from its checkpoint,
  - stale: from an older version of the experiment's code, and not used any more,
  - damaged: one of its files is missing, or its run.json cannot be read.

A run of your own experiment is stale if another run in the store has a higher
Version. Runs of a function that you have changed since are never used again, but
they are not marked as stale.

Checksums of results and arrays are compared only when a run is used. If they do not
match, the run is computed again.

Parameters that differ from the preset are shown with each run; for your own
experiment, those that differ between its runs. One run is shown with all its
parameters and arrays.

Examples:

  go run ./kernel runs

  go run ./kernel runs mnist

  go run ./kernel runs --where sigma=0.3

  go run ./kernel runs mnist/backprop-seed1-0123456789abcdef

  go run ./kernel runs export mnist/backprop-seed1-0123456789abcdef

  go run ./kernel runs prune --stale --yes`
}

func (cmd *runsShowCmd) Run(c *console) error {
	if strings.Contains(cmd.Experiment, "/") {
		if len(cmd.Where) > 0 {
			return usage("--where searches among runs: give an experiment or nothing, not the run %s", cmd.Experiment)
		}
		return cmd.one(c)
	}
	store, runs, err := storedRuns(cmd.Experiment)
	if err != nil {
		return err
	}
	params := parametersOf(runs)
	if runs, err = matching(runs, params, cmd.Where); err != nil {
		return err
	}
	if cmd.JSON {
		type row struct {
			Name       string    `json:"name"`
			Experiment string    `json:"experiment"`
			State      string    `json:"state"`
			Bytes      int64     `json:"bytes"`
			Created    time.Time `json:"created"`
			Seconds    float64   `json:"seconds"`
			Backend    string    `json:"backend,omitempty"`

			Parameters map[string]string `json:"parameters,omitempty"`
		}
		rows := []row{}
		for _, k := range runs {
			rows = append(rows, row{k.Name, k.Experiment, k.state(), k.Size, k.Meta.Created, k.Meta.Seconds, k.Meta.Backend, params[k.Name].values()})
		}
		return c.printJSON(rows)
	}
	table := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	var total int64
	for _, k := range runs {
		total += k.Size
	}
	if cmd.Experiment != "" || len(cmd.Where) > 0 {
		fmt.Fprintln(table, "RUN\tSTATE\tSIZE\tCOMPUTED\tTOOK\tBACKEND\tCHANGED PARAMETERS")
		for _, k := range runs {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", k.Name, k.state(), fileSize(k.Size), k.Meta.Created.Local().Format(time.DateTime), human.Duration(k.Meta.Seconds), k.Meta.Backend, params[k.Name].changed())
		}
	} else {
		fmt.Fprintln(table, "EXPERIMENT\tCOMPLETE\tCHECKPOINTS\tSTALE\tSIZE\tNEWEST")
		for len(runs) > 0 { // List sorts by experiment
			n := slices.IndexFunc(runs, func(k storedRun) bool { return k.Experiment != runs[0].Experiment })
			if n < 0 {
				n = len(runs)
			}
			var complete, checkpoints, stale int
			var size int64
			var newest time.Time
			for _, k := range runs[:n] {
				switch {
				case k.stale:
					stale++
				case k.Complete:
					complete++
				}
				if k.Checkpoint {
					checkpoints++
				}
				size += k.Size
				if k.Meta.Created.After(newest) {
					newest = k.Meta.Created
				}
			}
			fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%s\t%s\n", runs[0].Experiment, complete, checkpoints, stale, fileSize(size), newest.Local().Format(time.DateTime))
			runs = runs[n:]
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	c.print("%s in %s", fileSize(total), store.Dir())
	return nil
}

type runsPruneCmd struct {
	Experiment  string `arg:"" optional:"" help:"Only runs of this experiment."`
	Stale       bool   `help:"Only runs of older code."`
	Checkpoints bool   `help:"Only checkpoints of unfinished runs, and damaged runs."`
	Older       string `placeholder:"AGE" help:"Only runs computed longer ago than this: 12h, 30d."`
	Yes         bool   `help:"Remove the runs; without it they are only listed."`
}

// Help implements kong.HelpProvider.
func (runsPruneCmd) Help() string {
	return `Lists the runs that would be removed; with --yes removes them. A run must meet all
given conditions. Without conditions all runs (of the experiment) are removed. A run
that is being computed is not removed.

Examples:

  go run ./kernel runs prune --stale --yes

  go run ./kernel runs prune mnist --older 30d`
}

func (cmd *runsPruneCmd) Run(c *console) error {
	var before time.Time
	if cmd.Older != "" {
		age, err := parseAge(cmd.Older)
		if err != nil {
			return err
		}
		before = time.Now().Add(-age)
	}
	store, runs, err := storedRuns(cmd.Experiment)
	if err != nil {
		return err
	}
	var count, failed int
	var size int64
	for _, k := range runs {
		switch {
		case cmd.Stale && !k.stale, cmd.Checkpoints && k.Complete, !before.IsZero() && !k.Meta.Created.Before(before):
			continue
		}
		if cmd.Yes {
			err := store.Remove(k.Info)
			if errors.Is(err, runstore.ErrBusy) {
				c.status("not removed: %v", err)
				continue
			}
			if err != nil {
				c.status("%v", err)
				failed++
				continue
			}
		}
		count++
		size += k.Size
		c.print("%s  %s  %s", k.Name, k.state(), fileSize(k.Size))
	}
	if cmd.Yes {
		c.print("removed %d runs, %s", count, fileSize(size))
	} else {
		c.print("would remove %d runs, %s; add --yes to remove them", count, fileSize(size))
	}
	if failed > 0 {
		c.status("%d runs could not be removed", failed)
		return errReported
	}
	return nil
}

// parseAge parses a duration like 12h, or a number of days like 30d.
func parseAge(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.ParseFloat(days, 64); err == nil && n >= 0 && n < 36500 {
			return time.Duration(n * 24 * float64(time.Hour)), nil
		}
	} else if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return d, nil
	}
	return 0, usage("--older %q is not an age: write 12h or 30d", text)
}

// fileSize formats a number of bytes.
func fileSize(n int64) string {
	switch {
	case n < 10_000:
		return fmt.Sprintf("%d B", n)
	case n < 10_000_000:
		return fmt.Sprintf("%d kB", n/1000)
	}
	return fmt.Sprintf("%d MB", n/1_000_000)
}
