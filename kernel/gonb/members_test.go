package gonb

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"microcircuits/kernel/internal/processes"
)

// root returns the clone that contains this test.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// nothingLeft fails when a process of the group still runs or the folder contains
// a folder of the kernel.
func nothingLeft(t *testing.T, tmp string, group int) {
	t.Helper()
	all, err := processes.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		if p.Group == group {
			t.Errorf("a process of the kernel's group still runs: %v", p)
		}
	}
	entries, err := os.ReadDir(tmp)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "dendrite-kernel-") || strings.HasPrefix(e.Name(), "gonb_") {
			t.Errorf("not removed: %s", e.Name())
		}
	}
}
