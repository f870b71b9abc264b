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

	"microcircuits/kernel/ipynb"
)

// A Reference is what is kept of a run at the paper's scale, so that reports of
// reduced runs can show its numbers beside theirs.
type Reference struct {
	Experiment     string       `json:"experiment"`
	Code           string       `json:"code"`   // commits of the code that computed the networks; empty in old files
	Commit         string       `json:"commit"` // of the clone that kept the run, which may have found its networks in the store
	Dirty          bool         `json:"dirty"`  // that clone had uncommitted changes
	Command        string       `json:"command"`
	Started        string       `json:"started"` // of the earliest network
	WallSeconds    float64      `json:"wallSeconds"`
	ComputeSeconds float64      `json:"computeSeconds"`
	Seeds          []int64      `json:"seeds"`
	CPU            string       `json:"cpu"`
	Backend        string       `json:"backend"`
	Comparison     []Comparison `json:"comparison"`
}

// Experiment names become file names, so they are held to letters that cannot
// lead elsewhere.
var plainName = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// ResultsDir is where in dir the kept runs of a scale are: those at the paper's
// scale, which reports show, in dir itself.
func ResultsDir(dir, scale string) string {
	if scale == "quick" {
		return filepath.Join(dir, "quick")
	}
	return dir
}

// KeepReferences writes every run of an executed notebook that has a preset's
// parameters, unchanged, to <experiment>.json in the ResultsDir of its scale, and
// returns those files.
func KeepReferences(nb *ipynb.Notebook, dir string) ([]string, error) {
	runs, err := Runs(nb)
	if err != nil {
		return nil, err
	}
	info, _ := nb.Info()
	var files []string
	for _, r := range runs {
		if r.Scale != "quick" && (r.Scale != "paper" || r.Reduced) {
			continue
		}
		if !plainName.MatchString(r.Experiment) {
			return files, fmt.Errorf("keep the reference run: experiment %q has a name that is no plain file name", r.Experiment)
		}
		data, err := json.MarshalIndent(Reference{
			Experiment: r.Experiment, Code: r.Provenance.Commit, Commit: info.Commit, Dirty: info.Dirty, Command: info.Command,
			Started: r.Provenance.Started, WallSeconds: info.WallSeconds, ComputeSeconds: r.Provenance.ComputeSeconds,
			Seeds: r.Provenance.Seeds, CPU: r.Provenance.CPU, Backend: r.Provenance.Backend, Comparison: r.Comparison,
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

// FindReferences returns the kept runs of the experiments that an executed
// notebook shows, for its metadata.
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

// ReadReference returns the kept run of an experiment, nil if there is none.
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

func readReference(data []byte, experiment string) (*Reference, error) {
	var ref Reference
	if err := json.Unmarshal(data, &ref); err != nil {
		return nil, fmt.Errorf("read the kept run %s.json: %w; restore it with git, or make it again with --keep", experiment, err)
	}
	return &ref, nil
}

// At lists the commits of the code that computed the networks, abbreviated.
func (r *Reference) At() []string {
	if r.Code == "" {
		return []string{"unknown"}
	}
	commits := strings.Split(r.Code, "; ")
	for i, c := range commits {
		hash, dirty := strings.CutSuffix(c, "-dirty")
		if commits[i] = short(hash); dirty {
			commits[i] += " with uncommitted changes"
		}
	}
	return commits
}

// Kept is the reference run's value of a quantity; empty if it has none.
func (v *runView) Kept(quantity string) string {
	for _, c := range v.Reference.Comparison {
		if c.Quantity == quantity {
			return c.Ours
		}
	}
	return ""
}
