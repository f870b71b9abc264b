// Package clone finds the clone of this project that a folder belongs to.
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
	"strings"
	"time"
)

// Module is the path of this project's module.
const Module = "microcircuits"

// LauncherVersion changes when an installed launcher and the kernel code of a
// clone no longer understand each other: the arguments and environment of
// "serve".
const LauncherVersion = "1"

// LauncherEnv carries the launcher's version to the clone's kernel.
const LauncherEnv = "DENDRITE_LAUNCHER"

// ErrNotFound says that a folder is in no clone.
var ErrNotFound = errors.New("no clone of microcircuits")

// Find walks up from dir to the go.mod of a clone and returns that folder,
// absolute and without symbolic links. The error wraps ErrNotFound when there
// is none.
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
			return "", fmt.Errorf("%w around %s: neither it nor a folder above holds a go.mod with \"module %s\"", ErrNotFound, start, Module)
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

// Program returns the file in the user's cache where the built kernel program
// of a clone belongs.
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

// CompletionPackage is the program that completes and explains Go code, in the
// version that the module in kernel/completion pins. It has a module of its own
// because it would triple what the project depends on.
const CompletionPackage = "golang.org/x/tools/gopls"

var completionVersion = regexp.MustCompile(`(?m)^\s*` + regexp.QuoteMeta(CompletionPackage) + ` (v\S+)`)

// Completion returns the folder of a clone from which CompletionPackage is
// built and the file in the user's cache where it belongs.
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

// Build builds a clone's kernel program, which takes a moment when nothing
// changed, and returns its file. The go command's messages are part of the
// error.
func Build(ctx context.Context, goCmd, root string) (string, error) {
	program, err := Program(root)
	if err != nil {
		return "", err
	}
	return program, BuildPackage(ctx, goCmd, root, "./kernel", program)
}

// BuildPackage builds one main package of a clone into a file. Others may run
// or build that file at the same time: it is replaced as a whole.
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
	// Given what was built last, the go command links only if something
	// changed; it never writes into a file that is there, it replaces it.
	// Where this fails, say on a file system without links, it always links.
	_ = os.Link(file, fresh)
	cmd := exec.CommandContext(ctx, goCmd, "build", "-o", fresh, pkg)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("cannot build %s of %s: %w\n%s\n(is it complete? In that folder, with the network on: go mod download)", pkg, root, err, bytes.TrimSpace(out))
	}
	return os.Rename(fresh, file)
}

// removeAbandoned removes the folders of builds that were killed; none takes an
// hour.
func removeAbandoned(dir string) {
	builds, _ := filepath.Glob(filepath.Join(dir, ".build-*")) // the pattern is right
	for _, b := range builds {
		if info, err := os.Stat(b); err == nil && time.Since(info.ModTime()) > time.Hour {
			_ = os.RemoveAll(b) // the next build will try again
		}
	}
}

// Commit returns the commit checked out in a clone and whether files differ
// from it; the empty string outside of git. Kept results do not count: runs
// write them there, one notebook after the other.
func Commit(ctx context.Context, root string) (commit string, dirty bool) {
	git := func(args ...string) (string, error) {
		out, err := exec.CommandContext(ctx, "git", append([]string{"-C", root}, args...)...).Output()
		return strings.TrimSpace(string(out)), err
	}
	commit, err := git("rev-parse", "HEAD")
	if err != nil {
		return "", false
	}
	changes, err := git("status", "--porcelain", "--", ".", ":(exclude)notebooks/results")
	return commit, err != nil || changes != ""
}

// File returns a file as it is in the commit checked out in a clone; path is
// relative to the clone's root, with slashes.
func File(ctx context.Context, root, path string) ([]byte, error) {
	return exec.CommandContext(ctx, "git", "-C", root, "show", "HEAD:./"+path).Output()
}
