// Package layer is what the networks for images have in common: weights with a
// threshold for each target neuron, saving and setting them, and the way images
// go in and outputs come out. The learning rules belong to the networks.
package layer

import (
	"fmt"
	"math"

	"microcircuits/dendrite/internal/simd"
	"microcircuits/dendrite/internal/stream"
)

// CheckSizes fails if the Sizes of a network of package pkg are not the numbers
// of neurons of an input area, any number of hidden areas and an output area.
func CheckSizes(pkg string, sizes []int) error {
	if len(sizes) < 2 {
		return fmt.Errorf("%s: Sizes has %d areas; give at least the input and the output", pkg, len(sizes))
	}
	for k, n := range sizes {
		if n < 1 || n > maxNeurons {
			return fmt.Errorf("%s: Sizes[%d] is %d; an area has 1 to %d neurons", pkg, k, n, maxNeurons)
		}
	}
	return nil
}

// maxNeurons keeps the numbers of inputs well within int32.
const maxNeurons = 1 << 24

// Weights go from source neurons to target neurons. With thresholds they have
// one more input, the last, which is always 1. Out is the number of targets, In
// that of the inputs.
type Weights[T simd.Float] struct {
	*simd.Weights[T]
	Sources int // source neurons
}

// New returns weights of zero.
func New[T simd.Float](targets, sources int, thresholds bool) *Weights[T] {
	in := sources
	if thresholds {
		in++
	}
	return &Weights[T]{Weights: simd.NewWeights[T](targets, in), Sources: sources}
}

// Draw sets the weights of the first inputs of every target to draws from
// U(-half, half), target after target. The draws are the same for float32 and
// float64.
func (w *Weights[T]) Draw(s *stream.Stream, inputs int, half float64) {
	row := make([]float64, inputs)
	for o := range w.Out {
		s.Uniform(row, -half, half)
		for i, v := range row {
			w.Set(o, i, T(v))
		}
	}
}

// SetScaled sets w to a times from, which must have the same shape.
func (w *Weights[T]) SetScaled(a T, from *Weights[T]) {
	for o := range w.Out {
		for i := range w.In {
			w.Set(o, i, a*from.At(o, i))
		}
	}
}

// Add adds rate e x to the weights, summed over the first rows of errors e and
// inputs x; a nil active means all inputs. At rate 0 it does nothing.
func (w *Weights[T]) Add(rate float64, e, x *simd.Batch[T], rows int, active []int32) {
	if rate == 0 {
		return
	}
	w.AddOuter(T(rate), e, x, rows, active)
}

// Matrix is a copy of the weights without the thresholds, row by row (targets x
// sources).
func (w *Weights[T]) Matrix() []T {
	m := make([]T, 0, w.Out*w.Sources)
	for o := range w.Out {
		for i := range w.Sources {
			m = append(m, w.At(o, i))
		}
	}
	return m
}

// Thresholds is a copy of the thresholds, nil if there are none.
func (w *Weights[T]) Thresholds() []T {
	if w.In == w.Sources {
		return nil
	}
	t := make([]T, w.Out)
	for o := range t {
		t[o] = w.At(o, w.Sources)
	}
	return t
}

// Check fails if a matrix or thresholds do not fit the weights or hold a value
// that is not finite.
func (w *Weights[T]) Check(matrix, thresholds []T) error {
	if n := w.Out * (w.In - w.Sources); len(matrix) != w.Out*w.Sources || len(thresholds) != n {
		return fmt.Errorf("%d weights and %d thresholds, where the network has %d and %d", len(matrix), len(thresholds), w.Out*w.Sources, n)
	}
	if i := NotFinite(matrix); i >= 0 {
		return fmt.Errorf("weight %d is %v", i, matrix[i])
	}
	if i := NotFinite(thresholds); i >= 0 {
		return fmt.Errorf("threshold %d is %v", i, thresholds[i])
	}
	return nil
}

// Load sets the weights to a matrix and thresholds that pass Check.
func (w *Weights[T]) Load(matrix, thresholds []T) {
	for i, v := range matrix {
		w.Set(i/w.Sources, i%w.Sources, v)
	}
	for o, v := range thresholds {
		w.Set(o, w.Sources, v)
	}
}

// NotFinite is the index of the first value that is NaN or infinite, -1 if
// there is none.
func NotFinite[T simd.Float](values []T) int {
	for i, v := range values {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return i
		}
	}
	return -1
}
