package runstore

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

const (
	checkpointSuffix = ".checkpoint.npz"
	stateFile        = "state.json"
	sealPrefix       = "sha256:"
)

// CheckpointFile returns the absolute path of the entry's checkpoint. The file may not
// exist.
func (e *Entry) CheckpointFile() string { return e.Dir() + checkpointSuffix }

// SaveCheckpoint stores state, from which an unfinished computation can continue. It
// replaces an older checkpoint; at any time the old or the new one exists. meta describes
// the computation in all sessions so far.
func (e *Entry) SaveCheckpoint(state any, meta Meta) error {
	sealed, err := e.packCheckpoint(state, meta)
	if err != nil {
		return fmt.Errorf("runstore: checkpoint of %s cannot be stored: %w", e.Name(), err)
	}
	if err := e.makeParent(); err != nil {
		return err
	}
	if err := writeFile(e.CheckpointFile(), sealed); err != nil {
		return writeError(e.CheckpointFile(), err)
	}
	return nil
}

func (e *Entry) packCheckpoint(state any, meta Meta) ([]byte, error) {
	run, err := e.describe(meta, nil)
	if err != nil {
		return nil, err
	}
	text, arrays, err := encode(state)
	if err != nil {
		return nil, err
	}
	return seal(append([]file{{runFile, run}, {stateFile, text}}, arrays...))
}

// LoadCheckpoint fills state, a pointer, with the checkpoint and returns its meta. If
// there is no checkpoint, ok is false and state is not changed. If there is one that is
// damaged, does not fit the type of state, or for which usable returns an error, then
// warning is set too, and the computation must start again. usable may be nil.
func (e *Entry) LoadCheckpoint(state any, usable func(Meta) error) (meta Meta, ok bool, warning error) {
	data, err := os.ReadFile(e.CheckpointFile())
	if errors.Is(err, fs.ErrNotExist) {
		return Meta{}, false, nil
	}
	if err == nil {
		meta, err = e.openCheckpoint(state, usable, data)
	}
	if err != nil {
		return Meta{}, false, fmt.Errorf("runstore: checkpoint of %s is not usable: %w", e.Name(), err)
	}
	return meta, true, nil
}

func (e *Entry) openCheckpoint(state any, usable func(Meta) error, data []byte) (Meta, error) {
	files, err := unseal(data)
	if err != nil {
		return Meta{}, err
	}
	meta, err := e.verify(files[runFile])
	if err != nil {
		return Meta{}, err
	}
	if usable != nil {
		if err := usable(meta); err != nil {
			return Meta{}, err
		}
	}
	text := files[stateFile]
	delete(files, runFile)
	delete(files, stateFile)
	return meta, decode(state, text, files)
}

// RemoveCheckpoint removes the checkpoint, if there is one.
func (e *Entry) RemoveCheckpoint() error {
	if err := os.Remove(e.CheckpointFile()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return writeError(e.CheckpointFile(), err)
	}
	return nil
}

// seal returns a zip archive of the files. The last bytes of the archive are its
// comment: the SHA-256 of all bytes before.
func seal(files []file) ([]byte, error) {
	blank := sealPrefix + strings.Repeat("0", 2*sha256.Size)
	b, err := zipFiles(files, blank)
	if err != nil {
		return nil, err
	}
	body := b[:len(b)-len(blank)]
	return fmt.Appendf(body, "%s%x", sealPrefix, sha256.Sum256(body)), nil
}

// unseal checks an archive made by seal and returns its files.
func unseal(b []byte) (map[string][]byte, error) {
	n := len(b) - len(sealPrefix) - 2*sha256.Size
	if n < 0 {
		return nil, errors.New("it is incomplete")
	}
	if want := fmt.Appendf(nil, "%s%x", sealPrefix, sha256.Sum256(b[:n])); !bytes.Equal(b[n:], want) {
		return nil, errors.New("it does not match its checksum")
	}
	return unzipFiles(b)
}
