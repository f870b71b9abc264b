package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strconv"
	"strings"

	"microcircuits/dendrite/notebook/names"
	"microcircuits/dendrite/record"
	"microcircuits/kernel/ipynb"
)

// output converts one output for the report. It uses the richest format that is safe,
// like a notebook, but prefers a chart or the record of a run to their HTML.
func (b *builder) output(o *ipynb.Output) ([]outputView, error) {
	switch o.Type {
	case ipynb.Malformed:
		return one(outputView{Note: "An output of this cell cannot be read: " + o.Problem + "."}), nil
	case ipynb.Stream:
		if text := plain(o.Text); strings.TrimSpace(text) != "" {
			return one(outputView{Text: text, Stderr: o.Name == "stderr"}), nil
		}
		return nil, nil
	case ipynb.ErrorOutput:
		title := shortError(o)
		detail := plain(strings.Join(o.Traceback, "\n"))
		if strings.TrimSpace(detail) == "" {
			detail = plain(o.EValue)
		}
		if strings.TrimSpace(detail) == title {
			detail = ""
		}
		return one(outputView{Error: &errorView{Title: title, Detail: detail}}), nil
	}
	switch names.RoleOf(o.Metadata) {
	case names.ECharts: // the report contains ECharts itself
		return nil, nil
	case names.Progress: // show only the last line of a progress bar
		if text, ok := o.TextOf("text/plain"); ok && strings.TrimSpace(text) != "" {
			return one(outputView{Note: plain(strings.TrimSpace(text))}), nil
		}
		return nil, nil
	}
	if c, ok, err := chartOf(o); ok {
		if err != nil {
			return nil, err
		}
		f, err := b.figure(c, o)
		if err != nil {
			return nil, err
		}
		return one(outputView{Figure: f}), nil
	}
	if r, ok, err := RunOf(o); ok {
		if err != nil {
			return nil, err
		}
		return b.comparison(r), nil
	}
	return b.foreign(o)
}

func one(v outputView) []outputView { return []outputView{v} }

// foreign converts an output that does not come from this project. It shows the richest
// part of the output that a report can show. Parts that it cannot show are named, unless
// a picture or HTML is shown in their place.
func (b *builder) foreign(o *ipynb.Output) ([]outputView, error) {
	var notes template.HTML
	if text, ok := o.TextOf("text/html"); ok {
		html, shown, err := b.w.foreign(text)
		if err != nil {
			return nil, err
		}
		if shown {
			return one(outputView{HTML: html}), nil
		}
		notes = html
	}
	if uri := bestPicture(o.Data); uri != "" {
		alt, _ := o.TextOf("text/plain")
		if alt = strings.TrimSpace(plain(alt)); alt == "" || len(alt) > 300 {
			alt = "picture in the output of the cell"
		}
		return one(outputView{Picture: template.URL(uri), Alt: alt}), nil
	}
	for _, mime := range []string{"text/markdown", "text/latex"} {
		text, ok := o.TextOf(mime)
		if !ok || strings.TrimSpace(text) == "" {
			continue
		}
		render := b.w.latex
		if mime == "text/markdown" {
			render = func(text string) (template.HTML, error) { return b.w.markdown(text, nil, false) }
		}
		html, err := render(text)
		if err != nil {
			return nil, err
		}
		return one(outputView{HTML: html}), nil
	}
	var views []outputView
	if notes != "" {
		views = one(outputView{HTML: notes})
	}
	left := slices.Sorted(maps.Keys(o.Data))
	show := func(mime, text string) {
		if text = plain(text); strings.TrimSpace(text) != "" {
			views = append(views, outputView{Text: text})
		}
		left = slices.DeleteFunc(left, func(s string) bool { return s == mime || s == "text/plain" })
	}
	var indented bytes.Buffer
	if raw, ok := o.Data["application/json"]; ok && json.Indent(&indented, raw, "", "  ") == nil {
		show("application/json", indented.String())
	} else if text, ok := o.TextOf("text/plain"); ok {
		show("text/plain", text)
	} else if i := slices.IndexFunc(left, func(s string) bool { return strings.HasPrefix(s, "text/") && s != "text/html" }); i >= 0 {
		if text, ok := o.TextOf(left[i]); ok {
			show(left[i], text)
		}
	}
	left = slices.DeleteFunc(left, func(mime string) bool {
		text, ok := o.TextOf(mime)
		return ok && strings.TrimSpace(text) == "" || mime == "text/html" && notes != ""
	})
	if len(left) > 0 {
		views = append(views, outputView{Note: "Not shown in a report: output of type " + strings.Join(left, ", ") + "."})
	}
	return views, nil
}

// figure prepares a chart: its number, picture, option and data.
func (b *builder) figure(c *chartData, o *ipynb.Output) (*figureView, error) {
	option, err := scrub(c.Option)
	if err != nil {
		return nil, fmt.Errorf("chart %q: %w", c.Title, err)
	}
	picture, err := b.pictures.of(b.ctx, c, o)
	if err != nil {
		return nil, err
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, option); err != nil {
		return nil, fmt.Errorf("chart %q: option: %w", c.Title, err)
	}
	b.figures++
	b.page.HasChart = true
	f := &figureView{
		Number: strconv.Itoa(b.figures) + b.side, Title: c.Title, Caption: c.Caption, Alt: c.Alt, Width: c.Width, Height: c.Height,
		MaxWidth: c.Width * 5 / 4,
		Picture:  sourceOf(picture), Option: pack("option", shareImages(compact.String(), picture)),
		AllRows: len(c.Table.Rows), Note: c.Table.Note,
	}
	// Names of saved files contain the number only, no text of the notebook.
	name := "figure-" + f.Number
	f.CSVName, f.SVGName, f.PNGName = name+".csv", name+".svg", name+".png"
	if f.HasTable = len(c.Table.Columns) > 0 && len(c.Table.Rows) > 0; f.HasTable {
		if csv := c.Table.csv(); len(csv) <= plainCSV {
			f.CSV = csvLink(csv)
		} else {
			f.PackedCSV = pack("csv", csv)
		}
		for i := range c.Table.Columns {
			f.Columns = append(f.Columns, c.Table.label(i))
		}
		f.Rows = shortRows(c.Table.Rows[:min(maxRows, len(c.Table.Rows))])
	}
	return f, nil
}

// comparison returns the table that compares a run with the paper, at the first place
// where the notebook shows the run. The other parts of the record are at the end of the
// report.
func (b *builder) comparison(r *record.Record) []outputView {
	i := slices.IndexFunc(b.runs, sameRun(r))
	if b.page.Runs[i].comparisonShown || len(b.runs[i].Claims) == 0 {
		return nil
	}
	b.page.Runs[i].comparisonShown = true
	return one(outputView{Run: b.page.Runs[i]})
}
