package report

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"microcircuits/kernel/ipynb"
)

// paperRun is a notebook with one run at the paper's scale.
func paperRun(t *testing.T, change func(object)) *ipynb.Notebook {
	nb := blank()
	nb.Add(ipynb.Markdown, "# Digits")
	rec := record()
	rec["experiment"], rec["scale"], rec["reduced"] = "digits", "paper", false
	change(rec)
	run(nb.Add(ipynb.Code, "dendrite.Compare(run)"), 1, recordOutput(t, rec))
	nb.SetInfo(ipynb.RunInfo{Commit: "0123456789abcdef", Started: "2026-11-23T20:00:00Z", Command: "scripts/reproduce --scale paper digits", Status: "ok"})
	return nb
}

func TestReferenceRunIsKeptAndShown(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "results")
	full := paperRun(t, func(rec object) {
		rec["comparison"] = []object{{"quantity": "Test error", "paper": "1.96 %", "ours": "1.91 % (5 seeds)", "verdict": "matches"}}
		rec["provenance"] = object{"commit": "fedcba9876543210-dirty; aaaabbbbccccdddd"}
	})
	files, err := KeepReferences(full, dir)
	if err != nil || len(files) != 1 || filepath.Base(files[0]) != "digits.json" {
		t.Fatalf("kept %v, error %v", files, err)
	}
	quick := paperRun(t, func(rec object) {
		rec["scale"], rec["reduced"] = "quick", true
		rec["comparison"] = []object{{"quantity": "Test error", "paper": "1.96 %", "ours": "3.7 %", "verdict": "qualitatively"}}
	})
	info, _ := quick.Info()
	if info.References, err = FindReferences(quick, dir); err != nil {
		t.Fatal(err)
	}
	quick.SetInfo(info)
	page := string(render(t, quick))
	for _, want := range []string{"1.91 % (5 seeds)", "3.7 %", "Reference run", "kept at commit <code>0123456", "<code>fedcba987654… with uncommitted changes</code>, <code>aaaabbbbcccc…</code>", "scripts/reproduce --scale paper digits"} {
		if !strings.Contains(page, want) {
			t.Errorf("the report does not show %q", want)
		}
	}
	quick.Clean()
	if info, ok := quick.Info(); ok || info.References != nil {
		t.Errorf("a cleaned notebook keeps %+v", info)
	}
}

// The commit of the clone that keeps a run is no word about its code.
func TestOldReferenceNamesNoCode(t *testing.T) {
	old, err := readReference([]byte(`{"experiment": "digits", "commit": "0123456789abcdef"}`), "digits")
	if err != nil {
		t.Fatal(err)
	}
	if at := old.At(); !slices.Equal(at, []string{"unknown"}) {
		t.Errorf("computed at %q", at)
	}
}

func TestReducedAndChangedRunsAreNoReference(t *testing.T) {
	dir := t.TempDir()
	for name, change := range map[string]func(object){
		"changed": func(rec object) { rec["scale"] = "custom" },
		"reduced": func(rec object) { rec["reduced"] = true },
	} {
		if files, err := KeepReferences(paperRun(t, change), dir); err != nil || len(files) != 0 {
			t.Errorf("%s: kept %v, error %v", name, files, err)
		}
	}
}

func TestReferenceNamesStayInTheirFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "results")
	nb := paperRun(t, func(rec object) { rec["experiment"] = "../escape" })
	if files, err := KeepReferences(nb, dir); err == nil || len(files) != 0 {
		t.Errorf("kept %v, error %v", files, err)
	}
	if found, err := FindReferences(nb, dir); err != nil || len(found) != 0 {
		t.Errorf("found %v, error %v", found, err)
	}
}

func TestDamagedReferenceIsNamed(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "digits.json"), []byte(`{"experiment":`), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := FindReferences(paperRun(t, func(object) {}), dir)
	if err == nil || !strings.Contains(err.Error(), "digits.json") {
		t.Errorf("error %v does not name the file", err)
	}
}
