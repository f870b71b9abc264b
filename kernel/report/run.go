package report

import (
	"fmt"
	"slices"

	"microcircuits/dendrite/record"
	"microcircuits/kernel/ipynb"
)

// RunOf returns the record of a run in an output; false if there is none.
func RunOf(o *ipynb.Output) (*record.Record, bool, error) {
	raw, ok := o.Data[record.MIME]
	if !ok {
		return nil, false, nil
	}
	r, err := record.Read(raw)
	return r, true, err
}

// sameRun returns a function that reports whether a record belongs to the same run as r.
func sameRun(r *record.Record) func(*record.Record) bool {
	return func(s *record.Record) bool {
		return r.Experiment == s.Experiment && slices.Equal(r.Parameters, s.Parameters) &&
			slices.Equal(r.Provenance.Runs, s.Provenance.Runs)
	}
}

// A Badge shows the scale of a run.
type Badge struct {
	Text  string
	Class string // reduced, full or custom
}

// badgeOf returns the badge of a run.
func badgeOf(r *record.Record) Badge {
	b := Badge{Text: string(r.Scale), Class: "full"}
	switch {
	case r.Changed:
		b = Badge{Text: "Custom parameters", Class: "custom"}
	case r.Scale == record.Quick:
		b.Text = "Quick"
	case r.Scale == record.Paper:
		b.Text = "Paper scale"
	}
	if r.Reduced {
		b.Text, b.Class = b.Text+" (reduced run)", "reduced"
	}
	return b
}

// verdictClass returns the CSS class of a verdict.
func verdictClass(v record.Verdict) string {
	if v.Rank() < 0 {
		return "unknown"
	}
	return string(v)
}

// Runs returns the distinct runs of a notebook in the order of their first
// appearance.
func Runs(nb *ipynb.Notebook) ([]*record.Record, error) {
	var runs []*record.Record
	for i, cell := range nb.Cells {
		if hidden(cell) {
			continue
		}
		for _, o := range cell.Outputs {
			r, ok, err := RunOf(o)
			if err != nil {
				return nil, fmt.Errorf("cell %d: %w", i+1, err)
			}
			if ok && !slices.ContainsFunc(runs, sameRun(r)) {
				runs = append(runs, r)
			}
		}
	}
	return runs, nil
}

// badges returns the distinct badges of runs.
func badges(runs []*record.Record) []Badge {
	var all []Badge
	for _, r := range runs {
		if b := badgeOf(r); !slices.Contains(all, b) {
			all = append(all, b)
		}
	}
	return all
}

func claims(runs []*record.Record) []record.Claim {
	var all []record.Claim
	for _, r := range runs {
		all = append(all, r.Claims...)
	}
	return all
}

// A count is the number of claims with a verdict.
type count struct {
	N       int
	Verdict record.Verdict
}

// tally counts the verdicts, best first.
func tally(claims []record.Claim) []count {
	var counts []count
	for _, v := range []record.Verdict{record.Matches, record.Qualitatively, record.Deviates, record.NotComparable} {
		n := 0
		for _, c := range claims {
			if c.Verdict == v {
				n++
			}
		}
		if n > 0 {
			counts = append(counts, count{n, v})
		}
	}
	return counts
}

// hidden reports whether a cell and its outputs are left out of the report.
func hidden(c *ipynb.Cell) bool { return c.HasTag("remove-cell") }
