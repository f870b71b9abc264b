package lab

import (
	"math"

	"microcircuits/dendrite/chart"
	"microcircuits/dendrite/task"
)

// Picture is an image for a chart.
func Picture(pixels []float32, width int, label string) chart.Image {
	im := chart.Image{Pixels: make([]float64, len(pixels)), Width: width, Label: label}
	for i, v := range pixels {
		im.Pixels[i] = float64(v)
	}
	return im
}

// ClassMeans are the mean images of the classes.
func ClassMeans(set task.Set) [][]float32 {
	sums, counts := make([][]float64, task.Classes), make([]float64, task.Classes)
	for i := range sums {
		sums[i] = make([]float64, set.Pixels)
	}
	for i, label := range set.Labels {
		counts[label]++
		for j, v := range set.Image(i) {
			sums[label][j] += float64(v)
		}
	}
	means := make([][]float32, task.Classes)
	for class, sum := range sums {
		for _, v := range sum {
			means[class] = append(means[class], float32(v/max(counts[class], 1)))
		}
	}
	return means
}

// Correlation is Pearson's correlation of two images; 0 for an image without
// contrast.
func Correlation(a, b []float32) float64 {
	var ma, mb float64
	for i := range a {
		ma, mb = ma+float64(a[i]), mb+float64(b[i])
	}
	ma, mb = ma/float64(len(a)), mb/float64(len(b))
	var ab, aa, bb float64
	for i := range a {
		x, y := float64(a[i])-ma, float64(b[i])-mb
		ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return ab / math.Sqrt(aa*bb)
}
