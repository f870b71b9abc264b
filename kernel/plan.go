package main

import (
	"fmt"
	"runtime"
	"text/tabwriter"

	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/figure"
	"microcircuits/dendrite/runstore"
	"microcircuits/kernel/internal/human"
	"microcircuits/kernel/ipynb"
)

type planCmd struct {
	Name   string      `arg:"" name:"notebook" help:"Notebook or experiment, like 4-mnist or mnist."`
	Scale  string      `default:"quick" placeholder:"SCALE" help:"quick, paper, or another scale that the figure has (default: quick)."`
	Params assignments `name:"param" short:"p" sep:"none" placeholder:"NAME=VALUE" help:"Change a parameter of the figure; may be repeated."`
	JSON   bool        `help:"Print JSON for scripts."`
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

// figureFor returns the figure with a name, or the figure that the named notebook uses.
func figureFor(name string) (experiment.Any, error) {
	f, unknown := figure.Find(name)
	if unknown == nil {
		return f, nil
	}
	path, err := findNotebook(name)
	if err != nil {
		return nil, usage("%w; and there is no notebook %s", unknown, name)
	}
	nb, err := ipynb.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if f = figureIn(nb); f == nil {
		return nil, usage("%s uses no figure of the catalogue, so it has no plan", relative(path))
	}
	return f, nil
}

func (cmd *planCmd) Run(c *console) error {
	f, err := figureFor(cmd.Name)
	if err != nil {
		return err
	}
	values, err := cmd.Params.values()
	if err != nil {
		return err
	}
	if scale, ok := values["scale"]; ok { // as in run and reproduce
		cmd.Scale = scale
		delete(values, "scale")
	}
	scale, err := f.ParseScale(cmd.Scale)
	if err != nil {
		return usageError{err}
	}
	changes := experiment.Changes{}
	for name, value := range values {
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
