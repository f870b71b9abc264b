package notebook

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"microcircuits/dendrite/notebook/names"
)

type closed struct{}

func (closed) Write([]byte) (int, error) { return 0, errors.New("closed") }

func TestMarks(t *testing.T) {
	var out, errs strings.Builder
	m := newPrintMarks(true, &out, &errs)
	given := map[string]any{"a": 1}
	for want := 1; want <= 2; want++ {
		if got := m.mark(given); got[names.MarkKey] != want || got["a"] != 1 || len(given) != 1 {
			t.Errorf("metadata %v of %v", got, given)
		}
	}
	if want := "\x1b_dendrite 1\x1b\\\x1b_dendrite 2\x1b\\"; out.String() != want || errs.String() != want {
		t.Errorf("printed %q and %q", out.String(), errs.String())
	}
	out.Reset()
	if got := newPrintMarks(false, &out).mark(given); out.Len() > 0 || fmt.Sprint(got) != fmt.Sprint(given) {
		t.Errorf("without marks: %v, printed %q", got, out.String())
	}
	if got := newPrintMarks(true, closed{}).mark(given); fmt.Sprint(got) != fmt.Sprint(given) {
		t.Errorf("closed stream: %v", got)
	}
}
