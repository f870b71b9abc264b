//go:build long

package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"microcircuits/dendrite/runstore"
	"microcircuits/kernel/ipynb"
	"microcircuits/kernel/report"
)

// A figure is one Go file and one notebook, see package figure.
const toyFigure = `package figure

import (
	"context"
	"fmt"

	"microcircuits/dendrite/chart"
	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/record"
)

// ToyParams are the parameters of Toy.
type ToyParams struct {
	Scale experiment.Scale ` + "`param:\"-\"`" + `
	Seeds int              ` + "`min:\"1\" max:\"100\" scale:\"up\" doc:\"walks\"`" + `
	Steps int              ` + "`min:\"2\" max:\"1000\" scale:\"up\" doc:\"steps of a walk\"`" + `
}

// Toy counts.
var Toy = add(experiment.Definition[ToyParams, *ToyRun]{
	Info: experiment.Info{Name: "toy", Title: "A toy", Figure: "none", Claim: "counting counts", Notebook: "9-toy", Version: 1},
	Preset: func(s experiment.Scale) ToyParams {
		if s == experiment.Paper {
			return ToyParams{s, 5, 100}
		}
		return ToyParams{s, 2, 10}
	},
	Jobs:   ToyParams.jobs,
	Claims: (*ToyRun).claims,
})

// ToyRun is a finished run.
type ToyRun struct {
	*experiment.Run[ToyParams]
	Walks [][]float64
}

func (p ToyParams) jobs(plan *experiment.Plan) (func(*experiment.Run[ToyParams]) *ToyRun, error) {
	plan.Seeds(p.Seeds)
	var walks []*experiment.Pending[[]float64]
	for seed := 1; seed <= p.Seeds; seed++ {
		walks = append(walks, experiment.Add(plan, experiment.Job[[]float64]{
			Unit: fmt.Sprintf("seed%d", seed), Key: []int{p.Steps, seed},
			Run: func(context.Context, *experiment.Work) ([]float64, error) {
				walk := make([]float64, p.Steps)
				for i := range walk {
					walk[i] = float64(i * seed)
				}
				return walk, nil
			},
		}))
	}
	return func(run *experiment.Run[ToyParams]) *ToyRun {
		r := &ToyRun{Run: run}
		for _, w := range walks {
			r.Walks = append(r.Walks, w.Get())
		}
		return r
	}, nil
}

// Walks shows them.
func (r *ToyRun) Chart() *chart.Chart {
	return chart.Lines(chart.LinesSpec{Title: "Walks of a toy", X: chart.Axis{Name: "Step"}, Y: chart.Axis{Name: "Place"},
		Curves: []chart.Curve{{Name: "walk", X: r.Walks[0], Y: r.Walks[1]}}})
}

func (r *ToyRun) claims() []record.Claim {
	var ends []float64
	for _, w := range r.Walks {
		ends = append(ends, w[len(w)-1])
	}
	return []record.Claim{{ID: "end", Quantity: "Where the walks end", Paper: record.Words("far"),
		Ours: []record.Measure{record.Median("", "%.1f", "", ends)}, Bound: record.Holding(record.InEverySeed("").Above(1))}}
}
`

func TestNewFigure(t *testing.T) {
	root := copyOfClone(t)
	if err := os.WriteFile(filepath.Join(root, "dendrite", "figure", "toy.go"), []byte(toyFigure), 0o644); err != nil {
		t.Fatal(err)
	}
	setup := setupCell(t)
	notebook(t, filepath.Join(root, "notebooks"), "9-toy",
		"import \"microcircuits/dendrite\"\n\nvar (\n\tscale   = \"quick\"\n\tchanges = dendrite.Changes{}\n)",
		setup,
		"import \"microcircuits/dendrite/figure\"\n\n%%\nrun := dendrite.Run(figure.Toy, dendrite.Preset(figure.Toy, scale, changes))\ndendrite.Show(run.Chart())\ndendrite.Compare(run)")
	t.Setenv(runstore.DirVariable, t.TempDir())
	run := func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "go", args...)
		cmd.Dir = root
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return string(out)
	}
	run("vet", "./dendrite/...")
	run("test", "./dendrite/figure", "-run", "TestGolden", "-update")
	run("test", "./dendrite/figure")
	run("test", "./kernel", "-run", "TestReadmeRows", "-update")
	for _, scale := range []string{"quick", "paper"} {
		run("run", "./kernel", "reproduce", "9-toy", "--scale", scale, "--keep")
	}
	run("test", "./kernel", "-run", "TestReadme|TestList|TestKeptRuns|TestCheckNames|TestImport")
	if out := run("run", "./kernel", "plan", "toy"); !strings.Contains(out, "2 jobs, 2 in the store") {
		t.Errorf("plan: %s", out)
	}
	run("run", "./kernel", "reproduce", "9-toy", "-p", "steps=20")
	page, err := os.ReadFile(filepath.Join(root, "reports", "9-toy.html"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Walks of a toy", "Where the walks end", "28.5 (19.0 to 38.0, 2 seeds)", "above 1 in every seed", "steps of a walk", "Custom parameters"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	nb, err := ipynb.ReadFile(filepath.Join(root, "reports", "9-toy.ipynb"))
	if err != nil {
		t.Fatal(err)
	}
	if runs, err := report.Runs(nb); err != nil || len(runs) != 1 || runs[0].Claim("end") == nil {
		t.Errorf("%d runs, %v", len(runs), err)
	}
	var listed []listing
	if err := json.Unmarshal([]byte(run("run", "./kernel", "list", "--json")), &listed); err != nil {
		t.Fatal(err)
	}
	if last := listed[len(listed)-2]; last.Notebook != "9-toy" || last.Experiment != "toy" {
		t.Errorf("listed %+v", listed)
	}
	if out := run("run", "./kernel", "plan", "9-toy", "-p", "steps=20"); !strings.Contains(out, "2 jobs, 2 in the store") {
		t.Errorf("plan after the run: %s", out)
	}
}

// copyOfClone copies the files of this clone, except those that git ignores.
func copyOfClone(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "git", "-C", "..", "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	for _, name := range strings.Split(strings.TrimRight(string(out), "\x00"), "\x00") {
		data, err := os.ReadFile(filepath.Join("..", name))
		if os.IsNotExist(err) {
			continue // deleted and not committed yet
		}
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// setupCell is the first code cell of every notebook.
func setupCell(t *testing.T) string {
	t.Helper()
	nb, err := ipynb.ReadFile("../notebooks/0-tour.ipynb")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range nb.Cells {
		if c.ID == "setup" {
			return c.Source
		}
	}
	t.Fatal("the tour has no setup cell")
	return ""
}
