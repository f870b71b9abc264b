package gonb

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"microcircuits/kernel/internal/processes"
)

// root returns the clone this test belongs to.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// nothingLeft fails when the process group lives or the folder holds anything.
func nothingLeft(t *testing.T, tmp string, group int) {
	t.Helper()
	all, err := processes.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		if p.Group == group {
			t.Errorf("a process of the kernel's group is left: %v", p)
		}
	}
	entries, err := os.ReadDir(tmp)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "dendrite-kernel-") || strings.HasPrefix(e.Name(), "gonb_") {
			t.Errorf("left behind: %s", e.Name())
		}
	}
}
