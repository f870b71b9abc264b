//go:build long

package jupyter

import (
	"fmt"
	"io"
	"log"
	"strings"
	"testing"
	"time"

	"github.com/go-zeromq/zmq4"
)

// attached is one more front end on the kernel of another.
func attached(t *testing.T, to *Session) *Session {
	t.Helper()
	s := newSession(to.proc, to.conn)
	s.stock = true
	if err := s.connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.cancel()
		for _, socket := range s.sockets {
			socket.Close()
		}
	})
	return s
}

// overheard returns what a kernel publishes from now on, as it comes: "status
// busy of execute_request", say.
func overheard(t *testing.T, s *Session) <-chan string {
	t.Helper()
	iopub := zmq4.NewSub(t.Context(), zmq4.WithLogger(log.New(io.Discard, "", 0)))
	t.Cleanup(func() { iopub.Close() })
	if err := iopub.Dial(s.conn.endpoint(s.conn.IOPubPort)); err != nil {
		t.Fatal(err)
	}
	if err := iopub.SetOption(zmq4.OptionSubscribe, ""); err != nil {
		t.Fatal(err)
	}
	heard := make(chan string, 1000)
	go func() {
		for {
			raw, err := iopub.Recv()
			if err != nil {
				return
			}
			m, err := ParseFrames(raw.Frames, []byte(s.conn.Key))
			if err != nil {
				heard <- err.Error()
				continue
			}
			var c struct {
				State string `json:"execution_state"`
			}
			_ = m.Decode(&c)
			heard <- strings.Join(strings.Fields(m.Header.Type+" "+c.State+" of "+m.Parent.Type), " ")
		}
	}()
	for subscribed := false; !subscribed; { // which takes a moment
		answerTo(t, s, "kernel_info_request", object{})
		select {
		case <-heard:
			subscribed = true
		case <-time.After(50 * time.Millisecond):
		}
	}
	time.Sleep(100 * time.Millisecond)
	for len(heard) > 0 {
		<-heard
	}
	return heard
}

// Two front ends on one kernel each get their own answers and both hear all that
// is published; every request has its busy and its idle, the aborted too; and a
// kernel that answers a question while a cell runs says that it is busy still.
func TestFrontClients(t *testing.T) {
	f := &Front{patience: time.Hour} // no notice between
	one := served(t, f)
	two := attached(t, one)
	run(t, one, "", 0)
	heard := overheard(t, one)
	var behind *execution
	reply := during(t, one, untilTold+"os.Exit(1)", true, func() {
		answerTo(t, two, "is_complete_request", object{"code": "1"})
		behind = sent(t, two, executeContent("2"))
		queued(f, 1)
		tell(t, f)
	})
	if got := outcome(t, two, behind); got != "aborted" {
		t.Errorf("a cell of the other front end is %q", got)
	}
	if reply["ename"] != "Exit" {
		t.Errorf("the cell ended with %v", reply)
	}
	want := []string{
		"status busy of execute_request", "execute_input of execute_request", "stream of execute_request",
		"status busy of is_complete_request", "status idle of is_complete_request", "status busy of execute_request",
		"error of execute_request",
		"status busy of execute_request", "status idle of execute_request", // the aborted one
		"status idle of execute_request",
	}
	for i, w := range want {
		select {
		case got := <-heard:
			if got != w {
				t.Errorf("message %d is %q, want %q", i, got, w)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("no message %d, %q", i, w)
		}
	}
	if n := fmt.Sprint(answerTo(t, two, "execute_request", executeContent("6 * 7"))["status"]); n != "ok" {
		t.Errorf("afterwards: %s", n)
	}
}

// A question for input reaches the front end whose cell asks, and no other; where
// none may be asked it reads an empty line.
func TestFrontInput(t *testing.T) {
	one := served(t, &Front{})
	two := attached(t, one)
	two.onQuestion(func(*Message) { t.Error("the other front end was asked") })
	one.onQuestion(func(m *Message) {
		if err := one.send(one.stdin, m.Reply("input_reply", object{"value": "hello"})); err != nil {
			t.Error(err)
		}
	})
	const code = "%with_inputs\n!read word; echo \"got $word\""
	for asks, want := range map[bool]string{true: "got hello\n", false: "got \n"} {
		content, said := executeContent(code), ""
		content["allow_stdin"] = asks
		if _, err := one.Relay(t.Context(), "execute_request", content, func(m *Message) {
			if o, _, err := output(m); err == nil && o != nil && o.Name == "stdout" {
				said += o.Text
			}
		}); err != nil {
			t.Fatal(err)
		}
		if said != want {
			t.Errorf("asks %v: the program read %q, want %q", asks, said, want)
		}
	}
}

// No comm can be opened: what tries is told so at once.
func TestFrontComms(t *testing.T) {
	s := served(t, &Front{})
	run(t, s, "", 0)
	heard := overheard(t, s)
	if err := s.send(s.shell, NewMessage(s.id, "comm_open", object{"comm_id": "1", "target_name": "jupyter.widget.control", "data": object{}})); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"status busy of comm_open", "comm_close of comm_open", "status idle of comm_open"} {
		select {
		case got := <-heard:
			if got != want {
				t.Errorf("published %q, want %q", got, want)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("no %q", want)
		}
	}
	if got := fmt.Sprint(answerTo(t, s, "comm_info_request", object{})["comms"]); got != "map[]" {
		t.Errorf("comms: %s", got)
	}
}
