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
	run := &report.Run{Experiment: "digits", Comparison: []report.Comparison{
		{Quantity: "a", Ours: "1", Verdict: "deviates"}, {Quantity: "b", Ours: "2", Verdict: "deviates"},
		{Quantity: "c", Ours: "3", Verdict: "matches"}, {Quantity: "d", Ours: "4", Verdict: "deviates"},
	}}
	ref := &report.Reference{Comparison: []report.Comparison{
		{Quantity: "a", Ours: "0", Verdict: "matches"}, {Quantity: "b", Ours: "2", Verdict: "deviates"}, {Quantity: "c", Verdict: "deviates"},
	}}
	for i, want := range []bool{true, false, false, true} {
		if k := hold(run, ref)[i]; k.Failed != want {
			t.Errorf("%+v, want failed %v", k, want)
		}
	}
	if all := hold(run, nil); !all[1].Failed || all[2].Failed || all[0].Kept != "not kept" {
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
