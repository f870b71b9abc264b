package figure

import (
	"archive/zip"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/internal/simd"
	"microcircuits/dendrite/runstore"
)

// smallRun computes the small run of a figure with the kernels of a level and
// returns the hashes of its results, by folder.
func smallRun(t *testing.T, level simd.Level, f experiment.Any, changes experiment.Changes, workers int) map[string]string {
	t.Helper()
	defer simd.Use(level)()
	store := openStore(t)
	r, err := f.RunSmall(t.Context(), experiment.Env{Store: store, Workers: workers}, changes)
	if err != nil {
		t.Fatalf("%s, %s: %v", f.About().Name, level, err)
	}
	if len(r.Provenance.Runs) == 0 {
		t.Errorf("%s: no runs", f.About().Name)
	}
	return resultHashes(t, store, r.Provenance.Runs)
}

func resultHashes(t *testing.T, store *runstore.Store, folders []string) map[string]string {
	t.Helper()
	hashes := map[string]string{}
	for _, folder := range folders {
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
