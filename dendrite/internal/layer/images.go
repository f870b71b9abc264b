package layer

import (
	"fmt"

	"microcircuits/dendrite/internal/simd"
)

// Chunk is how many images go through a network at a time where their number
// is free.
const Chunk = 50

// An Input is a batch of images as weights read them, without the inputs that
// are zero in all of them. The zero Input is ready for use.
type Input[T simd.Float] struct {
	*simd.Batch[T]
	Active  []int32 // the inputs that stand in the columns, in order
	compact simd.Compactor
}

// Load copies images x (rows of inputs) into the batch, with a constant 1 after
// them if there are thresholds, and returns their number. It panics if x is not
// whole rows.
func (in *Input[T]) Load(x []T, inputs int, thresholds bool) (rows int) {
	rows = Rows("input values", len(x), inputs)
	if in.Batch == nil || rows > in.Batch.Rows {
		in.Batch = simd.NewBatch[T](rows, inputs)
	}
	in.Active = simd.Compact(&in.compact, in.Batch, x, rows, inputs, thresholds)
	return rows
}

// Fill copies x, whole rows, into the first rows of b.
func Fill[T simd.Float](b *simd.Batch[T], x []T) {
	for r := range len(x) / b.Len {
		copy(b.Row(r), x[r*b.Len:])
	}
}

// Flat copies the first rows of b to dst, one after the other.
func Flat[T simd.Float](dst []T, b *simd.Batch[T], rows int) {
	for r := range rows {
		copy(dst[r*b.Len:], b.Row(r))
	}
}

// Constant sets the input of the thresholds, which stands after the last
// neuron, to 1 in the first rows of b.
func Constant[T simd.Float](b *simd.Batch[T], rows int) {
	for r := range rows {
		b.Data[r*b.Stride+b.Len] = 1
	}
}

// Predict writes a row of outputs for each image of x (rows of in values) to
// dst and returns it; a nil dst is allocated. forward computes the outputs of
// some images. It panics if x is not whole rows or dst has the wrong length.
func Predict[T simd.Float](dst, x []T, in, out int, forward func(x []T) *simd.Batch[T]) []T {
	images := Rows("input values", len(x), in)
	dst = Room("outputs", dst, images*out)
	for first := 0; first < images; first += Chunk {
		last := min(first+Chunk, images)
		Flat(dst[first*out:], forward(x[first*in:last*in]), last-first)
	}
	return dst
}

// Classify writes the number of the largest output for each image of x (rows of
// in values) to dst and returns it; a nil dst is allocated. forward computes
// what to compare: potentials, because rates near 1 round to the same number.
// It panics if x is not whole rows or dst has the wrong length.
func Classify[T simd.Float](dst []int, x []T, in int, forward func(x []T) *simd.Batch[T]) []int {
	images := Rows("input values", len(x), in)
	dst = Room("classes", dst, images)
	for first := 0; first < images; first += Chunk {
		last := min(first+Chunk, images)
		potentials := forward(x[first*in : last*in])
		for image := first; image < last; image++ {
			v, best := potentials.Row(image-first), 0
			for i := range v {
				if v[i] > v[best] {
					best = i
				}
			}
			dst[image] = best
		}
	}
	return dst
}

// Rows is the number of rows in which values come. It panics if there is none
// or a part of one.
func Rows(what string, values, perRow int) int {
	if values == 0 || values%perRow != 0 {
		panic(fmt.Sprintf("layer: %d %s are not whole rows of %d", values, what, perRow))
	}
	return values / perRow
}

// Room returns dst, or n new elements if dst is nil. It panics if dst has
// another length than n.
func Room[E any](what string, dst []E, n int) []E {
	if dst == nil {
		return make([]E, n)
	}
	if len(dst) != n {
		panic(fmt.Sprintf("layer: room for %d %s, where there are %d", len(dst), what, n))
	}
	return dst
}
