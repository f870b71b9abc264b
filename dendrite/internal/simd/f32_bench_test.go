package simd

import (
	"math/rand/v2"
	"testing"
)

// BenchmarkFloat32 runs the two products of a 500 x 500 matrix with ten rows,
// over so many matrices that they come from beyond the second-level cache.
func BenchmarkFloat32(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	var ws [6]*Weights[float32]
	for i := range ws {
		ws[i] = randomWeights[float32](r, 500, 500)
	}
	x, y, all := randomBatch[float32](r, 10, 500, 500), NewBatch[float32](10, 500), sequence(500)
	for name, f := range map[string]func(w *Weights[float32]){
		"Mul":      func(w *Weights[float32]) { w.Mul(y, x, 10, all) },
		"AddOuter": func(w *Weights[float32]) { w.AddOuter(1e-9, x, x, 10, all) },
	} {
		b.Run(name, func(b *testing.B) {
			i := 0
			for b.Loop() {
				f(ws[i%len(ws)])
				i++
			}
			b.ReportMetric(float64(b.N)*2*10*500*500/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}
