package twostep

import (
	"math"

	"microcircuits/dendrite/internal/simd"
)

// reference is the model of the package comment, written down once more in the
// plainest way: one image at a time, full matrices, no shortcuts, and weight
// changes collected before any is applied. Matrices are [area-1][target][source];
// up and ip have a last column for the threshold.
type reference struct {
	cfg              Config
	up, down, ip, pi [][][]float64
	u, vhat, va      [][]float64 // of the last image, by area number
	ui, vi           [][]float64
}

// matrix makes rows of values, with a column for thresholds if there is one.
func matrix[T simd.Float](rows int, values, thresholds []T) [][]float64 {
	m := make([][]float64, rows)
	cols := len(values) / rows
	for i := range m {
		for _, v := range values[i*cols : (i+1)*cols] {
			m[i] = append(m[i], float64(v))
		}
		if thresholds != nil {
			m[i] = append(m[i], float64(thresholds[i]))
		}
	}
	return m
}

func newReference[T simd.Float](cfg Config, s State[T]) *reference {
	r := &reference{cfg: cfg}
	element := func(thresholds [][]T, k, n int) []T {
		if thresholds == nil {
			return make([]T, n)
		}
		return thresholds[k]
	}
	sizes := cfg.Sizes
	for k := 1; k < len(sizes); k++ {
		r.up = append(r.up, matrix(sizes[k], s.Up[k-1], element(s.UpThreshold, k-1, sizes[k])))
		if k < len(sizes)-1 {
			r.down = append(r.down, matrix(sizes[k], s.Down[k-1], nil))
			r.ip = append(r.ip, matrix(sizes[k+1], s.IP[k-1], element(s.IPThreshold, k-1, sizes[k+1])))
			r.pi = append(r.pi, matrix(sizes[k], s.PI[k-1], nil))
		}
	}
	return r
}

func times(w [][]float64, x []float64) []float64 {
	y := make([]float64, len(w))
	for i := range w {
		for j := range w[i] {
			y[i] += w[i][j] * x[j]
		}
	}
	return y
}

// and1 appends the input of the thresholds.
func (r *reference) and1(x []float64) []float64 {
	one := 0.0
	if r.cfg.Thresholds {
		one = 1
	}
	return append(append([]float64{}, x...), one)
}

func (r *reference) phi(u []float64) []float64 {
	y := make([]float64, len(u))
	for i, v := range u {
		y[i] = 1 / (1 + math.Exp(-v))
	}
	return y
}

func combine(a float64, x []float64, b float64, y []float64) []float64 {
	z := make([]float64, len(x))
	for i := range z {
		z[i] = a*x[i] + b*y[i]
	}
	return z
}

// sweep does steps 1 to 3 for one image; a nil target turns the teacher off.
func (r *reference) sweep(x, target []float64) {
	N := len(r.cfg.Sizes) - 1
	for _, p := range []*[][]float64{&r.u, &r.vhat, &r.va, &r.ui, &r.vi} {
		*p = make([][]float64, N+1)
	}
	rate := x
	vb := make([][]float64, N+1)
	for k := 1; k <= N; k++ {
		vb[k] = times(r.up[k-1], r.and1(rate))
		r.vhat[k] = vb[k]
		if k < N && r.cfg.Mixing == Convex {
			r.vhat[k] = combine(1-r.cfg.Lambda[k-1], vb[k], 0, vb[k])
		}
		rate = r.phi(r.vhat[k])
		if k < N {
			r.vi[k] = times(r.ip[k-1], r.and1(rate))
		}
	}
	r.u[N] = vb[N]
	if target != nil {
		l := r.cfg.Lambda[N-1]
		r.u[N] = combine(1-l, vb[N], l, target)
	}
	for k := N - 1; k >= 1; k-- {
		l := r.cfg.LambdaI
		r.ui[k] = combine(1-l, r.vi[k], l, r.u[k+1])
		r.va[k] = combine(1, times(r.down[k-1], r.phi(r.u[k+1])), 1, times(r.pi[k-1], r.phi(r.ui[k])))
		l = r.cfg.Lambda[k-1]
		if r.cfg.Mixing == Convex {
			r.u[k] = combine(1-l, vb[k], l, r.va[k])
		} else {
			r.u[k] = combine(1, vb[k], l, r.va[k])
		}
	}
}

func accumulate(w [][]float64, rate float64, e, x []float64) {
	for i := range w {
		for j := range w[i] {
			w[i][j] += rate * e[i] * x[j]
		}
	}
}

// train does one batch.
func (r *reference) train(xs, targets [][]float64, scale float64) {
	N, rates := len(r.cfg.Sizes)-1, r.cfg.Rates
	kinds := []*[][][]float64{&r.up, &r.down, &r.ip, &r.pi}
	changes := make([][][][]float64, len(kinds))
	for i, kind := range kinds {
		for _, w := range *kind {
			zero := make([][]float64, len(w))
			for o := range w {
				zero[o] = make([]float64, len(w[o]))
			}
			changes[i] = append(changes[i], zero)
		}
	}
	scale /= float64(len(xs))
	for b, x := range xs {
		r.sweep(x, targets[b])
		pre := x
		for k := 1; k <= N; k++ {
			rate := r.phi(r.u[k])
			accumulate(changes[0][k-1], scale*at(rates.Up, k-1), combine(1, rate, -1, r.phi(r.vhat[k])), r.and1(pre))
			pre = rate
			if k == N {
				break
			}
			above, inter := r.phi(r.u[k+1]), r.phi(r.ui[k])
			accumulate(changes[1][k-1], scale*at(rates.Down, k-1), combine(1, rate, -1, r.phi(times(r.down[k-1], above))), above)
			accumulate(changes[2][k-1], scale*at(rates.IP, k-1), combine(1, inter, -1, r.phi(r.vi[k])), r.and1(rate))
			accumulate(changes[3][k-1], -scale*at(rates.PI, k-1), r.va[k], inter)
		}
	}
	for i, kind := range kinds {
		for k, w := range *kind {
			for o := range w {
				w[o] = combine(1, w[o], 1, changes[i][k][o])
			}
		}
	}
}
