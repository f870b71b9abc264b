// Package zmtp implements the part of the ZeroMQ message transport protocol 3.0 that
// a Jupyter kernel needs: listening sockets of types ROUTER, PUB and REP, without
// encryption. See https://rfc.zeromq.org/spec/23.
//
// A peer that sends invalid data is disconnected and logged; other connections are
// not affected. Memory is allocated for received bytes, not for an announced size. If
// a peer reads slowly, Send waits, so that no message is lost. A peer that reads less
// than 0.8 MB per second is disconnected after ten seconds.
package zmtp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
)

// A Type is a type of socket.
type Type string

// The types that can listen.
const (
	Router Type = "ROUTER" // the first frame of each message is the identity of the peer
	Pub    Type = "PUB"    // sends to peers that have subscribed to the beginning of the first frame
	Rep    Type = "REP"    // sends each message back
)

// peerTypes are the socket types that may connect to each type.
var peerTypes = map[Type][]string{Router: {"DEALER", "REQ", "ROUTER"}, Pub: {"SUB", "XSUB"}, Rep: {"REQ", "DEALER"}}

const (
	more    = 1 << iota // another frame of this message follows
	long                // the size has 8 bytes
	command             // a command of the protocol, not a message
)

const (
	maxMessage = 512 << 20 // bytes of a message
	maxFrames  = 10_000    // frames of a message
)

// greeting returns the first bytes that each side sends: signature, version 3.0,
// mechanism NULL.
func greeting() []byte {
	g := make([]byte, 64)
	g[0], g[9], g[10] = 0xff, 0x7f, 3
	copy(g[12:32], "NULL")
	return g
}

// checkGreeting returns an error if the peer's greeting is not supported.
func checkGreeting(g []byte) error {
	mechanism, _, _ := bytes.Cut(g[12:32], []byte{0})
	switch {
	case g[0] != 0xff || g[9]&1 == 0:
		return errors.New("the peer does not use the ZeroMQ protocol")
	case g[10] < 3:
		return fmt.Errorf("the peer uses version %d of the ZeroMQ protocol, want 3", g[10])
	case string(mechanism) != "NULL":
		return fmt.Errorf("the peer uses security mechanism %q, want NULL", mechanism)
	}
	return nil
}

// ready returns the READY command with this socket's type.
func ready(t Type) []byte {
	body := []byte("\x05READY\x0bSocket-Type")
	body = binary.BigEndian.AppendUint32(body, uint32(len(t)))
	body = append(body, t...)
	if t == Router {
		body = append(body, "\x08Identity\x00\x00\x00\x00"...)
	}
	return append([]byte{command, byte(len(body))}, body...)
}

// readReady reads the peer's READY command: the type of its socket, and its identity
// or "".
func readReady(r io.Reader) (socketType, identity string, err error) {
	flags, body, err := readFrame(r, 1<<16)
	if err != nil {
		return "", "", err
	}
	rest, ok := bytes.CutPrefix(body, []byte("\x05READY"))
	if flags != command && flags != command|long || !ok {
		return "", "", errors.New("the peer did not send READY")
	}
	for len(rest) > 0 {
		n := int(rest[0])
		if len(rest) < 1+n+4 {
			return "", "", errors.New("READY is incomplete")
		}
		name, size := string(rest[1:1+n]), binary.BigEndian.Uint32(rest[1+n:])
		rest = rest[1+n+4:]
		if uint64(size) > uint64(len(rest)) {
			return "", "", errors.New("READY is incomplete")
		}
		value := string(rest[:size])
		rest = rest[size:]
		switch strings.ToLower(name) {
		case "socket-type":
			socketType = value
		case "identity":
			identity = value
		}
	}
	if len(identity) > 255 {
		return "", "", errors.New("identity is longer than 255 bytes")
	}
	return socketType, identity, nil
}

// readMessage reads the frames of the next message. It ignores commands: version 3.0
// has no important ones after READY.
func readMessage(r io.Reader) ([][]byte, error) {
	var frames [][]byte
	for left := maxMessage; ; {
		flags, body, err := readFrame(r, left)
		if err != nil {
			if len(frames) > 0 && errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
		if flags&command != 0 {
			if flags&more != 0 {
				return nil, errors.New("a command of more than one frame")
			}
			continue
		}
		left -= len(body)
		frames = append(frames, body)
		if flags&more == 0 {
			return frames, nil
		}
		if len(frames) == maxFrames {
			return nil, fmt.Errorf("a message of more than %d frames", maxFrames)
		}
	}
}

// readFrame reads one frame of at most most bytes. If the stream ends before the
// frame, the error is io.EOF.
func readFrame(r io.Reader, most int) (flags byte, body []byte, err error) {
	var head [9]byte
	if _, err := io.ReadFull(r, head[:1]); err != nil {
		return 0, nil, err
	}
	flags = head[0]
	if flags&^(more|long|command) != 0 {
		return 0, nil, fmt.Errorf("a frame with unknown flags %#x", flags)
	}
	sizeBytes := 1
	if flags&long != 0 {
		sizeBytes = 8
	}
	if _, err := io.ReadFull(r, head[1:1+sizeBytes]); err != nil {
		return 0, nil, unexpectedEOF(err)
	}
	size := uint64(head[1])
	if flags&long != 0 {
		size = binary.BigEndian.Uint64(head[1:])
	}
	if size > uint64(most) {
		return 0, nil, fmt.Errorf("a frame of %d bytes, want at most %d", size, most)
	}
	if size <= 1<<16 {
		body = make([]byte, size)
		_, err = io.ReadFull(r, body)
		return flags, body, unexpectedEOF(err)
	}
	var arriving bytes.Buffer
	_, err = io.CopyN(&arriving, r, int64(size))
	return flags, arriving.Bytes(), unexpectedEOF(err)
}

// unexpectedEOF replaces io.EOF by io.ErrUnexpectedEOF.
func unexpectedEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// encode returns the encoded message: the headers of the frames and their bodies,
// which are not copied.
func encode(frames [][]byte) (wire [][]byte, size int) {
	for i, body := range frames {
		var flags byte
		if i < len(frames)-1 {
			flags = more
		}
		head := []byte{flags, byte(len(body))}
		if len(body) > 255 {
			head = binary.BigEndian.AppendUint64([]byte{flags | long}, uint64(len(body)))
		}
		wire = append(wire, head, body)
		size += len(head) + len(body)
	}
	return wire, size
}
