package report

import (
	"bytes"
	"context"
	"fmt"
	"html/template"
	"path"
	"slices"
	"strings"

	"microcircuits/kernel/ipynb"
)

// An Entry is one report or one comparison of two runs on the index page.
type Entry struct {
	Href        string // of the report, relative to the index page
	Title       string
	Figure      string   // of the paper; empty for an experiment of the user's own
	Changed     []string // changed parameters with their values
	Badges      []Badge
	Comparison  bool // of two runs; only Href and Title are set
	Standings   []Standing
	WallSeconds float64 // of the notebook's run; 0 if unknown
	Started     string
	Failed      bool
	Thumbnail   string // static picture of the first chart, an SVG document; "" for none
	Alt         string // of the thumbnail
}

// Summarize returns the index entry of an executed notebook whose report is at href.
// It does not write the report. pictures draws the thumbnail if the notebook has none;
// if pictures is nil, a new one is used.
func Summarize(ctx context.Context, nb *ipynb.Notebook, href string, pictures *Pictures) (Entry, error) {
	e, err := summarize(ctx, nb, pictures)
	if err != nil {
		return Entry{}, fmt.Errorf("index entry of %s: %w", href, err)
	}
	e.Href = href
	return e, nil
}

func summarize(ctx context.Context, nb *ipynb.Notebook, pictures *Pictures) (e Entry, err error) {
	runs, err := Runs(nb)
	if err != nil {
		return e, err
	}
	if e.Title, err = title(ctx, nb); err != nil {
		return e, err
	}
	info, _ := nb.Info()
	e.WallSeconds, e.Started = info.WallSeconds, info.Started
	kept, err := references(info, runs)
	if err != nil {
		return e, err
	}
	e.Badges, e.Standings = badges(runs), standings(runs, kept)
	if len(runs) > 0 {
		e.Figure = runs[0].Figure
	}
	for _, r := range runs {
		for _, q := range r.Parameters {
			if text := q.Name + " = " + q.Value; q.Changed && !slices.Contains(e.Changed, text) {
				e.Changed = append(e.Changed, text)
			}
		}
	}
	e.Failed = NeverRan(nb)
	for _, c := range nb.Cells {
		e.Failed = e.Failed || !hidden(c) && len(failures(c)) > 0
	}
	c, o, err := firstChart(nb)
	if c == nil || err != nil {
		return e, err
	}
	if pictures == nil {
		pictures = new(Pictures)
	}
	e.Alt = c.Alt
	e.Thumbnail, err = pictures.of(ctx, c, o)
	return e, err
}

// title returns the title of a notebook's report as text.
func title(ctx context.Context, nb *ipynb.Notebook) (string, error) {
	w := newWriter(ctx)
	for _, c := range nb.Cells {
		if c.Type != ipynb.Markdown || hidden(c) {
			continue
		}
		if _, err := w.markdown(c.Source, nil, true); err != nil {
			return "", err
		}
		if w.titleText != "" {
			return w.titleText, nil
		}
	}
	return untitled, nil
}

// firstChart returns the first chart in the report and its output, or nil.
func firstChart(nb *ipynb.Notebook) (*chartData, *ipynb.Output, error) {
	for _, cell := range nb.Cells {
		if hidden(cell) || cell.HasTag("remove-output") {
			continue
		}
		for _, o := range cell.Outputs {
			if c, ok, err := chartOf(o); ok {
				return c, o, err
			}
		}
	}
	return nil, nil, nil
}

// Name returns the name of the report's file without extension. The index shows it
// because copies of a notebook often have the same title.
func (e Entry) Name() string { return strings.TrimSuffix(e.Href, path.Ext(e.Href)) }

// Picture returns the thumbnail as an attribute.
func (e Entry) Picture() template.HTMLAttr { return sourceOf(e.Thumbnail) }

// Index renders the index page: a gallery of reports in the order of the entries, and a
// list of the comparisons. Links
// are relative, so that the folder can be moved. The page cites the paper if an entry
// reproduces one of its figures.
func Index(entries []Entry) ([]byte, error) {
	scripts, policy := inline([]string{asset("theme.js"), asset("toggle.js")})
	var reports, comparisons []Entry
	for _, e := range entries {
		if e.Comparison {
			comparisons = append(comparisons, e)
		} else {
			reports = append(reports, e)
		}
	}
	data := struct {
		Entries     []Entry
		Comparisons []Entry
		CitesPaper  bool
		Paper       paper
		CSP         string
		Style       template.CSS
		Theme       template.HTML
		Script      template.HTML
	}{reports, comparisons, slices.ContainsFunc(entries, func(e Entry) bool { return e.Figure != "" }), thePaper, policy, template.CSS(asset("page.css") + asset("index.css")), scripts[0], scripts[1]}
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, "index.html", data); err != nil {
		return nil, fmt.Errorf("index of reports: %w", err)
	}
	return b.Bytes(), nil
}
