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
	"microcircuits/dendrite/runstore"
	"microcircuits/kernel/internal/human"
)

type runsCmd struct {
	Show  runsShowCmd  `cmd:"" default:"withargs" help:"Show what is in the run store (what runs alone does)."`
	Prune runsPruneCmd `cmd:"" help:"Remove runs from the store."`
}

// A kept is one run of the store.
type kept struct {
	runstore.Info
	version int // of the experiment's code; 0 where the key does not tell
	stale   bool
}

// keptRuns lists the runs of the default store, of one experiment if name is not
// empty.
func keptRuns(name string) (*runstore.Store, []kept, error) {
	store, err := runstore.Open("")
	if err != nil {
		return nil, nil, err
	}
	infos, err := store.List()
	if err != nil {
		return nil, nil, err
	}
	versions := map[string]int{}
	for _, info := range infos { // the reader's own: its newest code is in some notebook
		versions[info.Experiment] = max(versions[info.Experiment], versionOf(info))
	}
	for _, e := range experiment.Catalogue() {
		versions[e.Name] = e.Version
	}
	var runs []kept
	var names []string
	for _, info := range infos {
		names = append(names, info.Experiment)
		if name != "" && info.Experiment != name {
			continue
		}
		k := kept{Info: info, version: versionOf(info)}
		k.stale = k.version > 0 && k.version != versions[info.Experiment]
		runs = append(runs, k)
	}
	if name != "" && len(runs) == 0 {
		for n := range versions {
			names = append(names, n)
		}
		if !slices.Contains(names, name) {
			return nil, nil, usage("no experiment %q%s", name, nearest(name, names))
		}
	}
	return store, runs, nil
}

// versionOf is the version of the code a run is of; 0 where its key does not
// tell.
func versionOf(info runstore.Info) int {
	var key struct{ Version int }
	if json.Unmarshal(info.Key, &key) != nil {
		return 0
	}
	return key.Version
}

func (k kept) state() string {
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
	Experiment string `arg:"" optional:"" help:"Show every run of this experiment (default: a line per experiment)."`
	JSON       bool   `help:"Print JSON for scripts."`
}

// Help implements kong.HelpProvider.
func (runsShowCmd) Help() string {
	return `A run is one network with one seed. It is complete, or has a checkpoint from which
it goes on, or is stale: of an older version of the experiment's code, not used
any more. Of an experiment of your own, whose code is in some notebook, that is
what has a lower Version than another run; runs of a function that was changed
without raising it are not told apart.

A run is shown as damaged when a file of it is missing or its run.json is not
readable. Results and arrays are held against their checksums only when the run is
used; it is computed again when they do not match.

Examples:

  go run ./kernel runs

  go run ./kernel runs mnist

  go run ./kernel runs prune --stale --yes`
}

func (cmd *runsShowCmd) Run(c *console) error {
	store, runs, err := keptRuns(cmd.Experiment)
	if err != nil {
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
		}
		rows := []row{}
		for _, k := range runs {
			rows = append(rows, row{k.Name, k.Experiment, k.state(), k.Size, k.Meta.Created, k.Meta.Seconds, k.Meta.Backend})
		}
		return c.tellJSON(rows)
	}
	table := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	var total int64
	for _, k := range runs {
		total += k.Size
	}
	if cmd.Experiment != "" {
		fmt.Fprintln(table, "RUN\tSTATE\tSIZE\tCOMPUTED\tTOOK\tBACKEND")
		for _, k := range runs {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", k.Name, k.state(), fileSize(k.Size), k.Meta.Created.Local().Format(time.DateTime), human.Duration(k.Meta.Seconds), k.Meta.Backend)
		}
	} else {
		fmt.Fprintln(table, "EXPERIMENT\tCOMPLETE\tCHECKPOINTS\tSTALE\tSIZE\tNEWEST")
		for len(runs) > 0 { // List sorts by experiment
			n := slices.IndexFunc(runs, func(k kept) bool { return k.Experiment != runs[0].Experiment })
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
	c.tell("%s in %s", fileSize(total), store.Dir())
	return nil
}

type runsPruneCmd struct {
	Experiment  string `arg:"" optional:"" help:"Only runs of this experiment."`
	Stale       bool   `help:"Runs of older code."`
	Checkpoints bool   `help:"Checkpoints of runs that were not finished, and runs shown as damaged."`
	Older       string `placeholder:"AGE" help:"Runs computed longer ago than this: 12h, 30d."`
	Yes         bool   `help:"Remove them, and do not just say so."`
}

// Help implements kong.HelpProvider.
func (runsPruneCmd) Help() string {
	return `Says what would be removed; --yes removes it. Conditions add up; without any, all
runs (of the experiment) are meant. A run that is being computed is left alone.

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
	store, runs, err := keptRuns(cmd.Experiment)
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
				c.say("left alone: %v", err)
				continue
			}
			if err != nil {
				c.say("%v", err)
				failed++
				continue
			}
		}
		count++
		size += k.Size
		c.tell("%s  %s  %s", k.Name, k.state(), fileSize(k.Size))
	}
	if cmd.Yes {
		c.tell("removed %d runs, %s", count, fileSize(size))
	} else {
		c.tell("would remove %d runs, %s; add --yes to remove them", count, fileSize(size))
	}
	if failed > 0 {
		c.say("%d runs could not be removed", failed)
		return errTold
	}
	return nil
}

// parseAge reads a duration in which days may be given too.
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

// fileSize writes a size for people.
func fileSize(n int64) string {
	switch {
	case n < 10_000:
		return fmt.Sprintf("%d B", n)
	case n < 10_000_000:
		return fmt.Sprintf("%d kB", n/1000)
	}
	return fmt.Sprintf("%d MB", n/1_000_000)
}
