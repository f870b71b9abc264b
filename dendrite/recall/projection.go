package recall

import (
	"fmt"
	"math"

	"microcircuits/dendrite/internal/simd"
	"microcircuits/dendrite/internal/stream"
)

// A Projection is the top-down synapses W_0,1 from area 1 onto the input, with
// a threshold b_0 for each pixel. It predicts the pixels from the rates of
// area 1. It is not safe for use by several goroutines at once.
type Projection[T simd.Float] struct {
	w      *simd.Weights[T] // pixels x neurons and the threshold
	inputs []int32

	r, v, e *simd.Batch[T] // rates of area 1, prediction, error
	height  int
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
	p := &Projection[T]{w: simd.NewWeights[T](pixels, neurons+1), inputs: simd.Sequence(neurons + 1)}
	s := stream.New(seed, "recall/pixels")
	row := make([]float64, neurons+1)
	for o := range pixels {
		s.Uniform(row, -init, init)
		for i, v := range row {
			p.w.Set(o, i, T(v))
		}
	}
	return p, nil
}

func (p *Projection[T]) pixels() int  { return p.w.Out }
func (p *Projection[T]) neurons() int { return p.w.In - 1 }

// predict fills v with the predicted pixels for rates r, rows of neurons.
func (p *Projection[T]) predict(r []T) (rows int) {
	rows = whole("rates of area 1", len(r), p.neurons())
	if rows > p.height {
		p.height = rows
		p.r = simd.NewBatch[T](rows, p.neurons())
		p.v, p.e = simd.NewBatch[T](rows, p.pixels()), simd.NewBatch[T](rows, p.pixels())
	}
	for b := range rows {
		copy(p.r.Row(b), r[b*p.neurons():])
		p.r.Data[b*p.r.Stride+p.neurons()] = 1
	}
	p.w.MulTo(p.v, p.r, rows, p.inputs)
	simd.Logistic(p.v.First(rows), p.v.First(rows))
	return rows
}

// Image writes the images that rates r of area 1 (rows of neurons) stand for,
// phi(W_0,1 r + b_0), to dst and returns it; a nil dst is allocated. It panics
// if r is not whole rows or dst has the wrong length.
func (p *Projection[T]) Image(dst, r []T) []T {
	rows := p.predict(r)
	dst = room(dst, rows*p.pixels())
	for b := range rows {
		copy(dst[b*p.pixels():], p.v.Row(b))
	}
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
	if rate == 0 {
		return
	}
	for b := range rows {
		e, v := p.e.Row(b), p.v.Row(b)
		for i, pixel := range x[b*p.pixels() : (b+1)*p.pixels()] {
			e[i] = pixel - v[i]
		}
	}
	p.w.AddOuter(T(rate/float64(rows)), p.e, p.r, rows, p.inputs)
}

// State is what a projection learns, row-major.
type State[T simd.Float] struct {
	Weights   []T // pixels x neurons
	Threshold []T // pixels
}

// State returns a copy of the weights.
func (p *Projection[T]) State() State[T] {
	var s State[T]
	for o := range p.pixels() {
		for i := range p.neurons() {
			s.Weights = append(s.Weights, p.w.At(o, i))
		}
		s.Threshold = append(s.Threshold, p.w.At(o, p.neurons()))
	}
	return s
}

// SetState copies s into the projection. It fails, with the projection as
// before, if s does not fit or holds a value that is not finite.
func (p *Projection[T]) SetState(s State[T]) error {
	if len(s.Weights) != p.pixels()*p.neurons() || len(s.Threshold) != p.pixels() {
		return fmt.Errorf("recall: state has %d weights and %d thresholds; a projection from %d neurons onto %d pixels has %d and %d",
			len(s.Weights), len(s.Threshold), p.neurons(), p.pixels(), p.pixels()*p.neurons(), p.pixels())
	}
	if !simd.Finite(s.Weights) || !simd.Finite(s.Threshold) {
		return fmt.Errorf("recall: state has a value that is not finite")
	}
	for o := range p.pixels() {
		for i := range p.neurons() {
			p.w.Set(o, i, s.Weights[o*p.neurons()+i])
		}
		p.w.Set(o, p.neurons(), s.Threshold[o])
	}
	return nil
}

func whole(what string, values, perRow int) int {
	if values == 0 || values%perRow != 0 {
		panic(fmt.Sprintf("recall: %d %s are not whole rows of %d", values, what, perRow))
	}
	return values / perRow
}

// room returns dst, or n new values for nil.
func room[T simd.Float](dst []T, n int) []T {
	if dst == nil {
		return make([]T, n)
	}
	if len(dst) != n {
		panic(fmt.Sprintf("recall: %d values to write %d into", len(dst), n))
	}
	return dst
}
