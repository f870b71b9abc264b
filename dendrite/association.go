package dendrite

import (
	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/notebook"
)

// AssociationParams are the parameters of the second figure.
type AssociationParams = experiment.Association

// AssociationPreset returns the parameters of scale "quick" or "paper".
func AssociationPreset(scale string) AssociationParams {
	return experiment.AssociationPreset(parse(scale))
}

// Association runs the second figure: a network in the self-predicting state is
// taught one input-output pair (A Fig. 2, N Fig. 1).
func Association(p AssociationParams) *experiment.AssociationRun {
	return run("Association", p.Run)
}

// AssociationControls runs an association and the variants that say what its
// result rests on, and returns a table with one row for each.
func AssociationControls(p AssociationParams) Table {
	t := Table{Title: "Controls: medians over the seeds", Align: []notebook.Align{notebook.Left}}
	for _, c := range p.Controls() {
		heading, row := Association(c.Params).InShort()
		t.Header = append([]string{"Variant"}, heading...)
		t.Rows = append(t.Rows, append([]string{c.Name}, row...))
	}
	for range t.Header[1:] {
		t.Align = append(t.Align, notebook.Right)
	}
	return t
}
