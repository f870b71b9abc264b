package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"microcircuits/dendrite/notebook/names"
	"microcircuits/kernel/clone"
	"microcircuits/kernel/gonb"
	"microcircuits/kernel/ipynb"
	"microcircuits/kernel/report"
)

// overrides are the parameters given on the command line.
type overrides struct {
	Params map[string]string `name:"param" short:"p" mapsep:"none" placeholder:"NAME=VALUE" help:"Override a parameter of the notebook; may be repeated."`
	Scale  *string           `enum:"quick,paper" placeholder:"quick|paper" help:"Short for -p scale=..."`
}

// values returns all overrides, or an error when two contradict each other.
func (o overrides) values() (map[string]string, error) {
	values := map[string]string{}
	for name, v := range o.Params {
		values[name] = v
	}
	if o.Scale != nil {
		if v, ok := values["scale"]; ok && v != *o.Scale {
			return nil, usage("--scale %s contradicts -p scale=%s", *o.Scale, v)
		}
		values["scale"] = *o.Scale
	}
	return values, nil
}

type runCmd struct {
	Notebooks []string `arg:"" name:"notebook" help:"Notebooks to run; those of the notebooks folder by name, like 4-mnist."`
	overrides
	Out     string        `short:"o" placeholder:"FILE|DIR" help:"Where to save the executed notebook (default: reports/NAME.ipynb in the clone, in place of an older one)."`
	Timeout time.Duration `placeholder:"DURATION" help:"Time limit for each cell, like 10m (default: none)."`
}

// Help implements kong.HelpProvider.
func (runCmd) Help() string {
	return `Runs every cell in order in a fresh kernel and stops at the first that fails.
The notebook itself is never changed. A run that fails is saved as NAME-failed.ipynb
and leaves the executed notebook of an earlier, good one as it was.

Examples:

  go run ./kernel run notebooks/1-self-prediction.ipynb

  go run ./kernel run 4-mnist -p epochs=10 -p lambda=0.2

  go run ./kernel run mine.ipynb --out mine-executed.ipynb --timeout 30m

Cells tagged skip-execution are left out; cells tagged raises-exception may fail.`
}

func (cmd *runCmd) Run(ctx context.Context, c *console) error {
	values, err := cmd.values()
	if err != nil {
		return err
	}
	var paths []string
	for _, arg := range cmd.Notebooks {
		path, err := findNotebook(arg)
		if err != nil {
			return err
		}
		paths = append(paths, path)
	}
	root, err := rootOf(paths[0])
	if err != nil {
		return err
	}
	var jobs []*job
	var files []string
	for _, path := range paths {
		j, err := newJob(root, path, values)
		if err != nil {
			return err
		}
		if j.out, err = outFile(root, cmd.Out, path, len(paths)); err != nil {
			return err
		}
		jobs, files = append(jobs, j), append(files, j.out)
	}
	if err := distinct(paths, files); err != nil {
		return err
	}
	for _, j := range jobs {
		if err := makeFolder(filepath.Dir(j.out), "--out"); err != nil {
			return err
		}
	}
	r := &runner{console: c, root: root, timeout: cmd.Timeout}
	if err := r.prepare(ctx, jobs); err != nil {
		return err
	}
	for _, j := range jobs {
		if err := r.run(ctx, j); err != nil {
			return err
		}
		c.tell("%s", relative(j.out))
	}
	return nil
}

// findNotebook returns the file of a notebook. One of the clone's notebooks folder
// may be named as for reproduce and check.
func findNotebook(arg string) (string, error) {
	info, err := os.Stat(arg)
	if err == nil && !info.IsDir() {
		return arg, nil
	}
	if arg != notebookName(arg) {
		return "", usage("there is no notebook file %s", arg)
	}
	root, err := clone.Find(".")
	if err != nil {
		return "", err
	}
	paths, err := selectNotebooks(filepath.Join(root, "notebooks"), []string{arg})
	if err != nil {
		return "", err
	}
	return paths[0], nil
}

// rootOf returns the clone that a notebook belongs to, or else the one we are
// called in.
func rootOf(path string) (string, error) {
	root, err := clone.Find(filepath.Dir(path))
	if errors.Is(err, clone.ErrNotFound) {
		return clone.Find(".")
	}
	return root, err
}

// outFile says where the executed notebook goes.
func outFile(root, out, path string, notebooks int) (string, error) {
	name := filepath.Base(path)
	file := out
	switch info, err := os.Stat(out); {
	case out == "":
		file = filepath.Join(root, "reports", name)
	case err == nil && info.IsDir(), strings.HasSuffix(out, string(filepath.Separator)):
		file = filepath.Join(out, name)
	case filepath.Ext(out) == "":
		file = filepath.Join(out, name) // a folder to be made
	case filepath.Ext(out) != ".ipynb":
		return "", usage("--out %s is neither a notebook (.ipynb) nor a folder; for a new folder of that name write %s%c", out, out, filepath.Separator)
	case notebooks > 1:
		return "", usage("--out %s is one file, but there are %d notebooks", out, notebooks)
	}
	if same(file, path) {
		return "", usage("--out %s is the notebook itself, which is never changed", out)
	}
	return file, nil
}

// makeFolder makes the folder that executed notebooks go to. That it cannot be
// written is known before anything is computed; option names another one.
func makeFolder(dir, option string) error {
	if err := probe(dir); err != nil {
		return fmt.Errorf("executed notebooks cannot be saved in %s: %w; name another place with %s", relative(dir), err, option)
	}
	return nil
}

// probe makes a folder where there is none and a file in it, which it removes.
func probe(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".dendrite-")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

func same(a, b string) bool {
	ia, errA := os.Stat(a)
	ib, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(ia, ib)
}

// A job is one notebook to run.
type job struct {
	path   string // of the source
	name   string // without folder and extension
	out    string // executed notebook; that of a failed run lies beside it
	nb     *ipynb.Notebook
	author []byte // the notebook without traces of runs, as its author saved it
	info   ipynb.RunInfo
	failed error // why it stopped, once it has
}

// newJob reads a notebook and overrides its parameters, which are checked
// before anything runs.
func newJob(root, path string, values map[string]string) (*job, error) {
	nb, err := ipynb.ReadFile(path)
	if err != nil {
		return nil, err
	}
	author, err := authored(nb)
	if err != nil {
		return nil, err
	}
	params, err := ipynb.Parameters(nb)
	if err != nil {
		return nil, usage("%s: %w", relative(path), err)
	}
	if err := ipynb.Inject(nb, values); err != nil {
		return nil, usage("%s: %w", relative(path), err)
	}
	j := &job{path: path, nb: nb, author: author, name: notebookName(path)}
	j.info.Source, j.info.Uncommitted = sourceIn(root, path)
	j.info.Command = "go run ./kernel run " + shellQuote(j.info.Source)
	j.info.Parameters = map[string]string{}
	for _, p := range params {
		j.info.Parameters[p.Name] = p.Value
		if v, ok := values[p.Name]; ok {
			j.info.Parameters[p.Name], _ = p.Literal(v) // Inject has checked it
			j.info.Command += " -p " + shellQuote(p.Name+"="+v)
		}
	}
	return j, nil
}

// authored strips a notebook of what runs leave and returns it as a file.
func authored(nb *ipynb.Notebook) ([]byte, error) {
	nb.Upgrade()
	nb.Clean()
	var b bytes.Buffer
	err := nb.Write(&b)
	return b.Bytes(), err
}

// sourceIn names a notebook by its place in the clone or, outside of it, by its
// bare name: where it lies on this machine is nobody else's business.
func sourceIn(root, path string) (name string, outside bool) {
	if abs, err := filepath.Abs(path); err == nil {
		if rel, err := filepath.Rel(root, abs); err == nil && filepath.IsLocal(rel) {
			return filepath.ToSlash(rel), false
		}
	}
	return filepath.Base(path), true
}

// inCommit tells whether the commit checked out in a clone holds the notebook of
// a job as it is run.
func inCommit(ctx context.Context, root string, j *job) bool {
	data, err := clone.File(ctx, root, j.info.Source)
	if err != nil {
		return false
	}
	nb, err := ipynb.Read(bytes.NewReader(data))
	if err != nil {
		return false
	}
	committed, err := authored(nb)
	return err == nil && bytes.Equal(committed, j.author)
}

// shellQuote quotes a word for a POSIX shell where that is needed.
func shellQuote(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./=+:,@%", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// A runner runs notebooks one after the other, each in its own kernel.
type runner struct {
	*console
	root     string
	timeout  time.Duration // per cell; 0 = none
	keep     bool          // keep the numbers of preset runs
	tools    *gonb.Tools
	pictures report.Pictures
}

// run executes a job and saves the executed notebook, also when a cell failed
// or ctx was cancelled: then under the name of failedFile, and the failure is
// shown and returned as errTold.
func (r *runner) run(ctx context.Context, j *job) error {
	started := time.Now()
	j.info.Started = started.Format(time.RFC3339)
	j.info.Commit, j.info.Dirty = clone.Commit(ctx, r.root)
	if j.info.Commit != "" && !inCommit(ctx, r.root, j) {
		j.info.Uncommitted = true
	}
	j.info.Go, j.info.GoNB = r.tools.GoVersion, r.tools.GoNBVersion
	j.info.Status = "ok"
	r.print("%s\n", j.name)
	j.failed = r.cells(ctx, j)
	if j.failed != nil {
		j.info.Status = "failed"
	}
	j.info.WallSeconds = time.Since(started).Seconds()
	return r.save(ctx, j)
}

// save saves the notebook of a job that has run. Whatever goes wrong on the way
// makes the job a failed one, but loses nothing of what was computed.
func (r *runner) save(ctx context.Context, j *job) error {
	j.nb.SetInfo(j.info)
	if err := r.references(j); err != nil && j.failed == nil {
		j.failed = err
	}
	j.nb.SetInfo(j.info)

	// Saving goes on when the user has interrupted the run.
	if err := r.pictures.AddPictures(context.WithoutCancel(ctx), j.nb); err != nil && j.failed == nil {
		j.failed = fmt.Errorf("static pictures: %w", err)
	}
	good := j.out
	if j.failed != nil {
		j.out = failedFile(good)
	}
	if err := j.nb.WriteFile(j.out); err != nil {
		return err
	}
	if j.failed != nil {
		r.say("%s: %v\nThe notebook as far as it came: %s", j.name, j.failed, relative(j.out))
		return errTold
	}
	return removeFailed(good)
}

// references keeps the numbers of preset runs, if they are to be kept, and finds
// the kept runs to show beside the job's.
func (r *runner) references(j *job) error {
	dir := filepath.Join(filepath.Dir(j.path), "results")
	if r.keep && j.failed == nil {
		files, err := report.KeepReferences(j.nb, dir)
		if err != nil {
			return err
		}
		for _, f := range files {
			r.tell("%s", relative(f))
		}
	}
	var err error
	j.info.References, err = report.FindReferences(j.nb, dir)
	return err
}

// failedFile is where a failed run is saved whose executed notebook would have
// been the given file: the one of an earlier, good run is spared.
func failedFile(out string) string { return strings.TrimSuffix(out, ".ipynb") + "-failed.ipynb" }

// removeFailed clears away what an earlier, failed run left, notebook and
// report, now that one has succeeded.
func removeFailed(out string) error {
	file := failedFile(out)
	for _, path := range []string{file, strings.TrimSuffix(file, ".ipynb") + ".html"} {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// statusFile is where a cell's program says how far it is, in the session's
// temporary folder.
const statusFile = "dendrite-status"

// cells runs the cells and returns why it stopped early.
func (r *runner) cells(ctx context.Context, j *job) error {
	dir, err := filepath.Abs(filepath.Dir(j.path))
	if err != nil {
		return err
	}
	session, err := gonb.Start(ctx, gonb.Options{
		Root: r.root, Dir: dir, Env: []string{names.HeadlessEnv + "=1", names.StatusEnv + "=" + statusFile}, Tools: r.tools,
	})
	if err != nil {
		return err
	}
	state := filepath.Join(session.TempDir(), statusFile)
	results := map[*ipynb.Cell]*gonb.Result{}
	defer func() {
		session.Close()
		for cell, result := range results { // now that late displays are in
			cell.Outputs = result.Outputs()
			count := result.ExecutionCount
			cell.ExecutionCount = &count
		}
	}()
	for i, cell := range j.nb.Cells {
		if cell.Type != ipynb.Code || strings.TrimSpace(cell.Source) == "" || cell.HasTag(ipynb.TagSkip) {
			continue
		}
		if err := os.Remove(state); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		line := r.cellLine(i+1, len(j.nb.Cells), cell, state)
		result, err := session.Execute(ctx, cell.Source, r.timeout)
		results[cell] = result
		line.end(result)
		cell.SetInfo(ipynb.CellInfo{Seconds: result.Seconds, Status: string(result.Status)})
		switch {
		case ctx.Err() != nil:
			return fmt.Errorf("interrupted in cell %d (%s); what was computed is kept: run it again to go on", i+1, cell.ID)
		case err != nil:
			if result.Status != gonb.Timeout {
				cell.SetInfo(ipynb.CellInfo{Seconds: result.Seconds, Status: string(gonb.Failed)})
			}
			return fmt.Errorf("cell %d (%s): %w", i+1, cell.ID, err)
		case result.Status == gonb.Timeout:
			return fmt.Errorf("cell %d (%s) did not end within %v\n%s", i+1, cell.ID, r.timeout, excerpt(cell.Source))
		case result.Status != gonb.OK && !cell.HasTag(ipynb.TagRaises):
			return fmt.Errorf("cell %d (%s) failed\n%s\n%s", i+1, cell.ID, excerpt(cell.Source), failure(result))
		}
	}
	return nil
}
