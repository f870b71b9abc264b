package jupyter

import (
	"context"
	"fmt"
	"io"
	"log"

	"github.com/go-zeromq/zmq4"
)

// Explain is a kernel that answers every cell with one error message. It
// stands in when the real kernel cannot start, because a front end shows the
// errors of cells to its user, but not why a kernel died. It returns when the
// front end shuts it down or ctx is over.
func Explain(ctx context.Context, connectionFile, message string) error {
	conn, err := ReadConnection(connectionFile)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	quiet := zmq4.WithLogger(log.New(io.Discard, "", 0))
	k := &explainer{
		key: []byte(conn.Key), message: message, stop: cancel,
		iopub: zmq4.NewPub(ctx, quiet),
	}
	shell, control := zmq4.NewRouter(ctx, quiet), zmq4.NewRouter(ctx, quiet)
	stdin, heartbeat := zmq4.NewRouter(ctx, quiet), zmq4.NewRep(ctx, quiet)
	for port, socket := range map[int]zmq4.Socket{
		conn.ShellPort: shell, conn.ControlPort: control, conn.StdinPort: stdin,
		conn.HBPort: heartbeat, conn.IOPubPort: k.iopub,
	} {
		if err := socket.Listen(conn.endpoint(port)); err != nil {
			return fmt.Errorf("jupyter: %w", err)
		}
		defer socket.Close()
	}
	requests := make(chan request)
	for _, socket := range []zmq4.Socket{shell, control} {
		go k.receive(ctx, socket, requests)
	}
	go func() {
		for {
			beat, err := heartbeat.Recv()
			if err != nil || heartbeat.Send(beat) != nil {
				return
			}
		}
	}()
	for {
		select {
		case r := <-requests:
			if err := k.answer(r); err != nil {
				return err
			}
		case <-ctx.Done():
			return nil
		}
	}
}

type explainer struct {
	key     []byte
	message string
	count   int
	iopub   zmq4.Socket
	stop    context.CancelFunc
}

type request struct {
	socket  zmq4.Socket
	message *Message
}

// receive passes on what is well-formed and signed, and ignores the rest.
func (k *explainer) receive(ctx context.Context, socket zmq4.Socket, out chan<- request) {
	for {
		raw, err := socket.Recv()
		if err != nil {
			return
		}
		m, err := ParseFrames(raw.Frames, k.key)
		if err != nil {
			continue
		}
		select {
		case out <- request{socket, m}:
		case <-ctx.Done():
			return
		}
	}
}

func (k *explainer) answer(r request) error {
	type object = map[string]any
	m := r.message
	k.publish(m, "status", object{"execution_state": "busy"})
	defer k.publish(m, "status", object{"execution_state": "idle"})
	reply := func(msgType string, content object) error {
		frames, err := m.Reply(msgType, content).Frames(k.key)
		if err != nil {
			return err
		}
		return r.socket.SendMulti(zmq4.NewMsgFrom(frames...))
	}
	switch m.Header.Type {
	case "kernel_info_request":
		return reply("kernel_info_reply", object{
			"status": "ok", "protocol_version": protocolVersion,
			"implementation": "dendrite", "implementation_version": "0",
			"language_info": object{"name": "go", "version": "", "mimetype": "text/x-go", "file_extension": ".go"},
			"banner":        k.message, "help_links": []object{},
		})
	case "execute_request":
		k.count++
		failure := object{"ename": "Dendrite", "evalue": k.message, "traceback": []string{k.message}}
		k.publish(m, "error", failure)
		failure["status"], failure["execution_count"] = "error", k.count
		return reply("execute_reply", failure)
	case "is_complete_request":
		return reply("is_complete_reply", object{"status": "unknown"})
	case "history_request":
		return reply("history_reply", object{"status": "ok", "history": []any{}})
	case "comm_info_request":
		return reply("comm_info_reply", object{"status": "ok", "comms": object{}})
	case "complete_request":
		return reply("complete_reply", object{"status": "ok", "matches": []any{}, "cursor_start": 0, "cursor_end": 0, "metadata": object{}})
	case "interrupt_request":
		return reply("interrupt_reply", object{"status": "ok"})
	case "shutdown_request":
		defer k.stop()
		return reply("shutdown_reply", object{"status": "ok", "restart": false})
	}
	return nil
}

// publish is best effort: a front end that is gone misses nothing.
func (k *explainer) publish(parent *Message, msgType string, content any) {
	m := parent.Reply(msgType, content)
	m.Identities = [][]byte{[]byte(msgType)}
	if frames, err := m.Frames(k.key); err == nil {
		_ = k.iopub.SendMulti(zmq4.NewMsgFrom(frames...))
	}
}
