package recall_test

import (
	"fmt"

	"microcircuits/dendrite/recall"
	"microcircuits/dendrite/twostep"
)

// A network in which every synapse learns is shown two letters, and then makes
// an image of each from its class alone.
func Example() {
	letters := []string{"#.#.#.#.#", "####.####"} // X and O, row by row
	var images, targets []float32
	for class, letter := range letters {
		for _, pixel := range letter {
			on := float32(0)
			if pixel == '#' {
				on = 1
			}
			images = append(images, on)
		}
		row := []float32{-2.2, -2.2} // potentials of rates 0.1 and 0.8
		row[class] = 1.4
		targets = append(targets, row...)
	}
	net, err := twostep.New[float32](twostep.Config{
		Sizes: []int{9, 20, 2}, Thresholds: true, Lambda: []float64{0.3, 0.1}, LambdaI: 0.1,
		Rates: twostep.Rates{Up: []float64{3, 0.5}, IP: []float64{2}, PI: []float64{1}, Down: []float64{0.1}},
		Init:  twostep.Init{Up: []float64{0.5, 0.1}, Down: []float64{1}, IP: []float64{0.1}, PI: []float64{1}},
	}, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	pixels, err := recall.NewProjection[float32](9, 20, 0.1, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 2000 {
		if err := net.TrainBatch(images, targets, 1); err != nil {
			fmt.Println(err)
			return
		}
		pixels.Learn(images, net.Read(nil, twostep.ReadRate, 1), 0.5)
	}
	circuit, err := recall.New(net, pixels)
	if err != nil {
		fmt.Println(err)
		return
	}
	recalled, err := circuit.Prototype(nil, []float32{0.8, 0.1, 0.1, 0.8})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, v := range recalled {
		if v > 0.5 {
			fmt.Print("#")
		} else {
			fmt.Print(".")
		}
		if i%3 == 2 {
			fmt.Println()
		}
	}
	// Output:
	// #.#
	// .#.
	// #.#
	// ###
	// #.#
	// ###
}
