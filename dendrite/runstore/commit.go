package runstore

import (
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
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
// if the code in dendrite or the dependencies differ from it. Files that git does not track
// count only if they are compiled. Outside of git it returns "unknown". Notebooks are ignored,
// because running a notebook changes it.
func commitOf(root string) string {
	git := func(args ...string) (string, error) {
		out, err := exec.Command("git", append([]string{"--no-optional-locks", "-C", root}, args...)...).Output()
		return strings.TrimSpace(string(out)), err
	}
	commit, err := git("rev-parse", "--verify", "HEAD")
	if err != nil {
		return unknown
	}
	changes, err := git("status", "--porcelain", "--untracked-files=no", "--", "dendrite", "go.mod", "go.sum")
	if err != nil || changes != "" {
		return commit + "-dirty"
	}
	others, err := git("ls-files", "--others", "-z", "--", "dendrite") // also those that git ignores
	if err != nil || slices.ContainsFunc(strings.Split(others, "\x00"), isCode) {
		return commit + "-dirty"
	}
	return commit
}

// isCode reports whether the go command compiles a file with this path, which has slashes.
func isCode(path string) bool {
	for _, part := range strings.Split(path, "/") {
		if part == "testdata" || strings.HasPrefix(part, "_") || strings.HasPrefix(part, ".") {
			return false
		}
	}
	return strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, ".s")
}
