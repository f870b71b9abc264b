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
	// handshakeFor is how long a caller may take to say what it is.
	handshakeFor = 10 * time.Second
	// drainFor is how long a socket that is closed waits for its callers to read.
	drainFor = time.Second
)

// limits are for callers that read slowly, or not at all. When more than so many
// bytes wait for one it is behind, and who sends waits too. While it is behind it
// has so long to take each piece; then it is cut off.
type limits struct {
	waiting, piece int
	stuck          time.Duration
}

// usual are the limits of a socket: who is 64 MB behind has to read 0.8 MB a
// second.
var usual = limits{waiting: 64 << 20, piece: 8 << 20, stuck: 10 * time.Second}

// A Socket listens. Its methods may be called by many goroutines at once.
type Socket struct {
	kind     Type
	listener net.Listener
	receive  func(*Socket, [][]byte)
	log      func(error)
	limits   limits
	ended    sync.WaitGroup

	mu          sync.Mutex
	connections map[net.Conn]*caller // nil before the handshake is over
	closed      bool

	receiving sync.Mutex
}

// Listen opens a socket on an address of a network, tcp or unix. What arrives is
// given to receive, message by message; a PUB socket receives nothing, and a REP
// socket answers by itself with what it was sent. Why a connection was given up
// is told to log.
func Listen(network, address string, kind Type, receive func(s *Socket, frames [][]byte), log func(error)) (*Socket, error) {
	if callers[kind] == nil {
		return nil, fmt.Errorf("zmtp: no sockets of type %s", kind)
	}
	l, err := net.Listen(network, address)
	if err != nil {
		return nil, fmt.Errorf("zmtp: %w", err)
	}
	s := &Socket{kind: kind, listener: l, receive: receive, log: log, limits: usual, connections: map[net.Conn]*caller{}}
	s.ended.Add(1)
	go s.accept()
	return s, nil
}

// Addr is where the socket listens.
func (s *Socket) Addr() net.Addr { return s.listener.Addr() }

func (s *Socket) accept() {
	defer s.ended.Done()
	for {
		conn, err := s.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // too many open files, say
			s.log(err)
			time.Sleep(50 * time.Millisecond)
			continue
		}
		s.mu.Lock()
		if s.closed {
			conn.Close()
		} else {
			s.connections[conn] = nil
			s.ended.Add(1)
			go s.serve(conn)
		}
		s.mu.Unlock()
	}
}

// serve is the life of a connection.
func (s *Socket) serve(conn net.Conn) {
	defer s.ended.Done()
	err := s.converse(conn)
	conn.Close()
	s.mu.Lock()
	delete(s.connections, conn)
	closed := s.closed
	s.mu.Unlock()
	if err != io.EOF && !closed {
		s.log(fmt.Errorf("connection from %s given up: %w", conn.RemoteAddr(), err))
	}
}

// converse returns why the connection ended, io.EOF where the caller has left.
func (s *Socket) converse(conn net.Conn) error {
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

// handshake learns who calls.
func (s *Socket) handshake(conn net.Conn, in io.Reader) (*caller, error) {
	if err := conn.SetDeadline(time.Now().Add(handshakeFor)); err != nil {
		return nil, err
	}
	if _, err := conn.Write(greeting()); err != nil {
		return nil, err
	}
	theirs := make([]byte, 64)
	if _, err := io.ReadFull(in, theirs); err != nil {
		return nil, err // io.EOF for who looked in and left
	}
	if err := checkGreeting(theirs); err != nil {
		return nil, err
	}
	if _, err := conn.Write(ready(s.kind)); err != nil {
		return nil, err
	}
	kind, identity, err := readReady(in)
	if err != nil {
		return nil, cut(err)
	}
	if !slices.Contains(callers[s.kind], kind) {
		return nil, fmt.Errorf("is a socket of type %q, wanted is one of %v", kind, callers[s.kind])
	}
	if identity == "" {
		identity = rand.Text()
	}
	return newCaller(conn, identity, s.limits), conn.SetDeadline(time.Time{})
}

// received handles a message, one after the other for the whole socket.
func (s *Socket) received(c *caller, frames [][]byte) {
	switch s.kind {
	case Pub:
		c.subscribe(frames)
	case Rep:
		c.send(encode(frames))
		c.await()
	case Router:
		s.receiving.Lock()
		defer s.receiving.Unlock()
		s.receive(s, append([][]byte{c.identity}, frames...))
	}
}

// Send sends a message to whom it concerns; who has gone misses nothing. When all
// have it in their queues, Send waits while one of them is behind.
func (s *Socket) Send(frames [][]byte) {
	if len(frames) == 0 {
		return
	}
	var to []*caller
	s.mu.Lock()
	for _, c := range s.connections {
		if c == nil {
			continue
		}
		if s.kind == Router && bytes.Equal(c.identity, frames[0]) || s.kind == Pub && c.wants(frames[0]) {
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
		c.await()
	}
}

// Close ends the socket when its callers have read what was sent to them, or
// after a while.
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
	over := time.AfterFunc(drainFor, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for conn := range s.connections {
			conn.Close()
		}
	})
	defer over.Stop()
	s.ended.Wait()
}
