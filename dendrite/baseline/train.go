package baseline

import (
	"fmt"
	"math"

	"microcircuits/dendrite/internal/layer"
	"microcircuits/dendrite/internal/simd"
)

// TrainBatch takes one step down the gradient of the loss, averaged over a
// batch of images x (rows of Sizes[0] rates) with targets (rows of Sizes[N]:
// rates for SquaredError, probabilities for CrossEntropy). All learning rates
// are multiplied by scale, say 1 - t/T for linear decay. It panics if x and
// target are not the same number of whole rows. It fails, with the weights as
// before, if a potential is not finite.
func (n *Network[T]) TrainBatch(x, target []T, scale float64) error {
	n.forward(x)
	n.checkTarget(target)
	for k, a := range n.areas {
		if !simd.Finite(a.v.First(n.rows)) {
			return fmt.Errorf("baseline: potential of area %d is not finite after %d trained batches; likely an input is not finite or Rates are too high", k+1, n.batches)
		}
	}
	n.backward(target)
	if out := n.areas[len(n.areas)-1]; !simd.Finite(out.delta.First(n.rows)) {
		return fmt.Errorf("baseline: output error is not finite after %d trained batches; likely a target is not finite", n.batches)
	}
	n.descend(scale / float64(n.rows))
	n.batches++
	return nil
}

// Loss is the mean loss over images x with their targets.
func (n *Network[T]) Loss(x, target []T) float64 {
	n.forward(x)
	n.checkTarget(target)
	out, sum := n.areas[len(n.areas)-1], 0.0
	for b := range n.rows {
		r, v := out.r.Row(b), out.v.Row(b)
		for i, t := range target[b*out.n : (b+1)*out.n] {
			if n.cfg.Loss == CrossEntropy {
				sum += float64(t) * (logSum(v) - float64(v[i]))
			} else {
				sum += 0.5 * float64(r[i]-t) * float64(r[i]-t)
			}
		}
	}
	return sum / float64(n.rows)
}

// Predict writes the outputs (rates for SquaredError, probabilities for
// CrossEntropy) for images x (rows of Sizes[0] rates, any number) to dst and
// returns it; a nil dst is allocated. The last bits of an output depend on the
// other images of x and on their number, because inputs that are zero in all of
// them are left out of the sums: outputs of float32 networks differ by less than
// 1e-5 from those of images shown one by one. It panics if x is not whole rows or
// dst has the wrong length.
func (n *Network[T]) Predict(dst, x []T) []T {
	out := n.areas[len(n.areas)-1]
	return layer.Predict(dst, x, n.cfg.Sizes[0], out.n, func(x []T) *simd.Batch[T] {
		n.forward(x)
		return out.r
	})
}

// Classify writes the number of the most active output neuron for each image
// of x to dst and returns it; a nil dst is allocated. It panics if x is not
// whole rows or dst has the wrong length.
func (n *Network[T]) Classify(dst []int, x []T) []int {
	return layer.Classify(dst, x, n.cfg.Sizes[0], func(x []T) *simd.Batch[T] {
		n.forward(x)
		return n.areas[len(n.areas)-1].v
	})
}

func (n *Network[T]) checkTarget(target []T) {
	if out := n.cfg.Sizes[len(n.cfg.Sizes)-1]; len(target) != n.rows*out {
		panic(fmt.Sprintf("baseline: %d targets for %d images of %d outputs", len(target), n.rows, out))
	}
}

// reserve makes room for a batch of rows images.
func (n *Network[T]) reserve(rows int) {
	if rows <= n.height {
		return
	}
	n.height = rows
	for _, a := range n.areas {
		a.v, a.r, a.delta = simd.NewBatch[T](rows, a.n), simd.NewBatch[T](rows, a.n), simd.NewBatch[T](rows, a.n)
	}
}

func (n *Network[T]) forward(x []T) {
	n.rows = n.input.Load(x, n.cfg.Sizes[0], true)
	n.reserve(n.rows)
	from, active := n.input.Batch, n.input.Active
	for k, a := range n.areas {
		a.up.Mul(a.v, from, n.rows, active)
		softmax := n.cfg.Loss == CrossEntropy && k == len(n.areas)-1
		if !softmax {
			simd.Logistic(a.r.First(n.rows), a.v.First(n.rows))
		}
		for b := range n.rows {
			row := a.r.Data[b*a.r.Stride:][:a.r.Stride]
			if softmax {
				v := a.v.Row(b)
				all := logSum(v)
				for i := range v {
					row[i] = T(math.Exp(float64(v[i]) - all))
				}
			}
			clear(row[a.n:])
		}
		layer.Constant(a.r, n.rows)
		from, active = a.r, nil
	}
}

// logSum is the logarithm of the sum of exponentials.
func logSum[T simd.Float](v []T) float64 {
	top := math.Inf(-1)
	for _, x := range v {
		top = math.Max(top, float64(x))
	}
	sum := 0.0
	for _, x := range v {
		sum += math.Exp(float64(x) - top)
	}
	return top + math.Log(sum)
}

// backward sets delta of every area.
func (n *Network[T]) backward(target []T) {
	top := n.areas[len(n.areas)-1]
	for b := range n.rows {
		delta, r := top.delta.Row(b), top.r.Row(b)
		for i, t := range target[b*top.n : (b+1)*top.n] {
			delta[i] = t - r[i]
			if n.cfg.Loss == SquaredError {
				delta[i] *= r[i] * (1 - r[i])
			}
		}
	}
	for k := len(n.areas) - 2; k >= 0; k-- {
		a, next := n.areas[k], n.areas[k+1]
		next.back.Mul(a.delta, next.delta, n.rows, nil)
		// The slope is zero in the padding of r and at its constant 1, which
		// keeps the padding of delta zero.
		delta, r := a.delta.First(n.rows), a.r.First(n.rows)
		for i := range delta {
			delta[i] *= r[i] * (1 - r[i])
		}
	}
}

// descend changes the weights; rate multiplies all learning rates. Errors are
// scaled first, so that both copies of a matrix round alike.
func (n *Network[T]) descend(rate float64) {
	from, active := n.input.Batch, n.input.Active
	for k, a := range n.areas {
		if n.cfg.Rates[k] > 0 {
			delta := a.delta.First(n.rows)
			simd.Scale(delta, T(rate*n.cfg.Rates[k]), delta)
			a.up.Add(1, a.delta, from, n.rows, active)
			if a.back != nil {
				a.back.Add(1, from, a.delta, n.rows, nil)
			}
		}
		from, active = a.r, nil
	}
}
