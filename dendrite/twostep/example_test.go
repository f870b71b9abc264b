package twostep_test

import (
	"fmt"

	"microcircuits/dendrite/twostep"
)

// A microcircuit network learns exclusive or, which no single layer can. Only
// bottom-up weights and the interneurons' predictions learn; top-down weights
// are fixed and random, and the apical dendrites tell the hidden neurons what
// to change.
func Example() {
	net, err := twostep.New[float32](twostep.Config{
		Sizes: []int{2, 20, 2}, Thresholds: true,
		Lambda: []float64{0.3, 0.1}, LambdaI: 0.1,
		Rates: twostep.Rates{Up: []float64{5, 1}, IP: []float64{5}},
		Init:  twostep.Init{Up: []float64{2, 0.1}, Down: []float64{3}},
	}, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	off, _ := twostep.Potential(0.1)
	on, _ := twostep.Potential(0.8)
	images := []float32{0, 0, 0, 1, 1, 0, 1, 1}
	var targets []float32
	for _, class := range []int{0, 1, 1, 0} {
		row := []float32{float32(off), float32(off)}
		row[class] = float32(on)
		targets = append(targets, row...)
	}
	for range 3000 {
		if err := net.TrainBatch(images, targets, 1); err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Println(net.Classify(nil, images))
	// Output: [0 1 1 0]
}
