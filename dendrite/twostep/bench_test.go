package twostep

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"microcircuits/dendrite/internal/simd"
	"microcircuits/dendrite/task"
)

// mnist is the network of the MNIST figure, as experiment.MNISTPreset(Paper)
// trains it.
func mnist() Config {
	return Config{
		Sizes: []int{784, 500, 500, 10}, Thresholds: true,
		Lambda: []float64{0.3, 0.3, 0.1}, LambdaI: 0.1,
		Rates: Rates{Up: []float64{0.556, 0.167, 0.05}, IP: []float64{0.5, 0.2}},
		Init:  Init{Up: []float64{0.1, 0.1, 0.1}, Down: []float64{4, 12}},
	}
}

// digits are the first training images of MNIST and their target potentials.
// Real ones, as pixels that are zero cost less.
func digits(b *testing.B, images int) (x, target []float32) {
	b.Helper()
	all, err := task.MNIST("")
	if errors.Is(err, fs.ErrNotExist) {
		b.Skip(err) // it says how to get them
	}
	if err != nil {
		b.Fatal(err)
	}
	set := all.Train.Slice(0, images)
	target = make([]float32, images*10)
	for i, label := range set.Labels {
		for j := range 10 {
			target[i*10+j] = -2.1972246 // the logistic gives 0.1
		}
		target[i*10+int(label)] = 1.3862944 // 0.8
	}
	return set.Images, target
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
	x, target := digits(b, images)
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
