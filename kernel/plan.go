package main

import (
	"fmt"
	"path/filepath"
	"runtime"
	"text/tabwriter"

	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/figure"
	"microcircuits/dendrite/record"
	"microcircuits/dendrite/runstore"
	"microcircuits/kernel/clone"
	"microcircuits/kernel/internal/human"
	"microcircuits/kernel/ipynb"
	"microcircuits/kernel/report"
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
seed. It needs results of jobs of lower stages only. A job is in the store in part if
it has a checkpoint, from which it continues.

Times are estimates for one core of a machine of 2025. The last line also has the time
that the kept run took; list shows it too.

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
	Begun      int                  `json:"begun"`   // missing jobs with a checkpoint
	Seconds    float64              `json:"seconds"` // estimate for the missing jobs on one core, as if none had begun
	// KeptSeconds is the computing time of the kept run in notebooks/results; 0 if there is
	// none of this scale, or if parameters are changed.
	KeptSeconds float64 `json:"keptSeconds,omitempty"`
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
		if j.Begun {
			p.Begun++
		}
	}
	if len(changes) == 0 {
		if p.KeptSeconds, err = keptSeconds(f.About().Name, scale); err != nil {
			return err
		}
	}
	if cmd.JSON {
		return c.printJSON(p)
	}
	table := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "JOB\tUNIT\tLABEL\tSTAGE\tABOUT\tIN THE STORE\tFOLDER")
	for _, j := range p.Jobs {
		kept := "no"
		switch {
		case j.Kept:
			kept = "yes"
		case j.Begun:
			kept = "in part"
		}
		fmt.Fprintf(table, "%d\t%s\t%s\t%d\t%s\t%s\t%s\n", j.Number, j.Unit, j.Label, j.Stage, human.Duration(j.Seconds), kept, j.Folder)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	c.print("%s", p.summary(runtime.NumCPU()))
	return nil
}

// summary returns the sum of the plan in words.
func (p *planned) summary(cores int) string {
	text := fmt.Sprintf("%d jobs, %d in the store", len(p.Jobs), len(p.Jobs)-p.Missing)
	if p.Missing > 0 {
		text += fmt.Sprintf("; the others take about %s on one core, %s on the %d cores of this machine", human.Duration(p.Seconds), human.Duration(p.Seconds/float64(cores)), cores)
	}
	if p.Begun > 0 {
		text += fmt.Sprintf("; %d of them continue from a checkpoint and take less", p.Begun)
	}
	if p.KeptSeconds > 0 {
		text += fmt.Sprintf("\n(estimates; the kept run of all jobs took %s of computing on its machine)", human.Duration(p.KeptSeconds))
	}
	return text
}

// keptSeconds returns the computing time of the kept run of a scale, or 0.
func keptSeconds(experiment string, scale record.Scale) (float64, error) {
	root, err := clone.Find(".")
	if err != nil {
		return 0, err
	}
	if scale != record.Quick && scale != record.Paper {
		return 0, nil
	}
	ref, err := report.ReadReference(report.ResultsDir(filepath.Join(root, "notebooks", "results"), scale), experiment)
	if ref == nil || err != nil {
		return 0, err
	}
	return ref.ComputeSeconds, nil
}
