package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"microcircuits/dendrite/experiment"
	"microcircuits/kernel/clone"
	"microcircuits/kernel/report"
)

func TestList(t *testing.T) {
	code, out, errOut := call(t, "list", "--json")
	var all []listing
	if err := json.Unmarshal([]byte(out), &all); code != 0 || err != nil {
		t.Fatalf("exit status %d, %v: %s", code, err, errOut)
	}
	listed := map[string]listing{}
	for _, l := range all {
		listed[l.Notebook] = l
	}
	for _, e := range experiment.Catalogue() {
		l := listed[e.Notebook]
		if l.Experiment != e.Name || l.Reference == nil || l.Reference.ComputeSeconds <= 0 || l.Reference.Seeds == 0 {
			t.Errorf("%s: %+v", e.Notebook, l)
		}
	}
	if tour := listed["0-tour"]; tour.Experiment != "" || !strings.HasPrefix(tour.Title, "Start here") {
		t.Errorf("the tour: %+v", tour)
	}
	if code, out, _ := call(t, "list"); code != 0 || !strings.Contains(out, "4-mnist") || !strings.Contains(out, "of computing, 5 seeds") {
		t.Errorf("exit status %d: %s", code, out)
	}
}

// Every kept run is one of an experiment of today, with its quantities.
func TestKeptRuns(t *testing.T) {
	root, err := clone.Find(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, scale := range []string{"paper", "quick"} {
		dir := report.ResultsDir(filepath.Join(root, "notebooks", "results"), scale)
		for _, e := range experiment.Catalogue() {
			ref, err := report.ReadReference(dir, e.Name)
			if err != nil {
				t.Fatal(err)
			}
			if ref == nil || ref.Experiment != e.Name || len(ref.Comparison) == 0 || ref.Dirty {
				t.Errorf("%s, %s: kept run %+v", e.Name, scale, ref)
			}
		}
	}
}

func TestNearest(t *testing.T) {
	names := []string{"0-tour", "1-self-prediction", "4-mnist"}
	for name, want := range map[string]string{"4-mnits": "4-mnist", "mnist": "4-mnist", "Tour": "0-tour", "xyz": "", "": ""} {
		if got := nearest(name, names); got != "" != (want != "") || !strings.Contains(got, want) {
			t.Errorf("nearest to %q: %q, want %q", name, got, want)
		}
	}
}

func TestHold(t *testing.T) {
	const absent = "-"
	type said struct{ ours, verdict string }
	for _, c := range []struct {
		now, kept said
		backend   string // of the run; avx512 kept the other
		fails     bool
	}{
		{said{"1.90 ± 0.09 %", "matches"}, said{"1.90 ± 0.09 %", "matches"}, "avx512", false},
		{said{"1.91 ± 0.09 %", "matches"}, said{"1.90 ± 0.09 %", "matches"}, "avx512", true},
		{said{"1.99 ± 0.10 %", "matches"}, said{"1.90 ± 0.09 %", "matches"}, "avx2", false},
		{said{"2.30 ± 0.09 %", "matches"}, said{"1.90 ± 0.09 %", "matches"}, "avx2", true},
		{said{"2.6 %", "qualitatively"}, said{"1.90 %", "matches"}, "avx2", true},
		{said{"1.90 %", "qualitatively"}, said{"1.90 %", "matches"}, "avx512", true},
		{said{"88 %", "deviates"}, said{"1.55 %", "deviates"}, "avx2", true},
		{said{"1.55 %", "deviates"}, said{"1.55 %", "deviates"}, "avx2", false},
		{said{"1.55 %", "qualitatively"}, said{"1.55 %", "deviates"}, "avx512", false},
		{said{"at most 5.3e-15", "matches"}, said{"at most 1.8e-15", "matches"}, "avx2", false},
		{said{"0.02 (3 seeds)", "matches"}, said{"0.01 (3 seeds)", "matches"}, "portable", false},
		{said{"0.03 (3 seeds)", "matches"}, said{"0.01 (3 seeds)", "matches"}, "portable", true},
		{said{"3 of 7 networks", "matches"}, said{"3 of 7", "matches"}, "portable", true},
		{said{absent, ""}, said{"1", "qualitatively"}, "avx512", true},
		{said{"1", "qualitatively"}, said{absent, ""}, "avx512", false},
		{said{"1", "deviates"}, said{absent, ""}, "avx512", true},
	} {
		list := func(s said) []report.Comparison {
			if s.ours == absent {
				return nil
			}
			return []report.Comparison{{Quantity: "q", Ours: s.ours, Verdict: s.verdict}}
		}
		run := &report.Run{Comparison: list(c.now), Provenance: report.Provenance{Backend: c.backend}}
		all := hold(run, &report.Reference{Backend: "avx512", Comparison: list(c.kept)})
		if len(all) != 1 || all[0].Failed != c.fails || all[0].Failed != (all[0].Why != "") {
			t.Errorf("%+v: %+v", c, all)
		}
	}
	if all := hold(&report.Run{Comparison: []report.Comparison{{Verdict: "deviates"}}}, nil); !all[0].Failed || all[0].Kept != "not kept" {
		t.Errorf("without a kept run: %+v", all)
	}
}

func TestCheckNames(t *testing.T) {
	all, err := checkNames(nil)
	if err != nil || len(all) != len(experiment.Catalogue()) {
		t.Errorf("%v, %v", all, err)
	}
	if some, _ := checkNames([]string{"mnist", "1-self-prediction"}); strings.Join(some, " ") != "4-mnist 1-self-prediction" {
		t.Errorf("%v", some)
	}
	if code, _, errOut := call(t, "check", "mnits"); code != 2 || !strings.Contains(errOut, "did you mean 4-mnist?") {
		t.Errorf("exit status %d: %s", code, errOut)
	}
}
