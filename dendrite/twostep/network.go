package twostep

import (
	"fmt"
	"math"

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
	input   *simd.Batch[T]
	compact simd.Compactor
	active  []int32 // the inputs in use in this batch, in order
	rows    int     // of the last batch
	height  int     // rows the workspace has room for
	teacher bool
	batches int // trained, for error messages
}

// area holds one area's incoming bottom-up weights, if it is hidden its
// microcircuit, and the activity of a batch.
type area[T simd.Float] struct {
	n      int
	hidden bool
	lambda T
	up     *simd.Weights[T] // W_k,k-1, last input the threshold
	down   *simd.Weights[T] // W_k,k+1
	ip     *simd.Weights[T] // W_IP,k, last input the threshold
	pi     *simd.Weights[T] // W_PI,k
	// cancels says that W_PI = -W_k,k+1 and that neither learns.
	cancels bool
	// inputs lists the columns of this area's rates: all neurons, then the
	// constant 1 of the thresholds.
	inputs []int32

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
	top := len(cfg.Sizes) - 1
	for k := 1; k <= top; k++ {
		a := &area[T]{n: cfg.Sizes[k], hidden: k < top, lambda: T(cfg.Lambda[k-1])}
		a.inputs = simd.Sequence(a.n + n.thresholds())
		a.up = draw[T](seed, "twostep/up", k, a.n, cfg.Sizes[k-1], n.thresholds(), cfg.Init.Up[k-1])
		if a.hidden {
			a.down = draw[T](seed, "twostep/down", k, a.n, cfg.Sizes[k+1], 0, cfg.Init.Down[k-1])
			a.ip = draw[T](seed, "twostep/ip", k, cfg.Sizes[k+1], a.n, n.thresholds(), at(cfg.Init.IP, k-1))
			a.pi = draw[T](seed, "twostep/pi", k, a.n, cfg.Sizes[k+1], 0, at(cfg.Init.PI, k-1))
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

// thresholds is the number of inputs fixed at 1.
func (n *Network[T]) thresholds() int {
	if n.cfg.Thresholds {
		return 1
	}
	return 0
}

func draw[T simd.Float](seed uint64, purpose string, k, out, in, thresholds int, a float64) *simd.Weights[T] {
	w := simd.NewWeights[T](out, in+thresholds)
	if a == 0 {
		return w
	}
	s := stream.New(seed, purpose, uint64(k))
	row := make([]float64, in+thresholds)
	for o := range out {
		s.Uniform(row, -a, a)
		for i, v := range row {
			w.Set(o, i, T(v))
		}
	}
	return w
}

// predictNext sets W_IP of hidden area k to its self-predicting value: the
// interneurons predict the next area's pyramidal neurons.
func (n *Network[T]) predictNext(k int) {
	next, factor := n.areas[k], T(1)
	if n.cfg.Mixing == Convex && next.hidden {
		factor = 1 - next.lambda
	}
	ip := n.areas[k-1].ip
	for o := range ip.Out {
		for i := range ip.In {
			ip.Set(o, i, factor*next.up.At(o, i))
		}
	}
}

// cancelNext sets W_PI of hidden area k to -W_k,k+1.
func (n *Network[T]) cancelNext(k int) {
	a := n.areas[k-1]
	for o := range a.pi.Out {
		for i := range a.pi.In {
			a.pi.Set(o, i, -a.down.At(o, i))
		}
	}
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
	Up          [][]T // areas 1..N: Sizes[k] x Sizes[k-1]
	UpThreshold [][]T // areas 1..N: Sizes[k]
	Down        [][]T // hidden areas: Sizes[k] x Sizes[k+1]
	IP          [][]T // hidden areas: Sizes[k+1] x Sizes[k]
	IPThreshold [][]T // hidden areas: Sizes[k+1]
	PI          [][]T // hidden areas: Sizes[k] x Sizes[k+1]
}

// State returns a copy of the network's weights.
func (n *Network[T]) State() State[T] {
	var s State[T]
	for _, a := range n.areas {
		w, b := unpack(a.up, n.thresholds())
		s.Up = append(s.Up, w)
		if b != nil {
			s.UpThreshold = append(s.UpThreshold, b)
		}
		if !a.hidden {
			continue
		}
		w, b = unpack(a.ip, n.thresholds())
		s.IP = append(s.IP, w)
		if b != nil {
			s.IPThreshold = append(s.IPThreshold, b)
		}
		w, _ = unpack(a.down, 0)
		s.Down = append(s.Down, w)
		w, _ = unpack(a.pi, 0)
		s.PI = append(s.PI, w)
	}
	return s
}

// SetState copies s into the network. It fails, with the network as before, if
// s does not fit the network's Config or holds a value that is not finite.
func (n *Network[T]) SetState(s State[T]) error {
	hidden := len(n.areas) - 1
	var put []func()
	check := func(name string, have [][]T, matrices []*simd.Weights[T], thresholds int, first bool) error {
		if len(have) != len(matrices) {
			return fmt.Errorf("twostep: state has %d matrices %s; the network has %d", len(have), name, len(matrices))
		}
		for k, w := range matrices {
			from, to := 0, w.In-thresholds
			if !first {
				from, to = w.In-1, w.In
			}
			if len(have[k]) != w.Out*(to-from) {
				return fmt.Errorf("twostep: state has %d values in %s[%d]; the network has %d", len(have[k]), name, k, w.Out*(to-from))
			}
			if i := notFinite(have[k]); i >= 0 {
				return fmt.Errorf("twostep: state has %v in %s[%d][%d]", have[k][i], name, k, i)
			}
			put = append(put, func() {
				for o := range w.Out {
					for i := from; i < to; i++ {
						w.Set(o, i, have[k][o*(to-from)+i-from])
					}
				}
			})
		}
		return nil
	}
	var up, down, ip, pi []*simd.Weights[T]
	for _, a := range n.areas {
		up = append(up, a.up)
	}
	for _, a := range n.areas[:hidden] {
		down, ip, pi = append(down, a.down), append(ip, a.ip), append(pi, a.pi)
	}
	var upT, ipT []*simd.Weights[T]
	if n.cfg.Thresholds {
		upT, ipT = up, ip
	}
	for _, err := range []error{
		check("Up", s.Up, up, n.thresholds(), true),
		check("UpThreshold", s.UpThreshold, upT, 1, false),
		check("Down", s.Down, down, 0, true),
		check("IP", s.IP, ip, n.thresholds(), true),
		check("IPThreshold", s.IPThreshold, ipT, 1, false),
		check("PI", s.PI, pi, 0, true),
	} {
		if err != nil {
			return err
		}
	}
	for _, f := range put {
		f()
	}
	n.lookForCancelling()
	return nil
}

// unpack copies w to a row-major matrix and, if there is one, the threshold
// column that stands last.
func unpack[T simd.Float](w *simd.Weights[T], thresholds int) (matrix, threshold []T) {
	in := w.In - thresholds
	matrix = make([]T, 0, w.Out*in)
	for o := range w.Out {
		for i := range in {
			matrix = append(matrix, w.At(o, i))
		}
		if thresholds > 0 {
			threshold = append(threshold, w.At(o, in))
		}
	}
	return matrix, threshold
}

// notFinite is the first index of s that is NaN or infinite, -1 if none is.
func notFinite[T simd.Float](s []T) int {
	for i, v := range s {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return i
		}
	}
	return -1
}
