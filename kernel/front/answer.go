package front

import (
	"encoding/json"

	"microcircuits/kernel/cell"
	"microcircuits/kernel/gonb"
	"microcircuits/kernel/internal/wire"
)

const banner = "Dendrite (Go): dendritic microcircuits in notebooks. %params lists parameters, %export writes a report."

// answer answers all messages except cells, completion and inspection.
func (f *Front) answer(r request) {
	if r.Header.Type == "shutdown_request" {
		defer f.cancel() // after the reply
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
		f.out.reply(r, "comm_info_reply", noComms())
	case "connect_request":
		f.out.reply(r, "connect_reply", f.out.ports())
	case "interrupt_request":
		f.interrupt()
		f.out.reply(r, "interrupt_reply", object{"status": "ok"})
	case "shutdown_request":
		reply := shutdown(r.Message)
		f.end() // before the reply: after it Jupyter may kill this process
		f.out.publish(r.Message, "shutdown_reply", reply)
		f.out.reply(r, "shutdown_reply", reply)
	case "comm_open": // this kernel has no comm targets
		f.out.publish(r.Message, "comm_close", refused(r.Message))
	case "comm_msg", "comm_close": // for a comm that was closed at once
	default:
		f.out.replyUnknown(r)
	}
}

// refused returns the content of the message that closes a comm at once.
func refused(open *wire.Message) object {
	var c struct {
		ID string `json:"comm_id"`
	}
	_ = open.Decode(&c) // a message without id opens no comm
	return object{"comm_id": c.ID, "data": object{}}
}

// requestInput passes GoNB's request for input on to the front end of the running
// cell. If that front end does not allow input, it answers with an empty line.
func (f *Front) requestInput(session *gonb.Session, m *wire.Message) {
	f.mu.Lock()
	running := f.running
	f.mu.Unlock()
	if running == nil || !running.asks {
		session.Answer(m, "")
		return
	}
	select { // drop an answer to an older request
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
			session.Answer(m, c.Value)
		case <-running.done:
		}
	}()
}

// handleInput handles a message of the stdin socket.
func (f *Front) handleInput(r request) {
	select {
	case f.stdin <- r:
	default: // no request for input
	}
}

// isComplete returns the reply to an is_complete_request.
func isComplete(m *wire.Message) object {
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
