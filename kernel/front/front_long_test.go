//go:build long

package front

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"microcircuits/kernel/gonb"
	"microcircuits/kernel/internal/wire"
	"microcircuits/kernel/ipynb"
)

// said is a cell's outputs in short.
func said(r *gonb.Result) string {
	var all []string
	for _, o := range r.Outputs() {
		switch o.Type {
		case ipynb.Stream:
			all = append(all, o.Name+": "+o.Text)
		case ipynb.ErrorOutput:
			all = append(all, "error: "+o.EName+": "+o.EValue+"\n"+strings.Join(o.Traceback, "\n"))
		default:
			text, _ := o.TextOf("text/plain")
			all = append(all, o.Type+": "+text)
		}
	}
	return strings.Join(all, "|")
}

func TestFrontCells(t *testing.T) {
	s := served(t, &Front{})
	for _, c := range []struct{ code, want string }{
		{"", ""},
		{"var lr = 0.5", ""},
		{"x := 2 * lr\nfmt.Println(x)", "stdout: 1\n"},
		{"2 * lr", "execute_result: 1"},
		{"%%\nfmt.Println(3)", "stdout: 3\n"},
		{"func half(x float64) float64 { return x / 2 }\nhalf(3)", "execute_result: 1.5"},
		{"func nothing() { fmt.Println(\"done\") }\nnothing()", "stdout: done\n"},
		{"nothing()", "stdout: done\n"},
		{"math.Sincos(0)", "execute_result: 0|execute_result: 1"},
		{"dendrite.Show(\"hello\")", "display_data: hello"},
		{"fmt.Fprintln(os.Stderr, \"oh\")", "stderr: oh\n"},
		{"lr;", "error: CompileError: lr (variable of type float64) is not used\ncell [12], line 1: lr (variable of type float64) is not used\n    lr;\n    ^"},
		{"x := 3\nfmt.Println(x, y)", "error: CompileError: undefined: y\ncell [13], line 2: undefined: y\n    fmt.Println(x, y)\n                   ^"},
		{"fmt.Println(\"before\")\npanic(\"boo\")", "stdout: before\n|error: panic: boo\npanic: boo\n\ngoroutine 1 [running]:\nmain.main()\n\tcell [14], line 2: panic(\"boo\")"},
		{"func fails() {\n\tpanic(\"boo\")\n}", ""},
		{"fails()", "error: panic: boo\npanic: boo\n\ngoroutine 1 [running]:\nmain.fails(...)\n\tcell [15], line 2: panic(\"boo\")\nmain.main()\n\tcell [16], line 1: fails()"},
		{"func nothing() int { return 7 }\nnothing()", "execute_result: 7"},
		{"é := 1\n\n\t_, é = é, 2\n\té + y2", "error: CompileError: undefined: y2\ncell [18], line 4: undefined: y2\n        é + y2\n            ^"},
		{"undefined1()", "error: CompileError: undefined: undefined1\ncell [19], line 1: undefined: undefined1\n    undefined1()\n    ^"},
		{"for {\n\tfmt.Println(1)", "error: SyntaxError: expected '}', found 'EOF'\ncell [20], line 2: expected '}', found 'EOF'\n        fmt.Println(1)\n                      ^"},
		{"os.Exit(3)", "error: Exit: the program ended with exit status 3\nthe program ended with exit status 3; what it said is above"},
		{"!echo hi", "stdout: hi\n"},
		{"!false", "stderr: exit status 1\n"},
	} {
		r, err := s.Execute(t.Context(), c.code, time.Minute)
		if err != nil {
			t.Fatalf("%q: %v", c.code, err)
		}
		if got := said(r); got != c.want {
			t.Errorf("%q gave %s\n%q, want\n%q", c.code, r.Status, got, c.want)
		}
	}
}

// What is printed and what is displayed comes as the cell does it.
func TestFrontOrder(t *testing.T) {
	s := served(t, &Front{})
	for stream, print := range map[string]string{"stdout": "fmt.Println(i)", "stderr": "fmt.Fprintln(os.Stderr, i)"} {
		var want []string
		for i := range 30 {
			want = append(want, fmt.Sprintf("%s: %d\n", stream, i), fmt.Sprintf("display_data: %d", i))
		}
		for range 5 {
			r := run(t, s, "for i := range 30 {\n\t"+print+"\n\tdendrite.Show(i)\n}", time.Minute)
			if said(r) != strings.Join(want, "|") {
				t.Errorf("got %q", said(r))
			}
			for _, o := range r.Outputs() {
				if len(o.Metadata) > 0 {
					t.Fatalf("a mark is left: %v", o.Metadata)
				}
			}
		}
	}
}

// While the packages are compiled a cell says so; nothing of it stays.
func TestFrontPrepares(t *testing.T) {
	s := served(t, &Front{patience: 1})
	var types []string
	if _, err := s.Relay(t.Context(), "execute_request", executeContent("!echo hi"), func(m *wire.Message) {
		types = append(types, m.Header.Type)
	}); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(types); got != "[execute_input display_data clear_output stream]" {
		t.Errorf("the first cell published %s", got)
	}
	s = served(t, &Front{patience: 1, History: t.TempDir()}) // no file: goes without a history
	if r := run(t, s, "!echo hi", 0); said(r) != "stdout: hi\n" {
		t.Errorf("of the first cell stays %q", said(r))
	}
}

func TestFrontAnswers(t *testing.T) {
	f := &Front{History: filepath.Join(t.TempDir(), "history.jsonl")}
	s := served(t, f)
	run(t, s, "1 + 1", 0)
	run(t, s, "var two = 2", 0)
	if got := fmt.Sprint(answerTo(t, s, "history_request", object{"hist_access_type": "tail", "n": 1})["history"]); got != "[[1 2 var two = 2]]" {
		t.Errorf("tail: %s", got)
	}
	if got := fmt.Sprint(answerTo(t, s, "history_request", object{"hist_access_type": "range", "session": 0, "start": 1, "stop": 2, "output": true})["history"]); got != "[[1 1 [1 + 1 <nil>]]]" {
		t.Errorf("range: %s", got)
	}
	if got := fmt.Sprint(answerTo(t, s, "history_request", object{"hist_access_type": "search", "pattern": "var*2"})["history"]); got != "[[1 2 var two = 2]]" {
		t.Errorf("search: %s", got)
	}
	if got := answerTo(t, s, "is_complete_request", object{"code": "for {"}); got["status"] != "incomplete" || got["indent"] != "\t" {
		t.Errorf("is complete: %v", got)
	}
	if got := fmt.Sprint(answerTo(t, s, "comm_info_request", object{})); got != "map[comms:map[] status:ok]" {
		t.Errorf("comms: %s", got)
	}
	if got := answerTo(t, s, "kernel_info_request", object{}); got["implementation"] != "dendrite" || got["status"] != "ok" {
		t.Errorf("info: %v", got)
	}
	if got := fmt.Sprint(answerTo(t, s, "execute_request", object{"code": "3", "silent": false, "store_history": false, "user_expressions": object{"x": "1"}})["user_expressions"]); !strings.Contains(got, "NotSupported") {
		t.Errorf("expressions: %s", got)
	}
	for _, unknown := range []string{"debug_request", "create_subshell_request"} {
		if got := answerTo(t, s, unknown, object{}); got["status"] != "error" || got["ename"] != "NotSupported" {
			t.Errorf("%s: %v", unknown, got)
		}
	}
	// Without gopls nothing is known of code, and nobody waits for it.
	if got := fmt.Sprint(answerTo(t, s, "complete_request", object{"code": "fmt.Pr", "cursor_pos": 6})); got != "map[cursor_end:6 cursor_start:6 matches:[] metadata:map[] status:ok]" {
		t.Errorf("completion: %s", got)
	}
	if got := answerTo(t, s, "inspect_request", object{"code": "fmt.Println", "cursor_pos": 6, "detail_level": 0}); got["found"] != false || got["status"] != "ok" {
		t.Errorf("inspection: %v", got)
	}
	if got := answerTo(t, s, "execute_request", object{"code": "dendrite.Show?", "silent": false, "store_history": false}); got["ename"] != "NoCompletion" {
		t.Errorf("help: %v", got)
	}
	if got := answerTo(t, s, "execute_request", object{"code": "3", "silent": true}); got["execution_count"] != 2.0 || got["status"] != "ok" {
		t.Errorf("silent: %v", got)
	}
	if got := answerTo(t, s, "execute_request", object{"code": "3", "silent": false, "store_history": false}); got["execution_count"] != 2.0 {
		t.Errorf("no history: %v", got)
	}
	for _, broken := range []object{{}, {"code": 3}} { // not what the protocol asks for
		answerTo(t, s, "execute_request", broken)
	}
	again, err := openHistory(f.History)
	if err != nil || again.session != 2 || len(again.entries) < 2 {
		t.Errorf("the next session's history: %+v, %v", again, err)
	}
}

// untilTold is a cell that says that it runs, then waits for tell.
const untilTold = "fmt.Println(1)\nfor told := false; !told; time.Sleep(10 * time.Millisecond) {\n\tif _, err := os.Stat(\"told\"); err == nil {\n\t\ttold = true\n\t\tos.Remove(\"told\")\n\t}\n}\n"

// tell has such a cell go on.
func tell(t *testing.T, f *Front) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(f.Options.Dir, "told"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestFrontStops(t *testing.T) {
	f := &Front{}
	s := served(t, f)
	// While a cell runs, the front answers; the cells behind it wait, and are not
	// run when it is interrupted.
	var behind <-chan string
	reply := during(t, s, "fmt.Println(\"on\")\nfor {\n\ttime.Sleep(time.Second)\n}", true, func() {
		if got := answerTo(t, s, "kernel_info_request", object{}); got["status"] != "ok" {
			t.Errorf("info while a cell runs: %v", got)
		}
		behind = sent(t, s, executeContent("fmt.Println(2)"))
		queued(f, 1)
		if err := s.Interrupt(); err != nil {
			t.Error(err)
		}
	})
	if got := <-behind; reply["status"] != "error" || reply["ename"] != "Interrupted" || got != "aborted" {
		t.Errorf("interrupted: %v, behind it %q", reply, got)
	}
	// A program that takes the signal ends well.
	reply = during(t, s, "ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)\ndefer stop()\nfmt.Println(1)\n<-ctx.Done()\nfmt.Println(2)", true,
		func() { _ = s.Interrupt() })
	if reply["status"] != "ok" {
		t.Errorf("a program that takes the signal: %v", reply)
	}
	// What fails stops what waits behind it, unless it is asked not to.
	for stop, want := range map[bool]string{true: "aborted", false: "ok"} {
		reply = during(t, s, untilTold+"panic(2)", stop, func() {
			behind = sent(t, s, executeContent("fmt.Println(2)"))
			queued(f, 1)
			tell(t, f)
		})
		if got := <-behind; reply["status"] != "error" || got != want {
			t.Errorf("stop %v: %v, behind it %q", stop, reply, got)
		}
	}
}

// A book is a log to look into.
type book struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *book) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *book) await(t *testing.T, text string) {
	t.Helper()
	for range 500 {
		b.mu.Lock()
		found := strings.Contains(b.text.String(), text)
		b.mu.Unlock()
		if found {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("no %q in the log:\n%s", text, b.text.String())
}

// killGoNB kills the GoNB of this test.
func killGoNB(t *testing.T) {
	t.Helper()
	if n := killAll(t, isGoNB); n != 1 {
		t.Errorf("%d GoNBs were killed, not one", n)
	}
}

// run runs a cell and returns what came of it.
func run(t *testing.T, s *gonb.Session, code string, limit time.Duration) *gonb.Result {
	t.Helper()
	r, err := s.Execute(t.Context(), code, limit)
	if err != nil {
		t.Fatalf("%v\n%s", err, code)
	}
	return r
}

// streams is what a cell has printed.
func streams(r *gonb.Result, name string) string {
	var b strings.Builder
	for _, o := range r.Outputs() {
		if o.Type == ipynb.Stream && o.Name == name {
			b.WriteString(o.Text)
		}
	}
	return b.String()
}

func TestFrontSurvives(t *testing.T) {
	logged := new(book)
	f := &Front{Options: gonb.Options{Log: logged}}
	s := served(t, f)
	run(t, s, "var two = 2", 0)
	// The Go kernel dies while idle, then within a cell.
	killGoNB(t)
	<-innerOf(f).Exited()
	if r := run(t, s, "fmt.Println(1)", 0); said(r) != "stderr: The Go kernel had ended and was started again. What earlier cells declared is gone: run them again.\n|stdout: 1\n" {
		t.Errorf("after its death: %q", said(r))
	}
	reply := during(t, s, "fmt.Println(1)\nselect {\ncase <-time.After(time.Hour):\n}", true, func() { killGoNB(t) })
	if reply["ename"] != "KernelDied" {
		t.Errorf("killed in a cell: %v", reply)
	}
	// Noise on the sockets, and messages with a wrong signature.
	for _, port := range []int{f.out.conn.ShellPort, f.out.conn.ControlPort, f.out.conn.IOPubPort, f.out.conn.HBPort, f.out.conn.StdinPort} {
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write([]byte(strings.Repeat("\x00\xff noise", 5000))); err != nil {
			t.Logf("noise on port %d: %v", port, err) // closed on us: as it should
		}
		c.Close()
	}
	for _, key := range []string{"", "another key"} {
		post(t, f.out.conn, key, wire.NewMessage("", "execute_request", executeContent("fmt.Println(666)")))
	}
	if r := run(t, s, "fmt.Println(2)", 0); said(r) != "stdout: 2\n" && !strings.HasSuffix(said(r), "again.\n|stdout: 2\n") {
		t.Errorf("after noise: %q", said(r))
	}
	for _, want := range []string{"shell socket: connection from", "does not speak ZeroMQ", "dropped a message on the shell socket: wire: message signature is wrong"} {
		logged.await(t, want)
	}
	// Large outputs arrive whole.
	r := run(t, s, "fmt.Println(strings.Repeat(\"x\", 20_000_000))", time.Minute)
	if n := len(streams(r, "stdout")); n != 20_000_001 {
		t.Errorf("a line of 20 MB came as %d bytes", n)
	}
	r = run(t, s, "for i := range 200_000 {\n\tfmt.Println(i)\n}", time.Minute)
	if lines := strings.Split(streams(r, "stdout"), "\n"); len(lines) != 200_001 || lines[199_999] != "199999" {
		t.Errorf("200 000 lines came as %d", len(lines))
	}
}
