package gonb

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"microcircuits/kernel/internal/files"
)

// The go command takes half a second to find two tools that it has built before: it reads
// all of their source. So the paths are kept in files in the build cache.

// pathFile returns the file that keeps the path of a tool. Its name is made from all that
// decides which program the tool is. It is "" if the source of the tool may change: a module
// can be replaced by a folder.
func (t *Tools) pathFile(root, name string) string {
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil || strings.Contains(string(mod), "replace") {
		return ""
	}
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		return ""
	}
	key := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q %q %q", name, mod, sum, t.GoVersion, cgo(), t.env))
	return filepath.Join(t.env["GOCACHE"], fmt.Sprintf("dendrite-tool-%x", key[:16]))
}

// knownPath returns the path that a file keeps, or "" if there is no program any more. The
// go command removes a program, with its folder, that was not used for days; it sees the
// use by the time of the folder.
func knownPath(name, file string) string {
	path, err := os.ReadFile(file)
	now := time.Now()
	if err != nil || checkTool(name, string(path)) != nil || os.Chtimes(filepath.Dir(string(path)), now, now) != nil {
		return ""
	}
	return string(path)
}

// keepPath writes the path of a tool to its file. If that fails, the go command is asked
// again next time.
func keepPath(file, path string) {
	if file != "" {
		_ = files.Write(file, []byte(path))
	}
}

// checkTool checks that a tool can be run.
func checkTool(name, path string) error {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no file", path)
	}
	if err != nil {
		return fmt.Errorf("tool %s: %w", name, err)
	}
	if err := unix.Access(path, unix.X_OK); err != nil {
		return fmt.Errorf("the tool %s cannot be run from %s, perhaps that is mounted with noexec: set GOCACHE to another folder", name, filepath.Dir(path))
	}
	return nil
}
