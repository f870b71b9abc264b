//go:build long

package main

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"microcircuits/dendrite/experiment"
	"microcircuits/dendrite/figure"
	"microcircuits/dendrite/record"
	"microcircuits/dendrite/runstore"
	"microcircuits/kernel/ipynb"
)

// smallDisk is a disk of 2 MB.
type smallDisk struct{ dir string }

func mountDisk(t *testing.T) smallDisk {
	t.Helper()
	disk := smallDisk{t.TempDir()}
	err := syscall.Mount("tmpfs", disk.dir, "tmpfs", 0, "size=2m")
	if errors.Is(err, fs.ErrPermission) {
		t.Skip("not checked: a full disk, because this user may not mount a tmpfs")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk.dir, 0); err != nil {
			t.Error(err)
		}
	})
	return disk
}

const filler = "filler"

// fill fills the disk until it has at most this number of bytes left.
func (d smallDisk) fill(t *testing.T, left int64) {
	t.Helper()
	var stat syscall.Statfs_t
	if err := syscall.Statfs(d.dir, &stat); err != nil {
		t.Fatal(err)
	}
	size := int64(stat.Bavail)*stat.Bsize - left
	if err := os.WriteFile(filepath.Join(d.dir, filler), make([]byte, size), 0o600); err != nil {
		t.Fatal(err)
	}
}

// free removes what fill has written.
func (d smallDisk) free(t *testing.T) {
	t.Helper()
	if err := os.Remove(filepath.Join(d.dir, filler)); err != nil {
		t.Fatal(err)
	}
}

// files returns the contents of the other files on the disk.
func (d smallDisk) files(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(d.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || e.Name() == filler {
			return err
		}
		data, err := os.ReadFile(path)
		all[path] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// wantUnchanged fails unless the disk has the files that it had before, and no other one.
func (d smallDisk) wantUnchanged(t *testing.T, before map[string]string) {
	t.Helper()
	now := d.files(t)
	for path, text := range before {
		if now[path] != text {
			t.Errorf("%s has changed: %d bytes, before %d", path, len(now[path]), len(text))
		}
		delete(now, path)
	}
	for path := range now {
		t.Errorf("%s is new", path)
	}
}

// noSpace are the numbers of free bytes with which the tests are done: none, and enough
// for a part of what is written.
var noSpace = []int64{0, 8 << 10}

// A run whose result and checkpoints cannot be stored is shown all the same, with one
// warning. What was stored before remains. When there is space again, the run continues
// from its last checkpoint.
func TestRunOnFullDisk(t *testing.T) {
	disk := mountDisk(t)
	store, err := runstore.Open(disk.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, left := range noSpace {
		changes := experiment.Changes{"Patterns": 1200, "Sigma": float64(left) / 1e5} // checkpoints after 500 and 1000
		var warnings []string
		run := func(ctx context.Context, progress func(experiment.Progress)) (*record.Record, error) {
			warnings = nil
			return figure.SelfPrediction.RunSmall(ctx, experiment.Env{Store: store, Progress: progress, Warn: func(text string) { warnings = append(warnings, text) }}, changes)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		if _, err := run(ctx, func(experiment.Progress) {
			if len(checkpoints(t, store)) > 0 {
				cancel()
			}
		}); !errors.Is(err, context.Canceled) {
			t.Fatalf("%v, want an interruption", err)
		}
		checkpoint := checkpoints(t, store)
		before := disk.files(t)
		disk.fill(t, left)
		shown, err := run(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		disk.wantUnchanged(t, before)
		if len(warnings) != 1 || strings.Contains(warnings[0], "\n") {
			t.Fatalf("warnings %q, want one line", warnings)
		}
		for _, want := range []string{checkpoint[0], "no space left on device", "free space", runstore.DirVariable} {
			if !strings.Contains(warnings[0], want) {
				t.Errorf("the warning lacks %q: %s", want, warnings[0])
			}
		}
		if !strings.HasPrefix(shown.Provenance.Unstored, "not stored: 1 of 1 result,") || len(shown.Provenance.Runs) > 0 {
			t.Errorf("not stored: %q, runs %v", shown.Provenance.Unstored, shown.Provenance.Runs)
		}
		disk.free(t)
		resumed := false
		stored, err := run(t.Context(), func(p experiment.Progress) { resumed = resumed || p.Before > 0 })
		if err != nil || len(warnings) > 0 {
			t.Fatalf("with space: %v, warnings %q", err, warnings)
		}
		if !resumed || len(stored.Provenance.Runs) != 1 || stored.Provenance.Unstored != "" {
			t.Errorf("with space: resumed %v, runs %v, not stored: %q", resumed, stored.Provenance.Runs, stored.Provenance.Unstored)
		}
		for i, claim := range stored.Claims {
			if other := shown.Claims[i]; claim.OursText() != other.OursText() {
				t.Errorf("%s: %s when it was stored, %s when it was not", claim.ID, claim.OursText(), other.OursText())
			}
		}
	}
}

// checkpoints returns the runs that have a checkpoint.
func checkpoints(t *testing.T, store *runstore.Store) (names []string) {
	t.Helper()
	infos, err := store.List()
	if err != nil {
		t.Fatal(err)
	}
	for _, info := range infos {
		if info.Checkpoint {
			names = append(names, info.Name)
		}
	}
	return names
}

// Executed notebooks, reports and CSV files that do not fit on the disk leave the older
// files as they were. The error names the file and what to do; the notebook that was
// executed is kept elsewhere.
func TestFilesOnFullDisk(t *testing.T) {
	disk := mountDisk(t)
	run := selfPredictions(t)
	root := smallClone(t)
	path := notebook(t, filepath.Join(root, "notebooks"), "1-text", "var lines = 2", "%%\nfmt.Println(strings.Repeat(\"a long line\\n\", 2000*lines))")
	executed, page := filepath.Join(disk.dir, "1-text.ipynb"), filepath.Join(disk.dir, "1-text.html")
	csv := filepath.Join(t.TempDir(), "csv")
	for _, args := range [][]string{{"reproduce", "--reports", disk.dir}, {"runs", "export", run, "--out", csv}} {
		if code, _, errOut := call(t, args...); code != 0 {
			t.Fatalf("%v with space: exit status %d\n%s", args, code, errOut)
		}
	}
	before := disk.files(t)
	for _, left := range noSpace {
		disk.fill(t, left)
		for _, c := range []struct {
			args []string
			file string // that cannot be written
		}{
			{[]string{"run", path, "-p", "lines=3", "--out", executed}, executed},
			{[]string{"report", executed}, page},
			{[]string{"reproduce", "--reports", disk.dir, "--force"}, executed},
		} {
			code, _, errOut := call(t, c.args...)
			want := c.file + " cannot be written: no space left on device: free space, or choose a folder on another disk"
			if code != 1 || strings.Count(errOut, want) != 1 {
				t.Errorf("%v: exit status %d\n%swant one line with %s", c.args, code, errOut, want)
			}
			disk.wantUnchanged(t, before)
			if c.file != executed {
				continue
			}
			_, kept, _ := strings.Cut(errOut, "the executed notebook is in ")
			kept, _, _ = strings.Cut(kept, "\n")
			nb, err := ipynb.ReadFile(kept)
			if err != nil {
				t.Fatal(err)
			}
			if last := nb.Cells[len(nb.Cells)-1].Outputs; len(last) != 1 || !strings.HasPrefix(last[0].Text, "a long line\n") {
				t.Errorf("%v: %s has other outputs: %.100v", c.args, kept, last)
			}
			if err := os.RemoveAll(filepath.Dir(kept)); err != nil {
				t.Error(err)
			}
		}
		disk.free(t)
	}
	disk.fill(t, noSpace[1])
	out := filepath.Join(disk.dir, "csv")
	if code, _, errOut := call(t, "runs", "export", run, "--out", out); code != 1 || !strings.Contains(errOut, "no space left on device: free space") {
		t.Errorf("export: exit status %d\n%s", code, errOut)
	}
	for name, text := range disk.files(t) {
		if filepath.Dir(name) != out {
			continue
		}
		whole, err := os.ReadFile(filepath.Join(csv, filepath.Base(name)))
		if err != nil || !bytes.Equal(whole, []byte(text)) {
			t.Errorf("%s is not whole: %d bytes of %d, %v", name, len(text), len(whole), err)
		}
	}
}
