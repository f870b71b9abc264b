package lab

import (
	"math"
	"testing"

	"microcircuits/dendrite/task"
	"microcircuits/dendrite/twostep"
)

// alignmentNet is a small network with the given apical mixing factor, and
// images with target potentials for it.
func alignmentNet(t *testing.T, lambda float64) (net *twostep.Network[float32], pixels, target []float32) {
	t.Helper()
	net, err := twostep.New[float32](twostep.Config{
		Sizes: []int{12, 9, 8, 10}, Thresholds: true, Lambda: []float64{lambda, lambda, lambda}, LambdaI: lambda,
		Init: twostep.Init{Up: []float64{1, 1, 1}, Down: []float64{1, 1}},
	}, 3)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20 * 12 {
		pixels = append(pixels, float32(i*i%17)/17)
	}
	labels := make([]uint8, 20)
	for i := range labels {
		labels[i] = uint8(i * 7 % task.Classes)
	}
	return net, pixels, Targets(labels, [2]float32{-2, 1})
}

// transpose is the rows x cols matrix x, transposed.
func transpose(x []float32, rows, cols int) []float32 {
	out := make([]float32, len(x))
	for i := range rows {
		for j := range cols {
			out[j*rows+i] = x[i*cols+j]
		}
	}
	return out
}

func TestAlignmentOfTransposedFeedback(t *testing.T) {
	for _, lambda := range []float64{0.02, 0.04} {
		net, pixels, target := alignmentNet(t, lambda)
		s := net.State()
		s.Down[0], s.Down[1] = transpose(s.Up[1], 8, 9), transpose(s.Up[2], 10, 8)
		if err := net.SetState(s); err != nil {
			t.Fatal(err)
		}
		net.SelfPredict()
		a, err := align(net, pixels, target)
		if err != nil {
			t.Fatal(err)
		}
		for k := range 2 {
			if a.Feedback[k] > 1e-4 {
				t.Errorf("area %d: transposed weights are %g degrees apart", k+1, a.Feedback[k])
			}
			// The angle falls with lambda (section 1.7 of paper.md), and is not
			// exactly 0 for any.
			if !(a.Update[k] > 0 && a.Update[k] < 100*lambda) {
				t.Errorf("lambda %g, area %d: the weight change is %g degrees from backprop's", lambda, k+1, a.Update[k])
			}
		}
	}
}

func TestAlignmentOfReversedFeedback(t *testing.T) {
	net, pixels, target := alignmentNet(t, 0.02)
	s := net.State()
	s.Down[0], s.Down[1] = transpose(s.Up[1], 8, 9), transpose(s.Up[2], 10, 8)
	for i := range s.Down[1] {
		s.Down[1][i] *= -1
	}
	if err := net.SetState(s); err != nil {
		t.Fatal(err)
	}
	net.SelfPredict()
	a, err := align(net, pixels, target)
	if err != nil {
		t.Fatal(err)
	}
	// One sign turns the error of area 2, and through it that of area 1.
	if a.Feedback[0] > 1e-4 || math.Abs(a.Feedback[1]-180) > 1e-4 || a.Update[0] < 170 || a.Update[1] < 170 {
		t.Errorf("%+v, want feedback at 0 and 180 degrees and changes near 180", a)
	}
}

func TestAlignmentWithoutAnErrorIsUndefined(t *testing.T) {
	net, pixels, target := alignmentNet(t, 0)
	a, err := align(net, pixels, target)
	if err != nil {
		t.Fatal(err)
	}
	if !math.IsNaN(a.Update[0]) || !math.IsNaN(a.Update[1]) {
		t.Errorf("%+v: no weight changes, so no angle", a.Update)
	}
}
