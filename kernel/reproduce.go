package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"microcircuits/kernel/clone"
	"microcircuits/kernel/ipynb"
	"microcircuits/kernel/report"
)

type reproduceCmd struct {
	Names []string `arg:"" optional:"" name:"notebook" help:"Notebooks of the notebooks folder, like 4-mnist (default: all)."`
	overrides
	Reports string        `placeholder:"DIR" help:"Folder for the reports (default: reports in the clone)."`
	Timeout time.Duration `placeholder:"DURATION" help:"Time limit for each cell, like 10m (default: none)."`
	Keep    bool          `help:"Keep the numbers of preset runs in notebooks/results: reports show those at the paper's scale as reference runs, and check compares with them."`
}

// Help implements kong.HelpProvider.
func (reproduceCmd) Help() string {
	return `Runs the notebooks one after the other and writes for each an executed notebook
and an HTML report, and index.html, which leads to all of them. A parameter is
overridden in every notebook that has it. When a notebook fails the others still
run, the index says so, and the exit status is 1; a report of an earlier, good run is
left as it was.

Examples:

  go run ./kernel reproduce

  go run ./kernel reproduce 4-mnist --scale paper

  go run ./kernel reproduce 1-self-prediction -p sigma=0.2`
}

func (cmd *reproduceCmd) Run(ctx context.Context, c *console) error {
	values, err := cmd.values()
	if err != nil {
		return err
	}
	root, err := clone.Find(".")
	if err != nil {
		return err
	}
	dir := cmd.Reports
	if dir == "" {
		dir = filepath.Join(root, "reports")
	}
	paths, err := selectNotebooks(filepath.Join(root, "notebooks"), cmd.Names)
	if err != nil {
		return err
	}
	jobs, err := reproduceJobs(root, paths, values)
	if err != nil {
		return err
	}
	if err := makeFolder(dir, "--reports"); err != nil {
		return err
	}
	for _, j := range jobs {
		j.out = filepath.Join(dir, j.name+".ipynb")
		j.info.Command = strings.Replace(j.info.Command, "go run ./kernel run "+shellQuote(j.info.Source), "scripts/reproduce "+shellQuote(j.name), 1)
	}
	r := &runner{console: c, root: root, timeout: cmd.Timeout, keep: cmd.Keep}
	if err := r.prepare(ctx, jobs); err != nil {
		return err
	}
	var entries []report.Entry
	var failed []string
	for _, j := range jobs {
		err := r.run(ctx, j)
		if err != nil && !errors.Is(err, errTold) {
			c.say("%s: %v", j.name, err)
		}
		executed := notebookName(j.out) // says so when the run failed
		entry, reportErr := writeReport(context.WithoutCancel(ctx), j.nb, dir, executed, &r.pictures)
		if reportErr != nil {
			c.say("%s: %v", j.name, reportErr)
			entry = report.Entry{Href: executed + ".ipynb", Title: j.name, Failed: true}
		}
		if err != nil || reportErr != nil {
			failed = append(failed, j.name)
		}
		entries = append(entries, entry)
		if ctx.Err() != nil {
			break
		}
	}
	index, err := writeIndex(context.WithoutCancel(ctx), c, dir, entries, &r.pictures)
	if err != nil {
		return err
	}
	c.tell("%s", relative(index))
	if len(failed) > 0 {
		c.say("failed: %s", strings.Join(failed, ", "))
		return errTold
	}
	return ctx.Err()
}

// selectNotebooks returns the files of the named notebooks, in order of their
// names; all but templates when none is named.
func selectNotebooks(dir string, names []string) ([]string, error) {
	all, err := filepath.Glob(filepath.Join(dir, "*.ipynb"))
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no notebooks in %s", dir)
	}
	var known, chosen []string
	for _, path := range all {
		name := notebookName(path)
		known = append(known, name)
		if len(names) > 0 {
			if slices.ContainsFunc(names, func(n string) bool { return notebookName(n) == name }) {
				chosen = append(chosen, path)
			}
			continue
		}
		nb, err := ipynb.ReadFile(path)
		if err != nil {
			return nil, err
		}
		if !nb.IsTemplate() {
			chosen = append(chosen, path)
		}
	}
	for _, n := range names {
		if !slices.Contains(known, notebookName(n)) {
			return nil, usage("no notebook %q%s; there are: %s", n, nearest(n, known), strings.Join(known, ", "))
		}
	}
	return chosen, nil
}

// notebookName is a notebook's name, which may also be given as its file.
func notebookName(arg string) string { return strings.TrimSuffix(filepath.Base(arg), ".ipynb") }

// reproduceJobs gives each notebook the overrides that it knows, and refuses
// those that none knows. The scale is asked of whatever is run: a notebook
// without presets has one only.
func reproduceJobs(root string, paths []string, values map[string]string) ([]*job, error) {
	var jobs []*job
	var known []string
	used := map[string]bool{}
	for _, path := range paths {
		nb, err := ipynb.ReadFile(path)
		if err != nil {
			return nil, err
		}
		params, err := ipynb.Parameters(nb)
		if err != nil {
			return nil, usage("%s: %w", path, err)
		}
		own := map[string]string{}
		for _, p := range params {
			if v, ok := values[p.Name]; ok {
				own[p.Name], used[p.Name] = v, true
			}
			known = append(known, fmt.Sprintf("%s (%s)", p.Name, p.Kind))
		}
		j, err := newJob(root, path, own)
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, j)
	}
	slices.Sort(known)
	for name := range values {
		if !used[name] && name != "scale" {
			return nil, usage("unknown parameter %q; known: %s", name, strings.Join(slices.Compact(known), ", "))
		}
	}
	return jobs, nil
}
