package microcircuit_test

import (
	"math"

	"microcircuits/dendrite/internal/stream"
	mc "microcircuits/dendrite/microcircuit"
)

// reference is a second implementation, written from the equations of the
// papers with plain loops and no regard for speed: all right-hand sides from a
// frozen copy of the state, the teacher as balanced conductances, biases as
// separate vectors, plasticity from equations (7) to (10).
type reference struct {
	p    mc.Params
	s    mc.State
	rand func() float64 // standard normal numbers
}

// newReference returns a reference that draws what a network of the same parameters and
// seed draws: for each step one number for each soma, area by area, pyramidal neurons
// first; between the two, a number that the network draws for the bias is left out.
func newReference(p mc.Params, seed uint64) *reference {
	noise := stream.NewNoise(seed, "microcircuit noise")
	var used []int
	places, last := 0, len(p.Sizes)-1
	take := func(n int) {
		for range n {
			used = append(used, places)
			places++
		}
	}
	for k := 1; k <= last; k++ {
		take(p.Sizes[k])
		if k < last {
			if p.Bias {
				places++
			}
			take(p.Sizes[k+1])
		}
	}
	drawn, next := make([]float64, places), len(used)
	return &reference{p: p, rand: func() float64 {
		if next == len(used) {
			clear(drawn)
			noise.AddTo(drawn, 1)
			next = 0
		}
		next++
		return drawn[used[next-1]]
	}}
}

func (f *reference) phi(u float64) float64 {
	t := f.p.Transfer
	if t.Kind == mc.SoftplusKind {
		return t.Gamma * math.Log(1+math.Exp(t.Beta*(u-t.Theta)))
	}
	return 1 / (1 + math.Exp(-u))
}

func (f *reference) phis(u []float64) []float64 {
	r := make([]float64, len(u))
	for i := range u {
		r[i] = f.phi(u[i])
	}
	return r
}

// times is w r, plus the bias column when the matrix has one column more.
func (f *reference) times(w mc.Matrix, r []float64) []float64 {
	y := make([]float64, w.Rows)
	for i := range y {
		for j := range r {
			y[i] += w.Data[i*w.Cols+j] * r[j]
		}
		if w.Cols == len(r)+1 {
			y[i] += w.Data[i*w.Cols+len(r)] * f.p.BiasRate
		}
	}
	return y
}

func (f *reference) step() {
	p, g, dt := f.p, f.p.G, f.p.Dt
	last := len(p.Sizes) - 1
	old, now := copyState(f.s), &f.s

	rates := func(k int) []float64 {
		if k == 0 {
			return old.SmoothedInput
		}
		return f.phis(old.Soma[k])
	}
	learning := old.RestSteps == 0
	if !learning {
		now.RestSteps--
	}
	learn := func(w, d []mc.Matrix, k int, eta float64, post, pre []float64) {
		if eta == 0 && !p.KeepInductions || !learning {
			return
		}
		cols := w[k].Cols
		for i := range post {
			for j := range cols {
				x := p.BiasRate
				if j < len(pre) {
					x = pre[j]
				}
				at := i*cols + j
				if p.TauW == 0 {
					w[k].Data[at] += dt * eta * post[i] * x
					continue
				}
				delta := d[k].Data[at]
				w[k].Data[at] += dt * eta * delta
				d[k].Data[at] += dt / p.TauW * (-delta + post[i]*x)
			}
		}
	}

	for k := 1; k <= last; k++ {
		vB := f.times(old.WPPUp[k], rates(k-1))
		gA, vA := 0.0, make([]float64, p.Sizes[k])
		var td []float64
		if k < last {
			gA = g.Apical
			td = f.times(old.WPPDown[k], rates(k+1))
			lat := f.times(old.WPI[k], f.phis(old.Interneuron[k]))
			for i := range vA {
				vA[i] = td[i] + (1-p.Gate)*lat[i]
			}
		}
		errB := make([]float64, p.Sizes[k])
		for i, u := range old.Soma[k] {
			du := -g.Leak*u + g.Basal*(vB[i]-u)
			if k < last {
				du += gA * (vA[i] - u)
			} else if old.Teacher {
				exc, inh := g.Nudging(old.Smoothed[i])
				du += exc*(mc.EExc-u) + inh*(mc.EInh-u)
			}
			now.Soma[k][i] = u + dt*du
			if p.Sigma > 0 {
				now.Soma[k][i] += p.Sigma * math.Sqrt(dt) * f.rand()
			}
			errB[i] = f.phi(u) - f.phi(g.Basal/(g.Leak+g.Basal+gA)*vB[i])
		}
		learn(now.WPPUp, now.DPPUp, k, p.Eta[k].Up, errB, rates(k-1))
		if k == last {
			break
		}
		vI := f.times(old.WIP[k], rates(k))
		errI := make([]float64, len(vI))
		for i, u := range old.Interneuron[k] {
			du := -g.Leak*u + g.Dendrite*(vI[i]-u) + g.Somatic*(old.Soma[k+1][i]-u)
			now.Interneuron[k][i] = u + dt*du
			if p.Sigma > 0 {
				now.Interneuron[k][i] += p.Sigma * math.Sqrt(dt) * f.rand()
			}
			errI[i] = f.phi(u) - f.phi(g.Dendrite/(g.Leak+g.Dendrite)*vI[i])
		}
		learn(now.WIP, now.DIP, k, p.Eta[k].IP, errI, rates(k))
		errA, errTD := make([]float64, len(vA)), make([]float64, len(vA))
		for i := range vA {
			errA[i] = 0 - vA[i]
			errTD[i] = f.phi(old.Soma[k][i]) - f.phi(td[i])
		}
		learn(now.WPI, now.DPI, k, p.Eta[k].PI, errA, f.phis(old.Interneuron[k]))
		learn(now.WPPDown, now.DPPDown, k, p.Eta[k].Down, errTD, rates(k+1))
	}
	if p.Tau0 > 0 {
		for i, x := range old.SmoothedInput {
			now.SmoothedInput[i] += dt / p.Tau0 * (old.Input[i] - x)
		}
		if old.Teacher {
			for i, x := range old.Smoothed {
				now.Smoothed[i] += dt / p.Tau0 * (old.Target[i] - x)
			}
		}
	}
	now.Time += dt
}

func copyState(s mc.State) mc.State {
	vec := func(x []float64) []float64 { return append([]float64{}, x...) }
	vecs := func(x [][]float64) (y [][]float64) {
		for _, v := range x {
			y = append(y, vec(v))
		}
		return y
	}
	mats := func(x []mc.Matrix) (y []mc.Matrix) {
		for _, m := range x {
			y = append(y, mc.Matrix{Rows: m.Rows, Cols: m.Cols, Data: vec(m.Data)})
		}
		return y
	}
	s.Input, s.SmoothedInput = vec(s.Input), vec(s.SmoothedInput)
	s.Target, s.Smoothed = vec(s.Target), vec(s.Smoothed)
	s.Soma, s.Interneuron = vecs(s.Soma), vecs(s.Interneuron)
	s.WPPUp, s.WPPDown, s.WIP, s.WPI = mats(s.WPPUp), mats(s.WPPDown), mats(s.WIP), mats(s.WPI)
	s.DPPUp, s.DPPDown, s.DIP, s.DPI = mats(s.DPPUp), mats(s.DPPDown), mats(s.DIP), mats(s.DPI)
	s.Noise = append([]byte{}, s.Noise...)
	return s
}
