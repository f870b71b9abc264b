package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"microcircuits/dendrite/figure"
	"microcircuits/dendrite/record"
	"microcircuits/kernel/clone"
	"microcircuits/kernel/report"
)

type checkCmd struct {
	Names   []string      `arg:"" optional:"" name:"notebook" help:"Notebooks or experiments (default: all)."`
	Scale   string        `enum:"quick,paper" default:"quick" placeholder:"quick|paper" help:"Scale to run at (default: quick)."`
	Timeout time.Duration `placeholder:"DURATION" help:"Time limit for each cell, like 10m (default: none)."`
	JSON    bool          `help:"Print JSON for scripts."`
}

// Help implements kong.HelpProvider.
func (checkCmd) Help() string {
	return `Runs notebooks with their presets and compares every number with the kept run in
notebooks/results (quick scale: notebooks/results/quick). A number fails when

  - its verdict is worse than in the kept run,
  - it differs from the kept number in any seed, because runs are deterministic. If
    the numeric backend is not that of the kept run, the average over seeds may differ
    by a tenth, by one in the last digit shown, or by rounding errors (below 1e-9),
  - it differs from the paper and no run is kept,
  - it is in the kept run, but the notebook does not show it.

The exit status is 1 when a number fails, or when a notebook shows no number. Runs
found in the store are not computed again. For an independent check use an empty
store:

  DENDRITE_STORE=$(mktemp -d) go run ./kernel check

Examples:

  go run ./kernel check 1-self-prediction

  go run ./kernel check mnist --scale paper`
}

// A comparison is one claim of a run and the same claim of the kept run.
type comparison struct {
	Experiment string         `json:"experiment"`
	ID         string         `json:"id"`
	Quantity   string         `json:"quantity"`
	Paper      string         `json:"paper"`
	Kept       string         `json:"kept"`
	Now        string         `json:"now"`
	Bound      string         `json:"bound"`
	KeptAs     record.Verdict `json:"keptVerdict"`
	Verdict    record.Verdict `json:"verdict"`
	Failed     bool           `json:"failed"`
	Why        string         `json:"why,omitempty"` // reason of the failure
}

func (cmd *checkCmd) Run(ctx context.Context, c *console) error {
	root, err := clone.Find(".")
	if err != nil {
		return err
	}
	dir := filepath.Join(root, "notebooks")
	paths, err := selectNotebooks(dir, checkNames(cmd.Names))
	if err != nil {
		return err
	}
	jobs, err := reproduceJobs(root, paths, map[string]string{"scale": cmd.Scale})
	if err != nil {
		return err
	}
	tmp, err := os.MkdirTemp("", "dendrite-check-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	r := &runner{console: c, root: root, timeout: cmd.Timeout}
	if err := r.prepare(ctx, jobs); err != nil {
		return err
	}
	results := report.ResultsDir(filepath.Join(dir, "results"), record.Scale(cmd.Scale))
	var all []comparison
	for _, j := range jobs {
		j.out = filepath.Join(tmp, j.name+".ipynb")
		if err := r.run(ctx, j); err != nil {
			return err
		}
		runs, err := report.Runs(j.nb)
		if err != nil {
			return err
		}
		before := len(all)
		for _, run := range runs {
			ref, err := report.ReadReference(results, run.Experiment)
			if err != nil {
				return err
			}
			all = append(all, compareClaims(run, ref)...)
		}
		if len(all) == before {
			return fmt.Errorf("%s shows no number to compare with a kept run", j.name)
		}
	}
	if cmd.JSON {
		err = c.printJSON(all)
	} else {
		err = printComparisons(c, all)
	}
	if err != nil {
		return err
	}
	text, failed := summary(all)
	c.status("%s", text)
	if failed {
		return errReported
	}
	return nil
}

// summary returns how many numbers were compared and how many failed, and whether any
// failed.
func summary(all []comparison) (text string, anyFailed bool) {
	compared, failed := 0, 0
	for _, k := range all {
		if k.Kept != notKept {
			compared++
		}
		if k.Failed {
			failed++
		}
	}
	return fmt.Sprintf("%d numbers, %d of them compared with a kept run: %d failed", len(all), compared, failed), failed > 0
}

// checkNames replaces names of experiments by names of their notebooks. Without
// names it returns every notebook that has an experiment.
func checkNames(names []string) []string {
	var all []string
	if len(names) == 0 {
		for _, f := range figure.Catalogue() {
			all = append(all, f.About().Notebook)
		}
	}
	for _, n := range names {
		if f, err := figure.Find(n); err == nil {
			n = f.About().Notebook
		}
		all = append(all, n)
	}
	return all
}

// notKept stands for the kept number of a claim that is not in the kept run.
const notKept = "not kept"

// compareClaims compares the claims of a run with those of the kept run, which
// may be nil.
func compareClaims(run *record.Record, ref *report.Reference) []comparison {
	if ref == nil {
		ref = new(report.Reference)
	}
	var all []comparison
	add := func(c *record.Claim, k comparison) {
		k.Experiment, k.ID, k.Quantity, k.Paper, k.Bound = run.Experiment, c.ID, c.Quantity, c.Paper.String(), c.BoundText()
		k.Failed = k.Why != ""
		all = append(all, k)
	}
	for i := range run.Claims {
		now := &run.Claims[i]
		k := comparison{Now: now.OursText(), Verdict: now.Verdict, Kept: notKept}
		if before := record.Find(ref.Claims, now.ID); before != nil {
			k.Kept, k.KeptAs = before.OursText(), before.Verdict
			same := ref.Backend == run.Provenance.Backend
			switch {
			case now.Verdict.Rank() < before.Verdict.Rank():
				k.Why = "the kept run: " + before.Verdict.Words()
			case measuresAgree(now, before, same):
			case same:
				k.Why = "different number on the same backend, " + ref.Backend
			default:
				k.Why = "different number, by more than another backend explains"
			}
		} else if now.Verdict == record.Deviates {
			k.Why = "no kept run"
		}
		add(now, k)
	}
	for i := range ref.Claims {
		if before := &ref.Claims[i]; run.Claim(before.ID) == nil {
			add(before, comparison{Now: "not shown", Kept: before.OursText(), KeptAs: before.Verdict, Why: "it is in the kept run"})
		}
	}
	return all
}

// measuresAgree reports whether all measures of two claims agree, see [checkCmd.Help].
func measuresAgree(now, before *record.Claim, exactly bool) bool {
	return slices.EqualFunc(now.Ours, before.Ours, func(a, b record.Measure) bool {
		return a.Name == b.Name && a.Alike(&b, exactly)
	})
}

func printComparisons(c *console, all []comparison) error {
	table := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	last := ""
	for _, k := range all {
		if k.Experiment != last {
			fmt.Fprintf(table, "%s\n", strings.ToUpper(k.Experiment))
			last = k.Experiment
		}
		mark := "ok"
		if k.Failed {
			mark = "FAILED"
		}
		fmt.Fprintf(table, "%s\t%s\t%s, kept %s\t(%s)\n", mark, k.Quantity, k.Now, k.Kept, cmp.Or(k.Why, k.Verdict.Words()))
	}
	return table.Flush()
}
