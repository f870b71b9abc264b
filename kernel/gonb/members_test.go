package gonb

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"microcircuits/kernel/internal/processes"
)

// living lists the living processes that satisfy a condition, one a line.
func living(t *testing.T, which func(processes.Process) bool) string {
	t.Helper()
	all, err := processes.All()
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, p := range all {
		if which(p) {
			found = append(found, p.String())
		}
	}
	return strings.Join(found, "\n")
}

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
	if alive := living(t, func(p processes.Process) bool { return p.Group == group }); alive != "" {
		t.Errorf("processes of the kernel's group are left:\n%s", alive)
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
