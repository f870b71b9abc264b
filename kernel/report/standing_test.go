package report

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"microcircuits/dendrite/record"
)

// The head of a report and its card show the kept run first, in words, and one line with
// the result.
func TestKeptRunComesFirst(t *testing.T) {
	dir := t.TempDir()
	testError := func(verdict record.Verdict, values ...float64) object {
		c := claim("test-error", "Test error", "", verdict, values...)
		c["paper"] = object{"values": []float64{1.96}, "unit": "%"}
		return c
	}
	full := paperRun(t, func(rec object) {
		rec["claims"] = []object{claim("in-words", "Apical potential", "", record.Qualitatively, 1), testError(record.Matches, 1.8, 2)}
	})
	if _, err := KeepReferences(full, dir); err != nil {
		t.Fatal(err)
	}
	quick := paperRun(t, func(rec object) {
		rec["scale"], rec["reduced"] = "quick", true
		rec["claims"] = []object{claim("in-words", "Apical potential", "", record.Deviates, 7), testError(record.Qualitatively, 3.7)}
	})
	info, _ := quick.Info()
	var err error
	if info.References, err = FindReferences(quick, dir); err != nil {
		t.Fatal(err)
	}
	quick.SetInfo(info)
	entry, err := Summarize(t.Context(), quick, "digits.html", nil)
	if err != nil {
		t.Fatal(err)
	}
	index, err := Index([]Entry{entry})
	if err != nil {
		t.Fatal(err)
	}
	for name, page := range map[string]string{"index": string(index), "report": string(render(t, quick))} {
		_, page, _ = strings.Cut(page, "<main") // without styles
		at := 0
		for _, want := range []string{"Paper scale, kept run", "same number", "same behaviour", "Test error: <b>1.90 ± 0.14 % (2 seeds)</b> (paper: 1.96 %)",
			"Quick", "same behaviour", "differs", "Test error: <b>3.70 %</b> (paper: 1.96 %)"} {
			i := strings.Index(page[at:], want)
			if i < 0 {
				t.Fatalf("%s: no %q after what must be before it", name, want)
			}
			at += i
		}
		for _, word := range []string{">matches<", ">qualitatively<", ">deviates<"} {
			if strings.Contains(page, word) {
				t.Errorf("%s: the verdict %s is not in words", name, word)
			}
		}
	}
	// A run at the paper's scale needs no other beside it.
	entry, err = Summarize(t.Context(), full, "digits.html", nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(entry.Standings) != 1 || entry.Standings[0].Kept {
		t.Errorf("standings of the run at the paper's scale: %+v", entry.Standings)
	}
}

// With other data the line with the result does not put the paper's number beside it.
func TestHeadlineOfOtherData(t *testing.T) {
	nb := paperRun(t, func(rec object) {
		c := claim("test-error", "Test error", "", record.NotComparable, 12)
		c["paper"] = object{"values": []float64{1.96}, "unit": "%"}
		rec["claims"], rec["changed"] = []object{c}, true
	})
	entry, err := Summarize(t.Context(), nb, "digits.html", nil)
	if err != nil {
		t.Fatal(err)
	}
	index, err := Index([]Entry{entry})
	if err != nil {
		t.Fatal(err)
	}
	if page := string(index); !strings.Contains(page, "(not comparable with the paper)") || strings.Contains(page, "paper: 1.96") {
		t.Errorf("the card compares with the paper:\n%s", page[strings.Index(page, "<main"):])
	}
}

func TestComparisonsAreInTheIndex(t *testing.T) {
	nb := paperRun(t, func(object) {})
	page, err := Compare(t.Context(), nb, nb, Options{})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a-vs-b.html")
	if err := Save(path, page); err != nil {
		t.Fatal(err)
	}
	entry, err := ReadComparison(path)
	if err != nil {
		t.Fatal(err)
	}
	index, err := Index([]Entry{entry})
	if err != nil {
		t.Fatal(err)
	}
	if want := `<a href="a-vs-b.html">A and B: Digits</a>`; !strings.Contains(string(index), want) {
		t.Errorf("no %s in the index", want)
	}
	if err := os.WriteFile(path, []byte("<title>A and B</title>"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadComparison(path); err == nil {
		t.Error("a page of someone else was taken for a comparison")
	}
}

// The kept run of a notebook with changed parameters or other data has the paper's.
func TestKeptRunWithoutChanges(t *testing.T) {
	headline := []record.Claim{{ID: "test-error"}}
	ref := &Reference{Claims: headline}
	for changed, want := range map[bool]string{false: "Paper scale, kept run", true: "Paper scale, kept run, without these changes"} {
		run := &record.Record{Scale: record.Quick, Changed: changed, Claims: headline}
		s := standings([]*record.Record{run}, []*Reference{ref})
		if len(s) != 2 || s[0].Badges[0].Text != want {
			t.Errorf("changed %t: %+v, want %q first", changed, s, want)
		}
	}
}
