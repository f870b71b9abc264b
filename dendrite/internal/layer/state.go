package layer

import (
	"fmt"

	"microcircuits/dendrite/internal/simd"
)

// A Kind is all weights of one kind in a network, and the fields of the
// network's state that hold them.
type Kind[T simd.Float] struct {
	Name       string        // of the field Matrices
	Weights    []*Weights[T] // lowest area first
	Matrices   *[][]T        // one for each of Weights: targets x sources, row by row
	Thresholds *[][]T        // one for each of Weights, empty if they have none; may be nil then
}

// thresholds are what the state holds for number i of Weights.
func (k Kind[T]) thresholds(i int) []T {
	if k.Thresholds == nil || len(*k.Thresholds) == 0 {
		return nil
	}
	return (*k.Thresholds)[i]
}

// Save appends copies of the weights to the empty fields of a state.
func Save[T simd.Float](kinds []Kind[T]) {
	for _, k := range kinds {
		for _, w := range k.Weights {
			*k.Matrices = append(*k.Matrices, w.Matrix())
			if t := w.Thresholds(); t != nil {
				*k.Thresholds = append(*k.Thresholds, t)
			}
		}
	}
}

// Load sets the weights to what the fields of a state hold. It fails, with all
// weights as before, if a field does not fit or holds a value that is not
// finite.
func Load[T simd.Float](kinds []Kind[T]) error {
	for _, k := range kinds {
		want, wantThresholds := len(k.Weights), 0
		for _, w := range k.Weights {
			wantThresholds += w.In - w.Sources
		}
		have, haveThresholds := len(*k.Matrices), 0
		if k.Thresholds != nil {
			haveThresholds = len(*k.Thresholds)
		}
		if have != want || haveThresholds != wantThresholds {
			return fmt.Errorf("the state has %d matrices %s and %d vectors of thresholds, where the network has %d and %d", have, k.Name, haveThresholds, want, wantThresholds)
		}
		for i, w := range k.Weights {
			if err := w.Check((*k.Matrices)[i], k.thresholds(i)); err != nil {
				return fmt.Errorf("the state's %s[%d]: %w", k.Name, i, err)
			}
		}
	}
	for _, k := range kinds {
		for i, w := range k.Weights {
			w.Load((*k.Matrices)[i], k.thresholds(i))
		}
	}
	return nil
}
