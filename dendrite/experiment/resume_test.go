package experiment

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"microcircuits/dendrite/internal/simd"
	"microcircuits/dendrite/record"
	"microcircuits/dendrite/runstore"
)

type counted struct{ Step int }

// countJob counts to 4 with a checkpoint after each step. It appends the first step of each
// session to began. It fails after the checkpoint of step failAt.
func countJob(began *[]int, failAt int) Job[counted] {
	return Job[counted]{Unit: "count", Run: func(_ context.Context, w *Work) (counted, error) {
		var s counted
		w.Resume(&s)
		*began = append(*began, s.Step)
		for s.Step < 4 {
			s.Step++
			if err := w.Checkpoint(s); err != nil {
				return s, err
			}
			if s.Step == failAt {
				return s, errors.New("power cut")
			}
		}
		return s, nil
	}}
}

// countEntry returns the entry of countJob in the store.
func countEntry(t *testing.T, store *runstore.Store) *runstore.Entry {
	t.Helper()
	e, err := store.Entry("counting", "count", struct {
		Version int
		Key     any
	}{})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// Results differ in the last bits between backends, so a run must not begin on one and end
// on another.
func TestExecuteStartsAgainOnAnotherBackend(t *testing.T) {
	levels := simd.Levels()
	here := runstore.NewMeta(time.Now(), simd.Backend())
	otherArch, otherLevel, unlabelled := here, here, here
	otherLevel.Backend += ", GOAMD64=v9"
	otherArch.Arch, unlabelled.Backend, unlabelled.Arch = "vax", "", ""
	type attempt struct {
		name    string
		prepare func(*testing.T, *runstore.Entry) (restore func())
		began   int
		warn    string
	}
	cases := []attempt{
		{"unchanged", func(*testing.T, *runstore.Entry) func() { return func() {} }, 2, ""},
		{"another processor level of the compiler", relabel(otherLevel), 0, "GOAMD64=v9"},
		{"another architecture", relabel(otherArch), 0, "on vax"},
		{"a checkpoint without a label", relabel(unlabelled), 0, "unknown kernels"},
	}
	if levels[0] != simd.Portable { // other backends exist only on amd64
		cases = append(cases, attempt{"another backend", func(*testing.T, *runstore.Entry) func() { return simd.Use(simd.Portable) }, 0, "computed by the " + levels[0].String() + " kernels"})
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var began []int
			store := openStore(t)
			info := Info{Name: "counting"}
			if _, _, err := execute(t.Context(), Env{Store: store}, info, []Job[counted]{countJob(&began, 2)}); err == nil {
				t.Fatal("no error")
			}
			defer c.prepare(t, countEntry(t, store))()
			var reported []string
			env := Env{Store: store, Progress: func(p Progress) { reported = append(reported, p.Text) }}
			plan, done, err := execute(t.Context(), env, info, []Job[counted]{countJob(&began, 0)})
			if err != nil {
				t.Fatal(err)
			}
			if began[1] != c.began || done[0].Step != 4 {
				t.Errorf("continued from step %d to %d, want from %d", began[1], done[0].Step, c.began)
			}
			if plan.jobs[0].meta.Backend != simd.Backend() || plan.jobs[0].meta.Arch != runtime.GOARCH {
				t.Errorf("labelled %s on %s", plan.jobs[0].meta.Backend, plan.jobs[0].meta.Arch)
			}
			warned := slices.ContainsFunc(reported, func(s string) bool { return strings.HasPrefix(s, "starting again") && strings.Contains(s, c.warn) })
			if warned != (c.warn != "") {
				t.Errorf("reported %q, want a warning with %q", reported, c.warn)
			}
		})
	}
}

// relabel returns a function that saves a checkpoint at step 2 with this meta.
func relabel(m runstore.Meta) func(*testing.T, *runstore.Entry) func() {
	return func(t *testing.T, e *runstore.Entry) func() {
		if err := e.SaveCheckpoint(counted{2}, m); err != nil {
			t.Fatal(err)
		}
		return func() {}
	}
}

// The meta of a resumed run describes all its sessions.
func TestExecuteAddsUpSessions(t *testing.T) {
	store := openStore(t)
	first := runstore.NewMeta(time.Now(), simd.Backend())
	goHere, cpuHere, commitHere := first.Go, first.CPU, first.Commit
	first.Created, first.Seconds = time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC), 1000
	first.Go, first.CPU, first.Commit = "go1.0", "Abacus", "" // as in checkpoints of old programs
	entry := countEntry(t, store)
	if err := entry.SaveCheckpoint(counted{1}, first); err != nil {
		t.Fatal(err)
	}
	check := func(m runstore.Meta) {
		t.Helper()
		if !m.Created.Equal(first.Created) || !(m.Seconds > 1000 && m.Seconds < 1500) || m.Go != "go1.0; "+goHere || m.CPU != "Abacus; "+cpuHere || m.Commit != merge("unknown", commitHere) {
			t.Errorf("%+v; want the start in 2020, a little more than 1000 s, and the names of both sessions", m)
		}
	}
	var began []int
	info := Info{Name: "counting"}
	if _, _, err := execute(t.Context(), Env{Store: store}, info, []Job[counted]{countJob(&began, 2)}); err == nil {
		t.Fatal("no error")
	}
	var s counted
	m, ok, warning := entry.LoadCheckpoint(&s, nil)
	if !ok || s.Step != 2 {
		t.Fatalf("checkpoint of the second session: %+v, %v, %v", s, ok, warning)
	}
	check(m)
	plan, _, err := execute(t.Context(), Env{Store: store}, info, []Job[counted]{countJob(&began, 0)})
	if err != nil {
		t.Fatal(err)
	}
	check(plan.jobs[0].meta)
	again, _, err := execute(t.Context(), Env{Store: store}, info, []Job[counted]{countJob(&began, 0)})
	if err != nil {
		t.Fatal(err)
	}
	check(again.jobs[0].meta)
	if !slices.Equal(began, []int{1, 2}) {
		t.Errorf("sessions began at steps %v, want 1 and 2", began)
	}
	old := *plan.jobs[0]
	old.meta.Commit = ""
	var p record.Provenance
	(&Plan{jobs: []*job{&old, plan.jobs[0], again.jobs[0]}}).describe(&p)
	if p.Commit != merge("unknown", commitHere) || p.CPU != "Abacus; "+cpuHere || p.Go != "go1.0; "+goHere || p.Started != first.Created || p.ComputeSeconds < 3000 {
		t.Errorf("provenance %+v", p)
	}
}

// What was found in the store is told apart from the work of this call, and a damaged
// result is named when it is computed again.
func TestProgressTellsWhatWasFound(t *testing.T) {
	store := openStore(t)
	info := Info{Name: "squares"}
	var ran atomic.Int32
	if _, _, err := execute(t.Context(), Env{Store: store}, info, squareJobs(2, &ran)); err != nil {
		t.Fatal(err)
	}
	resumed := Job[squares]{Unit: "long", Run: func(_ context.Context, w *Work) (squares, error) {
		var s counted
		if !w.Resume(&s) {
			t.Error("there is no checkpoint")
		}
		w.Report(0.5, "goes on")
		w.Report(0.75, "goes on")
		return squares{}, nil
	}}
	jobs := append(squareJobs(3, &ran), resumed)
	entry, err := store.Entry(info.Name, "long", struct {
		Version int
		Key     any
	}{})
	if err != nil {
		t.Fatal(err)
	}
	if err := entry.SaveCheckpoint(counted{1}, runstore.NewMeta(time.Now(), simd.Backend())); err != nil {
		t.Fatal(err)
	}
	plan := newPlan(info)
	for _, j := range jobs {
		Add(plan, j)
	}
	var kept, begun []string
	for _, j := range plan.List(store) {
		if j.Kept {
			kept = append(kept, j.Unit)
		}
		if j.Begun {
			begun = append(begun, j.Unit)
		}
	}
	if !slices.Equal(kept, []string{"unit0", "unit1"}) || !slices.Equal(begun, []string{"long"}) {
		t.Errorf("kept %v, begun %v", kept, begun)
	}
	var seen []Progress
	var warnings []string
	env := Env{Store: store, Workers: 1, Progress: func(p Progress) { seen = append(seen, p) }, Warn: func(text string) { warnings = append(warnings, text) }}
	if _, _, err := execute(t.Context(), env, info, jobs); err != nil {
		t.Fatal(err)
	}
	if last := seen[len(seen)-1]; last.Fraction != 1 || last.Before != 2.5/4 || seen[0].Before != 0.5 {
		t.Errorf("first %+v, last %+v; two of four jobs and half of another were found", seen[0], last)
	}
	if len(warnings) > 0 {
		t.Errorf("warnings %q", warnings)
	}
	if err := os.WriteFile(filepath.Join(store.Dir(), plan.jobs[1].folder, "result.json"), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := execute(t.Context(), env, info, jobs); err != nil || len(warnings) != 1 || !strings.Contains(warnings[0], "computing unit1 again") {
		t.Errorf("warnings %q, %v", warnings, err)
	}
}
