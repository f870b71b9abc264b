package microcircuit

import (
	"math"

	"microcircuits/dendrite/internal/simd"
)

// synapses are one weight matrix with its plasticity.
type synapses struct {
	w         simd.Matrix64
	induction simd.Matrix64 // low-pass filtered; no data when unfiltered, or frozen and not kept
	rate      float64       // dt eta; 0 is frozen
	mix       float64       // dt / tau_w; 0 is unfiltered
}

func (s *synapses) configure(eta float64, p Params) {
	s.rate, s.mix = p.Dt*eta, 0
	if p.TauW > 0 {
		s.mix = p.Dt / p.TauW
	}
	switch {
	case s.mix == 0 || s.rate == 0 && !p.KeepInductions:
		s.induction = simd.Matrix64{}
	case s.induction.Data == nil:
		s.induction = simd.NewMatrix64(s.w.Rows, s.w.Cols)
	}
}

// advance moves plastic weights from t to t + dt with the errors and rates of
// t, and then computes y = w x with the rates of t + dt.
func (s *synapses) advance(y, err, before, x []float64, learn bool) {
	switch {
	case !learn || s.rate == 0 && s.induction.Data == nil:
		simd.MulVec64(y, &s.w, x)
	case s.mix == 0:
		simd.DirectMulVec64(y, &s.w, err, before, x, s.rate)
	default:
		simd.FilteredMulVec64(y, &s.w, &s.induction, err, before, x, s.rate, s.mix)
	}
}

// Step advances the whole state by Dt. Once per millisecond it looks at all
// potentials and returns a *DivergenceError if one is not finite or larger than
// MaxPotential.
func (n *Network) Step() error {
	if n.stale {
		n.refresh()
	}
	learn := n.restSteps == 0
	if !learn {
		n.restSteps--
	}
	n.advance(learn, n.p.Sigma > 0)
	n.nextCheck--
	if n.nextCheck > 0 {
		return nil
	}
	n.nextCheck = max(1, n.steps(1))
	return n.check()
}

// advance is one Euler step. It keeps rates, dendritic potentials and errors
// ready for the state it leaves, so that each weight matrix is read and
// written once: first advanced with what belonged to t, then multiplied with
// the rates of t + dt.
func (n *Network) advance(learn, noisy bool) {
	copy(n.before, n.rates)
	n.advanceSomata()
	if noisy {
		n.addNoise()
	}
	n.smooth()
	n.updateRates()
	n.propagate(learn)
	n.compare()
	n.time += n.p.Dt
}

// refresh computes everything derived from the state. It gives the same bits
// as the steps that led to the state.
func (n *Network) refresh() {
	n.updateRates()
	n.propagate(false)
	n.compare()
	n.stale = false
}

// advanceSomata is equations (1) and (2). In place, yet every right-hand side is
// that of t: an interneuron reads only the next area's somata, which come after
// it.
func (n *Network) advanceSomata() {
	g, dt := n.p.G, n.p.Dt
	last := len(n.areas) - 1
	for k := 1; k < last; k++ {
		a := &n.areas[k]
		blend(a.u, 1-dt*(g.Leak+g.Basal+g.Apical), a.v, dt*g.Basal, a.apical, dt*g.Apical)
		blend(a.uInt, 1-dt*(g.Leak+g.Dendrite+g.Somatic), a.vInt, dt*g.Dendrite, n.areas[k+1].u, dt*g.Somatic)
	}
	a := &n.areas[last]
	if n.teacher {
		blend(a.u, 1-dt*(g.Leak+g.Basal+g.Somatic), a.v, dt*g.Basal, n.goal, dt*g.Somatic)
	} else {
		keep, basal := 1-dt*(g.Leak+g.Basal), dt*g.Basal
		for i, v := range a.v {
			a.u[i] = keep*a.u[i] + basal*v
		}
	}
}

// addNoise adds the noise of one step to every soma.
func (n *Network) addNoise() {
	n.noise.AddTo(n.u, n.p.Sigma*math.Sqrt(n.p.Dt))
	for _, i := range n.biasSlots {
		if soma := i - len(n.areas[0].rate); soma >= 0 {
			n.u[soma] = 0 // the place of a bias input is not a neuron
		}
	}
}

// blend computes u = keep u + cx x + cy y.
func blend(u []float64, keep float64, x []float64, cx float64, y []float64, cy float64) {
	x, y = x[:len(u)], y[:len(u)]
	for i, v := range u {
		u[i] = keep*v + cx*x[i] + cy*y[i]
	}
}

// smooth moves input and target towards what was last given.
func (n *Network) smooth() {
	if n.p.Tau0 == 0 {
		return
	}
	mix := n.p.Dt / n.p.Tau0
	r := n.areas[0].rate
	for i, x := range n.input {
		r[i] += mix * (x - r[i])
	}
	if n.teacher {
		for i, x := range n.target {
			n.goal[i] += mix * (x - n.goal[i])
		}
	}
}

// updateRates computes all rates from the potentials.
func (n *Network) updateRates() {
	n.p.Transfer.Forward(n.rates[len(n.areas[0].rate):], n.u)
	for _, i := range n.biasSlots {
		n.rates[i] = n.p.BiasRate
	}
}

// propagate is equations (3) to (5), after the plasticity (7) to (10) of the step
// that ends.
func (n *Network) propagate(learn bool) {
	last := len(n.areas) - 1
	open := 1 - n.p.Gate
	for k := 1; k <= last; k++ {
		a, below := &n.areas[k], &n.areas[k-1]
		a.up.advance(a.v, a.err, below.old, below.rate, learn)
		if k == last {
			break
		}
		above := &n.areas[k+1]
		a.ip.advance(a.vInt, a.errIn, a.old, a.rate, learn)
		a.pi.advance(a.lateral, a.errPI, a.oldInt, a.rateInt, learn)
		a.down.advance(a.topDown, a.errDown, above.old[:above.n], above.rate[:above.n], learn)
		for i, td := range a.topDown {
			a.apical[i] = td + open*a.lateral[i]
		}
	}
}

// compare computes the post factors of the plasticity rules.
func (n *Network) compare() {
	if n.predict {
		for i, v := range n.v {
			n.predicted[i] = n.attenuation[i] * v
		}
		n.p.Transfer.Forward(n.predicted, n.predicted)
		rates := n.rates[len(n.areas[0].rate):]
		for i, r := range rates {
			n.err[i] = r - n.predicted[i]
		}
	}
	for k := 1; k < len(n.areas)-1; k++ {
		a := &n.areas[k]
		for i, v := range a.apical {
			a.errPI[i] = -v
		}
		if a.down.rate != 0 || a.down.induction.Data != nil {
			n.p.Transfer.Forward(a.errDown, a.topDown)
			for i, r := range a.rate[:a.n] {
				a.errDown[i] = r - a.errDown[i]
			}
		}
	}
}
