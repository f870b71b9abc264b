// Package clone finds the clone of this project that contains a folder, and builds
// its programs.
package clone

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Module is the path of this project's module.
const Module = "microcircuits"

// LauncherVersion must change when the arguments or the environment of "serve"
// change: then an older installed launcher does not work with the clone any more.
const LauncherVersion = "1"

// LauncherEnv is the environment variable with the launcher's version.
const LauncherEnv = "DENDRITE_LAUNCHER"

// ErrNotFound is the error for a folder that is in no clone.
var ErrNotFound = errors.New("no clone of microcircuits")

// Find looks for the go.mod of a clone in dir and the folders above it. It returns
// the clone's folder, absolute and without symbolic links. The error wraps
// ErrNotFound if there is none.
func Find(dir string) (string, error) {
	start, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if start, err = filepath.EvalSymlinks(start); err != nil {
		return "", err
	}
	for at := start; ; at = filepath.Dir(at) {
		data, err := os.ReadFile(filepath.Join(at, "go.mod"))
		if err == nil && modulePath(data) == Module {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("%w contains %s: neither it nor a folder above has a go.mod with \"module %s\"", ErrNotFound, start, Module)
		}
	}
}

func modulePath(gomod []byte) string {
	for s := bufio.NewScanner(bytes.NewReader(gomod)); s.Scan(); {
		line, _, _ := strings.Cut(s.Text(), "//")
		if f := strings.Fields(line); len(f) == 2 && f[0] == "module" {
			return strings.Trim(f[1], `"`)
		}
	}
	return ""
}

// Program returns the file of a clone's built kernel program, in the user's cache.
func Program(root string) (string, error) {
	dir, err := CacheDir()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(root))
	return filepath.Join(dir, "kernel-"+hex.EncodeToString(sum[:6]), "kernel"), nil
}

// CacheDir returns the project's folder in the user's cache.
func CacheDir() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "dendrite"), nil
}

// CompletionPackage is gopls, which provides completion and help. Its version is in
// kernel/completion/go.mod, a separate module, because gopls would triple the number
// of the project's dependencies.
const CompletionPackage = "golang.org/x/tools/gopls"

var completionVersion = regexp.MustCompile(`(?m)^\s*` + regexp.QuoteMeta(CompletionPackage) + ` (v\S+)`)

// Completion returns the folder of a clone from which CompletionPackage is built,
// and its file in the user's cache.
func Completion(root string) (dir, program string, err error) {
	dir = filepath.Join(root, "kernel", "completion")
	gomod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return "", "", err
	}
	version := completionVersion.FindSubmatch(gomod)
	if version == nil {
		return "", "", fmt.Errorf("%s does not name a version of %s", filepath.Join(dir, "go.mod"), CompletionPackage)
	}
	cache, err := CacheDir()
	return dir, filepath.Join(cache, "gopls-"+string(version[1]), "gopls"), err
}

// Build builds a clone's kernel program and returns its file. It is fast if nothing
// has changed. An error contains the messages of the go command.
func Build(ctx context.Context, goCmd, root string) (string, error) {
	program, err := Program(root)
	if err != nil {
		return "", err
	}
	return program, BuildPackage(ctx, goCmd, root, "./kernel", program)
}

// BuildPackage builds one main package of a clone into a file. The file is replaced
// in one step, so other processes may run or build it at the same time.
func BuildPackage(ctx context.Context, goCmd, root, pkg, file string) (err error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	removeAbandoned(filepath.Dir(file))
	tmp, err := os.MkdirTemp(filepath.Dir(file), ".build-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()
	fresh := filepath.Join(tmp, filepath.Base(file))
	// If the output is the last built program, the go command does not link again
	// when nothing has changed. It replaces an existing file and does not write into
	// it. On a file system without hard links this fails and go links each time.
	_ = os.Link(file, fresh)
	cmd := exec.CommandContext(ctx, goCmd, "build", "-o", fresh, pkg)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("cannot build %s of %s: %w\n%s\n(modules may be missing: connect to the network and run in that folder: go mod download)", pkg, root, err, bytes.TrimSpace(out))
	}
	return os.Rename(fresh, file)
}

// removeAbandoned removes the folders of builds that were killed: those older than
// an hour, because no build takes so long.
func removeAbandoned(dir string) {
	builds, _ := filepath.Glob(filepath.Join(dir, ".build-*")) // the pattern is valid
	for _, b := range builds {
		if info, err := os.Stat(b); err == nil && time.Since(info.ModTime()) > time.Hour {
			_ = os.RemoveAll(b) // the next build will try again
		}
	}
}

// Commit returns the checked-out commit of a clone and whether files differ from it;
// outside of git it returns "". Files in notebooks/results are ignored, because runs
// write them. Files that git does not track, such as notes, reports or new notebooks, count
// only if they are Go code that is compiled.
func Commit(ctx context.Context, root string) (commit string, dirty bool) {
	git := func(args ...string) (string, error) {
		out, err := exec.CommandContext(ctx, "git", append([]string{"-C", root}, args...)...).Output()
		return strings.TrimSpace(string(out)), err
	}
	commit, err := git("rev-parse", "HEAD")
	if err != nil {
		return "", false
	}
	changes, err := git("status", "--porcelain", "--untracked-files=no", "--", ".", ":(exclude)notebooks/results")
	if err != nil || changes != "" {
		return commit, true
	}
	others, err := git("ls-files", "--others", "-z", "--", "dendrite", "kernel") // also those that git ignores
	return commit, err != nil || slices.ContainsFunc(strings.Split(others, "\x00"), isCode)
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

// File returns a file from the checked-out commit of a clone. path is relative to
// the clone's root, with slashes.
func File(ctx context.Context, root, path string) ([]byte, error) {
	return exec.CommandContext(ctx, "git", "-C", root, "show", "HEAD:./"+path).Output()
}
