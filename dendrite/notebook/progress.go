package notebook

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/janpfeifer/gonb/gonbui"

	"microcircuits/dendrite/notebook/names"
)

// Progress shows the progress of a long run, with the remaining time and the learning
// curves so far: a live bar in an open notebook, one line in a terminal, a line from time
// to time in a log, and only the last line in a headless run. Its methods may be called
// concurrently and at any rate.
type Progress struct {
	mu       sync.Mutex
	title    string
	fraction float64
	before   float64 // the part of fraction that was not done in this run
	text     string
	curves   curves
	start    time.Time
	first    sample // the first report; the speed is computed from it
	started  bool
	ended    bool
	shown    time.Time
	now      func() time.Time
	out      output
}

type sample struct {
	at   time.Time
	done float64 // in this run
}

// An output displays progress.
type output interface {
	every() time.Duration // shortest time between two calls of show
	show(p *Progress)
	end(p *Progress, line string)
}

// NewProgress starts a bar. End it with Done or Fail.
func NewProgress(title string) *Progress {
	var out output
	switch {
	case Interactive():
		out = &cellOutput{send: send, id: "dendrite_progress_" + gonbui.UniqueId()}
	case InGoNB():
		file := os.Getenv(names.StatusEnv)
		if file != "" {
			file = filepath.Join(os.TempDir(), filepath.Base(file))
		}
		out = finalOutput{send, file}
	case isTerminal(os.Stderr):
		out = terminalOutput{os.Stderr}
	default:
		out = &logOutput{w: os.Stderr}
	}
	return newProgress(title, out, time.Now)
}

// isTerminal reports whether a file is a terminal, or another device of characters: for the null
// device it does not matter how progress is shown.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func newProgress(title string, out output, now func() time.Time) *Progress {
	return &Progress{title: title, out: out, now: now, start: now()}
}

// Update sets the finished fraction of the run, 0 to 1, and a text about the current work.
func (p *Progress) Update(fraction float64, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fraction = min(max(fraction, 0), 1)
	p.text = text
	now := p.now()
	if !p.started {
		// A resumed run does not start at 0: compute the speed from here.
		p.started, p.first = true, sample{now, p.fraction - p.before}
	}
	p.draw(now)
}

// Before sets the part of the next fractions that was done before this run: results and
// checkpoints that were found took no time, so the remaining time does not count them.
func (p *Progress) Before(fraction float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.before = min(max(fraction, 0), 1)
}

// Point adds a point to a learning curve. It is shown at the next update.
func (p *Progress) Point(curve string, x, y float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.curves.add(curve, x, y)
	p.draw(p.now())
}

func (p *Progress) draw(now time.Time) {
	if p.ended || !p.shown.IsZero() && now.Sub(p.shown) < p.out.every() {
		return
	}
	p.shown = now
	p.out.show(p)
}

// Done ends the bar with one line: the title, text and the time taken.
func (p *Progress) Done(text string) { p.end("done", text) }

// Fail ends the bar with one line with the error.
func (p *Progress) Fail(err error) { p.end("stopped", err.Error()) }

func (p *Progress) end(how, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return
	}
	p.ended = true
	line := fmt.Sprintf("%s: %s in %s", p.title, how, Duration(p.now().Sub(p.start)))
	if text != "" {
		line += ", " + text
	}
	p.out.end(p, line)
}

// left estimates the remaining time; false if it cannot be estimated yet.
func (p *Progress) left() (time.Duration, bool) {
	done := p.fraction - p.before - p.first.done
	passed := p.now().Sub(p.first.at)
	if !p.started || done <= 0 || passed < time.Second {
		return 0, false
	}
	return time.Duration(float64(passed) * (1 - p.fraction) / done), true
}

// status returns the state as text, such as "42 %, 3 min left, epoch 5".
func (p *Progress) status() string {
	parts := []string{fmt.Sprintf("%d %%", int(100*p.fraction))}
	if left, ok := p.left(); ok && p.fraction < 1 {
		parts = append(parts, Duration(left)+" left")
	}
	if p.text != "" {
		parts = append(parts, p.text)
	}
	return strings.Join(parts, ", ")
}

// Duration formats a time, rounded for people.
func Duration(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < 100*time.Second:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 100*time.Minute:
		return fmt.Sprintf("%.0f min", d.Minutes())
	}
	return fmt.Sprintf("%.1f h", d.Hours())
}

// terminalOutput rewrites one line.
type terminalOutput struct{ w io.Writer }

func (terminalOutput) every() time.Duration { return 200 * time.Millisecond }

func (o terminalOutput) show(p *Progress) {
	const width = 24
	n := int(p.fraction * width)
	fmt.Fprintf(o.w, "\r\x1b[K%s [%s%s] %.120s", p.title, strings.Repeat("=", n), strings.Repeat(" ", width-n), p.status())
}

func (o terminalOutput) end(_ *Progress, line string) { fmt.Fprintf(o.w, "\r\x1b[K%s\n", line) }

// logOutput writes a line for each tenth of the run, and at least every half minute.
type logOutput struct {
	w     io.Writer
	tenth int
	last  time.Time
}

func (*logOutput) every() time.Duration { return 2 * time.Second }

func (o *logOutput) show(p *Progress) {
	tenth, now := int(p.fraction*10), p.now()
	if tenth == o.tenth && now.Sub(o.last) < 30*time.Second {
		return
	}
	o.tenth, o.last = tenth, now
	fmt.Fprintf(o.w, "%s: %s\n", p.title, p.status())
}

func (o *logOutput) end(_ *Progress, line string) { fmt.Fprintln(o.w, line) }

// finalOutput shows only the last line, for headless runs. Before that it writes the state
// to file, if not "", for the program that runs the notebook.
type finalOutput struct {
	send sender
	file string
}

func (finalOutput) every() time.Duration { return time.Second }

func (o finalOutput) show(p *Progress) {
	if o.file != "" {
		// The file only serves the display of progress: ignore errors.
		_ = os.WriteFile(o.file, []byte(p.status()), 0o600)
	}
}

func (o finalOutput) end(_ *Progress, line string) {
	o.send(map[string]any{"text/plain": line}, names.Metadata(names.Progress), "")
}
