//go:build long

package experiment

import "testing"

// The claims at the scale the reports show: issue 3.
func TestRobustnessQuickClaim(t *testing.T) {
	r, err := RobustnessPreset(Quick).Run(t.Context(), Env{Store: claimStore(t)})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range r.Comparison {
		if c.Verdict == Deviates {
			t.Errorf("verdict deviates: %+v", c)
		}
	}
	for i, c := range r.InitUp {
		if !(c.ratio() < r.InitUpShallow[i].ratio()) {
			t.Errorf("initial range %g: error %.2f, shallow %.2f", r.Params.InitUp[i], c.ratio(), r.InitUpShallow[i].ratio())
		}
	}
}

func TestPredictionsQuickClaim(t *testing.T) {
	r, err := PredictionsPreset(Quick).Run(t.Context(), Env{Store: claimStore(t)})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range r.Comparison {
		if c.Verdict == Deviates {
			t.Errorf("verdict deviates: %+v", c)
		}
	}
}
