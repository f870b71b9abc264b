package runstore

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func open(t testing.TB) *Store {
	t.Helper()
	s, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func entry(t testing.TB, s *Store, unit string) *Entry {
	t.Helper()
	e, err := s.Entry("experiment", unit, struct{ Rate float64 }{0.1})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func sampleMeta() Meta {
	return Meta{Created: time.Date(2026, 11, 23, 1, 2, 3, 456, time.UTC), Seconds: 1.25, Go: "go1.26", Arch: "amd64", Backend: "avx2", CPU: "A & B"}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantMiss(t *testing.T, e *Entry, warned bool) {
	t.Helper()
	got := everything{Text: "before"}
	meta, ok, warning := e.Load(&got)
	if ok || meta != (Meta{}) || got.Text != "before" || (warning != nil) != warned {
		t.Errorf("Load: ok %v, meta %v, warning %v; want a miss, warned %v, and nothing changed", ok, meta, warning, warned)
	}
}

func TestSaveLoad(t *testing.T) {
	s := open(t)
	e := entry(t, s, "seed1")
	wantMiss(t, e, false)
	must(t, e.Save(sample(), sampleMeta()))

	again, err := Open(s.Dir()) // like the next notebook cell
	must(t, err)
	var got everything
	meta, ok, warning := entry(t, again, "seed1").Load(&got)
	if !ok || warning != nil {
		t.Fatalf("Load: %v, %v", ok, warning)
	}
	if diff := cmp.Diff(sampleMeta(), meta); diff != "" {
		t.Error(diff)
	}
	wantSame(t, got, sample())
	wantMiss(t, entry(t, s, "seed2"), false)

	// Another Save replaces the result.
	changed := sample()
	changed.Text = "second"
	must(t, e.Save(changed, sampleMeta()))
	if _, ok, warning := e.Load(&got); !ok || got.Text != "second" {
		t.Errorf("after the second Save: %v, %v, %q", ok, warning, got.Text)
	}
	wantTidy(t, s)
}

// wantTidy checks that there are no temporary files and no lock.
func wantTidy(t *testing.T, s *Store) {
	t.Helper()
	must(t, filepath.WalkDir(s.Dir(), func(path string, d os.DirEntry, err error) error {
		if strings.HasPrefix(d.Name(), tempPrefix) || strings.HasSuffix(path, lockSuffix) {
			t.Errorf("%s was not removed", d.Name())
		}
		return err
	}))
}

func TestFolderIsReadable(t *testing.T) {
	e := entry(t, open(t), "seed1")
	must(t, e.Save(inner{Mean: []float64{1, 2}, Seed: 3}, sampleMeta()))
	for name, want := range map[string]string{
		"run.json": `{
  "format": 1,
  "experiment": "experiment",
  "unit": "seed1",
  "key": {
    "Rate": 0.1
  },
  "sha256": "` + e.Key() + `",
  "created": "2026-11-23T01:02:03.000000456Z",
  "seconds": 1.25,
  "go": "go1.26",
  "arch": "amd64",
  "backend": "avx2",
  "cpu": "A & B",
  "arrays": [
    {
      "name": "Mean",
      "type": "<f8",
      "shape": [
        2
      ]
    }
  ]
}
`,
		"result.json": `{
  "Mean": {
    "array": "Mean"
  },
  "Seed": 3,
  "Labels": null
}
`,
	} {
		got, err := os.ReadFile(filepath.Join(e.Dir(), name))
		must(t, err)
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if program, err := exec.LookPath("sha256sum"); err == nil {
		check := exec.Command(program, "-c", "SHA256SUMS")
		check.Dir = e.Dir()
		if out, err := check.CombinedOutput(); err != nil {
			t.Errorf("sha256sum -c: %v\n%s", err, out)
		}
	}
}

// TestDamage changes bits in every file of a result and shortens it. Load must return a
// warning each time, and Save replaces the damaged result.
func TestDamage(t *testing.T) {
	e := entry(t, open(t), "seed1")
	small := inner{Mean: []float64{1, 2}, Seed: 3, Labels: map[string][]float64{"a": {4}}}
	must(t, e.Save(small, sampleMeta()))
	load := func() (bool, error) {
		got := inner{Seed: -1}
		_, ok, warning := e.Load(&got)
		if !ok && got.Seed != -1 {
			t.Fatal("a miss changed the result")
		}
		return ok, warning
	}
	for _, name := range []string{runFile, resultFile, arraysFile, sumsFile} {
		path := filepath.Join(e.Dir(), name)
		whole, err := os.ReadFile(path)
		must(t, err)
		for i := range whole {
			must(t, os.WriteFile(path, whole[:i], 0o600))
			if ok, warning := load(); ok || warning == nil {
				t.Fatalf("%s cut to %d bytes: ok %v, warning %v", name, i, ok, warning)
			}
			flipped := slices.Clone(whole)
			flipped[i] ^= 1 << (i % 8)
			must(t, os.WriteFile(path, flipped, 0o600))
			if ok, warning := load(); ok || warning == nil {
				t.Fatalf("%s with a bit of byte %d flipped: ok %v, warning %v", name, i, ok, warning)
			}
		}
		must(t, os.WriteFile(path, append(slices.Clone(whole), '\n'), 0o600))
		if ok, _ := load(); ok {
			t.Errorf("%s with a byte more: loaded", name)
		}
		must(t, os.Remove(path))
		if ok, warning := load(); ok || warning == nil {
			t.Errorf("without %s: ok %v, warning %v", name, ok, warning)
		}
		must(t, os.WriteFile(path, whole, 0o600))
		if ok, warning := load(); !ok {
			t.Fatalf("%s restored: %v", name, warning)
		}
	}
	must(t, os.Remove(filepath.Join(e.Dir(), sumsFile)))
	must(t, e.Save(small, sampleMeta()))
	if ok, warning := load(); !ok {
		t.Errorf("saved over damage: %v", warning)
	}
}

// TestForeignFolder copies a complete result to the folder of another key.
func TestForeignFolder(t *testing.T) {
	s := open(t)
	e, other := entry(t, s, "seed1"), entry(t, s, "seed2")
	must(t, e.Save(sample(), sampleMeta()))
	must(t, os.CopyFS(other.Dir(), os.DirFS(e.Dir())))
	wantMiss(t, other, true)
}

func TestCheckpoint(t *testing.T) {
	s := open(t)
	e := entry(t, s, "seed1")
	var got everything
	if _, ok, warning := e.LoadCheckpoint(&got, nil); ok || warning != nil {
		t.Errorf("no checkpoint: %v, %v", ok, warning)
	}
	must(t, e.RemoveCheckpoint())
	must(t, e.SaveCheckpoint(everything{Text: "old"}, sampleMeta()))
	must(t, e.SaveCheckpoint(sample(), sampleMeta()))
	if _, ok, warning := e.LoadCheckpoint(&got, nil); !ok || warning != nil {
		t.Fatalf("LoadCheckpoint: %v, %v", ok, warning)
	}
	wantSame(t, got, sample())
	if got.RNG.Uint64() != sample().RNG.Uint64() {
		t.Error("the random stream does not continue where it was")
	}
	if meta, _, _ := e.LoadCheckpoint(&got, nil); meta != sampleMeta() {
		t.Errorf("meta %+v, want %+v", meta, sampleMeta())
	}
	state := everything{Text: "before"}
	refuse := func(m Meta) error { return fmt.Errorf("computed by %s", m.Backend) }
	if _, ok, warning := e.LoadCheckpoint(&state, refuse); ok || state.Text != "before" || !strings.Contains(fmt.Sprint(warning), "computed by "+sampleMeta().Backend) {
		t.Errorf("a refused checkpoint: %v, %v, state %q", ok, warning, state.Text)
	}
	wantMiss(t, e, false) // a checkpoint is not a result
	if _, ok, warning := entry(t, s, "seed2").LoadCheckpoint(&got, nil); ok || warning != nil {
		t.Errorf("of another unit: %v, %v", ok, warning)
	}
	var other inner
	if _, ok, warning := e.LoadCheckpoint(&other, nil); ok || warning == nil {
		t.Errorf("into another type: %v, %v", ok, warning)
	}
	must(t, os.Rename(e.CheckpointFile(), entry(t, s, "seed2").CheckpointFile()))
	if _, ok, warning := entry(t, s, "seed2").LoadCheckpoint(&got, nil); ok || warning == nil {
		t.Errorf("moved to another key: %v, %v", ok, warning)
	}
	must(t, e.SaveCheckpoint(sample(), sampleMeta()))
	must(t, e.RemoveCheckpoint())
	if _, ok, _ := e.LoadCheckpoint(&got, nil); ok {
		t.Error("removed checkpoint was loaded")
	}
	wantTidy(t, s)
}

func TestCheckpointDamage(t *testing.T) {
	e := entry(t, open(t), "seed1")
	must(t, e.SaveCheckpoint(inner{Mean: []float64{1, 2}, Seed: 3}, sampleMeta()))
	whole, err := os.ReadFile(e.CheckpointFile())
	must(t, err)
	check := func(what string, data []byte) {
		t.Helper()
		must(t, os.WriteFile(e.CheckpointFile(), data, 0o600))
		got := inner{Seed: -1}
		if _, ok, warning := e.LoadCheckpoint(&got, nil); ok || warning == nil || got.Seed != -1 {
			t.Fatalf("%s: ok %v, warning %v, state %v", what, ok, warning, got)
		}
	}
	for i := range whole {
		check(fmt.Sprintf("cut to %d bytes", i), whole[:i])
		for bit := range 8 {
			flipped := slices.Clone(whole)
			flipped[i] ^= 1 << bit
			check(fmt.Sprintf("bit %d of byte %d flipped", bit, i), flipped)
		}
	}
	check("a byte more", append(slices.Clone(whole), 0))
}

// TestAbandonedFiles creates temporary folders like those of killed processes.
func TestAbandonedFiles(t *testing.T) {
	s := open(t)
	e := entry(t, s, "seed1")
	must(t, e.Save(sample(), sampleMeta()))
	parent := filepath.Dir(e.Dir())
	half := func(name string, age time.Duration) string {
		dir := filepath.Join(parent, tempPrefix+name)
		must(t, os.Mkdir(dir, 0o700))
		must(t, os.WriteFile(filepath.Join(dir, runFile), []byte("{"), 0o600))
		when := time.Now().Add(-age)
		must(t, os.Chtimes(dir, when, when))
		return dir
	}
	old, young := half("1", 2*abandonedAfter), half("2", 0)
	infos, err := s.List()
	must(t, err)
	if len(infos) != 1 {
		t.Errorf("List shows %d runs, want 1", len(infos))
	}
	must(t, entry(t, s, "seed2").SaveCheckpoint(inner{}, sampleMeta()))
	if _, err := os.Stat(old); err == nil {
		t.Error("an abandoned folder was not removed")
	}
	if _, err := os.Stat(young); err != nil {
		t.Error("the folder of a running process was removed")
	}
}

// TestConcurrentWriters saves and loads one entry from several goroutines without a lock:
// Load must return a complete result of one writer, or none.
func TestConcurrentWriters(t *testing.T) {
	s := open(t)
	type result struct{ A, B []float64 }
	var writers, readers sync.WaitGroup
	done := make(chan struct{})
	for w := range 4 {
		writers.Go(func() {
			e := entry(t, s, "seed1")
			for i := range 15 {
				x := float64(100*w + i)
				if err := e.Save(result{[]float64{x}, []float64{x}}, sampleMeta()); err != nil {
					t.Error(err)
				}
				if err := e.SaveCheckpoint(result{[]float64{x}, []float64{x}}, sampleMeta()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 2 {
		readers.Go(func() {
			e := entry(t, s, "seed1")
			for {
				select {
				case <-done:
					return
				default:
				}
				var got result
				if _, ok, _ := e.Load(&got); ok && got.A[0] != got.B[0] {
					t.Errorf("mixed result %v", got)
				}
				if _, ok, warning := e.LoadCheckpoint(&got, nil); warning != nil || ok && got.A[0] != got.B[0] {
					t.Errorf("mixed checkpoint %v, %v", got, warning)
				}
			}
		})
	}
	writers.Wait()
	close(done)
	readers.Wait()
	var got result
	if _, ok, warning := entry(t, s, "seed1").Load(&got); !ok {
		t.Errorf("at the end: %v", warning)
	}
	wantTidy(t, s)
}

func TestListRemoveSize(t *testing.T) {
	s := open(t)
	whole, half, both := entry(t, s, "whole"), entry(t, s, "half-1"), entry(t, s, "both")
	must(t, whole.Save(sample(), sampleMeta()))
	must(t, half.SaveCheckpoint(inner{}, sampleMeta()))
	must(t, both.Save(inner{}, sampleMeta()))
	must(t, both.SaveCheckpoint(inner{}, sampleMeta()))
	must(t, os.WriteFile(filepath.Join(s.Dir(), "notes.txt"), []byte("mine"), 0o600))
	must(t, os.MkdirAll(filepath.Join(s.Dir(), "experiment", "my folder"), 0o700))

	infos, err := s.List()
	must(t, err)
	type row struct {
		Unit, Key            string
		Complete, Checkpoint bool
	}
	var rows []row
	var total int64
	for _, info := range infos {
		rows = append(rows, row{info.Unit, strings.Join(strings.Fields(string(info.Key)), ""), info.Complete, info.Checkpoint})
		if info.Experiment != "experiment" || info.Size <= 0 || info.Meta.Created.IsZero() {
			t.Errorf("%+v", info)
		}
		total += info.Size
	}
	want := []row{{"both", `{"Rate":0.1}`, true, true}, {"half-1", "", false, true}, {"whole", `{"Rate":0.1}`, true, false}}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Error(diff)
	}
	if infos[2].Meta != sampleMeta() || infos[2].Name != whole.Name() {
		t.Errorf("%+v", infos[2])
	}
	if size, err := s.Size(); err != nil || size != total {
		t.Errorf("Size = %d, %v; want %d", size, err, total)
	}
	must(t, os.Remove(filepath.Join(whole.Dir(), sumsFile)))
	if infos, err = s.List(); err != nil || infos[2].Complete {
		t.Errorf("a result without %s is listed as complete", sumsFile)
	}

	unlock, err := both.Lock(t.Context())
	must(t, err)
	if err := s.Remove(infos[0]); err == nil || !strings.Contains(err.Error(), fmt.Sprint("process ", os.Getpid())) {
		t.Errorf("Remove of a run that is being computed: %v", err)
	}
	unlock()
	for _, info := range infos {
		must(t, s.Remove(info))
		must(t, s.Remove(info)) // the second time there is nothing to remove
	}
	if infos, err = s.List(); err != nil || len(infos) != 0 {
		t.Errorf("after Remove: %v, %v", infos, err)
	}
	if _, err := os.Stat(filepath.Join(s.Dir(), "notes.txt")); err != nil {
		t.Error("Remove removed another file")
	}
	for _, name := range []string{"", "experiment", "../x/both-0123456789abcdef", "experiment/../../y-0123456789abcdef", "experiment/both"} {
		if err := s.Remove(Info{Name: name}); err == nil {
			t.Errorf("Remove(%q): no error", name)
		}
	}
	wantTidy(t, s)
}

func TestListEmptyStore(t *testing.T) {
	if infos, err := open(t).List(); err != nil || len(infos) != 0 {
		t.Errorf("%v, %v", infos, err)
	}
}

func TestUnwritable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o600))
	_, err := Open(filepath.Join(file, "runs"))
	if err == nil || !strings.Contains(err.Error(), DirVariable) || !strings.Contains(err.Error(), file) {
		t.Errorf("Open: %v; want an error with the folder and %s", err, DirVariable)
	}
	// A file in place of the experiment's folder makes writing fail later.
	s := open(t)
	e := entry(t, s, "seed1")
	must(t, os.WriteFile(filepath.Join(s.Dir(), "experiment"), nil, 0o600))
	_, lockErr := e.Lock(t.Context())
	for what, err := range map[string]error{
		"Save": e.Save(sample(), sampleMeta()), "SaveCheckpoint": e.SaveCheckpoint(sample(), sampleMeta()), "Lock": lockErr,
	} {
		if err == nil || !strings.Contains(err.Error(), "cannot write to") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := entry(t, open(t), "seed1").Save(struct{ hidden int }{1}, sampleMeta()); err == nil || !strings.Contains(err.Error(), "hidden") {
		t.Errorf("unexported field: %v", err)
	}
}

func TestOpenDefault(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	t.Setenv(DirVariable, dir)
	s, err := Open("")
	must(t, err)
	if s.Dir() != dir {
		t.Errorf("Dir = %s, want %s", s.Dir(), dir)
	}
	t.Setenv(DirVariable, "")
	t.Setenv("HOME", dir)
	t.Setenv("XDG_CACHE_HOME", "")
	s, err = Open("")
	must(t, err)
	if !strings.HasPrefix(s.Dir(), dir) || !strings.HasSuffix(s.Dir(), filepath.Join("microcircuits", "runs")) {
		t.Errorf("default Dir = %s", s.Dir())
	}
	t.Setenv(DirVariable, "store")
	if _, err := Open(""); err == nil || !strings.Contains(err.Error(), DirVariable+"=store is a relative path") {
		t.Errorf("relative: %v", err)
	}
	t.Setenv(DirVariable, "")
	t.Setenv("HOME", "")
	if _, err := Open(""); err == nil || !strings.Contains(err.Error(), DirVariable) {
		t.Errorf("no home: %v", err)
	}
}

func TestCPUModel(t *testing.T) {
	if got := cpuModelFrom("processor\t: 0\nmodel name\t: A   B(R) CPU\nflags\t: x\nmodel name\t: C\n"); got != "A B(R) CPU" {
		t.Errorf("got %q", got)
	}
	if got := cpuModelFrom("processor\t: 0\n"); got != "unknown" {
		t.Errorf("got %q", got)
	}
	m := NewMeta(time.Now(), "avx2")
	if m.CPU == "" || m.Go == "" || m.Arch == "" || m.Backend != "avx2" || m.Seconds < 0 || m.Created.Location() != time.UTC {
		t.Errorf("%+v", m)
	}
}

// A damaged checkpoint is refused with one line and changes nothing.
func FuzzCheckpoint(f *testing.F) {
	s := open(f)
	e := entry(f, s, "seed1")
	must(f, e.SaveCheckpoint(sample(), sampleMeta()))
	whole, err := os.ReadFile(e.CheckpointFile())
	must(f, err)
	f.Add(whole, false)
	f.Add(whole[:len(whole)/2], true)
	f.Add([]byte{}, true)
	f.Fuzz(func(t *testing.T, data []byte, reseal bool) {
		if reseal { // compute a valid checksum
			if files, err := unzipFiles(data); err == nil {
				var list []file
				for _, name := range slices.Sorted(maps.Keys(files)) {
					list = append(list, file{name, files[name]})
				}
				if data, err = seal(list); err != nil {
					return
				}
			}
		}
		before := everything{Text: "before"}
		state := before
		if _, err := e.openCheckpoint(&state, nil, data); err != nil {
			wantSame(t, state, before)
			oneLine(t, err)
			return
		}
		var again everything
		roundTrip(t, state, &again)
		wantSame(t, again, state)
	})
}

func BenchmarkCheckpoint(b *testing.B) {
	e := entry(b, open(b), "seed1")
	type state struct{ W []float32 }
	in := state{make([]float32, 1_500_000)}
	b.SetBytes(int64(4 * len(in.W)))
	for b.Loop() {
		must(b, e.SaveCheckpoint(in, sampleMeta()))
		var out state
		if _, ok, warning := e.LoadCheckpoint(&out, nil); !ok {
			b.Fatal(warning)
		}
	}
}
