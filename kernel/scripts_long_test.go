//go:build long

package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"microcircuits/kernel/clone"
)

// counting shows what a slow command does, how far it is and why it failed, and nothing
// for a fast one.
func TestScriptsShowProgress(t *testing.T) {
	root, err := clone.Find(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ command, want string }{
		{"true", ""},
		{"echo one >&2", ""},
		{"sleep 2.5", ""}, // nothing to do, on a slow machine
		{"echo one >&2; sleep 3", "Compiling it\n"},
		{"echo one >&2; echo '# get https://x' >&2; echo 'go: no network' >&2; exit 3", "go: no network\n[3]"},
	} {
		cmd := exec.CommandContext(t.Context(), "bash", "-c", `set -euo pipefail; source "$0"; counting "Compiling it" things '^one$' 5 bash -c "$1" || echo -n "[$?]" >&2`,
			filepath.Join(root, "scripts", "program"), c.command)
		out, err := cmd.CombinedOutput()
		if err != nil || strings.TrimSpace(string(out)) != strings.TrimSpace(c.want) {
			t.Errorf("%s: %v, %q, want %q", c.command, err, out, c.want)
		}
	}
}
