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
