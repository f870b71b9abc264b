package runstore

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// tempPrefix is the beginning of the names of files and folders that are being written
// or removed. They are never loaded or listed.
const tempPrefix = ".tmp-"

// tempPattern is the pattern of os.MkdirTemp for what is written to path, a result or its
// checkpoint.
func tempPattern(path string) string { return tempPrefix + filepath.Base(path) + "-" }

// abandonedAfter is the age at which a temporary file is removed: the process that
// wrote it has crashed, because writing takes only seconds.
const abandonedAfter = time.Hour

// removeTemporary removes the temporary files and folders from dir whose names have this
// prefix and which are older than age. It ignores errors; a later call tries again.
func removeTemporary(dir, prefix string, age time.Duration) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), prefix) {
			continue
		}
		if info, err := entry.Info(); err == nil && time.Since(info.ModTime()) > age {
			os.RemoveAll(filepath.Join(dir, entry.Name()))
		}
	}
}

// writeFolder creates the folder dir with the files and replaces an older one. It writes
// a temporary folder, flushes it to the disk and renames it.
func writeFolder(dir string, files []file) (err error) {
	parent := filepath.Dir(dir)
	temp, err := os.MkdirTemp(parent, tempPattern(dir))
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp) // does not exist after success
	if err := os.Chmod(temp, 0o755); err != nil {
		return err
	}
	for _, f := range files {
		if err := writeSynced(filepath.Join(temp, f.name), f.data); err != nil {
			return err
		}
	}
	syncDir(temp)
	// A folder cannot be renamed to one that is not empty, so the old one is removed
	// first. If other processes do the same, the last one wins.
	for range 100 {
		if err = os.Rename(temp, dir); err == nil {
			syncDir(parent)
			return nil
		}
		if _, statErr := os.Lstat(dir); statErr != nil && !errors.Is(err, fs.ErrExist) {
			return err // dir does not exist: another error
		}
		if err := discard(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return err
}

// discard removes a folder in one step: no other process sees a part of it.
func discard(dir string) error {
	trash, err := os.MkdirTemp(filepath.Dir(dir), tempPattern(dir))
	if err != nil {
		return err
	}
	defer os.RemoveAll(trash)
	return os.Rename(dir, filepath.Join(trash, "old"))
}

// writeFile replaces the content of the file at path. At any time the file has the old
// or the new content.
func writeFile(path string, data []byte) error {
	temp, err := os.MkdirTemp(filepath.Dir(path), tempPattern(path))
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	aside := filepath.Join(temp, filepath.Base(path))
	if err := writeSynced(aside, data); err != nil {
		return err
	}
	if err := os.Rename(aside, path); err != nil {
		return err
	}
	syncDir(filepath.Dir(path))
	return nil
}

// writeSynced writes a new file and flushes it to the disk.
func writeSynced(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if syncErr := f.Sync(); err == nil {
		err = syncErr
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}

// syncDir flushes a rename in dir to the disk. On systems that cannot do this the old
// state may come back after a power failure.
func syncDir(dir string) {
	if d, err := os.Open(dir); err == nil {
		d.Sync()
		d.Close()
	}
}
