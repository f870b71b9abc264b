package experiment

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"microcircuits/dendrite/internal/simd"
	"microcircuits/dendrite/record"
	"microcircuits/dendrite/runstore"
)

// Plan is the list of the jobs of a run.
type Plan struct {
	info     Info
	code     string // identifies the code of a user's own Jobs, see codeOf
	unstored string // why the results cannot be stored; "" if they are
	jobs     []*job
	byFolder map[string]any // *Pending[T] by the folder of its result
	data     []record.Source
	seeds    []int
	err      error // first error while jobs were added
}

// Job is one part of a run, for example one network with one seed. It is computed on one
// core.
type Job[T any] struct {
	Unit string // name of its folder, such as "microcircuit-seed1"
	// Label distinguishes jobs with the same unit in lists and errors; may be "". The
	// result does not depend on it.
	Label string
	Key   any // everything on which the result depends: a struct of plain values
	// Seconds is the approximate time on one core, for plans and the progress bar; 0
	// means 1.
	Seconds float64
	Needs   []Dependency                                  // jobs whose results Run reads
	Run     func(ctx context.Context, w *Work) (T, error) // T must be storable, see package runstore
}

// Pending is a job of a plan and, after the job has run, its result.
type Pending[T any] struct {
	job   *job
	value T
}

// Get returns the job's result, or the zero value before the job has run. A job may call
// Get only for the jobs in its Needs; the function that makes the run may call it for all
// jobs.
func (p *Pending[T]) Get() T { return p.value }

func (p *Pending[T]) dependency() *job { return p.job }

// Dependency is a job with any type of result.
type Dependency interface{ dependency() *job }

// job is a Job with any type of result.
type job struct {
	number    int
	unit      string
	label     string
	key       any    // with the version of the code
	folder    string // of the result, inside the store
	seconds   float64
	stage     int // 0, or one more than the highest stage of the jobs it needs
	needs     []*job
	run       func(ctx context.Context, w *Work) error // stores the result in the Pending
	into      any                                      // pointer to the result
	result    func() any
	meta      runstore.Meta
	cached    bool
	unwritten error         // why the computed result is not in the store
	done      chan struct{} // closed when the result is available
}

func newPlan(info Info) *Plan {
	return &Plan{info: info, byFolder: map[string]any{}}
}

// codeOf returns codeOf(f) for the keys of results. If the code is not known, the results of
// the plan will not be stored.
func (p *Plan) codeOf(f any) (string, error) {
	if err := checkPlain(f); err != nil {
		return "", err
	}
	code, err := codeOf(f)
	if err != nil {
		p.unstored = fmt.Sprintf("results of experiment %s are not stored, because it is not known which code computes them: %v", p.info.Name, err)
	}
	return code, nil
}

// Add adds a job to the plan. If the plan already has a job with the same unit and key, Add
// returns that one and ignores j; T must be the same. An invalid unit or key is reported as
// an error when the plan is made.
func Add[T any](p *Plan, j Job[T]) *Pending[T] {
	key := any(struct {
		Version int
		Key     any
	}{p.info.Version, j.Key})
	if p.code != "" {
		key = struct {
			Version int
			Key     any
			Code    string
		}{p.info.Version, j.Key, p.code}
	}
	folder, err := runstore.Folder(p.info.Name, j.Unit, key)
	if err != nil {
		if p.err == nil {
			p.err = err
		}
		return &Pending[T]{job: &job{}}
	}
	if have, ok := p.byFolder[folder]; ok {
		return have.(*Pending[T])
	}
	pending := new(Pending[T])
	pending.job = &job{
		number: len(p.jobs), unit: j.Unit, label: j.Label, key: key, folder: folder, seconds: j.Seconds,
		into: &pending.value, result: func() any { return pending.value }, done: make(chan struct{}),
		run: func(ctx context.Context, w *Work) (err error) {
			pending.value, err = j.Run(ctx, w)
			return err
		},
	}
	if pending.job.seconds <= 0 {
		pending.job.seconds = 1
	}
	for _, d := range j.Needs {
		need := d.dependency()
		pending.job.needs = append(pending.job.needs, need)
		pending.job.stage = max(pending.job.stage, need.stage+1)
	}
	p.jobs = append(p.jobs, pending.job)
	p.byFolder[folder] = pending
	return pending
}

// Seeds adds the seeds 1 to n to the run's provenance.
func (p *Plan) Seeds(n int) {
	for seed := 1; seed <= n; seed++ {
		p.seeds = append(p.seeds, seed)
	}
}

// Data adds files to the run's provenance: those on which the results depend.
func (p *Plan) Data(files ...record.Source) { p.data = append(p.data, files...) }

// name returns the unit with the label.
func (j *job) name() string {
	if j.label == "" {
		return j.unit
	}
	return fmt.Sprintf("%s (%s)", j.unit, j.label)
}

// JobInfo describes a job of a plan.
type JobInfo struct {
	Number  int     `json:"number"`
	Unit    string  `json:"unit"`
	Label   string  `json:"label,omitempty"`
	Folder  string  `json:"folder"`  // of its result, inside the run store
	Stage   int     `json:"stage"`   // jobs need only results of lower stages
	Seconds float64 `json:"seconds"` // estimate for one core
	Kept    bool    `json:"kept"`    // the result is in the store
	Begun   bool    `json:"begun"`   // not kept, but the store has a checkpoint
}

// JobKey is the unit and the key of a job's result, as in its run.json.
type JobKey struct {
	Unit string
	Key  any
}

// Keys returns the keys of the jobs in order.
func (p *Plan) Keys() []JobKey {
	var keys []JobKey
	for _, j := range p.jobs {
		keys = append(keys, JobKey{j.unit, j.key})
	}
	return keys
}

// List returns the jobs in order, with whether their results or checkpoints are in the store.
func (p *Plan) List(store *runstore.Store) []JobInfo {
	var all []JobInfo
	for _, j := range p.jobs {
		kept := p.unstored == "" && store.Has(j.folder)
		all = append(all, JobInfo{j.number, j.unit, j.label, j.folder, j.stage, j.seconds, kept, !kept && store.HasCheckpoint(j.folder)})
	}
	return all
}

// Compute computes the job with this number (0 is the first) and stores its result, unless
// it is in the store. It returns an error if there is no such job, or if a result that the job
// needs is not in the store.
func (p *Plan) Compute(ctx context.Context, env Env, number int) error {
	if number < 0 || number >= len(p.jobs) {
		return fmt.Errorf("experiment %s: there is no job %d; the plan has jobs 0 to %d", p.info.Name, number, len(p.jobs)-1)
	}
	if p.unstored != "" {
		return errors.New(p.unstored)
	}
	store, err := env.open()
	if err != nil {
		return err
	}
	j := p.jobs[number]
	for _, need := range j.needs {
		entry, err := store.Entry(p.info.Name, need.unit, need.key)
		if err != nil {
			return err
		}
		_, ok, warning := entry.Load(need.into)
		if warning != nil {
			return fmt.Errorf("experiment %s: job %d (%s) needs job %d: %w; compute that job again first", p.info.Name, number, j.unit, need.number, warning)
		}
		if !ok {
			return fmt.Errorf("experiment %s: job %d (%s) needs the result of job %d (%s), which is not in the store: compute that job first", p.info.Name, number, j.unit, need.number, need.unit)
		}
	}
	board := newBoard(env, []*job{j})
	err = p.loadOrCompute(ctx, store, j, board)
	if err == nil {
		err = j.unwritten // nothing else of this job remains
	}
	if err != nil {
		return fmt.Errorf("experiment %s: %s: %w", p.info.Name, j.unit, err)
	}
	return nil
}

// describe adds the jobs of an executed plan to the provenance of its run.
func (p *Plan) describe(v *record.Provenance) {
	v.Seeds, v.Data, v.Unstored = p.seeds, p.data, p.unstored
	unwritten := 0
	for i, j := range p.jobs {
		m := j.meta
		m.Commit = orUnknown(m.Commit)
		if i == 0 {
			v.Started, v.Cached = m.Created, true
		}
		if m.Created.Before(v.Started) {
			v.Started = m.Created
		}
		v.Go, v.Arch, v.CPU = merge(v.Go, m.Go), merge(v.Arch, m.Arch), merge(v.CPU, m.CPU)
		v.Backend, v.Commit = merge(v.Backend, m.Backend), merge(v.Commit, m.Commit)
		v.Cached = v.Cached && j.cached
		v.ComputeSeconds += m.Seconds
		if j.unwritten != nil {
			unwritten++
		} else if p.unstored == "" {
			v.Runs = append(v.Runs, j.folder)
		}
	}
	if unwritten > 0 {
		v.Unstored = fmt.Sprintf("not stored: %d of %s, because the run store could not be written; the next run computes what is missing", unwritten, record.Count(len(p.jobs), "result"))
	}
}

// merge adds the names in add to those in have, without duplicates. Names are separated by
// semicolons. There are several if jobs, or sessions of a job, ran on different machines.
func merge(have, add string) string {
	if have == "" {
		return add
	}
	names := strings.Split(have, "; ")
	for _, name := range strings.Split(add, "; ") {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, "; ")
}

func orUnknown(name string) string {
	if name == "" {
		return "unknown"
	}
	return name
}

// loadOrCompute loads or computes the result of a job. It locks the entry, so that two
// notebooks do not compute the same run at the same time.
func (p *Plan) loadOrCompute(ctx context.Context, store *runstore.Store, j *job, board *board) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if p.unstored != "" {
		return p.computeUnstored(ctx, j, board)
	}
	entry, err := store.Entry(p.info.Name, j.unit, j.key)
	if err != nil {
		return err
	}
	load := func() (warning error) {
		j.meta, j.cached, warning = entry.Load(j.into)
		return warning
	}
	if load(); j.cached {
		entry.Tidy()
		board.finish(j)
		return nil
	}
	unlock, err := entry.Lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	// Another process may have computed the result in the meantime.
	warning := load()
	if j.cached {
		board.finish(j)
		return entry.RemoveCheckpoint() // if that process was killed before it did this
	}
	report := board.reporter(j)
	if warning != nil {
		board.warning(fmt.Sprintf("computing %s again: %v", j.name(), warning))
	}
	start := time.Now()
	w := &Work{
		entry: entry, report: report, resumed: func(fraction float64) { board.resumed(j, fraction) }, unwritten: board.unwritten,
		start: start, current: runstore.NewMeta(start, simd.Backend()),
	}
	if err := j.run(ctx, w); err != nil {
		return err
	}
	j.meta = w.meta()
	err = entry.Save(j.result(), j.meta)
	if errors.Is(err, runstore.ErrWrite) {
		j.unwritten = err // the result can be shown; the checkpoint remains
		board.finish(j)
		return nil
	}
	if err != nil {
		return fmt.Errorf("store the result: %w", err)
	}
	board.finish(j)
	return entry.RemoveCheckpoint()
}

// computeUnstored computes a job without the store.
func (p *Plan) computeUnstored(ctx context.Context, j *job, board *board) error {
	report, start := board.reporter(j), time.Now()
	report(0, p.unstored, nil)
	w := &Work{report: report, start: start, current: runstore.NewMeta(start, simd.Backend())}
	if err := j.run(ctx, w); err != nil {
		return err
	}
	j.meta = w.meta()
	board.finish(j)
	return nil
}
