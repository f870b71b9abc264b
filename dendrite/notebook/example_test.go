package notebook_test

import (
	"microcircuits/dendrite/notebook"
)

// Outside of a notebook a table is printed with aligned columns.
func ExampleShow() {
	notebook.Show(notebook.Table{
		Header: []string{"learner", "test error"},
		Align:  []notebook.Align{notebook.Left, notebook.Right},
		Rows:   [][]string{{"microcircuit", "1.96 %"}, {"backprop", "1.53 %"}},
		Notes:  []string{"as printed in the paper"},
	}, notebook.Markdown("That is all."))
	// Output:
	// learner       test error
	// ------------  ----------
	// microcircuit      1.96 %
	// backprop          1.53 %
	// as printed in the paper
	// That is all.
}

func ExampleNewProgress() {
	progress := notebook.NewProgress("training")
	for epoch := range 10 {
		progress.Point("test error", float64(epoch+1), 10/float64(epoch+1))
		progress.Update(float64(epoch+1)/10, "epoch")
	}
	progress.Done("test error 1 %")
}
