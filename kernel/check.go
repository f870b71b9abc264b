package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"microcircuits/dendrite/experiment"
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
	return `Runs notebooks with their presets and holds every number against the run kept in
notebooks/results (quick scale: notebooks/results/quick). Each number has the
tolerance that its report states: a number fails when it deviates now and did not
in the kept run. Exit status 1 when one fails. Runs that are in the store are
looked up and not computed again; for an independent check name an empty store:

  DENDRITE_STORE=$(mktemp -d) go run ./kernel check

Examples:

  go run ./kernel check 1-self-prediction

  go run ./kernel check mnist --scale paper`
}

// A checked is one number of a run beside that of the kept run.
type checked struct {
	Experiment string `json:"experiment"`
	Quantity   string `json:"quantity"`
	Paper      string `json:"paper"`
	Kept       string `json:"kept"`
	Now        string `json:"now"`
	Tolerance  string `json:"tolerance"`
	KeptAs     string `json:"keptVerdict"`
	Verdict    string `json:"verdict"`
	Failed     bool   `json:"failed"`
}

func (cmd *checkCmd) Run(ctx context.Context, c *console) error {
	root, err := clone.Find(".")
	if err != nil {
		return err
	}
	dir := filepath.Join(root, "notebooks")
	names, err := checkNames(cmd.Names)
	if err != nil {
		return err
	}
	paths, err := selectNotebooks(dir, names)
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
	results := report.ResultsDir(filepath.Join(dir, "results"), cmd.Scale)
	var all []checked
	for _, j := range jobs {
		j.out = filepath.Join(tmp, j.name+".ipynb")
		if err := r.run(ctx, j); err != nil {
			return err
		}
		runs, err := report.Runs(j.nb)
		if err != nil {
			return err
		}
		for _, run := range runs {
			ref, err := report.ReadReference(results, run.Experiment)
			if err != nil {
				return err
			}
			all = append(all, hold(run, ref)...)
		}
	}
	failed := 0
	for _, k := range all {
		if k.Failed {
			failed++
		}
	}
	if cmd.JSON {
		err = c.tellJSON(all)
	} else {
		err = tellChecked(c, all)
	}
	if err != nil {
		return err
	}
	if failed > 0 {
		c.say("%d of %d numbers deviate that did not in the kept runs", failed, len(all))
		return errTold
	}
	c.say("%d numbers hold", len(all))
	return nil
}

// checkNames turns names of experiments into those of their notebooks, and leaves
// out notebooks without an experiment when nothing is named.
func checkNames(names []string) ([]string, error) {
	notebooks := map[string]string{}
	var all []string
	for _, e := range experiment.Catalogue() {
		notebooks[e.Name] = e.Notebook
		all = append(all, e.Notebook)
	}
	if len(names) == 0 {
		return all, nil
	}
	var out []string
	for _, n := range names {
		if nb, ok := notebooks[n]; ok {
			n = nb
		}
		out = append(out, n)
	}
	return out, nil
}

// hold puts the numbers of a run beside those of the kept one, which may be nil.
func hold(run *report.Run, ref *report.Reference) []checked {
	var all []checked
	for _, now := range run.Comparison {
		k := checked{
			Experiment: run.Experiment, Quantity: now.Quantity, Paper: now.Paper, Kept: "not kept",
			Now: now.Ours, Tolerance: now.Tolerance, Verdict: now.Verdict, Failed: now.Verdict == "deviates",
		}
		if ref != nil {
			for _, before := range ref.Comparison {
				if before.Quantity == now.Quantity {
					k.Kept, k.KeptAs = before.Ours, before.Verdict
					k.Failed = now.Verdict == "deviates" && before.Verdict != "deviates"
				}
			}
		}
		all = append(all, k)
	}
	return all
}

func tellChecked(c *console, all []checked) error {
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
		fmt.Fprintf(table, "%s\t%s\t%s, kept %s\t(%s)\n", mark, k.Quantity, k.Now, k.Kept, k.Verdict)
	}
	return table.Flush()
}
