// Package wire encodes, signs and decodes the messages of the Jupyter protocol 5.x
// for ZeroMQ, and reads and writes connection files.
package wire

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// ProtocolVersion is the version of the Jupyter messaging protocol.
const ProtocolVersion = "5.3"

// delimiter ends the routing prefix of a message.
var delimiter = []byte("<IDS|MSG>")

// A Header identifies a message.
type Header struct {
	ID       string `json:"msg_id"`
	Session  string `json:"session"`
	Username string `json:"username"`
	Date     string `json:"date"`
	Type     string `json:"msg_type"`
	Version  string `json:"version"`
}

// A Message is one message of the Jupyter protocol. Content and Metadata are
// JSON objects.
type Message struct {
	Identities [][]byte // routing prefix
	Header     Header
	Parent     Header // zero if there is none
	Metadata   json.RawMessage
	Content    json.RawMessage
	Buffers    [][]byte
}

// NewMessage returns a message of the given type and content within a session.
// It panics when the content cannot be encoded as JSON.
func NewMessage(session, msgType string, content any) *Message {
	body, err := json.Marshal(content)
	if err != nil {
		panic("wire: message content: " + err.Error())
	}
	return &Message{
		Header: Header{
			ID: NewID(), Session: session, Username: "dendrite", Type: msgType,
			Date: time.Now().UTC().Format(time.RFC3339Nano), Version: ProtocolVersion,
		},
		Content: body,
	}
}

// Reply returns a reply to m, addressed to m's sender.
func (m *Message) Reply(msgType string, content any) *Message {
	r := NewMessage(m.Header.Session, msgType, content)
	r.Identities, r.Parent = m.Identities, m.Header
	return r
}

// Decode decodes the content into v.
func (m *Message) Decode(v any) error {
	if err := json.Unmarshal(m.Content, v); err != nil {
		return fmt.Errorf("wire: content of %s: %w", m.Header.Type, err)
	}
	return nil
}

// Frames encodes the message for the wire, signed with HMAC-SHA256 under key
// (unsigned when the key is empty).
func (m *Message) Frames(key []byte) ([][]byte, error) {
	header, err := json.Marshal(m.Header)
	if err != nil {
		return nil, fmt.Errorf("wire: %w", err)
	}
	parent := []byte("{}")
	if m.Parent != (Header{}) {
		if parent, err = json.Marshal(m.Parent); err != nil {
			return nil, fmt.Errorf("wire: %w", err)
		}
	}
	parts := [][]byte{header, parent, orEmpty(m.Metadata), orEmpty(m.Content)}
	frames := append([][]byte{}, m.Identities...)
	frames = append(frames, delimiter, signature(key, parts))
	frames = append(frames, parts...)
	return append(frames, m.Buffers...), nil
}

// Errors of ParseFrames.
var (
	ErrFraming   = errors.New("wire: malformed message")
	ErrSignature = errors.New("wire: message signature is wrong")
)

// ParseFrames decodes a message from the wire and checks its signature when
// the key is not empty. Errors wrap ErrFraming or ErrSignature.
func ParseFrames(frames [][]byte, key []byte) (*Message, error) {
	at := -1
	for i, f := range frames {
		if bytes.Equal(f, delimiter) {
			at = i
			break
		}
	}
	if at < 0 {
		return nil, fmt.Errorf("%w: no delimiter", ErrFraming)
	}
	body := frames[at+1:]
	if len(body) < 5 {
		return nil, fmt.Errorf("%w: %d frames after the delimiter, want at least 5", ErrFraming, len(body))
	}
	if len(key) > 0 && !hmac.Equal(signature(key, body[1:5]), body[0]) {
		return nil, ErrSignature
	}
	m := &Message{Identities: frames[:at], Metadata: body[3], Content: body[4], Buffers: body[5:]}
	if err := json.Unmarshal(body[1], &m.Header); err != nil {
		return nil, fmt.Errorf("%w: header: %v", ErrFraming, err)
	}
	if err := json.Unmarshal(body[2], &m.Parent); err != nil {
		return nil, fmt.Errorf("%w: parent header: %v", ErrFraming, err)
	}
	if m.Header.Type == "" || m.Header.ID == "" {
		return nil, fmt.Errorf("%w: header without msg_type or msg_id", ErrFraming)
	}
	for name, raw := range map[string]json.RawMessage{"metadata": m.Metadata, "content": m.Content} {
		if !json.Valid(raw) || bytes.TrimSpace(raw)[0] != '{' {
			return nil, fmt.Errorf("%w: %s is not a JSON object", ErrFraming, name)
		}
	}
	return m, nil
}

func signature(key []byte, parts [][]byte) []byte {
	if len(key) == 0 {
		return []byte{}
	}
	mac := hmac.New(sha256.New, key)
	for _, p := range parts {
		mac.Write(p)
	}
	return []byte(hex.EncodeToString(mac.Sum(nil)))
}

func orEmpty(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return json.RawMessage("{}")
	}
	return raw
}

// NewID returns 32 random hexadecimal digits.
func NewID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}
