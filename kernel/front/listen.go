package front

import (
	"fmt"
	"io"
	"strings"

	"microcircuits/kernel/internal/wire"
	"microcircuits/kernel/internal/zmtp"
	"microcircuits/kernel/ipynb"
)

// A request is a message from a front end.
type request struct {
	*wire.Message
	socket *zmtp.Socket // for the reply
}

// A server is the kernel's side of a connection: five sockets to which front ends
// connect. It checks the signatures of incoming messages and signs outgoing ones.
type server struct {
	conn    *wire.Connection
	session string
	log     io.Writer
	iopub   *zmtp.Socket
	stdin   *zmtp.Socket
	all     []*zmtp.Socket
}

func newServer(conn *wire.Connection, log io.Writer) *server {
	return &server{conn: conn, session: wire.NewID(), log: log}
}

// listen opens the sockets. It calls the function of each socket with its messages,
// one after the other. Malformed or unsigned messages are logged and dropped.
func (o *server) listen(shell, control, stdin func(request)) error {
	for _, s := range []struct {
		name string
		port int
		kind zmtp.Type
		take func(request)
		keep **zmtp.Socket
	}{
		{"iopub", o.conn.IOPubPort, zmtp.Pub, nil, &o.iopub},
		{"stdin", o.conn.StdinPort, zmtp.Router, stdin, &o.stdin},
		{"heartbeat", o.conn.HBPort, zmtp.Rep, nil, new(*zmtp.Socket)},
		{"control", o.conn.ControlPort, zmtp.Router, control, new(*zmtp.Socket)},
		{"shell", o.conn.ShellPort, zmtp.Router, shell, new(*zmtp.Socket)},
	} {
		receive := func(socket *zmtp.Socket, frames [][]byte) {
			m, err := wire.ParseFrames(frames, []byte(o.conn.Key))
			if err != nil {
				fmt.Fprintf(o.log, "front: dropped a message on the %s socket: %v\n", s.name, err)
				return
			}
			s.take(request{m, socket})
		}
		network, address := o.conn.Address(s.port)
		socket, err := zmtp.Listen(network, address, s.kind, receive, func(err error) {
			fmt.Fprintf(o.log, "front: %s socket: %v\n", s.name, err)
		})
		if err != nil {
			o.close()
			return fmt.Errorf("front: %w", err)
		}
		*s.keep = socket
		o.all = append(o.all, socket)
	}
	return nil
}

// reply answers a request.
func (o *server) reply(r request, msgType string, content any) {
	o.send(r.socket, r.Reply(msgType, content))
}

// replyUnknown replies with an error to a request of unknown type, so that the front
// end does not wait for it.
func (o *server) replyUnknown(r request) {
	fmt.Fprintf(o.log, "front: unknown message type %s\n", r.Header.Type)
	if what, asks := strings.CutSuffix(r.Header.Type, "_request"); asks {
		text := "this kernel does not support " + r.Header.Type
		o.reply(r, what+"_reply", object{"status": "error", "ename": "NotSupported", "evalue": text, "traceback": []string{text}})
	}
}

// publish sends a message about a request to all front ends; parent may be nil.
func (o *server) publish(parent *wire.Message, msgType string, content any) {
	m := wire.NewMessage("", msgType, content)
	if parent != nil {
		m = parent.Reply(msgType, content)
	}
	o.broadcast(m)
}

// broadcast sends a message to all front ends.
func (o *server) broadcast(m *wire.Message) {
	m.Identities = [][]byte{[]byte(m.Header.Type)}
	o.send(o.iopub, m)
}

func (o *server) send(socket *zmtp.Socket, m *wire.Message) {
	m.Header.Session = o.session
	frames, err := m.Frames([]byte(o.conn.Key))
	if err != nil {
		fmt.Fprintf(o.log, "front: sending %s: %v\n", m.Header.Type, err)
		return
	}
	socket.Send(frames)
}

func (o *server) close() {
	for _, s := range o.all {
		s.Close()
	}
}

// object is the content of a message.
type object = map[string]any

// ports returns the reply to a connect_request.
func (o *server) ports() object {
	c := o.conn
	return object{"status": "ok", "shell_port": c.ShellPort, "iopub_port": c.IOPubPort,
		"stdin_port": c.StdinPort, "control_port": c.ControlPort, "hb_port": c.HBPort}
}

// busy publishes the status busy for a request; the returned function publishes
// idle.
func (o *server) busy(m *wire.Message) (idle func()) {
	o.publish(m, "status", object{"execution_state": "busy"})
	return func() { o.publish(m, "status", object{"execution_state": "idle"}) }
}

// info returns the reply to a kernel_info_request.
func info(banner string) object {
	return object{
		"status": "ok", "protocol_version": wire.ProtocolVersion,
		"implementation": "dendrite", "implementation_version": "1",
		"language_info": ipynb.LanguageInfo(),
		"banner":        banner,
		"help_links": []object{
			{"text": "The paper: arXiv 1801.00062", "url": "https://arxiv.org/abs/1801.00062"},
			{"text": "GoNB", "url": "https://github.com/janpfeifer/gonb"},
			{"text": "Go packages", "url": "https://pkg.go.dev"},
		},
	}
}
