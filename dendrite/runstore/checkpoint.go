package runstore

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"
)

const (
	checkpointSuffix = ".checkpoint.npz"
	stateFile        = "state.json"
	sealPrefix       = "sha256:"
)

// CheckpointFile is the absolute path of the entry's checkpoint, there or not.
func (e *Entry) CheckpointFile() string { return e.Dir() + checkpointSuffix }

// SaveCheckpoint keeps state, from which an unfinished computation can go on,
// in place of an older one: at any moment the old or the new one is there.
func (e *Entry) SaveCheckpoint(state any) error {
	sealed, err := e.packCheckpoint(state)
	if err != nil {
		return fmt.Errorf("runstore: checkpoint of %s cannot be kept: %w", e.Name(), err)
	}
	if err := e.makeParent(); err != nil {
		return err
	}
	if err := writeFile(e.CheckpointFile(), sealed); err != nil {
		return writeError(e.CheckpointFile(), err)
	}
	return nil
}

func (e *Entry) packCheckpoint(state any) ([]byte, error) {
	run, err := e.describe(Meta{Created: time.Now()})
	if err != nil {
		return nil, err
	}
	text, arrays, err := encode(state)
	if err != nil {
		return nil, err
	}
	return seal(append([]file{{runFile, run}, {stateFile, text}}, arrays...))
}

// LoadCheckpoint fills state, a pointer, with the newest checkpoint. When there
// is none ok is false and state is as before; if there is one that is damaged
// or of another shape, warning says so and the computation has to start over.
func (e *Entry) LoadCheckpoint(state any) (ok bool, warning error) {
	data, err := os.ReadFile(e.CheckpointFile())
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err == nil {
		err = e.openCheckpoint(state, data)
	}
	if err != nil {
		return false, fmt.Errorf("runstore: checkpoint of %s is not usable: %w", e.Name(), err)
	}
	return true, nil
}

func (e *Entry) openCheckpoint(state any, data []byte) error {
	files, err := unseal(data)
	if err != nil {
		return err
	}
	if _, err := e.verify(files[runFile]); err != nil {
		return err
	}
	text := files[stateFile]
	delete(files, runFile)
	delete(files, stateFile)
	return decode(state, text, files)
}

// RemoveCheckpoint removes the checkpoint, if there is one.
func (e *Entry) RemoveCheckpoint() error {
	if err := os.Remove(e.CheckpointFile()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return writeError(e.CheckpointFile(), err)
	}
	return nil
}

// seal returns a zip archive of the files whose comment, the archive's last
// bytes, is the SHA-256 of everything before it.
func seal(files []file) ([]byte, error) {
	blank := sealPrefix + strings.Repeat("0", 2*sha256.Size)
	b, err := zipFiles(files, blank)
	if err != nil {
		return nil, err
	}
	body := b[:len(b)-len(blank)]
	return fmt.Appendf(body, "%s%x", sealPrefix, sha256.Sum256(body)), nil
}

// unseal checks and opens what seal returned.
func unseal(b []byte) (map[string][]byte, error) {
	n := len(b) - len(sealPrefix) - 2*sha256.Size
	if n < 0 {
		return nil, errors.New("it is cut short")
	}
	if want := fmt.Appendf(nil, "%s%x", sealPrefix, sha256.Sum256(b[:n])); !bytes.Equal(b[n:], want) {
		return nil, errors.New("it does not match its checksum")
	}
	return unzipFiles(b)
}
