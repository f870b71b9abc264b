package front

import (
	"context"
	"testing"

	"microcircuits/kernel/gonb"
	"microcircuits/kernel/internal/wire"
)

// This also tests package gonb's client with a kernel that follows the protocol.
func TestServeError(t *testing.T) {
	conn, file := connection(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- ServeError(ctx, file, "no clone here") }()

	s := attach(t, conn)
	for want := 1; want <= 2; want++ {
		r, err := s.Execute(t.Context(), "1", 0)
		if err != nil {
			t.Fatal(err)
		}
		if r.Status != gonb.Failed || r.EValue != "no clone here" || r.ExecutionCount != want || len(r.Outputs()) != 1 {
			t.Errorf("got %+v with %d outputs", r, len(r.Outputs()))
		}
	}
	if err := s.Interrupt(); err != nil {
		t.Error(err)
	}
	if got := answerTo(t, s, "inspect_request", object{}); got["status"] != "ok" || got["found"] != false {
		t.Errorf("inspection: %v", got)
	}
	if got := answerTo(t, s, "connect_request", object{}); got["hb_port"] != float64(conn.HBPort) {
		t.Errorf("ports: %v", got)
	}
	if got := answerTo(t, s, "debug_request", object{}); got["status"] != "error" || got["ename"] != "NotSupported" {
		t.Errorf("unknown request: %v", got)
	}
	if err := s.Shutdown(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Errorf("ServeError returned %v", err)
	}
}

func TestShutdown(t *testing.T) {
	for content, restart := range map[string]bool{`{"restart":true}`: true, `{"restart":false}`: false, `{}`: false} {
		if got := shutdown(&wire.Message{Content: []byte(content)}); got["restart"] != restart {
			t.Errorf("%s: %v", content, got)
		}
	}
}
