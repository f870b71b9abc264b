package report

import (
	"bytes"
	"context"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"microcircuits/dendrite/record"
	"microcircuits/kernel/ipynb"
)

// A comparePage is the data of the page that compares two notebooks.
type comparePage struct {
	Title, Figure string
	Paper         paper
	Runs          []runPair
	Figures       []pair

	CSP     string
	Style   template.CSS
	Theme   template.HTML
	Scripts []template.HTML
}

// Numbers reports whether any pair of runs has numbers to compare.
func (v *comparePage) Numbers() bool {
	return slices.ContainsFunc(v.Runs, func(p runPair) bool { return len(p.Verdicts) > 0 })
}

// A runPair is a run of notebook A and the matching run of notebook B.
type runPair struct {
	Title     string // empty if there is only one pair
	Sides     []sideView
	Changed   []difference
	Unchanged int // parameters that do not differ
	Verdicts  []verdicts
}

// A sideView is one of the two runs.
type sideView struct {
	Name       string // A or B
	Run        *runView
	Info       ipynb.RunInfo
	Deviations []string // from the paper, only of this run
}

// A difference is a parameter with different values in the two runs.
type difference struct {
	parameterView
	A, B string
}

// verdicts is a claim in both runs; A or B is nil if that run lacks it.
type verdicts struct {
	Quantity, Paper, Bound string
	A, B                   *record.Claim
}

// A pair is a figure of both runs; one side may be nil.
type pair struct{ Sides []*figureView }

// Compare renders two executed notebooks of one figure side by side: changed
// parameters, numbers, figures and provenance. Several runs of one experiment are
// paired in order. Figures have the same axes. Compare returns an error if the
// notebooks do not have the same experiments, each with the same number of runs, or if
// one was not executed.
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
			return nil, fmt.Errorf("compare reports: notebook %s has no finished run: run it first, for example with go run ./kernel run", opts.side)
		}
		pages[i] = p
	}
	v, err := compare(pages[0], pages[1])
	if err != nil {
		return nil, fmt.Errorf("compare reports: %w", err)
	}
	v.Theme, v.Scripts, v.CSP = pageScripts(pages[0].HasChart || pages[1].HasChart)
	v.Style = template.CSS(asset("page.css") + asset("report.css") + asset("compare.css"))
	var out bytes.Buffer
	if err := templates.ExecuteTemplate(&out, "compare.html", v); err != nil {
		return nil, fmt.Errorf("compare reports: %w", err)
	}
	return out.Bytes(), nil
}

func compare(a, b *page) (*comparePage, error) {
	experiments := func(p *page) string {
		var names []string
		for _, r := range p.Runs {
			names = append(names, r.Experiment)
		}
		slices.Sort(names)
		return strings.Join(names, ", ")
	}
	if ea, eb := experiments(a), experiments(b); ea != eb {
		return nil, fmt.Errorf("notebook A shows %s, notebook B shows %s: choose two runs of the same notebook", ea, eb)
	}
	v := &comparePage{Title: a.Title, Figure: a.Runs[len(a.Runs)-1].Figure, Paper: thePaper}
	left := slices.Clone(b.Runs)
	for _, ra := range a.Runs {
		i := slices.IndexFunc(left, func(r *runView) bool { return r.Experiment == ra.Experiment })
		rb := left[i]
		p := runPair{Sides: []sideView{
			{"A", ra, a.Info, without(ra.Deviations, rb.Deviations)},
			{"B", rb, b.Info, without(rb.Deviations, ra.Deviations)},
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

// parameters lists the parameters that differ, and those that only one run has.
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
			p.Changed = append(p.Changed, difference{q, q.Value, "none"})
		case q.Value != r.Value:
			p.Changed = append(p.Changed, difference{q, q.Value, r.Value})
		default:
			p.Unchanged++
		}
	}
	for _, q := range b.Parameters {
		if _, left := inB[q.Name]; left {
			p.Changed = append(p.Changed, difference{q, "none", q.Value})
		}
	}
	p.seeds(a, b)
}

// seeds adds the number of seeds if it differs and is not a parameter. It may not be
// one in a user's own experiment.
func (p *runPair) seeds(a, b *runView) {
	const name = "Seeds"
	in := func(r *runView) bool {
		return slices.ContainsFunc(r.Parameters, func(q parameterView) bool { return q.Name == name })
	}
	seedsA, seedsB := len(a.Provenance.Seeds), len(b.Provenance.Seeds)
	if seedsA == seedsB || in(a) || in(b) {
		return
	}
	q := parameterView{Parameter: record.Parameter{Name: name, Doc: "networks"}}
	p.Changed = append(p.Changed, difference{q, fmt.Sprint(seedsA), fmt.Sprint(seedsB)})
}

func (p *runPair) verdicts(a, b *runView) {
	add := func(c *record.Claim) *verdicts {
		p.Verdicts = append(p.Verdicts, verdicts{Quantity: c.Quantity, Paper: c.Paper.String(), Bound: c.BoundText()})
		return &p.Verdicts[len(p.Verdicts)-1]
	}
	for i := range a.Claims {
		c := &a.Claims[i]
		v := add(c)
		v.A, v.B = c, b.Claim(c.ID)
		if v.B != nil && v.B.BoundText() != v.Bound { // bounds depend on the scale
			v.Bound += "; B: " + v.B.BoundText()
		}
	}
	for i := range b.Claims {
		if c := &b.Claims[i]; a.Claim(c.ID) == nil {
			add(c).B = c
		}
	}
}

// figures returns the page's figures in order.
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
