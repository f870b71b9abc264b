package main

import (
	"fmt"
	"runtime"
	"text/tabwriter"

	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/figure"
	"microcircuits/dendrite/runstore"
	"microcircuits/kernel/internal/human"
)

type planCmd struct {
	Name   string            `arg:"" name:"notebook" help:"Notebook or experiment, like 4-mnist or mnist."`
	Scale  string            `default:"quick" placeholder:"SCALE" help:"quick, paper, or another scale that the figure has (default: quick)."`
	Params map[string]string `name:"param" short:"p" mapsep:"none" placeholder:"NAME=VALUE" help:"Change a parameter of the figure; may be repeated."`
	JSON   bool              `help:"Print JSON for scripts."`
}

// Help implements kong.HelpProvider.
func (planCmd) Help() string {
	return `Lists the jobs of a figure without computing any. A job is one network with one
seed. It needs results of jobs of lower stages only. Times are estimates for one core
of a machine of 2025.

Examples:

  go run ./kernel plan 4-mnist --scale paper

  go run ./kernel plan regression -p seeds=20 --json`
}

// planned is the output of plan.
type planned struct {
	Experiment string               `json:"experiment"`
	Scale      experiment.Scale     `json:"scale"`
	Jobs       []experiment.JobInfo `json:"jobs"`
	Missing    int                  `json:"missing"` // jobs that are not in the store
	Seconds    float64              `json:"seconds"` // estimate for the missing jobs on one core
}

func (cmd *planCmd) Run(c *console) error {
	f, err := figure.Find(notebookName(cmd.Name))
	if err != nil {
		return usage("%w; a notebook without a figure of the catalogue has no plan", err)
	}
	if scale, ok := cmd.Params["scale"]; ok { // as in run and reproduce
		cmd.Scale = scale
		delete(cmd.Params, "scale")
	}
	scale, err := f.ParseScale(cmd.Scale)
	if err != nil {
		return usageError{err}
	}
	changes := experiment.Changes{}
	for name, value := range cmd.Params {
		changes[name] = value
	}
	plan, err := f.PlanAt(scale, changes)
	if err != nil {
		return usageError{err}
	}
	store, err := runstore.Open("")
	if err != nil {
		return err
	}
	p := planned{Experiment: f.About().Name, Scale: scale, Jobs: plan.List(store)}
	for _, j := range p.Jobs {
		if !j.Kept {
			p.Missing++
			p.Seconds += j.Seconds
		}
	}
	if cmd.JSON {
		return c.printJSON(p)
	}
	table := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "JOB\tUNIT\tLABEL\tSTAGE\tABOUT\tIN THE STORE\tFOLDER")
	for _, j := range p.Jobs {
		kept := "no"
		if j.Kept {
			kept = "yes"
		}
		fmt.Fprintf(table, "%d\t%s\t%s\t%d\t%s\t%s\t%s\n", j.Number, j.Unit, j.Label, j.Stage, human.Duration(j.Seconds), kept, j.Folder)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	cores := runtime.NumCPU()
	c.print("%d jobs, %d in the store; the others take about %s on one core, %s on the %d cores of this machine",
		len(p.Jobs), len(p.Jobs)-p.Missing, human.Duration(p.Seconds), human.Duration(p.Seconds/float64(cores)), cores)
	return nil
}
