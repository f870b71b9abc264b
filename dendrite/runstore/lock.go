package runstore

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

const lockSuffix = ".lock"

// An Owner is the process that computes a run.
type Owner struct {
	PID   int       `json:"pid"`
	Host  string    `json:"host"`
	Since time.Time `json:"since"`
}

func (o Owner) String() string {
	return fmt.Sprintf("process %d on %s since %s", o.PID, o.Host, o.Since.Local().Format(time.DateTime))
}

// Lock waits until the entry is not locked, in this process or another one, and locks it.
// A program that computes a run calls Lock, calls Load once more, computes, calls Save and
// then unlock. The operating system releases the lock when the process ends for any
// reason; Lock removes the temporary files that a killed process left. If ctx is done
// first, Lock returns an error with the owner of the lock.
//
// On systems without flock (Windows) nothing is locked. Then two processes may compute the
// same run; this takes more time, but the result is correct.
func (e *Entry) Lock(ctx context.Context) (unlock func(), err error) {
	if err := e.makeParent(); err != nil {
		return nil, err
	}
	path := e.Dir() + lockSuffix
	const shortest, longest = 2 * time.Millisecond, 200 * time.Millisecond
	for wait := shortest; ; wait = min(2*wait, longest) {
		unlock, err := tryLock(path)
		if err != nil {
			return nil, writeError(path, err)
		}
		if unlock != nil {
			e.removeTemporary()
			return unlock, nil
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, fmt.Errorf("runstore: waiting for %s, computed by %s: %w", e.Name(), ownerOf(path), context.Cause(ctx))
		}
	}
}

// Tidy removes what is left if a process was killed after it stored the result: its lock
// file, checkpoint and temporary files. A program that loads a complete result calls it.
// It does nothing while a process computes the entry, and ignores errors: in a store that
// cannot be written the files remain.
func (e *Entry) Tidy() {
	path := e.Dir() + lockSuffix
	if _, err := os.Lstat(path); err != nil {
		return // the lock file is the last that a process removes
	}
	unlock, err := tryLock(path)
	if err != nil || unlock == nil {
		return
	}
	defer unlock()
	e.removeTemporary()
	if e.store.Has(e.Name()) { // else the checkpoint is needed
		os.Remove(e.CheckpointFile())
	}
}

// removeTemporary removes all temporary files of an entry that this process has locked.
// Where nothing is locked, another process may be writing them.
func (e *Entry) removeTemporary() {
	if hasFlock {
		const anyAge = -time.Hour // the clock of a shared file system may be ahead of this one
		removeTemporary(filepath.Dir(e.Dir()), tempPrefix+filepath.Base(e.Dir()), anyAge)
	}
}

// tryLock locks the lock file at path; unlock is nil if it is locked already.
//
// The file is removed when the lock is released. So the locked file may have been removed
// by another process in the meantime; then the lock is not valid.
func tryLock(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	locked, err := flock(f)
	if err != nil || !locked {
		f.Close()
		return nil, err
	}
	mine, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	if there, err := os.Stat(path); err != nil || !os.SameFile(mine, there) {
		f.Close()
		return nil, nil // try again
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown host"
	}
	// The owner is only for messages: the lock is valid without it.
	if text, err := json.Marshal(Owner{os.Getpid(), host, time.Now().Round(time.Second)}); err == nil {
		f.Truncate(0)
		f.WriteAt(append(text, '\n'), 0)
	}
	return func() {
		os.Remove(path)
		f.Close()
	}, nil
}

// ownerOf returns the owner of the lock file, for messages.
func ownerOf(path string) string {
	var owner Owner
	f, err := os.Open(path)
	if err == nil {
		defer f.Close()
		var text []byte
		if text, err = io.ReadAll(io.LimitReader(f, 4096)); err == nil {
			err = json.Unmarshal(text, &owner)
		}
	}
	if err != nil {
		return "another process"
	}
	return owner.String()
}
