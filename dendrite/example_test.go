package dendrite_test

import (
	"fmt"
	"os"

	"microcircuits/dendrite"
)

// A cell of a notebook: typed parameters, a run, what came of it.
func Example() {
	store, err := os.MkdirTemp("", "runs")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(store)
	os.Setenv("DENDRITE_STORE", store) // a notebook leaves this to the user

	p := dendrite.SelfPredictionPreset("quick")
	p.Inputs, p.Hidden, p.Outputs = 8, 6, 3
	p.Seeds, p.Patterns = 1, 100

	run := dendrite.SelfPrediction(p)
	fmt.Println(run.Badge())
	fmt.Println(run.Convergence().Title)
	fmt.Println("apical potential fell:", run.Fall()[0] > 2)
	// Output:
	// custom, from quick (reduced run)
	// Top-down input, apical potential and mismatch during learning
	// apical potential fell: true
}

// Where nobody can move the slider, the first value is shown.
func ExampleLive() {
	dendrite.Live("gain", 2, []int{1, 2, 5}, func(gain int) *dendrite.Chart {
		x := []float64{0, 1}
		return dendrite.Lines(dendrite.LinesSpec{
			Title: "Output", X: dendrite.Axis{Name: "input"}, Y: dendrite.Axis{Name: "output"},
			Curves: []dendrite.Curve{{Name: "neuron", X: x, Y: []float64{0, float64(gain)}}},
		})
	})
	// Output:
	// [figure] Output
	// Line chart of output against input. neuron: from 0 to 2, between 0 and 2.
	// gain is 2; in a notebook a slider changes it.
}
