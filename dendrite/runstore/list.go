package runstore

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Info describes one run in a store.
type Info struct {
	Experiment string
	Unit       string
	Name       string          // folder inside the store: experiment/unit-hash
	Key        json.RawMessage // the key as JSON; nil if not complete
	Meta       Meta            // if not complete, only Created is set, from the date of the files
	Size       int64           // bytes on disk, with the checkpoint
	Complete   bool            // all files exist and run.json can be read; only Load checks the other files
	Checkpoint bool            // there is a checkpoint
}

var runName = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9._-]*)-([0-9a-f]{16})$`)

// List returns all runs in the store, sorted by name. It ignores other files in the
// store's folder.
func (s *Store) List() ([]Info, error) {
	experiments, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, fmt.Errorf("runstore: list: %w", err)
	}
	var infos []Info
	for _, experiment := range experiments {
		if !experiment.IsDir() || !validName.MatchString(experiment.Name()) {
			continue
		}
		dir := filepath.Join(s.dir, experiment.Name())
		files, err := os.ReadDir(dir)
		if err != nil {
			return nil, fmt.Errorf("runstore: list: %w", err)
		}
		runs := map[string]*Info{}
		for _, f := range files {
			base, isCheckpoint := strings.CutSuffix(f.Name(), checkpointSuffix)
			m := runName.FindStringSubmatch(base)
			if m == nil || f.IsDir() == isCheckpoint {
				continue
			}
			info := runs[base]
			if info == nil {
				info = &Info{Experiment: experiment.Name(), Unit: m[1], Name: experiment.Name() + "/" + base}
				runs[base] = info
			}
			if err := info.add(filepath.Join(dir, f.Name()), isCheckpoint); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, fmt.Errorf("runstore: list: %w", err)
			}
		}
		for _, info := range runs {
			infos = append(infos, *info)
		}
	}
	slices.SortFunc(infos, func(a, b Info) int { return strings.Compare(a.Name, b.Name) })
	return infos, nil
}

// add adds a folder or a checkpoint file to the run.
func (info *Info) add(path string, isCheckpoint bool) error {
	stat, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Meta.Created.IsZero() {
		info.Meta.Created = stat.ModTime().UTC()
	}
	if isCheckpoint {
		info.Checkpoint = true
		info.Size += stat.Size()
		return nil
	}
	files, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	present := 0
	for _, f := range files {
		stat, err := f.Info()
		if err != nil {
			return err
		}
		info.Size += stat.Size()
		if slices.Contains([]string{runFile, resultFile, arraysFile, sumsFile}, f.Name()) {
			present++
		}
	}
	text, err := os.ReadFile(filepath.Join(path, runFile))
	if err != nil {
		return err
	}
	var d description
	if json.Unmarshal(text, &d) == nil && d.Format == format && present == 4 {
		info.Complete, info.Key, info.Meta = true, d.Key, d.Meta
	}
	return nil
}

// Size returns the number of bytes of all runs in the store.
func (s *Store) Size() (int64, error) {
	infos, err := s.List()
	var total int64
	for _, info := range infos {
		total += info.Size
	}
	return total, err
}

// ErrBusy is the error of Remove for a run that is being computed.
var ErrBusy = errors.New("is being computed")

// Remove removes the result and the checkpoint of a run that List returned. If a process
// computes the run at the moment, Remove does nothing and returns an error that wraps
// ErrBusy and contains the process.
func (s *Store) Remove(info Info) error {
	experiment, base, _ := strings.Cut(info.Name, "/")
	if !validName.MatchString(experiment) || !runName.MatchString(base) {
		return fmt.Errorf("runstore: remove: %q is not the name of a run", info.Name)
	}
	dir := filepath.Join(s.dir, experiment, base)
	unlock, err := tryLock(dir + lockSuffix)
	if err != nil {
		return writeError(dir, err)
	}
	if unlock == nil {
		return fmt.Errorf("runstore: remove: %s %w by %s", info.Name, ErrBusy, ownerOf(dir+lockSuffix))
	}
	defer unlock()
	if err := os.Remove(dir + checkpointSuffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return writeError(dir, err)
	}
	if err := discard(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return writeError(dir, err)
	}
	return nil
}
