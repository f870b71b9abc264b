package microcircuit

import (
	"fmt"
	"slices"

	"microcircuits/dendrite/internal/simd"
	"microcircuits/dendrite/internal/stream"
)

// A Network is one microcircuit with its complete state. New makes one, at rest
// (all potentials 0), with input 0 and the teacher off.
type Network struct {
	p     Params
	areas []area
	noise *stream.Noise

	// One element per neuron, area by area: pyramidal neurons, a slot for the
	// bias input if there is one, interneurons. Contiguous, so that one call
	// does the whole network. The slices of areas are views of these. Rates
	// have the input area in front.
	u, v, attenuation, predicted, err []float64
	rates, before                     []float64

	biasSlots []int // indices into rates that are always BiasRate

	time      float64 // ms
	restSteps int     // steps of the plasticity lag that remain
	nextCheck int     // steps to the next divergence check

	teacher      bool
	target, goal []float64 // given and smoothed target potentials of the output
	input        []float64 // given input rates; the smoothed ones are areas[0].rate

	stale   bool // quantities derived from the state must be computed afresh
	predict bool // some synapse follows rule (7) or (8)
	scratch [2][]float64
}

// area is one area's share of the network. Slices named after a potential or
// rate are views into the network's contiguous ones.
type area struct {
	n, inter int // pyramidal neurons, interneurons

	u, v, err         []float64 // soma, basal dendrite, phi(u) - phi(predicted v)
	uInt, vInt, errIn []float64 // the same of the interneurons
	rate, old         []float64 // presynaptic rates with the bias, now and one step ago
	rateInt, oldInt   []float64

	topDown, lateral, apical []float64 // v_TD, W_PI r^I, v_A
	errPI, errDown           []float64 // post factors of rules (9) and (10)

	up, down, ip, pi synapses
}

// New returns the network of the given parameters. Its initial weights and its
// noise are functions of the seed alone; each kind of weight of each area has a
// stream of its own.
func New(p Params, seed uint64) (*Network, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	n := &Network{noise: stream.NewNoise(seed, "microcircuit noise")}
	n.layOut(p.clone())
	for k := 1; k < len(n.areas); k++ {
		a := &n.areas[k]
		fill := func(w *simd.Matrix64, name string, law Range, biased bool) {
			s := stream.New(seed, "microcircuit weights "+name, uint64(k))
			cols := w.Cols
			if biased && p.Bias {
				cols--
				b := stream.New(seed, "microcircuit biases "+name, uint64(k))
				for i := range w.Rows {
					b.Uniform(w.Row(i)[cols:], p.Init.Bias.Lo, p.Init.Bias.Hi)
				}
			}
			for i := range w.Rows {
				s.Uniform(w.Row(i)[:cols], law.Lo, law.Hi)
			}
		}
		fill(&a.up.w, "up", p.Init.Up, true)
		fill(&a.ip.w, "ip", p.Init.IP, true)
		fill(&a.pi.w, "pi", p.Init.PI, false)
		fill(&a.down.w, "down", p.Init.Down, false)
	}
	return n, nil
}

// layOut allocates everything for the sizes of p.
func (n *Network) layOut(p Params) {
	sizes, last, bias := p.Sizes, len(p.Sizes)-1, 0
	if p.Bias {
		bias = 1
	}
	total := 0
	for k := 1; k <= last; k++ {
		total += sizes[k]
		if k < last {
			total += bias + sizes[k+1]
		}
	}
	front := sizes[0] + bias
	for _, s := range []*[]float64{&n.u, &n.v, &n.attenuation, &n.predicted, &n.err} {
		*s = make([]float64, total)
	}
	n.rates, n.before = make([]float64, front+total), make([]float64, front+total)
	n.input = make([]float64, sizes[0])
	n.target, n.goal = make([]float64, sizes[last]), make([]float64, sizes[last])
	widest := slices.Max(sizes) + bias
	n.scratch = [2][]float64{make([]float64, widest), make([]float64, widest)}

	n.areas = make([]area, len(sizes))
	n.areas[0] = area{n: sizes[0], rate: n.rates[:front:front], old: n.before[:front:front]}
	at := 0
	for k := range n.areas {
		a := &n.areas[k]
		if k == 0 {
			if p.Bias {
				n.biasSlots = append(n.biasSlots, front-1)
			}
			continue
		}
		a.n = sizes[k]
		slot := 0
		if k < last {
			a.inter, slot = sizes[k+1], bias
		}
		pyr, inter := at, at+a.n+slot
		at = inter + a.inter
		cut := func(s []float64, from, n int) []float64 { return s[from : from+n : from+n] }
		a.u, a.v, a.err = cut(n.u, pyr, a.n), cut(n.v, pyr, a.n), cut(n.err, pyr, a.n)
		a.uInt, a.vInt, a.errIn = cut(n.u, inter, a.inter), cut(n.v, inter, a.inter), cut(n.err, inter, a.inter)
		a.rate, a.old = cut(n.rates, front+pyr, a.n+slot), cut(n.before, front+pyr, a.n+slot)
		a.rateInt, a.oldInt = cut(n.rates, front+inter, a.inter), cut(n.before, front+inter, a.inter)
		if slot == 1 {
			n.biasSlots = append(n.biasSlots, front+pyr+a.n)
		}
		a.up.w = simd.NewMatrix64(a.n, sizes[k-1]+bias)
		if k < last {
			for _, s := range []*[]float64{&a.topDown, &a.lateral, &a.apical, &a.errPI, &a.errDown} {
				*s = make([]float64, a.n)
			}
			a.down.w = simd.NewMatrix64(a.n, sizes[k+1])
			a.ip.w = simd.NewMatrix64(a.inter, a.n+bias)
			a.pi.w = simd.NewMatrix64(a.n, a.inter)
		}
	}
	n.configure(p)
}

// configure takes over parameters that need no other layout.
func (n *Network) configure(p Params) {
	n.p = p
	n.stale = true
	n.predict = false
	at := 0
	for k := 1; k < len(n.areas); k++ {
		a, eta := &n.areas[k], p.Eta[k]
		a.up.configure(eta.Up, p)
		a.ip.configure(eta.IP, p)
		a.pi.configure(eta.PI, p)
		a.down.configure(eta.Down, p)
		n.predict = n.predict || eta.Up != 0 || eta.IP != 0 || p.KeepInductions
		for range len(a.rate) {
			n.attenuation[at] = n.basalAttenuation(k)
			at++
		}
		for range a.inter {
			n.attenuation[at] = p.G.AttenuationInterneuron()
			at++
		}
	}
}

// basalAttenuation is what remains of the basal potential at a soma of area k.
func (n *Network) basalAttenuation(k int) float64 {
	if k == len(n.areas)-1 {
		return n.p.G.AttenuationOutput()
	}
	return n.p.G.AttenuationHidden()
}

// Params returns the parameters in use.
func (n *Network) Params() Params { return n.p.clone() }

// SetParams changes parameters of a network between two steps: learning rates
// for another stage, the VIP gate, noise. Sizes and Bias must stay; Init is
// ignored. The filtered inductions of synapses that are frozen by it are dropped
// without KeepInductions; inductions that were not there start at 0. With Tau0 = 0
// input and target are at once those given last.
func (n *Network) SetParams(p Params) error {
	if err := p.Validate(); err != nil {
		return err
	}
	if !slices.Equal(p.Sizes, n.p.Sizes) || p.Bias != n.p.Bias {
		return fmt.Errorf("microcircuit: SetParams got Sizes %v, Bias %t, but the network has %v, %t; make a new network for another layout", p.Sizes, p.Bias, n.p.Sizes, n.p.Bias)
	}
	n.configure(p.clone())
	if p.Tau0 == 0 {
		copy(n.areas[0].rate, n.input)
		if n.teacher {
			copy(n.goal, n.target)
		}
	}
	return nil
}

// Time returns the time since New (ms).
func (n *Network) Time() float64 { return n.time }

// SelfPredict gives the lateral synapses the closed form in which they cancel
// the top-down input (paper.md 1.6): WPI = -WPPDown, and WIP such that
// interneurons predict the next area's somata, biases included.
func (n *Network) SelfPredict() {
	g := n.p.G
	for k := 1; k < len(n.areas)-1; k++ {
		factor := n.basalAttenuation(k+1) / g.AttenuationInterneuron()
		// The padding of equal shapes is equal, and stays zero.
		for i, w := range n.areas[k].down.w.Data {
			n.areas[k].pi.w.Data[i] = -w
		}
		for i, w := range n.areas[k+1].up.w.Data {
			n.areas[k].ip.w.Data[i] = factor * w
		}
	}
	n.stale = true
}

// Synapses names one kind of synapse for SetWeights, by the papers' names.
type Synapses int

const (
	WPPUp   Synapses = iota // W^PP_{k,k-1}: Sizes[k] by Sizes[k-1], areas 1 to N, bias column last
	WPPDown                 // W^PP_{k,k+1}: Sizes[k] by Sizes[k+1], hidden areas
	WIP                     // W^IP_{k,k}: Sizes[k+1] by Sizes[k], hidden areas, bias column last
	WPI                     // W^PI_{k,k}: Sizes[k] by Sizes[k+1], hidden areas
)

func (s Synapses) String() string {
	switch s {
	case WPPUp:
		return "WPPUp"
	case WPPDown:
		return "WPPDown"
	case WIP:
		return "WIP"
	case WPI:
		return "WPI"
	}
	return fmt.Sprintf("Synapses(%d)", int(s))
}

// WPPUp returns a copy of W^PP_{k,k-1}. Like the three below it panics if area k
// has no such synapses; SetWeights is the way back.
func (n *Network) WPPUp(k int) Matrix { return compact(&n.synapses(WPPUp, k).w) }

// WPPDown returns a copy of W^PP_{k,k+1}.
func (n *Network) WPPDown(k int) Matrix { return compact(&n.synapses(WPPDown, k).w) }

// WIP returns a copy of W^IP_{k,k}.
func (n *Network) WIP(k int) Matrix { return compact(&n.synapses(WIP, k).w) }

// WPI returns a copy of W^PI_{k,k}.
func (n *Network) WPI(k int) Matrix { return compact(&n.synapses(WPI, k).w) }

// SetWeights copies w into the network, or refuses a matrix of another shape.
// It panics if the area has no such synapses.
func (n *Network) SetWeights(s Synapses, k int, w Matrix) error {
	n.stale = true
	return load(&n.synapses(s, k).w, w, fmt.Sprintf("%s[%d]", s, k))
}

func (n *Network) synapses(s Synapses, k int) *synapses {
	if k < 0 || k >= len(n.areas) {
		panic(fmt.Sprintf("microcircuit: %s of area %d; this network has areas 0 to %d", s, k, len(n.areas)-1))
	}
	a := &n.areas[k]
	syn := map[Synapses]*synapses{WPPUp: &a.up, WPPDown: &a.down, WIP: &a.ip, WPI: &a.pi}[s]
	if syn == nil || syn.w.Data == nil {
		panic(fmt.Sprintf("microcircuit: area %d of %d has no %s", k, len(n.areas)-1, s))
	}
	return syn
}

// Input sets the input rates from now on; they are smoothed with Tau0. It is a
// pattern onset: the plasticity lag begins. It panics if their number is wrong.
func (n *Network) Input(rates []float64) {
	checkLen("input rates", len(rates), len(n.input))
	n.give(n.areas[0].rate[:n.areas[0].n], n.input, rates)
	n.restSteps = n.steps(n.p.Lag)
}

// Target switches the teacher on, or gives it new target potentials (one per
// output neuron). They are smoothed with Tau0, starting from the previous
// target or, when the teacher was off, from the output potentials of that
// moment, so that the teaching current sets in without a jump. It panics if
// their number is wrong.
func (n *Network) Target(u []float64) {
	checkLen("targets", len(u), len(n.target))
	if !n.teacher {
		copy(n.goal, n.areas[len(n.areas)-1].u)
		copy(n.target, n.goal)
	}
	n.give(n.goal, n.target, u)
	n.teacher = true
}

// give replaces the input or target that was given last. With SmoothFirst the smoothed
// one, which has made its move of the coming step towards the old values, makes it
// towards the new ones instead.
func (n *Network) give(smoothed, given, values []float64) {
	switch {
	case n.p.Tau0 == 0:
		copy(smoothed, values)
		n.stale = true
	case n.p.SmoothFirst:
		mix := n.p.Dt / n.p.Tau0
		for i, x := range values {
			smoothed[i] += mix * (x - given[i])
		}
		n.stale = true
	}
	copy(given, values)
}

// ClearTarget switches the teacher off: g_som is 0 on the output neurons.
func (n *Network) ClearTarget() {
	n.teacher = false
	clear(n.target)
	clear(n.goal)
}

func (n *Network) steps(ms float64) int { return int(ms/n.p.Dt + 0.5) }
