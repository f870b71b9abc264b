//go:build !amd64.v3

// Other architectures, and amd64 from level v3 on, let the compiler fuse
// multiplications and additions, which changes the last bits.

package experiment

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/cpu"

	"microcircuits/dendrite/internal/simd"
)

var update = flag.Bool("update", false, "write the golden hashes of runs that are not in testdata/golden.json yet")

const goldenFile = "testdata/golden.json"

// goldenRuns are tiny runs, one or more of every experiment. A new experiment
// adds its own here, then: go test -run TestGolden -update.
var goldenRuns = []struct {
	name   string
	params func(*testing.T) goldenParams
}{
	{"self-prediction", func(*testing.T) goldenParams {
		p := small()
		p.Seeds, p.Patterns = 1, 100
		return golden(p)
	}},
	{"self-prediction, logistic", func(*testing.T) goldenParams {
		p := small()
		p.Seeds, p.Patterns, p.Transfer = 1, 100, "logistic"
		return golden(p)
	}},
	{"association", func(*testing.T) goldenParams {
		p := smallAssociation()
		p.Stage1.Seeds, p.Stage1.Patterns, p.LearnMs = 1, 100, 500
		return golden(p)
	}},
	{"regression", func(*testing.T) goldenParams {
		p := RegressionPreset(Quick)
		p.Seeds, p.Trials = 1, 20
		return golden(p)
	}},
	{"regression, variant of A", func(*testing.T) goldenParams {
		p := RegressionPreset(ArxivV1)
		p.Seeds, p.Trials, p.Window = 1, 20, 100
		return golden(p)
	}},
	{"mnist", func(t *testing.T) goldenParams {
		p := smallMNIST(t)
		p.Seeds, p.Epochs = 1, 1
		return golden(p)
	}},
	{"mnist, convex mixing, squared error, no decay", func(t *testing.T) goldenParams {
		p := smallMNIST(t)
		p.Seeds, p.Epochs = 1, 1
		p.Microcircuit.Mixing, p.Microcircuit.Decay, p.Backprop.Loss = "convex", "none", "squared error"
		return golden(p)
	}},
	{"disinhibition", func(t *testing.T) goldenParams {
		p := smallDisinhibition(t)
		p.Seeds, p.Epochs = 1, 1
		return golden(p)
	}},
	{"theory", func(*testing.T) goldenParams {
		p := smallTheory()
		p.Nets, p.Seeds, p.Regression.Trials = 2, 1, 10
		return golden(p)
	}},
	{"robustness", func(t *testing.T) goldenParams {
		p := smallRobustness(t)
		p.Seeds = 1
		p.Noise, p.Filter, p.Presentation, p.Lag = []float64{0.3}, []float64{30}, []float64{50}, []float64{10}
		p.InitUp, p.InitDown = []float64{0.3}, []float64{5}
		p.Digits.InitUp, p.Digits.Feedback = []float64{0.1}, []float64{16}
		return golden(p)
	}},
	{"predictions", func(*testing.T) goldenParams {
		p := smallPredictions()
		p.Seeds, p.Regression.Trials = 1, 10
		return golden(p)
	}},
}

// goldenParams run an experiment whose parameters are made.
type goldenParams func(context.Context, Env) (Run, error)

// golden forgets which experiment it is.
func golden[R Run](p interface {
	Run(context.Context, Env) (R, error)
}) goldenParams {
	return func(ctx context.Context, env Env) (Run, error) { return p.Run(ctx, env) }
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
	for _, g := range goldenRuns {
		run := g.params(t)
		for _, level := range simd.Levels() {
			for folder, have := range runOn(t, level, g.name, run) {
				if seen[folder] == nil {
					seen[folder] = goldenHashes{}
					maps.Copy(seen[folder], known[folder]) // with those of kernels that are not here
				}
				want, ok := known[folder][level.String()]
				switch {
				case ok && have != want:
					t.Errorf("%s: %s: the same parameters give other numbers than before with the %s kernels: raise Version in the Info of this experiment, then run this test with -update", g.name, folder, level)
				case !ok && !*update:
					t.Errorf("%s: %s is new for the %s kernels (its parameters or Version changed): run this test with -update, on a machine that has avx512", g.name, folder, level)
				case !ok:
					seen[folder][level.String()] = have
				}
			}
		}
	}
	for _, e := range Catalogue() {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(seen)), func(folder string) bool { return strings.HasPrefix(folder, e.Name+"/") }) {
			t.Errorf("%s has no golden run", e.Name)
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

// runOn computes a run with the kernels of a level and returns the hashes of
// its results, by folder.
func runOn(t *testing.T, level simd.Level, name string, run goldenParams) map[string]string {
	t.Helper()
	defer simd.Use(level)()
	store := openStore(t)
	r, err := run(t.Context(), Env{Store: store})
	if err != nil {
		t.Fatalf("%s, %s: %v", name, level, err)
	}
	if len(r.About().Provenance.Runs) == 0 {
		t.Errorf("%s: no runs", name)
	}
	hashes := map[string]string{}
	for _, folder := range r.About().Provenance.Runs {
		hashes[folder] = resultHash(t, filepath.Join(store.Dir(), filepath.FromSlash(folder)))
	}
	return hashes
}

// resultHash is the SHA-256 of a stored result: all of its folder but run.json,
// which has the date, and its checksums. The members of archives are hashed one
// by one, as the bytes around them may change with the compiler.
func resultHash(t *testing.T, dir string) string {
	t.Helper()
	h := sha256.New()
	add := func(name string, r io.ReadCloser, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		fmt.Fprintf(h, "%q", name)
		if _, err := io.Copy(h, r); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.Open(filepath.Join(dir, "result.json"))
	add("result.json", text, err)
	arrays, err := zip.OpenReader(filepath.Join(dir, "arrays.npz"))
	if err != nil {
		t.Fatal(err)
	}
	defer arrays.Close()
	members := slices.SortedFunc(slices.Values(arrays.File), func(a, b *zip.File) int { return strings.Compare(a.Name, b.Name) })
	for _, m := range members {
		r, err := m.Open()
		add(m.Name, r, err)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}
