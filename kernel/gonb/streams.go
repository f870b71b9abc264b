package gonb

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"microcircuits/dendrite/notebook/names"
	"microcircuits/kernel/internal/wire"
	"microcircuits/kernel/ipynb"
)

// Programs of cells print into two named pipes of the session, see package streams. What
// GoNB publishes itself, like the exit status, must come after what the program has
// printed. So for such a message a stop is written into both pipes, and the message waits
// until the stop has been read.

// outPipes are the two named pipes.
type outPipes struct {
	dir   string
	files []*os.File // standard output and standard error

	mu     sync.Mutex
	wanted int // number of the last stop to write
	wake   chan struct{}
}

var printedNames = []string{names.Stdout, names.Stderr}

const stopBegin = "\x1b_dendrite-stop "

var (
	stop     = regexp.MustCompile(regexp.QuoteMeta(stopBegin) + `(\d+)` + regexp.QuoteMeta(names.MarkEnd))
	halfStop = regexp.MustCompile("\x1b(?:_[a-z-]*(?: \\d*\x1b?)?)?$") // may be the beginning of a stop
)

// newPrinted makes the pipes. It opens them for reading and writing, so that a program
// never waits for a reader, and a reader never sees the end.
func newPrinted(dir string) (*outPipes, error) {
	p := &outPipes{dir: dir, wake: make(chan struct{}, 1)}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	for _, name := range printedNames {
		path := filepath.Join(dir, name)
		if err := unix.Mkfifo(path, 0o600); err != nil {
			return nil, fmt.Errorf("named pipe %s: %w", path, err)
		}
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			return nil, err
		}
		p.files = append(p.files, f)
	}
	go p.writeStops()
	return p, nil
}

// writeStops writes the last stop that is wanted, until the pipes are closed.
func (p *outPipes) writeStops() {
	for range p.wake {
		p.mu.Lock()
		n := p.wanted
		p.mu.Unlock()
		for _, f := range p.files {
			if _, err := fmt.Fprintf(f, "%s%d%s", stopBegin, n, names.MarkEnd); err != nil {
				return
			}
		}
	}
}

func (p *outPipes) want(n int) {
	p.mu.Lock()
	p.wanted = n
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default: // a wake-up is waiting
	}
}

func (p *outPipes) close() {
	for _, f := range p.files {
		_ = f.Close()
	}
}

// waiting is a message of GoNB that waits for a stop.
type waiting struct {
	*wire.Message
	stop int
}

// readPrinted passes on what programs print, until the pipe is closed.
func (s *Session) readPrinted(stream int) {
	buf := make([]byte, 64<<10)
	var text []byte
	for {
		n, err := s.printed.files[stream].Read(buf)
		if err != nil {
			if !errors.Is(err, os.ErrClosed) {
				s.fail(fmt.Errorf("reading what the cell prints: %w", err))
			}
			return
		}
		text = append(text, buf[:n]...)
		s.mu.Lock()
		for at := stop.FindSubmatchIndex(text); at != nil; at = stop.FindSubmatchIndex(text) {
			err = errors.Join(err, s.print(stream, text[:at[0]]))
			s.stopped[stream], _ = strconv.Atoi(string(text[at[2]:at[3]])) // digits
			text = text[at[1]:]
			err = errors.Join(err, s.publishWaiting())
		}
		end := len(text)
		if at := halfStop.FindIndex(text); at != nil && end-at[0] < 40 {
			end = at[0]
		}
		end -= cutRune(text[:end])
		err = errors.Join(err, s.print(stream, text[:end]))
		text = append(text[:0:0], text[end:]...)
		s.mu.Unlock()
		if err != nil {
			s.fail(err)
			return
		}
		s.wake()
	}
}

// cutRune returns the number of bytes at the end that are the beginning of a character.
func cutRune(text []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(text); n++ {
		if tail := text[len(text)-n:]; utf8.RuneStart(tail[0]) {
			if utf8.FullRune(tail) {
				return 0
			}
			return n
		}
	}
	return 0
}

// print adds printed text to the cell that runs, or ran last.
func (s *Session) print(stream int, text []byte) error {
	if len(text) == 0 || s.current == nil {
		return nil
	}
	s.current.lastMessage = time.Now()
	m := wire.NewMessage(s.id, ipynb.Stream, map[string]string{"name": printedNames[stream], "text": string(text)})
	return s.showAll(s.current, s.current.order.take(m))
}

// publishWaiting handles the messages whose stop was read in both pipes.
func (s *Session) publishWaiting() error {
	reached := min(s.stopped[0], s.stopped[1])
	for _, e := range s.running {
		for len(e.waiting) > 0 && e.waiting[0].stop <= reached {
			m := e.waiting[0].Message
			e.waiting = e.waiting[1:]
			if err := s.publish(e, m); err != nil {
				return err
			}
		}
	}
	return nil
}
