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
	"time"
)

// DirVariable is the environment variable that names the store which Open("")
// opens.
const DirVariable = "DENDRITE_STORE"

// A Store is a folder of results. It may be shared by any number of processes,
// and by machines that share the file system.
type Store struct {
	dir string
}

// Open returns the store in folder dir, which is made when it does not exist.
// The empty name means the folder in the environment variable DENDRITE_STORE
// or, when that is not set, microcircuits/runs in the user's cache directory
// (os.UserCacheDir). The variable must hold an absolute path: a relative one
// would be another folder in a notebook's cells, which run where the notebook
// lies. A folder that can be read but not written is no error before something
// is to be kept there.
func Open(dir string) (*Store, error) {
	if dir == "" {
		dir = os.Getenv(DirVariable)
		if dir != "" && !filepath.IsAbs(dir) {
			return nil, fmt.Errorf("runstore: %s=%s is a relative path, which is another folder wherever a cell or a command runs: write it in full", DirVariable, dir)
		}
	}
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return nil, fmt.Errorf("runstore: no place for results: %w; name a folder in the environment variable %s", err, DirVariable)
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

// Dir is the absolute path of the store's folder.
func (s *Store) Dir() string { return s.dir }

// writeError says what to do when dir cannot be written.
func writeError(dir string, err error) error {
	return fmt.Errorf("runstore: cannot write to %s: %w; make room or give permission there, or name another folder in the environment variable %s", dir, err, DirVariable)
}

// validName are the names of experiments and units: they become file names.
var validName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$`)

// CheckName returns an error that says what is wanted when a name cannot be that
// of an experiment or a unit.
func CheckName(name string) error {
	if !validName.MatchString(name) {
		return fmt.Errorf("%q is not usable as a name: use up to 80 letters, digits, dots, dashes and underscores", name)
	}
	return nil
}

// An Entry is the place of one result in a store, there or not.
type Entry struct {
	store      *Store
	experiment string
	unit       string
	key        []byte // canonical JSON
	hash       string // of experiment, unit and key: hexadecimal SHA-256
}

// Entry returns the place of the result of a unit of an experiment for a key.
// Experiment and unit are names of letters, digits, dots, dashes and
// underscores. The key holds everything the result depends on: a struct (or
// map, slice, number, string) whose parts are all exported, finite and plain;
// anything else is an error. Its types do not matter, only names and values.
func (s *Store) Entry(experiment, unit string, key any) (*Entry, error) {
	for _, name := range []string{experiment, unit} {
		if err := CheckName(name); err != nil {
			return nil, fmt.Errorf("runstore: %w", err)
		}
	}
	text, err := canonical(key)
	if err != nil {
		return nil, fmt.Errorf("runstore: entry %s/%s: %w", experiment, unit, err)
	}
	named := fmt.Appendf(nil, `{"experiment":%q,"key":%s,"unit":%q}`, experiment, text, unit)
	sum := sha256.Sum256(named)
	return &Entry{s, experiment, unit, text, hex.EncodeToString(sum[:])}, nil
}

// Key is the SHA-256 of experiment, unit and key, in hexadecimal.
func (e *Entry) Key() string { return e.hash }

// Name is the result's folder inside the store, such as
// "mnist/seed1-0123456789abcdef".
func (e *Entry) Name() string { return e.experiment + "/" + e.unit + "-" + e.hash[:16] }

// Dir is the absolute path of the result's folder.
func (e *Entry) Dir() string { return filepath.Join(e.store.dir, filepath.FromSlash(e.Name())) }

// Save keeps result with meta, in place of an older one. It is complete on the
// disk when Save returns; until then Load finds what was there before, or
// nothing.
func (e *Entry) Save(result any, meta Meta) error {
	files, err := e.pack(result, meta)
	if err != nil {
		return fmt.Errorf("runstore: %s cannot be kept: %w", e.Name(), err)
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
	run, err := e.describe(meta)
	if err != nil {
		return nil, err
	}
	text, arrays, err := encode(result)
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

// Load fills result, a pointer, with what was kept and tells when and how that
// was computed. When there is nothing to load ok is false and result is as
// before. If the cause is damage, or a result of another shape than the type
// asked for, warning says so; the remedy is to compute and Save again.
func (e *Entry) Load(result any) (meta Meta, ok bool, warning error) {
	meta, err := e.load(result)
	if errors.Is(err, fs.ErrNotExist) {
		if _, statErr := os.Lstat(e.Dir()); errors.Is(statErr, fs.ErrNotExist) {
			return Meta{}, false, nil
		}
	}
	if err != nil {
		return Meta{}, false, fmt.Errorf("runstore: kept result %s is not usable: %w", e.Name(), err)
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

// checksums returns the files' sums in the form of the program sha256sum.
func checksums(files []file) []byte {
	var b bytes.Buffer
	for _, f := range files {
		fmt.Fprintf(&b, "%x  %s\n", sha256.Sum256(f.data), f.name)
	}
	return b.Bytes()
}

// readFolder returns the files of a result, all of them checked. The folder
// may be replaced meanwhile by another process, hence the second and third
// look.
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

// makeParent makes the experiment's folder and clears it of what crashed
// processes left behind.
func (e *Entry) makeParent() error {
	parent := filepath.Dir(e.Dir())
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return writeError(parent, err)
	}
	removeAbandoned(parent, time.Now())
	return nil
}
