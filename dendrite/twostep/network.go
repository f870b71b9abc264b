package twostep

import (
	"fmt"

	"microcircuits/dendrite/internal/layer"
	"microcircuits/dendrite/internal/simd"
	"microcircuits/dendrite/internal/stream"
)

// A Network is a dendritic microcircuit network with its weights and the
// activity of the last batch. T is float32 for use and float64 for tests of
// limits. It is not safe for use by several goroutines at once; separate
// networks are independent.
type Network[T simd.Float] struct {
	cfg     Config
	areas   []*area[T] // areas[k-1] is area k
	input   layer.Input[T]
	rows    int // of the last batch
	height  int // rows the workspace has room for
	teacher bool
	batches int // trained, for error messages
}

// area holds one area's incoming bottom-up weights, if it is hidden its
// microcircuit, and the activity of a batch.
type area[T simd.Float] struct {
	n      int
	hidden bool
	lambda T
	up     *layer.Weights[T] // W_k,k-1, with thresholds if the network has them
	down   *layer.Weights[T] // W_k,k+1
	ip     *layer.Weights[T] // W_IP,k, with thresholds if the network has them
	pi     *layer.Weights[T] // W_PI,k
	// cancels says that W_PI = -W_k,k+1 and that neither learns.
	cancels bool

	v, r *simd.Batch[T] // prediction vhat and its rate, forward sweep
	d    *simd.Batch[T] // nudge of the soma, u = v + d
	s, e *simd.Batch[T] // final rate, and s - r

	vi, ri *simd.Batch[T] // the same for the interneurons
	di     *simd.Batch[T]
	si, ei *simd.Batch[T]
	gap    *simd.Batch[T] // phi(u_k+1) - phi(u_I,k), where W_PI cancels
	va     *simd.Batch[T] // apical potential
	lat    *simd.Batch[T] // W_PI phi(u_I), then scratch
	td     *simd.Batch[T] // W_k,k+1 phi(u_k+1)
	etd    *simd.Batch[T] // error of the top-down prediction
}

// New returns a network with weights drawn as cfg.Init says from streams of
// the given seed; the draws are the same for float32 and float64. It fails if
// cfg is not valid.
func New[T simd.Float](cfg Config, seed uint64) (*Network[T], error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	n := &Network[T]{cfg: cfg}
	draw := func(purpose string, k, targets, sources int, thresholds bool, half float64) *layer.Weights[T] {
		w := layer.New[T](targets, sources, thresholds)
		w.Draw(stream.New(seed, purpose, uint64(k)), w.In, half)
		return w
	}
	top := len(cfg.Sizes) - 1
	for k := 1; k <= top; k++ {
		a := &area[T]{n: cfg.Sizes[k], hidden: k < top, lambda: T(cfg.Lambda[k-1])}
		a.up = draw("twostep/up", k, a.n, cfg.Sizes[k-1], cfg.Thresholds, cfg.Init.Up[k-1])
		if a.hidden {
			next := cfg.Sizes[k+1]
			a.down = draw("twostep/down", k, a.n, next, false, cfg.Init.Down[k-1])
			a.ip = draw("twostep/ip", k, next, a.n, cfg.Thresholds, at(cfg.Init.IP, k-1))
			a.pi = draw("twostep/pi", k, a.n, next, false, at(cfg.Init.PI, k-1))
		}
		n.areas = append(n.areas, a)
	}
	for k := 1; k < top; k++ {
		if cfg.Init.IP == nil {
			n.predictNext(k)
		}
		if cfg.Init.PI == nil {
			n.cancelNext(k)
		}
	}
	n.lookForCancelling()
	return n, nil
}

// predictNext sets W_IP of hidden area k to its self-predicting value: the
// interneurons predict the next area's pyramidal neurons.
func (n *Network[T]) predictNext(k int) {
	next, factor := n.areas[k], T(1)
	if n.cfg.Mixing == Convex && next.hidden {
		factor = 1 - next.lambda
	}
	n.areas[k-1].ip.SetScaled(factor, next.up)
}

// cancelNext sets W_PI of hidden area k to -W_k,k+1.
func (n *Network[T]) cancelNext(k int) {
	n.areas[k-1].pi.SetScaled(-1, n.areas[k-1].down)
}

// lookForCancelling finds the areas where one product gives v_A.
func (n *Network[T]) lookForCancelling() {
	for k, a := range n.areas {
		a.cancels = a.hidden && at(n.cfg.Rates.PI, k) == 0 && at(n.cfg.Rates.Down, k) == 0
		for o := 0; a.cancels && o < a.n; o++ {
			for i := range a.pi.In {
				a.cancels = a.cancels && a.pi.At(o, i) == -a.down.At(o, i)
			}
		}
	}
}

// SelfPredict puts the lateral weights of every hidden area into the
// self-predicting state of the present bottom-up and top-down weights.
func (n *Network[T]) SelfPredict() {
	for k := 1; k < len(n.areas); k++ {
		n.predictNext(k)
		n.cancelNext(k)
	}
	n.lookForCancelling()
}

// Config is the configuration the network was made with.
func (n *Network[T]) Config() Config { return n.cfg }

// State is everything a network learns, as plain row-major matrices (targets x
// sources), lowest area first. Saving it, making a network of the same Config
// and setting it resumes training bit for bit. The thresholds are nil without
// Config.Thresholds.
type State[T simd.Float] struct {
	Up          [][]T `doc:"W_k,k-1 of areas 1 to N, targets x sources"`
	UpThreshold [][]T `doc:"thresholds of areas 1 to N"`
	Down        [][]T `doc:"W_k,k+1 of hidden areas, targets x sources"`
	IP          [][]T `doc:"W^IP of hidden areas, Sizes[k+1] x Sizes[k]"`
	IPThreshold [][]T `doc:"thresholds of the interneurons of hidden areas"`
	PI          [][]T `doc:"W^PI of hidden areas, Sizes[k] x Sizes[k+1]"`
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
		return fmt.Errorf("twostep: %w", err)
	}
	n.lookForCancelling()
	return nil
}

// kinds says which fields of s hold which weights.
func (n *Network[T]) kinds(s *State[T]) []layer.Kind[T] {
	up := layer.Kind[T]{Name: "Up", Matrices: &s.Up, Thresholds: &s.UpThreshold}
	down := layer.Kind[T]{Name: "Down", Matrices: &s.Down}
	ip := layer.Kind[T]{Name: "IP", Matrices: &s.IP, Thresholds: &s.IPThreshold}
	pi := layer.Kind[T]{Name: "PI", Matrices: &s.PI}
	for _, a := range n.areas {
		up.Weights = append(up.Weights, a.up)
		if a.hidden {
			down.Weights = append(down.Weights, a.down)
			ip.Weights = append(ip.Weights, a.ip)
			pi.Weights = append(pi.Weights, a.pi)
		}
	}
	return []layer.Kind[T]{up, down, ip, pi}
}
