// Package report turns an executed notebook into one HTML file that needs
// nothing else: no network, no fonts, no folder beside it.
//
// The file holds every chart twice: as a picture, for print, for readers
// without scripts and for sanitised viewers, and as the option from which
// ECharts, included once, draws the interactive chart in its place. Formulas
// are MathML. Code is folded. What a run tells about itself (parameters,
// comparison with the paper, deviations, provenance) is read from the record
// in the notebook's outputs and rendered here.
//
// Nothing a notebook contains is trusted: html/template escapes all text,
// foreign HTML is sanitised, JSON is escaped, and a Content-Security-Policy
// allows this package's own scripts by their hashes and nothing else. Nothing
// in a notebook chooses the name of a file.
//
// The same notebook gives the same bytes.
package report

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"

	"microcircuits/kernel/ipynb"
)

// Options of a report.
type Options struct {
	// Index is the address of the index page relative to the report, such as
	// "index.html"; empty for none.
	Index string
	// Pictures draws the charts that bring no static picture; nil makes one
	// for this report. Sharing it between reports saves its start.
	Pictures *Pictures

	side string
}

// Write renders an executed notebook. It fails, naming the cell, on a formula
// KaTeX refuses, on a chart ECharts cannot draw and on a record of another
// version. A notebook that failed is rendered, and marked.
func Write(ctx context.Context, nb *ipynb.Notebook, opts Options) ([]byte, error) {
	p, err := build(ctx, nb, opts)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	p.dress()
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, "report.html", p); err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	return b.Bytes(), nil
}

// File renders an executed notebook into a file. The file appears whole or not
// at all.
func File(ctx context.Context, nb *ipynb.Notebook, path string, opts Options) error {
	html, err := Write(ctx, nb, opts)
	if err != nil {
		return err
	}
	return Save(path, html)
}

// Save writes a page under a temporary name, flushes it and renames it.
func Save(path string, html []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("save %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
			err = fmt.Errorf("save %s: %w", path, err)
		}
	}()
	if _, err = f.Write(html); err != nil {
		return err
	}
	if err = f.Chmod(0o644); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
