package jupyter

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"sync"

	"github.com/go-zeromq/zmq4"
)

// A request is a message from a front end.
type request struct {
	*Message
	socket zmq4.Socket
}

// outside is the kernel's side of a connection: five sockets on which front
// ends call. It checks what comes in and signs what goes out.
type outside struct {
	conn  *Connection
	log   io.Writer
	iopub zmq4.Socket
	stdin zmq4.Socket
	all   []zmq4.Socket
	mu    sync.Mutex // of sending
}

// listen opens the sockets of a connection. Well-formed, signed messages are
// given to the functions named after their sockets, one after the other for
// each socket; what is not is logged and dropped.
func listen(ctx context.Context, conn *Connection, log_ io.Writer, shell, control, stdin func(request)) (*outside, error) {
	quiet := zmq4.WithLogger(log.New(io.Discard, "", 0))
	o := &outside{conn: conn, log: log_, iopub: zmq4.NewPub(ctx, quiet), stdin: zmq4.NewRouter(ctx, quiet)}
	shells, controls, heartbeat := zmq4.NewRouter(ctx, quiet), zmq4.NewRouter(ctx, quiet), zmq4.NewRep(ctx, quiet)
	o.all = []zmq4.Socket{o.iopub, o.stdin, shells, controls, heartbeat}
	for i, port := range []int{conn.IOPubPort, conn.StdinPort, conn.ShellPort, conn.ControlPort, conn.HBPort} {
		if err := o.all[i].Listen(conn.endpoint(port)); err != nil {
			o.close()
			return nil, fmt.Errorf("jupyter: %w", err)
		}
	}
	go o.receive(shells, "shell", shell)
	go o.receive(controls, "control", control)
	go o.receive(o.stdin, "stdin", stdin)
	go func() {
		for {
			beat, err := heartbeat.Recv()
			if err != nil || heartbeat.Send(beat) != nil {
				return
			}
		}
	}()
	return o, nil
}

func (o *outside) receive(socket zmq4.Socket, name string, handle func(request)) {
	for {
		raw, err := socket.Recv()
		if err != nil {
			if !errors.Is(err, context.Canceled) {
				fmt.Fprintf(o.log, "front: the %s socket is closed: %v\n", name, err)
			}
			return
		}
		m, err := ParseFrames(raw.Frames, []byte(o.conn.Key))
		if err != nil {
			fmt.Fprintf(o.log, "front: dropped a message on the %s socket: %v\n", name, err)
			continue
		}
		handle(request{m, socket})
	}
}

// reply answers a request. A front end that is gone misses nothing, so what
// cannot be sent is only logged.
func (o *outside) reply(r request, msgType string, content any) {
	o.send(r.socket, r.Reply(msgType, content))
}

// publish tells all front ends what came of a request; parent may be nil.
func (o *outside) publish(parent *Message, msgType string, content any) {
	m := NewMessage("", msgType, content)
	if parent != nil {
		m = parent.Reply(msgType, content)
	}
	o.broadcast(m)
}

// broadcast sends a message to all front ends.
func (o *outside) broadcast(m *Message) {
	m.Identities = [][]byte{[]byte(m.Header.Type)}
	o.send(o.iopub, m)
}

func (o *outside) send(socket zmq4.Socket, m *Message) {
	frames, err := m.Frames([]byte(o.conn.Key))
	if err == nil {
		o.mu.Lock()
		err = socket.SendMulti(zmq4.NewMsgFrom(frames...))
		o.mu.Unlock()
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintf(o.log, "front: sending %s: %v\n", m.Header.Type, err)
	}
}

func (o *outside) close() {
	for _, s := range o.all {
		_ = s.Close()
	}
}

// object is the content of a message.
type object = map[string]any

// busy publishes that the kernel works on a request; the function it returns,
// that it has done so.
func (o *outside) busy(m *Message) (idle func()) {
	o.publish(m, "status", object{"execution_state": "busy"})
	return func() { o.publish(m, "status", object{"execution_state": "idle"}) }
}

// info is the answer to kernel_info_request.
func info(goVersion, banner string) object {
	return object{
		"status": "ok", "protocol_version": protocolVersion,
		"implementation": "dendrite", "implementation_version": "1",
		"language_info": object{
			"name": "go", "version": goVersion, "mimetype": "text/x-go",
			"file_extension": ".go", "pygments_lexer": "go", "codemirror_mode": "text/x-go", "nbconvert_exporter": "",
		},
		"banner": banner,
		"help_links": []object{
			{"text": "The paper: arXiv 1801.00062", "url": "https://arxiv.org/abs/1801.00062"},
			{"text": "GoNB", "url": "https://github.com/janpfeifer/gonb"},
			{"text": "Go packages", "url": "https://pkg.go.dev"},
		},
	}
}
