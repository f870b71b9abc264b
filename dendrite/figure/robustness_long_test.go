//go:build long

package figure

import (
	"testing"

	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/record"
)

// The claims at the scale the reports show: issue 3.
func TestRobustnessQuickClaim(t *testing.T) {
	r, err := Robustness.Run(t.Context(), experiment.Env{Store: claimStore(t)}, robustnessPreset(experiment.Quick))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range r.Claims {
		switch c.ID {
		case "noise-1", "filter-standard-0.3": // results, no promises
		default:
			if c.Verdict == record.Deviates {
				t.Errorf("%s deviates: %s, want %s", c.ID, c.OursText(), c.BoundText())
			}
		}
	}
	for i, c := range r.InitUp {
		if !(c.ratio() < r.InitUpShallow[i].ratio()) {
			t.Errorf("initial range %g: error %.2f, shallow %.2f", r.Params.InitUp[i], c.ratio(), r.InitUpShallow[i].ratio())
		}
	}
}
