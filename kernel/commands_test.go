package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"microcircuits/dendrite/record"
	"microcircuits/kernel/front"
	"microcircuits/kernel/gonb"
	"microcircuits/kernel/ipynb"
	"microcircuits/kernel/report"
)

func text(t *testing.T, outputs []*ipynb.Output) string {
	t.Helper()
	var all strings.Builder
	for _, o := range outputs {
		s, ok := o.TextOf("text/plain")
		if !ok {
			t.Errorf("an output without plain text: %v", o.Data)
		}
		all.WriteString(s)
	}
	return all.String()
}

func TestParamsCommand(t *testing.T) {
	outputs, err := listParams(t.Context(), []string{"self-prediction", "paper"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"self-prediction, preset paper", "Sigma", "0 to"} {
		if got := text(t, outputs); !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	for _, c := range []struct {
		words []string
		want  string
	}{
		{nil, "nothing was run"},
		{[]string{"nothing"}, "there are: self-prediction"},
		{[]string{"mnist", "huge"}, "huge"},
	} {
		if _, err := listParams(t.Context(), c.words, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v", c.words, err)
		}
	}
	// The latest run of an experiment counts.
	recorded := func(value string) front.Finished {
		o := &ipynb.Output{Type: ipynb.DisplayData}
		o.Data = map[string]json.RawMessage{record.MIME: json.RawMessage(`{"version":2,"experiment":"mine","parameters":[{"name":"Rate","value":"` + value + `","preset":"1","changed":true,"range":"0 to 9"}]}`)}
		return front.Finished{Outputs: []*ipynb.Output{o}}
	}
	outputs, err = listParams(t.Context(), nil, []front.Finished{recorded("2"), recorded("3")})
	if got := text(t, outputs); err != nil || !strings.Contains(got, "3 * (preset 1)") || strings.Contains(got, "2 *") {
		t.Errorf("%v\n%s", err, got)
	}
}

func TestExportCommand(t *testing.T) {
	root, dir := t.TempDir(), t.TempDir()
	notebook(t, dir, "other", "var a = 1", "fmt.Println(0)")
	notebook(t, dir, "open", "var lr = 0.1", "fmt.Println(lr)", "fmt.Println(2)")
	tools := func(context.Context) (*gonb.Tools, error) { return &gonb.Tools{GoVersion: "go1"}, nil }
	e := exporter{root: root, dir: dir, tools: tools, pictures: new(report.Pictures)}
	ran := func(source, out string) front.Finished {
		return front.Finished{Source: source, Count: 1, Outputs: []*ipynb.Output{{Type: ipynb.Stream, Name: "stdout", Text: out}}}
	}
	cells := []front.Finished{ran("var lr = 0.1", ""), ran("fmt.Println(lr)", "old"), ran("fmt.Println(lr)", "newest")}
	outputs, err := e.export(t.Context(), nil, cells)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(root, "reports", "open-export.html")
	if got := text(t, outputs); !strings.Contains(got, file) {
		t.Errorf("shows %s", got)
	}
	html, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if s := string(html); !strings.Contains(s, "newest") || strings.Contains(s, ">old") || !strings.Contains(s, "lr") {
		t.Error("the report does not show the last run of its cells")
	}
	if strings.Contains(string(html), "To reproduce this report") {
		t.Error("the report has a command for an interactive session")
	}
	unsaved := ran("fmt.Println(3)", "")
	unsaved.Ended = time.Now().Add(time.Hour)
	for _, c := range []struct {
		words []string
		cells []front.Finished
		want  string
	}{
		{nil, nil, "no cell was run"},
		{nil, []front.Finished{ran("x", "")}, "save the notebook, or name it"},
		{nil, []front.Finished{unsaved, cells[0], cells[1]}, "save the notebook"},
		{[]string{"none.ipynb"}, cells, "none.ipynb"},
		{[]string{"a", "b"}, cells, "usage"},
	} {
		if _, err := e.export(t.Context(), c.words, c.cells); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %s", c.words, err, c.want)
		}
	}
}

// An exported report shows only outputs of cells that ran in this kernel.
func TestExportShowsWhatRan(t *testing.T) {
	noon := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	open := func() *ipynb.Notebook {
		nb := blank()
		nb.Add(ipynb.Code, "var lr = 0.5", ipynb.TagParameters) // cell-01
		nb.Add(ipynb.Code, "show()")
		nb.Add(ipynb.Code, "show()")
		nb.Add(ipynb.Code, "slow()")
		nb.Add(ipynb.Code, "%export")
		old := 7
		for _, c := range nb.Cells {
			c.ExecutionCount, c.Outputs = &old, []*ipynb.Output{{Type: ipynb.Stream, Name: "stdout", Text: "last month's"}}
		}
		return nb
	}
	ran := func(id, source, out string, minutes int) front.Finished {
		return front.Finished{ID: id, Source: source, Count: minutes, Seconds: 60, Ended: noon.Add(time.Duration(minutes) * time.Minute),
			Outputs: []*ipynb.Output{{Type: ipynb.Stream, Name: "stdout", Text: out}}}
	}
	for _, c := range []struct {
		name       string
		cells      []front.Finished
		outputs    string // of parameters, show, show, slow
		parameters string
	}{
		{"in order", []front.Finished{ran("cell-01", "var lr = 0.5", "", 1), ran("cell-02", "show()", "a", 2), ran("cell-03", "show()", "b", 3)}, ",a,b,-", "0.5"},
		{"parameters run later", []front.Finished{ran("cell-02", "show()", "a", 1), ran("cell-01", "var lr = 0.5", "", 2), ran("cell-03", "show()", "b", 3)}, ",a,b,-", ""},
		{"other parameters", []front.Finished{ran("cell-01", "var lr = 0.9", "", 1), ran("cell-02", "show()", "a", 2)}, "-,a,-,-", ""},
		{"no ids", []front.Finished{ran("", "var lr = 0.5", "", 1), ran("", "show()", "b", 2)}, ",-,b,-", "0.5"},
		{"other ids", []front.Finished{ran("x", "show()", "a", 1), ran("y", "show()", "b", 2)}, "-,a,b,-", ""},
		{"another cell's text", []front.Finished{ran("cell-02", "slow()", "s", 1), ran("cell-03", "show()", "b", 2)}, "-,-,b,-", ""},
	} {
		nb := open()
		matched := matchCells(nb, c.cells)
		started, seconds := fillOutputs(nb, c.cells, matched)
		var outputs []string
		placed := 0
		for _, cell := range nb.Cells {
			switch {
			case cell.ExecutionCount == nil && cell.Outputs == nil:
				outputs = append(outputs, "-")
			default:
				placed++
				outputs = append(outputs, cell.Outputs[0].Text)
			}
		}
		if got := strings.Join(outputs, ","); got != c.outputs {
			t.Errorf("%s: outputs %s, want %s", c.name, got, c.outputs)
		}
		if got := parametersUsed(nb, c.cells, matched)["lr"]; got != c.parameters {
			t.Errorf("%s: lr = %q, want %q", c.name, got, c.parameters)
		}
		if seconds != 60*float64(placed) || started.Before(noon) || started.After(noon.Add(time.Minute)) {
			t.Errorf("%s: started %v, %v s for %d cells", c.name, started, seconds, placed)
		}
	}
}

// The report is made of the notebook that was renamed after the kernel had started, and
// not of another one that has its first name now.
func TestExportAfterRename(t *testing.T) {
	dir := t.TempDir()
	renamed := notebook(t, dir, "new", "var lr = 0.1", "fmt.Println(lr)")
	cells := []front.Finished{{Source: "fmt.Println(lr)"}}
	e := exporter{dir: dir}
	for _, session := range []string{"old.ipynb", "folder/old.ipynb", "", "abc-def"} {
		t.Setenv("JPY_SESSION_NAME", session)
		if path, _, err := e.openNotebook(nil, cells); path != renamed || err != nil {
			t.Errorf("session %q: %s, %v", session, path, err)
		}
	}
	other := notebook(t, dir, "old", "var a = 1", "fmt.Println(a)")
	t.Setenv("JPY_SESSION_NAME", other)
	if path, _, err := e.openNotebook(nil, cells); path != renamed || err != nil {
		t.Errorf("with another notebook of the first name: %s, %v", path, err)
	}
	copied := notebook(t, dir, "a copy", "var lr = 0.1", "fmt.Println(lr)")
	t.Setenv("JPY_SESSION_NAME", "elsewhere/new.ipynb")
	if path, _, err := e.openNotebook(nil, cells); path != renamed || err != nil {
		t.Errorf("with %s: %s, %v", copied, path, err)
	}
}
