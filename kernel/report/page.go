package report

import (
	"context"
	"fmt"
	"html/template"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"microcircuits/dendrite/record"
	"microcircuits/kernel/internal/human"
	"microcircuits/kernel/ipynb"
)

// A page is the data for the template of a report.
type page struct {
	Title      string
	Heading    template.HTML
	CitesPaper bool // a figure of the paper is reproduced
	Paper      paper
	Index      string // link to the index page; empty if there is none
	Badges     []Badge
	Claims     []record.Claim
	Standings  []Standing
	TOC        []heading
	Appendix   []heading // sections that the report adds
	Failures   []failure
	NeverRan   bool // no cell was executed
	Cells      []cellView
	Runs       []*runView
	Info       ipynb.RunInfo
	HasInfo    bool
	HasCode    bool
	HasChart   bool

	CSP     string
	Style   template.CSS
	Theme   template.HTML   // script in the head, so that the colours do not change after loading
	Scripts []template.HTML // after the content; the policy allows each by its hash
}

// Figures returns what the runs of the page reproduce, such as a figure's number or a
// section that the paper does not plot.
func (p *page) Figures() []string {
	var all []string
	for _, r := range p.Runs {
		if r.Figure != "" && !slices.Contains(all, r.Figure) {
			all = append(all, r.Figure)
		}
	}
	return all
}

// Compared returns the runs whose comparison with the paper is on the page.
func (p *page) Compared() []*runView {
	var all []*runView
	for _, r := range p.Runs {
		if r.comparisonShown {
			all = append(all, r)
		}
	}
	return all
}

// Edited returns the cells whose source has changed since they ran.
func (p *page) Edited() []cellView {
	var all []cellView
	for _, v := range p.Cells {
		if v.Edited {
			all = append(all, v)
		}
	}
	return all
}

// A failure is a failed cell.
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

// Number returns the number of the cell, counted from 1.
func (v cellView) Number() string { return strings.TrimPrefix(v.Anchor, "cell-") }

// In an outputView only one kind of output is set.
type outputView struct {
	Figure  *figureView
	Run     *runView // comparison with the paper
	HTML    template.HTML
	Text    string
	Stderr  bool
	Note    string // one line in small type
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
	MaxWidth                  int               // of the chart that replaces the picture
	Picture                   template.HTMLAttr // the src attribute
	Option                    template.HTML     // packed
	CSV                       template.URL      // for a short table
	PackedCSV                 template.HTML     // for a long table
	Columns                   []string
	Rows                      [][]string
	AllRows                   int
	CSVName, SVGName, PNGName string
	HasTable                  bool
	Note                      string // about omitted rows
}

// A runView is a run with its number and its symbols as MathML.
type runView struct {
	*record.Record
	Number          int
	Many            bool // the notebook shows several runs
	comparisonShown bool // its comparison is on the page
	Parameters      []parameterView
	Reference       *Reference // nil for none
}

// Badge returns the badge with the scale of the run.
func (v *runView) Badge() Badge { return badgeOf(v.Record) }

// FromPaper reports whether any parameter has a value in the paper or a source.
func (v *runView) FromPaper() bool {
	return slices.ContainsFunc(v.Parameters, func(p parameterView) bool { return p.Paper != "" || p.Source != "" })
}

type parameterView struct {
	record.Parameter
	SymbolHTML template.HTML
}

// A builder converts a notebook to a page.
type builder struct {
	ctx      context.Context
	nb       *ipynb.Notebook
	pictures *Pictures
	w        *writer
	page     *page
	runs     []*record.Record
	figures  int
	side     string // A or B on a page with two notebooks
	anyRan   bool
}

// maxRows is the number of rows of a chart's data on the page. The CSV file has all.
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
	p.Badges, p.Claims = badges(runs), claims(runs)
	p.CitesPaper = slices.ContainsFunc(runs, func(r *record.Record) bool { return r.Figure != "" })
	kept, err := references(p.Info, runs)
	if err != nil {
		return nil, err
	}
	p.Standings = standings(runs, kept)
	for i, r := range runs {
		v := &runView{Record: r, Number: i + 1, Many: len(runs) > 1, Reference: kept[i]}
		for _, q := range r.Parameters {
			v.Parameters = append(v.Parameters, parameterView{q, b.symbol(q.Symbol)})
		}
		p.Runs = append(p.Runs, v)
	}
	b.w.folders = opts.Folders
	for _, c := range nb.Cells {
		if c.Type == ipynb.Markdown && !hidden(c) {
			b.w.collectLabels(c.Source)
		}
	}
	b.w.equations.last = 0
	b.anyRan = slices.ContainsFunc(nb.Cells, ran)
	p.NeverRan = NeverRan(nb)
	for i, c := range nb.Cells {
		if hidden(c) {
			continue
		}
		b.w.warn = nil
		if opts.Warn != nil {
			b.w.warn = func(f formulaWarning) {
				opts.Warn(fmt.Sprintf("cell %d: formula shown as written: %s: %s", i+1, shortText(f.source), f.why))
			}
		}
		if err := b.cell(i, c); err != nil {
			return nil, fmt.Errorf("cell %d: %w", i+1, err)
		}
	}
	b.link()
	p.Title, p.Heading, p.TOC = b.w.titleText, b.w.title, b.w.headings
	if p.Title == "" {
		p.Title, p.Heading = untitled, untitled
	}
	p.Appendix = p.appendix()
	return p, nil
}

// link completes the links inside the page, when all their ends are known.
func (b *builder) link() {
	p := b.page
	exists := func(id string) bool {
		kind, count, _ := strings.Cut(id, "-")
		n, _ := strconv.Atoi(count)
		switch kind {
		case "figure":
			return n >= 1 && n <= b.figures && b.side == ""
		case "cell":
			return slices.ContainsFunc(p.Cells, func(v cellView) bool { return v.Anchor == id })
		case "content":
			return true
		}
		return slices.ContainsFunc(p.appendix(), func(h heading) bool { return h.ID == id })
	}
	for i := range p.Cells {
		p.Cells[i].Prose = b.w.link(p.Cells[i].Prose, exists)
		for j := range p.Cells[i].Outputs {
			o := &p.Cells[i].Outputs[j]
			o.HTML = b.w.link(o.HTML, exists)
		}
	}
}

// shortText returns the beginning of a text in one line.
func shortText(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 80 {
		return string(r[:80]) + "…"
	}
	return s
}

// untitled is the title of a notebook without one.
const untitled = "Notebook"

// NeverRan reports whether a notebook has code, but no executed cell.
func NeverRan(nb *ipynb.Notebook) bool {
	return !slices.ContainsFunc(nb.Cells, ran) && slices.ContainsFunc(nb.Cells, func(c *ipynb.Cell) bool { return c.Type == ipynb.Code })
}

func ran(c *ipynb.Cell) bool { return c.Type == ipynb.Code && c.ExecutionCount != nil }

// symbolScript matches a sub- or superscript without braces, as in η^PI or W_k,k+1: names
// and numbers, each with a number added or subtracted, joined by commas. A comma before
// a space ends it, as in λ_1, λ_2.
var symbolScript = regexp.MustCompile(`([_^])([\pL\pN]+(?:[+\-−]\pN+)?(?:,[\pL\pN]+(?:[+\-−]\pN+)?)*)`)

// braced puts braces around the scripts of a symbol that have several letters, which TeX
// needs.
func braced(symbol string) string {
	return symbolScript.ReplaceAllStringFunc(symbol, func(script string) string {
		if utf8.RuneCountInString(script) == 2 {
			return script
		}
		return script[:1] + "{" + script[1:] + "}"
	})
}

// symbol typesets a parameter's symbol, which may be TeX or plain text. If KaTeX
// returns an error, the symbol is shown as text.
func (b *builder) symbol(s string) template.HTML {
	tex := strings.Trim(s, "$")
	if !strings.ContainsAny(tex, `\{`) {
		tex = braced(tex)
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
		html, err := b.w.markdown(c.Source, c.Attachments, true)
		if err != nil {
			return err
		}
		v.Prose = html
	case ipynb.Code:
		if err := b.code(&v, c); err != nil {
			return err
		}
	default:
		return nil // raw cells are for other tools
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
	if text := stopReason(c); text != "" {
		v.Outputs = append(v.Outputs, outputView{Error: &errorView{Title: text}})
	}
	for _, text := range failures(c) {
		b.page.Failures = append(b.page.Failures, failure{Anchor: v.Anchor, Cell: v.Number(), Text: text})
	}
	return nil
}

// failures returns the errors of a cell, one line each. It returns nil for a cell that
// is expected to fail.
func failures(c *ipynb.Cell) (all []string) {
	if c.HasTag(ipynb.TagRaises) {
		return nil
	}
	for _, o := range c.Outputs {
		if o.Type == ipynb.ErrorOutput {
			all = append(all, reason(c, o))
		}
	}
	if text := stopReason(c); text != "" {
		all = append(all, text)
	}
	return all
}

// stopReason returns how a cell ended that failed without an error output, else "".
func stopReason(c *ipynb.Cell) string {
	info, _ := c.Info()
	shows := slices.ContainsFunc(c.Outputs, func(o *ipynb.Output) bool { return o.Type == ipynb.ErrorOutput })
	switch {
	case shows || c.HasTag(ipynb.TagRaises) || info.Status == "" || info.Status == "ok":
		return ""
	case info.Status == "timeout":
		return "stopped after the time limit"
	}
	return "stopped with an error"
}

// copies returns shallow copies, so that merging streams does not change the notebook.
func copies(outputs []*ipynb.Output) []*ipynb.Output {
	all := make([]*ipynb.Output, len(outputs))
	for i, o := range outputs {
		c := *o
		all[i] = &c
	}
	return all
}

// reason returns why a cell failed, in one line. For a program that exits, GoNB reports
// only the exit status; then the reason is the last line of standard error.
func reason(c *ipynb.Cell, o *ipynb.Output) string {
	text := shortError(o)
	if !strings.HasPrefix(text, "exit status ") {
		return text
	}
	for _, o := range c.Outputs {
		if o.Type == ipynb.Stream && o.Name == "stderr" {
			// A headless run has the exit status on standard error too.
			lines := strings.Split(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(plain(o.Text)), text)), "\n")
			if last := strings.TrimSpace(lines[len(lines)-1]); last != "" {
				text = last
			}
		}
	}
	return text
}

// shortError returns the first line of an error's message.
func shortError(o *ipynb.Output) string {
	name := o.EName
	if strings.EqualFold(name, "error") {
		name = "" // GoNB uses this name for all errors
	}
	text := plain(strings.TrimSpace(name + ": " + o.EValue))
	text, _, _ = strings.Cut(strings.Trim(text, ": "), "\n")
	if text == "" {
		text = "error"
	}
	return text
}

// appendix returns the sections after the cells, for the table of contents.
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
	if p.CitesPaper {
		add("cite", "How to cite the paper")
	}
	return all
}
