package jupyter

import (
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
