package gonb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/go-zeromq/zmq4"

	"microcircuits/kernel/internal/wire"
	"microcircuits/kernel/ipynb"
)

// Times that the protocol does not define.
const (
	startTimeout = 60 * time.Second       // for a kernel to answer on a busy machine
	quietAfter   = 100 * time.Millisecond // a cell is done after this time without output after its idle status
	quietAtMost  = 5 * time.Second        // longest wait for a time without output
	interruptFor = 8 * time.Second        // GoNB itself kills a cell 5 s after an interrupt
	stopGrace    = 3 * time.Second        // for the kernel to end after a shutdown request
)

// A Session is a connection to a running kernel. Start makes a session with its own
// GoNB process, Attach one with a kernel that was started elsewhere. Execute must not
// be called while another cell runs.
type Session struct {
	// Quiet is the time without output after a cell's idle status after which the
	// cell is done. It may be set before the first cell.
	Quiet time.Duration

	proc    *process // nil for an attached kernel
	started time.Time
	conn    *wire.Connection
	id      string
	sockets []zmq4.Socket
	shell   zmq4.Socket
	control zmq4.Socket
	stdin   zmq4.Socket
	cancel  context.CancelFunc
	limited func(context.Context, time.Duration) (context.Context, context.CancelFunc) // applies a cell's time limit; tests replace it
	close   sync.Once

	options Options
	printed *outPipes // nil for an attached kernel

	mu       sync.Mutex
	current  *execution                 // of a cell: the one that runs, or ran last
	stops    int                        // number of stops so far
	stopped  [2]int                     // last stop that was read, by pipe
	running  map[string]*execution      // by msg_id of the request
	relayed  []string                   // msg_id of the latest requests of Relay, oldest first
	displays map[string][]*ipynb.Output // by display_id
	arrived  chan struct{}              // closed when a message arrives, and then replaced
	failure  error                      // of the connection
	ask      func(*wire.Message)        // for requests for input; nil answers with an empty line
}

// Start starts GoNB and returns when it answers. The caller must Close
// the session.
func Start(ctx context.Context, o Options) (*Session, error) {
	for attempt := 1; ; attempt++ {
		s, ended, err := o.session(ctx)
		// Another program may have taken a port before the kernel could open it.
		if err == nil || !ended || attempt == startAttempts {
			return s, err
		}
	}
}

// startAttempts is the number of starts of a kernel that ends at once.
const startAttempts = 3

// session starts a kernel once; ended is true if the kernel ended before it
// answered.
func (o *Options) session(ctx context.Context) (s *Session, ended bool, err error) {
	conn, err := wire.NewConnection()
	if err != nil {
		return nil, false, err
	}
	proc, err := o.start(ctx, conn)
	if err != nil {
		return nil, false, err
	}
	s = newSession(proc, conn)
	s.options = *o
	s.printed = proc.printed
	for stream := range s.printed.files {
		go s.readPrinted(stream)
	}
	err = s.connect(ctx)
	if err == nil {
		// Cells have the modules of the clone, and no network to get others from. Without
		// this, GoNB runs go get before it compiles a cell.
		command := executeContent("%noautoget", false)
		command["store_history"] = false // it is not a cell that counts
		_, err = s.Relay(ctx, "execute_request", command, func(*wire.Message) {})
	}
	if err != nil {
		ended = s.Dead()
		s.Close()
		return nil, ended, err
	}
	return s, false, nil
}

// Attach connects to a kernel that was started elsewhere. The kernel gets
// the cells unchanged, and Close does not end it. Tests use Attach as a front end.
func Attach(ctx context.Context, conn *wire.Connection) (*Session, error) {
	s := newSession(nil, conn)
	if err := s.connect(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Exited returns a channel that is closed when the kernel's process has ended; nil
// for an attached kernel.
func (s *Session) Exited() <-chan struct{} {
	if s.proc == nil {
		return nil
	}
	return s.proc.exited
}

// Dead reports whether the kernel's process has ended.
func (s *Session) Dead() bool {
	select {
	case <-s.Exited():
		return true
	default:
		return false
	}
}

// TempDir returns the session's private temporary folder, the TMPDIR of its cells.
// Close removes it.
func (s *Session) TempDir() string { return s.proc.tmp }

func newSession(proc *process, conn *wire.Connection) *Session {
	return &Session{
		proc: proc, conn: conn, id: wire.NewID(),
		running:  map[string]*execution{},
		displays: map[string][]*ipynb.Output{},
		arrived:  make(chan struct{}),
		Quiet:    quietAfter,
		limited:  context.WithTimeout,
	}
}

// connect dials the kernel's sockets and waits until its published messages arrive.
func (s *Session) connect(ctx context.Context) error {
	live, cancel := context.WithCancel(context.Background()) // ends the sockets
	s.cancel = cancel
	ctx, stop := context.WithTimeout(ctx, startTimeout)
	defer stop()
	options := []zmq4.Option{
		zmq4.WithID(zmq4.SocketIdentity(s.id)),
		zmq4.WithDialerRetry(20 * time.Millisecond),
		zmq4.WithDialerMaxRetries(-1),
		zmq4.WithTimeout(10 * time.Second),
		zmq4.WithLogger(log.New(io.Discard, "", 0)),
	}
	s.shell = zmq4.NewDealer(live, options...)
	s.control = zmq4.NewDealer(live, options...)
	s.stdin = zmq4.NewDealer(live, options...)
	iopub := zmq4.NewSub(live, options...)
	s.sockets = []zmq4.Socket{s.shell, s.control, s.stdin, iopub}
	ports := []int{s.conn.ShellPort, s.conn.ControlPort, s.conn.StdinPort, s.conn.IOPubPort}
	dialed := make(chan error, 1)
	go func() {
		for i, socket := range s.sockets {
			if err := socket.Dial(s.conn.Endpoint(ports[i])); err != nil {
				dialed <- fmt.Errorf("connecting to the Go kernel: %w", err)
				return
			}
		}
		dialed <- iopub.SetOption(zmq4.OptionSubscribe, "")
	}()
	select {
	case err := <-dialed:
		if err != nil {
			return err
		}
	case <-s.Exited():
		cancel()
		return s.proc.exitError()
	case <-ctx.Done():
		cancel()
		return fmt.Errorf("the Go kernel did not start: %w", ctx.Err())
	}
	go s.receive(iopub, s.handlePublished)
	go s.receive(s.shell, s.handleReply)
	go s.receive(s.control, s.handleReply)
	go s.receive(s.stdin, s.handleInputRequest)

	// A subscription takes effect only after some time: repeat a request until its
	// idle status arrives.
	for {
		e, err := s.request("kernel_info_request", struct{}{})
		if err != nil {
			return err
		}
		retry := time.After(200 * time.Millisecond)
		for again := false; !again; {
			var arrived chan struct{}
			if s.locked(func() bool { arrived = s.arrived; return e.done() }) {
				s.started = time.Now()
				return nil
			}
			select {
			case <-arrived:
			case <-retry:
				again = true
			case <-s.Exited():
				return s.proc.exitError()
			case <-ctx.Done():
				return fmt.Errorf("the Go kernel did not answer: %w", ctx.Err())
			}
		}
	}
}

// receive handles the messages of one socket until it is closed. A message that
// cannot be decoded ends the session.
func (s *Session) receive(socket zmq4.Socket, handle func(*wire.Message) error) {
	for {
		raw, err := socket.Recv()
		if err != nil {
			if !errors.Is(err, context.Canceled) {
				s.fail(fmt.Errorf("connection to the Go kernel: %w", err))
			}
			return
		}
		m, err := wire.ParseFrames(raw.Frames, []byte(s.conn.Key))
		if err == nil {
			err = handle(m)
		}
		if err != nil {
			s.fail(err)
			return
		}
		s.wake()
	}
}

func (s *Session) fail(err error) {
	s.mu.Lock()
	s.failLocked(err)
	s.mu.Unlock()
	s.wake()
}

// failLocked is fail while the session is locked.
func (s *Session) failLocked(err error) {
	if s.failure == nil {
		s.failure = err
	}
}

// wake wakes the methods that wait for messages.
func (s *Session) wake() {
	s.mu.Lock()
	close(s.arrived)
	s.arrived = make(chan struct{})
	s.mu.Unlock()
}

// locked evaluates a condition while it holds the mutex.
func (s *Session) locked(condition func() bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return condition()
}

// request sends a message on the shell socket and registers it.
func (s *Session) request(msgType string, content any) (*execution, error) {
	e := &execution{result: &Result{mu: &s.mu}}
	return e, s.register(wire.NewMessage(s.id, msgType, content), e)
}

func (s *Session) register(m *wire.Message, e *execution) error {
	if s.proc != nil && m.Header.Type == "execute_request" {
		s.proc.tail.forget()
	}
	s.mu.Lock()
	s.running[m.Header.ID] = e
	if m.Header.Type == "execute_request" {
		s.current = e
	}
	s.mu.Unlock()
	return s.send(s.shell, m)
}

func (s *Session) send(socket zmq4.Socket, m *wire.Message) error {
	frames, err := m.Frames([]byte(s.conn.Key))
	if err != nil {
		return err
	}
	if err := socket.SendMulti(zmq4.NewMsgFrom(frames...)); err != nil {
		return fmt.Errorf("sending %s to the Go kernel: %w", m.Header.Type, err)
	}
	return nil
}

// Interrupt asks the kernel to interrupt the running cell. It does not wait for the
// reply, because GoNB sends it on the wrong socket.
func (s *Session) Interrupt() error {
	return s.send(s.control, wire.NewMessage(s.id, "interrupt_request", struct{}{}))
}

// Shutdown asks the kernel to end. It does not wait for the reply.
func (s *Session) Shutdown() error {
	return s.send(s.control, wire.NewMessage(s.id, "shutdown_request", map[string]bool{"restart": false}))
}

// Kill ends a kernel that does not answer. It does not wait, see Exited.
func (s *Session) Kill() { s.proc.end("it did not answer") }

// Close ends the connection. A kernel made by Start is shut down, its remaining
// processes are killed and its temporary folder is removed. Close may be called at
// any time and more than once.
func (s *Session) Close() {
	s.close.Do(func() {
		if s.proc != nil {
			grace := time.Duration(0)
			if s.control != nil && s.Shutdown() == nil {
				grace = stopGrace
			}
			s.proc.stop(grace)
		}
		if s.printed != nil {
			s.printed.close()
		}
		if s.cancel != nil {
			s.cancel()
		}
		for _, socket := range s.sockets {
			_ = socket.Close()
		}
	})
}

// Program returns the Go program that GoNB composed last, or "". It uses no mutex,
// because it is called while a message is passed on, see [Session.Relay].
func (s *Session) Program() string {
	for _, name := range []string{"main.go", "main_test.go"} {
		found, _ := filepath.Glob(filepath.Join(s.proc.tmp, "gonb_*", name)) // the pattern is valid
		for _, file := range found {
			if text, err := os.ReadFile(file); err == nil {
				return string(text)
			}
		}
	}
	return ""
}
