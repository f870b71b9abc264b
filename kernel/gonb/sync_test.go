package gonb

import (
	"testing"

	"github.com/go-zeromq/zmq4"

	"microcircuits/kernel/internal/wire"
)

func TestWithSync(t *testing.T) {
	const added = "\ngonbui.Sync()\n"
	for code, want := range map[string]string{
		"%%\ngonbui.DisplayHTML(x)":                        added,
		"import \"fmt\"\n%% --lr=1\ngonbui.DisplayHTML(x)": added,
		"%main\ngonbui.DisplayHTML(x) // last":             added,
		"%%\ngonbui.DisplayHTML(x)\ngonbui.Sync()":         "",
		"%%\nfmt.Println(1)":                               "",
		"func f() { gonbui.DisplayHTML(x) }":               "",
		"%%bash\necho gonbui.":                             "",
		"%%writefile f\n gonbui.":                          "",
	} {
		if got := withSync(code); got != code+want {
			t.Errorf("withSync(%q) = %q", code, got)
		}
	}
}

// An echo is the shell socket of a kernel that ends every cell at once and stores
// its code.
type echo struct {
	zmq4.Socket
	s    *Session
	code string
}

func (e *echo) SendMulti(raw zmq4.Msg) error {
	m, err := wire.ParseFrames(raw.Frames, []byte(e.s.conn.Key))
	if err != nil {
		return err
	}
	var content struct {
		Code string `json:"code"`
	}
	if err := m.Decode(&content); err != nil {
		return err
	}
	e.code = content.Code
	if err := e.s.handlePublished(m.Reply("status", map[string]string{"execution_state": "idle"})); err != nil {
		return err
	}
	return e.s.handleReply(m.Reply("execute_reply", map[string]any{"status": "ok", "execution_count": 1}))
}

// An attached kernel gets the cell unchanged.
func TestAttachedKernelGetsUnchangedCell(t *testing.T) {
	const code = "%%\ngonbui.DisplayHTML(x)"
	for _, own := range []*process{{exited: make(chan struct{})}, nil} {
		conn, err := wire.NewConnection()
		if err != nil {
			t.Fatal(err)
		}
		s := newSession(own, conn)
		e := &echo{s: s}
		s.shell = e
		if r, err := s.Execute(t.Context(), code, 0); err != nil || r.Status != OK {
			t.Fatalf("%+v, %v", r, err)
		}
		if raw := e.code == code; raw != (own == nil) {
			t.Errorf("our own %v: sent %q", own != nil, e.code)
		}
	}
}
