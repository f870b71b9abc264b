package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var testKey = []byte("a0436f6c-1916-498b-8eb9-e81ab9368e84")

// The signature of a known message, computed with Python's hmac module:
// hmac.new(b"key", b'{"a":1}{}{}{"b":2}', "sha256").hexdigest().
func TestSignature(t *testing.T) {
	parts := [][]byte{[]byte(`{"a":1}`), []byte(`{}`), []byte(`{}`), []byte(`{"b":2}`)}
	const want = "0206f42f4ae2a48f6054ab91271f90c100f7022f55fb1f23de6377624d533752"
	if got := string(signature([]byte("key"), parts)); got != want {
		t.Errorf("signature = %s, want %s", got, want)
	}
	if got := signature(nil, parts); len(got) != 0 {
		t.Errorf("signature without a key = %q", got)
	}
}

func TestFramesRoundTrip(t *testing.T) {
	ask := NewMessage("session", "execute_request", map[string]any{"code": "x < 1"})
	ask.Identities = [][]byte{[]byte("peer")}
	m := ask.Reply("execute_reply", map[string]string{"status": "ok"})
	m.Buffers = [][]byte{{1, 2, 3}}
	frames, err := m.Frames(testKey)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseFrames(frames, testKey)
	if err != nil {
		t.Fatal(err)
	}
	m.Metadata = json.RawMessage("{}")
	if diff := cmp.Diff(m, got); diff != "" {
		t.Errorf("(-sent +received):\n%s", diff)
	}
	if got.Parent != ask.Header || got.Header.ID == ask.Header.ID {
		t.Errorf("parent %+v, header %+v", got.Parent, got.Header)
	}
}

func TestParseFramesRefuses(t *testing.T) {
	good, err := NewMessage("s", "status", struct{}{}).Frames(testKey)
	if err != nil {
		t.Fatal(err)
	}
	change := func(i int, to string) [][]byte {
		f := slices.Clone(good)
		f[i] = []byte(to)
		return f
	}
	unsigned, err := NewMessage("s", "status", struct{}{}).Frames(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		frames [][]byte
		key    []byte
		want   error
	}{
		"nothing":           {nil, testKey, ErrFraming},
		"no delimiter":      {good[1:], testKey, ErrFraming},
		"too short":         {good[:5], testKey, ErrFraming},
		"unsigned":          {unsigned, testKey, ErrSignature},
		"other key":         {good, []byte("other"), ErrSignature},
		"changed content":   {change(5, `{"a":1}`), testKey, ErrSignature},
		"changed signature": {change(1, strings.Repeat("0", 64)), testKey, ErrSignature},
		"header":            {change(2, `[]`), nil, ErrFraming},
		"empty header":      {change(2, `{}`), nil, ErrFraming},
		"parent":            {change(3, `x`), nil, ErrFraming},
		"content":           {change(5, `[1]`), nil, ErrFraming},
		"metadata":          {change(4, ``), nil, ErrFraming},
	} {
		if _, err := ParseFrames(c.frames, c.key); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// An accepted message has a valid signature, and it comes back the same when it is sent
// again. No part under the signature can be changed.
func FuzzParseFrames(f *testing.F) {
	good, err := NewMessage("s", "status", map[string]string{"execution_state": "idle"}).Frames(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(bytes.Join(good, []byte{'\n'}), 0)
	f.Add([]byte("id\n<IDS|MSG>\n\n{}\n{}\n{}\n{}"), 0)
	f.Add([]byte("<IDS|MSG>\nabc\nnull\nnull\nnull\nnull\nbuffer"), 0)
	f.Add([]byte("a\n\n<IDS|MSG>\n\n{\"msg_id\":\"\\ud800\",\"msg_type\":\"x\"}\n{\"session\":\"t\"}\n{\"a\":1} \n {\"a\":1,\"a\":2}\nbuffer\n"), 7)
	f.Fuzz(func(t *testing.T, data []byte, at int) {
		frames := bytes.Split(data, []byte{'\n'})
		if _, err := ParseFrames(frames, testKey); err == nil {
			t.Error("accepted without a valid signature")
		}
		m, err := ParseFrames(frames, nil)
		if err != nil {
			if !errors.Is(err, ErrFraming) || strings.ContainsFunc(err.Error(), unicode.IsControl) {
				t.Errorf("error %q", err)
			}
			return
		}
		sent, err := m.Frames(testKey)
		if err != nil {
			t.Fatal(err)
		}
		back, err := ParseFrames(sent, testKey)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(m, back, cmpopts.EquateEmpty()); diff != "" {
			t.Error(diff)
		}
		part := &sent[len(m.Identities)+2+int(uint(at)%4)]
		*part = bytes.Clone(*part)
		(*part)[uint(at)/4%uint(len(*part))] ^= 1 // each part has at least two bytes
		if _, err := ParseFrames(sent, testKey); !errors.Is(err, ErrSignature) {
			t.Errorf("changed after it was signed: %v", err)
		}
	})
}

func TestConnectionFile(t *testing.T) {
	c, err := NewConnection()
	if err != nil {
		t.Fatal(err)
	}
	ports := []int{c.ShellPort, c.IOPubPort, c.StdinPort, c.ControlPort, c.HBPort}
	slices.Sort(ports)
	if len(slices.Compact(ports)) != 5 || ports[0] <= 0 {
		t.Errorf("ports %v", ports)
	}
	path := filepath.Join(t.TempDir(), "c.json")
	if err := c.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	got, err := ReadConnection(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c, got); diff != "" {
		t.Errorf("(-written +read):\n%s", diff)
	}
	for _, ip := range []string{"::1", "127.0.0.2", "localhost"} {
		good := *c
		good.IP = ip
		if err := good.WriteFile(path); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadConnection(path); err != nil {
			t.Error(err)
		}
	}
	for want, change := range map[string]func(*Connection){
		"transport":        func(c *Connection) { c.Transport = "udp" },
		"signature scheme": func(c *Connection) { c.SignatureScheme = "md5" },
		"port is missing":  func(c *Connection) { c.HBPort = 0 },
		"key is missing":   func(c *Connection) { c.Key = "" },
		`not on "0.0.0.0"`: func(c *Connection) { c.IP = "0.0.0.0" },
		`not on ""`:        func(c *Connection) { c.IP = "" },
	} {
		bad := *c
		change(&bad)
		if err := bad.WriteFile(path); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadConnection(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error with %q", err, want)
		}
	}
}
