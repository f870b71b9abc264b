package runstore

import (
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
)

// codeCommit returns the commit of this program's code. It is looked up once: later
// commits do not belong to the running program.
var codeCommit = sync.OnceValue(func() string {
	_, file, _, _ := runtime.Caller(0)
	if !filepath.IsAbs(file) {
		return unknown // built with -trimpath
	}
	return commitOf(filepath.Dir(filepath.Dir(filepath.Dir(file))))
})

// commitOf returns the checked-out commit of the clone at root, with "-dirty" at the end
// if the code in dendrite or the dependencies differ from it. Outside of git it returns
// "unknown". Notebooks are ignored, because running a notebook changes it.
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
