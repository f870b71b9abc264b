//go:build long

package jupyter

import (
	"context"
	"os"
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

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}
