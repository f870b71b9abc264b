package experiment

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"microcircuits/dendrite/record"
	"microcircuits/dendrite/runstore"
)

type squares struct{ Values []float64 }

func squareJobs(n int, ran *atomic.Int32) []Job[squares] {
	jobs := make([]Job[squares], n)
	for i := range jobs {
		jobs[i] = Job[squares]{
			Unit: fmt.Sprintf("unit%d", i),
			Key:  struct{ I int }{i},
			Run: func(_ context.Context, w *Work) (squares, error) {
				ran.Add(1)
				w.Report(0.5, "half way")
				return squares{[]float64{float64(i * i)}}, nil
			},
		}
	}
	return jobs
}

// execute executes a plan of the jobs and returns it with their results.
func execute[T any](ctx context.Context, env Env, info Info, jobs []Job[T]) (*Plan, []T, error) {
	plan := newPlan(info)
	var pending []*Pending[T]
	for _, j := range jobs {
		pending = append(pending, Add(plan, j))
	}
	if plan.err != nil {
		return nil, nil, plan.err
	}
	if err := plan.execute(ctx, env); err != nil {
		return nil, nil, err
	}
	var results []T
	for _, p := range pending {
		results = append(results, p.Get())
	}
	return plan, results, nil
}

func openStore(t *testing.T) *runstore.Store {
	t.Helper()
	store, err := runstore.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func TestExecuteComputesOnceInOrder(t *testing.T) {
	info := Info{Name: "squares", Version: 1}
	for _, workers := range []int{1, 2, 4} {
		store := openStore(t)
		var ran atomic.Int32
		var last Progress
		env := Env{Store: store, Workers: workers, Progress: func(p Progress) { last = p }}
		firstPlan, first, err := execute(t.Context(), env, info, squareJobs(5, &ran))
		if err != nil {
			t.Fatal(err)
		}
		if ran.Load() != 5 || last.Fraction != 1 {
			t.Errorf("%d workers: %d jobs ran, progress ended at %v", workers, ran.Load(), last.Fraction)
		}
		againPlan, again, err := execute(t.Context(), env, info, squareJobs(5, &ran))
		if err != nil {
			t.Fatal(err)
		}
		if ran.Load() != 5 {
			t.Errorf("%d workers: the second call computed %d jobs", workers, ran.Load()-5)
		}
		for i := range first {
			want := squares{[]float64{float64(i * i)}}
			if firstPlan.jobs[i].cached || !againPlan.jobs[i].cached || !reflect.DeepEqual(first[i], want) || !reflect.DeepEqual(again[i], want) {
				t.Errorf("%d workers, job %d: %+v then %+v", workers, i, first[i], again[i])
			}
		}
		next := info
		next.Version = 2
		if _, _, err := execute(t.Context(), env, next, squareJobs(5, &ran)); err != nil || ran.Load() != 10 {
			t.Errorf("a newer version of the code reused old runs (%d jobs ran, error %v)", ran.Load(), err)
		}
	}
}

func TestExecuteResumesAfterAFailure(t *testing.T) {
	type state struct{ Step int }
	env := Env{Store: openStore(t), Workers: 1}
	failAt := 3
	job := Job[squares]{Unit: "long", Run: func(_ context.Context, w *Work) (squares, error) {
		var s state
		w.Resume(&s)
		var out squares
		for ; s.Step < 5; s.Step++ {
			if s.Step == failAt {
				return out, errors.New("power cut")
			}
			if err := w.Checkpoint(state{s.Step + 1}); err != nil {
				return out, err
			}
			out.Values = append(out.Values, float64(s.Step))
		}
		return out, nil
	}}
	info := Info{Name: "resume"}
	_, _, err := execute(t.Context(), env, info, []Job[squares]{job})
	if err == nil || !strings.Contains(err.Error(), "long: power cut") {
		t.Fatalf("error %v, want one with the job and the cause", err)
	}
	failAt = -1
	_, done, err := execute(t.Context(), env, info, []Job[squares]{job})
	if err != nil {
		t.Fatal(err)
	}
	if got := done[0].Values; !reflect.DeepEqual(got, []float64{3, 4}) {
		t.Errorf("steps done after resuming: %v, want the last two", got)
	}
}

// Results of other seeds are kept when one seed fails, and the error contains this.
func TestExecuteKeepsCompleteResultsAfterAFailure(t *testing.T) {
	var ran atomic.Int32
	jobs := squareJobs(4, &ran)
	good := jobs[2].Run
	jobs[2].Run = func(context.Context, *Work) (squares, error) { return squares{}, errors.New("activity explodes") }
	env := Env{Store: openStore(t), Workers: 1}
	info := Info{Name: "partly"}
	_, _, err := execute(t.Context(), env, info, jobs)
	for _, want := range []string{"experiment partly: unit2: activity explodes", "2 of 4 runs are complete and kept", "computes only what is missing"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not contain %q", err, want)
		}
	}
	jobs[2].Run = good
	if _, _, err := execute(t.Context(), env, info, jobs); err != nil {
		t.Fatal(err)
	}
	if n := ran.Load(); n != 4 {
		t.Errorf("%d jobs were computed in both calls, want 4: the first two are kept", n)
	}
}

func TestExecuteInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	job := Job[squares]{Unit: "endless", Run: func(ctx context.Context, _ *Work) (squares, error) {
		cancel()
		<-ctx.Done()
		return squares{}, ctx.Err()
	}}
	_, _, err := execute(ctx, Env{Store: openStore(t)}, Info{Name: "stop"}, []Job[squares]{job})
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "run it again to continue") {
		t.Errorf("error %v, want an interruption with what to do", err)
	}
}

// Jobs get the results of the jobs that they need, for any number of workers. A single job
// can be computed only if these results are in the store.
func TestStages(t *testing.T) {
	sum := func(plan *Plan) *Pending[squares] {
		var parts []*Pending[squares]
		var needs []Dependency
		var ran atomic.Int32
		for _, j := range squareJobs(4, &ran) {
			parts = append(parts, Add(plan, j))
			needs = append(needs, parts[len(parts)-1])
		}
		return Add(plan, Job[squares]{Unit: "sum", Key: "sum", Needs: needs, Run: func(context.Context, *Work) (squares, error) {
			var out squares
			for _, p := range parts {
				out.Values = append(out.Values, p.Get().Values...)
			}
			return out, nil
		}})
	}
	want := []float64{0, 1, 4, 9}
	for _, workers := range []int{1, 2, 8} {
		plan := newPlan(Info{Name: "stages"})
		total := sum(plan)
		if err := plan.execute(t.Context(), Env{Store: openStore(t), Workers: workers}); err != nil {
			t.Fatal(err)
		}
		if got := total.Get().Values; !reflect.DeepEqual(got, want) {
			t.Errorf("%d workers: %v", workers, got)
		}
	}
	env := Env{Store: openStore(t)}
	one := func(number int) error {
		plan := newPlan(Info{Name: "stages"})
		sum(plan)
		return plan.Compute(t.Context(), env, number)
	}
	if err := one(4); err == nil || !strings.Contains(err.Error(), "job 4 (sum) needs the result of job 0 (unit0)") {
		t.Errorf("error %v, want one with the job to compute first", err)
	}
	if err := one(5); err == nil || !strings.Contains(err.Error(), "jobs 0 to 4") {
		t.Errorf("error %v, want one with the numbers of the jobs", err)
	}
	for number := range 5 {
		if err := one(number); err != nil {
			t.Error(err)
		}
	}
	plan := newPlan(Info{Name: "stages"})
	total := sum(plan)
	for _, j := range plan.List(env.Store) {
		if !j.Kept || j.Stage != map[bool]int{true: 1}[j.Unit == "sum"] {
			t.Errorf("%+v", j)
		}
	}
	if err := plan.execute(t.Context(), env); err != nil || !reflect.DeepEqual(total.Get().Values, want) {
		t.Errorf("%v, %v", total.Get(), err)
	}
}

// A job that is added twice is in the plan once.
func TestAddOnce(t *testing.T) {
	var ran atomic.Int32
	plan := newPlan(Info{Name: "twice"})
	job := squareJobs(1, &ran)[0]
	first := Add(plan, job)
	if Add(plan, job) != first || len(plan.jobs) != 1 {
		t.Errorf("%d jobs", len(plan.jobs))
	}
	job.Key = struct{ I int }{7}
	if Add(plan, job); len(plan.jobs) != 2 {
		t.Errorf("%d jobs, want another one for another key", len(plan.jobs))
	}
	job.Key = func() {}
	if Add(plan, job); plan.err == nil || !strings.Contains(plan.err.Error(), "cannot be part of a key") {
		t.Errorf("error %v", plan.err)
	}
}

// A result that cannot be written to the store is returned all the same, with one warning.
// Computing one job for the store is an error then.
func TestStoreBecomesUnwritable(t *testing.T) {
	store := openStore(t)
	folder := filepath.Join(store.Dir(), "unwritable")
	plan := newPlan(Info{Name: "unwritable"})
	number := Add(plan, Job[int]{Unit: "number", Run: func(_ context.Context, w *Work) (int, error) {
		// A file in place of the folder makes writing fail, also for root.
		if err := errors.Join(os.RemoveAll(folder), os.WriteFile(folder, nil, 0o600)); err != nil {
			return 0, err
		}
		return 7, errors.Join(w.Checkpoint(1), w.Checkpoint(2))
	}})
	var warnings []string
	if err := plan.execute(t.Context(), Env{Store: store, Warn: func(text string) { warnings = append(warnings, text) }}); err != nil {
		t.Fatal(err)
	}
	var p record.Provenance
	plan.describe(&p)
	if number.Get() != 7 || !strings.HasPrefix(p.Unstored, "not stored: 1 of 1 result,") || len(p.Runs) > 0 {
		t.Errorf("%d, not stored: %q, runs %v", number.Get(), p.Unstored, p.Runs)
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0], folder) || !strings.Contains(warnings[0], runstore.DirVariable) {
		t.Errorf("warnings %q, want one with the file and what to do", warnings)
	}
	if err := os.Remove(folder); err != nil {
		t.Fatal(err)
	}
	if err := plan.Compute(t.Context(), Env{Store: store}, 0); !errors.Is(err, runstore.ErrWrite) {
		t.Errorf("one job: error %v", err)
	}
}

// If it is not known which code computes a result, it is not stored, and the record says so.
func TestUnstored(t *testing.T) {
	store := openStore(t)
	for i := range 2 {
		plan := newPlan(Info{Name: "unknown"})
		plan.unstored = "results are not stored, because"
		computed := 0
		number := Add(plan, Job[int]{Unit: "number", Run: func(_ context.Context, w *Work) (int, error) {
			if w.Resume(new(int)) {
				t.Error("resumed")
			}
			computed++
			return 7, w.Checkpoint(1)
		}})
		var reported []string
		if err := plan.execute(t.Context(), Env{Store: store, Progress: func(p Progress) { reported = append(reported, p.Text) }}); err != nil {
			t.Fatal(err)
		}
		var p record.Provenance
		plan.describe(&p)
		if number.Get() != 7 || computed != 1 || p.Cached || p.Unstored != plan.unstored || len(p.Runs) != 0 || !slices.Contains(reported, plan.unstored) {
			t.Errorf("time %d: %d, computed %d, %+v, reported %q", i, number.Get(), computed, p, reported)
		}
		if err := plan.Compute(t.Context(), Env{Store: store}, 0); err == nil || err.Error() != plan.unstored {
			t.Errorf("one job: error %v", err)
		}
	}
	if infos, err := store.List(); err != nil || len(infos) != 0 {
		t.Errorf("%v, %v in the store", infos, err)
	}
}
