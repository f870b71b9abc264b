//go:build long

package figure

import (
	"os"
	"testing"

	"microcircuits/dendrite/runstore"
)

// claimStore is where tests of a figure's claim compute it: the store that
// DENDRITE_STORE names, so that scripts/test, which names an empty one, need
// not compute each figure twice; else one of the test's own.
func claimStore(t *testing.T) *runstore.Store {
	t.Helper()
	if os.Getenv(runstore.DirVariable) == "" {
		return openStore(t)
	}
	store, err := runstore.Open("")
	if err != nil {
		t.Fatal(err)
	}
	return store
}
