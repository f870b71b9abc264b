package runstore

import (
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
)

// codeCommit is the commit of this program's code. It is looked up once: what
// is committed while the program runs is not what runs.
var codeCommit = sync.OnceValue(func() string {
	_, file, _, _ := runtime.Caller(0)
	if !filepath.IsAbs(file) {
		return unknown // built with -trimpath
	}
	return commitOf(filepath.Dir(filepath.Dir(filepath.Dir(file))))
})

// commitOf returns the commit checked out in the clone at root, with "-dirty"
// at the end where the code that computes differs from it; "unknown" outside of
// git. Notebooks do not count: to run one is to change it.
func commitOf(root string) string {
	git := func(args ...string) (string, error) {
		out, err := exec.Command("git", append([]string{"--no-optional-locks", "-C", root}, args...)...).Output()
		return strings.TrimSpace(string(out)), err
	}
	commit, err := git("rev-parse", "--verify", "HEAD")
	if err != nil {
		return unknown
	}
	if changes, err := git("status", "--porcelain", "--", "dendrite", "go.mod", "go.sum"); err != nil || changes != "" {
		commit += "-dirty"
	}
	return commit
}
