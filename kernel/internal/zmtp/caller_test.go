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

// small are limits that few bytes reach.
var small = limits{waiting: 1000, piece: 100, stuck: 10 * time.Second}

// connect adds a caller that has subscribed to everything to a socket, which does
// not listen, and returns its end of the connection.
func connect(t *testing.T, s *Socket) (*caller, net.Conn) {
	ours, theirs := net.Pipe() // has no buffer: written is what was read
	c := newCaller(ours, "", small)
	c.topics[""] = 1
	s.connections[ours] = c
	go c.write()
	t.Cleanup(func() { theirs.Close() })
	return c, theirs
}

// why is the reason for which the caller was cut off.
func (c *caller) why() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failure == nil {
		return ""
	}
	return c.failure.Error()
}

// Who reads slowly, but does, gets everything, however long a message takes.
func TestSlowCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &Socket{kind: Pub, connections: map[net.Conn]*caller{}}
		c, conn := connect(t, s)
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
		if want := 3 * (5000 + 9); read != want || c.why() != "" {
			t.Errorf("%d of %d bytes were read: %s", read, want, c.why())
		}
	})
}

// Who reads too slowly is cut off, also where it ends a message now and then.
func TestTooSlowCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &Socket{kind: Pub, connections: map[net.Conn]*caller{}}
		c, conn := connect(t, s)
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
		if read > 100 || !strings.Contains(c.why(), "does not read") {
			t.Errorf("%d messages of 1000 were read: %q", read, c.why())
		}
	})
}

// While callers that do not read are waited for, the others have the message;
// and they are waited for once, all at the same time.
func TestOthersDoNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &Socket{kind: Pub, connections: map[net.Conn]*caller{}}
		for range 10 {
			connect(t, s)
		}
		reads, conn := connect(t, s)
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
			t.Errorf("%d messages were sent while one is waited for, %d bytes read", sent.Load(), read.Load())
		}
		time.Sleep(small.stuck)
		synctest.Wait()
		if sent.Load() != 200 || read.Load() != 200*size {
			t.Errorf("%d messages of 200 were sent after %v, %d bytes read", sent.Load(), small.stuck, read.Load())
		}
		reads.finish()
	})
}
