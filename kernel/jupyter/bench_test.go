//go:build long

package jupyter

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// What the front adds to a cell: the same one through it and in bare GoNB, turn
// by turn, so that both see the same machine. The medians are reported in ms.
//
//	go test -tags long -run '^$' -bench Cell -benchtime 100x ./kernel/jupyter
func BenchmarkCell(b *testing.B) {
	b.Setenv("TMPDIR", b.TempDir())
	dir, err := filepath.Abs("../..")
	if err != nil {
		b.Fatal(err)
	}
	bare, err := Start(b.Context(), Options{Root: dir, Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer bare.Close()
	conn, err := NewConnection()
	if err != nil {
		b.Fatal(err)
	}
	file := filepath.Join(b.TempDir(), "connection.json")
	if err := conn.WriteFile(file); err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	served := make(chan error, 1)
	f := &Front{Options: Options{Root: dir, Dir: b.TempDir()}}
	go func() { served <- f.Serve(ctx, file, make(chan os.Signal)) }()
	defer func() {
		cancel()
		if err := <-served; err != nil {
			b.Error(err)
		}
	}()
	nobody, err := startProcess(newTempDir(), func() error { return nil }, b.TempDir(), os.Environ(), f.Options.log(), "sleep", "1000")
	if err != nil {
		b.Fatal(err)
	}
	through := newSession(nobody, conn)
	defer through.Close()
	if err := through.connect(b.Context()); err != nil {
		b.Fatal(err)
	}
	took := map[*Session][]float64{}
	run := func(s *Session) {
		s.quiet = 0
		start := time.Now()
		if _, err := s.Relay(b.Context(), "execute_request", executeContent("%%\nfmt.Println(1)"), func(*Message) {}); err != nil {
			b.Fatal(err)
		}
		took[s] = append(took[s], time.Since(start).Seconds()*1000)
	}
	for range 3 { // until all is in the cache
		run(bare)
		run(through)
	}
	clear(took)
	for b.Loop() {
		run(bare)
		run(through)
	}
	b.ReportMetric(median(took[bare]), "bare-ms")
	b.ReportMetric(median(took[through]), "front-ms")
	b.ReportMetric(median(took[through])-median(took[bare]), "added-ms")
}

// How long Jupyter waits for a kernel: from the start of the installed launcher
// until the kernel answers, with everything built.
//
//	go test -tags long -run '^$' -bench Ready -benchtime 20x ./kernel/jupyter
func BenchmarkReady(b *testing.B) {
	b.Setenv("TMPDIR", b.TempDir())
	launcher := filepath.Join(b.TempDir(), "launch")
	if out, err := exec.Command("go", "build", "-o", launcher, "../launch").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	var took []float64
	start := func() {
		conn, err := NewConnection()
		if err != nil {
			b.Fatal(err)
		}
		begun := time.Now()
		tmp := newTempDir()
		file := filepath.Join(tmp, "kernel.json")
		p, err := startProcess(tmp, func() error { return conn.WriteFile(file) }, "../../notebooks", os.Environ(), io.Discard, launcher, "launch", file)
		if err != nil {
			b.Fatal(err)
		}
		s := newSession(p, conn)
		defer s.Close()
		if err := s.connect(b.Context()); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(begun).Seconds()*1000)
	}
	start() // builds the kernel, if need be
	took = nil
	for b.Loop() {
		start()
	}
	b.ReportMetric(median(took), "ready-ms")
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}
