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
	"microcircuits/kernel/ipynb"
)

// output turns one output into what the report shows of it: the richest form
// it can show safely, as a notebook would, but a chart and a run's record
// before their HTML.
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
	case names.ECharts: // the report has its own
		return nil, nil
	case names.Progress: // of a bar only its last line is of interest afterwards
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
	if r, ok, err := runOf(o); ok {
		if err != nil {
			return nil, err
		}
		return b.comparison(r), nil
	}
	return b.foreign(o)
}

func one(v outputView) []outputView { return []outputView{v} }

// foreign shows an output nothing of this project has made.
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
		alt = "picture printed by the cell above"
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
		html, err := b.w.markdown(text, nil, false, asWrote)
		if err != nil {
			return nil, err
		}
		return one(outputView{HTML: html}), nil
	}
	if text, ok := o.TextOf("text/latex"); ok {
		html, err := b.w.markdown(text, nil, false, asWrote)
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
		Picture:  sourceOf(picture), Option: pack("option", sharing(compact.String(), picture)),
		AllRows: len(c.Table.Rows), Note: c.Table.Note,
	}
	// Names of saved files come from the number alone.
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

// comparison places the paper-versus-ours table of a run where the notebook
// first shows it. The other parts of a run's record stand at the end of the
// report, once.
func (b *builder) comparison(r *Run) []outputView {
	i := slices.IndexFunc(b.runs, r.same)
	if b.page.Runs[i].placed || len(b.runs[i].Comparison) == 0 {
		return nil
	}
	b.page.Runs[i].placed = true
	return one(outputView{Run: b.page.Runs[i]})
}
