package cell

import (
	"errors"
	"go/parser"
	"go/scanner"
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
	if _, ok := HelpName(code); s.text || ok {
		return Complete, ""
	}
	if n := len(s.lines); strings.HasSuffix(s.lines[n-1], `\`) && (strings.HasPrefix(s.lines[n-1], "!") || strings.HasPrefix(s.lines[n-1], "%")) {
		return Incomplete, ""
	}
	text := s.goCode(0, len(s.lines))
	tokens, open := lex(text)
	depth := 0
	for _, t := range tokens {
		switch t.token {
		case token.LBRACE, token.LPAREN, token.LBRACK:
			depth++
		case token.RBRACE, token.RPAREN, token.RBRACK:
			depth--
		}
		if depth < 0 {
			return Invalid, ""
		}
	}
	if open || depth > 0 || len(tokens) > 0 && continues(tokens[len(tokens)-1].token) {
		return Incomplete, strings.Repeat("\t", depth)
	}
	if !parses(Translate(code, nil).Code) {
		return Invalid, ""
	}
	return Complete, ""
}

// SyntaxError finds the first syntax error in a cell: its line, counted from 1, its
// column in bytes, counted from 0, and the parser's message.
func SyntaxError(code string) (line, column int, message string, found bool) {
	t := Translate(code, nil).WithoutResult()
	s := read(t.Code)
	if s.text {
		return 0, 0, "", false
	}
	look := func(before, text, after string, first int) bool {
		_, err := parser.ParseFile(token.NewFileSet(), "", before+text+after, parser.SkipObjectResolution)
		var all scanner.ErrorList
		if !errors.As(err, &all) || len(all) == 0 {
			return false
		}
		lines := strings.Split(text, "\n")
		at := all[0].Pos
		line, column, message = at.Line-strings.Count(before, "\n"), at.Column-1, all[0].Msg
		if line > len(lines) { // in the added text
			line = len(lines)
			column = len(lines[line-1])
		}
		line, found = t.Line(line+first), true
		return true
	}
	end := len(s.lines)
	if s.main >= 0 {
		end = s.main
	}
	if !look("package p\n", s.goCode(0, end), "", 0) && s.main >= 0 {
		look("package p\nfunc _() {\n", s.goCode(s.main, len(s.lines)), "\n}", s.main)
	}
	return line, column, message, found
}

// parses reports whether translated code is valid Go.
func parses(code string) bool {
	s := read(code)
	end := len(s.lines)
	if s.main >= 0 {
		if _, err := parser.ParseFile(token.NewFileSet(), "", "package p\nfunc _() {\n"+s.goCode(s.main, end)+"\n}", parser.SkipObjectResolution); err != nil {
			return false
		}
		end = s.main
	}
	_, err := parser.ParseFile(token.NewFileSet(), "", "package p\n"+s.goCode(0, end), parser.SkipObjectResolution)
	return err == nil
}

// lex splits Go code into tokens; open is true if a comment or raw string does not
// end.
func lex(code string) (tokens []lexeme, open bool) {
	fset := token.NewFileSet()
	file := fset.AddFile("", -1, len(code))
	var s scanner.Scanner
	s.Init(file, []byte(code), func(_ token.Position, msg string) {
		open = open || msg == "comment not terminated" || msg == "raw string literal not terminated"
	}, 0)
	for {
		pos, tok, text := s.Scan()
		if tok == token.EOF {
			return tokens, open
		}
		if tok == token.SEMICOLON && text == "\n" {
			continue // added by the scanner
		}
		tokens = append(tokens, lexeme{tok, text, file.Line(pos) - 1})
	}
}

// continues reports whether code continues after a line that ends with this token.
func continues(t token.Token) bool {
	switch t {
	case token.INC, token.DEC, token.RPAREN, token.RBRACK, token.RBRACE, token.SEMICOLON, token.ELLIPSIS, token.COLON, token.ILLEGAL:
		return false
	}
	return t.IsOperator()
}
