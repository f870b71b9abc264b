//go:build !amd64.v3

// Other architectures, and amd64 from level v3 on, let the compiler fuse
// multiplications and additions, which changes the last bits.

package figure

import (
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/cpu"

	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/internal/simd"
)

var update = flag.Bool("update", false, "write the golden hashes of runs that are not in testdata/golden.json yet")

const goldenFile = "testdata/golden.json"

// variants are further runs than that of Small, by the changes to it: whatever
// branch of a figure's code no other run takes.
var variants = map[string][]experiment.Changes{
	"self-prediction": {{"Transfer": "logistic"}},
	"regression": {{ // the variant of A
		"InputLow": -1, "RateFactor": 1, "Hidden": 20, "Start": "self-predicting", "Forward": 0.1, "Transfer": "logistic",
		"EtaUp1": 0.00011875, "EtaUp2": 0.00001, "EtaIP": 0.00002375, "EtaPI": 0,
	}},
	"mnist": {{"Microcircuit.Mixing": "convex", "Microcircuit.Decay": "none", "Backprop.Loss": "squared error"}},
}

// goldenHashes are those of a run's result by the numeric kernels that computed
// it, which differ in the last bits.
type goldenHashes map[string]string

// Stored runs are found by their parameters and the experiment's Version. When
// the same parameters come to give other numbers and the Version stays, old
// numbers pass for today's. So: if a hash changes, raise the Version in the
// experiment's Info, then run this test with -update.
//
// A golden hash belongs to the run's folder, whose name has a hash of
// parameters and Version, and to the numeric kernels: changed presets and raised
// versions give new folders, which -update enters for the kernels this machine
// has. It never replaces a hash it knows.
func TestGolden(t *testing.T) {
	if !cpu.X86.HasFMA {
		t.Skip("without FMA the last bits of math.Exp differ from those of the golden hashes")
	}
	known := map[string]goldenHashes{}
	data, err := os.ReadFile(goldenFile)
	if err == nil {
		err = json.Unmarshal(data, &known)
	}
	if err != nil && !(*update && errors.Is(err, fs.ErrNotExist)) {
		t.Fatal(err)
	}
	seen := map[string]goldenHashes{}
	for _, f := range Catalogue() {
		name := f.About().Name
		for _, changes := range append([]experiment.Changes{nil}, variants[name]...) {
			changes = withDigits(t, f, changes)
			for _, level := range simd.Levels() {
				for folder, have := range smallRun(t, level, f, changes, 2) {
					if seen[folder] == nil {
						seen[folder] = goldenHashes{}
						maps.Copy(seen[folder], known[folder]) // with those of kernels that are not here
					}
					want, ok := known[folder][level.String()]
					switch {
					case ok && have != want:
						t.Errorf("%s %v: %s: the same parameters give other numbers than before with the %s kernels: raise Version in the Info of this figure, then run this test with -update", name, changes, folder, level)
					case !ok && !*update:
						t.Errorf("%s %v: %s is new for the %s kernels (its parameters or Version changed): run this test with -update, on a machine that has avx512", name, changes, folder, level)
					case !ok:
						seen[folder][level.String()] = have
					}
				}
			}
		}
	}
	if !*update {
		return
	}
	text, err := json.MarshalIndent(seen, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(goldenFile), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(goldenFile, append(text, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}
