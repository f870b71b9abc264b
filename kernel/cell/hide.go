package cell

import (
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// seenByGoNB reports whether GoNB does not take a line of Go for Go: it takes it for a
// command, or leaves it out because it begins like a package clause.
func seenByGoNB(line string) bool {
	return mayBeCommand(line) || strings.HasPrefix(line, "package")
}

// hide changes the lines of Go that GoNB would not take for Go, so that they mean the
// same. tags are the places of struct tags, which must be one string.
func (s *source) hide(e *edits, tags map[int]bool) {
	var covered []lexeme // strings and comments of several lines
	for _, t := range s.tokens {
		if t.token == token.STRING && strings.Contains(s.text[t.from:t.to], "\n") {
			covered = append(covered, t)
			s.hideInString(e, t, tags[t.from])
		}
	}
	for _, t := range s.comments {
		if strings.Contains(s.text[t.from:t.to], "\n") {
			covered = append(covered, t)
			for at := t.from; ; {
				n := strings.IndexByte(s.text[at:t.to], '\n')
				if n < 0 {
					break
				}
				at += n + 1
				if at < t.to && seenByGoNB(line(s.text, at)) {
					e.insert(at, " ")
				}
			}
		}
	}
	clause, end, hasClause := s.packageClause()
	if hasClause {
		space := ""
		if seenByGoNB(line(s.text, end)) {
			space = " "
		}
		e.replace(clause, end, space)
	}
	next := 0 // of the commands
	for at := 0; at < len(s.text); {
		l := line(s.text, at)
		for next < len(s.commands) && s.commands[next].to < at {
			next++
		}
		command := next < len(s.commands) && s.commands[next].from <= at
		inside := false
		for _, t := range covered {
			inside = inside || t.from < at && at < t.to
		}
		if !command && !inside && seenByGoNB(l) && !(hasClause && at == clause) {
			e.insert(at, " ")
		}
		at += len(l) + 1
	}
}

// hideInString writes the lines of a raw string that GoNB would not take for text as
// interpreted strings. Each line of the author stays one line.
func (s *source) hideInString(e *edits, t lexeme, tag bool) {
	text := s.text[t.from:t.to]
	if text[0] != '`' || strings.Count(text, "`") != 2 { // without end
		return
	}
	lines := strings.Split(text[1:len(text)-1], "\n")
	seen := make([]bool, len(lines)) // what follows the string is part of its last line
	for i, at := 1, t.from+1+len(lines[0])+1; i < len(lines); i++ {
		seen[i] = seenByGoNB(line(s.text, at))
		at += len(lines[i]) + 1
	}
	switch {
	case !slices.Contains(seen, true):
	case tag:
		e.replace(t.from, t.to, strconv.Quote(text[1:len(text)-1])+strings.Repeat("\n", len(lines)-1))
	default:
		e.insert(t.from, "(")
		at := t.from + 1 + len(lines[0]) + 1
		for i, l := range lines[1:] {
			end := "\n"
			if i+2 == len(lines) {
				end = ""
			}
			if seen[i+1] {
				written := "` + " + strconv.Quote(l+end)
				if end == "" {
					written += " + `"
				} else {
					written += " +\n`"
				}
				e.replace(at, at+len(l)+len(end), written)
			}
			at += len(l) + 1
		}
		e.insert(t.to, ")")
	}
}

// tags returns the places of the struct tags. shift is the place in the text minus the
// place in what was parsed.
func tags(file ast.Node, shift int) map[int]bool {
	found := map[int]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if f, ok := n.(*ast.Field); ok && f.Tag != nil {
			found[int(f.Tag.Pos())-1+shift] = true
		}
		return true
	})
	return found
}
