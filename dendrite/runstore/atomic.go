package runstore

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// tempPrefix starts the names of what is not complete yet or about to vanish.
// Nothing of such a name is ever loaded or listed.
const tempPrefix = ".tmp-"

// abandonedAfter is the age at which a temporary file has no owner any more:
// writing one takes seconds.
const abandonedAfter = time.Hour

// removeAbandoned removes temporary files and folders that crashed processes
// left in dir. What cannot be removed does no harm and is tried again later.
func removeAbandoned(dir string, now time.Time) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), tempPrefix) {
			continue
		}
		if info, err := entry.Info(); err == nil && now.Sub(info.ModTime()) > abandonedAfter {
			os.RemoveAll(filepath.Join(dir, entry.Name()))
		}
	}
}

// writeFolder makes the folder dir with the files, in place of an older one:
// a new folder is written aside, flushed and renamed.
func writeFolder(dir string, files []file) (err error) {
	parent := filepath.Dir(dir)
	temp, err := os.MkdirTemp(parent, tempPrefix)
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp) // nothing is there after success
	if err := os.Chmod(temp, 0o755); err != nil {
		return err
	}
	for _, f := range files {
		if err := writeSynced(filepath.Join(temp, f.name), f.data); err != nil {
			return err
		}
	}
	syncDir(temp)
	// A folder cannot be renamed over a full one, so that one moves away
	// first. Others may do the same at this moment: the last one wins.
	for range 100 {
		if err = os.Rename(temp, dir); err == nil {
			syncDir(parent)
			return nil
		}
		if _, statErr := os.Lstat(dir); statErr != nil && !errors.Is(err, fs.ErrExist) {
			return err // nothing is in the way, so something else is wrong
		}
		if err := discard(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return err
}

// discard removes a folder such that no half of it is ever seen.
func discard(dir string) error {
	trash, err := os.MkdirTemp(filepath.Dir(dir), tempPrefix)
	if err != nil {
		return err
	}
	defer os.RemoveAll(trash)
	return os.Rename(dir, filepath.Join(trash, "old"))
}

// writeFile replaces the file at path by data: the old content or the new one
// is there at any time.
func writeFile(path string, data []byte) error {
	temp, err := os.MkdirTemp(filepath.Dir(path), tempPrefix)
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

// writeSynced writes a new file and waits until the disk has it.
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

// syncDir makes a rename in dir last. Not every system can do that; where it
// cannot, a power cut may bring back the state before.
func syncDir(dir string) {
	if d, err := os.Open(dir); err == nil {
		d.Sync()
		d.Close()
	}
}
