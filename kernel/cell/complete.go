package cell

import (
	"go/token"
	"strings"
)

// A Completeness tells a front end what to do when the user presses "enter".
type Completeness string

// The results of Check.
const (
	Complete   Completeness = "complete"
	Incomplete Completeness = "incomplete"
	Invalid    Completeness = "invalid"
)

// Check reports whether the cell is ready to run. For an incomplete cell it also
// returns the indentation of the next line.
func Check(code string) (c Completeness, indent string) {
	s := read(code)
	if _, ok := HelpName(code); s.script || ok {
		return Complete, ""
	}
	if n := len(s.commands); n > 0 && s.commands[n-1].to == len(s.text) && strings.HasSuffix(s.text, `\`) {
		return Incomplete, ""
	}
	depth, last := 0, token.SEMICOLON
	for _, t := range s.tokens {
		switch t.token {
		case token.LBRACE, token.LPAREN, token.LBRACK:
			depth++
		case token.RBRACE, token.RPAREN, token.RBRACK:
			depth--
		}
		if depth < 0 {
			return Invalid, ""
		}
		last = t.token
	}
	if s.open || depth > 0 || continues(last) {
		return Incomplete, strings.Repeat("\t", depth)
	}
	if _, _, p := s.parse(s.layout()); p != nil || s.illegal != nil {
		return Invalid, ""
	}
	return Complete, ""
}

// continues reports whether code continues after a line that ends with this token.
func continues(t token.Token) bool {
	switch t {
	case token.SEMICOLON, token.ELLIPSIS, token.COLON, token.ILLEGAL:
		return false
	}
	return t.IsOperator()
}
