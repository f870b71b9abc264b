package recall

import (
	"fmt"
	"slices"

	"microcircuits/dendrite/internal/layer"
	"microcircuits/dendrite/internal/simd"
	"microcircuits/dendrite/twostep"
)

// A Circuit is a trained network with its projection onto the input and a VIP
// gate. It reads the network's activity by sweeps and changes nothing in it.
// It is not safe for use by several goroutines at once.
type Circuit[T simd.Float] struct {
	net    *twostep.Network[T]
	pixels *Projection[T]
	sizes  []int
	hidden []hidden[T] // hidden[k-1] is area k
}

// hidden holds copies of what reaches the apical dendrites of one area.
type hidden[T simd.Float] struct {
	down, pi *layer.Weights[T] // W_k,k+1 and W_PI,k
}

// New returns a circuit of a trained network. It takes copies of its top-down
// and interneuron-to-pyramidal weights: make a new one if the network learns
// on. It fails if the network has no hidden area or the projection does not
// fit it.
func New[T simd.Float](net *twostep.Network[T], p *Projection[T]) (*Circuit[T], error) {
	sizes := net.Config().Sizes
	if len(sizes) < 3 {
		return nil, fmt.Errorf("recall: the network has sizes %v; without a hidden area there is no apical dendrite to disinhibit", sizes)
	}
	if p.pixels() != sizes[0] || p.neurons() != sizes[1] {
		return nil, fmt.Errorf("recall: the projection goes from %d neurons onto %d pixels; a network of sizes %v needs one from %d onto %d",
			p.neurons(), p.pixels(), sizes, sizes[1], sizes[0])
	}
	c := &Circuit[T]{net: net, pixels: p, sizes: sizes}
	s := net.State()
	for k := 1; k < len(sizes)-1; k++ {
		h := hidden[T]{layer.New[T](sizes[k], sizes[k+1], false), layer.New[T](sizes[k], sizes[k+1], false)}
		h.down.Load(s.Down[k-1], nil)
		h.pi.Load(s.PI[k-1], nil)
		c.hidden = append(c.hidden, h)
	}
	return c, nil
}

// Apical are the potentials of one hidden area in recall, rows of neurons.
type Apical[T simd.Float] struct {
	Basal   []T // vhat_k
	TopDown []T // W_k,k+1 r_k+1
	Lateral []T // (1-g) W_PI,k phi(u_I,k), what the gate lets pass
	Soma    []T // (1-g) vhat_k + TopDown + Lateral
}

// Disinhibit shows the network images x (rows of pixels) with the VIP gate open
// by gate, from 0 (shut) to 1, and returns the potentials of the hidden areas,
// lowest first. The output's are those of the forward sweep: it has no apical
// dendrite. It fails if the gate is out of range or a potential is not finite,
// and panics if x is not whole rows.
func (c *Circuit[T]) Disinhibit(x []T, gate float64) ([]Apical[T], error) {
	if !(gate >= 0 && gate <= 1) {
		return nil, fmt.Errorf("recall: the VIP gate is %v; it goes from 0 (shut) to 1 (open)", gate)
	}
	layer.Rows("pixels", len(x), c.sizes[0])
	if err := c.net.Sweep(x, nil); err != nil {
		return nil, err
	}
	top := len(c.sizes) - 1
	soma, shut := c.net.Read(nil, twostep.ReadSoma, top), T(1-gate)
	areas := make([]Apical[T], len(c.hidden))
	for k := top - 1; k >= 1; k-- {
		a, h := &areas[k-1], c.hidden[k-1]
		a.Basal = c.net.Read(nil, twostep.ReadPrediction, k)
		a.TopDown = times(h.down, rates(soma))
		inter, lambda := c.net.Read(nil, twostep.ReadInterneuronPrediction, k), T(c.net.Config().LambdaI)
		for i := range inter {
			inter[i] += lambda * (soma[i] - inter[i])
		}
		a.Lateral = times(h.pi, rates(inter))
		simd.Scale(a.Lateral, shut, a.Lateral)
		a.Soma = make([]T, len(a.Basal))
		for i := range a.Soma {
			a.Soma[i] = shut*a.Basal[i] + (a.TopDown[i] + a.Lateral[i])
		}
		soma = a.Soma
	}
	return areas, nil
}

// rates is phi(u).
func rates[T simd.Float](u []T) []T {
	r := make([]T, len(u))
	simd.Logistic(r, u)
	return r
}

// times is W x for rows x of all inputs of W.
func times[T simd.Float](w *layer.Weights[T], x []T) []T {
	rows := len(x) / w.In
	from, to := simd.NewBatch[T](rows, w.In), simd.NewBatch[T](rows, w.Out)
	layer.Fill(from, x)
	w.Mul(to, from, rows, nil)
	out := make([]T, rows*w.Out)
	layer.Flat(out, to, rows)
	return out
}

// inChunks calls f with some images of x and the same part of dst at a time,
// and returns dst; a nil dst is allocated.
func (c *Circuit[T]) inChunks(dst, x []T, f func(dst, x []T) error) ([]T, error) {
	dst = layer.Room("pixels", dst, len(x))
	for first := 0; first < len(x); first += layer.Chunk * c.sizes[0] {
		last := min(first+layer.Chunk*c.sizes[0], len(x))
		if err := f(dst[first:last], x[first:last]); err != nil {
			return nil, err
		}
	}
	return dst, nil
}

// Reconstruct writes the plain feed-forward reconstructions of images x (rows of
// pixels) to dst and returns it; a nil dst is allocated: phi(W_0,1 r_1 + b_0)
// with r_1 from the bottom-up input alone. It panics if x is not whole rows or
// dst has the wrong length.
func (c *Circuit[T]) Reconstruct(dst, x []T) ([]T, error) {
	return c.inChunks(dst, x, func(dst, x []T) error {
		if err := c.net.Sweep(x, nil); err != nil {
			return err
		}
		c.pixels.Image(dst, rates(c.net.Read(nil, twostep.ReadPrediction, 1)))
		return nil
	})
}

// Recollection holds the settings of recall.
type Recollection struct {
	Gate  float64 // VIP gate g, 0 (shut) to 1
	Steps int     // sweeps, each with an image recalled, at least 1
	// Blend is how much of each recalled image replaces the input of the next
	// step: x <- (1-Blend) x + Blend image. Not used with one step.
	Blend float64
}

// Recall writes the images that the network recalls when shown x (rows of
// pixels) to dst and returns it; a nil dst is allocated. It fails if the gate
// or the blend is not in [0, 1], if there is no step, or if a potential is not
// finite, and panics if x is not whole rows or dst has the wrong length.
func (c *Circuit[T]) Recall(dst, x []T, how Recollection) ([]T, error) {
	if how.Steps < 1 {
		return nil, fmt.Errorf("recall: %d steps; give at least one", how.Steps)
	}
	if !(how.Blend >= 0 && how.Blend <= 1) {
		return nil, fmt.Errorf("recall: Blend is %v; it goes from 0 to 1", how.Blend)
	}
	return c.inChunks(dst, x, func(image, x []T) error {
		seen := slices.Clone(x)
		for step := range how.Steps {
			if step > 0 {
				for i := range seen {
					seen[i] += T(how.Blend) * (image[i] - seen[i])
				}
			}
			areas, err := c.Disinhibit(seen, how.Gate)
			if err != nil {
				return err
			}
			c.pixels.Image(image, rates(areas[0].Soma))
		}
		return nil
	})
}

// Prototype writes the images that the network makes without any input when
// its output has fixed rates (rows of outputs; a target pattern stands for a
// class) and the gate is open: u_k = W_k,k+1 r_k+1 from the output down. A nil
// dst is allocated. It fails if a rate is not finite, and panics if the rates
// are not whole rows or dst has the wrong length.
func (c *Circuit[T]) Prototype(dst, outputs []T) ([]T, error) {
	layer.Rows("output rates", len(outputs), c.sizes[len(c.sizes)-1])
	if i := layer.NotFinite(outputs); i >= 0 {
		return nil, fmt.Errorf("recall: output rate %d is %v", i, outputs[i])
	}
	r := outputs
	for k := len(c.hidden) - 1; k >= 0; k-- {
		r = rates(times(c.hidden[k].down, r))
	}
	return c.pixels.Image(dst, r), nil
}
