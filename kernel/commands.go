package main

import (
	"context"
	"errors"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"microcircuits/dendrite/experiment"
	"microcircuits/kernel/clone"
	"microcircuits/kernel/ipynb"
	"microcircuits/kernel/jupyter"
	"microcircuits/kernel/report"
)

// commands are the cells that the kernel of a notebook in dir answers itself.
func commands(root, dir string, pictures *report.Pictures) map[string]jupyter.Command {
	tools := func(ctx context.Context) (*jupyter.Tools, error) { return jupyter.FindTools(ctx, root) }
	e := exporter{root: root, dir: dir, tools: tools, pictures: pictures}
	return map[string]jupyter.Command{"%params": listParams, jupyter.ExportCommand: e.export}
}

// listParams shows the parameters of the runs so far, or of a named preset.
func listParams(_ context.Context, words []string, cells []jupyter.Finished) ([]*ipynb.Output, error) {
	if len(words) == 0 {
		return paramsOfRuns(cells)
	}
	e, err := experiment.Find(words[0])
	if err != nil {
		return nil, err
	}
	scale := experiment.Quick
	if len(words) > 1 {
		if scale, err = experiment.ParseScale(words[1]); err != nil {
			return nil, err
		}
	}
	var rows []report.Parameter
	for _, p := range e.Preset(scale).Parameters() {
		rows = append(rows, report.Parameter{Name: p.Name, Symbol: p.Symbol, Value: p.Value, Unit: p.Unit, Range: p.Range, Paper: p.Paper, Source: p.Source, Doc: p.Doc})
	}
	return []*ipynb.Output{paramsTable(fmt.Sprintf("%s, preset %s", e.Name, scale), rows)}, nil
}

// paramsOfRuns shows the parameters of the latest run of each experiment.
func paramsOfRuns(cells []jupyter.Finished) ([]*ipynb.Output, error) {
	latest := map[string]*report.Run{}
	var names []string
	for _, c := range cells {
		for _, o := range c.Outputs {
			run, ok, err := report.RunOf(o)
			if err != nil {
				return nil, err
			}
			if !ok {
				continue
			}
			if latest[run.Experiment] == nil {
				names = append(names, run.Experiment)
			}
			latest[run.Experiment] = run
		}
	}
	if len(names) == 0 {
		var known []string
		for _, e := range experiment.Catalogue() {
			known = append(known, e.Name)
		}
		return nil, errors.New("nothing was run in this notebook yet; name an experiment: %params " + strings.Join(known, ", %params "))
	}
	var out []*ipynb.Output
	for _, name := range names {
		out = append(out, paramsTable(name+", as last run here", latest[name].Parameters))
	}
	return out, nil
}

// paramsTable is a table of parameters as HTML and as text.
func paramsTable(title string, rows []report.Parameter) *ipynb.Output {
	var page, text strings.Builder
	columns := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintf(&page, `<table class="dendrite-table"><caption style="text-align:left;font-weight:600">%s</caption>`, html.EscapeString(title))
	row := func(tag string, cells ...string) {
		fmt.Fprintln(columns, strings.Join(cells[:len(cells)-1], "\t"))
		page.WriteString("<tr>")
		for _, c := range cells {
			fmt.Fprintf(&page, `<%s style="text-align:left">%s</%s>`, tag, html.EscapeString(c), tag)
		}
		page.WriteString("</tr>")
	}
	fmt.Fprintln(&text, title)
	row("th", "Parameter", "Symbol", "Value", "Unit", "Range", "Paper", "Source", "Meaning")
	for _, p := range rows {
		value := p.Value
		if p.Changed {
			value += " * (preset " + p.Preset + ")"
		}
		row("td", p.Name, p.Symbol, value, p.Unit, p.Range, p.Paper, p.Source, p.Doc)
	}
	page.WriteString("</table>")
	columns.Flush() // to memory, which never fails
	o := &ipynb.Output{Type: ipynb.DisplayData}
	o.SetText("text/html", page.String())
	o.SetText("text/plain", text.String())
	return o
}

// An exporter makes reports of the notebook that is open in a front end.
type exporter struct {
	root, dir string
	tools     func(context.Context) (*jupyter.Tools, error)
	pictures  *report.Pictures
}

// export writes the report of the open notebook as it stands: its text as last
// saved, its outputs as this kernel saw them.
func (e exporter) export(ctx context.Context, words []string, cells []jupyter.Finished) ([]*ipynb.Output, error) {
	if len(words) > 1 {
		return nil, errors.New("usage: %export [NOTEBOOK.ipynb]")
	}
	path, nb, err := e.openNotebook(words, cells)
	if err != nil {
		return nil, err
	}
	tools, err := e.tools(ctx)
	if err != nil {
		return nil, err
	}
	name := strings.TrimSuffix(filepath.Base(path), ".ipynb")
	info, _ := nb.Info()
	info.Started, info.Status = time.Now().Format(time.RFC3339), "ok"
	info.Commit, info.Dirty = clone.Commit(ctx, e.root)
	info.Go, info.GoNB = tools.GoVersion, tools.GoNBVersion
	info.Source, info.Command = filepath.Base(path), "exported from the open notebook"
	if rel, err := filepath.Rel(e.root, path); err == nil && filepath.IsLocal(rel) {
		info.Source = filepath.ToSlash(rel)
	}
	info.WallSeconds = fill(nb, cells)
	info.Parameters = map[string]string{}
	if params, err := ipynb.Parameters(nb); err == nil { // a notebook may have none
		for _, p := range params {
			info.Parameters[p.Name] = p.Value
		}
	}
	if info.References, err = report.FindReferences(nb, filepath.Join(filepath.Dir(path), "results")); err != nil {
		return nil, err
	}
	nb.SetInfo(info)
	if err := e.pictures.AddPictures(ctx, nb); err != nil {
		return nil, err
	}
	reports := filepath.Join(e.root, "reports")
	if err := os.MkdirAll(reports, 0o755); err != nil {
		return nil, err
	}
	file := filepath.Join(reports, name+"-export.html")
	if err := report.File(ctx, nb, file, report.Options{Pictures: e.pictures}); err != nil {
		return nil, err
	}
	o := &ipynb.Output{Type: ipynb.DisplayData}
	link := file
	if rel, err := filepath.Rel(e.dir, file); err == nil {
		link = filepath.ToSlash(rel)
	}
	o.SetText("text/html", fmt.Sprintf(`Report: <a href="%s" target="_blank">%s</a>`, html.EscapeString(link), html.EscapeString(link)))
	o.SetText("text/plain", "Report: "+file)
	return []*ipynb.Output{o}, nil
}

// openNotebook finds the notebook that the cells belong to.
func (e exporter) openNotebook(words []string, cells []jupyter.Finished) (string, *ipynb.Notebook, error) {
	var paths []string
	switch {
	case len(words) == 1:
		path := words[0]
		if !filepath.IsAbs(path) {
			path = filepath.Join(e.dir, path)
		}
		paths = []string{path}
	case strings.HasSuffix(os.Getenv("JPY_SESSION_NAME"), ".ipynb"): // newer servers tell
		paths = []string{filepath.Join(e.dir, filepath.Base(os.Getenv("JPY_SESSION_NAME")))}
	default:
		var err error
		if paths, err = filepath.Glob(filepath.Join(e.dir, "*.ipynb")); err != nil {
			return "", nil, err
		}
	}
	var last string // the source of the cell that ran last
	if len(cells) > 0 {
		last = cells[len(cells)-1].Source
	}
	best, bestPath, found := 0, "", (*ipynb.Notebook)(nil)
	for _, path := range paths {
		nb, err := ipynb.ReadFile(path)
		if err != nil {
			if len(paths) == 1 {
				return "", nil, err
			}
			continue // another notebook's trouble
		}
		if n := alike(nb, cells); n > best {
			best, bestPath, found = n, path, nb
		}
	}
	switch {
	case len(cells) == 0:
		return "", nil, errors.New("no cell was run yet: run the notebook, then export it")
	case found == nil:
		return "", nil, fmt.Errorf("no notebook saved in %s has the cells that were run: save it, or name it: %%export NOTEBOOK.ipynb", e.dir)
	case !has(found, last):
		return "", nil, fmt.Errorf("%s as saved does not have the cell that ran last: save the notebook, then export it", filepath.Base(bestPath))
	}
	found.Upgrade()
	return bestPath, found, nil
}

// alike counts the cells that were run and that a notebook has.
func alike(nb *ipynb.Notebook, cells []jupyter.Finished) int {
	n := 0
	for _, c := range cells {
		if has(nb, c.Source) {
			n++
		}
	}
	return n
}

func has(nb *ipynb.Notebook, source string) bool {
	for _, c := range nb.Cells {
		if c.Type == ipynb.Code && strings.TrimSpace(c.Source) == strings.TrimSpace(source) {
			return true
		}
	}
	return false
}

// fill gives the notebook's cells the outputs of their last run here, leaves
// those of the export itself out, and returns the seconds that the runs took.
func fill(nb *ipynb.Notebook, cells []jupyter.Finished) (seconds float64) {
	for _, cell := range nb.Cells {
		if cell.Type != ipynb.Code {
			continue
		}
		for _, c := range cells {
			if strings.TrimSpace(c.Source) != strings.TrimSpace(cell.Source) {
				continue
			}
			count := c.Count
			cell.Outputs, cell.ExecutionCount = c.Outputs, &count
			status := jupyter.OK
			if c.Failed {
				status = jupyter.Failed
			}
			cell.SetInfo(ipynb.CellInfo{Seconds: c.Seconds, Status: string(status)})
		}
		if info, ok := cell.Info(); ok {
			seconds += info.Seconds
		}
	}
	return seconds
}
