package report

import (
	"strings"

	"golang.org/x/net/html"
)

// completeMathML changes KaTeX's MathML to what browsers draw. They ignore the attributes
// columnalign and mathvariant: columns get classes of the style sheet, and letters of
// another alphabet become the characters of this alphabet.
func completeMathML(text string) string {
	body, err := parseFragment(text)
	if err != nil {
		return text
	}
	for n := range body.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if letters := alphabets[attr(n, "mathvariant")]; letters != nil && n.FirstChild != nil && n.FirstChild.Type == html.TextNode {
			n.FirstChild.Data = strings.Map(letters.of, n.FirstChild.Data)
		}
		if n.Data == "mtable" {
			alignColumns(n, strings.Fields(attr(n, "columnalign")))
		}
	}
	return innerHTML(body)
}

// alignColumns gives the cells of a table classes for their alignment. Between a right and
// a left column, as in align, there is no space.
func alignColumns(table *html.Node, columns []string) {
	if len(columns) == 0 {
		return
	}
	for row := table.FirstChild; row != nil; row = row.NextSibling {
		i := 0
		for cell := row.FirstChild; cell != nil; cell = cell.NextSibling {
			column := columns[min(i, len(columns)-1)]
			switch {
			case column == "right" && attr(table, "columnspacing") == "0em":
				column = "right joined"
			case column == "left" && attr(table, "columnspacing") == "0em":
				column = "left joined"
			}
			setAttr(cell, "class", column)
			i++
		}
	}
}

// An alphabet is where Unicode has the letters and digits of a mathematical alphabet.
type alphabet struct {
	capital, small, digit, greekCapital, greekSmall rune // 0 for none
	others                                          map[rune]rune
}

var alphabets = map[string]*alphabet{
	"bold":            {capital: 0x1d400, small: 0x1d41a, digit: 0x1d7ce, greekCapital: 0x1d6a8, greekSmall: 0x1d6c2},
	"bold-italic":     {capital: 0x1d468, small: 0x1d482, digit: 0x1d7ce, greekCapital: 0x1d71c, greekSmall: 0x1d736},
	"sans-serif":      {capital: 0x1d5a0, small: 0x1d5ba, digit: 0x1d7e2},
	"monospace":       {capital: 0x1d670, small: 0x1d68a, digit: 0x1d7f6},
	"bold-sans-serif": {capital: 0x1d5d4, small: 0x1d5ee, digit: 0x1d7ec},
	"script": {capital: 0x1d49c, small: 0x1d4b6, others: map[rune]rune{
		'B': 'ℬ', 'E': 'ℰ', 'F': 'ℱ', 'H': 'ℋ', 'I': 'ℐ', 'L': 'ℒ', 'M': 'ℳ', 'R': 'ℛ', 'e': 'ℯ', 'g': 'ℊ', 'o': 'ℴ'}},
	"fraktur": {capital: 0x1d504, small: 0x1d51e, others: map[rune]rune{'C': 'ℭ', 'H': 'ℌ', 'I': 'ℑ', 'R': 'ℜ', 'Z': 'ℨ'}},
	"double-struck": {capital: 0x1d538, small: 0x1d552, digit: 0x1d7d8, others: map[rune]rune{
		'C': 'ℂ', 'H': 'ℍ', 'N': 'ℕ', 'P': 'ℙ', 'Q': 'ℚ', 'R': 'ℝ', 'Z': 'ℤ'}},
}

// of returns a character of the alphabet, or the character itself if the alphabet lacks it.
func (a *alphabet) of(r rune) rune {
	if other, ok := a.others[r]; ok {
		return other
	}
	from := func(first, base rune) rune {
		if base == 0 {
			return r
		}
		return base + r - first
	}
	switch {
	case r >= 'A' && r <= 'Z':
		return from('A', a.capital)
	case r >= 'a' && r <= 'z':
		return from('a', a.small)
	case r >= '0' && r <= '9':
		return from('0', a.digit)
	case r >= 'Α' && r <= 'Ω':
		return from('Α', a.greekCapital)
	case r >= 'α' && r <= 'ω':
		return from('α', a.greekSmall)
	}
	return r
}
