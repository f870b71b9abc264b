package report

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"microcircuits/dendrite/record"
	"microcircuits/kernel/ipynb"
)

// paperRun returns a notebook with one run at the paper's scale.
func paperRun(t *testing.T, change func(object)) *ipynb.Notebook {
	nb := blank()
	nb.Add(ipynb.Markdown, "# Digits")
	rec := sampleRecord()
	rec["experiment"], rec["scale"], rec["reduced"] = "digits", "paper", false
	change(rec)
	run(nb.Add(ipynb.Code, "dendrite.Compare(run)"), 1, recordOutput(t, rec))
	nb.SetInfo(ipynb.RunInfo{Commit: "0123456789abcdef", Started: "2026-11-23T20:00:00Z", Command: "scripts/reproduce --scale paper digits", Status: "ok"})
	return nb
}

func TestReferenceRunIsKeptAndShown(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "results")
	full := paperRun(t, func(rec object) {
		rec["claims"] = []object{claim("test-error", "Test error", "1.96 %", record.Matches, 1.81, 2.01)}
		rec["provenance"] = object{"commit": "fedcba9876543210-dirty; aaaabbbbccccdddd"}
	})
	files, err := KeepReferences(full, dir)
	if err != nil || len(files) != 1 || filepath.Base(files[0]) != "digits.json" {
		t.Fatalf("kept %v, error %v", files, err)
	}
	quick := paperRun(t, func(rec object) {
		rec["scale"], rec["reduced"] = "quick", true
		// The same claim with another text.
		rec["claims"] = []object{claim("test-error", "Share of digits named wrongly", "1.96 %", record.Qualitatively, 3.7)}
	})
	info, _ := quick.Info()
	if info.References, err = FindReferences(quick, dir); err != nil {
		t.Fatal(err)
	}
	quick.SetInfo(info)
	page := string(render(t, quick))
	for _, want := range []string{"1.91 ± 0.14 % (2 seeds)", "3.70 %", "Reference run", "kept at commit <code>0123456", "<code>fedcba987654… with uncommitted changes</code>, <code>aaaabbbbcccc…</code>", "scripts/reproduce --scale paper digits"} {
		if !strings.Contains(page, want) {
			t.Errorf("the report does not show %q", want)
		}
	}
	quick.Clean()
	if info, ok := quick.Info(); ok || info.References != nil {
		t.Errorf("a cleaned notebook contains %+v", info)
	}
}

// The commit of the clone that saved a run is not the commit of the code that computed
// it.
func TestReferenceNamesNoCode(t *testing.T) {
	ref := Reference{Commit: "0123456789abcdef"}
	if at := ref.At(); !slices.Equal(at, []string{"unknown"}) {
		t.Errorf("computed at %q", at)
	}
}

// A kept run of another version, or without claims, is an error. KeepReferences writes
// over it, and then it is found.
func TestOldReferenceIsWrittenAgain(t *testing.T) {
	for text, want := range map[string]string{
		`{"experiment": "digits", "comparison": [{"quantity": "Test error"}]}`: "digits.json: it has version 0, but this program reads version 2; restore the file with git, or write it again with --keep",
		`{"version": 2, "experiment": "digits"}`:                               "digits.json: it has no claims; restore",
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "digits.json"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		nb := paperRun(t, func(object) {})
		for _, read := range []func() error{
			func() error { _, err := ReadReference(dir, "digits"); return err },
			func() error { _, err := FindReferences(nb, dir); return err },
		} {
			if err := read(); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want an error with %q", text, err, want)
			}
		}
		if files, err := KeepReferences(nb, dir); err != nil || len(files) != 1 {
			t.Errorf("kept %v, error %v", files, err)
		}
		if found, err := FindReferences(nb, dir); err != nil || len(found) != 1 {
			t.Errorf("found %v, error %v", found, err)
		}
	}
}

func TestRunWithoutClaimsIsNoReference(t *testing.T) {
	files, err := KeepReferences(paperRun(t, func(rec object) { delete(rec, "claims") }), t.TempDir())
	if err != nil || len(files) != 0 {
		t.Errorf("kept %v, error %v", files, err)
	}
}

func TestReducedAndChangedRunsAreNoReference(t *testing.T) {
	dir := t.TempDir()
	for name, change := range map[string]func(object){
		"changed": func(rec object) { rec["changed"] = true },
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
		t.Errorf("error %v does not contain the file's name", err)
	}
}
