package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"microcircuits/dendrite/runstore"
	"microcircuits/kernel/clone"
	"microcircuits/kernel/gonb"
	"microcircuits/kernel/ipynb"
	"microcircuits/kernel/report"
)

// A notebook is not run again if the executed notebook from its last good run would come
// out the same. That is decided from what the run depends on, see madeFrom, which the
// executed notebook contains as a hash. Whatever cannot be decided is run.

// unchanged returns the executed notebook of a job's last good run if nothing that it
// depends on has changed since, and an error with the reason otherwise. It sets j.from.
func (r *runner) unchanged(ctx context.Context, j *job) (*ipynb.Notebook, error) {
	from, err := r.madeFrom(ctx, j)
	if err != nil {
		return nil, err
	}
	j.from = from
	nb, err := ipynb.ReadFile(j.out)
	if err != nil {
		return nil, err
	}
	info, _ := nb.Info()
	switch {
	case info.Made == nil || info.Status != "ok":
		return nil, errors.New("its last run is not known")
	case info.Made.From != from:
		return nil, errors.New("it, its parameters or the code have changed")
	case isFile(failedFile(j.out)):
		return nil, errors.New("its last run failed")
	}
	saved := info.Made.Content
	content, err := contentSum(nb, from)
	if err != nil {
		return nil, err
	}
	if content != saved {
		return nil, fmt.Errorf("%s was edited", relative(j.out))
	}
	nb.SetInfo(info)
	return nb, checkStored(nb)
}

// checkStored returns an error if the store lacks a run that a notebook shows, or has it
// damaged.
func checkStored(nb *ipynb.Notebook) error {
	runs, err := report.Runs(nb)
	if err != nil {
		return err
	}
	store, err := runstore.Open("")
	if err != nil {
		return err
	}
	for _, run := range runs {
		for _, folder := range run.Provenance.Runs {
			if err := store.Check(folder); err != nil {
				return err
			}
		}
	}
	return nil
}

// contentSum sets what a notebook was made from and returns the hash of its file with the
// hash itself left empty.
func contentSum(nb *ipynb.Notebook, from string) (string, error) {
	info, _ := nb.Info()
	info.Made = &ipynb.Made{From: from}
	nb.SetInfo(info)
	sum := sha256.New()
	if err := nb.Write(sum); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// sign writes what the notebook of a job was made from into its record, if it is known
// and was the same before and after the run.
func (r *runner) sign(ctx context.Context, j *job) error {
	if j.from == "" {
		return nil
	}
	if now, err := r.madeFrom(ctx, j); err != nil || now != j.from {
		return nil // for example a file was edited meanwhile
	}
	content, err := contentSum(j.nb, j.from)
	if err != nil {
		return err
	}
	info, _ := j.nb.Info()
	info.Made.Content = content
	j.nb.SetInfo(info)
	return nil
}

// madeFrom returns a hash of everything on which the executed notebook of a job and its
// report depend: the notebook with its parameters, the code, files beside the notebook,
// data, Go and its settings, and the machine. An error says why that is not known.
func (r *runner) madeFrom(ctx context.Context, j *job) (string, error) {
	if err := checkClosed(j.source); err != nil {
		return "", err
	}
	sum := sha256.New()
	add := func(name string, values ...string) { fmt.Fprintf(sum, "%q: %q\n", name, values) }
	add("form", "1") // change it when this function changes
	if err := j.source.Write(sum); err != nil {
		return "", err
	}
	add("command", j.info.Command)
	commit, dirty := clone.Commit(ctx, r.root)
	add("commit", commit, fmt.Sprint(dirty), fmt.Sprint(commit != "" && inCommit(ctx, r.root, j)))
	if err := addCode(sum, r.root, filepath.Dir(j.path)); err != nil {
		return "", err
	}
	settings, err := goSettings(ctx, r.root)
	if err != nil {
		return "", err
	}
	add("go", settings...)
	add("environment", environment()...)
	machine := runstore.NewMeta(time.Now(), "")
	add("machine", machine.Arch, machine.CPU)
	folders, err := plannedFolders(j)
	if err != nil {
		return "", err
	}
	add("jobs", folders...) // their names contain the checksums of data
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// plannedFolders returns the folders of the results that a notebook's figure needs.
func plannedFolders(j *job) (folders []string, err error) {
	f := figureIn(j.source)
	if f == nil {
		return nil, nil
	}
	scale, changes, _, err := presetOf(f, j.source, filepath.Dir(j.path))
	if err != nil {
		return nil, err
	}
	plan, err := f.PlanAt(scale, changes)
	if err != nil {
		return nil, err
	}
	store, err := runstore.Open("")
	if err != nil {
		return nil, err
	}
	for _, j := range plan.List(store) {
		folders = append(folders, j.Folder)
	}
	return folders, nil
}

// addCode adds the files of the clone that a notebook in dir depends on to a hash: the
// code without tests, the dependencies, and everything in dir but other notebooks.
func addCode(sum hash.Hash, root, dir string) error {
	gomod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(gomod)) {
		if _, target, ok := strings.Cut(line, "=>"); ok && strings.IndexAny(strings.TrimSpace(target), "./") == 0 {
			return errors.New("go.mod replaces a module by a folder")
		}
	}
	dir, err = filepath.Abs(dir)
	if err != nil {
		return err
	}
	for _, top := range []string{filepath.Join(root, "go.mod"), filepath.Join(root, "go.sum"), filepath.Join(root, "vendor"),
		filepath.Join(root, "dendrite"), filepath.Join(root, "kernel"), dir} {
		err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
			switch {
			case errors.Is(err, fs.ErrNotExist) && path == top:
				return nil
			case err != nil:
				return err
			case d.IsDir():
				if name := d.Name(); path != top && (name == "testdata" || strings.HasPrefix(name, ".")) {
					return filepath.SkipDir
				}
				return nil
			case strings.HasSuffix(path, "_test.go"), strings.HasSuffix(path, ".ipynb"):
				return nil
			case !d.Type().IsRegular():
				return fmt.Errorf("%s is not a plain file", relative(path))
			}
			f, err := os.Open(path)
			if err != nil {
				return err
			}
			defer f.Close()
			fmt.Fprintf(sum, "%q\n", path)
			_, err = io.Copy(sum, f)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// goSettings returns the version of Go and the settings that change what it builds.
func goSettings(ctx context.Context, root string) ([]string, error) {
	cmd := exec.CommandContext(ctx, "go", "env", "-json")
	cmd.Dir, cmd.Env = root, (&gonb.Tools{}).Env()
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	var all map[string]string
	if err := json.Unmarshal(out, &all); err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	var settings []string
	for _, name := range []string{"GOVERSION", "GOROOT", "GOOS", "GOARCH", "GOAMD64", "GOARM64", "GOEXPERIMENT", "GODEBUG", "GOFIPS140", "GOFLAGS", "CGO_ENABLED", "CC"} {
		settings = append(settings, name+"="+all[name])
	}
	return settings, nil
}

// environment returns the variables that the project reads, and those of the Go runtime
// and of the language.
func environment() []string {
	vars := slices.DeleteFunc(os.Environ(), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return !strings.HasPrefix(name, "DENDRITE_") && !strings.HasPrefix(name, "LC_") && !slices.Contains([]string{"GODEBUG", "GOFIPS140", "TZ", "LANG"}, name)
	})
	slices.Sort(vars)
	return vars
}
