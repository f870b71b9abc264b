package report

import (
	"reflect"
	"testing"

	"microcircuits/kernel/ipynb"
)

// An entry is made without the report, but agrees with it.
func TestEntryIsOfTheReport(t *testing.T) {
	code := blank()
	code.Add(ipynb.Code, "x := 1")
	for name, nb := range map[string]*ipynb.Notebook{
		"sample": illustrated(t, "sample", sample), "failing": failing(t), "hostile": hostile(t), "untitled": code,
	} {
		p, err := build(t.Context(), nb, Options{})
		if err != nil {
			t.Fatal(err)
		}
		e, err := Summarize(t.Context(), nb, name+".html", nil)
		if err != nil {
			t.Fatal(err)
		}
		if e.Href != name+".html" || e.Title != p.Title || e.Failed != (len(p.Failures) > 0 || p.NeverRan) || len(e.Badges) != len(p.Badges) || !reflect.DeepEqual(e.Standings, p.Standings) {
			t.Errorf("%s: entry %+v of a report titled %q with failures %v", name, e, p.Title, p.Failures)
		}
		first := new(figureView)
		if all := p.figures(); len(all) > 0 {
			first = all[0]
		}
		if e.Alt != first.Alt || e.Thumbnail != "" && e.Picture() != first.Picture || (e.Thumbnail == "") != (first.Picture == "") {
			t.Errorf("%s: the thumbnail is not the report's first figure", name)
		}
	}
}
