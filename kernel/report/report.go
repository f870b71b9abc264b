// Package report converts an executed notebook to one HTML file that needs no network,
// no fonts and no other files.
//
// The file contains each chart twice: as a static picture, for print and for viewers
// that do not run scripts, and as the option from which ECharts draws the interactive
// chart. ECharts is included once. Formulas are MathML. Code is folded. The parameters,
// the comparison with the paper, the deviations and the provenance of a run come from the
// record in the notebook's outputs.
//
// The contents of a notebook are not trusted: html/template escapes all text, foreign
// HTML is sanitised, JSON is escaped, and a Content-Security-Policy allows only this
// package's scripts, by their hashes. File names never come from a notebook.
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
	// "index.html"; "" for none.
	Index string
	// Pictures draws charts without static picture. If it is nil, a new one is used;
	// sharing one between reports saves time.
	Pictures *Pictures
	// Folders are where files may be to which the notebook refers by a relative path: the
	// folder of the notebook's source, then others. Pictures in them are included. If it
	// is empty, no file is read.
	Folders []string
	// Warn is called with one line for each formula that KaTeX refuses and that is shown
	// as written. It may be nil.
	Warn func(text string)

	side string
}

// Write renders an executed notebook. It returns an error with the number of the cell if
// ECharts cannot draw a chart, or a record has another version. A notebook with failed
// cells is rendered and marked as failed.
func Write(ctx context.Context, nb *ipynb.Notebook, opts Options) ([]byte, error) {
	p, err := build(ctx, nb, opts)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	p.addAssets()
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, "report.html", p); err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	return b.Bytes(), nil
}

// File renders an executed notebook to a file and returns its entry for an index page in
// the same folder.
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

// Save writes a page to a file, completely or not at all.
func Save(path string, html []byte) error { return files.Write(path, html) }
