package lab

import (
	"strings"
	"testing"
)

func TestAtChance(t *testing.T) {
	for _, c := range []struct {
		errors []float64
		want   string
	}{
		{[]float64{10, 44}, ""},
		{[]float64{10, 46}, "1 of 2 networks"},
		{[]float64{50, 80}, "2 of 2 networks at chance level: the test error at the end is up to 80.0 %, that of guessing is 50.0 %. Try less"},
		{nil, ""},
	} {
		got := strings.Join(AtChance("Backprop", c.errors, 50, "less"), "")
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("errors %v: %q, want %q", c.errors, got, c.want)
		}
	}
	if got := AtChance("Backprop", []float64{0}, Chance([][]int{{5}}), ""); got != nil {
		t.Errorf("a single class: %q", got)
	}
}

func TestChance(t *testing.T) {
	// Of 100 test images 50 are of class 0.
	if got := Chance([][]int{{20, 30}, {10, 15}, {25, 0}}); got != 50 {
		t.Errorf("%g %%", got)
	}
	if got := Chance(nil); got != 0 {
		t.Errorf("without images %g %%", got)
	}
}
