package front

import (
	"context"
	"io"

	"microcircuits/kernel/internal/wire"
)

// ServeError is a kernel that answers every cell with the same error message. It
// runs when the real kernel cannot start: a front end shows errors of cells, but not
// why a kernel ended. It returns when the front end shuts it down or ctx is done.
func ServeError(ctx context.Context, connectionFile, message string) error {
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
	out := newServer(conn, io.Discard)
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
			if replyError(out, r, message, count) {
				return nil
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// replyError answers one request. end is true after a shutdown request.
func replyError(out *server, r request, message string, count int) (end bool) {
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
		out.replyUnknown(r)
	}
	return false
}

// noMatches is the reply to a complete_request without matches.
func noMatches(cursor int) object {
	cursor = max(cursor, 0)
	return object{"status": "ok", "matches": []string{}, "cursor_start": cursor, "cursor_end": cursor, "metadata": object{}}
}

// nothingFound is the reply to an inspect_request that finds nothing.
func nothingFound() object {
	return object{"status": "ok", "found": false, "data": object{}, "metadata": object{}}
}

// noComms is the reply to a comm_info_request: there are no comms.
func noComms() object { return object{"status": "ok", "comms": object{}} }

// shutdown returns the reply to a shutdown_request, which may have no content.
func shutdown(m *wire.Message) object {
	var c struct {
		Restart bool `json:"restart"`
	}
	_ = m.Decode(&c)
	return object{"status": "ok", "restart": c.Restart}
}
