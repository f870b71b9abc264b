//go:build long

package figure

import (
	"testing"

	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/record"
)

// The figure's claim at the scale the report shows, for every seed.
func TestAssociationQuickClaim(t *testing.T) {
	r, err := Association.Run(t.Context(), experiment.Env{Store: claimStore(t)}, associationPreset(experiment.Quick))
	if err != nil {
		t.Fatal(err)
	}
	_, after := r.Misses()
	for i, fall := range r.Fall() {
		t.Logf("seed %d: norm at onset %.2f, fell %.1f times, misses the target by %.3f", i+1, r.Onset()[i], fall, after[i])
		if !(fall >= associationFall) {
			t.Errorf("seed %d: the squared apical potential fell %.1f times, want at least 10", i+1, fall)
		}
		if !(after[i] <= associationReached) {
			t.Errorf("seed %d: the output misses its target by %.3f, want at most 0.2", i+1, after[i])
		}
	}
	for _, c := range r.Claims {
		if c.Verdict == record.Deviates {
			t.Errorf("verdict deviates: %+v", c)
		}
	}
}
