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
	"path/filepath"

	"microcircuits/kernel/internal/files"
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

// File renders an executed notebook into a file, which appears whole or not at
// all, and returns its entry for an index page in the same folder.
func File(ctx context.Context, nb *ipynb.Notebook, path string, opts Options) (Entry, error) {
	html, err := Write(ctx, nb, opts)
	if err != nil {
		return Entry{}, err
	}
	if err := Save(path, html); err != nil {
		return Entry{}, err
	}
	return Summarize(ctx, nb, filepath.Base(path), opts.Pictures)
}

// Save writes a page into a file, which appears whole or not at all.
func Save(path string, html []byte) error {
	if err := files.Write(path, html); err != nil {
		return fmt.Errorf("save %s: %w", path, err)
	}
	return nil
}
