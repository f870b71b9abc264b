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

// outputText returns the outputs of a cell as one string.
func outputText(r *gonb.Result) string {
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
	s := startFront(t, &Front{})
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
		{"lr;", ""},
		{"x := 3\nfmt.Println(x, y)", "error: CompileError: undefined: y\ncell [13], line 2: undefined: y\n    fmt.Println(x, y)\n                   ^"},
		{"fmt.Println(\"before\")\npanic(\"boo\")", "stdout: before\n|error: panic: boo\npanic: boo\n\ngoroutine 1 [running]:\nmain.main()\n\tcell [14], line 2: panic(\"boo\")"},
		{"func fails() {\n\tpanic(\"boo\")\n}", ""},
		{"fails()", "error: panic: boo\npanic: boo\n\ngoroutine 1 [running]:\nmain.fails(...)\n\tcell [15], line 2: panic(\"boo\")\nmain.main()\n\tcell [16], line 1: fails()"},
		{"func nothing() int { return 7 }\nnothing()", "execute_result: 7"},
		{"é := 1\n\n\t_, é = é, 2\n\té + y2", "error: CompileError: undefined: y2\ncell [18], line 4: undefined: y2\n        é + y2\n            ^"},
		{"undefined1()", "error: CompileError: undefined: undefined1\ncell [19], line 1: undefined: undefined1\n    undefined1()\n    ^"},
		{"for {\n\tfmt.Println(1)", "error: SyntaxError: expected '}', found the end of the cell\ncell [20], line 2: expected '}', found the end of the cell\n        fmt.Println(1)\n                      ^"},
		{"os.Exit(3)", "error: Exit: the program ended with exit status 3\nthe program ended with exit status 3; its messages are above"},
		{"!echo hi", "stdout: hi\n"},
		{"!false", "stderr: exit status 1\n"},
	} {
		r, err := s.Execute(t.Context(), c.code, time.Minute)
		if err != nil {
			t.Fatalf("%q: %v", c.code, err)
		}
		if got := outputText(r); got != c.want {
			t.Errorf("%q gave %s\n%q, want\n%q", c.code, r.Status, got, c.want)
		}
	}
}

// Printed text and displays arrive in the order of the cell's calls.
func TestFrontOrder(t *testing.T) {
	s := startFront(t, &Front{})
	for stream, print := range map[string]string{"stdout": "fmt.Println(i)", "stderr": "fmt.Fprintln(os.Stderr, i)"} {
		var want []string
		for i := range 30 {
			want = append(want, fmt.Sprintf("%s: %d\n", stream, i), fmt.Sprintf("display_data: %d", i))
		}
		for range 5 {
			r := run(t, s, "for i := range 30 {\n\t"+print+"\n\tdendrite.Show(i)\n}", time.Minute)
			if outputText(r) != strings.Join(want, "|") {
				t.Errorf("got %q", outputText(r))
			}
			for _, o := range r.Outputs() {
				if len(o.Metadata) > 0 {
					t.Fatalf("a mark was not removed: %v", o.Metadata)
				}
			}
		}
	}
}

// A cell shows a notice while the packages are compiled; afterwards it is removed.
func TestFrontPrepares(t *testing.T) {
	s := startFront(t, &Front{noticeAfter: 1})
	var types []string
	if _, err := s.Relay(t.Context(), "execute_request", executeContent("!echo hi"), func(m *wire.Message) {
		types = append(types, m.Header.Type)
	}); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(types); got != "[execute_input display_data clear_output stream]" {
		t.Errorf("the first cell published %s", got)
	}
	s = startFront(t, &Front{noticeAfter: 1, History: t.TempDir()}) // a folder: no history is saved
	if r := run(t, s, "!echo hi", 0); outputText(r) != "stdout: hi\n" {
		t.Errorf("the first cell shows %q", outputText(r))
	}
}

func TestFrontAnswers(t *testing.T) {
	f := &Front{History: filepath.Join(t.TempDir(), "history.jsonl")}
	s := startFront(t, f)
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
	// Without gopls the replies are empty and come at once.
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
	for _, broken := range []object{{}, {"code": 3}} { // against the protocol
		answerTo(t, s, "execute_request", broken)
	}
	again, err := openHistory(f.History)
	if err != nil || again.session != 2 || len(again.entries) < 2 {
		t.Errorf("the next session's history: %+v, %v", again, err)
	}
}

// untilReleased is a cell that prints a line and then waits for release.
const untilReleased = "fmt.Println(1)\nfor released := false; !released; time.Sleep(10 * time.Millisecond) {\n\tif _, err := os.Stat(\"release\"); err == nil {\n\t\treleased = true\n\t\tos.Remove(\"release\")\n\t}\n}\n"

// release lets such a cell continue.
func release(t *testing.T, f *Front) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(f.Options.Dir, "release"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestFrontStops(t *testing.T) {
	f := &Front{}
	s := startFront(t, f)
	// The front answers while a cell runs. Waiting cells are not run when the running
	// cell is interrupted.
	var behind <-chan string
	reply := whileRunning(t, s, "fmt.Println(\"on\")\nfor {\n\ttime.Sleep(time.Second)\n}", true, func() {
		if got := answerTo(t, s, "kernel_info_request", object{}); got["status"] != "ok" {
			t.Errorf("info while a cell runs: %v", got)
		}
		behind = send(t, s, executeContent("fmt.Println(2)"))
		waitQueued(f, 1)
		if err := s.Interrupt(); err != nil {
			t.Error(err)
		}
	})
	if got := <-behind; reply["status"] != "error" || reply["ename"] != "Interrupted" || got != "aborted" {
		t.Errorf("interrupted: %v, next cell %q", reply, got)
	}
	// A program that handles the signal ends without error.
	reply = whileRunning(t, s, "ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)\ndefer stop()\nfmt.Println(1)\n<-ctx.Done()\nfmt.Println(2)", true,
		func() { _ = s.Interrupt() })
	if reply["status"] != "ok" {
		t.Errorf("a program that handles the signal: %v", reply)
	}
	// A failed cell aborts the waiting cells only if stop_on_error is true.
	for stop, want := range map[bool]string{true: "aborted", false: "ok"} {
		reply = whileRunning(t, s, untilReleased+"panic(2)", stop, func() {
			behind = send(t, s, executeContent("fmt.Println(2)"))
			waitQueued(f, 1)
			release(t, f)
		})
		if got := <-behind; reply["status"] != "error" || got != want {
			t.Errorf("stop %v: %v, next cell %q", stop, reply, got)
		}
	}
}

// A logBuffer is a log that tests can read.
type logBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) await(t *testing.T, text string) {
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
		t.Errorf("%d GoNB processes were killed, want 1", n)
	}
}

// run runs a cell and returns its result.
func run(t *testing.T, s *gonb.Session, code string, limit time.Duration) *gonb.Result {
	t.Helper()
	r, err := s.Execute(t.Context(), code, limit)
	if err != nil {
		t.Fatalf("%v\n%s", err, code)
	}
	return r
}

// streams returns the text that a cell has printed.
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
	logged := new(logBuffer)
	f := &Front{Options: gonb.Options{Log: logged}}
	s := startFront(t, f)
	run(t, s, "var two = 2", 0)
	// The Go kernel is killed while no cell runs, then while a cell runs.
	killGoNB(t)
	<-sessionOf(f).Exited()
	if r := run(t, s, "fmt.Println(1)", 0); outputText(r) != "stderr: The Go kernel had ended and was started again. The declarations of earlier cells are lost: run those cells again.\n|stdout: 1\n" {
		t.Errorf("after it was killed: %q", outputText(r))
	}
	reply := whileRunning(t, s, "fmt.Println(1)\nselect {\ncase <-time.After(time.Hour):\n}", true, func() { killGoNB(t) })
	if reply["ename"] != "KernelDied" {
		t.Errorf("killed in a cell: %v", reply)
	}
	// Random bytes on the sockets, and messages with a wrong signature.
	for _, port := range []int{f.out.conn.ShellPort, f.out.conn.ControlPort, f.out.conn.IOPubPort, f.out.conn.HBPort, f.out.conn.StdinPort} {
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write([]byte(strings.Repeat("\x00\xff noise", 5000))); err != nil {
			t.Logf("noise on port %d: %v", port, err) // expected: the kernel has closed the connection
		}
		c.Close()
	}
	for _, key := range []string{"", "another key"} {
		post(t, f.out.conn, key, wire.NewMessage("", "execute_request", executeContent("fmt.Println(666)")))
	}
	if r := run(t, s, "fmt.Println(2)", 0); outputText(r) != "stdout: 2\n" && !strings.HasSuffix(outputText(r), "again.\n|stdout: 2\n") {
		t.Errorf("after noise: %q", outputText(r))
	}
	for _, want := range []string{"shell socket: connection from", "does not use the ZeroMQ protocol", "dropped a message on the shell socket: wire: message signature is wrong"} {
		logged.await(t, want)
	}
	// Large outputs arrive completely.
	r := run(t, s, "fmt.Println(strings.Repeat(\"x\", 20_000_000))", time.Minute)
	if n := len(streams(r, "stdout")); n != 20_000_001 {
		t.Errorf("a line of 20 MB arrived as %d bytes", n)
	}
	r = run(t, s, "for i := range 200_000 {\n\tfmt.Println(i)\n}", time.Minute)
	if lines := strings.Split(streams(r, "stdout"), "\n"); len(lines) != 200_001 || lines[199_999] != "199999" {
		t.Errorf("200 000 lines arrived as %d", len(lines))
	}
}
