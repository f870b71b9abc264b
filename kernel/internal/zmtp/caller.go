package zmtp

import (
	"errors"
	"net"
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
	queue   [][][]byte     // messages on the wire
	waiting int            // bytes in the queue
	written int            // messages in all
	last    bool           // no message will follow those in the queue
	failure error
}

// send queues a message.
func (c *caller) send(frames [][]byte) {
	wire, size := encode(frames)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.waiting > c.limits.waiting {
		patience := time.AfterFunc(c.limits.stuck, func() { _ = c.end(errors.New("does not read what it is sent")) })
		for at := c.written; c.waiting > c.limits.waiting && c.failure == nil; c.changed.Wait() {
			if c.written != at {
				at = c.written
				patience.Reset(c.limits.stuck)
			}
		}
		patience.Stop()
	}
	if c.failure == nil && !c.last {
		c.queue = append(c.queue, wire)
		c.waiting += size
		c.changed.Broadcast()
	}
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
		message := net.Buffers(c.queue[0])
		c.mu.Unlock()
		size, err := message.WriteTo(c.conn)
		c.mu.Lock()
		c.queue[0] = nil
		c.queue = c.queue[1:]
		c.waiting -= int(size)
		c.written++
		if err != nil && c.failure == nil {
			c.failure = err
		}
		c.changed.Broadcast()
	}
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
