package zmtp

import (
	"bytes"
	"io"
	"log"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"github.com/go-zeromq/zmq4"
)

// A logBuffer stores logged errors.
type logBuffer struct {
	mu   sync.Mutex
	text string
}

func (n *logBuffer) log(err error) {
	n.mu.Lock()
	n.text += err.Error() + "\n"
	n.mu.Unlock()
}

func (n *logBuffer) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text
}

// wait waits until the log contains a text.
func (n *logBuffer) wait(t *testing.T, text string) {
	t.Helper()
	for range 500 {
		if strings.Contains(n.String(), text) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("no %q in the log:\n%s", text, n)
}

func startSocket(t *testing.T, kind Type, receive func(*Socket, [][]byte)) (*Socket, string, *logBuffer) {
	t.Helper()
	n := new(logBuffer)
	s, err := Listen("tcp", "127.0.0.1:0", kind, receive, n.log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s, s.listener.Addr().String(), n
}

func dial(t *testing.T, socket zmq4.Socket, address string) zmq4.Socket {
	t.Helper()
	t.Cleanup(func() { socket.Close() })
	if err := socket.Dial("tcp://" + address); err != nil {
		t.Fatal(err)
	}
	return socket
}

func quiet() []zmq4.Option {
	return []zmq4.Option{zmq4.WithLogger(log.New(io.Discard, "", 0))}
}

// Peers of another implementation get their own replies. Frames of any size arrive
// unchanged.
func TestRouter(t *testing.T) {
	_, address, _ := startSocket(t, Router, (*Socket).Send)
	sent := [][]byte{{}, []byte("a"), bytes.Repeat([]byte("x"), 255), bytes.Repeat([]byte("y"), 256), bytes.Repeat([]byte("z"), 20_000_000)}
	for _, id := range []string{"", "me", "you"} {
		options := quiet()
		if id != "" {
			options = append(options, zmq4.WithID(zmq4.SocketIdentity(id)))
		}
		c := dial(t, zmq4.NewDealer(t.Context(), options...), address)
		if err := c.SendMulti(zmq4.NewMsgFrom(sent...)); err != nil {
			t.Fatal(err)
		}
		got, err := c.Recv()
		if err != nil {
			t.Fatal(err)
		}
		if !slices.EqualFunc(got.Frames, sent, bytes.Equal) {
			t.Errorf("%q got %d frames, not what it sent", id, len(got.Frames))
		}
	}
}

func TestPub(t *testing.T) {
	s, address, _ := startSocket(t, Pub, nil)
	c := dial(t, zmq4.NewSub(t.Context(), quiet()...), address)
	if err := c.SetOption(zmq4.OptionSubscribe, "st"); err != nil {
		t.Fatal(err)
	}
	s.waitForTopic(t)
	s.Send([][]byte{[]byte("other"), []byte("1")})
	s.Send([][]byte{[]byte("status"), []byte("2")})
	got, err := c.Recv()
	if err != nil || string(got.Frames[0]) != "status" || string(got.Frames[1]) != "2" {
		t.Errorf("got %q, %v", got.Frames, err)
	}
}

// A peer that subscribes and does not read is disconnected; another one that reads
// gets all messages.
func TestStuckSubscriber(t *testing.T) {
	s, address, n := startSocket(t, Pub, nil)
	s.limits = limits{waiting: 4 << 20, piece: 1 << 20, timeout: time.Second}
	silent, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	if _, err := silent.Write([]byte(string(greeting()) + "\x04\x19\x05READY\x0bSocket-Type\x00\x00\x00\x03SUB\x00\x01\x01")); err != nil {
		t.Fatal(err)
	}
	reads := dial(t, zmq4.NewSub(t.Context(), quiet()...), address)
	if err := reads.SetOption(zmq4.OptionSubscribe, "st"); err != nil {
		t.Fatal(err)
	}
	s.waitForTopic(t)
	go func() {
		for i := range 100 {
			s.Send([][]byte{[]byte("status"), {byte(i)}, make([]byte, 1<<20)})
		}
	}()
	for i := range 100 {
		if got, err := reads.Recv(); err != nil || got.Frames[1][0] != byte(i) {
			t.Fatalf("message %d: %v, %v", i, got.Frames[1], err)
		}
	}
	n.wait(t, "does not read")
}

// waitForTopic waits until all peers have subscribed to "st".
func (s *Socket) waitForTopic(t *testing.T) {
	t.Helper()
	for range 500 {
		s.mu.Lock()
		wanted := 0
		for _, c := range s.connections {
			if c != nil && c.subscribed([]byte("st")) {
				wanted++
			}
		}
		all := len(s.connections)
		s.mu.Unlock()
		if all > 0 && wanted == all {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("a peer does not subscribe")
}

func TestRep(t *testing.T) {
	_, address, _ := startSocket(t, Rep, nil)
	c := dial(t, zmq4.NewReq(t.Context(), quiet()...), address)
	for _, beat := range []string{"ping", "pong"} {
		if err := c.Send(zmq4.NewMsgString(beat)); err != nil {
			t.Fatal(err)
		}
		if got, err := c.Recv(); err != nil || string(got.Frames[0]) != beat {
			t.Errorf("got %q, %v", got.Frames, err)
		}
	}
}

// The socket continues after invalid input and logs it.
func TestGarbage(t *testing.T) {
	received := make(chan [][]byte, 10)
	_, address, n := startSocket(t, Router, func(_ *Socket, frames [][]byte) { received <- frames })
	hello := append(greeting(), "\x04\x1a\x05READY\x0bSocket-Type\x00\x00\x00\x06DEALER"...)
	hello[64+1] = byte(len(hello) - 64 - 2)
	silent, err := net.Dial("tcp", address) // others do not wait for it
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	for _, c := range []struct {
		sent string
		want string
	}{
		{strings.Repeat("noise", 100), "does not use the ZeroMQ protocol"},
		{string(greeting()) + "\x00\x01x", "did not send READY"},
		{string(greeting()) + "\x04\x0a\x05READY\xff\x00\x00\x00", "READY is incomplete"},
		{string(greeting())[:50], "unexpected EOF"},
		{strings.Replace(string(hello), "DEALER", "PUBSUB", 1), `is a socket of type "PUBSUB"`},
		{strings.Replace(string(hello), "NULL", "CURV", 1), `uses security mechanism "CURV"`},
		{string(hello) + "\xf0", "unknown flags 0xf0"},
		{string(hello) + "\x02\x7f\xff\xff\xff\xff\xff\xff\xff", "a frame of 9223372036854775807 bytes"},
		{string(hello) + "\x02\x00\x00\x00\x00\x10\x00\x00\x00abc", "unexpected EOF"}, // 256 MB announced
		{string(hello) + strings.Repeat("\x01\x00", maxFrames), "more than 10000 frames"},
		{string(hello) + "\x01\x01a", "unexpected EOF"},
	} {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write([]byte(c.sent)); err != nil {
			t.Logf("%.20q: %v", c.sent, err) // the socket may close the connection before the end
		}
		if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
			t.Log(err)
		}
		n.wait(t, c.want)
		conn.Close()
	}
	c := dial(t, zmq4.NewDealer(t.Context(), quiet()...), address)
	if err := c.Send(zmq4.NewMsgString("fine")); err != nil {
		t.Fatal(err)
	}
	if got := <-received; string(got[1]) != "fine" {
		t.Errorf("got %q", got)
	}
}

// A message that can be read is encoded to the same frames. They are at most as long as
// the input, and an announced size larger than the input does not allocate memory.
func FuzzReadMessage(f *testing.F) {
	for _, s := range []string{
		"\x00\x01a", "\x01\x00\x00\x01b", "\x02\x00\x00\x00\x00\x00\x00\x00\x01c", "\x04\x00\x00\x00", "\x06", "\x02\xff", "\x01\x01a\x03\x00",
		"\x02\x00\x00\x00\x00\x10\x00\x00\x00abc", "\x05\x01a", "\x00\x00\xf0", "\x06\x00\x00\x00\x00\x00\x00\x00\x02ab\x00\x01c",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var messages [][][]byte
		var before, after runtime.MemStats
		in := bytes.NewReader(data)
		runtime.ReadMemStats(&before)
		frames, err := readMessage(in)
		for ; err == nil; frames, err = readMessage(in) {
			messages = append(messages, frames)
		}
		runtime.ReadMemStats(&after)
		if used, most := after.TotalAlloc-before.TotalAlloc, uint64(1<<20+200*len(data)); used > most {
			t.Errorf("%q: allocated %d bytes, want at most %d", data, used, most)
		}
		if strings.ContainsFunc(err.Error(), unicode.IsControl) || err == io.EOF && in.Len() > 0 {
			t.Errorf("error %q with %d bytes left", err, in.Len())
		}
		total := 0
		for _, frames := range messages {
			wire, size := encode(frames)
			out := slices.Concat(wire...)
			if len(out) != size {
				t.Errorf("%d bytes, size %d", len(out), size)
			}
			in := bytes.NewReader(out)
			again, err := readMessage(in)
			if err != nil || !slices.EqualFunc(again, frames, bytes.Equal) || in.Len() > 0 {
				t.Errorf("%q comes back as %q, %v, with %d bytes left", frames, again, err, in.Len())
			}
			total += size
		}
		if total > len(data) {
			t.Errorf("%q has messages of %d bytes", data, total)
		}
	})
}

// What READY says is in the command, and the type comes back from a READY of our own.
func FuzzReadReady(f *testing.F) {
	f.Add(ready(Router))
	f.Add(ready(Pub))
	f.Add([]byte("\x04\x0a\x05READY\xff\x00\x00\x00"))
	f.Add([]byte("\x04\x2a\x05READY\x0bsocket-TYPE\x00\x00\x00\x03SUB\x08Identity\x00\x00\x00\x02id"))
	f.Fuzz(func(t *testing.T, data []byte) {
		kind, identity, err := readReady(bytes.NewReader(data))
		if err != nil {
			if kind+identity != "" || strings.ContainsFunc(err.Error(), unicode.IsControl) {
				t.Errorf("%q has %q and %q with error %q", data, kind, identity, err)
			}
			return
		}
		if !bytes.Contains(data, []byte(kind)) || !bytes.Contains(data, []byte(identity)) || len(identity) > 255 {
			t.Errorf("%q has %q and %q", data, kind, identity)
		}
		if len(kind) > 100 {
			return // ready is for types that exist: its size has one byte
		}
		if again, identity, err := readReady(bytes.NewReader(ready(Type(kind)))); again != kind || identity != "" || err != nil {
			t.Errorf("type %q comes back as %q with %q, %v", kind, again, identity, err)
		}
	})
}
