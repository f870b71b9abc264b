package recall

import (
	"fmt"
	"math"

	"microcircuits/dendrite/internal/layer"
	"microcircuits/dendrite/internal/simd"
	"microcircuits/dendrite/internal/stream"
)

// A Projection is the top-down synapses W_0,1 from area 1 onto the input, with
// a threshold b_0 for each pixel. It predicts the pixels from the rates of
// area 1. It is not safe for use by several goroutines at once.
type Projection[T simd.Float] struct {
	w      *layer.Weights[T] // from neurons to pixels
	height int               // rows the batches have room for

	r, v, e *simd.Batch[T] // rates of area 1, prediction, error
}

// NewProjection returns a projection with weights and thresholds drawn from
// U(-init, init). It fails if there is no pixel, no neuron or no such law.
func NewProjection[T simd.Float](pixels, neurons int, init float64, seed uint64) (*Projection[T], error) {
	if pixels < 1 || neurons < 1 {
		return nil, fmt.Errorf("recall: a projection from %d neurons onto %d pixels; give at least one of each", neurons, pixels)
	}
	if !(init >= 0) || math.IsInf(init, 1) {
		return nil, fmt.Errorf("recall: weights uniform in plus or minus %v; it must be finite and at least 0", init)
	}
	p := &Projection[T]{w: layer.New[T](pixels, neurons, true)}
	p.w.Draw(stream.New(seed, "recall/pixels"), neurons+1, init)
	return p, nil
}

func (p *Projection[T]) pixels() int  { return p.w.Out }
func (p *Projection[T]) neurons() int { return p.w.Sources }

// predict fills v with the predicted pixels for rates r, rows of neurons.
func (p *Projection[T]) predict(r []T) (rows int) {
	rows = layer.Rows("rates of area 1", len(r), p.neurons())
	if rows > p.height {
		p.height = rows
		p.r = simd.NewBatch[T](rows, p.neurons())
		p.v, p.e = simd.NewBatch[T](rows, p.pixels()), simd.NewBatch[T](rows, p.pixels())
	}
	layer.Fill(p.r, r)
	layer.Constant(p.r, rows)
	p.w.Mul(p.v, p.r, rows, nil)
	simd.Logistic(p.v.First(rows), p.v.First(rows))
	return rows
}

// Image writes the images that rates r of area 1 (rows of neurons) stand for,
// phi(W_0,1 r + b_0), to dst and returns it; a nil dst is allocated. It panics
// if r is not whole rows or dst has the wrong length.
func (p *Projection[T]) Image(dst, r []T) []T {
	rows := p.predict(r)
	dst = layer.Room("pixels", dst, rows*p.pixels())
	layer.Flat(dst, p.v, rows)
	return dst
}

// Learn changes the weights by rule (10), averaged over a batch of images x
// (rows of pixels) and the rates r of area 1 that they caused (rows of
// neurons): W_0,1 += rate (x - phi(W_0,1 r + b_0)) r. It panics if x and r are
// not the same number of whole rows.
func (p *Projection[T]) Learn(x, r []T, rate float64) {
	rows := p.predict(r)
	if len(x) != rows*p.pixels() {
		panic(fmt.Sprintf("recall: %d pixels for %d images of %d", len(x), rows, p.pixels()))
	}
	for b := range rows {
		e, v := p.e.Row(b), p.v.Row(b)
		for i, pixel := range x[b*p.pixels() : (b+1)*p.pixels()] {
			e[i] = pixel - v[i]
		}
	}
	p.w.Add(rate/float64(rows), p.e, p.r, rows, nil)
}

// State is what a projection learns, row-major.
type State[T simd.Float] struct {
	Weights   []T `doc:"weights from area 1 onto the pixels, pixels x neurons"`
	Threshold []T `doc:"thresholds of the pixels"`
}

// State returns a copy of the weights.
func (p *Projection[T]) State() State[T] {
	return State[T]{Weights: p.w.Matrix(), Threshold: p.w.Thresholds()}
}

// SetState copies s into the projection. It fails, with the projection as
// before, if s does not fit or holds a value that is not finite.
func (p *Projection[T]) SetState(s State[T]) error {
	if err := p.w.Check(s.Weights, s.Threshold); err != nil {
		return fmt.Errorf("recall: the state of a projection from %d neurons onto %d pixels: %w", p.neurons(), p.pixels(), err)
	}
	p.w.Load(s.Weights, s.Threshold)
	return nil
}
