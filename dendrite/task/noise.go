package task

import (
	"fmt"
	"slices"

	"microcircuits/dendrite/internal/stream"
)

// Noise spoils images.
type Noise struct {
	Name  string
	spoil func(image []float32, cols int, s *stream.Stream)
}

// NoNoise leaves images as they are.
func NoNoise() Noise { return Noise{"none", func([]float32, int, *stream.Stream) {}} }

// GaussianNoise adds normal noise of standard deviation sigma to every pixel and
// clips the sum to 0 to 1.
func GaussianNoise(sigma float64) Noise {
	return Noise{fmt.Sprintf("Gaussian %g", sigma), func(image []float32, _ int, s *stream.Stream) {
		for i := range image {
			image[i] = min(max(image[i]+float32(sigma*s.NormFloat64()), 0), 1)
		}
	}}
}

// SaltAndPepper sets a share of the pixels to 0 or 1, each as likely.
func SaltAndPepper(share float64) Noise {
	return Noise{fmt.Sprintf("salt and pepper %g %%", 100*share), func(image []float32, _ int, s *stream.Stream) {
		for i := range image {
			switch u := s.Float64(); {
			case u < share/2:
				image[i] = 0
			case u < share:
				image[i] = 1
			}
		}
	}}
}

// HalfOccluded sets the upper, lower, left or right half of the image to 0.
func HalfOccluded() Noise {
	return Noise{"half occluded", func(image []float32, cols int, s *stream.Stream) {
		rows, half := len(image)/cols, s.IntN(4)
		for i := range image {
			y, x := i/cols, i%cols
			if [...]bool{y < rows/2, y >= rows-rows/2, x < cols/2, x >= cols-cols/2}[half] {
				image[i] = 0
			}
		}
	}}
}

// Apply returns a spoiled copy of an image (rows of cols pixels, 0 to 1). What is
// drawn depends on the purpose and the number of the image alone, so that an image is
// spoiled in the same way each time.
func (n Noise) Apply(image []float32, cols int, purpose string, number int) []float32 {
	spoiled := slices.Clone(image)
	n.spoil(spoiled, cols, stream.New(1, purpose, uint64(number)))
	return spoiled
}
