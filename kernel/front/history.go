package front

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"microcircuits/kernel/internal/files"
	"microcircuits/kernel/internal/wire"
)

// An entry is one cell that was run.
type entry struct {
	Session int    `json:"session"`
	Line    int    `json:"line"`
	Input   string `json:"input"`
}

// history contains the cells run in this session and in earlier ones. Open kernels
// share the file; each appends one line at a time. There is no lock: two kernels
// that start at the same moment may get the same session number, and a cell run
// while another kernel shortens the file may be lost.
type history struct {
	mu      sync.Mutex
	entries []entry
	session int
	path    string // empty if the history is not saved
}

// keptEntries is the number of entries that remain when the file is shortened.
const keptEntries = 5000

// openHistory reads the history of earlier sessions and starts a new session. It
// skips lines that cannot be decoded. If path is empty, or with an error if the file
// cannot be used, the history contains only this session and is not saved.
func openHistory(path string) (*history, error) {
	h := &history{session: 1}
	if path == "" {
		return h, nil
	}
	if err := h.enter(path); err != nil {
		return &history{session: 1}, fmt.Errorf("history: %w", err)
	}
	h.path = path
	return h, nil
}

// enter reads the file and takes the next free session number. It writes an entry
// with line 0, so that sessions without cells have their number too.
func (h *history) enter(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, len(data)+1)
	read := 0
	for ; lines.Scan(); read++ {
		var e entry
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			continue
		}
		h.session = max(h.session, e.Session+1)
		if e.Line > 0 {
			h.entries = append(h.entries, e)
		}
	}
	if read > 2*keptEntries {
		h.entries = h.entries[max(0, len(h.entries)-keptEntries):]
		if err := rewrite(path, h.entries); err != nil {
			return err
		}
	}
	return appendEntry(path, entry{Session: h.session})
}

func rewrite(path string, entries []entry) error {
	var text bytes.Buffer
	for _, e := range entries {
		if err := json.NewEncoder(&text).Encode(e); err != nil {
			return err
		}
	}
	return files.Write(path, text.Bytes())
}

// appendEntry opens the file each time, because another kernel may have replaced it.
func appendEntry(path string, e entry) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(json.NewEncoder(file).Encode(e), file.Close())
}

// add adds a cell. If the file cannot be written, the cell is in this session's
// history only.
func (h *history) add(line int, input string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	e := entry{h.session, line, input}
	h.entries = append(h.entries, e)
	if h.path != "" {
		_ = appendEntry(h.path, e)
	}
}

// answer returns the reply to a history_request.
func (h *history) answer(m *wire.Message) object {
	var c struct {
		Output  bool   `json:"output"`
		Access  string `json:"hist_access_type"`
		Session int    `json:"session"`
		Start   int    `json:"start"`
		Stop    int    `json:"stop"`
		N       int    `json:"n"`
		Pattern string `json:"pattern"`
		Unique  bool   `json:"unique"`
	}
	if err := m.Decode(&c); err != nil {
		return object{"status": "error", "ename": "history", "evalue": err.Error(), "traceback": []string{}}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	var found []entry
	switch c.Access {
	case "range":
		session := c.Session
		if session <= 0 {
			session += h.session // 0 is this session, -1 the one before
		}
		for _, e := range h.entries {
			if e.Session == session && e.Line >= c.Start && (c.Stop <= 0 || e.Line < c.Stop) {
				found = append(found, e)
			}
		}
	case "search":
		for _, e := range h.entries {
			if c.Pattern == "" || glob(c.Pattern, e.Input) {
				found = append(found, e)
			}
		}
		if c.Unique {
			found = latest(found)
		}
	default:
		found = h.entries
	}
	if c.Access != "range" && c.N > 0 && len(found) > c.N {
		found = found[len(found)-c.N:]
	}
	lines := make([][]any, len(found))
	for i, e := range found {
		lines[i] = []any{e.Session, e.Line, e.Input}
		if c.Output {
			lines[i][2] = []any{e.Input, nil} // outputs are not saved
		}
	}
	return object{"status": "ok", "history": lines}
}

// latest keeps only the last of several equal inputs.
func latest(entries []entry) []entry {
	at := map[string]int{}
	for i, e := range entries {
		at[e.Input] = i
	}
	var out []entry
	for i, e := range entries {
		if at[e.Input] == i {
			out = append(out, e)
		}
	}
	return out
}

// glob reports whether text matches a pattern, in which * matches any text and ?
// any single character.
func glob(pattern, text string) bool {
	p, t := []rune(pattern), []rune(text)
	star, mark, i, j := -1, 0, 0, 0
	for j < len(t) {
		switch {
		case i < len(p) && p[i] == '*':
			star, mark = i, j
			i++
		case i < len(p) && (p[i] == '?' || p[i] == t[j]):
			i++
			j++
		case star >= 0: // the last star matches one more character
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(string(p[i:]), "*") == ""
}
