package figure

import (
	"context"
	"encoding/binary"
	"errors"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/figure/internal/lab"
	"microcircuits/dendrite/internal/simd"
	"microcircuits/dendrite/record"
	"microcircuits/dendrite/runstore"
	"microcircuits/dendrite/task"
)

func openStore(t *testing.T) *runstore.Store {
	t.Helper()
	store, err := runstore.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// allDigits is the whole of MNIST, read once.
var allDigits = sync.OnceValues(func() (*task.Digits, error) { return task.MNIST("") })

// writeDigits makes a small data set in IDX format of the first MNIST digits.
func writeDigits(t *testing.T, train, test int) string {
	t.Helper()
	digits, err := allDigits()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, set := range map[string]task.Set{"train": digits.Train.Slice(0, train), "t10k": digits.Test.Slice(0, test)} {
		images := binary.BigEndian.AppendUint32(nil, 0x803)
		for _, v := range []int{set.Len(), digits.Rows, digits.Cols} {
			images = binary.BigEndian.AppendUint32(images, uint32(v))
		}
		for _, v := range set.Images {
			images = append(images, byte(v*255+0.5))
		}
		labels := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, 0x801), uint32(set.Len()))
		labels = append(labels, set.Labels...)
		for file, data := range map[string][]byte{name + "-images-idx3-ubyte": images, name + "-labels-idx1-ubyte": labels} {
			if err := os.WriteFile(filepath.Join(dir, file), data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

// withDigits lets a figure that reads digits have a few hundred of them.
func withDigits(t *testing.T, f experiment.Any, changes experiment.Changes) experiment.Changes {
	t.Helper()
	all := maps.Clone(changes)
	if all == nil {
		all = experiment.Changes{}
	}
	for _, q := range parameters(t, f, experiment.Quick) {
		if q.Name == "Data" || strings.HasSuffix(q.Name, ".Data") {
			all[q.Name] = writeDigits(t, 600, 100)
		}
	}
	return all
}

func parameters(t *testing.T, f experiment.Any, scale experiment.Scale) []record.Parameter {
	t.Helper()
	all, err := f.Parameters(scale, nil)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// What every figure needs.
func TestCatalogue(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range Catalogue() {
		info := f.About()
		if seen[info.Name] || seen[info.Notebook] || info.Title == "" || info.Claim == "" || info.Figure == "" {
			t.Errorf("%+v: something is missing or twice there", info)
		}
		seen[info.Name], seen[info.Notebook] = true, true
		if _, err := os.Stat(filepath.Join("..", "..", "notebooks", info.Notebook+".ipynb")); err != nil {
			t.Errorf("%s: %v", info.Name, err)
		}
		for _, scale := range append([]experiment.Scale{experiment.Quick, experiment.Paper}, info.Scales...) {
			for _, q := range parameters(t, f, scale) {
				if q.Changed || q.Doc == "" {
					t.Errorf("%s, %s: %+v", info.Name, scale, q)
				}
			}
			if s, err := f.ParseScale(string(scale)); err != nil || s != scale {
				t.Errorf("%s: scale %s: %q, %v", info.Name, scale, s, err)
			}
		}
		for _, name := range []string{info.Name, info.Notebook} {
			if got, err := Find(name); err != nil || got != f {
				t.Errorf("%s: found %v, %v", name, got, err)
			}
		}
	}
	if _, err := Find("self-predicton"); err == nil || !strings.Contains(err.Error(), "did you mean self-prediction?") {
		t.Errorf("got %v", err)
	}
}

// With rates, potentials and weights that have no unit, learning rates are in
// 1/ms, or have none where learning goes image by image.
func TestUnitsFitTheModel(t *testing.T) {
	units := map[string][]string{"r": {""}, "W": {""}, "γ": {""}, "β": {""}, "θ": {""}, "λ": {""}, "η": {"1/ms", ""}}
	for _, f := range Catalogue() {
		for _, q := range parameters(t, f, experiment.Paper) {
			stem, _, _ := strings.Cut(q.Symbol, "_")
			stem, _, _ = strings.Cut(stem, "^")
			if allowed, ok := units[stem]; ok && !slices.Contains(allowed, q.Unit) {
				t.Errorf("%s: %s (%s) has the unit %q, want one of %q", f.About().Name, q.Name, q.Symbol, q.Unit, allowed)
			}
		}
	}
}

// Reports of notebooks 6 to 8 say by how much their regression is not the
// paper's.
func TestSmallRegressionDisclosesItsSettings(t *testing.T) {
	for _, want := range []string{"30 times N's rates", "±0.3", "±5", "σ = 0.1"} {
		if !strings.Contains(lab.SmallDeviations, want) {
			t.Errorf("the deviations do not say %q: %s", want, lab.SmallDeviations)
		}
	}
	for _, name := range []string{"theory", "robustness", "predictions"} {
		f, err := Find(name)
		if err != nil || !slices.Contains(f.About().Deviations, lab.SmallDeviations) {
			t.Errorf("%s does not say that its regression is a small one (%v)", name, err)
		}
	}
}

// A plan is made without computing anything, and its jobs come after those that
// they need.
func TestPlans(t *testing.T) {
	for _, f := range Catalogue() {
		info := f.About()
		for _, scale := range []experiment.Scale{experiment.Quick, experiment.Paper} {
			store := openStore(t)
			plan, err := f.PlanAt(scale, nil)
			if err != nil {
				t.Errorf("%s, %s: %v", info.Name, scale, err)
				continue
			}
			folders := map[string]bool{}
			total := 0.0
			for i, j := range plan.List(store) {
				if j.Number != i || j.Kept || j.Seconds <= 0 || folders[j.Folder] || !strings.HasPrefix(j.Folder, info.Name+"/"+j.Unit+"-") {
					t.Errorf("%s, %s: %+v", info.Name, scale, j)
				}
				folders[j.Folder] = true
				total += j.Seconds
			}
			if len(folders) == 0 || total > 1e7 {
				t.Errorf("%s, %s: %d jobs of %g s", info.Name, scale, len(folders), total)
			}
			if files, err := os.ReadDir(store.Dir()); err != nil || len(files) > 0 {
				t.Errorf("%s: planning left %v in the store, %v", info.Name, files, err)
			}
		}
	}
}

// Results are the same bits for any number of workers.
func TestSameBits(t *testing.T) {
	for _, f := range Catalogue() {
		changes := withDigits(t, f, experiment.Changes{"Seeds": 2})
		first := smallRun(t, simd.Levels()[0], f, changes, 1)
		if again := smallRun(t, simd.Levels()[0], f, changes, 3); !maps.Equal(first, again) {
			t.Errorf("%s: one worker and three compute other numbers", f.About().Name)
		}
	}
}

// longer makes the small run of a figure so long that it has a checkpoint. Figures that
// are not here are interrupted between two jobs.
var longer = map[string]experiment.Changes{
	"self-prediction": {"Patterns": 700},
	"association":     {"Patterns": 700},
	"predictions":     {"Trials": 60},
	"mnist":           {"Epochs": 3},
	"disinhibition":   {"Epochs": 3},
	"robustness":      {"Digits.Epochs": 3},
	"regression":      {"Trials": 60, "Window": 10},
	"theory":          {"Regression.Trials": 100},
}

// onlyWhenStopped are figures whose short runs make a checkpoint only when they are
// stopped.
var onlyWhenStopped = map[string]bool{"regression": true}

// An interrupted run continues where it stopped, with the same bits: from its checkpoint,
// or after its last finished job.
func TestResume(t *testing.T) {
	for _, f := range Catalogue() {
		name := f.About().Name
		_, long := longer[name]
		changes := withDigits(t, f, longer[name])
		want := smallRun(t, simd.Levels()[0], f, changes, 1)

		store := openStore(t)
		ctx, cancel := context.WithCancel(t.Context())
		env := experiment.Env{Store: store, Workers: 1, Progress: func(p experiment.Progress) {
			begun, finished := stored(t, store)
			if p.Fraction > 0.9 && onlyWhenStopped[name] || len(begun) > 0 || !long && len(finished) > 0 {
				cancel()
			}
		}}
		_, err := f.RunSmall(ctx, env, changes)
		cancel()
		begun, finished := stored(t, store)
		if long && !errors.Is(err, context.Canceled) || err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("%s: error %v, want an interruption", name, err)
			continue
		}
		if long && len(begun) == 0 || len(begun)+len(finished) == 0 {
			t.Errorf("%s: nothing is stored after the interruption", name)
			continue
		}
		resumed := time.Now()
		r, err := f.RunSmall(t.Context(), experiment.Env{Store: store, Workers: 1}, changes)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if have := resultHashes(t, store, r.Provenance.Runs); !maps.Equal(have, want) {
			t.Errorf("%s: a resumed run has other numbers than one in a piece", name)
		}
		infos, err := store.List()
		if err != nil {
			t.Fatal(err)
		}
		for _, info := range infos {
			if slices.Contains(slices.Concat(begun, finished), info.Name) && !info.Meta.Created.Before(resumed) {
				t.Errorf("%s: %s was started again, not resumed", name, info.Name)
			}
		}
	}
}

// stored returns the folders of jobs with a checkpoint, and of finished jobs.
func stored(t *testing.T, store *runstore.Store) (begun, finished []string) {
	t.Helper()
	infos, err := store.List()
	if err != nil {
		t.Fatal(err)
	}
	for _, info := range infos {
		if info.Checkpoint {
			begun = append(begun, info.Name)
		} else if info.Complete {
			finished = append(finished, info.Name)
		}
	}
	return begun, finished
}

// Figures use what figure.go and package lab give them, and nothing of each other;
// figure.go knows none of them.
func TestFiguresStandAlone(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	const shared = "figure"
	declaredBy := map[string]string{}      // figure by identifier of the package
	used := map[string]map[string]string{} // file by identifier, by figure
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		stem := strings.TrimSuffix(strings.TrimSuffix(name, ".go"), "_view")
		if used[stem] == nil {
			used[stem] = map[string]string{}
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for identifier := range file.Scope.Objects {
			declaredBy[identifier] = stem
		}
		for _, identifier := range file.Unresolved {
			used[stem][identifier.Name] = name
		}
	}
	if len(used) < 2 {
		t.Fatalf("only %d figures: this test sees too little", len(used))
	}
	for stem, identifiers := range used {
		for identifier, file := range identifiers {
			if owner := declaredBy[identifier]; owner != "" && owner != stem && owner != shared {
				t.Errorf("%s uses %s, which belongs to %s.go: what figures share goes to internal/lab", file, identifier, owner)
			}
		}
	}
	if len(Catalogue()) != len(used)-1 {
		t.Errorf("%d figures are in the catalogue, of %d", len(Catalogue()), len(used)-1)
	}
}
