//go:build long

package front

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"microcircuits/kernel/gonb"
	"microcircuits/kernel/internal/wire"
)

// BenchmarkCell measures the time that the front adds to a cell. It runs the same
// cell through the front and in GoNB alone, alternately, and reports medians in ms.
//
//	go test -tags long -run '^$' -bench Cell -benchtime 100x ./kernel/front
func BenchmarkCell(b *testing.B) {
	b.Setenv("TMPDIR", b.TempDir())
	dir, err := filepath.Abs("../..")
	if err != nil {
		b.Fatal(err)
	}
	bare, err := gonb.Start(b.Context(), gonb.Options{Root: dir, Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer bare.Close()
	conn, file := connection(b)
	ctx, cancel := context.WithCancel(b.Context())
	startFront := make(chan error, 1)
	f := &Front{Options: gonb.Options{Root: dir, Dir: b.TempDir()}}
	go func() { startFront <- f.Serve(ctx, file, make(chan os.Signal)) }()
	defer func() {
		cancel()
		if err := <-startFront; err != nil {
			b.Error(err)
		}
	}()
	through := attach(b, conn)
	took := map[*gonb.Session][]float64{}
	run := func(s *gonb.Session) {
		s.Quiet = 0
		start := time.Now()
		if _, err := s.Relay(b.Context(), "execute_request", executeContent("%%\nfmt.Println(1)"), func(*wire.Message) {}); err != nil {
			b.Fatal(err)
		}
		took[s] = append(took[s], time.Since(start).Seconds()*1000)
	}
	for range 3 { // fill the build cache
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

// BenchmarkReady measures the time from the start of the installed launcher until the
// kernel answers, with everything built.
//
//	go test -tags long -run '^$' -bench Ready -benchtime 20x ./kernel/front
func BenchmarkReady(b *testing.B) {
	b.Setenv("TMPDIR", b.TempDir())
	program := launcher(b)
	var took []float64
	start := func() {
		conn, file := connection(b)
		begun := time.Now()
		p := launch(b, "../../notebooks", io.Discard, conn, program, "launch", file)
		took = append(took, time.Since(begun).Seconds()*1000)
		p.stop(b)
	}
	start() // builds the kernel if necessary
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
