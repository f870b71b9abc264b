//go:build long

package figure

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/runstore"
)

var (
	kills    = flag.Int("kills", 5, "number of processes that TestKills kills")
	killSeed = flag.Uint64("killseed", 1, "seed of the moments at which TestKills kills")
)

// killed are the runs of TestKills, each with several checkpoints or many jobs. One takes
// about a second.
var killed = []killedRun{
	{"mnist", experiment.Changes{"Epochs": 12}},
	{"self-prediction", experiment.Changes{"Patterns": 3000}},
	{"regression", experiment.Changes{"Trials": 100, "Window": 10}},
	{"robustness", experiment.Changes{"Digits.Epochs": 4, "Seeds": 2}}, // sweeps
}

type killedRun struct {
	Figure  string
	Changes experiment.Changes
}

// A run whose process is killed at random moments, and started again each time, ends with the
// bits of a run that was never killed. It leaves nothing else in the store.
func TestKills(t *testing.T) {
	for i, run := range killed {
		n := *kills / len(killed)
		if i < *kills%len(killed) {
			n++
		}
		t.Run(run.Figure, func(t *testing.T) {
			f, err := Find(run.Figure)
			if err != nil {
				t.Fatal(err)
			}
			run.Changes = withDigits(t, f, run.Changes)
			store := openStore(t)
			start := time.Now()
			if run.startAndKill(t, store, time.Hour) {
				t.Fatal("the first process was killed")
			}
			typical := time.Since(start)
			want := finishedRun(t, store)
			random := rand.New(rand.NewPCG(*killSeed, uint64(i)))
			left := map[string]int{}
			for done := 0; done < n; {
				store := openStore(t)
				for done < n && run.startAndKill(t, store, time.Duration(random.Float64()*float64(typical))) {
					done++
					for kind := range unfinished(t, store) {
						left[kind]++
					}
				}
				if run.startAndKill(t, store, time.Hour) {
					t.Fatal("the last process was killed")
				}
				if have := finishedRun(t, store); !maps.Equal(have, want) {
					t.Errorf("seed %d, after %d kills: other numbers than those of a run that was not killed", *killSeed, done)
				}
			}
			t.Logf("seed %d: %d kills within %v; number of kills that left a file of a kind: %v", *killSeed, n, typical.Round(time.Millisecond), left)
		})
	}
}

// startAndKill starts a process that computes the run, kills it after this time, and
// reports whether it was killed before its end.
func (run killedRun) startAndKill(t *testing.T, store *runstore.Store, after time.Duration) bool {
	t.Helper()
	text, err := json.Marshal(run)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), after)
	defer cancel()
	process := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestKilledProcess$")
	process.Env = append(os.Environ(), "FIGURE_KILLED="+string(text), runstore.DirVariable+"="+store.Dir())
	out, err := process.CombinedOutput()
	if err != nil && ctx.Err() == nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return err != nil
}

// TestKilledProcess is the process that TestKills kills. In a normal test run it does
// nothing.
func TestKilledProcess(t *testing.T) {
	text := os.Getenv("FIGURE_KILLED")
	if text == "" {
		return
	}
	var run killedRun
	if err := json.Unmarshal([]byte(text), &run); err != nil {
		t.Fatal(err)
	}
	regressionCheckpoint = 20 * time.Millisecond
	f, err := Find(run.Figure)
	if err != nil {
		t.Fatal(err)
	}
	damaged := func(text string) { t.Errorf("a kill left a damaged file: %s", text) }
	progress := func(p experiment.Progress) {
		if strings.HasPrefix(p.Text, "starting again") {
			damaged(p.Text)
		}
	}
	if _, err := f.RunSmall(t.Context(), experiment.Env{Workers: 2, Progress: progress, Warn: damaged}, run.Changes); err != nil {
		t.Fatal(err)
	}
}

// finishedRun returns the hashes of the results in a store, by folder, and fails if the
// store has anything else.
func finishedRun(t *testing.T, store *runstore.Store) map[string]string {
	t.Helper()
	for kind, name := range unfinished(t, store) {
		t.Errorf("the store still has a %s file or folder: %s", kind, name)
	}
	infos, err := store.List()
	if err != nil {
		t.Fatal(err)
	}
	var folders []string
	for _, info := range infos {
		if err := store.Check(info.Name); err != nil {
			t.Error(err)
		}
		folders = append(folders, info.Name)
	}
	return resultHashes(t, store, folders)
}

// unfinished returns what a store has beside results: one name for each kind of file.
func unfinished(t *testing.T, store *runstore.Store) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(store.Dir(), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		depth := strings.Count(strings.TrimPrefix(path, store.Dir()), string(filepath.Separator))
		switch name := d.Name(); {
		case strings.HasPrefix(name, ".tmp-"):
			found["temporary"] = name
		case strings.HasSuffix(name, ".lock"):
			found["lock"] = name
		case strings.HasSuffix(name, ".checkpoint.npz"):
			found["checkpoint"] = name
		case depth == 2 && !d.IsDir():
			found[fmt.Sprintf("unknown (%s)", filepath.Ext(name))] = name
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
