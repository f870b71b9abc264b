package twostep

import (
	"fmt"
	"math"
)

// Quantity is something to read from the network after a sweep.
type Quantity int

const (
	ReadPrediction            Quantity = iota // vhat_k, the prediction by the bottom-up input (areas 1..N)
	ReadSoma                                  // u_k (areas 1..N)
	ReadRate                                  // r_k = phi(u_k) (areas 1..N)
	ReadApical                                // v_A,k (hidden areas)
	ReadTopDown                               // W_k,k+1 r_k+1, the top-down part of v_A,k (hidden areas)
	ReadInterneuron                           // u_I,k (hidden areas; one for each neuron of the next)
	ReadInterneuronPrediction                 // v_I,k, the prediction by W_IP (hidden areas)
)

// Read writes quantity q of area k (1..N) in the batch just given to Sweep or
// TrainBatch to dst, one row per image, and returns it; a nil dst is
// allocated. Predict and Classify leave nothing to read. After TrainBatch these
// are the values that caused the weight changes, but TopDown is computed with
// the weights as they are now. It panics if the area has no such quantity, if
// there was no sweep, or if dst has the wrong length.
func (n *Network[T]) Read(dst []T, q Quantity, k int) []T {
	a := n.swept(q, k)
	from, plus := a.v, a.d
	switch q {
	case ReadPrediction:
		plus = nil
	case ReadRate:
		from, plus = a.s, nil
	case ReadApical:
		from, plus = a.va, nil
	case ReadTopDown:
		next := n.areas[k]
		a.down.Mul(a.td, next.s, n.rows, nil)
		from, plus = a.td, nil
	case ReadInterneuron:
		from, plus = a.vi, a.di
	case ReadInterneuronPrediction:
		from, plus = a.vi, nil
	}
	if dst == nil {
		dst = make([]T, n.rows*from.Len)
	}
	if len(dst) != n.rows*from.Len {
		panic(fmt.Sprintf("twostep: %d values to read %d rows of %d into", len(dst), n.rows, from.Len))
	}
	for b := range n.rows {
		row := dst[b*from.Len : (b+1)*from.Len]
		copy(row, from.Row(b))
		if plus != nil {
			for i, d := range plus.Row(b) {
				row[i] += d
			}
		}
	}
	return dst
}

// MeanApical is the mean of |v_A| over the neurons of hidden area k and the
// images of the batch just given to Sweep or TrainBatch. It panics where Read
// does.
func (n *Network[T]) MeanApical(k int) float64 {
	a, sum := n.swept(ReadApical, k), 0.0
	for b := range n.rows {
		for _, v := range a.va.Row(b) {
			sum += math.Abs(float64(v))
		}
	}
	return sum / float64(n.rows*a.n)
}

// swept is area k after a sweep that gave it quantity q.
func (n *Network[T]) swept(q Quantity, k int) *area[T] {
	if k < 1 || k > len(n.areas) || q < ReadPrediction || q > ReadInterneuronPrediction {
		panic(fmt.Sprintf("twostep: no quantity %d in area %d of %d", q, k, len(n.areas)))
	}
	a := n.areas[k-1]
	if !a.hidden && q >= ReadApical {
		panic(fmt.Sprintf("twostep: output area %d has no apical dendrites or interneurons", k))
	}
	if n.rows == 0 {
		panic("twostep: nothing to read without a Sweep or TrainBatch just before")
	}
	return a
}
