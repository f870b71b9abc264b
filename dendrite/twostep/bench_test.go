package twostep

import (
	"fmt"
	"testing"

	"microcircuits/dendrite/internal/simd"
	"microcircuits/dendrite/internal/stream"
)

// mnist is the network of the paper's MNIST figure.
func mnist() Config {
	return Config{
		Sizes: []int{784, 500, 500, 10}, Thresholds: true,
		Lambda: []float64{0.3, 0.3, 0.1}, LambdaI: 0.1,
		Rates: Rates{Up: []float64{0.556, 0.167, 0.05}, IP: []float64{0.667, 0.2}},
		Init:  Init{Up: []float64{0.1, 0.1, 0.1}, Down: []float64{4, 12}},
	}
}

// digits draws images with the statistics that matter for speed in MNIST: 19 %
// of the pixels are not zero, and 380 of 784 are used in a batch of ten.
func digits(images int) (x, target []float32) {
	s := stream.New(1, "digits")
	x, target = make([]float32, images*784), make([]float32, images*10)
	for b := range images {
		for i := range 784 {
			row, col := float64(i/28)-13.5, float64(i%28)-13.5
			if row*row+col*col < 122 && s.Float64() < 0.39 {
				x[b*784+i] = s.Float32()
			}
		}
		for i := range 10 {
			target[b*10+i] = -2.1972246
		}
		target[b*10+s.IntN(10)] = 1.3862944
	}
	return x, target
}

// BenchmarkTrain reports training throughput on one core with W_IP plastic and
// W_PI fixed, evaluation excluded.
func BenchmarkTrain(b *testing.B) {
	for _, batch := range []int{10, 1} {
		name := fmt.Sprintf("784-500-500-10/batch=%d", batch)
		b.Run(name, func(b *testing.B) { benchmarkTrain(b, batch) })
		b.Run(name+"/portable", func(b *testing.B) {
			defer simd.Use(simd.Portable)()
			benchmarkTrain(b, batch)
		})
	}
}

func benchmarkTrain(b *testing.B, batch int) {
	const images = 1000
	x, target := digits(images)
	n := must[float32](b, mnist(), 1)
	train(b, n, x[:batch*784], target[:batch*10], 1)
	b.ReportAllocs()
	at := 0
	for b.Loop() {
		train(b, n, x[at*784:(at+batch)*784], target[at*10:(at+batch)*10], 0.1)
		at = (at + batch) % images
	}
	b.ReportMetric(float64(b.N*batch)/b.Elapsed().Seconds(), "images/s")
}
