package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"microcircuits/dendrite/record"
	"microcircuits/kernel/clone"
	"microcircuits/kernel/internal/human"
	"microcircuits/kernel/ipynb"
	"microcircuits/kernel/report"
)

type listCmd struct {
	JSON bool `help:"Print JSON for scripts."`
}

// Help implements kong.HelpProvider.
func (listCmd) Help() string {
	return `Lists the notebooks, each with its experiment, its figure, the time of the last run
in the reports folder, and the computing time of the kept run at the paper's scale.
The computing time is the sum over networks; networks run in parallel, one per core. It
was measured when the kept run was made; plan estimates the time of a run from now on.

Examples:

  go run ./kernel list

  go run ./kernel list --json`
}

// A listing is one notebook in the output of list.
type listing struct {
	Notebook   string  `json:"notebook"`
	Experiment string  `json:"experiment,omitempty"`
	Title      string  `json:"title"`
	Figure     string  `json:"figure,omitempty"`
	Last       *timing `json:"last,omitempty"`      // of the run in the reports folder
	Reference  *timing `json:"reference,omitempty"` // of the run kept in notebooks/results
}

type timing struct {
	Scale          string  `json:"scale"`
	Seeds          int     `json:"seeds"`
	WallSeconds    float64 `json:"wallSeconds,omitempty"`    // of the notebook
	ComputeSeconds float64 `json:"computeSeconds,omitempty"` // of all networks
	Started        string  `json:"started"`
}

func (cmd *listCmd) Run(c *console) error {
	root, err := clone.Find(".")
	if err != nil {
		return err
	}
	all, err := c.listNotebooks(root)
	if err != nil {
		return err
	}
	if cmd.JSON {
		return c.printJSON(all)
	}
	table := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NOTEBOOK\tEXPERIMENT\tLAST RUN HERE\tKEPT RUN, PAPER SCALE\tFIGURE")
	for _, l := range all {
		last, reference := "-", "-"
		if t := l.Last; t != nil {
			last = fmt.Sprintf("%s %s", t.Scale, human.Duration(t.WallSeconds))
		}
		if t := l.Reference; t != nil {
			reference = fmt.Sprintf("%s of computing, %d seeds", human.Duration(t.ComputeSeconds), t.Seeds)
		}
		figure, _, _ := strings.Cut(cmp.Or(l.Figure, l.Title), " (") // without the remark in brackets
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", l.Notebook, cmp.Or(l.Experiment, "-"), last, reference, figure)
	}
	return table.Flush()
}

// listNotebooks lists the notebooks of a clone with the times of their runs. An
// executed notebook that cannot be read counts as no run, and is named in a message.
func (c *console) listNotebooks(root string) ([]listing, error) {
	paths, err := filepath.Glob(filepath.Join(root, "notebooks", "*.ipynb"))
	if err != nil {
		return nil, err
	}
	var all []listing
	for _, path := range paths {
		nb, err := ipynb.ReadFile(path)
		if err != nil {
			return nil, err
		}
		l := listing{Notebook: notebookName(path), Title: nb.Title()}
		if f := figureIn(nb); f != nil {
			info := f.About()
			l.Experiment, l.Title, l.Figure = info.Name, info.Title, info.Figure
			if l.Reference, err = referenceTiming(filepath.Join(root, "notebooks", "results"), info.Name); err != nil {
				return nil, err
			}
		}
		executed := filepath.Join(root, "reports", l.Notebook+".ipynb")
		if l.Last, err = lastTiming(executed); err != nil {
			c.status("no last run of %s (run it again), because %s cannot be read: %v", l.Notebook, relative(executed), err)
		}
		all = append(all, l)
	}
	return all, nil
}

func referenceTiming(dir, name string) (*timing, error) {
	ref, err := report.ReadReference(dir, name)
	if ref == nil || err != nil {
		return nil, err
	}
	return &timing{Scale: string(record.Paper), Seeds: len(ref.Seeds), ComputeSeconds: ref.ComputeSeconds, Started: ref.Started.Format(time.RFC3339)}, nil
}

// lastTiming returns the times of an executed notebook, or nil if there is none.
func lastTiming(path string) (*timing, error) {
	nb, err := ipynb.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	info, _ := nb.Info()
	runs, err := report.Runs(nb)
	if err != nil {
		return nil, err
	}
	t := timing{WallSeconds: info.WallSeconds, Started: info.Started, Scale: "in"}
	for _, r := range runs {
		t.Scale, t.Seeds = string(r.Scale), len(r.Provenance.Seeds)
		t.ComputeSeconds += r.Provenance.ComputeSeconds
	}
	return &t, nil
}

// printJSON prints a value as JSON, for scripts.
func (c *console) printJSON(v any) error {
	enc := json.NewEncoder(c.out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
