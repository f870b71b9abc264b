package main

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"microcircuits/dendrite/figure"
	"microcircuits/dendrite/record"
	"microcircuits/dendrite/runstore"
	"microcircuits/kernel/clone"
	"microcircuits/kernel/ipynb"
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
	for _, f := range figure.Catalogue() {
		info := f.About()
		l := listed[info.Notebook]
		if l.Experiment != info.Name || l.Reference == nil || l.Reference.ComputeSeconds <= 0 || l.Reference.Seeds == 0 {
			t.Errorf("%s: %+v", info.Notebook, l)
		}
	}
	if tour := listed["0-tour"]; tour.Experiment != "" || !strings.HasPrefix(tour.Title, "Start here") {
		t.Errorf("the tour: %+v", tour)
	}
	if code, out, _ := call(t, "list"); code != 0 || !strings.Contains(out, "4-mnist") || !strings.Contains(out, "of computing, 5 seeds") {
		t.Errorf("exit status %d: %s", code, out)
	}
}

// An executed notebook that cannot be read counts as no run. A message says why.
func TestListWithoutAnUnreadableRun(t *testing.T) {
	root := t.TempDir()
	for _, dir := range []string{"notebooks", "reports"} {
		if err := os.Mkdir(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	notebook(t, filepath.Join(root, "notebooks"), "n", "var lr = 0.1")
	old := blank()
	old.Add(ipynb.Code, "run()").Outputs = []*ipynb.Output{{Type: ipynb.DisplayData, Data: map[string]json.RawMessage{record.MIME: json.RawMessage(`{"version":1,"experiment":"x"}`)}}}
	if err := old.WriteFile(filepath.Join(root, "reports", "n.ipynb")); err != nil {
		t.Fatal(err)
	}
	var printed strings.Builder
	all, err := (&console{out: io.Discard, err: &printed}).listNotebooks(root)
	if err != nil || len(all) != 1 || all[0].Last != nil {
		t.Errorf("%+v, %v", all, err)
	}
	if text := printed.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "n.ipynb") || !strings.Contains(text, "run it again") {
		t.Errorf("printed %q", text)
	}
}

// Every figure has a kept run at both scales. The kept run at the paper's scale has
// every claim of the quick one.
func TestKeptRuns(t *testing.T) {
	root, err := clone.Find(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range figure.Catalogue() {
		name := f.About().Name
		var ids [2][]string
		for i, scale := range []record.Scale{record.Quick, record.Paper} {
			ref, err := report.ReadReference(report.ResultsDir(filepath.Join(root, "notebooks", "results"), scale), name)
			if err != nil {
				t.Fatal(err)
			}
			if ref == nil || ref.Experiment != name || len(ref.Claims) == 0 || ref.Dirty || ref.Started.IsZero() || len(ref.Seeds) == 0 {
				t.Errorf("%s, %s: kept run %+v", name, scale, ref)
				continue
			}
			for _, c := range ref.Claims {
				ids[i] = append(ids[i], c.ID)
				if c.Quantity == "" || c.Paper.String() == "" || len(c.Ours) == 0 || c.Verdict.Rank() < 0 {
					t.Errorf("%s, %s: %+v", name, scale, c)
				}
			}
		}
		for _, id := range ids[0] {
			if !slices.Contains(ids[1], id) {
				t.Errorf("%s: the kept run at the paper's scale lacks the claim %s of the quick one", name, id)
			}
		}
	}
}

func TestCompareClaims(t *testing.T) {
	claim := func(verdict record.Verdict, values ...float64) []record.Claim {
		return []record.Claim{{ID: "q", Quantity: "in words", Verdict: verdict, Ours: []record.Measure{record.Mean("", "%.2f", "%", values)}}}
	}
	for _, c := range []struct {
		now, kept []record.Claim
		backend   string // of the run; that of the kept run is avx512
		fails     bool
	}{
		{claim(record.Matches, 1.81, 1.99), claim(record.Matches, 1.81, 1.99), "avx512", false},
		{claim(record.Matches, 1.81, 1.991), claim(record.Matches, 1.81, 1.99), "avx512", true},
		{claim(record.Matches, 1.9, 1.99), claim(record.Matches, 1.81, 1.99), "avx2", false},
		{claim(record.Matches, 2.3, 2.3), claim(record.Matches, 1.81, 1.99), "avx2", true},
		{claim(record.Qualitatively, 1.9), claim(record.Matches, 1.9), "avx2", true},
		{claim(record.Qualitatively, 1.9), claim(record.Deviates, 1.9), "avx512", false},
		{claim(record.Deviates, 88), claim(record.Deviates, 1.5), "avx2", true},
		{claim(record.Matches, 5e-15), claim(record.Matches, 1e-15), "avx2", false},
		{nil, claim(record.Qualitatively, 1), "avx512", true},
		{claim(record.Qualitatively, 1), nil, "avx512", false},
		{claim(record.Deviates, 1), nil, "avx512", true},
	} {
		run := &record.Record{Claims: c.now, Provenance: record.Provenance{Backend: c.backend}}
		all := compareClaims(run, &report.Reference{Backend: "avx512", Claims: c.kept})
		if len(all) != 1 || all[0].Failed != c.fails || all[0].Failed != (all[0].Why != "") {
			t.Errorf("%+v: %+v", c, all)
		}
	}
	if all := compareClaims(&record.Record{Claims: claim(record.Deviates, 1)}, nil); !all[0].Failed || all[0].Kept != "not kept" {
		t.Errorf("without a kept run: %+v", all)
	}
	all := append(compareClaims(&record.Record{Claims: claim(record.Matches, 1)}, nil), compareClaims(&record.Record{}, &report.Reference{Claims: claim(record.Matches, 1)})...)
	if text, failed := summary(all); !failed || text != "2 numbers, 1 of them compared with a kept run: 1 failed" {
		t.Errorf("%s, failed %v", text, failed)
	}
	// Claims are matched by ID, not by their text.
	now, kept := claim(record.Matches, 1.9), claim(record.Matches, 1.9)
	now[0].Quantity = "in other words"
	if all := compareClaims(&record.Record{Claims: now, Provenance: record.Provenance{Backend: "avx512"}}, &report.Reference{Backend: "avx512", Claims: kept}); len(all) != 1 || all[0].Failed {
		t.Errorf("reworded: %+v", all)
	}
}

func TestPlan(t *testing.T) {
	t.Setenv(runstore.DirVariable, t.TempDir())
	code, out, errOut := call(t, "plan", "self-prediction", "-p", "seeds=2", "--json")
	var p planned
	if err := json.Unmarshal([]byte(out), &p); code != 0 || err != nil {
		t.Fatalf("exit status %d, %v: %s", code, err, errOut)
	}
	if p.Experiment != "self-prediction" || p.Scale != record.Quick || len(p.Jobs) != 2 || p.Missing != 2 || p.Jobs[1].Unit != "seed2" || p.Seconds <= 0 {
		t.Errorf("%+v", p)
	}
	if code, out, _ := call(t, "plan", "1-self-prediction", "--scale", "paper"); code != 0 || !strings.Contains(out, "10 jobs, 0 in the store") || !strings.Contains(out, "self-prediction/seed10-") {
		t.Errorf("exit status %d: %s", code, out)
	}
	for want, args := range map[string][]string{
		"did you mean self-prediction?": {"self-predicton"},
		"unknown scale":                 {"self-prediction", "--scale", "huge"},
		"did you mean Sigma?":           {"self-prediction", "-p", "sigmas=1"},
		"0 <= Sigma <= 10":              {"self-prediction", "-p", "sigma=-1"},
		"has no plan":                   {"0-tour"},
		"unknown scale \"big\"":         {"self-prediction", "-p", "scale=big"},
	} {
		if code, _, errOut := call(t, append([]string{"plan"}, args...)...); code != 2 || !strings.Contains(errOut, want) {
			t.Errorf("%v: exit status %d, %s; want %q", args, code, errOut, want)
		}
	}
}

func TestCheckNames(t *testing.T) {
	if all := checkNames(nil); len(all) != len(figure.Catalogue()) {
		t.Errorf("%v", all)
	}
	if some := checkNames([]string{"mnist", "1-self-prediction"}); strings.Join(some, " ") != "4-mnist 1-self-prediction" {
		t.Errorf("%v", some)
	}
	if code, _, errOut := call(t, "check", "mnits"); code != 2 || !strings.Contains(errOut, "did you mean 4-mnist?") {
		t.Errorf("exit status %d: %s", code, errOut)
	}
}

// The plan shows jobs with a checkpoint, and what its times are.
func TestPlanOfABegunRun(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(runstore.DirVariable, dir)
	_, out, _ := call(t, "plan", "self-prediction", "--json")
	var p planned
	if err := json.Unmarshal([]byte(out), &p); err != nil || len(p.Jobs) < 2 || p.KeptSeconds <= 0 {
		t.Fatalf("%+v, %v", p, err)
	}
	checkpoint := filepath.Join(dir, filepath.FromSlash(p.Jobs[1].Folder)+".checkpoint.npz")
	if err := os.MkdirAll(filepath.Dir(checkpoint), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(checkpoint, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, _ := call(t, "plan", "self-prediction")
	if code != 0 || strings.Count(out, "in part") != 1 || !strings.Contains(out, "1 of them continue from a checkpoint") || !strings.Contains(out, "the kept run of all jobs took") {
		t.Errorf("exit status %d\n%s", code, out)
	}
	if _, out, _ = call(t, "plan", "self-prediction", "-p", "sigma=0.3"); strings.Contains(out, "kept run") {
		t.Errorf("a changed run is compared with the kept one:\n%s", out)
	}
}
