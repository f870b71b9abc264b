// Package files writes files atomically.
package files

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/google/renameio/v2"
)

// Write writes a file completely or not at all: no reader sees a part of it, and if
// it fails an older file is not changed. An existing file keeps its permissions; a new
// file gets the default ones (0666 without the umask). If path is a symbolic link,
// Write writes the file to which it points. Errors contain the path and, if the disk is
// full, what to do.
func Write(path string, data []byte) error {
	if file, err := filepath.EvalSymlinks(path); err == nil {
		path = file
	} else if to, err := os.Readlink(path); err == nil { // a link to a file that does not exist yet
		if path = filepath.Join(filepath.Dir(path), to); filepath.IsAbs(to) {
			path = to
		}
	}
	err := renameio.WriteFile(path, data, 0o666, renameio.WithTempDir(filepath.Dir(path)))
	for _, full := range []error{syscall.ENOSPC, syscall.EDQUOT} {
		if errors.Is(err, full) { // err itself has the name of a temporary file
			return fmt.Errorf("%s cannot be written: %w: free space, or choose a folder on another disk", path, full)
		}
	}
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, err)
	}
	return nil
}
