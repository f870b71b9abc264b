package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"microcircuits/kernel/ipynb"
	"microcircuits/kernel/report"
)

const indexName = "index.html"

type reportCmd struct {
	Notebooks []string `arg:"" name:"executed" help:"Executed notebooks, saved by \"run\" or by Jupyter: files, or names in the reports folder."`
	Out       string   `short:"o" placeholder:"DIR" help:"Folder for the reports (default: beside the first notebook)."`
	Compare   bool     `help:"Show two executed notebooks of one figure side by side, in A-vs-B.html (FOLDER-A-vs-FOLDER-B.html when their names are the same)."`
}

// Help implements kong.HelpProvider.
func (reportCmd) Help() string {
	return `Writes one self-contained HTML file per notebook, and index.html with links to
every report in the folder.

Examples:

  go run ./kernel report reports/4-mnist.ipynb

  go run ./kernel report mine.ipynb --out site

  scripts/reproduce --reports tweaked -p sigma=0.3 1-self-prediction
  go run ./kernel report --compare reports/1-self-prediction.ipynb tweaked/1-self-prediction.ipynb`
}

func (cmd *reportCmd) Run(ctx context.Context, c *console) error {
	for i, arg := range cmd.Notebooks {
		var err error
		if cmd.Notebooks[i], err = findExecuted(arg); err != nil {
			return err
		}
	}
	dir := cmd.Out
	if dir == "" {
		dir = filepath.Dir(cmd.Notebooks[0])
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if cmd.Compare {
		return cmd.compare(ctx, c, dir)
	}
	var files []string
	for _, path := range cmd.Notebooks {
		files = append(files, notebookName(path)+".html")
	}
	if err := checkDistinct(cmd.Notebooks, files); err != nil {
		return err
	}
	pictures := new(report.Pictures)
	var entries []report.Entry
	for _, path := range cmd.Notebooks {
		nb, err := ipynb.ReadFile(path)
		if err != nil {
			return err
		}
		if report.NeverRan(nb) {
			c.status("%s has not been run, so its report shows text and code only; %s run %s runs it", relative(path), goRun, shellQuote(path))
		}
		name := notebookName(path)
		opts := report.Options{Index: indexName, Pictures: pictures, Folders: foldersOf(path, nb), Warn: c.warner(name)}
		entry, err := writeReport(ctx, nb, dir, name, opts)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		entries = append(entries, entry)
		c.print("%s", relative(filepath.Join(dir, name+".html")))
	}
	index, err := writeIndex(ctx, c, dir, entries, pictures)
	if err != nil {
		return err
	}
	c.print("%s", relative(index))
	return nil
}

// findExecuted returns the file of an executed notebook, given the file, or the name of
// one in the clone's reports folder with or without .ipynb.
func findExecuted(arg string) (string, error) {
	path, err := findIn("reports", arg)
	if err != nil {
		return "", err
	}
	if path == "" {
		return "", usage("there is no executed notebook %s; %s run NOTEBOOK makes one", arg, goRun)
	}
	if ext := filepath.Ext(path); ext == ".html" || ext == ".htm" {
		executed := strings.TrimSuffix(path, ext) + ".ipynb"
		if !isFile(executed) {
			return "", usage("%s is a web page: give the executed notebook (.ipynb) from which it was made", arg)
		}
		return "", usage("%s is a web page: give the executed notebook beside it, %s", arg, executed)
	}
	return path, nil
}

// checkDistinct returns an error if two notebooks would be written to one file.
func checkDistinct(notebooks, files []string) error {
	taken := map[string]string{}
	for i, file := range files {
		if other, ok := taken[file]; ok {
			return usage("%s and %s would both be written to %s: rename one of them, or use another folder", relative(other), relative(notebooks[i]), relative(file))
		}
		taken[file] = notebooks[i]
	}
	return nil
}

// compare writes the page that shows two notebooks side by side.
func (cmd *reportCmd) compare(ctx context.Context, c *console, dir string) error {
	if len(cmd.Notebooks) != 2 {
		return usage("--compare takes two executed notebooks, not %d", len(cmd.Notebooks))
	}
	var nbs [2]*ipynb.Notebook
	for i, path := range cmd.Notebooks {
		var err error
		if nbs[i], err = ipynb.ReadFile(path); err != nil {
			return err
		}
	}
	html, err := report.Compare(ctx, nbs[0], nbs[1], report.Options{})
	if err != nil {
		return err
	}
	file := filepath.Join(dir, versusName(cmd.Notebooks[0], cmd.Notebooks[1]))
	if err := report.Save(file, html); err != nil {
		return err
	}
	c.print("%s", relative(file))
	index, err := writeIndex(ctx, c, dir, nil, new(report.Pictures))
	if err != nil {
		return err
	}
	c.print("%s", relative(index))
	return nil
}

// versusName returns the name of the file that compares two notebooks. Their
// folders are part of it if both have the same name.
func versusName(a, b string) string {
	nameA, nameB := notebookName(a), notebookName(b)
	if nameA == nameB {
		folder := func(path string) string { return filepath.Base(filepath.Dir(path)) + "-" }
		nameA, nameB = folder(a)+nameA, folder(b)+nameB
	}
	return nameA + "-vs-" + nameB + ".html"
}

// foldersOf returns the folders in which an executed notebook's pictures may be: that of
// the notebook it was run from, and its own.
func foldersOf(path string, nb *ipynb.Notebook) []string {
	own := filepath.Dir(path)
	info, _ := nb.Info()
	source := filepath.FromSlash(info.Source)
	root, err := rootOf(path)
	if err != nil || !filepath.IsLocal(source) {
		return []string{own}
	}
	// The executed notebook can come from anywhere: its record must not name any folder.
	if file, err := os.Stat(filepath.Join(root, source)); err != nil || !file.Mode().IsRegular() || filepath.Ext(source) != ".ipynb" {
		return []string{own}
	}
	return []string{filepath.Join(root, filepath.Dir(source)), own}
}

// warner returns a function that prints warnings about the report of a notebook.
func (c *console) warner(name string) func(string) {
	return func(text string) { c.status("%s: %s", name, text) }
}

// writeReport writes dir/name.html and returns its entry for the index.
func writeReport(ctx context.Context, nb *ipynb.Notebook, dir, name string, opts report.Options) (report.Entry, error) {
	if name+".html" == indexName {
		return report.Entry{}, usage("its report would be %s, which is the index of the reports: give the notebook another name", indexName)
	}
	return report.File(ctx, nb, filepath.Join(dir, name+".html"), opts)
}

// writeIndex writes the index page of a folder. It lists the given entries, and
// earlier reports whose executed notebook is still in the folder and can be read, and
// comparisons of two runs.
func writeIndex(ctx context.Context, c *console, dir string, entries []report.Entry, pictures *report.Pictures) (string, error) {
	have := map[string]report.Entry{}
	for _, e := range entries {
		have[e.Href] = e
	}
	pages, err := filepath.Glob(filepath.Join(dir, "*.html"))
	if err != nil {
		return "", err
	}
	entries = nil
	for _, page := range pages { // in the order of their names
		href := filepath.Base(page)
		if e, ok := have[href]; ok {
			entries = append(entries, e)
			continue
		}
		e, err := earlierEntry(ctx, page, pictures)
		if errors.Is(err, os.ErrNotExist) {
			e, err = report.ReadComparison(page)
		}
		switch {
		case errors.Is(err, report.ErrNoComparison): // the index itself, or a page that is not ours
		case err != nil:
			c.status("left out of %s: %v", indexName, err)
		default:
			entries = append(entries, e)
		}
	}
	html, err := report.Index(entries)
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, indexName)
	return path, report.Save(path, html)
}

// earlierEntry returns the index entry of a report made earlier, from the executed
// notebook beside it.
func earlierEntry(ctx context.Context, page string, pictures *report.Pictures) (report.Entry, error) {
	nb, err := ipynb.ReadFile(strings.TrimSuffix(page, ".html") + ".ipynb")
	if err != nil {
		return report.Entry{}, err
	}
	return report.Summarize(ctx, nb, filepath.Base(page), pictures)
}
