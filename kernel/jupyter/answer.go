package jupyter

import (
	"encoding/json"
	"fmt"
	"maps"

	"microcircuits/kernel/cell"
)

const banner = "Dendrite (Go): dendritic microcircuits in notebooks. %params lists parameters, %export writes a report."

// answer is for all messages but cells and questions about code.
func (f *Front) answer(r request) {
	if r.Header.Type == "shutdown_request" {
		defer f.cancel() // at last
	}
	defer f.busy(r.Message)()
	switch r.Header.Type {
	case "kernel_info_request":
		f.out.reply(r, "kernel_info_reply", info(banner))
	case "is_complete_request":
		f.out.reply(r, "is_complete_reply", isComplete(r.Message))
	case "history_request":
		f.out.reply(r, "history_reply", f.history.answer(r.Message))
	case "comm_info_request":
		f.out.reply(r, "comm_info_reply", f.commInfo(r.Message))
	case "connect_request":
		f.out.reply(r, "connect_reply", f.out.conn.ports())
	case "interrupt_request":
		f.interrupt()
		f.out.reply(r, "interrupt_reply", object{"status": "ok"})
	case "shutdown_request":
		reply := shutdown(r.Message)
		f.closeInner() // before the answer: after it we may be killed
		f.out.publish(r.Message, "shutdown_reply", reply)
		f.out.reply(r, "shutdown_reply", reply)
	case "comm_open", "comm_msg", "comm_close":
		f.mu.Lock()
		inner := f.inner
		f.mu.Unlock()
		if id, open := f.comm(r.Message, inner); open {
			f.pass(r, inner)
		} else if r.Header.Type == "comm_open" {
			f.out.publish(r.Message, "comm_close", object{"comm_id": id, "data": object{}})
		}
	default:
		f.out.unknown(r)
	}
}

// comm keeps account of the comms that are open to a GoNB and tells whether the
// one of a message is. One that has died, or is not there yet, has none.
func (f *Front) comm(m *Message, to *Session) (id string, open bool) {
	var c struct {
		ID     string `json:"comm_id"`
		Target string `json:"target_name"`
	}
	if m.Decode(&c) != nil || to == nil {
		return c.ID, false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if m.Header.Type == "comm_open" && c.Target == widgetTarget && !to.dead() {
		f.comms[c.ID] = to
	}
	open = f.comms[c.ID] == to
	if m.Header.Type == "comm_close" {
		delete(f.comms, c.ID)
	}
	return c.ID, open
}

// closeComms tells the front ends that a GoNB's widgets died with it.
func (f *Front) closeComms(of *Session) {
	var dead []string
	f.mu.Lock()
	maps.DeleteFunc(f.comms, func(id string, to *Session) bool {
		if to == of {
			dead = append(dead, id)
		}
		return to == of
	})
	f.mu.Unlock()
	for _, id := range dead {
		f.out.publish(nil, "comm_close", object{"comm_id": id, "data": object{}})
	}
}

func (f *Front) commInfo(m *Message) object {
	var c struct {
		Target string `json:"target_name"`
	}
	_ = m.Decode(&c) // no target asks for all
	f.mu.Lock()
	defer f.mu.Unlock()
	comms := object{}
	for id := range f.comms {
		if c.Target == "" || c.Target == widgetTarget {
			comms[id] = object{"target_name": widgetTarget}
		}
	}
	return object{"status": "ok", "comms": comms}
}

// widgetTarget is what GoNB's widgets open comms to; it knows no other.
const widgetTarget = "gonb_comm"

// pass gives GoNB a message of a widget, for a cell that listens, and front ends
// what GoNB says to it.
func (f *Front) pass(r request, inner *Session) {
	m := NewMessage(inner.id, r.Header.Type, nil)
	m.Content, m.Metadata, m.Buffers = r.Content, r.Metadata, r.Buffers
	err := inner.post(m, func(said *Message) {
		f.comm(said, inner)
		own := r.Reply(said.Header.Type, nil)
		own.Content, own.Metadata, own.Buffers = said.Content, said.Metadata, said.Buffers
		f.out.broadcast(own)
	})
	if err != nil {
		fmt.Fprintf(f.out.log, "front: %v\n", err)
	}
}

// askOutside passes GoNB's request for input on to the front end whose cell
// runs, or answers it with an empty line where none may be asked.
func (f *Front) askOutside(m *Message) {
	f.mu.Lock()
	inner := f.inner
	f.mu.Unlock()
	f.state.Lock()
	running := f.running
	f.state.Unlock()
	if running == nil || !running.asks {
		inner.answer(m, "")
		return
	}
	select { // an answer to an older question
	case <-f.stdin:
	default:
	}
	r := request{running.request.Message, f.out.stdin}
	var content json.RawMessage = m.Content
	f.out.reply(r, "input_request", content)
	go func() {
		select {
		case r := <-f.stdin:
			var c struct {
				Value string `json:"value"`
			}
			_ = r.Decode(&c) // an answer without a value is an empty line
			inner.answer(m, c.Value)
		case <-running.done:
		}
	}()
}

// answered takes a message of the stdin socket.
func (f *Front) answered(r request) {
	select {
	case f.stdin <- r:
	default: // nobody asked
	}
}

// isComplete is the answer to an is_complete_request.
func isComplete(m *Message) object {
	var c struct {
		Code string `json:"code"`
	}
	if m.Decode(&c) != nil {
		return object{"status": "unknown"}
	}
	status, indent := cell.Check(c.Code)
	answer := object{"status": status}
	if status == cell.Incomplete {
		answer["indent"] = indent
	}
	return answer
}
