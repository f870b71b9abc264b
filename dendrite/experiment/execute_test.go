package experiment

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"

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
		first, err := Execute(t.Context(), env, info, squareJobs(5, &ran))
		if err != nil {
			t.Fatal(err)
		}
		if ran.Load() != 5 || last.Fraction != 1 {
			t.Errorf("%d workers: %d jobs ran, progress ended at %v", workers, ran.Load(), last.Fraction)
		}
		again, err := Execute(t.Context(), env, info, squareJobs(5, &ran))
		if err != nil {
			t.Fatal(err)
		}
		if ran.Load() != 5 {
			t.Errorf("%d workers: the second call computed %d jobs", workers, ran.Load()-5)
		}
		for i := range first {
			want := squares{[]float64{float64(i * i)}}
			if first[i].Cached || !again[i].Cached || !reflect.DeepEqual(first[i].Result, want) || !reflect.DeepEqual(again[i].Result, want) {
				t.Errorf("%d workers, job %d: %+v then %+v", workers, i, first[i], again[i])
			}
		}
		next := info
		next.Version = 2
		if _, err := Execute(t.Context(), env, next, squareJobs(5, &ran)); err != nil || ran.Load() != 10 {
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
	_, err := Execute(t.Context(), env, info, []Job[squares]{job})
	if err == nil || !strings.Contains(err.Error(), "long: power cut") {
		t.Fatalf("error %v, want one naming the job and the cause", err)
	}
	failAt = -1
	done, err := Execute(t.Context(), env, info, []Job[squares]{job})
	if err != nil {
		t.Fatal(err)
	}
	if got := done[0].Result.Values; !reflect.DeepEqual(got, []float64{3, 4}) {
		t.Errorf("steps done after resuming: %v, want the last two", got)
	}
}

// One bad seed must not cost the work of the good ones, and the error says so.
func TestExecuteKeepsWhatIsCompleteWhenAJobFails(t *testing.T) {
	var ran atomic.Int32
	jobs := squareJobs(4, &ran)
	good := jobs[2].Run
	jobs[2].Run = func(context.Context, *Work) (squares, error) { return squares{}, errors.New("activity explodes") }
	env := Env{Store: openStore(t), Workers: 1}
	info := Info{Name: "partly"}
	_, err := Execute(t.Context(), env, info, jobs)
	for _, want := range []string{"experiment partly: unit2: activity explodes", "2 of 4 runs are complete and kept", "computes only what is missing"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not say %q", err, want)
		}
	}
	jobs[2].Run = good
	if _, err := Execute(t.Context(), env, info, jobs); err != nil {
		t.Fatal(err)
	}
	if n := ran.Load(); n != 4 {
		t.Errorf("%d jobs were computed in both calls, want 4: the first two are kept", n)
	}
}

func TestExecuteSaysInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	job := Job[squares]{Unit: "endless", Run: func(ctx context.Context, _ *Work) (squares, error) {
		cancel()
		<-ctx.Done()
		return squares{}, ctx.Err()
	}}
	_, err := Execute(ctx, Env{Store: openStore(t)}, Info{Name: "stop"}, []Job[squares]{job})
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "run it again to go on") {
		t.Errorf("error %v, want an interruption that says how to go on", err)
	}
}
