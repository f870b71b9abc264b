package runstore_test

import (
	"fmt"
	"log"
	"os"
	"time"

	"microcircuits/dendrite/runstore"
)

// A user's own experiment is computed once and found in the store after that.
func Example() {
	dir, err := os.MkdirTemp("", "runs")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	store, err := runstore.Open(dir) // "" opens the default store
	if err != nil {
		log.Fatal(err)
	}

	type Params struct {
		Growth float64
		Steps  int
		Seed   int
	}
	type Result struct{ Population []float64 }

	grow := func(p Params) Result {
		entry, err := store.Entry("growth", fmt.Sprintf("seed%d", p.Seed), p)
		if err != nil {
			log.Fatal(err)
		}
		var r Result
		_, ok, warning := entry.Load(&r)
		if warning != nil {
			fmt.Println(warning)
		}
		if ok {
			fmt.Println("found")
			return r
		}
		fmt.Println("computed")
		start := time.Now()
		for x := 1.0; len(r.Population) < p.Steps; x *= p.Growth {
			r.Population = append(r.Population, x)
		}
		if err := entry.Save(r, runstore.NewMeta(start, "portable")); err != nil {
			log.Fatal(err)
		}
		return r
	}

	fmt.Println(grow(Params{Growth: 2, Steps: 4, Seed: 1}))
	fmt.Println(grow(Params{Growth: 2, Steps: 4, Seed: 1}))
	fmt.Println(grow(Params{Growth: 3, Steps: 4, Seed: 1}))

	runs, err := store.List()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(runs), "runs in the store")
	// Output:
	// computed
	// {[1 2 4 8]}
	// found
	// {[1 2 4 8]}
	// computed
	// {[1 3 9 27]}
	// 2 runs in the store
}

// A long computation stores its state from time to time and can continue from it.
func ExampleEntry_SaveCheckpoint() {
	dir, err := os.MkdirTemp("", "runs")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	store, err := runstore.Open(dir)
	if err != nil {
		log.Fatal(err)
	}
	entry, err := store.Entry("training", "seed1", map[string]any{"rate": 0.1, "epochs": 4})
	if err != nil {
		log.Fatal(err)
	}

	type State struct {
		Epoch   int
		Weights []float32
	}
	train := func(stop int) {
		start, state := time.Now(), State{Weights: make([]float32, 2)}
		if _, ok, warning := entry.LoadCheckpoint(&state, nil); warning != nil {
			fmt.Println("starting again:", warning)
		} else if ok {
			fmt.Println("continuing from epoch", state.Epoch)
		}
		for state.Epoch < stop {
			state.Weights[0] += 0.5
			state.Epoch++
			if err := entry.SaveCheckpoint(state, runstore.NewMeta(start, "portable")); err != nil {
				log.Fatal(err)
			}
		}
		fmt.Println(state)
	}
	train(2) // interrupted here
	train(4)
	// Output:
	// {2 [1 0]}
	// continuing from epoch 2
	// {4 [2 0]}
}
