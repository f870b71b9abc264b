package task

import (
	"microcircuits/dendrite/internal/phi"
	"microcircuits/dendrite/internal/stream"
)

// Uniform is an endless sequence of patterns whose elements are independent
// draws from the interval [Lo, Hi): the inputs, and for a single association
// the targets, of the small tasks (N sections 3.2 and 3.3).
type Uniform struct {
	Seed    uint64
	Purpose string // distinguishes sequences of one seed, such as "input" and "target"
	Size    int    // number of elements of a pattern
	Lo, Hi  float64
}

// Pattern fills dst with pattern i, which depends only on i and the fields of u. It panics
// if dst does not have Size elements.
func (u Uniform) Pattern(dst []float64, i int) {
	if len(dst) != u.Size {
		panic("task: pattern of the wrong size")
	}
	stream.New(u.Seed, "task "+u.Purpose, uint64(i)).Uniform(dst, u.Lo, u.Hi)
}

// TeacherConfig describes a teacher network.
type TeacherConfig struct {
	In, Hidden, Out int                     // numbers of neurons; N: 30, 20, 10
	Gain1, Gain2    float64                 // k10 and k21; N: 2 and 10
	Lo, Hi          float64                 // weights are U(Lo, Hi); N: -1, 1
	Transfer        func(u float64) float64 // phi; N: softplus of gamma 0.1, beta 1, theta 3
}

// A Teacher is the separate network of the nonlinear regression (N Fig. 2,
// section 3.3), whose output the student learns:
//
//	r_target = phi(u_target),  u_target = k21 W21 phi(k10 W10 r0)
type Teacher struct {
	TeacherConfig
	W1, W2 [][]float64 // W10 (Hidden x In) and W21 (Out x Hidden)
	hidden []float64
}

// NewTeacher returns a teacher with random weights. They depend only on the seed and on the
// sizes and the range in c.
func NewTeacher(seed uint64, c TeacherConfig) *Teacher {
	t := &Teacher{TeacherConfig: c, hidden: make([]float64, c.Hidden)}
	draw := func(layer uint64, rows, cols int) [][]float64 {
		s := stream.New(seed, "task teacher weights", layer)
		w := make([][]float64, rows)
		for i := range w {
			w[i] = make([]float64, cols)
			s.Uniform(w[i], c.Lo, c.Hi)
		}
		return w
	}
	t.W1, t.W2 = draw(1, c.Hidden, c.In), draw(2, c.Out, c.Hidden)
	return t
}

// Target computes the teacher's output for an input: potentials u, towards which a student
// is nudged, and rates r = phi(u), with which its error is measured. It panics if a slice
// has the wrong length. It must not be called by several goroutines at the same time.
func (t *Teacher) Target(u, r, input []float64) {
	if len(u) != t.Out || len(r) != t.Out || len(input) != t.In {
		panic("task: teacher with slices of the wrong length")
	}
	for i, row := range t.W1 {
		t.hidden[i] = t.Transfer(t.Gain1 * dot(row, input))
	}
	for i, row := range t.W2 {
		u[i] = t.Gain2 * dot(row, t.hidden)
		r[i] = t.Transfer(u[i])
	}
}

// dot returns the scalar product, summed in fixed order and rounded after each product. With
// fused multiply-add the result would depend on the processor.
func dot(a, b []float64) float64 {
	var sum float64
	for i, x := range a {
		sum += float64(x * b[i])
	}
	return sum
}

// Logit returns the potential at which a logistic neuron has rate r, 0 < r < 1.
func Logit(r float64) float64 { return phi.Logit(r) }

// OneHot fills dst with off, and with on at label. With Logit(0.1) and Logit(0.8) these are
// the target potentials of N section 3.4 for logistic neurons. It panics if label is not an
// index of dst.
func OneHot[T float32 | float64](dst []T, label int, off, on T) {
	for i := range dst {
		dst[i] = off
	}
	dst[label] = on
}

// Permutation fills dst with the numbers 0 to len(dst)-1 in the random order of an epoch.
// The order depends only on the seed, the epoch and the length. So the epoch and the
// position in it are enough to continue in the middle of an epoch.
func Permutation(dst []int, seed uint64, epoch int) {
	for i := range dst {
		dst[i] = i
	}
	s := stream.New(seed, "task order", uint64(epoch))
	s.Shuffle(len(dst), func(i, j int) { dst[i], dst[j] = dst[j], dst[i] })
}
