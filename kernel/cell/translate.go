package cell

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strings"
	"unicode/utf8"
)

// A Translation is a cell translated for GoNB.
type Translation struct {
	Code    string
	Shows   bool   // Code shows the value of the last expression
	without string // Code that does not show it
	Call    string // the function called in the last expression, as written; "" if it is no call
	added   int    // number of the added line "%%", counted from 1; 0 for none

	resultLine, resultColumn int // where the result begins in Code, counted from 1
}

// WithoutResult returns the translation that does not show the value of the last
// expression. It is needed if that expression has no value.
func (t Translation) WithoutResult() Translation {
	if !t.Shows {
		return t
	}
	return Translation{Code: t.without, added: t.added}
}

// Line returns the line of the original cell for line n of Code, counted from 1.
func (t Translation) Line(n int) int {
	if t.added > 0 && n >= t.added {
		return max(n-1, 1)
	}
	return n
}

// Column returns the column of the original cell for a column in line n of Code,
// in bytes, counted from 0.
func (t Translation) Column(n, column int) int {
	if n == t.resultLine && column >= t.resultColumn-1+len(show) {
		return column - len(show)
	}
	return column
}

// show is written before the last expression to show its value.
const show = "notebook.Result("

// Translate translates a cell for GoNB. statement reports whether a function, as
// written in a call, has no result; it may be nil. Code that is not Go is not
// changed: GoNB reports its errors.
func Translate(code string, statement func(call string) bool) Translation {
	t := Translation{Code: code}
	s := read(code)
	if s.text || mainFunc.MatchString(code) {
		return t
	}
	if s.main < 0 {
		if !s.addMain() {
			return t // only declarations, or empty
		}
		t.added = s.main + 1
		t.Code = strings.Join(s.lines, "\n")
	}
	from, to, call := result(s, statement)
	if from < 0 {
		return t
	}
	t.Shows, t.without, t.Call = true, t.Code, call
	at := len(strings.Join(s.lines[:s.main+1], "\n"))
	t.resultLine = strings.Count(t.Code[:at+from], "\n") + 1
	t.resultColumn = at + from - strings.LastIndexByte(t.Code[:at+from], '\n')
	t.Code = t.Code[:at+from] + show + t.Code[at+from:at+to] + ")" + t.Code[at+to:]
	return t
}

// Statements adds the line "%%" before the first statement and returns by how much
// this moves a position. It is used for completion, where code may be incomplete.
func Statements(code string, position int) (gonb string, shift int) {
	s := read(code)
	if s.text || s.main >= 0 || mainFunc.MatchString(code) || !s.addMain() {
		return code, 0
	}
	if position >= utf8.RuneCountInString(strings.Join(s.lines[:s.main], "\n")) {
		shift = len("%%\n")
	}
	return strings.Join(s.lines, "\n"), shift
}

// addMain adds the line "%%" before the first statement; false if there is none.
func (s *source) addMain() bool {
	first := firstStatement(*s)
	if first < 0 {
		return false
	}
	s.lines = append(s.lines[:first:first], append([]string{"%%"}, s.lines[first:]...)...)
	s.main = first
	return true
}

var question = regexp.MustCompile(`^\s*([\pL_][\pL\pN_.]*)\s*\?\s*$`)

// HelpName returns the name in a cell that asks for documentation, like
// "dendrite.Show?".
func HelpName(code string) (name string, ok bool) {
	m := question.FindStringSubmatch(code)
	if m == nil {
		return "", false
	}
	return m[1], true
}

// Declares reports whether the cell declares the named function or variable.
func Declares(code, name string) bool {
	declared := regexp.MustCompile(`(?m)^(func|var)\s+` + regexp.QuoteMeta(name) + `\b`)
	return declared.MatchString(code)
}

// firstStatement returns the line of the first statement. It returns -1 if there is
// none or if a declaration is in the same line.
func firstStatement(s source) int {
	tokens, _ := lex(s.goCode(0, len(s.lines)))
	for i := 0; i < len(tokens); {
		if tokens[i].token == token.SEMICOLON {
			i++
			continue
		}
		if !declares(tokens[i:]) {
			if i > 0 && tokens[i-1].line == tokens[i].line {
				return -1
			}
			return tokens[i].line
		}
		i += declarationLen(tokens[i:])
	}
	return -1
}

// declares reports whether a top-level declaration begins with the first token.
func declares(tokens []lexeme) bool {
	switch tokens[0].token {
	case token.IMPORT, token.CONST, token.TYPE, token.VAR, token.PACKAGE:
		return true
	case token.FUNC: // except a function literal that is called at once
		if len(tokens) > 1 && tokens[1].token == token.IDENT {
			return true
		}
		end := 1 + groupLen(tokens[1:])
		return end < len(tokens) && tokens[end].token == token.IDENT // a method
	}
	return false
}

// declarationLen returns the number of tokens of the declaration at the beginning.
// It ends at the end of a line, if no bracket is open and the line does not end with
// an operator.
func declarationLen(tokens []lexeme) int {
	for n := 0; n < len(tokens); {
		t := tokens[n]
		if t.token == token.SEMICOLON {
			return n + 1
		}
		last := n
		n += groupLen(tokens[n:])
		if n > last+1 {
			t = tokens[n-1]
		}
		if n < len(tokens) && tokens[n].line > t.line+strings.Count(t.text, "\n") && !continues(t.token) {
			return n
		}
	}
	return len(tokens)
}

// groupLen returns the number of tokens of the bracketed group at the beginning, or
// 1 if the first token is no bracket.
func groupLen(tokens []lexeme) int {
	depth := 0
	for n, t := range tokens {
		switch t.token {
		case token.LBRACE, token.LPAREN, token.LBRACK:
			depth++
		case token.RBRACE, token.RPAREN, token.RBRACK:
			depth--
		}
		if depth <= 0 {
			return n + 1
		}
	}
	return len(tokens)
}

// result finds the last expression of the cell, as offsets after the main line. It
// returns -1 if there is no value to show. A semicolon after the expression hides
// its value.
func result(s source, statement func(string) bool) (from, to int, call string) {
	const before = "package p; func _() {"
	body := "\n" + s.goCode(s.main+1, len(s.lines))
	if s.main+1 == len(s.lines) || strings.HasSuffix(strings.TrimSpace(body), ";") {
		return -1, -1, ""
	}
	file, err := parser.ParseFile(token.NewFileSet(), "", before+body+"\n}", parser.SkipObjectResolution)
	if err != nil || len(file.Decls) != 1 {
		return -1, -1, ""
	}
	statements := file.Decls[0].(*ast.FuncDecl).Body.List
	if len(statements) == 0 {
		return -1, -1, ""
	}
	e, ok := statements[len(statements)-1].(*ast.ExprStmt)
	if !ok {
		return -1, -1, ""
	}
	from, to = int(e.Pos())-1-len(before), int(e.End())-1-len(before)
	switch x := e.X.(type) {
	case *ast.UnaryExpr:
		if x.Op == token.ARROW { // receiving from a channel is a statement
			return -1, -1, ""
		}
	case *ast.CallExpr:
		call = body[int(x.Fun.Pos())-1-len(before) : int(x.Fun.End())-1-len(before)]
		if noResult[call] || statement != nil && statement(call) {
			return -1, -1, ""
		}
	}
	return from, to, call
}

// noResult lists functions whose results are not shown.
var noResult = map[string]bool{
	"panic": true, "close": true, "delete": true, "clear": true, "copy": true, "print": true, "println": true, "recover": true,
	"fmt.Print": true, "fmt.Println": true, "fmt.Printf": true, "fmt.Fprint": true, "fmt.Fprintln": true, "fmt.Fprintf": true,
}
