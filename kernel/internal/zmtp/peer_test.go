package zmtp

import (
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// smallLimits are reached with few bytes.
var smallLimits = limits{waiting: 1000, piece: 100, timeout: 10 * time.Second}

// addPeer adds a peer that has subscribed to all messages to a socket that does not
// listen. It returns the peer and its end of the connection.
func addPeer(t *testing.T, s *Socket) (*peer, net.Conn) {
	ours, theirs := net.Pipe() // without buffer: a write ends when it was read
	c := newPeer(ours, "", smallLimits)
	c.topics[""] = 1
	s.connections[ours] = c
	go c.write()
	t.Cleanup(func() { theirs.Close() })
	return c, theirs
}

// reason returns the error for which the peer was disconnected, or "".
func (c *peer) reason() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failure == nil {
		return ""
	}
	return c.failure.Error()
}

// A peer that reads slowly, but not too slowly, gets all messages.
func TestSlowCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &Socket{kind: Pub, connections: map[net.Conn]*peer{}}
		c, conn := addPeer(t, s)
		go func() {
			for range 3 {
				s.Send([][]byte{[]byte(strings.Repeat("x", 5000))})
			}
			c.finish()
		}()
		read := 0
		for piece := make([]byte, 100); ; time.Sleep(9 * time.Second) {
			n, err := io.ReadFull(conn, piece)
			if read += n; err != nil {
				break
			}
		}
		if want := 3 * (5000 + 9); read != want || c.reason() != "" {
			t.Errorf("%d of %d bytes were read: %s", read, want, c.reason())
		}
	})
}

// A peer that reads too slowly is disconnected, also if it reads a whole message
// from time to time.
func TestTooSlowCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &Socket{kind: Pub, connections: map[net.Conn]*peer{}}
		c, conn := addPeer(t, s)
		go func() {
			for range 1000 {
				s.Send([][]byte{[]byte("message ")})
			}
		}()
		read := 0
		for message := make([]byte, 2+8); ; time.Sleep(9 * time.Second) {
			if _, err := io.ReadFull(conn, message); err != nil {
				break
			}
			read++
		}
		if read > 100 || !strings.Contains(c.reason(), "does not read") {
			t.Errorf("%d messages of 1000 were read: %q", read, c.reason())
		}
	})
}

// While Send waits for peers that do not read, the other peers have the message
// already. Send waits for all of them at the same time.
func TestOthersDoNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &Socket{kind: Pub, connections: map[net.Conn]*peer{}}
		for range 10 {
			addPeer(t, s)
		}
		reads, conn := addPeer(t, s)
		var read, sent atomic.Int64
		go func() {
			for in := make([]byte, 100); ; {
				n, err := conn.Read(in)
				if read.Add(int64(n)); err != nil {
					return
				}
			}
		}()
		go func() {
			for range 200 {
				s.Send([][]byte{[]byte(strings.Repeat("x", 2000))})
				sent.Add(1)
			}
		}()
		const size = 2000 + 9 // on the wire
		synctest.Wait()
		if sent.Load() > 0 || read.Load() != size {
			t.Errorf("%d messages were sent before the timeout, %d bytes read", sent.Load(), read.Load())
		}
		time.Sleep(smallLimits.timeout)
		synctest.Wait()
		if sent.Load() != 200 || read.Load() != 200*size {
			t.Errorf("%d messages of 200 were sent after %v, %d bytes read", sent.Load(), smallLimits.timeout, read.Load())
		}
		reads.finish()
	})
}
