//go:build long

package front

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"microcircuits/kernel/gonb"
	"microcircuits/kernel/internal/wire"
	"microcircuits/kernel/ipynb"
)

// BenchmarkCell measures how long a reader waits for a cell that only shows a line, in a
// warm kernel. It runs the cell through the front, in GoNB without the front, and in GoNB
// whose programs have information for debuggers, in turn, and reports medians and the times
// that nine of ten cells do not exceed, in ms. Stock GoNB takes longer than all three: it
// also uses cgo and runs go get.
//
//	go test -tags long -run '^$' -bench '^BenchmarkCell' -benchtime 30x ./kernel/front
func BenchmarkCell(b *testing.B) {
	b.Setenv("TMPDIR", b.TempDir())
	through, end := benchFront(b)
	defer end()
	kernels := []struct {
		name    string
		session *gonb.Session
		took    []float64
	}{{"front", through, nil}, {"gonb", benchGoNB(b), nil}, {"debug", benchGoNB(b, "GOFLAGS="), nil}}
	for range 3 { // fill the build cache
		for _, k := range kernels {
			runHello(b, k.session)
		}
	}
	for b.Loop() {
		for i, k := range kernels {
			kernels[i].took = append(k.took, runHello(b, k.session))
		}
	}
	for _, k := range kernels {
		b.ReportMetric(quantile(k.took, 0.5), k.name+"-ms")
		b.ReportMetric(quantile(k.took, 0.9), k.name+"-p90-ms")
	}
}

// BenchmarkFirstCell measures the same cell as the first one of a kernel, sent as soon as
// the kernel answers, and sent five seconds later.
//
//	go test -tags long -run '^$' -bench '^BenchmarkFirstCell' -benchtime 10x ./kernel/front
func BenchmarkFirstCell(b *testing.B) {
	for name, wait := range map[string]time.Duration{"at-once": 0, "after-5s": 5 * time.Second} {
		b.Run(name, func(b *testing.B) {
			b.Setenv("TMPDIR", b.TempDir())
			var took []float64
			for b.Loop() {
				s, end := benchFront(b)
				time.Sleep(wait)
				took = append(took, runHello(b, s))
				end()
			}
			b.ReportMetric(quantile(took, 0.5), "median-ms")
			b.ReportMetric(quantile(took, 0.9), "p90-ms")
		})
	}
}

// runHello runs a cell that shows a line, another one each time, because a program that
// was built before is not built again. It returns how long the cell took, in ms.
func runHello(b *testing.B, s *gonb.Session) float64 {
	b.Helper()
	s.Quiet = 0
	line := "hello " + wire.NewID()
	code := fmt.Sprintf("import \"microcircuits/dendrite\"\n%%%%\ndendrite.Markdown(%q)", line)
	start, shown := time.Now(), false
	reply, err := s.Relay(b.Context(), "execute_request", executeContent(code), func(m *wire.Message) {
		shown = shown || m.Header.Type == ipynb.DisplayData && strings.Contains(string(m.Content), line)
	})
	if err != nil || !shown {
		b.Fatalf("the cell shows nothing: %v %v", err, reply)
	}
	return time.Since(start).Seconds() * 1000
}

// benchFront starts a front and returns a connection to it when it answers.
func benchFront(b *testing.B) (s *gonb.Session, end func()) {
	b.Helper()
	conn, file := connection(b)
	ctx, cancel := context.WithCancel(b.Context())
	served := make(chan error, 1)
	f := &Front{Options: gonb.Options{Root: benchRoot(b), Dir: b.TempDir()}}
	go func() { served <- f.Serve(ctx, file, make(chan os.Signal)) }()
	return attach(b, conn), func() {
		cancel()
		if err := <-served; err != nil {
			b.Error(err)
		}
	}
}

// benchGoNB starts GoNB alone.
func benchGoNB(b *testing.B, env ...string) *gonb.Session {
	b.Helper()
	s, err := gonb.Start(b.Context(), gonb.Options{Root: benchRoot(b), Dir: b.TempDir(), Env: env})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(s.Close)
	return s
}

func benchRoot(b *testing.B) string {
	dir, err := filepath.Abs("../..")
	if err != nil {
		b.Fatal(err)
	}
	return dir
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
	b.ReportMetric(quantile(took, 0.5), "ready-ms")
}

// quantile returns the value that a share of the values do not exceed.
func quantile(values []float64, share float64) float64 {
	slices.Sort(values)
	return values[min(int(share*float64(len(values))), len(values)-1)]
}
