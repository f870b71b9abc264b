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

// An Entry stands for one report on the index page.
type Entry struct {
	Href        string // of the report, relative to the index page
	Title       string
	Figure      string   // of the paper; empty for an experiment of the user's own
	Changed     []string // parameters that were, with their values
	Badges      []Badge
	Chips       []Chip
	WallSeconds float64 // of the notebook's run; 0 when unknown
	Started     string
	Failed      bool
	Thumbnail   string // the first chart's static picture, an SVG document; empty for none
	Alt         string // of the thumbnail
}

// Summarize returns the index entry of an executed notebook whose report is at
// href, without making the report. Pictures draws the thumbnail where the notebook
// has none; nil makes one for this entry.
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
	e.Badges, e.Chips = badges(runs), chips(runs)
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
	e.Failed = unrun(nb)
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

// title is the title of a notebook's report as text.
func title(ctx context.Context, nb *ipynb.Notebook) (string, error) {
	w := newWriter(ctx)
	for _, c := range nb.Cells {
		if c.Type != ipynb.Markdown || hidden(c) {
			continue
		}
		if _, err := w.markdown(c.Source, nil, true, asWrote); err != nil {
			return "", err
		}
		if w.titleText != "" {
			return w.titleText, nil
		}
	}
	return untitled, nil
}

// firstChart returns the first chart that the report shows, and its output; nil
// when there is none.
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

// Name is that of the report's file, without its extension: copies of a notebook
// often share their title.
func (e Entry) Name() string { return strings.TrimSuffix(e.Href, path.Ext(e.Href)) }

// Picture returns the thumbnail as an attribute.
func (e Entry) Picture() template.HTMLAttr { return sourceOf(e.Thumbnail) }

// Tally counts the verdicts of the entry's comparisons with the paper; the
// report itself names them one by one.
func (e Entry) Tally() []Chip { return tally(e.Chips) }

func tally(chips []Chip) []Chip {
	var counts []Chip
	for _, class := range []string{"matches", "qualitatively", "deviates"} {
		n, verdict := 0, ""
		for _, c := range chips {
			if c.Class == class {
				n, verdict = n+1, c.Verdict
			}
		}
		if n > 0 {
			counts = append(counts, Chip{Quantity: fmt.Sprint(n), Verdict: verdict, Class: class})
		}
	}
	return counts
}

// Index renders the page that leads to the reports: a gallery in the order of
// the entries. Links are relative, so that the folder can be moved. The paper is
// named where one of them reproduces a figure of it.
func Index(entries []Entry) ([]byte, error) {
	scripts, policy := inline([]string{asset("theme.js"), asset("toggle.js")})
	data := struct {
		Entries []Entry
		Cited   bool
		Paper   paper
		CSP     string
		Style   template.CSS
		Theme   template.HTML
		Script  template.HTML
	}{entries, slices.ContainsFunc(entries, func(e Entry) bool { return e.Figure != "" }), thePaper, policy, template.CSS(asset("page.css") + asset("index.css")), scripts[0], scripts[1]}
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, "index.html", data); err != nil {
		return nil, fmt.Errorf("index of reports: %w", err)
	}
	return b.Bytes(), nil
}
