package report

import (
	"encoding/json"
	"fmt"
	"slices"

	"microcircuits/kernel/ipynb"
)

// RunMIME is the type under which the record of a run travels in an output.
const RunMIME = "application/vnd.dendrite.run+json"

// Run is what a finished run tells about itself (version 1 of the record).
type Run struct {
	Version    int          `json:"version"`
	Experiment string       `json:"experiment"`
	Title      string       `json:"title"`
	Figure     string       `json:"figure"` // of the paper; empty for a figure of the user's own
	Scale      string       `json:"scale"`  // quick, paper or custom
	Reduced    bool         `json:"reduced"`
	Parameters []Parameter  `json:"parameters"`
	Comparison []Comparison `json:"comparison"`
	Sources    string       `json:"sources"` // what the letters in the parameters' sources stand for
	Deviations []string     `json:"deviations"`
	Provenance Provenance   `json:"provenance"`
}

// Parameter is a row of the parameter table.
type Parameter struct {
	Name    string `json:"name"`
	Symbol  string `json:"symbol"`
	Value   string `json:"value"`
	Preset  string `json:"preset"`
	Paper   string `json:"paper"`
	Unit    string `json:"unit"`
	Source  string `json:"source"`
	Doc     string `json:"doc"`
	Range   string `json:"range"`
	Changed bool   `json:"changed"`
}

// Comparison is a row of the paper-versus-ours table.
type Comparison struct {
	Quantity  string `json:"quantity"`
	Paper     string `json:"paper"`
	Ours      string `json:"ours"`
	Tolerance string `json:"tolerance"`
	Verdict   string `json:"verdict"` // matches, qualitatively or deviates
	Note      string `json:"note"`
}

// Provenance says where and when a run's numbers were computed.
type Provenance struct {
	Seeds          []int64 `json:"seeds"`
	Started        string  `json:"started"`
	WallSeconds    float64 `json:"wallSeconds"`
	ComputeSeconds float64 `json:"computeSeconds"`
	Cached         bool    `json:"cached"`
	Go             string  `json:"go"`
	Arch           string  `json:"arch"`
	Backend        string  `json:"backend"`
	CPU            string  `json:"cpu"`
	Commit         string  `json:"commit"` // of the code; several are separated by semicolons
	Data           []struct {
		Name   string `json:"name"`
		SHA256 string `json:"sha256"`
	} `json:"data"`
	Runs []string `json:"runs"`
}

// RunOf returns the record of a run in an output; false when it holds none.
func RunOf(o *ipynb.Output) (*Run, bool, error) { return runOf(o) }

// runOf returns the record in an output; false when it holds none.
func runOf(o *ipynb.Output) (*Run, bool, error) {
	raw, ok := o.Data[RunMIME]
	if !ok {
		return nil, false, nil
	}
	var r Run
	if err := json.Unmarshal(raw, &r); err != nil {
		return nil, true, fmt.Errorf("read the record of a run: %w", err)
	}
	if r.Version != 1 {
		return nil, true, fmt.Errorf("the record of run %q has version %d, this report reads version 1: use the kernel of the clone that made it", r.Experiment, r.Version)
	}
	return &r, true, nil
}

// same reports whether two records tell about one run.
func (r *Run) same(s *Run) bool {
	return r.Experiment == s.Experiment && slices.Equal(r.Parameters, s.Parameters) &&
		slices.Equal(r.Provenance.Runs, s.Provenance.Runs)
}

// A Badge names the scale of a run, to be seen before any of its numbers.
type Badge struct {
	Text  string
	Class string // reduced, full or custom
}

// Badge returns the badge of the run.
func (r *Run) Badge() Badge {
	b := Badge{Text: r.Scale, Class: "full"}
	switch r.Scale {
	case "quick":
		b.Text = "Quick"
	case "paper":
		b.Text = "Paper scale"
	case "custom":
		b = Badge{Text: "Custom parameters", Class: "custom"}
	}
	if r.Reduced {
		b.Text, b.Class = b.Text+" (reduced run)", "reduced"
	}
	return b
}

// A Chip is a verdict in short.
type Chip struct {
	Quantity, Paper, Ours string
	Verdict               string // in words
	Class                 string // matches, qualitatively, deviates or unknown
}

// Chip returns the comparison's chip.
func (c Comparison) Chip() Chip {
	chip := Chip{Quantity: c.Quantity, Paper: c.Paper, Ours: c.Ours, Class: c.Verdict}
	switch c.Verdict {
	case "matches":
		chip.Verdict = "matches"
	case "qualitatively":
		chip.Verdict = "qualitatively"
	case "deviates":
		chip.Verdict = "deviates"
	default:
		chip.Verdict, chip.Class = "not judged", "unknown"
	}
	return chip
}

// Runs returns the distinct runs of a notebook in the order of their first
// appearance.
func Runs(nb *ipynb.Notebook) ([]*Run, error) {
	var runs []*Run
	for i, cell := range nb.Cells {
		if hidden(cell) {
			continue
		}
		for _, o := range cell.Outputs {
			r, ok, err := runOf(o)
			if err != nil {
				return nil, fmt.Errorf("cell %d: %w", i+1, err)
			}
			if ok && !slices.ContainsFunc(runs, r.same) {
				runs = append(runs, r)
			}
		}
	}
	return runs, nil
}

// badges returns the distinct badges of runs.
func badges(runs []*Run) []Badge {
	var all []Badge
	for _, r := range runs {
		if b := r.Badge(); !slices.Contains(all, b) {
			all = append(all, b)
		}
	}
	return all
}

func chips(runs []*Run) []Chip {
	var all []Chip
	for _, r := range runs {
		for _, c := range r.Comparison {
			all = append(all, c.Chip())
		}
	}
	return all
}

// hidden reports whether a cell and all it says stay out of the report.
func hidden(c *ipynb.Cell) bool { return c.HasTag("remove-cell") }
