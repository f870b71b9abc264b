package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/record"
	"microcircuits/kernel/clone"
	"microcircuits/kernel/ipynb"
	"microcircuits/kernel/report"
)

type reproduceCmd struct {
	typed string // path of scripts/reproduce as it was typed; "" for go run ./kernel reproduce
	Clone string `hidden:"" default:"." help:"A folder in the clone (given by scripts/reproduce)."`

	Names []string `arg:"" optional:"" name:"notebook" help:"Notebooks of the notebooks folder, like 4-mnist (default: all)."`
	overrides
	Reports string        `placeholder:"DIR" help:"Folder for the reports (default: reports in the clone)."`
	Force   bool          `help:"Run notebooks again that have not changed since their last good run."`
	Timeout time.Duration `placeholder:"DURATION" help:"Time limit for each cell, like 10m (default: none)."`
	Keep    bool          `help:"Save the numbers of preset runs in notebooks/results. Reports show the ones at the paper's scale as reference runs; check compares with them."`
}

// Help implements kong.HelpProvider.
func (cmd reproduceCmd) Help() string {
	name := cmp.Or(cmd.typed, goRun+" reproduce")
	return strings.ReplaceAll(`Runs the notebooks one after the other. Writes an executed notebook and an HTML report
for each, and index.html with links to all of them. -p changes a parameter in every
notebook that has it. If a notebook fails, the others still run, the index marks it as
failed, and the exit status is 1. The report of an earlier successful run is not changed.

A notebook is not run again if it, its parameters, the code, the data, Go and the stored
results are those of its last good run. That holds for notebooks that use only this project
and packages that compute; one that may read files or the clock always runs. --force and
--keep run every notebook.

Examples:

  go run ./kernel reproduce

  go run ./kernel reproduce 4-mnist --scale paper

  go run ./kernel reproduce 1-self-prediction -p sigma=0.2`, goRun+" reproduce", name)
}

func (cmd *reproduceCmd) Run(ctx context.Context, c *console) error {
	values, err := cmd.values()
	if err != nil {
		return err
	}
	root, err := clone.Find(cmd.Clone)
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
	kept := map[*job]*ipynb.Notebook{}
	var changed []*job
	for _, j := range jobs {
		nb, err := r.unchanged(ctx, j)
		if err != nil || cmd.Force || cmd.Keep {
			changed = append(changed, j)
			continue
		}
		kept[j] = nb
	}
	if len(changed) > 0 {
		if err := r.prepare(ctx, changed); err != nil {
			return err
		}
	}
	var entries []report.Entry
	var failed []string
	for _, j := range jobs {
		if ctx.Err() != nil {
			break
		}
		if j.nb = cmp.Or(kept[j], j.nb); kept[j] != nil {
			r.progress("%-34s unchanged\n", j.name)
			err = nil
		} else if err = r.run(ctx, j); err != nil && !errors.Is(err, errReported) {
			c.status("%s: %v", j.name, err)
		}
		executed := notebookName(j.out) // ends in -failed if the run failed
		opts := report.Options{Index: indexName, Pictures: &r.pictures, Folders: []string{filepath.Dir(j.path)}, Warn: c.warner(executed)}
		entry, reportErr := writeReport(context.WithoutCancel(ctx), j.nb, dir, executed, opts)
		if reportErr != nil {
			c.status("%s: %v", j.name, reportErr)
			entry = report.Entry{Href: executed + ".ipynb", Title: j.name, Failed: true}
		}
		if err != nil || reportErr != nil {
			failed = append(failed, j.name)
		}
		entries = append(entries, entry)
	}
	if len(kept) > 0 {
		r.progress("unchanged since the last run: %d of %s; --force runs them again\n", len(kept), record.Count(len(jobs), "notebook"))
	}
	index, err := writeIndex(context.WithoutCancel(ctx), c, dir, entries, &r.pictures)
	if err != nil {
		return err
	}
	c.print("%s", relative(index))
	if len(failed) > 0 {
		c.status("failed: %s", strings.Join(failed, ", "))
		return errReported
	}
	return ctx.Err()
}

// selectNotebooks returns the files of the named notebooks, sorted by name.
// Without names it returns all notebooks except templates.
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
		if at := filepath.Join(dir, notebookName(n)+".ipynb"); filepath.Base(n) != n && isFile(n) && !sameFile(n, at) {
			return nil, usage("%s is not in %s: run it with %s run %s", n, relative(dir), goRun, shellQuote(n))
		}
		if !slices.Contains(known, notebookName(n)) {
			return nil, usage("no notebook %q%s; there are: %s", n, experiment.DidYouMean(n, known), strings.Join(known, ", "))
		}
	}
	return chosen, nil
}

// notebookName returns the name of a notebook, given its name or its file.
func notebookName(arg string) string { return strings.TrimSuffix(filepath.Base(arg), ".ipynb") }

// reproduceJobs returns one job per notebook, each with those overrides that the
// notebook has. It returns an error if no notebook has an override, except for the
// scale: notebooks without presets run at one scale only.
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
		for name := range literals(params) {
			known = append(known, name)
		}
		var table []record.Parameter
		if f := figureIn(nb); f != nil {
			if table, err = f.Parameters(record.Quick, nil); err != nil {
				return nil, err
			}
		}
		for _, p := range table {
			known = append(known, p.Name)
		}
		own := map[string]string{}
		for name, v := range values {
			if isVariable(params, name) || isParameter(table, name) {
				own[name], used[name] = v, true
			}
		}
		j, err := newJob(root, path, own)
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, j)
	}
	for name := range values {
		if !used[name] && name != "scale" {
			return nil, usage("no notebook has the parameter %s%s. The report of a notebook lists its parameters", name, experiment.DidYouMean(name, known))
		}
	}
	return jobs, nil
}

// isParameter reports whether a name on the command line is that of a parameter, or of
// an element of one, or the last part of the names of one or several: newJob reports an
// error if there are several.
func isParameter(table []record.Parameter, name string) bool {
	plain, _, _ := strings.Cut(strings.ToLower(name), "[")
	return slices.ContainsFunc(table, func(p record.Parameter) bool {
		full := strings.ToLower(p.Name)
		return full == plain || strings.HasSuffix(full, "."+plain)
	})
}
