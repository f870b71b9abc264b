package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"microcircuits/dendrite/notebook/names"
	"microcircuits/kernel/gonb"
	"microcircuits/kernel/internal/human"
	"microcircuits/kernel/ipynb"
)

// A line is one line of progress. In a terminal it counts the seconds until the
// work is finished. In a log it gets a dot from time to time.
type line struct {
	*console
	text  string
	state string // file to which a cell's program writes its progress; may be empty
	slow  string // what to expect, shown if the work takes longer than slowAfter; may be empty
	start time.Time
	stop  chan struct{}
	done  chan struct{}
}

// Times of a line that stays unfinished.
const (
	slowAfter = 3 * time.Second
	dotEvery  = 10 * time.Second // in a log, in the first minute; later once a minute
)

// slowLine is a line for work that is slow the first time; slow says how slow.
func (c *console) slowLine(text, slow string) *line {
	return c.begin(&line{text: text, slow: slow})
}

func (c *console) begin(l *line) *line {
	l.console, l.start, l.stop, l.done = c, time.Now(), make(chan struct{}), make(chan struct{})
	switch {
	case c.quiet:
		close(l.done)
	case c.terminal:
		go l.count()
	default:
		go l.dots()
	}
	return l
}

// count shows the line with its seconds in a terminal.
func (l *line) count() {
	defer close(l.done)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	fmt.Fprint(l.err, l.text)
	for {
		select {
		case <-l.stop:
			fmt.Fprint(l.err, "\r\x1b[K"+l.text)
			return
		case <-tick.C:
			now := l.progressText()
			if now == "" && l.slow != "" && time.Since(l.start) > slowAfter {
				now = "(" + l.slow + ")"
			}
			fmt.Fprintf(l.err, "\r\x1b[K%s%12s  %.40s", l.text, human.Duration(time.Since(l.start).Truncate(time.Second).Seconds()), now)
		}
	}
}

// dots shows in a log that the work goes on.
func (l *line) dots() {
	defer close(l.done)
	fmt.Fprint(l.err, l.text)
	slow, dot := time.NewTimer(slowAfter), time.NewTicker(dotEvery)
	defer slow.Stop()
	defer dot.Stop()
	for n := 1; ; {
		select {
		case <-l.stop:
			return
		case <-slow.C:
			if l.slow != "" {
				fmt.Fprintf(l.err, " (%s)", l.slow)
			}
		case <-dot.C:
			if n <= 6 || n%6 == 0 {
				fmt.Fprint(l.err, ".")
			}
			n++
		}
	}
}

// progressText reads the progress that the cell's program has written.
func (l *line) progressText() string {
	if l.state == "" {
		return ""
	}
	data, err := os.ReadFile(l.state)
	if err != nil {
		return "" // nothing was written yet
	}
	return string(data)
}

// finish ends the line with the time it took and a remark.
func (l *line) finish(remark string) {
	close(l.stop)
	<-l.done
	l.progress("%12s%s\n", human.Duration(time.Since(l.start).Seconds()), remark)
}

// progress writes to err, unless the user chose --quiet.
func (c *console) progress(format string, args ...any) {
	if !c.quiet {
		fmt.Fprintf(c.err, format, args...)
	}
}

// cellLine starts the progress line of a cell.
func (r *runner) cellLine(n, of int, cell *ipynb.Cell, state string) *line {
	return r.begin(&line{text: fmt.Sprintf("  [%2d/%2d] %-24.24s", n, of, cell.ID), state: state})
}

func (l *line) end(status gonb.Status) {
	remark := ""
	if status != gonb.OK {
		remark = "  " + string(status)
	}
	l.finish(remark)
}

// excerptLines is the number of lines shown of a failing cell.
const excerptLines = 6

// excerpt returns the first lines of a cell's source, numbered.
func excerpt(source string) string {
	lines := strings.Split(strings.TrimRight(source, "\n"), "\n")
	var b strings.Builder
	for i, l := range lines {
		if i == excerptLines {
			fmt.Fprintf(&b, "      ... %d more lines\n", len(lines)-i)
			break
		}
		fmt.Fprintf(&b, "  %3d | %s\n", i+1, l)
	}
	return strings.TrimRight(b.String(), "\n")
}

// ansi matches the colour codes in GoNB's messages.
var ansi = regexp.MustCompile("\x1b\\[[0-9;]*m")

// Numbers of lines shown of an error, and of the standard error of the cell.
const (
	failureLines = 15
	printedLines = 5
)

// logTime matches what package log prints before a message.
var logTime = regexp.MustCompile(`^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d(\.\d+)? `)

// failure returns why a cell failed: the reason first, where it happened, and the end of
// what the cell has printed on the standard error. The cell's text is shown where the
// place is not known.
func failure(f *gonb.Failure, source string, outputs []*ipynb.Output) string {
	var text strings.Builder
	for _, o := range outputs {
		if o.Type == ipynb.Stream && o.Name == names.Stderr {
			text.WriteString(ansi.ReplaceAllString(o.Text, ""))
		}
	}
	printed := strings.Split(strings.TrimSpace(text.String()), "\n")
	if over := len(printed) - printedLines; over > 0 {
		printed = printed[over:]
	}
	last := printed[len(printed)-1]
	reason := f.Value
	switch f.Name {
	case "panic", "fatal error":
		reason = f.Name + ": " + reason
	case "Exit": // what the program printed last is most often the reason
		if last != "" {
			reason = logTime.ReplaceAllString(last, "") + " (" + reason + ")"
		}
	}
	lines := []string{reason}
	for _, l := range f.Traceback {
		if f.Name == "Exit" {
			break // says the same
		}
		if l = ansi.ReplaceAllString(l, ""); l != reason && !strings.HasSuffix(l, ": "+f.Value) || strings.HasPrefix(l, "cell [") {
			lines = append(lines, l)
		}
	}
	if over := len(lines) - failureLines; over > 0 {
		lines = append(lines[:failureLines], fmt.Sprintf("... %d more lines", over))
	}
	if f.Name == "Exit" {
		lines = append(lines, excerpt(source))
	}
	if last != "" {
		lines = append(append(lines, "The cell has printed:"), printed...)
	}
	return strings.Join(lines, "\n")
}

// relative returns a path relative to the current folder when that is shorter.
func relative(path string) string {
	wd, err := os.Getwd()
	if err != nil {
		return path
	}
	rel, err := filepath.Rel(wd, path)
	if err != nil || len(rel) > len(path) {
		return path
	}
	return rel
}
