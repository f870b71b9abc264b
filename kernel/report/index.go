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
// href.
func Summarize(ctx context.Context, nb *ipynb.Notebook, href string, opts Options) (Entry, error) {
	p, err := build(ctx, nb, opts)
	if err != nil {
		return Entry{}, fmt.Errorf("index entry of %s: %w", href, err)
	}
	e := Entry{
		Href: href, Title: p.Title, Badges: p.Badges, Chips: p.Chips,
		WallSeconds: p.Info.WallSeconds, Started: p.Info.Started, Failed: len(p.Failures) > 0 || p.Unrun,
	}
	if len(p.Runs) > 0 {
		e.Figure = p.Runs[0].Figure
	}
	for _, r := range p.Runs {
		for _, q := range r.Run.Parameters {
			if text := q.Name + " = " + q.Value; q.Changed && !slices.Contains(e.Changed, text) {
				e.Changed = append(e.Changed, text)
			}
		}
	}
	if f := p.firstFigure(); f != nil {
		e.Thumbnail, e.Alt = f.svg, f.Alt
	}
	return e, nil
}

func (p *page) firstFigure() *figureView {
	if all := p.figures(); len(all) > 0 {
		return all[0]
	}
	return nil
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
