package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"microcircuits/dendrite/notebook/names"
	cellpkg "microcircuits/kernel/cell"
	"microcircuits/kernel/clone"
	"microcircuits/kernel/front"
	"microcircuits/kernel/gonb"
	"microcircuits/kernel/ipynb"
	"microcircuits/kernel/report"
)

// overrides are the parameters set on the command line.
type overrides struct {
	Params assignments `name:"param" short:"p" sep:"none" placeholder:"NAME=VALUE" help:"Change a parameter of the notebook; may be repeated."`
	Scale  []string    `enum:"quick,paper" sep:"none" placeholder:"quick|paper" help:"Short for -p scale=..."`
}

// assignments are the arguments of -p, each NAME=VALUE.
type assignments []string

// values returns the values by name, or an error if a name has two.
func (a assignments) values() (map[string]string, error) {
	values := map[string]string{}
	for _, text := range a {
		name, value, ok := strings.Cut(text, "=")
		if name = strings.TrimSpace(name); !ok || name == "" || strings.ContainsFunc(name, unicode.IsControl) {
			return nil, usage("-p %s: write a name and a value, like -p sigma=0.3", inOneLine(text))
		}
		if other, twice := values[name]; twice {
			return nil, usage("parameter %s is given twice, as %s and as %s: remove one", name, inOneLine(other), inOneLine(value))
		}
		values[name] = value
	}
	return values, nil
}

// values returns all overrides, or an error when two contradict each other.
func (o overrides) values() (map[string]string, error) {
	values, err := o.Params.values()
	if err != nil {
		return nil, err
	}
	for i, scale := range o.Scale {
		if v, ok := values["scale"]; ok && v != scale {
			if i > 0 {
				return nil, usage("--scale %s contradicts --scale %s", scale, v)
			}
			return nil, usage("--scale %s contradicts -p scale=%s", scale, v)
		}
		values["scale"] = scale
	}
	return values, nil
}

type runCmd struct {
	Notebooks []string `arg:"" name:"notebook" help:"Notebooks to run: files, or names of notebooks in the notebooks folder, like 4-mnist."`
	overrides
	Out     string        `short:"o" placeholder:"FILE|DIR" help:"Where to save the executed notebook (default: reports/NAME.ipynb in the clone). An older file is replaced."`
	Timeout time.Duration `placeholder:"DURATION" help:"Time limit for each cell, like 10m (default: none)."`
}

// Help implements kong.HelpProvider.
func (runCmd) Help() string {
	return `Runs every cell in order in a new kernel and stops at the first cell that fails.
The notebook itself is never changed. A failed run is saved as NAME-failed.ipynb; the
executed notebook of an earlier successful run is not changed.

Examples:

  go run ./kernel run notebooks/1-self-prediction.ipynb

  go run ./kernel run 4-mnist -p epochs=10 -p Microcircuit.LambdaI=0.2

  go run ./kernel run mine.ipynb

  go run ./kernel run mine.ipynb --out mine-executed.ipynb --timeout 30m

Cells tagged skip-execution are not run. Cells tagged raises-exception may fail.`
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
	if err := checkDistinct(paths, files); err != nil {
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
		c.print("%s", relative(j.out))
	}
	return nil
}

// findNotebook returns the file of a notebook, given the file, or the name of a
// notebook in the clone's notebooks folder with or without .ipynb.
func findNotebook(arg string) (string, error) {
	path, err := findIn("notebooks", arg)
	if err != nil || path != "" {
		return path, err
	}
	if filepath.Base(arg) != arg {
		return "", usage("there is no notebook file %s", arg)
	}
	root, err := clone.Find(".")
	if err != nil {
		return "", err
	}
	_, err = selectNotebooks(filepath.Join(root, "notebooks"), []string{arg}) // the error names those that exist
	return "", err
}

// findIn returns the file arg, or the notebook of that name in a folder of the clone,
// or "".
func findIn(folder, arg string) (string, error) {
	if isFile(arg) {
		return arg, nil
	}
	if filepath.Base(arg) != arg {
		return "", nil
	}
	root, err := clone.Find(".")
	if errors.Is(err, clone.ErrNotFound) {
		return "", usage("there is no notebook file %s here, and this folder is in no clone", arg)
	}
	if err != nil {
		return "", err
	}
	if path := filepath.Join(root, folder, notebookName(arg)+".ipynb"); isFile(path) {
		return relative(path), nil
	}
	return "", nil
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}

// rootOf returns the clone that contains a notebook, else the clone that contains
// the current folder.
func rootOf(path string) (string, error) {
	root, err := clone.Find(filepath.Dir(path))
	if errors.Is(err, clone.ErrNotFound) {
		return clone.Find(".")
	}
	return root, err
}

// outFile returns the file for the executed notebook.
func outFile(root, out, path string, notebooks int) (string, error) {
	name := filepath.Base(path)
	file := out
	switch info, err := os.Stat(out); {
	case out == "":
		file = filepath.Join(root, "reports", name)
	case err == nil && info.IsDir(), strings.HasSuffix(out, string(filepath.Separator)):
		file = filepath.Join(out, name)
	case filepath.Ext(out) == "":
		file = filepath.Join(out, name) // a new folder
	case filepath.Ext(out) != ".ipynb":
		return "", usage("--out %s is neither a notebook (.ipynb) nor a folder; for a new folder with that name write %s%c", out, out, filepath.Separator)
	case notebooks > 1:
		return "", usage("--out %s is one file, but there are %d notebooks", out, notebooks)
	}
	if sameFile(file, path) {
		return "", usage("--out %s is the notebook itself, which is never changed", out)
	}
	return file, nil
}

// makeFolder creates the folder for executed notebooks. It is called before
// anything is computed, so that an unwritable folder is reported at once. option is
// the flag that chooses another folder.
func makeFolder(dir, option string) error {
	if err := checkWritable(dir); err != nil {
		return fmt.Errorf("executed notebooks cannot be saved in %s: %w; choose another folder with %s", relative(dir), err, option)
	}
	return nil
}

// checkWritable creates a folder if it does not exist, and writes and removes a
// file in it.
func checkWritable(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".dendrite-")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

func sameFile(a, b string) bool {
	ia, errA := os.Stat(a)
	ib, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(ia, ib)
}

// A job is one notebook to run.
type job struct {
	path     string // of the source
	name     string // without folder and extension
	out      string // executed notebook; a failed run is saved in failedFile(out)
	nb       *ipynb.Notebook
	stripped []byte          // the notebook without results of runs, see stripBytes
	source   *ipynb.Notebook // the notebook with its parameters as it is before the run
	from     string          // see runner.madeFrom; "" if not known
	info     ipynb.RunInfo
	failed   error // why the run stopped; nil before and after success
}

// newJob reads a notebook, sets its parameters and checks them.
func newJob(root, path string, values map[string]string) (*job, error) {
	nb, err := ipynb.ReadFile(path)
	if err != nil {
		return nil, err
	}
	for i, c := range nb.Cells {
		if half := c.HalfCharacter(); half != "" && c.Type == ipynb.Code {
			return nil, usage("%s: cell %d contains %s, which is half of a character and cannot be in a Go program: replace it", relative(path), i+1, half)
		}
	}
	stripped, err := stripBytes(nb)
	if err != nil {
		return nil, err
	}
	params, err := ipynb.Parameters(nb)
	if err != nil {
		return nil, usage("%s: %w", relative(path), err)
	}
	j := &job{path: path, nb: nb, stripped: stripped, name: notebookName(path)}
	j.info.Source, j.info.Uncommitted = sourceIn(root, path)
	j.info.Command = "go run ./kernel run " + shellQuote(j.info.Source)
	f := figureIn(nb)
	if values, err = fullNames(f, params, values); err != nil {
		return nil, usage("%s: %w", relative(path), err)
	}
	shown := maps.Clone(values) // for the command, which is for the clone's root
	if f != nil {
		for name, value := range values {
			if isFolder(name) && value != "" {
				values[name], shown[name] = folderFrom(filepath.Dir(path), root, value), folderFrom(root, root, value)
			}
		}
	}
	if err := ipynb.Inject(nb, values, entryNames(f)); err != nil {
		return nil, usage("%s: %w", relative(path), err)
	}
	if f != nil {
		if err := validate(f, nb, filepath.Dir(path)); err != nil {
			return nil, usage("%s: %w", relative(path), err)
		}
	}
	if j.source, err = copyOf(nb); err != nil {
		return nil, err
	}
	j.info.Parameters = literals(effectiveParams(nb))
	for _, name := range slices.Sorted(maps.Keys(shown)) {
		j.info.Command += " -p " + shellQuote(name+"="+shown[name])
	}
	return j, nil
}

// stripBytes removes the results of runs from a notebook and returns its contents, which
// do not depend on the layout of the file.
func stripBytes(nb *ipynb.Notebook) ([]byte, error) {
	nb.Upgrade()
	nb.Clean()
	var b bytes.Buffer
	if err := nb.Write(&b); err != nil {
		return nil, err
	}
	dec := json.NewDecoder(&b)
	dec.UseNumber()
	var contents any
	if err := dec.Decode(&contents); err != nil {
		return nil, err
	}
	return json.Marshal(contents) // with sorted keys
}

// copyOf returns a copy of a notebook.
func copyOf(nb *ipynb.Notebook) (*ipynb.Notebook, error) {
	var b bytes.Buffer
	if err := nb.Write(&b); err != nil {
		return nil, err
	}
	return ipynb.Read(&b)
}

// sourceIn returns the path of a notebook inside the clone. For a notebook outside
// the clone it returns the file name only: reports do not contain paths of the
// user's machine.
func sourceIn(root, path string) (name string, outside bool) {
	if abs, err := filepath.Abs(path); err == nil {
		if rel, err := filepath.Rel(root, abs); err == nil && filepath.IsLocal(rel) {
			return filepath.ToSlash(rel), false
		}
	}
	return filepath.Base(path), true
}

// inCommit reports whether the checked-out commit of a clone contains the notebook
// of a job exactly as it is run.
func inCommit(ctx context.Context, root string, j *job) bool {
	data, err := clone.File(ctx, root, j.info.Source)
	if err != nil {
		return false
	}
	nb, err := ipynb.Read(bytes.NewReader(data))
	if err != nil {
		return false
	}
	committed, err := stripBytes(nb)
	return err == nil && bytes.Equal(committed, j.stripped)
}

// inOneLine is shellQuote for messages: a word with line ends is shown as in Go.
func inOneLine(s string) string {
	if strings.ContainsFunc(s, unicode.IsControl) {
		return strconv.Quote(s)
	}
	return shellQuote(s)
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

// run executes a job and saves the executed notebook. If a cell fails or ctx is
// cancelled it saves the notebook as failedFile, prints the error and returns
// errReported.
func (r *runner) run(ctx context.Context, j *job) error {
	started := time.Now()
	j.info.Started = started.Format(time.RFC3339)
	j.info.Commit, j.info.Dirty = clone.Commit(ctx, r.root)
	if j.info.Commit != "" && !inCommit(ctx, r.root, j) {
		j.info.Uncommitted = true
	}
	j.info.Go, j.info.GoNB = r.tools.GoVersion, r.tools.GoNBVersion
	j.info.Status = "ok"
	r.progress("%s\n", j.name)
	j.failed = r.cells(ctx, j)
	if j.failed != nil {
		j.info.Status = "failed"
	}
	j.info.WallSeconds = time.Since(started).Seconds()
	return r.save(ctx, j)
}

// save saves the notebook of a job that has run. An error in an earlier step of
// saving marks the job as failed; the notebook is saved all the same.
func (r *runner) save(ctx context.Context, j *job) error {
	j.nb.SetInfo(j.info)
	if err := r.references(j); err != nil && j.failed == nil {
		j.failed = err
	}
	j.nb.SetInfo(j.info)

	// Also save when the user has interrupted the run.
	if err := r.pictures.AddPictures(context.WithoutCancel(ctx), j.nb); err != nil && j.failed == nil {
		j.failed = fmt.Errorf("static pictures: %w", err)
	}
	good := j.out
	if j.failed == nil {
		if err := r.sign(ctx, j); err != nil {
			return err
		}
	} else {
		j.out = failedFile(good)
	}
	if err := j.nb.WriteFile(j.out); err != nil {
		return keepElsewhere(j, err)
	}
	if j.failed != nil {
		r.status("%s: %v\nThe notebook with the cells that ran: %s", j.name, j.failed, relative(j.out))
		return errReported
	}
	return removeFailed(good)
}

// keepElsewhere saves the executed notebook of a job in a temporary folder, because it could
// not be saved in its place: computing it may have taken hours. It returns err, with the file.
func keepElsewhere(j *job, err error) error {
	dir, tempErr := os.MkdirTemp("", "dendrite-")
	if tempErr != nil {
		return err
	}
	file := filepath.Join(dir, filepath.Base(j.out))
	if j.nb.WriteFile(file) != nil {
		os.RemoveAll(dir)
		return err
	}
	return fmt.Errorf("%w; the executed notebook is in %s", err, file)
}

// references saves the numbers of preset runs if --keep is given, and finds the
// kept runs that the report shows beside this one.
func (r *runner) references(j *job) error {
	dir := filepath.Join(filepath.Dir(j.path), "results")
	if r.keep && j.failed == nil {
		files, err := report.KeepReferences(j.nb, dir)
		if err != nil {
			return err
		}
		for _, f := range files {
			r.print("%s", relative(f))
		}
	}
	var err error
	j.info.References, err = report.FindReferences(j.nb, dir)
	if err != nil && r.keep {
		// This run may be the first step of writing the kept runs again.
		r.status("the report of %s shows no reference run: %v", j.name, err)
		return nil
	}
	return err
}

// failedFile returns the file for a failed run instead of out, so that out of an
// earlier successful run is not replaced.
func failedFile(out string) string { return strings.TrimSuffix(out, ".ipynb") + "-failed.ipynb" }

// removeFailed removes the notebook and the report of an earlier failed run, after
// a run has succeeded.
func removeFailed(out string) error {
	file := failedFile(out)
	for _, path := range []string{file, strings.TrimSuffix(file, ".ipynb") + ".html"} {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// statusFile is the file in the session's temporary folder to which a cell's
// program writes its progress.
const statusFile = "dendrite-status"

// cells runs the cells in order. It returns an error if it stopped before the last.
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
	cells := gonb.NewCells(session)
	displays := new(gonb.Displays)
	outputs := map[*ipynb.Cell]*gonb.Outputs{}
	defer func() {
		session.Close()
		for cell, o := range outputs { // Close has waited for late displays
			cell.Outputs = o.All()
		}
	}()
	var finished []front.Finished // for the kernel's own commands
	count := 0
	for i, cell := range j.nb.Cells {
		if cell.Type != ipynb.Code || strings.TrimSpace(cell.Source) == "" || cell.HasTag(ipynb.TagSkip) {
			continue
		}
		if _, asks := cellpkg.HelpName(cell.Source); asks {
			continue // documentation is shown in a front end only
		}
		if err := os.Remove(state); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		count++
		number, shown := count, gonb.NewOutputs(displays)
		cell.ExecutionCount, outputs[cell] = &number, shown
		line := r.cellLine(i+1, len(j.nb.Cells), cell, state)
		start := time.Now()
		var out gonb.Outcome
		if isCommand(cell) {
			out.Failure = r.command(ctx, cell, finished, shown)
		} else {
			out, err = cells.Run(ctx, gonb.Cell{Number: number, ID: cell.ID, Source: cell.Source, Stops: true, Limit: r.timeout}, shown)
			finished = append(finished, front.Finished{ID: cell.ID, Source: cell.Source, Outputs: shown.All(), Count: number})
		}
		status := gonb.OK
		switch {
		case out.Timeout:
			status = gonb.Timeout
		case err != nil || out.Failure != nil:
			status = gonb.Failed
		}
		line.end(status)
		cell.SetInfo(ipynb.CellInfo{Seconds: time.Since(start).Seconds(), Status: string(status)})
		printed := shown.All()
		if out.Failure != nil {
			shown.Fail(out.Failure)
		}
		switch {
		case ctx.Err() != nil:
			return fmt.Errorf("interrupted in cell %d (%s); finished results are kept: run it again to continue", i+1, cell.ID)
		case err != nil:
			return fmt.Errorf("cell %d (%s): %w", i+1, cell.ID, err)
		case status == gonb.Timeout:
			return fmt.Errorf("cell %d (%s) did not end within %v\n%s", i+1, cell.ID, r.timeout, excerpt(cell.Source))
		case status != gonb.OK && !cell.HasTag(ipynb.TagRaises):
			return fmt.Errorf("cell %d (%s) failed: %s", i+1, cell.ID, failure(out.Failure, cell.Source, printed))
		}
	}
	return nil
}

// command runs one of the kernel's own commands. The report is written in any case, so
// %export does nothing.
func (r *runner) command(ctx context.Context, cell *ipynb.Cell, finished []front.Finished, shown *gonb.Outputs) *gonb.Failure {
	words := strings.Fields(cell.Source)
	if words[0] != paramsCommand {
		return nil
	}
	outputs, err := listParams(ctx, words[1:], finished)
	for _, o := range outputs {
		shown.Show(o, "")
	}
	if err != nil {
		return &gonb.Failure{Name: words[0], Value: err.Error(), Traceback: []string{words[0] + ": " + err.Error()}}
	}
	return nil
}
