package zmtp

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"time"
)

const (
	// handshakeTimeout is the time limit of the handshake.
	handshakeTimeout = 10 * time.Second
	// closeTimeout is the time for which Close waits until all peers have read.
	closeTimeout = time.Second
)

// limits apply to peers that read slowly. A peer is behind if more than waiting bytes
// are queued for it; then Send waits. A peer that is behind must read each piece
// within timeout, or it is disconnected.
type limits struct {
	waiting, piece int
	timeout        time.Duration
}

// defaultLimits mean that a peer that is 64 MB behind must read 0.8 MB per second.
var defaultLimits = limits{waiting: 64 << 20, piece: 8 << 20, timeout: 10 * time.Second}

// A Socket is a listening socket. Its methods may be called from several goroutines
// at the same time.
type Socket struct {
	kind       Type
	listener   net.Listener
	receive    func(*Socket, [][]byte)
	log        func(error)
	limits     limits
	goroutines sync.WaitGroup

	mu          sync.Mutex
	connections map[net.Conn]*peer // nil before the end of the handshake
	closed      bool

	receiving sync.Mutex
}

// Listen opens a socket on an address of a network, tcp or unix. A ROUTER socket calls
// receive with each message, one after the other; receive is not called for PUB and
// REP sockets. A REP socket sends each message back. log is called with the errors of
// connections.
func Listen(network, address string, kind Type, receive func(s *Socket, frames [][]byte), log func(error)) (*Socket, error) {
	if peerTypes[kind] == nil {
		return nil, fmt.Errorf("zmtp: no sockets of type %s", kind)
	}
	l, err := net.Listen(network, address)
	if err != nil {
		return nil, fmt.Errorf("zmtp: %w", err)
	}
	s := &Socket{kind: kind, listener: l, receive: receive, log: log, limits: defaultLimits, connections: map[net.Conn]*peer{}}
	s.goroutines.Add(1)
	go s.accept()
	return s, nil
}

func (s *Socket) accept() {
	defer s.goroutines.Done()
	for {
		conn, err := s.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // for example too many open files
			s.log(err)
			time.Sleep(50 * time.Millisecond)
			continue
		}
		s.mu.Lock()
		if s.closed {
			conn.Close()
		} else {
			s.connections[conn] = nil
			s.goroutines.Add(1)
			go s.serve(conn)
		}
		s.mu.Unlock()
	}
}

// serve handles a connection until it ends.
func (s *Socket) serve(conn net.Conn) {
	defer s.goroutines.Done()
	err := s.receiveUntilEnd(conn)
	conn.Close()
	s.mu.Lock()
	delete(s.connections, conn)
	closed := s.closed
	s.mu.Unlock()
	if err != io.EOF && !closed {
		s.log(fmt.Errorf("connection from %s closed: %w", conn.RemoteAddr(), err))
	}
}

// receiveUntilEnd receives messages until the connection ends and returns the error,
// io.EOF if the peer has closed it.
func (s *Socket) receiveUntilEnd(conn net.Conn) error {
	in := bufio.NewReader(conn)
	c, err := s.handshake(conn, in)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.connections[conn] = c
	closed := s.closed
	s.mu.Unlock()
	if closed {
		return net.ErrClosed
	}
	go c.write()
	for {
		frames, err := readMessage(in)
		if err != nil {
			return c.end(err)
		}
		s.received(c, frames)
	}
}

// handshake exchanges greetings and returns the peer.
func (s *Socket) handshake(conn net.Conn, in io.Reader) (*peer, error) {
	if err := conn.SetDeadline(time.Now().Add(handshakeTimeout)); err != nil {
		return nil, err
	}
	if _, err := conn.Write(greeting()); err != nil {
		return nil, err
	}
	theirs := make([]byte, 64)
	if _, err := io.ReadFull(in, theirs); err != nil {
		return nil, err // io.EOF if the peer has closed the connection at once
	}
	if err := checkGreeting(theirs); err != nil {
		return nil, err
	}
	if _, err := conn.Write(ready(s.kind)); err != nil {
		return nil, err
	}
	kind, identity, err := readReady(in)
	if err != nil {
		return nil, unexpectedEOF(err)
	}
	if !slices.Contains(peerTypes[s.kind], kind) {
		return nil, fmt.Errorf("the peer is a socket of type %q, want one of %v", kind, peerTypes[s.kind])
	}
	if identity == "" {
		identity = rand.Text()
	}
	return newPeer(conn, identity, s.limits), conn.SetDeadline(time.Time{})
}

// received handles a message. For a ROUTER socket only one is handled at a time.
func (s *Socket) received(c *peer, frames [][]byte) {
	switch s.kind {
	case Pub:
		c.subscribe(frames)
	case Rep:
		c.send(encode(frames))
		c.wait()
	case Router:
		s.receiving.Lock()
		defer s.receiving.Unlock()
		s.receive(s, append([][]byte{c.identity}, frames...))
	}
}

// Send sends a message: a ROUTER socket to the peer with the identity in the first
// frame, a PUB socket to all peers that have subscribed to it. A message without
// receiver is dropped. Send adds the message to the queues of all receivers, and then
// waits while one of them is behind.
func (s *Socket) Send(frames [][]byte) {
	if len(frames) == 0 {
		return
	}
	var to []*peer
	s.mu.Lock()
	for _, c := range s.connections {
		if c == nil {
			continue
		}
		if s.kind == Router && bytes.Equal(c.identity, frames[0]) || s.kind == Pub && c.subscribed(frames[0]) {
			to = append(to, c)
		}
	}
	s.mu.Unlock()
	if s.kind == Router {
		frames = frames[1:]
	}
	wire, size := encode(frames)
	for _, c := range to {
		c.send(wire, size)
	}
	for _, c := range to {
		c.wait()
	}
}

// Close closes the socket when all peers have read their messages, at the latest
// after closeTimeout.
func (s *Socket) Close() {
	s.mu.Lock()
	s.closed = true
	for conn, c := range s.connections {
		if c == nil {
			conn.Close()
		} else {
			c.finish()
		}
	}
	s.mu.Unlock()
	s.listener.Close()
	over := time.AfterFunc(closeTimeout, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for conn := range s.connections {
			conn.Close()
		}
	})
	defer over.Stop()
	s.goroutines.Wait()
}
