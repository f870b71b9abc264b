package dendrite_test

import (
	"fmt"
	"os"

	"microcircuits/dendrite"
	"microcircuits/dendrite/figure"
)

// A cell of a notebook: parameters, a run and its results.
func Example() {
	store, err := os.MkdirTemp("", "runs")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(store)
	os.Setenv("DENDRITE_STORE", store) // notebooks do not set this variable

	p := dendrite.Preset(figure.SelfPrediction, "quick", dendrite.Changes{"Seeds": 1, "Patterns": 100})
	p.Inputs, p.Hidden, p.Outputs = 8, 6, 3

	run := dendrite.Run(figure.SelfPrediction, p)
	fmt.Println(run.Badge())
	fmt.Println(run.Convergence().Title)
	fmt.Println("apical potential fell:", run.Fall()[0] > 2)
	// Output:
	// custom, from quick (reduced run)
	// Top-down input, apical potential and mismatch during learning
	// apical potential fell: true
}
