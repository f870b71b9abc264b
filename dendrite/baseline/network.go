// Package baseline is what the figures compare the dendritic microcircuit
// against: multilayer perceptrons trained by error backpropagation and
// stochastic gradient descent, on the same numeric kernels. A network without
// a hidden area is a single-layer classifier. (The single-layer network of the
// paper's MNIST figure has the microcircuit's own output rule: that is a
// twostep network without hidden areas.)
package baseline

import (
	"fmt"
	"math"

	"microcircuits/dendrite/internal/layer"
	"microcircuits/dendrite/internal/simd"
	"microcircuits/dendrite/internal/stream"
)

// Loss is what training reduces, averaged over the batch.
type Loss int

const (
	// SquaredError is half the squared difference of logistic output rates and
	// target rates.
	SquaredError Loss = iota
	// CrossEntropy is the cross-entropy of target probabilities and the
	// softmax of the output potentials.
	CrossEntropy
)

func (l Loss) String() string {
	if l == CrossEntropy {
		return "cross-entropy"
	}
	return "squared error"
}

// Config describes a network of logistic neurons with thresholds.
type Config struct {
	Sizes []int // neurons per area, input first
	Loss  Loss
	Rates []float64 // learning rate of each area 1..N, at least 0
	// Init holds the half widths a of the uniform distributions U(-a, a) of the
	// weights into areas 1..N. Nil: a = 4 sqrt(6/(in+out)), which keeps the
	// variance through logistic areas (Glorot and Bengio 2010). Thresholds start
	// at 0.
	Init []float64
}

// Validate checks every value; the error names the field.
func (c Config) Validate() error {
	if err := layer.CheckSizes("baseline", c.Sizes); err != nil {
		return err
	}
	if c.Loss != SquaredError && c.Loss != CrossEntropy {
		return fmt.Errorf("baseline: Loss is %d; use SquaredError or CrossEntropy", c.Loss)
	}
	for _, s := range []struct {
		name   string
		values []float64
		nilOK  bool
	}{{"Rates", c.Rates, false}, {"Init", c.Init, true}} {
		if s.values == nil && s.nilOK {
			continue
		}
		if len(s.values) != len(c.Sizes)-1 {
			return fmt.Errorf("baseline: %s has %d values; a network of sizes %v needs %d", s.name, len(s.values), c.Sizes, len(c.Sizes)-1)
		}
		for k, v := range s.values {
			if !(v >= 0) || math.IsInf(v, 1) {
				return fmt.Errorf("baseline: %s[%d] is %v; it must be finite and at least 0", s.name, k, v)
			}
		}
	}
	return nil
}

// A Network is a multilayer perceptron. T is float32 for use and float64 for
// gradient checks. It is not safe for use by several goroutines at once.
type Network[T simd.Float] struct {
	cfg     Config
	areas   []*area[T] // areas[k-1] is area k
	input   layer.Input[T]
	rows    int // of the last batch
	height  int // rows the areas have room for
	batches int // trained, for error messages
}

type area[T simd.Float] struct {
	n  int
	up *layer.Weights[T] // from the area below
	// back is up without thresholds, transposed, for errors on their way down;
	// it gets the same changes, bit for bit. Area 1 has none.
	back  *layer.Weights[T]
	v, r  *simd.Batch[T] // potentials and rates; the padding of r is zero
	delta *simd.Batch[T] // minus the gradient of the loss by v
}

// New returns a network with weights drawn from streams of the given seed; the
// draws are the same for float32 and float64. It fails if cfg is not valid.
func New[T simd.Float](cfg Config, seed uint64) (*Network[T], error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	n := &Network[T]{cfg: cfg}
	for k := 1; k < len(cfg.Sizes); k++ {
		in, out := cfg.Sizes[k-1], cfg.Sizes[k]
		a := &area[T]{n: out, up: layer.New[T](out, in, true)}
		if k > 1 {
			a.back = layer.New[T](in, out, false)
		}
		half := 4 * math.Sqrt(6/float64(in+out))
		if cfg.Init != nil {
			half = cfg.Init[k-1]
		}
		a.up.Draw(stream.New(seed, "baseline/up", uint64(k)), in, half)
		n.areas = append(n.areas, a)
	}
	n.transpose()
	return n, nil
}

// transpose makes back of every area the copy of up.
func (n *Network[T]) transpose() {
	for _, a := range n.areas[1:] {
		for i := range a.back.Out {
			for o := range a.back.In {
				a.back.Set(i, o, a.up.At(o, i))
			}
		}
	}
}

// Config is the configuration the network was made with.
func (n *Network[T]) Config() Config { return n.cfg }

// State is everything a network learns, as plain row-major matrices, lowest
// area first. Saving it, making a network of the same Config and setting it
// resumes training bit for bit.
type State[T simd.Float] struct {
	Up        [][]T `doc:"weights onto areas 1 to N, targets x sources"`
	Threshold [][]T `doc:"thresholds of areas 1 to N"`
}

// State returns a copy of the network's weights.
func (n *Network[T]) State() State[T] {
	var s State[T]
	layer.Save(n.kinds(&s))
	return s
}

// SetState copies s into the network. It fails, with the network as before, if
// s does not fit the network's Config or holds a value that is not finite.
func (n *Network[T]) SetState(s State[T]) error {
	if err := layer.Load(n.kinds(&s)); err != nil {
		return fmt.Errorf("baseline: %w", err)
	}
	n.transpose()
	return nil
}

// kinds says which fields of s hold which weights.
func (n *Network[T]) kinds(s *State[T]) []layer.Kind[T] {
	up := layer.Kind[T]{Name: "Up", Matrices: &s.Up, Thresholds: &s.Threshold}
	for _, a := range n.areas {
		up.Weights = append(up.Weights, a.up)
	}
	return []layer.Kind[T]{up}
}
