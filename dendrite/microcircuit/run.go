package microcircuit

import (
	"context"
	"fmt"
	"math"

	"microcircuits/dendrite/internal/simd"
)

// A Pattern is what a network is shown.
type Pattern struct {
	Input  []float64 // rates of area 0
	Target []float64 // potentials of the output, nil to switch the teacher off
}

// Present shows a pattern for ms milliseconds with plasticity and noise as the
// parameters say. Probes record the state at the beginning of steps. It returns
// a *DivergenceError when the run diverges, the context's error soon after it is
// cancelled (the network then stands at a whole step and can go on), and an
// error for a pattern or probe that does not fit.
func (n *Network) Present(ctx context.Context, pattern Pattern, ms float64, probes ...*Probe) error {
	if err := n.checkPattern(pattern); err != nil {
		return err
	}
	n.Input(pattern.Input)
	if pattern.Target == nil {
		n.ClearTarget()
	} else {
		n.Target(pattern.Target)
	}
	return n.Run(ctx, ms, probes...)
}

// Run goes on for ms milliseconds with the input and target as they are; see
// Present.
func (n *Network) Run(ctx context.Context, ms float64, probes ...*Probe) error {
	if !(ms >= 0) || math.IsInf(ms, 1) {
		return fmt.Errorf("microcircuit: a run of %g ms; it must be finite and not negative", ms)
	}
	_, err := n.repeat(ctx, ms, probes, func() (bool, error) { return false, n.Step() })
	return err
}

// Settle runs without noise and plasticity, for at most maxMs, until no soma,
// smoothed input or target changes faster than tolerance (1/ms). It says how
// fast the fastest still changes if that takes longer.
func (n *Network) Settle(ctx context.Context, tolerance, maxMs float64, probes ...*Probe) error {
	state := [][]float64{n.u, n.areas[0].rate, n.goal}
	before := make([][]float64, len(state))
	for i, s := range state {
		before[i] = make([]float64, len(s))
	}
	speed := math.Inf(1)
	settled, err := n.repeat(ctx, maxMs, probes, func() (bool, error) {
		for i, s := range state {
			copy(before[i], s)
		}
		n.advance(false, false)
		if err := n.check(); err != nil {
			return false, err
		}
		speed = 0
		for i, s := range state {
			for j, x := range s {
				speed = max(speed, math.Abs(x-before[i][j])/n.p.Dt)
			}
		}
		return speed <= tolerance, nil
	})
	if err == nil && !settled {
		err = fmt.Errorf("microcircuit: not settled after %g ms: a potential of areas 1 to %d, input or target still changes by %g per ms; allow more time or a larger tolerance", maxMs, len(n.areas)-1, speed)
	}
	return err
}

// repeat takes steps for ms milliseconds, or until a step says that it was the
// last; probes record the state before each.
func (n *Network) repeat(ctx context.Context, ms float64, probes []*Probe, step func() (last bool, err error)) (stopped bool, err error) {
	steps := n.steps(ms)
	for _, p := range probes {
		if err := p.prepare(n, steps); err != nil {
			return false, err
		}
	}
	if n.stale {
		n.refresh() // for the probes' first sample
	}
	for i := range steps {
		if i%100 == 0 {
			if err := ctx.Err(); err != nil {
				return false, fmt.Errorf("microcircuit: stopped at %.1f ms: %w", n.time, err)
			}
		}
		for _, p := range probes {
			p.record(n)
		}
		if last, err := step(); last || err != nil {
			return last, err
		}
	}
	return false, nil
}

// Predict returns the output potentials of the feed-forward pass: no noise, no
// teacher, apical dendrites silent, basal potentials attenuated (paper.md 1.3).
// In the self-predicting state that is what the network settles to for the
// input rates r0. The state is untouched. It writes to dst if that has room and
// panics if the number of rates is wrong. For rates apply Params.Transfer.
func (n *Network) Predict(dst, r0 []float64) []float64 {
	checkLen("input rates", len(r0), len(n.input))
	x := n.scratch[0][:len(n.areas[0].rate)]
	copy(x, r0)
	last := len(n.areas) - 1
	for k := 1; ; k++ {
		if n.p.Bias {
			x[len(x)-1] = n.p.BiasRate
		}
		a := &n.areas[k]
		y := n.scratch[k%2][:len(a.rate)]
		simd.MulVec64(y[:a.n], &a.up.w, x)
		attenuation := n.basalAttenuation(k)
		for i := range y[:a.n] {
			y[i] *= attenuation
		}
		if k == last {
			return append(dst[:0], y[:a.n]...)
		}
		n.p.Transfer.Forward(y[:a.n], y[:a.n])
		x = y
	}
}

func (n *Network) checkPattern(p Pattern) error {
	for _, c := range []struct {
		name string
		x    []float64
		want int
	}{{"input rates", p.Input, len(n.input)}, {"target potentials", p.Target, len(n.target)}} {
		if c.x == nil && c.name == "target potentials" {
			continue
		}
		if len(c.x) != c.want {
			return fmt.Errorf("microcircuit: the pattern has %d %s, the network %d", len(c.x), c.name, c.want)
		}
		if !simd.Finite(c.x) {
			return fmt.Errorf("microcircuit: the pattern's %s are not all finite", c.name)
		}
	}
	return nil
}
