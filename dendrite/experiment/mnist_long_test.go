//go:build long

package experiment

import (
	"testing"

	"gonum.org/v1/gonum/stat"
)

// The figure's claim at the scale the report shows, on the real digits: issue
// "Foundation".
func TestMNISTQuickClaim(t *testing.T) {
	r, err := MNISTPreset(Quick).Run(t.Context(), Env{Store: claimStore(t)})
	if err != nil {
		t.Fatal(err)
	}
	micro, single := stat.Mean(Final(r.Microcircuit), nil), stat.Mean(Final(r.SingleLayer), nil)
	if !(micro <= 6) {
		t.Errorf("mean test error of the microcircuit %.2f %%, want at most 6", micro)
	}
	if !(micro < single) {
		t.Errorf("microcircuit %.2f %%, single layer %.2f %%: the hidden areas did not learn", micro, single)
	}
	for _, c := range r.Comparison {
		if c.Verdict == Deviates {
			t.Errorf("verdict deviates: %+v", c)
		}
	}
}
