//go:build long

package gonb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"microcircuits/dendrite/notebook/names"
	"microcircuits/kernel/internal/wire"
	"microcircuits/kernel/ipynb"
)

func start(t *testing.T, o Options) *Session {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir()) // an empty folder, to find files that were not removed
	o.Root = root(t)
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	o.Env = append(o.Env, names.HeadlessEnv+"=1")
	s, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		group := s.proc.cmd.Process.Pid
		s.Close()
		nothingLeft(t, os.Getenv("TMPDIR"), group)
	})
	return s
}

func run(t *testing.T, s *Session, code string, limit time.Duration) *Result {
	t.Helper()
	r, err := s.Execute(t.Context(), code, limit)
	if err != nil {
		t.Fatalf("%v\n%s", err, code)
	}
	return r
}

func streams(r *Result, name string) string {
	var b strings.Builder
	for _, o := range r.Outputs() {
		if o.Type == ipynb.Stream && o.Name == name {
			b.WriteString(o.Text)
		}
	}
	return b.String()
}

func TestCells(t *testing.T) {
	s := start(t, Options{})

	r := run(t, s, "%%\nfmt.Println(1+1)\nfmt.Print(\"10%\\r20%\\r\\n\")", 0)
	if r.Status != OK || streams(r, "stdout") != "2\n20%\n" {
		t.Errorf("print: %s, %q", r.Status, streams(r, "stdout"))
	}
	if r.ExecutionCount == 0 {
		t.Error("no execution count")
	}

	// Later cells can use declarations. The project's packages and dependencies
	// compile without network, and goimports adds their imports.
	run(t, s, "func double(x float64) float64 { return 2 * x }", 0)
	r = run(t, s, "import \"microcircuits/kernel/ipynb\"\n%%\nfmt.Print(double(stat.Mean([]float64{1, 2}, nil)), ipynb.Code)", 0)
	if r.Status != OK || streams(r, "stdout") != "3code" && streams(r, "stdout") != "3 code" {
		t.Errorf("project package: %s, %q %q", r.Status, streams(r, "stdout"), streams(r, "stderr"))
	}

	// A failing cell shows the reason, and the next cell runs.
	r = run(t, s, "%%\nvar x int = \"no\"", 0)
	if r.Status != Failed || !strings.Contains(fmt.Sprint(r.EValue, traceback(r)), "cannot use") {
		t.Errorf("compile error: %s, %q %q", r.Status, r.EValue, traceback(r))
	}
	r = run(t, s, "%%\npanic(\"boom\")", 0)
	if r.Status != Failed || !strings.Contains(streams(r, "stderr"), "boom") {
		t.Errorf("panic: %s, %q", r.Status, streams(r, "stderr"))
	}

	// Only the last state of an updated display remains.
	r = run(t, s, `%%
id := "p_" + gonbui.UniqueId()
for i := range 5 {
	gonbui.UpdateHTML(id, fmt.Sprint("step ", i))
}
gonbui.Sync()`, 0)
	outputs := r.Outputs()
	if len(outputs) != 1 {
		t.Fatalf("%d outputs of one display", len(outputs))
	}
	if html, _ := outputs[0].TextOf("text/html"); html != "step 4" {
		t.Errorf("display shows %q", html)
	}

	// A request for input gets an empty line and does not block.
	r = run(t, s, "%%\ngonbui.RequestInput(\"name?\", false)\nvar line string\nn, _ := fmt.Scanln(&line)\nfmt.Println(n, line)", 20*time.Second)
	if r.Status != OK || streams(r, "stdout") != "0 \n" {
		t.Errorf("input: %s, %q", r.Status, streams(r, "stdout"))
	}
}

func traceback(r *Result) string {
	for _, o := range r.Outputs() {
		if o.Type == ipynb.ErrorOutput {
			return strings.Join(o.Traceback, "\n")
		}
	}
	return ""
}

// endWhenShown returns a context that ends when a cell of the session has printed
// text, or after two minutes.
func endWhenShown(ctx context.Context, s *Session, text string) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	printed := func() bool {
		for _, e := range s.running {
			for _, o := range e.result.outputs {
				if o.Type == ipynb.Stream && strings.Contains(o.Text, text) {
					return true
				}
			}
		}
		return false
	}
	go func() {
		defer cancel()
		for ctx.Err() == nil && !s.locked(printed) {
			time.Sleep(10 * time.Millisecond)
		}
	}()
	return ctx, cancel
}

func TestTimeout(t *testing.T) {
	s := start(t, Options{})
	// The time limit of a cell is the moment when it has printed text.
	overtime := func(code, text string) *Result {
		s.limited = func(ctx context.Context, _ time.Duration) (context.Context, context.CancelFunc) {
			return endWhenShown(ctx, s, text)
		}
		return run(t, s, code, time.Hour)
	}
	r := overtime("%%\nfmt.Println(\"endless\")\nfor { time.Sleep(time.Second) }", "endless")
	if r.Status != Timeout || !strings.Contains(streams(r, "stdout"), "endless") {
		t.Errorf("endless: %s, %q", r.Status, streams(r, "stdout"))
	}
	// The kernel still runs cells after the interrupt.
	if r = run(t, s, "%%\nfmt.Print(7)", 0); r.Status != OK || streams(r, "stdout") != "7" {
		t.Errorf("after the timeout: %s %q", r.Status, streams(r, "stdout"))
	}
	// A cell that ignores the interrupt is killed by GoNB.
	r = overtime("%%\nsignal.Ignore(os.Interrupt)\nfmt.Println(\"ignores\")\nfor { time.Sleep(time.Second) }", "ignores")
	if r.Status != Timeout || !strings.Contains(streams(r, "stdout"), "ignores") {
		t.Errorf("cell that ignores the interrupt: %s, %q", r.Status, streams(r, "stdout"))
	}
	// A widget waits forever, because there is no browser. This is the last check,
	// because GoNB v0.11.4 may crash afterwards (send on a closed channel).
	r = overtime("%%\nfmt.Println(\"widget\")\nwidgets.Button(\"ok\").Done()", "widget")
	if r.Status != Timeout || !strings.Contains(streams(r, "stdout"), "widget") {
		t.Errorf("widget: %s, %q %q", r.Status, streams(r, "stdout"), streams(r, "stderr"))
	}
}

func TestCancel(t *testing.T) {
	s := start(t, Options{})
	ctx, cancel := endWhenShown(t.Context(), s, "begun")
	defer cancel()
	r, err := s.Execute(ctx, "%%\nfmt.Println(\"begun\")\nfor { time.Sleep(time.Second) }", 0)
	if !errors.Is(err, context.Canceled) || !strings.Contains(streams(r, "stdout"), "begun") {
		t.Errorf("%v, %q", err, streams(r, "stdout"))
	}
}

// Displays without Sync may come after the cell's idle status, or be lost by
// GoNB. Each is larger than a pipe's buffer.
func TestLateDisplays(t *testing.T) {
	s := start(t, Options{})
	run(t, s, "import \"strings\"\nvar big = strings.Repeat(\"x\", 2<<20)", 0)
	var results []*Result
	for i := range 60 {
		results = append(results, run(t, s, fmt.Sprintf("%%%%\ngonbui.DisplayHTML(big + \"%d\")", i), 0))
	}
	early := 0
	for _, r := range results {
		early += len(r.Outputs())
	}
	s.Close()
	for i, r := range results {
		outputs := r.Outputs()
		if len(outputs) != 1 {
			t.Errorf("cell %d has %d outputs, want 1", i, len(outputs))
			continue
		}
		if html, _ := outputs[0].TextOf("text/html"); !strings.HasSuffix(html, fmt.Sprint("x", i)) || len(html) < 2<<20 {
			t.Errorf("cell %d shows %d bytes of another cell", i, len(html))
		}
	}
	t.Logf("%d of 60 displays arrived before the next cell started", early)
}

func TestKilledKernel(t *testing.T) {
	s := start(t, Options{})
	begun, cancel := endWhenShown(t.Context(), s, "begun")
	defer cancel()
	go func() {
		<-begun.Done()
		_ = s.proc.cmd.Process.Kill()
	}()
	_, err := s.Execute(t.Context(), "%%\nfmt.Println(\"begun\")\nfor { time.Sleep(time.Second) }", 0)
	if err == nil || !strings.Contains(err.Error(), "ended unexpectedly (signal: killed)") {
		t.Errorf("got %v", err)
	}
}

// startStock starts GoNB as users of plain GoNB do: no workspace, the user's own Go
// settings, unchanged cells.
func startStock(t *testing.T, dir string) *Session {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir())
	tools, err := FindTools(t.Context(), root(t))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := wire.NewConnection()
	if err != nil {
		t.Fatal(err)
	}
	tmp := newTempDir()
	file := filepath.Join(tmp, "kernel-"+wire.NewID()+".json")
	prepare := func() error {
		return errors.Join(conn.WriteFile(file),
			os.Symlink(tools.GoNB, filepath.Join(tmp, "gonb")), os.Symlink(tools.Goimports, filepath.Join(tmp, "goimports")))
	}
	env := append(os.Environ(), "PATH="+tmp+string(filepath.ListSeparator)+os.Getenv("PATH"))
	p, err := startProcess(tmp, prepare, dir, env, io.Discard, tools.GoNB, "--kernel", file, "--raw_error")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.stop(0) })
	s, err := Attach(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// A whole notebook runs in plain GoNB, without our workspace and environment: its
// first cell is enough.
func TestStock(t *testing.T) {
	dir := filepath.Join(root(t), "notebooks")
	t.Setenv("DENDRITE_STORE", t.TempDir())
	nb, err := ipynb.ReadFile(filepath.Join(dir, "1-self-prediction.ipynb"))
	if err != nil {
		t.Fatal(err)
	}
	if err := ipynb.Inject(nb, map[string]string{"seeds": "1", "patterns": "200"}, nil); err != nil {
		t.Fatal(err)
	}
	s := startStock(t, dir)
	charts := 0
	for _, c := range nb.Cells {
		if c.Type != ipynb.Code {
			continue
		}
		r := run(t, s, c.Source, 0)
		if r.Status != OK {
			t.Fatalf("cell %s: %s\n%s%s", c.ID, r.Status, streams(r, "stderr"), traceback(r))
		}
		for _, o := range r.Outputs() {
			if _, ok := o.Data["application/vnd.dendrite.chart+json"]; ok {
				charts++
			}
		}
	}
	if charts == 0 {
		t.Error("no chart was shown")
	}
}

// A kernel that ends at once is started again. This can happen when another program
// has taken its port.
func TestStartTriesAgain(t *testing.T) {
	tools, err := FindTools(t.Context(), root(t))
	if err != nil {
		t.Fatal(err)
	}
	once := filepath.Join(t.TempDir(), "gonb")
	script := fmt.Sprintf("#!/bin/sh\n[ -e '%s.tried' ] || { touch '%s.tried'; exit 1; }\nexec '%s' \"$@\"\n", once, once, tools.GoNB)
	if err := os.WriteFile(once, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	tools.GoNB = once
	s := start(t, Options{Tools: tools})
	if r := run(t, s, "!echo hi", 0); streams(r, "stdout") != "hi\n" {
		t.Errorf("got %q", streams(r, "stdout"))
	}
}
