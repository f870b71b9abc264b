//go:build long

package front

import (
	"fmt"
	"io"
	"log"
	"strings"
	"testing"
	"time"

	"github.com/go-zeromq/zmq4"

	"microcircuits/kernel/gonb"
	"microcircuits/kernel/internal/wire"
)

// overheard returns what a kernel publishes from now on, as it comes: "status
// busy of execute_request", say.
func overheard(t *testing.T, s *gonb.Session, conn *wire.Connection) <-chan string {
	t.Helper()
	iopub := zmq4.NewSub(t.Context(), zmq4.WithLogger(log.New(io.Discard, "", 0)))
	t.Cleanup(func() { iopub.Close() })
	if err := iopub.Dial(conn.Endpoint(conn.IOPubPort)); err != nil {
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
			m, err := wire.ParseFrames(raw.Frames, []byte(conn.Key))
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

// post sends a message to a kernel's shell socket, signed with a key.
func post(t *testing.T, conn *wire.Connection, key string, m *wire.Message) {
	t.Helper()
	frames, err := m.Frames([]byte(key))
	if err != nil {
		t.Fatal(err)
	}
	shell := zmq4.NewDealer(t.Context(), zmq4.WithLogger(log.New(io.Discard, "", 0)))
	t.Cleanup(func() { shell.Close() })
	if err := shell.Dial(conn.Endpoint(conn.ShellPort)); err != nil {
		t.Fatal(err)
	}
	if err := shell.SendMulti(zmq4.NewMsgFrom(frames...)); err != nil {
		t.Fatal(err)
	}
}

// Two front ends on one kernel each get their own answers and both hear all that
// is published; every request has its busy and its idle, the aborted too; and a
// kernel that answers a question while a cell runs says that it is busy still.
func TestFrontClients(t *testing.T) {
	f := &Front{patience: time.Hour} // no notice between
	one := served(t, f)
	two := attached(t, f.out.conn)
	run(t, one, "", 0)
	heard := overheard(t, one, f.out.conn)
	var behind <-chan string
	reply := during(t, one, untilTold+"os.Exit(1)", true, func() {
		answerTo(t, two, "is_complete_request", object{"code": "1"})
		behind = sent(t, two, executeContent("2"))
		queued(f, 1)
		tell(t, f)
	})
	if got := <-behind; got != "aborted" {
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
	f := &Front{}
	one := served(t, f)
	two := attached(t, f.out.conn)
	two.OnQuestion(func(*wire.Message) { t.Error("the other front end was asked") })
	one.OnQuestion(func(m *wire.Message) { one.Answer(m, "hello") })
	const code = "%with_inputs\n!read word; echo \"got $word\""
	for asks, want := range map[bool]string{true: "got hello\n", false: "got \n"} {
		content, said := executeContent(code), ""
		content["allow_stdin"] = asks
		if _, err := one.Relay(t.Context(), "execute_request", content, func(m *wire.Message) {
			if o, _, err := gonb.Output(m); err == nil && o != nil && o.Name == "stdout" {
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
	f := &Front{}
	s := served(t, f)
	run(t, s, "", 0)
	heard := overheard(t, s, f.out.conn)
	post(t, f.out.conn, f.out.conn.Key, wire.NewMessage("", "comm_open", object{"comm_id": "1", "target_name": "jupyter.widget.control", "data": object{}}))
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
