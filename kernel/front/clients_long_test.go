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

// publishedBy returns the messages that a kernel publishes from now on, for example
// "status busy of execute_request".
func publishedBy(t *testing.T, s *gonb.Session, conn *wire.Connection) <-chan string {
	t.Helper()
	iopub := zmq4.NewSub(t.Context(), zmq4.WithLogger(log.New(io.Discard, "", 0)))
	t.Cleanup(func() { iopub.Close() })
	if err := iopub.Dial(conn.Endpoint(conn.IOPubPort)); err != nil {
		t.Fatal(err)
	}
	if err := iopub.SetOption(zmq4.OptionSubscribe, ""); err != nil {
		t.Fatal(err)
	}
	messages := make(chan string, 1000)
	go func() {
		for {
			raw, err := iopub.Recv()
			if err != nil {
				return
			}
			m, err := wire.ParseFrames(raw.Frames, []byte(conn.Key))
			if err != nil {
				messages <- err.Error()
				continue
			}
			var c struct {
				State string `json:"execution_state"`
			}
			_ = m.Decode(&c)
			messages <- strings.Join(strings.Fields(m.Header.Type+" "+c.State+" of "+m.Parent.Type), " ")
		}
	}()
	for subscribed := false; !subscribed; { // subscribing takes some time
		answerTo(t, s, "kernel_info_request", object{})
		select {
		case <-messages:
			subscribed = true
		case <-time.After(50 * time.Millisecond):
		}
	}
	time.Sleep(100 * time.Millisecond)
	for len(messages) > 0 {
		<-messages
	}
	return messages
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

// Two front ends of one kernel get their own replies and all published messages.
// Every request, also an aborted one, has a busy and an idle status. After a reply
// while a cell runs the kernel publishes busy again.
func TestFrontClients(t *testing.T) {
	f := &Front{noticeAfter: time.Hour} // no notice
	one := startFront(t, f)
	two := attach(t, f.out.conn)
	run(t, one, "", 0)
	messages := publishedBy(t, one, f.out.conn)
	var behind <-chan string
	reply := whileRunning(t, one, untilReleased+"os.Exit(1)", true, func() {
		answerTo(t, two, "is_complete_request", object{"code": "1"})
		behind = send(t, two, executeContent("2"))
		waitQueued(f, 1)
		release(t, f)
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
		case got := <-messages:
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

// A request for input is sent only to the front end of the cell. If that front end
// does not allow input, the cell reads an empty line.
func TestFrontInput(t *testing.T) {
	f := &Front{}
	one := startFront(t, f)
	two := attach(t, f.out.conn)
	two.OnInputRequest(func(*wire.Message) { t.Error("the other front end was asked") })
	one.OnInputRequest(func(m *wire.Message) { one.Answer(m, "hello") })
	const code = "%with_inputs\n!read word; echo \"got $word\""
	for asks, want := range map[bool]string{true: "got hello\n", false: "got \n"} {
		content, stdout := executeContent(code), ""
		content["allow_stdin"] = asks
		if _, err := one.Relay(t.Context(), "execute_request", content, func(m *wire.Message) {
			if o, _, err := gonb.Output(m); err == nil && o != nil && o.Name == "stdout" {
				stdout += o.Text
			}
		}); err != nil {
			t.Fatal(err)
		}
		if stdout != want {
			t.Errorf("asks %v: the program read %q, want %q", asks, stdout, want)
		}
	}
}

// No comm can be opened: the kernel closes it at once.
func TestFrontComms(t *testing.T) {
	f := &Front{}
	s := startFront(t, f)
	run(t, s, "", 0)
	messages := publishedBy(t, s, f.out.conn)
	post(t, f.out.conn, f.out.conn.Key, wire.NewMessage("", "comm_open", object{"comm_id": "1", "target_name": "jupyter.widget.control", "data": object{}}))
	for _, want := range []string{"status busy of comm_open", "comm_close of comm_open", "status idle of comm_open"} {
		select {
		case got := <-messages:
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
