package report

import (
	"context"
	"fmt"
	"html/template"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"microcircuits/kernel/internal/human"
	"microcircuits/kernel/ipynb"
)

// A page is everything the template of a report shows.
type page struct {
	Title    string
	Heading  template.HTML
	Cited    bool // a figure of the paper is reproduced: name and cite it
	Paper    paper
	Index    string // link to the index page; empty when there is none
	Badges   []Badge
	Chips    []Chip
	TOC      []heading
	Appendix []heading // the parts the report itself adds
	Failures []failure
	Unrun    bool // no cell was executed
	Cells    []cellView
	Runs     []*runView
	Info     ipynb.RunInfo
	HasInfo  bool
	HasCode  bool
	HasChart bool

	CSP     string
	Style   template.CSS
	Theme   template.HTML   // script of the head, so that the page never flashes
	Scripts []template.HTML // after the content, each allowed by its hash
}

// Tally counts the verdicts of the page.
func (p *page) Tally() []Chip { return tally(p.Chips) }

// Compared returns the runs whose comparison with the paper stands on the page.
func (p *page) Compared() []*runView {
	var all []*runView
	for _, r := range p.Runs {
		if r.placed {
			all = append(all, r)
		}
	}
	return all
}

// Edited returns the cells whose source is not the one that ran.
func (p *page) Edited() []cellView {
	var all []cellView
	for _, v := range p.Cells {
		if v.Edited {
			all = append(all, v)
		}
	}
	return all
}

// A failure names a cell that did not end well.
type failure struct {
	Anchor, Cell, Text string
}

type cellView struct {
	Anchor  string
	Prose   template.HTML // of a markdown cell
	Code    template.HTML
	Open    bool   // code shown unfolded
	Label   string // of the code: Code, Parameters, ...
	Seconds string
	NotRun  bool
	Edited  bool // changed since it ran
	Outputs []outputView
}

// Number is the cell's place in the notebook, from 1 on.
func (v cellView) Number() string { return strings.TrimPrefix(v.Anchor, "cell-") }

// An outputView holds one of its fields.
type outputView struct {
	Figure  *figureView
	Run     *runView // comparison with the paper
	HTML    template.HTML
	Text    string
	Stderr  bool
	Note    string // one line of no weight
	Error   *errorView
	Picture template.URL
	Alt     string
}

type errorView struct {
	Title, Detail string
}

type figureView struct {
	Number                    string
	Title, Caption, Alt       string
	Width, Height             int               // of the static picture
	MaxWidth                  int               // of the chart that is drawn in its place
	Picture                   template.HTMLAttr // the src attribute
	Option                    template.HTML     // packed
	CSV                       template.URL      // of a short table
	PackedCSV                 template.HTML     // of a long one
	Columns                   []string
	Rows                      [][]string
	AllRows                   int
	CSVName, SVGName, PNGName string
	HasTable                  bool
	Note                      string // on rows left out
}

// A runView is a run with the number of its table and its symbols typeset.
type runView struct {
	*Run
	Number     int
	Many       bool // the notebook shows several runs
	placed     bool // its comparison stands on the page
	Parameters []parameterView
	Reference  *Reference // nil for none
}

// FromPaper tells whether the paper, or a source, has a word on any parameter.
func (v *runView) FromPaper() bool {
	return slices.ContainsFunc(v.Parameters, func(p parameterView) bool { return p.Paper != "" || p.Source != "" })
}

type parameterView struct {
	Parameter
	SymbolHTML template.HTML
}

// A builder turns a notebook into a page.
type builder struct {
	ctx      context.Context
	nb       *ipynb.Notebook
	pictures *Pictures
	w        *writer
	page     *page
	runs     []*Run
	figures  int
	side     string // A or B where two notebooks share a page
	anyRan   bool
}

// maxRows is how many rows of a chart's data the page itself shows; the CSV
// has all.
const maxRows = 40

func build(ctx context.Context, nb *ipynb.Notebook, opts Options) (*page, error) {
	runs, err := Runs(nb)
	if err != nil {
		return nil, err
	}
	pictures := opts.Pictures
	if pictures == nil {
		pictures = new(Pictures)
	}
	b := &builder{
		ctx: ctx, nb: nb, pictures: pictures, side: opts.side, runs: runs,
		w:    newWriter(ctx),
		page: &page{Index: opts.Index, Paper: thePaper},
	}
	p := b.page
	p.Info, p.HasInfo = nb.Info()
	p.Badges, p.Chips = badges(runs), chips(runs)
	p.Cited = slices.ContainsFunc(runs, func(r *Run) bool { return r.Figure != "" })
	for i, r := range runs {
		v := &runView{Run: r, Number: i + 1, Many: len(runs) > 1}
		for _, q := range r.Parameters {
			v.Parameters = append(v.Parameters, parameterView{q, b.symbol(q.Symbol)})
		}
		if data, ok := p.Info.References[r.Experiment]; ok {
			if v.Reference, err = readReference(data, r.Experiment); err != nil {
				return nil, err
			}
		}
		p.Runs = append(p.Runs, v)
	}
	b.anyRan = slices.ContainsFunc(nb.Cells, ran)
	p.Unrun = unrun(nb)
	for i, c := range nb.Cells {
		if hidden(c) {
			continue
		}
		if err := b.cell(i, c); err != nil {
			return nil, fmt.Errorf("cell %d: %w", i+1, err)
		}
	}
	p.Title, p.Heading, p.TOC = b.w.titleText, b.w.title, b.w.headings
	if p.Title == "" {
		p.Title, p.Heading = untitled, untitled
	}
	p.Appendix = p.appendix()
	return p, nil
}

// untitled is the title of a notebook without one.
const untitled = "Notebook"

// unrun tells of a notebook with code that no cell of it was executed.
func unrun(nb *ipynb.Notebook) bool {
	return !slices.ContainsFunc(nb.Cells, ran) && slices.ContainsFunc(nb.Cells, func(c *ipynb.Cell) bool { return c.Type == ipynb.Code })
}

func ran(c *ipynb.Cell) bool { return c.Type == ipynb.Code && c.ExecutionCount != nil }

// symbolScript finds a plain sub- or superscript of several letters, such as
// that of η^PI, which TeX wants in braces.
var symbolScript = regexp.MustCompile(`([_^])([\pL\pN][\pL\pN,]+)`)

// symbol typesets a parameter's symbol, written in TeX or plainly; what KaTeX
// refuses is shown as text.
func (b *builder) symbol(s string) template.HTML {
	tex := strings.Trim(s, "$")
	if !strings.ContainsAny(tex, `\{`) {
		tex = symbolScript.ReplaceAllString(tex, "$1{$2}")
	}
	if tex != "" {
		if ml, err := b.w.formulas.typeset(b.ctx, tex, false); err == nil {
			return template.HTML(ml)
		}
	}
	return template.HTML(template.HTMLEscapeString(s))
}

func (b *builder) cell(i int, c *ipynb.Cell) error {
	v := cellView{Anchor: "cell-" + strconv.Itoa(i+1)}
	switch c.Type {
	case ipynb.Markdown:
		html, err := b.w.markdown(c.Source, c.Attachments, true, refuse)
		if err != nil {
			return err
		}
		v.Prose = html
	case ipynb.Code:
		if err := b.code(&v, c); err != nil {
			return err
		}
	default:
		return nil // raw cells speak to other tools
	}
	b.page.Cells = append(b.page.Cells, v)
	return nil
}

func (b *builder) code(v *cellView, c *ipynb.Cell) error {
	info, _ := c.Info()
	if info.Seconds > 0 {
		v.Seconds = human.Duration(info.Seconds)
	}
	v.NotRun = b.anyRan && !ran(c) && strings.TrimSpace(c.Source) != "" && !c.HasTag(ipynb.TagSkip)
	v.Edited = c.Edited()
	v.Label = "Code"
	switch {
	case c.HasTag(ipynb.TagInjected):
		v.Label, v.Open = "Parameters changed for this run", true
	case c.HasTag(ipynb.TagParameters):
		v.Label, v.Open = "Parameters", true
	}
	if c.HasTag("hide-input") {
		v.Open = false
	}
	if !c.HasTag("remove-input") && strings.TrimSpace(c.Source) != "" {
		code, err := highlight(c.Source)
		if err != nil {
			return err
		}
		v.Code, b.page.HasCode = code, true
	}
	if !c.HasTag("remove-output") {
		for _, o := range ipynb.MergeStreams(copies(c.Outputs)) {
			views, err := b.output(o)
			if err != nil {
				return err
			}
			v.Outputs = append(v.Outputs, views...)
		}
	}
	if text := stopped(c); text != "" {
		v.Outputs = append(v.Outputs, outputView{Error: &errorView{Title: text}})
	}
	for _, text := range failures(c) {
		b.page.Failures = append(b.page.Failures, failure{Anchor: v.Anchor, Cell: v.Number(), Text: text})
	}
	return nil
}

// failures says why a cell failed, a line for each error; nothing for one that
// did not, or that is meant to fail.
func failures(c *ipynb.Cell) (all []string) {
	if c.HasTag(ipynb.TagRaises) {
		return nil
	}
	for _, o := range c.Outputs {
		if o.Type == ipynb.ErrorOutput {
			all = append(all, reason(c, o))
		}
	}
	if text := stopped(c); text != "" {
		all = append(all, text)
	}
	return all
}

// stopped says how a cell ended that failed without an error of its own; empty for
// others.
func stopped(c *ipynb.Cell) string {
	info, _ := c.Info()
	shows := slices.ContainsFunc(c.Outputs, func(o *ipynb.Output) bool { return o.Type == ipynb.ErrorOutput })
	switch {
	case shows || c.HasTag(ipynb.TagRaises) || info.Status == "" || info.Status == "ok":
		return ""
	case info.Status == "timeout":
		return "stopped at its time limit"
	}
	return "stopped with an error"
}

// copies returns shallow copies, because merging streams edits outputs and the
// notebook is not ours.
func copies(outputs []*ipynb.Output) []*ipynb.Output {
	all := make([]*ipynb.Output, len(outputs))
	for i, o := range outputs {
		c := *o
		all[i] = &c
	}
	return all
}

// reason is why a cell failed, in one line. A program that ends itself says on
// stderr why; all GoNB reports of it is the exit status.
func reason(c *ipynb.Cell, o *ipynb.Output) string {
	text := shortError(o)
	if !strings.HasPrefix(text, "exit status ") {
		return text
	}
	for _, o := range c.Outputs {
		if o.Type == ipynb.Stream && o.Name == "stderr" {
			lines := strings.Split(strings.TrimSpace(plain(o.Text)), "\n")
			if last := strings.TrimSpace(lines[len(lines)-1]); last != "" {
				text = last
			}
		}
	}
	return text
}

// shortError is the first line of an error's message.
func shortError(o *ipynb.Output) string {
	name := o.EName
	if strings.EqualFold(name, "error") {
		name = "" // GoNB has one name for all errors
	}
	text := plain(strings.TrimSpace(name + ": " + o.EValue))
	text, _, _ = strings.Cut(strings.Trim(text, ": "), "\n")
	if text == "" {
		text = "error"
	}
	return text
}

// appendix lists the parts after the cells for the table of contents.
func (p *page) appendix() []heading {
	var all []heading
	add := func(id string, text ...string) {
		all = append(all, heading{Level: 2, ID: id, HTML: template.HTML(template.HTMLEscapeString(strings.Join(text, "")))})
	}
	suffix := func(v *runView) string {
		if v.Many {
			return ": " + v.Title
		}
		return ""
	}
	for _, v := range p.Runs {
		if len(v.Parameters) > 0 {
			add(fmt.Sprintf("parameters-%d", v.Number), "All parameters", suffix(v))
		}
	}
	for _, v := range p.Runs {
		if len(v.Deviations) > 0 {
			add(fmt.Sprintf("deviations-%d", v.Number), "Deviations and reconstructions", suffix(v))
		}
	}
	if len(p.Runs) > 0 || p.HasInfo {
		add("provenance", "Provenance")
	}
	if p.Cited {
		add("cite", "How to cite the paper")
	}
	return all
}
