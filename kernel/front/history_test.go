package front

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"microcircuits/kernel/internal/wire"
)

func opened(t *testing.T, path string) *history {
	t.Helper()
	h, err := openHistory(path)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// lines answers a history_request.
func (h *history) lines(request string) string {
	return fmt.Sprint(h.answer(&wire.Message{Content: []byte(request)})["history"])
}

// Kernels that are open at the same time have different session numbers, also if
// none has run a cell before the other starts.
func TestHistoryOfOpenKernels(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "history.jsonl")
	one, two := opened(t, path), opened(t, path)
	one.add(1, "one")
	two.add(1, "two")
	three := opened(t, path)
	for request, want := range map[string]string{
		`{"hist_access_type": "range", "session": -2}`: "[[1 1 one]]",
		`{"hist_access_type": "range", "session": -1}`: "[[2 1 two]]",
		`{"hist_access_type": "range", "session": 0}`:  "[]",
		`{"hist_access_type": "tail", "n": 9}`:         "[[1 1 one] [2 1 two]]",
	} {
		if got := three.lines(request); got != want {
			t.Errorf("%s: %s, want %s", request, got, want)
		}
	}
}

// A kernel can still add to the history after another one has shortened the file.
func TestHistoryIsShortened(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.jsonl")
	open := opened(t, path)
	var long []entry
	for i := range 2*keptEntries + 1 {
		long = append(long, entry{7, i + 1, "old"})
	}
	if err := rewrite(path, long); err != nil {
		t.Fatal(err)
	}
	opened(t, path)
	open.add(1, "mine")
	h := opened(t, path)
	if len(h.entries) != keptEntries+1 || h.session != 9 {
		t.Errorf("%d entries before session %d", len(h.entries), h.session)
	}
	if got := h.lines(`{"hist_access_type": "tail", "n": 1}`); got != "[[1 1 mine]]" {
		t.Errorf("the last is %s", got)
	}
}

// The file does not grow without limit by sessions without cells, and their numbers
// are not used again.
func TestHistoryOfIdleSessions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.jsonl")
	idle := []entry{{1, 1, "mine"}}
	for i := range 2 * keptEntries {
		idle = append(idle, entry{Session: i + 2})
	}
	if err := rewrite(path, idle); err != nil {
		t.Fatal(err)
	}
	opened(t, path)
	h := opened(t, path)
	if h.session != 2*keptEntries+3 || h.lines(`{"hist_access_type": "tail"}`) != "[[1 1 mine]]" {
		t.Errorf("session %d, %v", h.session, h.entries)
	}
	if kept, err := os.ReadFile(path); err != nil || bytes.Count(kept, []byte("\n")) != 3 {
		t.Errorf("the file is %q, %v", kept, err)
	}
}

// If the history cannot be read, the kernel works with the history of its session.
func TestHistoryCannotBeRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.jsonl")
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	h, err := openHistory(path)
	if err == nil {
		t.Error("a folder was read")
	}
	h.add(1, "mine")
	if got := h.lines(`{"hist_access_type": "tail", "n": 1}`); got != "[[1 1 mine]]" {
		t.Errorf("the history of the session is %s", got)
	}
}
