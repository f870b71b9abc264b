//go:build long

package figure

import (
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat"

	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/figure/internal/lab"
)

// The figure's claims at the scale the report shows, on the real digits: issue
// "Images at the paper's scale". Whether an open gate beats the shut one is no
// claim but a result: the table says so.
func TestDisinhibitionQuickClaim(t *testing.T) {
	r, err := Disinhibition.Run(t.Context(), experiment.Env{Store: claimStore(t)}, disinhibitionPreset(experiment.Quick))
	if err != nil {
		t.Fatal(err)
	}
	for s, c := range r.Circuits {
		last := len(c.Test) - 1
		if !(c.Test[last] <= 8) {
			t.Errorf("seed %d: test error %.2f %%, want at most 8", s+1, c.Test[last])
		}
		if !(c.Apical[last] < 0.05*c.TopDown[last]) {
			t.Errorf("seed %d: apical potential %.3f without a teacher, top-down input %.3f", s+1, c.Apical[last], c.TopDown[last])
		}
		if match := stat.Mean(r.Recalls[s].PrototypeMatch, nil); !(match > 0.6) {
			t.Errorf("seed %d: prototypes correlate %.2f with the class means", s+1, match)
		}
		if o := r.Continuous[s]; !(o.Open > 2*o.Shut) || !(o.Likeness[len(o.Likeness)-1] > o.Likeness[0]) {
			t.Errorf("seed %d, continuous time: apical potential %.2f shut, %.2f open; likeness %.2f, then %.2f", s+1, o.Shut, o.Open, o.Likeness[0], o.Likeness[len(o.Likeness)-1])
		}
	}
	if own := r.own(func(d lab.Recalled) []int { return d.PrototypeRead }); slices.Min(own) < 9 {
		t.Errorf("%v prototypes are read as their own class, want at least 9 in every seed", own)
	}
	half := slices.IndexFunc(r.Params.Recall.Conditions(), func(c lab.Condition) bool { return c.Gate == 0.5 && c.Steps == 1 })
	for _, noise := range []string{"Gaussian 0.3", "Gaussian 0.5"} {
		n := slices.Index(r.Noises(), noise)
		noisy := r.onTest(disinhibitionByError, n, 0)
		for _, condition := range []int{1, half} {
			if always, _ := disinhibitionByError.better(r.onTest(disinhibitionByError, n, condition), noisy); !always {
				t.Errorf("%s, %s: squared errors %v, of the noisy input %v", noise, r.Params.Recall.Conditions()[condition].Name, r.onTest(disinhibitionByError, n, condition), noisy)
			}
		}
	}
}
