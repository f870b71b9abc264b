package dendrite

import (
	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/notebook"
)

// DisinhibitionParams are the parameters of the figure on learned feedback and
// recall.
type DisinhibitionParams = experiment.Disinhibition

// DisinhibitionPreset returns the parameters of scale "quick" or "paper".
func DisinhibitionPreset(scale string) DisinhibitionParams {
	return experiment.DisinhibitionPreset(parse(scale))
}

// Disinhibition runs the figure on learned feedback and recall: a network in
// which every synapse is plastic learns digits (N 3.4), then imagines and
// recalls them while VIP opens its apical dendrites to what it expects (A Fig.
// 5, protocol reconstructed).
func Disinhibition(p DisinhibitionParams) *experiment.DisinhibitionRun {
	return run("Disinhibition", p.Run)
}

// RecallVerdicts are two tables that say for every noise whether recall helped:
// by the squared error, and by how often digits are read correctly.
func RecallVerdicts(r *experiment.DisinhibitionRun) []any {
	table := func(title string, header []string, rows [][]string) Table {
		t := Table{Title: title, Header: header, Rows: rows, Align: []notebook.Align{notebook.Left, notebook.Right, notebook.Right, notebook.Left, notebook.Right}}
		t.Notes = []string{"Means over seeds, test digits. Choice: the shut gate, or a gate and its number of looks (×), whichever was best on validation digits."}
		return t
	}
	header, rows := r.ErrorVerdicts()
	errors := table("Squared error per pixel to the clean digit", header, rows)
	header, rows = r.ReadingVerdicts()
	return []any{errors, table("Digits read correctly by the independent network (%)", header, rows)}
}
