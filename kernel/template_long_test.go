//go:build long

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"microcircuits/dendrite/record"
	"microcircuits/dendrite/runstore"
	"microcircuits/kernel/ipynb"
	"microcircuits/kernel/report"
)

// An experiment of twenty lines that replaces the template's experiment.
const twentyLines = `import (
	"context"

	"microcircuits/dendrite"
	"microcircuits/dendrite/chart"
)

type Decay struct {
	Seeds int     ` + "`min:\"1\" max:\"100\" doc:\"networks\"`" + `
	Rate  float64 ` + "`symbol:\"k\" unit:\"1/ms\" above:\"0\" max:\"1\" doc:\"how fast it falls\"`" + `
}

func fall(ctx context.Context, p Decay, seed uint64, w *dendrite.Work) ([]float64, error) {
	var out []float64
	for i := range 50 {
		out = append(out, float64(seed)*math.Exp(-p.Rate*float64(i)))
	}
	return out, nil
}

var teaching = dendrite.Own[Decay, []float64]{
	Info:   dendrite.Info{Name: "decay", Title: "A decay", Version: 1},
	Preset: func(dendrite.Scale) Decay { return Decay{Seeds: 2, Rate: 0.1} },
	Jobs:   dendrite.PerSeed(fall),
}

func params() Decay { return Decay{Seeds: seeds, Rate: rate} }`

// A user's own figure, made from a copy of the template, has cache, charts,
// parameter table and report like the figures of the paper.
func TestTemplate(t *testing.T) {
	t.Setenv(runstore.DirVariable, t.TempDir())
	nb, err := ipynb.ReadFile("../notebooks/template.ipynb")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range nb.Cells {
		switch c.ID {
		case "parameters":
			c.Source = "var (\n\tseeds = 2\n\trate  = 0.1 // 1/ms\n)"
		case "experiment":
			c.Source = twentyLines
		}
	}
	dir := t.TempDir()
	mine := filepath.Join(dir, "mine.ipynb")
	if err := nb.WriteFile(mine); err != nil {
		t.Fatal(err)
	}
	executed := filepath.Join(dir, "out", "mine.ipynb")
	again := func(args ...string) *record.Record {
		t.Helper()
		code, _, errOut := call(t, append([]string{"run", mine, "--out", executed}, args...)...)
		if code != 0 {
			t.Fatalf("exit status %d\n%s", code, errOut)
		}
		done, err := ipynb.ReadFile(executed)
		if err != nil {
			t.Fatal(err)
		}
		runs, err := report.Runs(done)
		if err != nil || len(runs) != 1 {
			t.Fatalf("%d runs, %v", len(runs), err)
		}
		return runs[0]
	}
	kept := func() int {
		store, err := runstore.Open("")
		if err != nil {
			t.Fatal(err)
		}
		infos, err := store.List()
		if err != nil {
			t.Fatal(err)
		}
		return len(infos)
	}
	first := again()
	if kept() != 2 || first.Experiment != "decay" || len(first.Parameters) != 2 {
		t.Errorf("%d networks kept: %+v", kept(), first)
	}
	if second := again(); kept() != 2 || second.Provenance.Started != first.Provenance.Started {
		t.Errorf("the second run computed again: %d networks, %+v", kept(), second.Provenance)
	}
	if changed := again("-p", "rate=0.2"); kept() != 4 || !changed.Changed || changed.Parameters[1].Value != "0.2" {
		t.Errorf("a changed parameter: %d networks, %+v", kept(), changed)
	}
	if code, _, errOut := call(t, "report", executed); code != 0 {
		t.Fatal(errOut)
	}
	page, err := os.ReadFile(filepath.Join(dir, "out", "mine.html"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Custom parameters", "how fast it falls", "changed, preset 0.1", "dendrite-static", "1/ms", "Provenance", "decay/seed2-"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	code, _, errOut := call(t, "run", mine, "--out", executed, "-p", "rate=2")
	if code != 1 || !strings.Contains(errOut, "0 < Rate <= 1") || kept() != 4 {
		t.Errorf("out of range: exit status %d, %d networks\n%s", code, kept(), errOut)
	}
}
