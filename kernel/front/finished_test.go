package front

import (
	"fmt"
	"testing"
)

// A cell that ran again replaces its own earlier run, not that of another cell with
// the same text.
func TestFinishedCells(t *testing.T) {
	for _, c := range []struct {
		ran  []Finished
		want string
	}{
		{[]Finished{{ID: "a", Source: "show()"}, {ID: "b", Source: "show()"}}, "[a:show() b:show()]"},
		{[]Finished{{ID: "a", Source: "x := 1"}, {ID: "b", Source: "show()"}, {ID: "a", Source: "x := 2"}}, "[b:show() a:x := 2]"},
		{[]Finished{{Source: "show()"}, {Source: "x"}, {Source: "show()"}}, "[:x :show()]"},
	} {
		f := new(Front)
		for _, done := range c.ran {
			f.addFinished(done)
		}
		var got []string
		for _, done := range f.finished {
			got = append(got, done.ID+":"+done.Source)
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("%v, want %s", got, c.want)
		}
	}
}
