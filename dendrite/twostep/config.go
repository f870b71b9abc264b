package twostep

import (
	"fmt"
	"math"

	"microcircuits/dendrite/internal/layer"
)

// Mixing is how the soma of a hidden area mixes basal and apical potential. N
// says "convex combination" and leaves the prediction vhat open; both readings
// here are consistent with their self-predicting state.
type Mixing int

const (
	// Additive: u_k = v_B,k + lambda_k v_A,k and vhat_k = v_B,k.
	// Self-predicting: W_IP,k = W_k+1,k.
	Additive Mixing = iota
	// Convex: u_k = (1-lambda_k) v_B,k + lambda_k v_A,k and
	// vhat_k = (1-lambda_k) v_B,k for hidden areas, which also gives the rates
	// of the forward sweep. Self-predicting: W_IP,k = (1-lambda_k+1) W_k+1,k
	// below the topmost hidden area, W_N,N-1 there.
	Convex
)

func (m Mixing) String() string {
	if m == Convex {
		return "convex"
	}
	return "additive"
}

// Config describes a network. Slices over areas start at the lowest area they
// are about: Lambda[0], Rates.Up[0] and Init.Up[0] belong to area 1, and so do
// the first elements of slices over hidden areas.
type Config struct {
	Sizes  []int  // neurons per area, input first: 784, 500, 500, 10
	Mixing Mixing // Additive by default
	// Thresholds adds a plastic input fixed at 1 to every pyramidal neuron and
	// interneuron.
	Thresholds bool
	// Lambda holds the mixing factors lambda_1..lambda_N, each in [0, 1): apical
	// weight of the hidden areas, then the teacher's at the output.
	Lambda []float64
	// LambdaI is the interneurons' mixing factor in [0, 1): the weight of the
	// somatic nudging by the next area.
	LambdaI float64
	Rates   Rates
	Init    Init
}

// Rates are the learning rates of each kind of synapse by area, all at least
// 0. A zero, or a nil slice, freezes the weights.
//
// W_IP learns a regression, which is stable only for a rate below
// 2/(LambdaI s |r|^2), where s is the slope of the transfer function (at most
// 1/4) and |r|^2 the summed squared rates it reads: about 0.63 for 500 neurons
// near rate 1/2 and LambdaI 0.1. Above that, and far below it, the interneurons
// do not follow, and apical potentials are not zero without a teacher.
type Rates struct {
	Up   []float64 // W_k,k-1, areas 1..N, equation 7
	IP   []float64 // W_IP,k pyramidal to interneuron, hidden areas, equation 8
	PI   []float64 // W_PI,k interneuron to apical dendrite, hidden areas, equation 9
	Down []float64 // W_k,k+1 top-down, hidden areas, equation 10
}

// Init gives the uniform distributions the weights start from, by the half
// width a of U(-a, a). Thresholds are drawn like the weights beside them.
type Init struct {
	Up   []float64 // areas 1..N
	Down []float64 // hidden areas
	IP   []float64 // hidden areas; nil: the self-predicting state
	PI   []float64 // hidden areas; nil: the self-predicting state
}

// Validate checks that every value is in its range and every slice has one
// element per area. The error names the field.
func (c Config) Validate() error {
	if err := layer.CheckSizes("twostep", c.Sizes); err != nil {
		return err
	}
	if c.Mixing != Additive && c.Mixing != Convex {
		return fmt.Errorf("twostep: Mixing is %d; use Additive or Convex", c.Mixing)
	}
	areas := len(c.Sizes) - 1
	for _, s := range []struct {
		name   string
		values []float64
		want   int
		nilOK  bool
		below  float64
	}{
		{"Lambda", c.Lambda, areas, false, 1},
		{"LambdaI", []float64{c.LambdaI}, 1, false, 1},
		{"Rates.Up", c.Rates.Up, areas, true, math.Inf(1)},
		{"Rates.IP", c.Rates.IP, areas - 1, true, math.Inf(1)},
		{"Rates.PI", c.Rates.PI, areas - 1, true, math.Inf(1)},
		{"Rates.Down", c.Rates.Down, areas - 1, true, math.Inf(1)},
		{"Init.Up", c.Init.Up, areas, false, math.Inf(1)},
		{"Init.Down", c.Init.Down, areas - 1, areas == 1, math.Inf(1)},
		{"Init.IP", c.Init.IP, areas - 1, true, math.Inf(1)},
		{"Init.PI", c.Init.PI, areas - 1, true, math.Inf(1)},
	} {
		if s.values == nil && s.nilOK {
			continue
		}
		if len(s.values) != s.want {
			return fmt.Errorf("twostep: %s has %d values; a network of sizes %v needs %d", s.name, len(s.values), c.Sizes, s.want)
		}
		for i, v := range s.values {
			if !(v >= 0 && v < s.below) {
				return fmt.Errorf("twostep: %s[%d] is %v; it must be at least 0 and below %v", s.name, i, v, s.below)
			}
		}
	}
	return nil
}

// at is element i of s, 0 for a nil slice.
func at(s []float64, i int) float64 {
	if s == nil {
		return 0
	}
	return s[i]
}
