package task

import (
	"math"
	"slices"
	"testing"
)

// How much of an image a noise changes, and that it is the same each time.
func TestNoises(t *testing.T) {
	const images, cols = 50, 28
	grey := slices.Repeat([]float32{0.5}, cols*cols)
	for _, c := range []struct {
		noise            Noise
		name             string
		changed, squared float64 // share of pixels, mean squared change
	}{
		{NoNoise(), "none", 0, 0},
		{GaussianNoise(0.1), "Gaussian 0.1", 1, 0.01},
		{SaltAndPepper(0.1), "salt and pepper 10 %", 0.1, 0.025},
		{SaltAndPepper(0.3), "salt and pepper 30 %", 0.3, 0.075},
		{HalfOccluded(), "half occluded", 0.5, 0.125},
	} {
		if c.noise.Name != c.name {
			t.Errorf("name %q, want %q", c.noise.Name, c.name)
		}
		changed, squared, own := 0.0, 0.0, 0
		var all [][]float32
		for i := range images {
			image := c.noise.Apply(grey, cols, "test", i)
			all = append(all, image)
			for _, v := range image {
				if v < 0 || v > 1 {
					t.Fatalf("%s: pixel %v", c.name, v)
				}
				if d := float64(v) - 0.5; d != 0 {
					changed, squared = changed+1, squared+d*d
				}
			}
			if !slices.Equal(image, c.noise.Apply(grey, cols, "test", i)) {
				t.Errorf("%s: image %d comes out differently the second time", c.name, i)
			}
			if !slices.Equal(image, c.noise.Apply(grey, cols, "validation", i)) {
				own++
			}
		}
		if c.changed > 0 && own < images/2 {
			t.Errorf("%s: only %d of %d images have another noise for another purpose", c.name, own, images)
		}
		pixels := float64(images * cols * cols)
		if !(math.Abs(changed/pixels-c.changed) < 0.01) || !(math.Abs(squared/pixels-c.squared) < 0.02*c.squared+1e-9) {
			t.Errorf("%s: %.3f of the pixels change, by %.4f on average of squares; want %.3f and %.4f", c.name, changed/pixels, squared/pixels, c.changed, c.squared)
		}
		if c.changed > 0 && slices.Equal(all[0], all[1]) && slices.Equal(all[0], all[2]) && slices.Equal(all[0], all[3]) {
			t.Errorf("%s: the same for all images", c.name)
		}
	}
	if !slices.Equal(grey, slices.Repeat([]float32{0.5}, cols*cols)) {
		t.Error("the image itself was changed")
	}
}
