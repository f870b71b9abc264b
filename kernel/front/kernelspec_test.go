package front

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestKernelSpec(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("JUPYTER_DATA_DIR", dir)
	if got, err := DataDir(); err != nil || got != dir {
		t.Errorf("DataDir() = %q, %v", got, err)
	}
	if _, err := ReadSpec(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("before: %v", err)
	}
	spec := KernelSpec{Argv: []string{"/bin/launch", "launch", "{connection_file}"}, DisplayName: DisplayName,
		Language: "go", InterruptMode: "message", Env: map[string]string{}}
	if _, err := WriteSpec(dir, spec); err != nil {
		t.Fatal(err)
	}
	got, err := ReadSpec(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&spec, got); diff != "" {
		t.Errorf("(-written +read):\n%s", diff)
	}
	if err := RemoveSpec(dir); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(filepath.Join(dir, "kernels")); err != nil || len(entries) != 0 {
		t.Errorf("not removed: %v, %v", entries, err)
	}
}
