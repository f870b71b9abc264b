package report

import (
	"bytes"
	"context"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"microcircuits/kernel/ipynb"
)

// A versus is everything the page that compares two notebooks shows.
type versus struct {
	Title, Figure string
	Paper         paper
	Runs          []runPair
	Figures       []pair

	CSP     string
	Style   template.CSS
	Theme   template.HTML
	Scripts []template.HTML
}

// Numbers tells whether any run has some.
func (v *versus) Numbers() bool {
	return slices.ContainsFunc(v.Runs, func(p runPair) bool { return len(p.Verdicts) > 0 })
}

// A runPair is a run of one notebook beside that of the other.
type runPair struct {
	Title    string // empty where there is one pair
	Sides    []sideView
	Changed  []difference
	Alike    int // parameters that do not differ
	Verdicts []verdicts
}

// A sideView is one of the two runs.
type sideView struct {
	Name       string // A or B
	Run        *Run
	Info       ipynb.RunInfo
	Deviations []string // from the paper, of this run and not of the other
}

// A difference is a parameter that the two runs have different values of.
type difference struct {
	parameterView
	A, B string
}

// verdicts is a quantity of both runs; what one run lacks is empty.
type verdicts struct {
	Quantity, Paper, Tolerance string
	A, B                       *Chip
}

// A pair is a figure of both runs; one side may be nil.
type pair struct{ Sides []*figureView }

// Compare renders two executed notebooks of one figure side by side: what was
// changed, what came out, and where the numbers come from. Several runs of one
// experiment are paired in their order, and their figures have the same axes. It
// fails if the notebooks do not show as many runs of the same experiments, or one
// was not executed.
func Compare(ctx context.Context, a, b *ipynb.Notebook, opts Options) ([]byte, error) {
	if opts.Pictures == nil {
		opts.Pictures = new(Pictures)
	}
	a, b, err := sharedAxes(a, b)
	if err != nil {
		return nil, fmt.Errorf("compare reports: %w", err)
	}
	var pages [2]*page
	for i, nb := range []*ipynb.Notebook{a, b} {
		opts.side = string("AB"[i])
		p, err := build(ctx, nb, opts)
		if err != nil {
			return nil, fmt.Errorf("compare reports: notebook %s: %w", opts.side, err)
		}
		if len(p.Runs) == 0 {
			return nil, fmt.Errorf("compare reports: notebook %s holds no finished run: run it first, say with go run ./kernel run", opts.side)
		}
		pages[i] = p
	}
	v, err := compare(pages[0], pages[1])
	if err != nil {
		return nil, fmt.Errorf("compare reports: %w", err)
	}
	v.Theme, v.Scripts, v.CSP = behaviour(pages[0].HasChart || pages[1].HasChart)
	v.Style = template.CSS(asset("page.css") + asset("report.css") + asset("compare.css"))
	var out bytes.Buffer
	if err := templates.ExecuteTemplate(&out, "compare.html", v); err != nil {
		return nil, fmt.Errorf("compare reports: %w", err)
	}
	return out.Bytes(), nil
}

func compare(a, b *page) (*versus, error) {
	experiments := func(p *page) string {
		var names []string
		for _, r := range p.Runs {
			names = append(names, r.Experiment)
		}
		slices.Sort(names)
		return strings.Join(names, ", ")
	}
	if ea, eb := experiments(a), experiments(b); ea != eb {
		return nil, fmt.Errorf("notebook A shows %s, notebook B %s: choose two runs of the same notebook", ea, eb)
	}
	v := &versus{Title: a.Title, Figure: a.Runs[len(a.Runs)-1].Figure, Paper: thePaper}
	left := slices.Clone(b.Runs)
	for _, ra := range a.Runs {
		i := slices.IndexFunc(left, func(r *runView) bool { return r.Experiment == ra.Experiment })
		rb := left[i]
		p := runPair{Sides: []sideView{
			{"A", ra.Run, a.Info, without(ra.Deviations, rb.Deviations)},
			{"B", rb.Run, b.Info, without(rb.Deviations, ra.Deviations)},
		}}
		if ra.Many {
			p.Title = ra.Title
		}
		p.parameters(ra, rb)
		p.verdicts(ra, rb)
		v.Runs = append(v.Runs, p)
		left = slices.Delete(left, i, i+1)
	}
	fa, fb := a.figures(), b.figures()
	for i := range max(len(fa), len(fb)) {
		p := pair{make([]*figureView, 2)}
		if i < len(fa) {
			p.Sides[0] = fa[i]
		}
		if i < len(fb) {
			p.Sides[1] = fb[i]
		}
		v.Figures = append(v.Figures, p)
	}
	return v, nil
}

// without returns the lines that are not among the others.
func without(lines, others []string) []string {
	return slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return slices.Contains(others, line) })
}

// parameters lists what differs; a parameter that only one run has differs too.
func (p *runPair) parameters(a, b *runView) {
	inB := map[string]parameterView{}
	for _, q := range b.Parameters {
		inB[q.Name] = q
	}
	for _, q := range a.Parameters {
		r, ok := inB[q.Name]
		delete(inB, q.Name)
		switch {
		case !ok:
			p.Changed = append(p.Changed, difference{q, q.Value, "not there"})
		case q.Value != r.Value:
			p.Changed = append(p.Changed, difference{q, q.Value, r.Value})
		default:
			p.Alike++
		}
	}
	for _, q := range b.Parameters {
		if _, left := inB[q.Name]; left {
			p.Changed = append(p.Changed, difference{q, "not there", q.Value})
		}
	}
	p.seeds(a, b)
}

// seeds adds how many there were, where that differs and is no parameter of the
// experiment, which it is not in the user's own.
func (p *runPair) seeds(a, b *runView) {
	const name = "Seeds"
	in := func(r *runView) bool {
		return slices.ContainsFunc(r.Parameters, func(q parameterView) bool { return q.Name == name })
	}
	seedsA, seedsB := len(a.Provenance.Seeds), len(b.Provenance.Seeds)
	if seedsA == seedsB || in(a) || in(b) {
		return
	}
	q := parameterView{Parameter: Parameter{Name: name, Doc: "networks"}}
	p.Changed = append(p.Changed, difference{q, fmt.Sprint(seedsA), fmt.Sprint(seedsB)})
}

func (p *runPair) verdicts(a, b *runView) {
	at := map[string]int{}
	for _, c := range a.Comparison {
		chip := c.Chip()
		at[c.Quantity] = len(p.Verdicts)
		p.Verdicts = append(p.Verdicts, verdicts{Quantity: c.Quantity, Paper: c.Paper, Tolerance: c.Tolerance, A: &chip})
	}
	for _, c := range b.Comparison {
		chip := c.Chip()
		i, ok := at[c.Quantity]
		if !ok {
			p.Verdicts = append(p.Verdicts, verdicts{Quantity: c.Quantity, Paper: c.Paper, Tolerance: c.Tolerance, B: &chip})
			continue
		}
		p.Verdicts[i].B = &chip
		if p.Verdicts[i].Tolerance != c.Tolerance { // other scales have other bounds
			p.Verdicts[i].Tolerance += "; B: " + c.Tolerance
		}
	}
}

// figures lists the page's figures in their order.
func (p *page) figures() []*figureView {
	var all []*figureView
	for _, c := range p.Cells {
		for _, o := range c.Outputs {
			if o.Figure != nil {
				all = append(all, o.Figure)
			}
		}
	}
	return all
}
