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
	Notebooks []string `arg:"" name:"executed" type:"existingfile" help:"Executed notebooks, as \"run\" or Jupyter saves them."`
	Out       string   `short:"o" placeholder:"DIR" help:"Folder for the reports (default: beside the first notebook)."`
	Compare   bool     `help:"Show two executed notebooks of one figure side by side, in A-vs-B.html (FOLDER-A-vs-FOLDER-B.html when their names are the same)."`
}

// Help implements kong.HelpProvider.
func (reportCmd) Help() string {
	return `Writes one self-contained HTML file per notebook, and index.html, which leads to
every report in the folder.

Examples:

  go run ./kernel report reports/4-mnist.ipynb

  go run ./kernel report mine.ipynb --out site

  scripts/reproduce --reports tweaked -p sigma=0.3 1-self-prediction
  go run ./kernel report --compare reports/1-self-prediction.ipynb tweaked/1-self-prediction.ipynb`
}

func (cmd *reportCmd) Run(ctx context.Context, c *console) error {
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
	if err := distinct(cmd.Notebooks, files); err != nil {
		return err
	}
	pictures := new(report.Pictures)
	var entries []report.Entry
	for _, path := range cmd.Notebooks {
		nb, err := ipynb.ReadFile(path)
		if err != nil {
			return err
		}
		name := notebookName(path)
		entry, err := writeReport(ctx, nb, dir, name, pictures)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		entries = append(entries, entry)
		c.tell("%s", relative(filepath.Join(dir, name+".html")))
	}
	index, err := writeIndex(ctx, c, dir, entries, pictures)
	if err != nil {
		return err
	}
	c.tell("%s", relative(index))
	return nil
}

// distinct refuses notebooks that would be written to one file.
func distinct(notebooks, files []string) error {
	taken := map[string]string{}
	for i, file := range files {
		if other, ok := taken[file]; ok {
			return usage("%s and %s would both be written to %s: give one another name, or a folder of its own", relative(other), relative(notebooks[i]), relative(file))
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
	c.tell("%s", relative(file))
	return nil
}

// versusName is the file that compares two notebooks. Notebooks of one name are
// told apart by their folders.
func versusName(a, b string) string {
	nameA, nameB := notebookName(a), notebookName(b)
	if nameA == nameB {
		folder := func(path string) string { return filepath.Base(filepath.Dir(path)) + "-" }
		nameA, nameB = folder(a)+nameA, folder(b)+nameB
	}
	return nameA + "-vs-" + nameB + ".html"
}

// writeReport writes dir/name.html and returns its entry for the index.
func writeReport(ctx context.Context, nb *ipynb.Notebook, dir, name string, pictures *report.Pictures) (report.Entry, error) {
	if name+".html" == indexName {
		return report.Entry{}, usage("its report would be %s, which leads to all others: give the notebook another name", indexName)
	}
	return report.File(ctx, nb, filepath.Join(dir, name+".html"), report.Options{Index: indexName, Pictures: pictures})
}

// writeIndex writes the index page of a folder: the given entries and those of
// earlier reports whose executed notebook is still there and can be read.
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
		e, err := earlier(ctx, page, pictures)
		switch {
		case errors.Is(err, os.ErrNotExist): // the index itself, or somebody else's page
		case err != nil:
			c.say("not in %s: %v", indexName, err)
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

// earlier is the entry of a report made earlier, by the notebook beside it.
func earlier(ctx context.Context, page string, pictures *report.Pictures) (report.Entry, error) {
	nb, err := ipynb.ReadFile(strings.TrimSuffix(page, ".html") + ".ipynb")
	if err != nil {
		return report.Entry{}, err
	}
	return report.Summarize(ctx, nb, filepath.Base(page), pictures)
}
