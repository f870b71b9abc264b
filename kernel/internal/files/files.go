// Package files writes files that are never seen half written.
package files

import (
	"path/filepath"

	"github.com/google/renameio/v2"
)

// Write writes a file, whole or not at all: a reader never sees half of it, and a
// failure leaves an older file as it was. An older file keeps its permissions; a
// new one gets those that the user's umask leaves. A link stays one: the file it
// leads to is written.
func Write(path string, data []byte) error {
	if file, err := filepath.EvalSymlinks(path); err == nil {
		path = file
	}
	return renameio.WriteFile(path, data, 0o666, renameio.WithTempDir(filepath.Dir(path)))
}
