package dendrite

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"

	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/notebook"
	"microcircuits/dendrite/record"
)

// Show displays each item in the cell: charts, tables, Markdown or any value.
func Show(items ...any) { notebook.Show(items...) }

// Clear removes what the cell has shown. With wait, it does so when the next
// output arrives.
func Clear(wait bool) { notebook.Clear(wait) }

// Export writes the HTML report of the open notebook after the cell has finished.
// The cell "%export" does the same.
func Export() { notebook.Export() }

// Parameters checks the parameters of a figure and shows a table of them: the
// value, the paper's value and its source.
func Parameters[P, R any](d *experiment.Definition[P, R], p P) {
	if err := d.Validate(p); err != nil {
		fail(err)
	}
	t := notebook.Table{Header: []string{"Parameter", "Symbol", "Value", "Paper", "Unit", "Meaning", "Source"}}
	changed, sourced := false, false
	for _, q := range d.Table(p) {
		value := q.Value
		if q.Changed {
			value += fmt.Sprintf(" * (preset %s)", q.Preset)
			changed = true
		}
		sourced = sourced || q.Source != ""
		t.Rows = append(t.Rows, []string{q.Name, q.Symbol, value, q.Paper, q.Unit, q.Doc, q.Source})
	}
	if sourced {
		t.Notes = append(t.Notes, experiment.Sources)
	}
	if changed {
		t.Notes = append(t.Notes, "* differs from the preset")
	}
	notebook.Show(t)
}

// Summary shows one line: the run, its scale and its computing time; and warnings, if
// there are any.
func Summary(run Finished) {
	r := run.About()
	how := fmt.Sprintf("computed in %s", seconds(r.Provenance.WallSeconds))
	if r.Provenance.Cached {
		how = fmt.Sprintf("found in the run store (computed on %s)", r.Provenance.Started.Format("2 January 2006"))
	}
	notebook.Show(notebook.Markdown(fmt.Sprintf("**%s**, %s: %s, %s of computing, %s.",
		r.Title, r.Badge(), record.Count(len(r.Provenance.Seeds), "seed"), seconds(r.Provenance.ComputeSeconds), how)))
	for _, w := range r.Warnings {
		notebook.Show(notebook.Markdown("**Warning.** " + w))
	}
}

func seconds(s float64) string { return notebook.Duration(time.Duration(s * float64(time.Second))) }

// Compare shows the paper's numbers and ours with tolerance and verdict, and the
// deviations. The output also contains the record of the run, from parameters to
// provenance, for the report.
func Compare(run Finished) {
	r := run.About()
	t := notebook.Table{
		Title:  "Paper versus ours: " + r.Badge(),
		Header: []string{"Quantity", "Paper", "Ours", "Tolerance", "Verdict", "Note"},
	}
	for _, c := range r.Claims {
		t.Rows = append(t.Rows, []string{c.Quantity, c.Paper.String(), c.OursText(), c.BoundText(), c.Verdict.Words(), c.Note})
	}
	for _, w := range r.Warnings {
		t.Notes = append(t.Notes, "Warning: "+w)
	}
	for _, d := range r.Deviations {
		t.Notes = append(t.Notes, "Deviation: "+d)
	}
	var form any
	data, err := json.Marshal(r)
	if err == nil {
		err = json.Unmarshal(data, &form)
	}
	if err != nil {
		fail(fmt.Errorf("record of the run: %w", err))
	}
	bundle := t.Bundle()
	bundle[record.MIME] = form
	notebook.Bundle(bundle)
}

// Markdown shows text with **marks** and $formulas$.
func Markdown(lines ...string) { notebook.Show(notebook.Markdown(strings.Join(lines, "\n"))) }

// Rows returns a table of the rows that list returns, such as run.EachSeed.
// Columns of numbers are aligned to the right.
func Rows(title string, list func() (header []string, rows [][]string)) Table {
	t := Table{Title: title}
	t.Header, t.Rows = list()
	for column := range t.Header {
		align := notebook.Right
		for _, row := range t.Rows {
			if strings.IndexFunc(row[column], unicode.IsDigit) != 0 {
				align = notebook.Left
			}
		}
		t.Align = append(t.Align, align)
	}
	return t
}
