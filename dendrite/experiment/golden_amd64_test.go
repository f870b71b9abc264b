//go:build !amd64.v3

// Other architectures, and amd64 from level v3 on, let the compiler fuse
// multiplications and additions, which changes the last bits.

package experiment

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"microcircuits/dendrite/internal/simd"
)

var update = flag.Bool("update", false, "write the golden hashes of runs that are not in testdata/golden.json yet")

const goldenFile = "testdata/golden.json"

// goldenRuns are tiny runs, one or more of every experiment. A new experiment
// adds its own here, then: go test -run TestGolden -update.
var goldenRuns = []struct {
	name string
	run  func(*testing.T, Env) (Run, error)
}{
	{"self-prediction", func(t *testing.T, env Env) (Run, error) {
		p := small()
		p.Seeds, p.Patterns = 1, 100
		return p.Run(t.Context(), env)
	}},
	{"self-prediction, logistic", func(t *testing.T, env Env) (Run, error) {
		p := small()
		p.Seeds, p.Patterns, p.Transfer = 1, 100, "logistic"
		return p.Run(t.Context(), env)
	}},
	{"mnist", func(t *testing.T, env Env) (Run, error) {
		p := smallMNIST(t)
		p.Seeds, p.Epochs = 1, 1
		return p.Run(t.Context(), env)
	}},
	{"mnist, convex mixing, squared error, no decay", func(t *testing.T, env Env) (Run, error) {
		p := smallMNIST(t)
		p.Seeds, p.Epochs = 1, 1
		p.Microcircuit.Mixing, p.Microcircuit.Decay, p.Backprop.Loss = "convex", "none", "squared error"
		return p.Run(t.Context(), env)
	}},
	{"theory", func(t *testing.T, env Env) (Run, error) {
		p := smallTheory()
		p.Nets, p.Seeds, p.Regression.Trials = 2, 1, 10
		return p.Run(t.Context(), env)
	}},
	{"association", func(t *testing.T, env Env) (Run, error) {
		p := smallAssociation()
		p.Stage1.Seeds, p.Stage1.Patterns, p.LearnMs = 1, 100, 500
		return p.Run(t.Context(), env)
	}},
	{"disinhibition", func(t *testing.T, env Env) (Run, error) {
		p := smallDisinhibition(t)
		p.Seeds, p.Epochs = 1, 1
		return p.Run(t.Context(), env)
	}},
	{"predictions", func(t *testing.T, env Env) (Run, error) {
		p := smallPredictions()
		p.Seeds, p.Regression.Trials = 1, 10
		return p.Run(t.Context(), env)
	}},
}

// Stored runs are found by their parameters and the experiment's Version. When
// the same parameters come to give other numbers and the Version stays, old
// numbers pass for today's. So: if a hash changes, raise the Version in the
// experiment's Info, then run this test with -update.
//
// A golden hash belongs to the run's folder, whose name has a hash of
// parameters and Version: changed presets and raised versions give new folders,
// which -update enters. It never replaces the hash of a folder it knows.
func TestGolden(t *testing.T) {
	defer simd.Use(simd.Portable)()
	golden := map[string]string{}
	data, err := os.ReadFile(goldenFile)
	if err == nil {
		err = json.Unmarshal(data, &golden)
	}
	if err != nil && !(*update && errors.Is(err, fs.ErrNotExist)) {
		t.Fatal(err)
	}
	seen := map[string]string{}
	for _, g := range goldenRuns {
		store := openStore(t)
		r, err := g.run(t, Env{Store: store})
		if err != nil {
			t.Fatalf("%s: %v", g.name, err)
		}
		if len(r.About().Provenance.Runs) == 0 {
			t.Errorf("%s: no runs", g.name)
		}
		for _, folder := range r.About().Provenance.Runs {
			have := resultHash(t, filepath.Join(store.Dir(), filepath.FromSlash(folder)))
			want, known := golden[folder]
			switch {
			case known && have != want:
				t.Errorf("%s: %s: the same parameters give other numbers than before: raise Version in the Info of this experiment, then run this test with -update", g.name, folder)
				have = want
			case !known && !*update:
				t.Errorf("%s: %s is new (its parameters or Version changed): run this test with -update", g.name, folder)
			}
			seen[folder] = have
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
