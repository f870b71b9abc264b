package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"microcircuits/dendrite/runstore"
)

// filled creates a store with three runs and makes it the default store.
func filled(t *testing.T) *runstore.Store {
	t.Helper()
	t.Setenv(runstore.DirVariable, t.TempDir())
	store, err := runstore.Open("")
	if err != nil {
		t.Fatal(err)
	}
	type key struct {
		Version int
		Key     any
	}
	for _, r := range []struct {
		experiment, unit string
		version          int
		ago              time.Duration
		finished         bool
	}{
		{"mnist", "old-code", 1, 48 * time.Hour, true},
		{"mnist", "half-way", 2, time.Minute, false},
		{"mine", "seed1", 1, 72 * time.Hour, true},
	} {
		e, err := store.Entry(r.experiment, r.unit, key{r.version, r.unit})
		if err != nil {
			t.Fatal(err)
		}
		meta := runstore.NewMeta(time.Now().Add(-r.ago), "portable")
		if r.finished {
			err = e.Save([]float64{1, 2}, meta)
		} else {
			err = e.SaveCheckpoint([]float64{1}, meta)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return store
}

func TestRuns(t *testing.T) {
	store := filled(t)
	_, out, _ := call(t, "runs")
	for _, want := range []string{"mnist       0         1            1", "mine        1         0            0", store.Dir()} {
		if !strings.Contains(out, want) {
			t.Errorf("runs does not print %q:\n%s", want, out)
		}
	}
	if _, out, _ := call(t, "runs", "mnist"); !strings.Contains(out, "stale (code version 1)") || !strings.Contains(out, "checkpoint") || strings.Contains(out, "seed1") {
		t.Errorf("runs mnist:\n%s", out)
	}
	var rows []struct{ Name, State string }
	_, out, _ = call(t, "runs", "--json")
	if err := json.Unmarshal([]byte(out), &rows); err != nil || len(rows) != 3 || rows[0].State != "complete" {
		t.Errorf("%v: %s", err, out)
	}
	if code, _, errOut := call(t, "runs", "mnits"); code != 2 || !strings.Contains(errOut, "did you mean mnist?") {
		t.Errorf("exit status %d: %s", code, errOut)
	}
}

// The newest version of a user's own experiment is the highest one in the store.
func TestOwnRunsOfALowerVersionAreStale(t *testing.T) {
	store := filled(t)
	e, err := store.Entry("mine", "seed1", struct{ Version int }{2})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Save([]float64{1}, runstore.NewMeta(time.Now(), "portable")); err != nil {
		t.Fatal(err)
	}
	if _, out, _ := call(t, "runs", "mine"); strings.Count(out, "stale (code version 1)") != 1 || strings.Count(out, "complete") != 1 {
		t.Errorf("runs mine:\n%s", out)
	}
	if _, out, _ := call(t, "runs", "prune", "mine", "--stale", "--yes"); !strings.Contains(out, "removed 1 run") {
		t.Errorf("prune mine --stale: %s", out)
	}
}

func TestPrune(t *testing.T) {
	store := filled(t)
	left := func() (names []string) {
		infos, err := store.List()
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range infos {
			names = append(names, i.Unit)
		}
		return names
	}
	if _, out, _ := call(t, "runs", "prune"); !strings.Contains(out, "would remove 3 runs") || len(left()) != 3 {
		t.Errorf("%s; left %v", out, left())
	}
	if code, _, errOut := call(t, "runs", "prune", "--older", "soon"); code != 2 || !strings.Contains(errOut, "30d") {
		t.Errorf("exit status %d: %s", code, errOut)
	}
	call(t, "runs", "prune", "mnist", "--older", "1d", "--yes")
	if got := strings.Join(left(), " "); got != "seed1 half-way" && got != "half-way seed1" {
		t.Errorf("old runs of mnist pruned, left %s", got)
	}
	call(t, "runs", "prune", "--stale", "--yes")
	if len(left()) != 2 {
		t.Errorf("nothing was stale, left %v", left())
	}
	call(t, "runs", "prune", "--checkpoints", "--yes")
	if got := strings.Join(left(), " "); got != "seed1" {
		t.Errorf("checkpoints pruned, left %s", got)
	}
	// A run that is being computed is not removed.
	e, err := store.Entry("mine", "seed1", struct {
		Version int
		Key     any
	}{1, "seed1"})
	if err != nil {
		t.Fatal(err)
	}
	unlock, err := e.Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if code, out, errOut := call(t, "runs", "prune", "--yes"); code != 0 || !strings.Contains(errOut, "is being computed by process") || !strings.Contains(out, "removed 0 runs") || len(left()) != 1 {
		t.Errorf("%s%s", out, errOut)
	}
	unlock()
	// A run that cannot be removed is a failure: here no lock file can be created.
	if err := os.Mkdir(e.Dir()+".lock", 0o755); err != nil {
		t.Fatal(err)
	}
	if code, _, errOut := call(t, "runs", "prune", "--yes"); code != 1 || !strings.Contains(errOut, "1 runs could not be removed") || strings.Contains(errOut, "not removed: ") {
		t.Errorf("exit status %d: %s", code, errOut)
	}
	if err := os.Remove(e.Dir() + ".lock"); err != nil {
		t.Fatal(err)
	}
	if call(t, "runs", "prune", "--yes"); len(left()) != 0 {
		t.Errorf("left %v", left())
	}
}

// A run without one of its files is shown as damaged, and pruned as such.
func TestDamagedRun(t *testing.T) {
	store := filled(t)
	infos, err := store.List()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(store.Dir(), infos[0].Name, "arrays.npz")); err != nil {
		t.Fatal(err)
	}
	if _, out, _ := call(t, "runs", infos[0].Experiment); !strings.Contains(out, infos[0].Name+"  damaged") {
		t.Errorf("runs shows no damage:\n%s", out)
	}
	if _, out, _ := call(t, "runs", "prune", infos[0].Experiment, "--checkpoints"); !strings.Contains(out, infos[0].Name) {
		t.Errorf("prune --checkpoints does not list the damaged run:\n%s", out)
	}
}
