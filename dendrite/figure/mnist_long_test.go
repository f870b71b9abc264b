//go:build long

package figure

import (
	"testing"

	"gonum.org/v1/gonum/stat"

	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/record"
)

// The figure's claim at the scale the report shows, on the real digits: issue
// "Foundation".
func TestMNISTQuickClaim(t *testing.T) {
	r, err := MNIST.Run(t.Context(), experiment.Env{Store: claimStore(t)}, mnistPreset(experiment.Quick))
	if err != nil {
		t.Fatal(err)
	}
	micro, single := stat.Mean(mnistFinal(r.Microcircuit), nil), stat.Mean(mnistFinal(r.SingleLayer), nil)
	if !(micro <= 6) {
		t.Errorf("mean test error of the microcircuit %.2f %%, want at most 6", micro)
	}
	if !(micro < single) {
		t.Errorf("microcircuit %.2f %%, single layer %.2f %%: the hidden areas did not learn", micro, single)
	}
	for _, c := range r.Claims {
		switch c.ID {
		case "ordering", "apical-silence-taught": // with few epochs they may deviate
		default:
			if c.Verdict == record.Deviates {
				t.Errorf("%s deviates: %s, want %s", c.ID, c.OursText(), c.BoundText())
			}
		}
	}
}
