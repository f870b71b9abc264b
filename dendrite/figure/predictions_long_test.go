//go:build long

package figure

import (
	"testing"

	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/record"
)

func TestPredictionsQuickClaim(t *testing.T) {
	r, err := Predictions.Run(t.Context(), experiment.Env{Store: claimStore(t)}, predictionsPreset(experiment.Quick))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range r.Claims {
		if c.Verdict == record.Deviates {
			t.Errorf("verdict deviates: %+v", c)
		}
	}
}
