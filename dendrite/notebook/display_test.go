package notebook

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/janpfeifer/gonb/gonbui"

	"microcircuits/dendrite/chart"
	"microcircuits/dendrite/notebook/names"
)

// A recorder is a sender that stores what it gets.
type recorder struct {
	mu   sync.Mutex
	sent []sentBundle
}

type sentBundle struct {
	bundle, metadata map[string]any
	id               string
}

func (r *recorder) send(bundle, metadata map[string]any, id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sent = append(r.sent, sentBundle{bundle, metadata, id})
}

// inNotebook makes this program look like a cell for one test.
func inNotebook(t *testing.T, headless string) {
	t.Helper()
	before := gonbui.IsNotebook
	gonbui.IsNotebook = true
	t.Cleanup(func() { gonbui.IsNotebook = before })
	t.Setenv(names.HeadlessEnv, headless)
}

func TestScriptsAreSentOncePerKernel(t *testing.T) {
	inNotebook(t, "")
	dir := t.TempDir()
	var r recorder
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { loadCharts(r.send, dir) })
	}
	wg.Wait()
	loadCharts(r.send, dir)
	if len(r.sent) != 1 {
		t.Fatalf("scripts were sent %d times, want 1", len(r.sent))
	}
	if page := r.sent[0].bundle["text/html"].(string); !strings.Contains(page, "__dendriteECharts") || strings.Count(page, "<script>") != 2 {
		t.Error("the wrong text was sent")
	}
	if diff := cmp.Diff(map[string]any{"dendrite": map[string]any{"role": "echarts"}}, r.sent[0].metadata); diff != "" {
		t.Error(diff)
	}
	loadCharts(r.send, t.TempDir()) // another kernel
	if len(r.sent) != 2 {
		t.Errorf("a second kernel got no scripts")
	}
	loadCharts(r.send, filepath.Join(dir, "missing")) // the script is sent although no marker can be written
	if len(r.sent) != 3 {
		t.Errorf("no scripts sent when the marker cannot be written")
	}
}

func TestHeadlessSendsNoScripts(t *testing.T) {
	inNotebook(t, "1")
	dir := t.TempDir()
	var r recorder
	loadCharts(r.send, dir)
	if files, err := os.ReadDir(dir); len(r.sent) != 0 || err != nil || len(files) != 0 {
		t.Errorf("headless: %d bundles sent, files %v, %v", len(r.sent), files, err)
	}
	if Interactive() || !InGoNB() {
		t.Error("headless in a notebook: want InGoNB and not Interactive")
	}
}

func TestBundles(t *testing.T) {
	c := chart.Lines(chart.LinesSpec{Title: "Title", Alt: "what it shows", Curves: []chart.Curve{{X: []float64{1}, Y: []float64{2}}}})
	for _, item := range []any{c, *c} {
		b := bundleOf(item)
		if b["text/plain"] != "Title" || !strings.Contains(b["text/html"].(string), c.ID) {
			t.Errorf("bundle of a chart: %v", b)
		}
		if _, ok := portable(chart.MIME, b[chart.MIME]).(map[string]any); !ok {
			t.Errorf("the chart's JSON is a %T", b[chart.MIME])
		}
	}
	for _, test := range []struct {
		item any
		want map[string]any
	}{
		{42, map[string]any{"text/plain": "42"}},
		{errors.New("broken <b>"), map[string]any{"text/plain": "broken <b>"}},
		{Markdown("*a*"), map[string]any{"text/plain": "*a*", "text/markdown": "*a*"}},
		{raw{"application/x+json": 1}, map[string]any{"application/x+json": 1}},
	} {
		if diff := cmp.Diff(test.want, bundleOf(test.item)); diff != "" {
			t.Errorf("%v: %s", test.item, diff)
		}
	}
	// Other types are converted to plain JSON for the pipe.
	type own struct {
		A []int `json:"a"`
	}
	if diff := cmp.Diff(map[string]any{"a": []any{1.0, 2.0}}, portable("x", own{[]int{1, 2}})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]any{"b": nil}, portable("x", json.RawMessage(`{"b":null}`))); diff != "" {
		t.Error(diff)
	}
}

func TestPlainOutput(t *testing.T) {
	var buf bytes.Buffer
	printPlain(&buf, bundleOf(chart.Lines(chart.LinesSpec{Title: "Title", Alt: "what it shows"})))
	printPlain(&buf, bundleOf(Table{Header: []string{"a"}, Rows: [][]string{{"1"}}}))
	printPlain(&buf, bundleOf(Markdown("**m**")))
	printPlain(&buf, map[string]any{"image/png": "..."})
	if got, want := buf.String(), "[figure] Title\nwhat it shows\na\n-\n1\n**m**\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTable(t *testing.T) {
	table := Table{Title: "T <i>", Header: []string{"name", "value"}, Align: []Align{Left, Right},
		Rows: [][]string{{"λ_I", "0.1"}, {"<script>", "12"}}, Notes: []string{"a & b"}}
	want := "T <i>\nname      value\n--------  -----\nλ_I         0.1\n<script>     12\na & b"
	if got := table.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	page := table.HTML()
	if strings.Contains(page, "<script>") || strings.Contains(page, "<i>") || !strings.Contains(page, "&lt;script&gt;") || !strings.Contains(page, "a &amp; b") {
		t.Errorf("not escaped: %s", page)
	}
	if n := strings.Count(page, "text-align:right"); n != 3 {
		t.Errorf("%d right-aligned cells, want 3", n)
	}
	zeros := Table{Header: []string{"x"}, Rows: [][]string{{"-0.00"}, {"-0"}, {"-0.01"}, {"-"}, {"--"}}}
	if got, want := zeros.String(), "x\n-----\n0.00\n0\n-0.01\n-\n--"; got != want || strings.Contains(zeros.HTML(), "-0.00") {
		t.Errorf("got %q, want %q", got, want)
	}
	defer func() {
		if got, want := recover(), `notebook: table "x": row 1 has 1 cells, want 2`; got != want {
			t.Errorf("panic %v, want %v", got, want)
		}
	}()
	_ = Table{Title: "x", Header: []string{"a", "b"}, Rows: [][]string{{"1", "2"}, {"3"}}}.HTML()
}

// A clock returns a time that the test sets.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func TestProgressInCell(t *testing.T) {
	var r recorder
	c := &clock{time.Unix(1000, 0)}
	p := newProgress("MNIST <5>", &cellOutput{send: r.send, id: "id"}, c.now)
	for i := range 1000 { // one second of reports
		c.at = c.at.Add(time.Millisecond)
		p.Update(float64(i)/2000, "epoch 1")
		p.Point("test <error>", float64(i), 1/float64(i+1))
		p.Point("nan", float64(i), math.NaN())
	}
	if n := len(r.sent); n < 4 || n > 6 {
		t.Errorf("%d pictures in a second, want about 5", n)
	}
	c.at = c.at.Add(time.Second)
	p.Update(0.5, "epoch 2")
	last := r.sent[len(r.sent)-1]
	page := last.bundle["text/html"].(string)
	for _, want := range []string{`value="0.500"`, "50 %, 2.0 s left, epoch 2", "<polyline", "MNIST &lt;5&gt;", "test &lt;error&gt;"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in %s", want, page)
		}
	}
	if strings.Contains(page, "<error>") || strings.Contains(strings.SplitN(page, "<svg", 2)[1][:strings.Index(page, "</svg>")-strings.Index(page, "<svg")], "NaN") || len(page) > 9000 {
		t.Errorf("unescaped, NaN or too long (%d bytes)", len(page))
	}
	p.Done("error 2 %")
	p.Done("again")
	p.Update(0.9, "late")
	last = r.sent[len(r.sent)-1]
	if got := last.bundle["text/plain"]; got != "MNIST <5>: done in 2.0 s, error 2 %" || last.id != "id" {
		t.Errorf("last line %q of display %q", got, last.id)
	}
	if diff := cmp.Diff(map[string]any{"dendrite": map[string]any{"role": "progress"}}, last.metadata); diff != "" {
		t.Error(diff)
	}
}

func TestProgressOfResumedRun(t *testing.T) {
	c := &clock{time.Unix(1000, 0)}
	var buf bytes.Buffer
	p := newProgress("run", &logOutput{w: &buf}, c.now)
	p.Update(0.8, "resumed")
	c.at = c.at.Add(10 * time.Second)
	p.Update(0.9, "continuing")
	c.at = c.at.Add(10 * time.Second)
	p.Fail(errors.New("disk full"))
	want := "run: 80 %, resumed\nrun: 90 %, 10 s left, continuing\nrun: stopped in 20 s, disk full\n"
	if buf.String() != want {
		t.Errorf("got %q, want %q", buf.String(), want)
	}
}

// Results that are found after the first report took no time in this run.
func TestProgressWithResultsFoundLater(t *testing.T) {
	c := &clock{time.Unix(1000, 0)}
	var buf bytes.Buffer
	p := newProgress("run", &logOutput{w: &buf}, c.now)
	p.Update(0, "first job")
	c.at = c.at.Add(10 * time.Second)
	p.Before(0.8) // four jobs of ten were found, and checkpoints of others
	p.Update(0.9, "first job")
	if want := "run: 0 %, first job\nrun: 90 %, 10 s left, first job\n"; buf.String() != want {
		t.Errorf("got %q, want %q", buf.String(), want)
	}
}

func TestProgressElsewhere(t *testing.T) {
	c := &clock{time.Unix(1000, 0)}
	var log, terminal bytes.Buffer
	var r recorder
	for _, out := range []output{&logOutput{w: &log}, terminalOutput{&terminal}, finalOutput{r.send, ""}} {
		p := newProgress("run", out, c.now)
		for i := range 6000 { // ten minutes
			c.at = c.at.Add(100 * time.Millisecond)
			p.Update(float64(i)/6000, "x")
		}
		p.Done("")
	}
	if n := strings.Count(log.String(), "\n"); n < 20 || n > 35 {
		t.Errorf("%d lines of log in ten minutes", n)
	}
	if text := terminal.String(); strings.Count(text, "\n") != 1 || !strings.HasSuffix(text, "\r\x1b[Krun: done in 10 min\n") {
		t.Errorf("the terminal output ends with %q", text[len(text)-60:])
	}
	if len(r.sent) != 1 || r.sent[0].bundle["text/plain"] != "run: done in 10 min" || r.sent[0].id != "" {
		t.Errorf("headless: %v", r.sent)
	}
}

func TestLiveCurveIsBounded(t *testing.T) {
	var c curves
	for i := range 100000 {
		c.add("a", float64(i), float64(i))
	}
	if n := len(c.x["a"]); n > maxCurve || n < maxCurve/4 || len(c.y["a"]) != n {
		t.Errorf("%d points kept", n)
	}
}

// A headless run writes its progress to a file.
func TestHeadlessStateFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state")
	now := time.Unix(0, 0)
	p := newProgress("MNIST", finalOutput{func(map[string]any, map[string]any, string) {}, file}, func() time.Time { return now })
	p.Update(0, "epoch 1")
	now = now.Add(10 * time.Second)
	p.Update(0.25, "epoch 2")
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if want := "25 %, 30 s left, epoch 2"; string(got) != want {
		t.Errorf("state %q, want %q", got, want)
	}
}
