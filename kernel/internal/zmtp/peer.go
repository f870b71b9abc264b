package zmtp

import (
	"errors"
	"net"
	"os"
	"strings"
	"sync"
	"time"
)

// A peer is the other end of a connection.
type peer struct {
	conn     net.Conn
	identity []byte
	limits   limits

	mu      sync.Mutex
	changed sync.Cond
	topics  map[string]int // number of subscriptions to each topic
	queue   [][]byte       // to be written
	waiting int            // bytes in the queue or being written
	last    bool           // no more messages are added to the queue
	failure error
}

func newPeer(conn net.Conn, identity string, l limits) *peer {
	c := &peer{conn: conn, limits: l, identity: []byte(identity), topics: map[string]int{}}
	c.changed.L = &c.mu
	return c
}

// send adds an encoded message to the queue.
func (c *peer) send(wire [][]byte, size int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failure != nil || c.last {
		return
	}
	before := c.behind()
	c.queue = append(c.queue, wire...)
	c.waiting += size
	if !before {
		c.setDeadline() // also for the piece being written
	}
	c.changed.Broadcast()
}

// wait waits while the peer is behind.
func (c *peer) wait() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.behind() && c.failure == nil {
		c.changed.Wait()
	}
}

// behind reports whether more bytes than allowed wait for the peer.
func (c *peer) behind() bool { return c.waiting > c.limits.waiting }

// setDeadline limits the time for writing the next piece, if the peer is behind.
func (c *peer) setDeadline() {
	var by time.Time
	if c.behind() {
		by = time.Now().Add(c.limits.timeout)
	}
	_ = c.conn.SetWriteDeadline(by) // fails if the connection is closed; then writing fails too
}

// write writes the queue until the connection ends.
func (c *peer) write() {
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
		c.setDeadline()
		c.mu.Unlock()
		_, err := piece.WriteTo(c.conn)
		c.mu.Lock()
		c.waiting -= size
		if errors.Is(err, os.ErrDeadlineExceeded) {
			err = errors.New("the peer does not read, or reads too slowly")
		}
		if c.failure == nil {
			c.failure = err
		}
		c.changed.Broadcast()
	}
}

// next removes the next piece from the queue. A piece has limits.piece bytes if the
// queue has as many: if pieces were smaller, a slow peer would have more time.
func (c *peer) next() (piece net.Buffers, size int) {
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

// finish closes the connection when the queue is empty.
func (c *peer) finish() {
	c.mu.Lock()
	c.last = true
	c.changed.Broadcast()
	c.mu.Unlock()
}

// end closes the connection and drops the queue. It returns the first error of the
// connection.
func (c *peer) end(reason error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failure == nil {
		c.failure = reason
	}
	c.changed.Broadcast()
	c.conn.Close()
	return c.failure
}

// subscribe handles a message to a PUB socket: 1 and a topic subscribes to the topic,
// 0 and a topic ends the subscription. Other messages are ignored.
func (c *peer) subscribe(frames [][]byte) {
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

// subscribed reports whether the peer has subscribed to messages with this first
// frame.
func (c *peer) subscribed(first []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for topic := range c.topics {
		if strings.HasPrefix(string(first), topic) {
			return true
		}
	}
	return false
}
