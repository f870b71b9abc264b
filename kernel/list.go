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

	"microcircuits/dendrite/experiment"
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
	return `Lists the notebooks with the experiment that each runs, its figure, what the last
run in the clone's reports folder took, and the computing time of the kept run at
the paper's scale, summed over networks: several run side by side, one per core.

Examples:

  go run ./kernel list

  go run ./kernel list --json`
}

// A listing is what list tells of one notebook.
type listing struct {
	Notebook   string  `json:"notebook"`
	Experiment string  `json:"experiment,omitempty"`
	Title      string  `json:"title"`
	Figure     string  `json:"figure,omitempty"`
	Last       *timing `json:"last,omitempty"`      // in the reports folder
	Reference  *timing `json:"reference,omitempty"` // in notebooks/results
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
	all, err := listNotebooks(root)
	if err != nil {
		return err
	}
	if cmd.JSON {
		return c.tellJSON(all)
	}
	table := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NOTEBOOK\tEXPERIMENT\tLAST RUN HERE\tPAPER SCALE\tFIGURE")
	for _, l := range all {
		last, reference := "-", "-"
		if t := l.Last; t != nil {
			last = fmt.Sprintf("%s %s", t.Scale, human.Duration(t.WallSeconds))
		}
		if t := l.Reference; t != nil {
			reference = fmt.Sprintf("%s of computing, %d seeds", human.Duration(t.ComputeSeconds), t.Seeds)
		}
		figure, _, _ := strings.Cut(cmp.Or(l.Figure, l.Title), " (") // how sure that is stands in the report
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", l.Notebook, cmp.Or(l.Experiment, "-"), last, reference, figure)
	}
	return table.Flush()
}

// listNotebooks looks at the notebooks of a clone and at what is kept of them.
func listNotebooks(root string) ([]listing, error) {
	paths, err := filepath.Glob(filepath.Join(root, "notebooks", "*.ipynb"))
	if err != nil {
		return nil, err
	}
	byNotebook := map[string]experiment.Entry{}
	for _, e := range experiment.Catalogue() {
		byNotebook[e.Notebook] = e
	}
	var all []listing
	for _, path := range paths {
		nb, err := ipynb.ReadFile(path)
		if err != nil {
			return nil, err
		}
		l := listing{Notebook: notebookName(path), Title: nb.Title()}
		if e, ok := byNotebook[l.Notebook]; ok {
			l.Experiment, l.Title, l.Figure = e.Name, e.Title, e.Figure
			if l.Reference, err = referenceTiming(filepath.Join(root, "notebooks", "results"), e.Name); err != nil {
				return nil, err
			}
		}
		if l.Last, err = lastTiming(filepath.Join(root, "reports", l.Notebook+".ipynb")); err != nil {
			return nil, err
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
	return &timing{Scale: string(experiment.Paper), Seeds: len(ref.Seeds), ComputeSeconds: ref.ComputeSeconds, Started: ref.Started}, nil
}

// lastTiming tells of an executed notebook; nil where there is none.
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
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	t := timing{WallSeconds: info.WallSeconds, Started: info.Started, Scale: "in"}
	for _, r := range runs {
		t.Scale, t.Seeds = r.Scale, len(r.Provenance.Seeds)
		t.ComputeSeconds += r.Provenance.ComputeSeconds
	}
	return &t, nil
}

// tellJSON prints a value for scripts.
func (c *console) tellJSON(v any) error {
	enc := json.NewEncoder(c.out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// nearest is the name most like a mistaken one, as a hint for an error; empty
// where none is like it. The numbers of notebooks do not count.
func nearest(name string, names []string) string {
	plain := func(s string) string { return strings.ToLower(strings.TrimLeft(s, "0123456789-")) }
	best, least := "", len(name)/2+1
	for _, n := range names {
		if d := distance(plain(name), plain(n)); d < least {
			best, least = n, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %s?", best)
}

// distance is the number of letters to insert, leave out or change to make a
// of b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
