package main

import (
	"path/filepath"
	"testing"

	"microcircuits/kernel/ipynb"
)

// All notebooks have the same first code cell, with which plain GoNB finds the
// project. A change of it must be made in all of them.
func TestNotebooksShareTheirFirstCell(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join("..", "notebooks", "*.ipynb"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no notebooks found (error %v)", err)
	}
	setup := ""
	for _, path := range paths {
		nb, err := ipynb.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range nb.Cells {
			if c.Type != ipynb.Code {
				continue
			}
			if setup == "" {
				setup = c.Source
			}
			if c.ID != "setup" || c.Source != setup {
				t.Errorf("%s: the first code cell (%s) is not the setup cell of the others:\n%s", path, c.ID, c.Source)
			}
			break
		}
	}
}
