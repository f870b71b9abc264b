// Package figure holds the figures of the paper, one file each (x.go, and x_view.go
// if the charts have a file of their own).
//
// A means Sacramento, Costa, Bengio and Senn, "Dendritic error backpropagation in
// deep cortical microcircuits" (arXiv:1801.00062); N the same authors' NeurIPS
// 2018 paper (arXiv:1810.11393).
//
// # How to add a figure
//
//  1. Write x.go with a struct XParams: plain fields whose tags document them
//     (see package experiment) and a field Scale of type experiment.Scale.
//  2. Write XRun, which embeds *experiment.Run[XParams] and holds the numbers as
//     plain slices, and var X = add(experiment.Definition[XParams, *XRun]{...}).
//     The function in its field Jobs adds the jobs that compute the networks to the
//     plan. Random numbers come from streams of the seed, as in microcircuit.New and
//     task.Uniform.
//  3. Write the charts as methods of *XRun that return *chart.Chart, and the claims
//     as a function that returns []record.Claim, each with an ID of its own.
//  4. Copy another notebook to notebooks/N-x.ipynb, call dendrite.Run(figure.X,
//     params()) in it, and write its name in Info.Notebook.
//  5. Run go test ./dendrite/figure -run TestGolden -update for the hashes of the small
//     run, go test ./kernel -run TestReadmeRows -update for the row in README.md,
//     and scripts/reproduce --keep N-x, at both scales, for the kept numbers.
//
// Nothing else is edited: the catalogue, the commands of the kernel, the tour's
// table and the tests for all figures then include the figure. What several
// figures share is in figure/internal/lab, which does not depend on them.
package figure

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/record"
)

// withoutBounds makes the verdict of claims "not comparable" and says why.
func withoutBounds(claims []record.Claim, why string) {
	for i := range claims {
		claims[i].Bound, claims[i].Note = record.Bound{}, why
	}
}

// otherDataNote is the note of claims about digits other than MNIST.
const otherDataNote = "another data set: the paper's numbers are for MNIST"

// catalogue is filled while this package is initialised and not changed after.
var catalogue []experiment.Any

// add enters a figure into the catalogue.
func add[P, R any](d experiment.Definition[P, R]) *experiment.Definition[P, R] {
	catalogue = append(catalogue, &d)
	return &d
}

// Catalogue lists the figures in the order of their notebooks.
func Catalogue() []experiment.Any {
	return slices.SortedFunc(slices.Values(catalogue), func(a, b experiment.Any) int {
		return cmp.Compare(a.About().Notebook, b.About().Notebook)
	})
}

// Find returns the figure of that name or notebook, or an error that lists the
// names.
func Find(name string) (experiment.Any, error) {
	var names []string
	for _, f := range Catalogue() {
		info := f.About()
		if name == info.Name || name == info.Notebook {
			return f, nil
		}
		names = append(names, info.Name)
	}
	return nil, fmt.Errorf("there is no experiment %s%s; there are: %s", name, experiment.DidYouMean(name, names), strings.Join(names, ", "))
}
