package front

import (
	"context"
	"io"

	"microcircuits/kernel/internal/wire"
)

// Explain is a kernel that answers every cell with one error message. It
// stands in when the real kernel cannot start, because a front end shows the
// errors of cells to its user, but not why a kernel died. It returns when the
// front end shuts it down or ctx is over.
func Explain(ctx context.Context, connectionFile, message string) error {
	conn, err := wire.ReadConnection(connectionFile)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	requests := make(chan request)
	queue := func(r request) {
		select {
		case requests <- r:
		case <-ctx.Done():
		}
	}
	out := newOutside(conn, io.Discard)
	if err := out.listen(queue, queue, func(request) {}); err != nil {
		return err
	}
	defer out.close()
	for count := 0; ; {
		select {
		case r := <-requests:
			if r.Header.Type == "execute_request" {
				count++
			}
			if explain(out, r, message, count) {
				return nil
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// explain answers one request and says whether it was the last.
func explain(out *outside, r request, message string, count int) (end bool) {
	defer out.busy(r.Message)()
	switch r.Header.Type {
	case "kernel_info_request":
		out.reply(r, "kernel_info_reply", info(message))
	case "execute_request":
		failure := object{"ename": "Dendrite", "evalue": message, "traceback": []string{message}}
		out.publish(r.Message, "error", failure)
		failure["status"], failure["execution_count"] = "error", count
		out.reply(r, "execute_reply", failure)
	case "is_complete_request":
		out.reply(r, "is_complete_reply", object{"status": "unknown"})
	case "history_request":
		out.reply(r, "history_reply", object{"status": "ok", "history": []any{}})
	case "comm_info_request":
		out.reply(r, "comm_info_reply", noComms())
	case "complete_request":
		out.reply(r, "complete_reply", noMatches(0))
	case "inspect_request":
		out.reply(r, "inspect_reply", nothingFound())
	case "connect_request":
		out.reply(r, "connect_reply", out.ports())
	case "interrupt_request":
		out.reply(r, "interrupt_reply", object{"status": "ok"})
	case "shutdown_request":
		out.reply(r, "shutdown_reply", shutdown(r.Message))
		return true
	default:
		out.unknown(r)
	}
	return false
}

// noMatches is the answer to a complete_request that knows nothing.
func noMatches(cursor int) object {
	return object{"status": "ok", "matches": []string{}, "cursor_start": cursor, "cursor_end": cursor, "metadata": object{}}
}

// nothingFound is the answer to an inspect_request that knows nothing.
func nothingFound() object {
	return object{"status": "ok", "found": false, "data": object{}, "metadata": object{}}
}

// noComms is the answer to a comm_info_request: no widget is connected.
func noComms() object { return object{"status": "ok", "comms": object{}} }

// shutdown is the answer to a shutdown_request; one without content is one too.
func shutdown(m *wire.Message) object {
	var c struct {
		Restart bool `json:"restart"`
	}
	_ = m.Decode(&c)
	return object{"status": "ok", "restart": c.Restart}
}
