package notebook

import (
	"fmt"
	"html"
	"strings"
	"unicode/utf8"
)

// Align is a column's alignment.
type Align int

const (
	Left Align = iota
	Right
	Center
)

// Table is a small table of text.
type Table struct {
	Title  string
	Header []string
	Align  []Align // of each column; Left for columns without a value
	Rows   [][]string
	Notes  []string // lines below
}

func (t Table) align(column int) Align {
	if column < len(t.Align) {
		return t.Align[column]
	}
	return Left
}

// check panics if a row does not have as many cells as the header.
func (t Table) check() {
	for i, row := range t.Rows {
		if len(row) != len(t.Header) {
			panic(fmt.Sprintf("notebook: table %q: row %d has %d cells, want %d", t.Title, i, len(row), len(t.Header)))
		}
	}
}

// shown returns a cell as it is shown: a number that is rounded to zero has no sign.
func shown(cell string) string {
	if number, ok := strings.CutPrefix(cell, "-"); ok && number != "" && strings.Trim(number, "0.") == "" {
		return number
	}
	return cell
}

// Bundle returns the table as HTML and as text. It panics if a row does not have as many
// cells as the header.
func (t Table) Bundle() map[string]any {
	return map[string]any{"text/html": t.HTML(), "text/plain": t.String()}
}

// HTML returns the table as HTML. The text of the cells is escaped.
func (t Table) HTML() string {
	t.check()
	var b strings.Builder
	b.WriteString(`<table class="dendrite-table">`)
	if t.Title != "" {
		fmt.Fprintf(&b, `<caption style="text-align:left;font-weight:600">%s</caption>`, html.EscapeString(t.Title))
	}
	row := func(tag string, cells []string) {
		b.WriteString("<tr>")
		for i, cell := range cells {
			style := [...]string{"left", "right;font-variant-numeric:tabular-nums", "center"}[t.align(i)]
			scope := ""
			if tag == "th" {
				scope = ` scope="col"`
			}
			fmt.Fprintf(&b, `<%s%s style="text-align:%s">%s</%s>`, tag, scope, style, html.EscapeString(shown(cell)), tag)
		}
		b.WriteString("</tr>")
	}
	b.WriteString("<thead>")
	row("th", t.Header)
	b.WriteString("</thead><tbody>")
	for _, cells := range t.Rows {
		row("td", cells)
	}
	b.WriteString("</tbody></table>")
	for _, note := range t.Notes {
		fmt.Fprintf(&b, `<div class="dendrite-note" style="font-size:.9em">%s</div>`, html.EscapeString(note))
	}
	return b.String()
}

// String returns the table as text with aligned columns.
func (t Table) String() string {
	t.check()
	width := make([]int, len(t.Header))
	for _, row := range append([][]string{t.Header}, t.Rows...) {
		for i, cell := range row {
			width[i] = max(width[i], utf8.RuneCountInString(shown(cell)))
		}
	}
	var lines []string
	if t.Title != "" {
		lines = append(lines, t.Title)
	}
	line := func(row []string) {
		cells := make([]string, len(row))
		for i, cell := range row {
			cell = shown(cell)
			gap := width[i] - utf8.RuneCountInString(cell)
			left := [...]int{0, gap, gap / 2}[t.align(i)]
			cells[i] = strings.Repeat(" ", left) + cell + strings.Repeat(" ", gap-left)
		}
		lines = append(lines, strings.TrimRight(strings.Join(cells, "  "), " "))
	}
	line(t.Header)
	rule := make([]string, len(width))
	for i, w := range width {
		rule[i] = strings.Repeat("-", w)
	}
	lines = append(lines, strings.Join(rule, "  "))
	for _, row := range t.Rows {
		line(row)
	}
	lines = append(lines, t.Notes...)
	return strings.Join(lines, "\n")
}
