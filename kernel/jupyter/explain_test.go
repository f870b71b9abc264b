package jupyter

import (
	"context"
	"path/filepath"
	"testing"
)

// Also a test of the client against a kernel that keeps to the protocol.
func TestExplain(t *testing.T) {
	conn, err := NewConnection()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "connection.json")
	if err := conn.WriteFile(file); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- Explain(ctx, file, "no clone here") }()

	s := newSession(startShell(t, "sleep 1000"), conn)
	if err := s.connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	for want := 1; want <= 2; want++ {
		r, err := s.Execute(t.Context(), "1", 0)
		if err != nil {
			t.Fatal(err)
		}
		if r.Status != Failed || r.EValue != "no clone here" || r.ExecutionCount != want || len(r.Outputs()) != 1 {
			t.Errorf("got %+v with %d outputs", r, len(r.Outputs()))
		}
	}
	if err := s.Interrupt(); err != nil {
		t.Error(err)
	}
	if err := s.send(s.control, NewMessage(s.id, "shutdown_request", map[string]bool{"restart": false})); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Errorf("Explain returned %v", err)
	}
}
