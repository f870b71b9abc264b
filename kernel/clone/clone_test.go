package clone

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestFind(t *testing.T) {
	base, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	write := func(dir, gomod string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Join(base, dir), 0o755); err != nil {
			t.Fatal(err)
		}
		if gomod != "" {
			if err := os.WriteFile(filepath.Join(base, dir, "go.mod"), []byte(gomod), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	write("clone", "// ours\nmodule microcircuits // here\n\ngo 1.25.0\n")
	write("clone/notebooks/deep", "")
	write("clone/other", "module microcircuits/other\n")
	write("elsewhere", "module example.org/microcircuits\n")
	want := filepath.Join(base, "clone")
	for _, dir := range []string{"clone", "clone/notebooks/deep", "clone/other"} {
		if got, err := Find(filepath.Join(base, dir)); err != nil || got != want {
			t.Errorf("Find(%s) = %q, %v", dir, got, err)
		}
	}
	if err := os.Symlink(filepath.Join(want, "notebooks"), filepath.Join(base, "link")); err != nil {
		t.Fatal(err)
	}
	if got, err := Find(filepath.Join(base, "link")); err != nil || got != want {
		t.Errorf("through a link: %q, %v", got, err)
	}
	if got, err := Find(filepath.Join(base, "elsewhere")); !errors.Is(err, ErrNotFound) {
		t.Errorf("elsewhere: %q, %v", got, err)
	}
}

func TestEachCloneHasItsOwnProgram(t *testing.T) {
	a, errA := Program("/a")
	b, errB := Program("/b")
	if errA != nil || errB != nil || a == b {
		t.Errorf("%q %v, %q %v", a, errA, b, errB)
	}
}
