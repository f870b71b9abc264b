package main

import (
	"context"
	"errors"
	"fmt"
	"html"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"microcircuits/dendrite/figure"
	"microcircuits/dendrite/record"
	"microcircuits/kernel/clone"
	"microcircuits/kernel/front"
	"microcircuits/kernel/gonb"
	"microcircuits/kernel/ipynb"
	"microcircuits/kernel/report"
)

// kernelCommands returns the commands that the kernel of a notebook in dir runs
// itself, without GoNB.
func kernelCommands(root, dir string, pictures *report.Pictures) map[string]front.Command {
	tools := func(ctx context.Context) (*gonb.Tools, error) { return gonb.FindTools(ctx, root) }
	e := exporter{root: root, dir: dir, tools: tools, pictures: pictures}
	return map[string]front.Command{paramsCommand: listParams, front.ExportCommand: e.export}
}

const paramsCommand = "%params"

// isCommand reports whether a cell is a command of the kernel.
func isCommand(c *ipynb.Cell) bool {
	words := strings.Fields(c.Source)
	return c.Type == ipynb.Code && len(words) > 0 && (words[0] == paramsCommand || words[0] == front.ExportCommand)
}

// listParams shows the parameters of the runs so far, or of a named preset.
func listParams(_ context.Context, words []string, cells []front.Finished) ([]*ipynb.Output, error) {
	if len(words) == 0 {
		return paramsOfRuns(cells)
	}
	f, err := figure.Find(words[0])
	if err != nil {
		return nil, err
	}
	scale := record.Quick
	if len(words) > 1 {
		if scale, err = f.ParseScale(words[1]); err != nil {
			return nil, err
		}
	}
	rows, err := f.Parameters(scale, nil)
	if err != nil {
		return nil, err
	}
	return []*ipynb.Output{paramsTable(fmt.Sprintf("%s, preset %s", f.About().Name, scale), rows)}, nil
}

// paramsOfRuns shows the parameters of the latest run of each experiment.
func paramsOfRuns(cells []front.Finished) ([]*ipynb.Output, error) {
	latest := map[string]*record.Record{}
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
		for _, f := range figure.Catalogue() {
			known = append(known, f.About().Name)
		}
		return nil, errors.New("nothing was run in this notebook yet: run it first, or name an experiment: %params " + strings.Join(known, ", %params "))
	}
	var out []*ipynb.Output
	for _, name := range names {
		out = append(out, paramsTable(name+", latest run in this notebook", latest[name].Parameters))
	}
	return out, nil
}

// paramsTable is a table of parameters as HTML and as text.
func paramsTable(title string, rows []record.Parameter) *ipynb.Output {
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
	tools     func(context.Context) (*gonb.Tools, error)
	pictures  *report.Pictures
}

// export writes the report of the open notebook. The text is that of the saved
// file; the outputs are those of this kernel. A cell whose saved text this kernel
// has not run is shown without outputs.
func (e exporter) export(ctx context.Context, words []string, cells []front.Finished) ([]*ipynb.Output, error) {
	if len(words) > 1 {
		return nil, errors.New("usage: %export [NOTEBOOK.ipynb]")
	}
	if len(cells) == 0 {
		return nil, errors.New("no cell was run yet: run the notebook, then export it")
	}
	path, nb, err := e.openNotebook(words, cells)
	if err != nil {
		return nil, err
	}
	matched := matchCells(nb, cells)
	if err := checkSaved(path, cells, matched); err != nil {
		return nil, err
	}
	tools, err := e.tools(ctx)
	if err != nil {
		return nil, err
	}
	name := notebookName(path)
	info, _ := nb.Info()
	info.Status, info.Command = "ok", "" // no single command repeats an interactive session
	info.Commit, info.Dirty = clone.Commit(ctx, e.root)
	info.Go, info.GoNB = tools.GoVersion, tools.GoNBVersion
	info.Source, info.Uncommitted = sourceIn(e.root, path)
	started, seconds := fillOutputs(nb, cells, matched)
	info.Started, info.WallSeconds = started.Format(time.RFC3339), seconds
	info.Parameters = parametersUsed(nb, cells, matched)
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
	var warnings []string
	opts := report.Options{Pictures: e.pictures, Folders: []string{filepath.Dir(path)}, Warn: func(text string) { warnings = append(warnings, text) }}
	if _, err := report.File(ctx, nb, file, opts); err != nil {
		return nil, err
	}
	o := &ipynb.Output{Type: ipynb.DisplayData}
	link := file
	if rel, err := filepath.Rel(e.dir, file); err == nil {
		link = filepath.ToSlash(rel)
	}
	o.SetText("text/html", fmt.Sprintf(`Report: <a href="%s" target="_blank">%s</a>`, html.EscapeString(link), html.EscapeString(link)))
	o.SetText("text/plain", "Report: "+file)
	all := []*ipynb.Output{o}
	for _, text := range warnings {
		all = append(all, &ipynb.Output{Type: ipynb.Stream, Name: "stderr", Text: text + "\n"})
	}
	return all, nil
}

// openNotebook finds the notebook that the cells belong to: the named one, else
// the one with the most of these cells.
func (e exporter) openNotebook(words []string, cells []front.Finished) (string, *ipynb.Notebook, error) {
	var paths []string
	if len(words) == 1 {
		path := words[0]
		if !filepath.IsAbs(path) {
			path = filepath.Join(e.dir, path)
		}
		paths = []string{path}
	} else {
		// Newer Jupyter servers set the name that the notebook had when the kernel
		// started. It may have another name now.
		if name := filepath.Base(os.Getenv("JPY_SESSION_NAME")); strings.HasSuffix(name, ".ipynb") {
			first := filepath.Join(e.dir, name)
			if nb, err := ipynb.ReadFile(first); err == nil {
				nb.Upgrade()
				if len(unmatched(cells, matchCells(nb, cells))) < len(cells) {
					return first, nb, nil
				}
			}
		}
		var err error
		if paths, err = filepath.Glob(filepath.Join(e.dir, "*.ipynb")); err != nil {
			return "", nil, err
		}
	}
	best, bestPath, found := 0, "", (*ipynb.Notebook)(nil)
	for _, path := range paths {
		nb, err := ipynb.ReadFile(path)
		if err != nil {
			if len(paths) == 1 {
				return "", nil, err
			}
			continue // some other, unreadable notebook
		}
		nb.Upgrade()
		n := len(cells) - len(unmatched(cells, matchCells(nb, cells)))
		if n > best {
			best, bestPath, found = n, path, nb
		}
	}
	if found == nil {
		return "", nil, fmt.Errorf("no notebook saved in %s contains the cells that were run: save the notebook, or name it: %%export NOTEBOOK.ipynb", e.dir)
	}
	return bestPath, found, nil
}

// matchCells finds the notebook cell of each run, or nil. It uses the cell's id if
// the front end sent one that the notebook has, else the cell's text. If several
// cells have the same text, the last cell gets the last run.
func matchCells(nb *ipynb.Notebook, cells []front.Finished) []*ipynb.Cell {
	matched := make([]*ipynb.Cell, len(cells))
	byID := map[string]*ipynb.Cell{}
	for _, c := range nb.Cells {
		byID[c.ID] = c
	}
	for i, run := range slices.Backward(cells) {
		fits := func(c *ipynb.Cell) bool {
			return c.Type == ipynb.Code && strings.TrimSpace(c.Source) == strings.TrimSpace(run.Source)
		}
		if c := byID[run.ID]; run.ID != "" && c != nil {
			if fits(c) {
				matched[i] = c
			}
			continue
		}
		for _, c := range slices.Backward(nb.Cells) {
			if fits(c) && !slices.Contains(matched, c) {
				matched[i] = c
				break
			}
		}
	}
	return matched
}

// unmatched returns the runs of cells that are not in the saved notebook.
func unmatched(cells []front.Finished, matched []*ipynb.Cell) (all []front.Finished) {
	for i, run := range cells {
		if matched[i] == nil {
			all = append(all, run)
		}
	}
	return all
}

// checkSaved returns an error when a cell was run after the notebook was saved and
// is not in the file: any figure may depend on what it declared. A cell that was run
// earlier and is missing was changed or deleted before saving; that is no error.
func checkSaved(path string, cells []front.Finished, matched []*ipynb.Cell) error {
	file, err := os.Stat(path)
	if err != nil {
		return err
	}
	for _, run := range unmatched(cells, matched) {
		if run.Ended.After(file.ModTime()) {
			return fmt.Errorf("the saved file %s lacks a cell that was run: save the notebook, then export it\n%s", filepath.Base(path), excerpt(run.Source))
		}
	}
	return nil
}

// fillOutputs replaces the outputs in the notebook by those of this kernel's runs
// and removes command cells. It returns when the first run began and the sum of
// the runs' seconds.
func fillOutputs(nb *ipynb.Notebook, cells []front.Finished, matched []*ipynb.Cell) (started time.Time, seconds float64) {
	nb.Cells = slices.DeleteFunc(nb.Cells, isCommand)
	for _, c := range nb.Cells {
		c.Clean()
	}
	started = time.Now()
	for i, run := range cells {
		if matched[i] == nil {
			continue
		}
		status := gonb.OK
		if run.Failed {
			status = gonb.Failed
		}
		matched[i].Outputs, matched[i].ExecutionCount = run.Outputs, &run.Count
		matched[i].SetInfo(ipynb.CellInfo{Seconds: run.Seconds, Status: string(status)})
		seconds += run.Seconds
		if begun := run.Ended.Add(-time.Duration(run.Seconds * float64(time.Second))); begun.Before(started) {
			started = begun
		}
	}
	return started, seconds
}

// parametersUsed returns the parameters of the notebook. It returns nil if a cell
// below the parameters was run before them: its outputs come from other values.
func parametersUsed(nb *ipynb.Notebook, cells []front.Finished, matched []*ipynb.Cell) map[string]string {
	values := map[string]string{}
	for i := range cells {
		c := matched[i]
		if c == nil || !c.HasTag(ipynb.TagParameters) && !c.HasTag(ipynb.TagInjected) {
			continue
		}
		below := nb.Cells[slices.Index(nb.Cells, c)+1:]
		if slices.ContainsFunc(matched[:i], func(earlier *ipynb.Cell) bool { return slices.Contains(below, earlier) }) {
			return nil
		}
		params, err := ipynb.ParseParameters(c.Source)
		if err != nil {
			continue // a user's own cell: the report shows its text
		}
		maps.Copy(values, literals(params))
	}
	return values
}
