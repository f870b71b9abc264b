package twostep

import (
	"fmt"

	"microcircuits/dendrite/internal/layer"
	"microcircuits/dendrite/internal/simd"
)

// TrainBatch shows the network a batch of images x (rows of Sizes[0] rates)
// with their target potentials (rows of Sizes[N]; see [Potential])
// and changes the weights by the average over the batch. All learning rates
// are multiplied by scale, say 1 - t/T for linear decay. It panics if x and
// target are not the same number of whole rows. It fails, with the weights as
// before, if a potential is not finite.
func (n *Network[T]) TrainBatch(x, target []T, scale float64) error {
	if err := n.Sweep(x, target); err != nil {
		return err
	}
	n.learn(scale / float64(n.rows))
	n.batches++
	return nil
}

// Sweep shows the network a batch as TrainBatch does but changes no weights:
// steps 1 to 3. A nil target turns the teacher off. Read then gives the
// activity.
func (n *Network[T]) Sweep(x, target []T) error {
	n.forward(x, true)
	n.backward(target)
	return n.checkFinite()
}

// Predict writes the output rates for images x (rows of Sizes[0] rates, any
// number) to dst and returns it; a nil dst is allocated. The teacher is off.
// The last bits of a rate depend on the other images of x and on their number,
// because inputs that are zero in all of them are left out of the sums: rates
// of float32 networks differ by less than 1e-5 from those of images shown one by
// one. It panics if x is not whole rows or dst has the wrong length.
func (n *Network[T]) Predict(dst, x []T) []T {
	out := n.areas[len(n.areas)-1]
	defer n.forget()
	return layer.Predict(dst, x, n.cfg.Sizes[0], out.n, func(x []T) *simd.Batch[T] {
		n.forward(x, false)
		return out.r
	})
}

// Classify writes the number of the most active output neuron for each image
// of x to dst and returns it; a nil dst is allocated. The teacher is off. It
// panics if x is not whole rows or dst has the wrong length.
func (n *Network[T]) Classify(dst []int, x []T) []int {
	defer n.forget()
	return layer.Classify(dst, x, n.cfg.Sizes[0], func(x []T) *simd.Batch[T] {
		n.forward(x, false)
		return n.areas[len(n.areas)-1].v
	})
}

// forget marks that there is nothing to Read: there was no sweep back.
func (n *Network[T]) forget() { n.rows = 0 }

// reserve makes room for a batch of rows images.
func (n *Network[T]) reserve(rows int) {
	if rows <= n.height {
		return
	}
	n.height = rows
	for k, a := range n.areas {
		for _, b := range []**simd.Batch[T]{&a.v, &a.r, &a.d, &a.s, &a.e} {
			*b = simd.NewBatch[T](rows, a.n)
		}
		if !a.hidden {
			continue
		}
		for _, b := range []**simd.Batch[T]{&a.va, &a.lat, &a.td, &a.etd} {
			*b = simd.NewBatch[T](rows, a.n)
		}
		for _, b := range []**simd.Batch[T]{&a.vi, &a.ri, &a.di, &a.si, &a.ei, &a.gap} {
			*b = simd.NewBatch[T](rows, n.cfg.Sizes[k+2])
		}
	}
}

// forward is step 1. Interneurons are left out where only the output counts.
func (n *Network[T]) forward(x []T, interneurons bool) {
	n.rows = n.input.Load(x, n.cfg.Sizes[0], n.cfg.Thresholds)
	n.reserve(n.rows)
	from, active := n.input.Batch, n.input.Active
	for _, a := range n.areas {
		a.up.Mul(a.v, from, n.rows, active)
		v := a.v.First(n.rows)
		if a.hidden && n.cfg.Mixing == Convex {
			simd.Scale(v, 1-a.lambda, v)
		}
		simd.Logistic(a.r.First(n.rows), v)
		layer.Constant(a.r, n.rows)
		from, active = a.r, nil
		if a.hidden && interneurons {
			a.ip.Mul(a.vi, a.r, n.rows, nil)
			simd.Logistic(a.ri.First(n.rows), a.vi.First(n.rows))
		}
	}
}

// backward is steps 2 and 3. Padding needs no special case: predictions and nudges are
// zero there, and so are then all differences.
func (n *Network[T]) backward(target []T) {
	rows, top := n.rows, n.areas[len(n.areas)-1]
	n.teacher = target != nil
	if n.teacher && len(target) != rows*top.n {
		panic(fmt.Sprintf("twostep: %d target potentials for %d images of %d outputs", len(target), rows, top.n))
	}
	for b := range rows {
		d := top.d.Row(b)
		for i, v := range top.v.Row(b) {
			d[i] = 0
			if n.teacher {
				d[i] = top.lambda * (target[b*top.n+i] - v)
			}
		}
	}
	simd.LogisticStep(top.s.First(rows), top.e.First(rows), top.v.First(rows), top.r.First(rows), top.d.First(rows))

	lambdaI := T(n.cfg.LambdaI)
	for k := len(n.areas) - 2; k >= 0; k-- {
		a, next := n.areas[k], n.areas[k+1]
		v, d := next.v.First(rows), next.d.First(rows)
		vi, di, si := a.vi.First(rows), a.di.First(rows), a.si.First(rows)
		simd.Mismatch(di, lambdaI, v, vi, d)
		simd.LogisticStep(si, a.ei.First(rows), vi, a.ri.First(rows), di)

		va := a.va.First(rows)
		if a.cancels {
			gap := a.gap.First(rows)
			simd.Mismatch(gap, 1-lambdaI, v, vi, d) // u_k+1 - u_I
			simd.LogisticDiff(gap, si, next.s.First(rows), gap)
			a.down.Mul(a.va, a.gap, rows, nil)
		} else {
			a.down.Mul(a.td, next.s, rows, nil)
			a.pi.Mul(a.lat, a.si, rows, nil)
			add(va, a.td.First(rows), a.lat.First(rows))
		}
		simd.Scale(a.d.First(rows), a.lambda, va)
		simd.LogisticStep(a.s.First(rows), a.e.First(rows), a.v.First(rows), a.r.First(rows), a.d.First(rows))
	}
}

func add[T simd.Float](dst, x, y []T) {
	for i := range dst {
		dst[i] = x[i] + y[i]
	}
}

// learn is step 4; rate multiplies all learning rates.
func (n *Network[T]) learn(rate float64) {
	rows := n.rows
	// Errors first: the top-down error needs the state before any change.
	for k, a := range n.areas {
		if a.hidden && at(n.cfg.Rates.Down, k) > 0 {
			td, lat, d := a.td.First(rows), a.lat.First(rows), a.etd.First(rows)
			simd.Mismatch(d, 1, a.v.First(rows), td, a.d.First(rows)) // u_k - v_TD
			simd.Logistic(lat, td)
			simd.LogisticDiff(d, lat, a.s.First(rows), d)
		}
	}
	from, active := n.input.Batch, n.input.Active
	for k, a := range n.areas {
		a.up.Add(rate*at(n.cfg.Rates.Up, k), a.e, from, rows, active)
		layer.Constant(a.s, rows)
		from, active = a.s, nil
		if a.hidden {
			a.ip.Add(rate*at(n.cfg.Rates.IP, k), a.ei, a.s, rows, nil)
			a.pi.Add(-rate*at(n.cfg.Rates.PI, k), a.va, a.si, rows, nil)
			a.down.Add(rate*at(n.cfg.Rates.Down, k), a.etd, n.areas[k+1].s, rows, nil)
		}
	}
}

// checkFinite looks for potentials that are NaN or infinite and names the
// first place, in the order in which they are computed.
func (n *Network[T]) checkFinite() error {
	for k, a := range n.areas {
		if !simd.Finite(a.v.First(n.rows)) {
			cause := "its bottom-up weights have grown too large: lower Rates.Up of this area"
			if k == 0 {
				cause = "an input is not finite, or " + cause
			}
			return n.diverged("basal", k, cause)
		}
		if a.hidden && !simd.Finite(a.vi.First(n.rows)) {
			return n.diverged("interneuron", k, "W_IP has grown too large: lower Rates.IP of this area")
		}
	}
	for k := len(n.areas) - 1; k >= 0; k-- {
		a := n.areas[k]
		if !a.hidden && !simd.Finite(a.d.First(n.rows)) {
			return n.diverged("somatic", k, "a target potential is not finite; target rates must be between 0 and 1, exclusive")
		}
		if a.hidden && !simd.Finite(a.va.First(n.rows)) {
			return n.diverged("apical", k, "the interneurons do not keep up with the top-down input: lower Init.Down or Rates.PI of this area, or Rates.Up of the next")
		}
	}
	return nil
}

func (n *Network[T]) diverged(compartment string, k int, cause string) error {
	return &DivergenceError{Compartment: compartment, Area: k + 1, Batches: n.batches, Cause: cause}
}

// A DivergenceError names the place of a potential that is not finite, and the
// usual cause.
type DivergenceError struct {
	Compartment string // "basal", "interneuron", "somatic" or "apical"
	Area        int
	Batches     int // trained before
	Cause       string
}

func (e *DivergenceError) Error() string {
	return fmt.Sprintf("twostep: %s potential of area %d is not finite after %d trained batches; likely %s", e.Compartment, e.Area, e.Batches, e.Cause)
}
