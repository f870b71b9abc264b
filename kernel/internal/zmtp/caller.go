package zmtp

import (
	"errors"
	"net"
	"os"
	"strings"
	"sync"
	"time"
)

// A caller is the other end of a connection.
type caller struct {
	conn     net.Conn
	identity []byte
	limits   limits

	mu      sync.Mutex
	changed sync.Cond
	topics  map[string]int // how often it has subscribed to each
	queue   [][]byte       // what is to be written
	waiting int            // bytes of the queue, and of what is being written
	last    bool           // no message will follow those in the queue
	failure error
}

func newCaller(conn net.Conn, identity string, l limits) *caller {
	c := &caller{conn: conn, limits: l, identity: []byte(identity), topics: map[string]int{}}
	c.changed.L = &c.mu
	return c
}

// send queues a message on the wire.
func (c *caller) send(wire [][]byte, size int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failure != nil || c.last {
		return
	}
	before := c.behind()
	c.queue = append(c.queue, wire...)
	c.waiting += size
	if !before {
		c.hurry() // also with what is being written
	}
	c.changed.Broadcast()
}

// await waits while the caller is behind.
func (c *caller) await() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.behind() && c.failure == nil {
		c.changed.Wait()
	}
}

// behind tells whether more waits for the caller than may.
func (c *caller) behind() bool { return c.waiting > c.limits.waiting }

// hurry sets the time within which the caller has to take the next piece: there
// is a limit only while it is behind.
func (c *caller) hurry() {
	var by time.Time
	if c.behind() {
		by = time.Now().Add(c.limits.stuck)
	}
	_ = c.conn.SetWriteDeadline(by) // fails when the connection is closed, and so will the writing
}

// write sends what is queued until the connection ends.
func (c *caller) write() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		for len(c.queue) == 0 && c.failure == nil && !c.last {
			c.changed.Wait()
		}
		if c.failure != nil || len(c.queue) == 0 {
			c.conn.Close()
			return
		}
		piece, size := c.next()
		c.hurry()
		c.mu.Unlock()
		_, err := piece.WriteTo(c.conn)
		c.mu.Lock()
		c.waiting -= size
		if errors.Is(err, os.ErrDeadlineExceeded) {
			err = errors.New("does not read what it is sent, or too slowly")
		}
		if c.failure == nil {
			c.failure = err
		}
		c.changed.Broadcast()
	}
}

// next takes from the queue what is to be written in one go: no more than one
// piece, and that much where there is enough of it, so that a caller that is
// behind cannot gain time by taking little.
func (c *caller) next() (piece net.Buffers, size int) {
	for len(c.queue) > 0 && size < c.limits.piece {
		part := c.queue[0]
		if most := c.limits.piece - size; len(part) > most {
			part, c.queue[0] = part[:most], part[most:]
		} else {
			c.queue[0] = nil
			c.queue = c.queue[1:]
		}
		piece = append(piece, part)
		size += len(part)
	}
	return piece, size
}

// finish has the connection end when the queue is empty.
func (c *caller) finish() {
	c.mu.Lock()
	c.last = true
	c.changed.Broadcast()
	c.mu.Unlock()
}

// end gives the connection up, and what is queued with it. It returns the first
// reason there was to do so.
func (c *caller) end(why error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failure == nil {
		c.failure = why
	}
	c.changed.Broadcast()
	c.conn.Close()
	return c.failure
}

// subscribe takes a message to a PUB socket: 1 and a topic subscribes to it, 0
// and a topic undoes that. Others say nothing to us.
func (c *caller) subscribe(frames [][]byte) {
	if len(frames) != 1 || len(frames[0]) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	topic := string(frames[0][1:])
	switch frames[0][0] {
	case 1:
		c.topics[topic]++
	case 0:
		if c.topics[topic]--; c.topics[topic] <= 0 {
			delete(c.topics, topic)
		}
	}
}

// wants tells whether the caller has subscribed to messages that begin so.
func (c *caller) wants(first []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for topic := range c.topics {
		if strings.HasPrefix(string(first), topic) {
			return true
		}
	}
	return false
}
