package dendrite

import (
	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/notebook"
)

// RegressionParams are the parameters of the third figure.
type RegressionParams = experiment.Regression

// RegressionPreset returns the parameters of scale "quick" or "paper" (learning
// rates times 100, minutes a network), or of two scales that take hours:
// "n-full", N's own rates and ten million trials, and "arxiv-v1", the variant
// of A.
func RegressionPreset(scale string) RegressionParams {
	return experiment.RegressionPreset(parse(scale, experiment.NFull, experiment.ArxivV1))
}

// Regression runs the third figure: a microcircuit and a shallow learner learn
// the nonlinear map of a teacher network (A Fig. 3, N Fig. 2 and S1).
func Regression(p RegressionParams) *experiment.RegressionRun { return run("Regression", p.Run) }

// RegressionSeeds is a table of what every pair of networks of a regression
// did.
func RegressionSeeds(r *experiment.RegressionRun) Table {
	t := Table{Title: "Each pair of networks"}
	t.Header, t.Rows = r.EachSeed()
	for range t.Header {
		t.Align = append(t.Align, notebook.Right)
	}
	return t
}
