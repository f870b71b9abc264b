package report

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
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

// foreign converts an output that does not come from this project.
func (b *builder) foreign(o *ipynb.Output) ([]outputView, error) {
	if text, ok := o.TextOf("text/html"); ok {
		html, err := b.w.foreign(text)
		if err != nil {
			return nil, err
		}
		if strings.TrimSpace(string(html)) != "" {
			return one(outputView{HTML: html}), nil
		}
	}
	alt, _ := o.TextOf("text/plain")
	if alt = strings.TrimSpace(plain(alt)); alt == "" || len(alt) > 300 {
		alt = "picture in the output of the cell"
	}
	if text, ok := o.TextOf("image/svg+xml"); ok {
		src := "data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString([]byte(text))
		return one(outputView{Picture: template.URL(src), Alt: alt}), nil
	}
	for _, kind := range []string{"image/png", "image/jpeg", "image/gif", "image/webp"} {
		if data, ok := o.TextOf(kind); ok {
			uri := kind + ";base64," + strings.Join(strings.Fields(data), "")
			if dataImage.MatchString(uri) {
				return one(outputView{Picture: template.URL("data:" + uri), Alt: alt}), nil
			}
		}
	}
	if text, ok := o.TextOf("text/markdown"); ok {
		html, err := b.w.markdown(text, nil, false, showSource)
		if err != nil {
			return nil, err
		}
		return one(outputView{HTML: html}), nil
	}
	if text, ok := o.TextOf("text/latex"); ok {
		html, err := b.w.markdown(text, nil, false, showSource)
		if err != nil {
			return nil, err
		}
		return one(outputView{HTML: html}), nil
	}
	if text, ok := o.TextOf("text/plain"); ok && strings.TrimSpace(text) != "" {
		return one(outputView{Text: plain(text)}), nil
	}
	return nil, nil
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
		for _, row := range c.Table.Rows[:min(maxRows, len(c.Table.Rows))] {
			cells := make([]string, len(row))
			for i, v := range row {
				cells[i] = shortNumber(v)
			}
			f.Rows = append(f.Rows, cells)
		}
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
