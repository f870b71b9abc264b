package figure

import (
	"testing"

	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/runstore"
)

// Each job of a plan has its own name in lists and errors.
func TestJobsHaveNames(t *testing.T) {
	store, err := runstore.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range Catalogue() {
		for _, scale := range []experiment.Scale{experiment.Quick, experiment.Paper} {
			plan, err := f.PlanAt(scale, nil)
			if err != nil {
				t.Fatal(err)
			}
			seen := map[string]int{}
			for _, j := range plan.List(store) {
				if seen[j.Unit+" "+j.Label]++; seen[j.Unit+" "+j.Label] == 2 {
					t.Errorf("%s, %s: two jobs are %s (%s)", f.About().Name, scale, j.Unit, j.Label)
				}
			}
		}
	}
}
