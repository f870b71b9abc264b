package runstore

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
)

// DirVariable is the environment variable with the folder of the default store.
const DirVariable = "DENDRITE_STORE"

// A Store is a folder with results. Several processes may use it at the same time, also on
// different machines with a shared file system.
type Store struct {
	dir string
}

// Open returns the store in folder dir and creates the folder if it does not exist. If dir
// is "", Open uses the environment variable DENDRITE_STORE or, if it is not set,
// microcircuits/runs in the user's cache directory (os.UserCacheDir). The variable must be
// an absolute path: cells run in the notebook's folder, so a relative path would be
// another folder there. If the folder can be read but not written, Open returns no error;
// only writing does.
func Open(dir string) (*Store, error) {
	if dir == "" {
		dir = os.Getenv(DirVariable)
		if dir != "" && !filepath.IsAbs(dir) {
			return nil, fmt.Errorf("runstore: %s=%s is a relative path, but cells and commands run in different folders: use an absolute path", DirVariable, dir)
		}
	}
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return nil, fmt.Errorf("runstore: no folder for results: %w; set the environment variable %s to a folder", err, DirVariable)
		}
		dir = filepath.Join(cache, "microcircuits", "runs")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("runstore: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, writeError(dir, err)
	}
	return &Store{dir: dir}, nil
}

// Dir returns the absolute path of the store's folder.
func (s *Store) Dir() string { return s.dir }

// ErrWrite is the error of a folder or file of a store that cannot be written.
var ErrWrite = errors.New("cannot write to")

// writeError returns the error for a path that cannot be written, with what to do. It wraps
// ErrWrite and err.
func writeError(path string, err error) error {
	for _, full := range []error{syscall.ENOSPC, syscall.EDQUOT} {
		if errors.Is(err, full) { // err itself has the name of a temporary file
			return fmt.Errorf("runstore: %w %s: %w: free space, or set the environment variable %s to a folder on another disk", ErrWrite, path, full, DirVariable)
		}
	}
	return fmt.Errorf("runstore: %w %s: %w; check its permissions, or set the environment variable %s to another folder", ErrWrite, path, err, DirVariable)
}

// validName matches names of experiments and units. They are parts of file names.
var validName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$`)

// CheckName returns an error if name is not valid as the name of an experiment or a unit.
func CheckName(name string) error {
	if !validName.MatchString(name) {
		return fmt.Errorf("%q is not a valid name: use up to 80 letters, digits, dots, dashes and underscores", name)
	}
	return nil
}

// An Entry is the place of one result in a store. The result may not exist yet.
type Entry struct {
	store      *Store
	experiment string
	unit       string
	key        []byte // canonical JSON
	hash       string // of experiment, unit and key: hexadecimal SHA-256
}

// Entry returns the place of the result of a unit of an experiment for a key. Experiment
// and unit are names of letters, digits, dots, dashes and underscores. The key contains
// everything on which the result depends: a struct (or map, slice, number, string) of
// exported fields with finite numbers and plain values; other keys are errors. The types
// in the key do not matter, only names and values.
func (s *Store) Entry(experiment, unit string, key any) (*Entry, error) {
	text, hash, err := keyOf(experiment, unit, key)
	if err != nil {
		return nil, err
	}
	return &Entry{s, experiment, unit, text, hash}, nil
}

// Folder returns the folder of a result inside any store, such as
// "mnist/seed1-0123456789abcdef". The arguments are those of [Store.Entry].
func Folder(experiment, unit string, key any) (string, error) {
	_, hash, err := keyOf(experiment, unit, key)
	if err != nil {
		return "", err
	}
	return folder(experiment, unit, hash), nil
}

func folder(experiment, unit, hash string) string { return experiment + "/" + unit + "-" + hash[:16] }

// keyOf returns the canonical text of a key, and the hash of experiment, unit and key.
func keyOf(experiment, unit string, key any) (text []byte, hash string, err error) {
	for _, name := range []string{experiment, unit} {
		if err := CheckName(name); err != nil {
			return nil, "", fmt.Errorf("runstore: %w", err)
		}
	}
	text, err = canonical(key)
	if err != nil {
		return nil, "", fmt.Errorf("runstore: entry %s/%s: %w", experiment, unit, err)
	}
	sum := sha256.Sum256(fmt.Appendf(nil, `{"experiment":%q,"key":%s,"unit":%q}`, experiment, text, unit))
	return text, hex.EncodeToString(sum[:]), nil
}

// Has reports whether the store has a result in a folder. It does not check whether the
// result is complete and not damaged.
func (s *Store) Has(folder string) bool {
	_, err := os.Stat(filepath.Join(s.dir, filepath.FromSlash(folder), sumsFile))
	return err == nil
}

// HasCheckpoint reports whether the store has a checkpoint of the result of a folder.
func (s *Store) HasCheckpoint(folder string) bool {
	_, err := os.Stat(filepath.Join(s.dir, filepath.FromSlash(folder)+checkpointSuffix))
	return err == nil
}

// Check returns an error if the store has no result in a folder, or if its files do not
// match their checksums.
func (s *Store) Check(folder string) error {
	experiment, base, _ := strings.Cut(folder, "/")
	if !validName.MatchString(experiment) || !runName.MatchString(base) {
		return fmt.Errorf("runstore: %q is not the name of a run", folder)
	}
	if _, err := readFolder(filepath.Join(s.dir, experiment, base)); err != nil {
		return fmt.Errorf("runstore: stored result %s is not usable: %w", folder, err)
	}
	return nil
}

// Key returns the SHA-256 of experiment, unit and key, in hexadecimal.
func (e *Entry) Key() string { return e.hash }

// Name returns the result's folder inside the store, such as
// "mnist/seed1-0123456789abcdef".
func (e *Entry) Name() string { return folder(e.experiment, e.unit, e.hash) }

// Dir returns the absolute path of the result's folder.
func (e *Entry) Dir() string { return filepath.Join(e.store.dir, filepath.FromSlash(e.Name())) }

// Save stores result and meta, and replaces an older result. When Save returns, the result
// is on the disk. Until then Load finds the older result, or none.
func (e *Entry) Save(result any, meta Meta) error {
	files, err := e.pack(result, meta)
	if err != nil {
		return fmt.Errorf("runstore: %s cannot be stored: %w", e.Name(), err)
	}
	if err := e.makeParent(); err != nil {
		return err
	}
	if err := writeFolder(e.Dir(), files); err != nil {
		return writeError(e.Dir(), err)
	}
	return nil
}

// pack returns the files of a result.
func (e *Entry) pack(result any, meta Meta) ([]file, error) {
	text, arrays, descriptions, err := encodeDescribed(result)
	if err != nil {
		return nil, err
	}
	run, err := e.describe(meta, descriptions)
	if err != nil {
		return nil, err
	}
	npz, err := zipFiles(arrays, "")
	if err != nil {
		return nil, err
	}
	files := []file{{runFile, run}, {resultFile, text}, {arraysFile, npz}}
	return append(files, file{sumsFile, checksums(files)}), nil
}

// Load fills result, a pointer, with the stored result and returns its meta. If there is
// none, ok is false and result is not changed. If the stored result is damaged or does
// not fit the type of result, warning is set too: compute the result and Save it again.
func (e *Entry) Load(result any) (meta Meta, ok bool, warning error) {
	meta, err := e.load(result)
	if errors.Is(err, fs.ErrNotExist) {
		if _, statErr := os.Lstat(e.Dir()); errors.Is(statErr, fs.ErrNotExist) {
			return Meta{}, false, nil
		}
	}
	if err != nil {
		return Meta{}, false, fmt.Errorf("runstore: stored result %s is not usable: %w", e.Name(), err)
	}
	return meta, true, nil
}

func (e *Entry) load(result any) (Meta, error) {
	files, err := readFolder(e.Dir())
	if err != nil {
		return Meta{}, err
	}
	meta, err := e.verify(files[runFile])
	if err != nil {
		return Meta{}, err
	}
	arrays, err := unzipFiles(files[arraysFile])
	if err != nil {
		return Meta{}, fmt.Errorf("%s: %w", arraysFile, err)
	}
	if err := decode(result, files[resultFile], arrays); err != nil {
		return Meta{}, fmt.Errorf("%s: %w", resultFile, err)
	}
	return meta, nil
}

// Names of the files of a result.
const (
	runFile    = "run.json"
	resultFile = "result.json"
	arraysFile = "arrays.npz"
	sumsFile   = "SHA256SUMS"
)

// checksums returns the files' checksums in the format of the program sha256sum.
func checksums(files []file) []byte {
	var b bytes.Buffer
	for _, f := range files {
		fmt.Fprintf(&b, "%x  %s\n", sha256.Sum256(f.data), f.name)
	}
	return b.Bytes()
}

// readFolder reads and checks the files of a result. It tries three times, because another
// process may replace the folder at the same time.
func readFolder(dir string) (map[string][]byte, error) {
	var err error
	for range 3 {
		var files map[string][]byte
		if files, err = readFolderOnce(dir); err == nil {
			return files, nil
		}
	}
	return nil, err
}

func readFolderOnce(dir string) (map[string][]byte, error) {
	var list []file
	files := map[string][]byte{}
	for _, name := range []string{runFile, resultFile, arraysFile} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		list = append(list, file{name, data})
		files[name] = data
	}
	sums, err := os.ReadFile(filepath.Join(dir, sumsFile))
	if err != nil {
		return nil, err
	}
	if want := checksums(list); !bytes.Equal(sums, want) {
		return nil, fmt.Errorf("its files do not match %s", sumsFile)
	}
	return files, nil
}

// makeParent creates the experiment's folder and removes temporary files of crashed
// processes from it.
func (e *Entry) makeParent() error {
	parent := filepath.Dir(e.Dir())
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return writeError(parent, err)
	}
	removeTemporary(parent, tempPrefix, abandonedAfter)
	return nil
}
