package dendrite

import (
	"encoding/json"
	"fmt"
	"strings"

	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/notebook"
)

// Show displays each item in the cell: charts, tables, Markdown, anything.
func Show(items ...any) { notebook.Show(items...) }

// Clear removes what the cell has shown so far; with wait, not before the next
// thing is shown.
func Clear(wait bool) { notebook.Clear(wait) }

// Export writes the HTML report of the open notebook, as it stands when the cell
// is done; the cell "%export" does the same.
func Export() { notebook.Export() }

// Parameters checks the parameters and shows their table: value, the paper's
// value and its source.
func Parameters(p experiment.Params) {
	if err := p.Validate(); err != nil {
		fail(err)
	}
	t := notebook.Table{Header: []string{"Parameter", "Symbol", "Value", "Paper", "Unit", "Meaning", "Source"}}
	t.Notes = []string{experiment.Sources}
	changed := false
	for _, q := range p.Parameters() {
		value := q.Value
		if q.Changed {
			value += fmt.Sprintf(" * (preset %s)", q.Preset)
			changed = true
		}
		t.Rows = append(t.Rows, []string{q.Name, q.Symbol, value, q.Paper, q.Unit, q.Doc, q.Source})
	}
	if changed {
		t.Notes = append(t.Notes, "* differs from the preset")
	}
	notebook.Show(t)
}

// Summary shows in one line what was run, at which scale, and what it cost.
func Summary(run experiment.Run) {
	r := run.About()
	how := fmt.Sprintf("computed in %s", seconds(r.Provenance.WallSeconds))
	if r.Provenance.Cached {
		how = fmt.Sprintf("found in the run store (computed on %s)", r.Provenance.Started.Format("2 January 2006"))
	}
	notebook.Show(notebook.Markdown(fmt.Sprintf("**%s**, %s: %d seeds, %s of computing, %s.",
		r.Info.Title, r.Badge(), len(r.Provenance.Seeds), seconds(r.Provenance.ComputeSeconds), how)))
}

func seconds(s float64) string {
	switch {
	case s < 10:
		return fmt.Sprintf("%.1f s", s)
	case s < 120:
		return fmt.Sprintf("%.0f s", s)
	case s < 7200:
		return fmt.Sprintf("%.0f min", s/60)
	}
	return fmt.Sprintf("%.1f h", s/3600)
}

// Compare shows the paper's numbers and ours with tolerance and verdict, and
// what deviates. The whole record of the run, from parameters to provenance,
// travels along for the report.
func Compare(run experiment.Run) {
	r := run.About()
	t := notebook.Table{
		Title:  "Paper versus ours: " + r.Badge(),
		Header: []string{"Quantity", "Paper", "Ours", "Tolerance", "Verdict", "Note"},
	}
	for _, c := range r.Comparison {
		t.Rows = append(t.Rows, []string{c.Quantity, c.Paper, c.Ours, c.Tolerance, string(c.Verdict), c.Note})
	}
	for _, d := range r.Info.Deviations {
		t.Notes = append(t.Notes, "Deviation: "+d)
	}
	var record any
	data, err := json.Marshal(r)
	if err == nil {
		err = json.Unmarshal(data, &record)
	}
	if err != nil {
		fail(fmt.Errorf("record of the run: %w", err))
	}
	bundle := t.Bundle()
	bundle[experiment.MIME] = record
	notebook.Bundle(bundle)
}

// Markdown shows text with **marks** and $formulas$.
func Markdown(lines ...string) { notebook.Show(notebook.Markdown(strings.Join(lines, "\n"))) }

// EachSeed is a table of what every network of a run did.
func EachSeed(title string, r interface {
	EachSeed() (heading []string, rows [][]string)
}) Table {
	t := Table{Title: title}
	t.Header, t.Rows = r.EachSeed()
	for range t.Header {
		t.Align = append(t.Align, notebook.Right)
	}
	return t
}
