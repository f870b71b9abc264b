// Package terminal shows printed text as a terminal does: it applies backspaces, carriage
// returns, and the escape sequences with which progress bars move and erase.
package terminal

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxCells is where a very long row is broken, as terminals break rows at their width:
// the cursor cannot go back over it. The text is one row all the same.
const maxCells = 100_000

// maxColumn is the last column to which an escape sequence can move. Printed lines may be
// longer.
const maxColumn = 1000

// Text returns what a terminal shows after it got s, without colours. Clearing the whole
// screen starts a new line, so that no text is lost. Bytes that are not UTF-8 become
// U+FFFD.
func Text(s string) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	if strings.IndexFunc(s, isControl) < 0 {
		return s
	}
	var t screen
	t.print(s)
	t.leave()
	if t.row >= len(t.rows) {
		t.rows = append(t.rows, "") // after the last line end
	}
	return strings.Join(t.rows, "\n")
}

// isControl reports whether a character is more than text in a line.
func isControl(r rune) bool {
	return r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0
}

// A screen is the text so far and the place of the cursor. Of the row with the cursor the
// cells hold the text; rows has all others.
type screen struct {
	rows    []string
	row     int
	entered bool     // before and cells hold the row
	before  string   // the part of a very long row that the cursor cannot reach
	cells   []string // characters with the marks that combine with them
	column  int
}

// enter loads the row with the cursor.
func (t *screen) enter() {
	if t.entered {
		return
	}
	for len(t.rows) <= t.row {
		t.rows = append(t.rows, "")
	}
	t.before, t.cells, t.entered = "", cellsOf(t.rows[t.row]), true
	if n := len(t.cells) / maxCells * maxCells; n > 0 {
		t.before, t.cells = strings.Join(t.cells[:n], ""), t.cells[n:]
	}
}

// leave stores the row with the cursor.
func (t *screen) leave() {
	if t.entered {
		t.rows[t.row] = t.before + strings.Join(t.cells, "")
		t.cells, t.entered = t.cells[:0], false
	}
}

func cellsOf(s string) (cells []string) {
	for s != "" {
		n := cellLength(s)
		cells = append(cells, s[:n])
		s = s[n:]
	}
	return cells
}

// cellLength returns the length in bytes of the first character with the marks that
// combine with it.
func cellLength(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	for n < len(s) {
		r, size := utf8.DecodeRuneInString(s[n:])
		if !combines(r) {
			break
		}
		n += size
	}
	return n
}

// combines reports whether a character has no place of its own.
func combines(r rune) bool { return r >= 0x300 && unicode.In(r, unicode.Mn, unicode.Me) || r == 0x200d }

// print applies a text.
func (t *screen) print(s string) {
	for s != "" {
		end := strings.IndexByte(s, '\n')
		line := s
		if end >= 0 {
			line = s[:end]
		}
		if !t.entered && t.column == 0 && t.row >= len(t.rows) && strings.IndexFunc(line, isControl) < 0 {
			t.rows = append(t.rows, line) // most lines are plain text
			t.row, t.column = len(t.rows)-1, utf8.RuneCountInString(line)
		} else {
			t.line(line)
		}
		if end < 0 {
			return
		}
		t.newline()
		s = s[end+1:]
	}
}

func (t *screen) newline() {
	t.enter() // an empty row is a row
	t.leave()
	t.row, t.column = t.row+1, 0
}

// line applies a text without line ends.
func (t *screen) line(s string) {
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == '\b':
			t.column = max(0, min(t.column, len(t.wide()))-1)
			i++
		case c == '\r':
			t.column = 0
			i++
		case c == '\v' || c == '\f':
			column := t.column
			t.newline()
			t.column = min(column, maxColumn)
			i++
		case c == 0x1b:
			i += t.escape(s[i:])
		case c < ' ' && c != '\t' || c == 0x7f:
			i++
		default:
			n := cellLength(s[i:])
			if r, _ := utf8.DecodeRuneInString(s[i:]); !isControl(r) {
				t.put(s[i : i+n])
			}
			i += n
		}
	}
}

// wide returns the cells up to the cursor.
func (t *screen) wide() []string {
	t.enter()
	for len(t.cells) < t.column {
		t.cells = append(t.cells, " ")
	}
	return t.cells
}

// put writes a character over what is at the cursor.
func (t *screen) put(cell string) {
	t.wide()
	if r, _ := utf8.DecodeRuneInString(cell); combines(r) && t.column > 0 {
		t.cells[t.column-1] += cell
		return
	}
	if t.column >= maxCells {
		t.before += strings.Join(t.cells, "")
		t.cells, t.column = t.cells[:0], 0
	}
	if t.column < len(t.cells) {
		t.cells[t.column] = cell
	} else {
		t.cells = append(t.cells, cell)
	}
	t.column++
}

// escape applies the escape sequence at the start of s and returns its length.
func (t *screen) escape(s string) int {
	if len(s) < 2 {
		return len(s)
	}
	switch s[1] {
	case '[':
		end := 2
		for end < len(s) && s[end] >= 0x20 && s[end] < 0x40 {
			end++
		}
		if end == len(s) {
			return end
		}
		if s[end] < 0x40 || s[end] > 0x7e {
			return end // not a sequence: what follows is text
		}
		t.control(s[2:end], s[end])
		return end + 1
	case ']', 'P', 'X', '^', '_': // a text for the terminal, such as the window's title
		for i := 2; i < len(s); i++ {
			if s[i] == 0x07 {
				return i + 1
			}
			if s[i] == 0x1b {
				if i+1 < len(s) && s[i+1] == '\\' {
					return i + 2
				}
				return i
			}
		}
		return 2 // it has no end: what follows is text
	case '(', ')', '*', '+', '#', '%', ' ':
		if len(s) > 2 && s[2] > ' ' && s[2] < 0x7f {
			return 3
		}
	case 'M':
		t.move(-1)
	}
	if s[1] < 0x20 || s[1] > 0x7e {
		return 1
	}
	return 2
}

// control applies a control sequence.
func (t *screen) control(params string, command byte) {
	first, _, _ := strings.Cut(params, ";")
	n, err := strconv.Atoi(first)
	count := max(1, n)
	if err != nil && first != "" && first[0] >= '0' && first[0] <= '9' {
		count = maxColumn // more digits than an int has
	}
	switch command {
	case 'A':
		t.move(-count)
	case 'B':
		t.move(count)
	case 'E', 'F':
		t.column = 0
		if command == 'F' {
			count = -count
		}
		t.move(count)
	case 'C':
		t.column = max(t.column, min(t.column+min(count, maxColumn), maxColumn))
	case 'D':
		t.column = max(0, t.column-count)
	case 'G', '`':
		t.column = min(count, maxColumn) - 1
	case 'K':
		t.enter()
		switch at := min(t.column, len(t.cells)); n {
		case 0:
			t.cells = t.cells[:at]
		case 1:
			for i := range t.cells[:min(at+1, len(t.cells))] {
				t.cells[i] = " "
			}
		case 2:
			t.cells = t.cells[:0]
		}
	case 'P': // delete characters
		t.enter()
		if at := min(t.column, len(t.cells)); at < len(t.cells) {
			t.cells = slices.Delete(t.cells, at, at+min(count, len(t.cells)-at))
		}
	case 'X': // erase characters
		t.enter()
		for i := t.column; i < min(t.column+min(count, maxColumn), len(t.cells)); i++ {
			t.cells[i] = " "
		}
	case 'J':
		if n == 0 {
			t.enter()
			t.cells = t.cells[:min(t.column, len(t.cells))]
			t.leave()
			t.rows = t.rows[:t.row+1]
		} else {
			t.end()
		}
	case 'H', 'f':
		t.end()
	}
}

// move moves the cursor by rows, not over the first and the last one.
func (t *screen) move(by int) {
	t.enter()
	t.leave()
	t.row = max(0, min(t.row+by, len(t.rows)-1))
}

// end moves the cursor to a new row behind all text.
func (t *screen) end() {
	t.enter()
	t.leave()
	t.row, t.column = len(t.rows)-1, 0
	if t.rows[t.row] != "" {
		t.newline()
	}
}
