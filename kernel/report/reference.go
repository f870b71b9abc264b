package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"microcircuits/dendrite/record"
	"microcircuits/kernel/ipynb"
)

// A Reference is a kept run. Reports of reduced runs show the numbers of the kept run at
// the paper's scale beside their own.
type Reference struct {
	Version        int            `json:"version"` // record.Version
	Experiment     string         `json:"experiment"`
	Code           string         `json:"code"`   // commits of the code that computed the networks; "" if unknown
	Commit         string         `json:"commit"` // of the clone that saved this file; its networks may come from the store
	Dirty          bool           `json:"dirty"`  // the clone had uncommitted changes
	Command        string         `json:"command"`
	Started        time.Time      `json:"started"` // of the earliest network
	WallSeconds    float64        `json:"wallSeconds"`
	ComputeSeconds float64        `json:"computeSeconds"`
	Seeds          []int          `json:"seeds"`
	CPU            string         `json:"cpu"`
	Backend        string         `json:"backend"`
	Claims         []record.Claim `json:"claims"`
}

// plainName matches experiment names that are safe file names.
var plainName = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// ResultsDir returns the folder of the kept runs of a scale: dir for the paper's scale,
// dir/quick for quick runs.
func ResultsDir(dir string, scale record.Scale) string {
	if scale == record.Quick {
		return filepath.Join(dir, "quick")
	}
	return dir
}

// KeepReferences writes the runs of an executed notebook to <experiment>.json in the
// ResultsDir of their scale, and returns the files. It does not read older files. It skips
// runs whose parameters differ from the preset, and runs without claims.
func KeepReferences(nb *ipynb.Notebook, dir string) ([]string, error) {
	runs, err := Runs(nb)
	if err != nil {
		return nil, err
	}
	info, _ := nb.Info()
	var files []string
	for _, r := range runs {
		if len(r.Claims) == 0 || r.Changed || r.Scale != record.Quick && (r.Scale != record.Paper || r.Reduced) {
			continue
		}
		if !plainName.MatchString(r.Experiment) {
			return files, fmt.Errorf("keep the reference run: the name of experiment %q is not a plain file name", r.Experiment)
		}
		data, err := json.MarshalIndent(Reference{
			Version: record.Version, Experiment: r.Experiment, Code: r.Provenance.Commit, Commit: info.Commit, Dirty: info.Dirty, Command: info.Command,
			Started: r.Provenance.Started, WallSeconds: info.WallSeconds, ComputeSeconds: r.Provenance.ComputeSeconds,
			Seeds: r.Provenance.Seeds, CPU: r.Provenance.CPU, Backend: r.Provenance.Backend, Claims: r.Claims,
		}, "", "  ")
		if err != nil {
			return files, fmt.Errorf("keep the reference run: %w", err)
		}
		file := filepath.Join(ResultsDir(dir, r.Scale), r.Experiment+".json")
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return files, err
		}
		if err := Save(file, append(data, '\n')); err != nil {
			return files, fmt.Errorf("keep the reference run: %w", err)
		}
		files = append(files, file)
	}
	return files, nil
}

// FindReferences returns the kept runs of the experiments in an executed notebook, for
// its metadata.
func FindReferences(nb *ipynb.Notebook, dir string) (map[string]json.RawMessage, error) {
	runs, err := Runs(nb)
	if err != nil {
		return nil, err
	}
	var found map[string]json.RawMessage
	for _, r := range runs {
		if !plainName.MatchString(r.Experiment) {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, r.Experiment+".json"))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if _, err := readReference(data, r.Experiment); err != nil {
			return nil, err
		}
		if found == nil {
			found = map[string]json.RawMessage{}
		}
		found[r.Experiment] = data
	}
	return found, nil
}

// ReadReference returns the kept run of an experiment, or nil.
func ReadReference(dir, experiment string) (*Reference, error) {
	if !plainName.MatchString(experiment) {
		return nil, nil
	}
	data, err := os.ReadFile(filepath.Join(dir, experiment+".json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return readReference(data, experiment)
}

// readReference decodes a kept run. It returns an error for another version and for a run
// without claims.
func readReference(data []byte, experiment string) (*Reference, error) {
	var ref Reference
	err := json.Unmarshal(data, &ref)
	switch {
	case err != nil:
	case ref.Version != record.Version:
		err = fmt.Errorf("it has version %d, but this program reads version %d", ref.Version, record.Version)
	case len(ref.Claims) == 0:
		err = errors.New("it has no claims")
	default:
		err = record.Check(ref.Claims)
	}
	if err != nil {
		return nil, fmt.Errorf("read the kept run %s.json: %w; restore the file with git, or write it again with --keep", experiment, err)
	}
	return &ref, nil
}

// At returns the shortened commits of the code that computed the networks.
func (r *Reference) At() []string {
	if r.Code == "" {
		return []string{"unknown"}
	}
	commits := strings.Split(r.Code, "; ")
	for i, c := range commits {
		hash, dirty := strings.CutSuffix(c, "-dirty")
		if commits[i] = shorten(hash); dirty {
			commits[i] += " with uncommitted changes"
		}
	}
	return commits
}

// Kept returns the reference run's value of a claim, or "".
func (v *runView) Kept(id string) string {
	if c := record.Find(v.Reference.Claims, id); c != nil {
		return c.OursText()
	}
	return ""
}
