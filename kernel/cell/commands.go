package cell

import (
	"regexp"
	"slices"
	"strings"
)

// gonbComment may be written before a command, so that it looks like a comment.
const gonbComment = "//gonb:"

// A command is a line for GoNB, with the lines that continue it.
type command struct {
	from, to int    // without the last line end
	text     string // in one line, without gonbComment
	main     bool   // the line before the statements
}

var (
	// mainLine matches the line before the statements of a GoNB cell.
	mainLine = regexp.MustCompile(`^(%%|%main)([ \t].*)?$`)
	// scriptLine matches the first line of a cell that is not Go.
	scriptLine = regexp.MustCompile(`^\s*%%(writefile|script|bash|sh|gx)(\s.*)?$`)
	shellLine  = regexp.MustCompile(`^\s*%%(bash|sh)\s*$`)
)

func isScript(line string) bool {
	return scriptLine.MatchString(strings.TrimPrefix(line, gonbComment))
}

func runsInShell(line string) bool {
	return shellLine.MatchString(strings.TrimPrefix(line, gonbComment))
}

// commandAt returns the command at the start of a line. A line "!=" and a line with
// nothing after the ! or % are no commands.
func commandAt(text string, from int) (c command, ok bool) {
	l := line(text, from)
	first := strings.TrimPrefix(l, gonbComment)
	if !mayBeCommand(l) || strings.TrimSpace(first[1:]) == "" || strings.HasPrefix(first, "!=") {
		return c, false
	}
	c = command{from: from, to: from}
	var joined strings.Builder
	for {
		l := line(text, c.to)
		c.to += len(l)
		part, more := strings.CutSuffix(strings.TrimPrefix(l, gonbComment), `\`)
		joined.WriteString(part)
		if !more {
			break
		}
		joined.WriteByte(' ')
		if c.to >= len(text) {
			break
		}
		c.to++ // the line end
	}
	c.text = joined.String()
	c.main = mainLine.MatchString(c.text)
	return c, strings.TrimSpace(c.text[1:]) != ""
}

// mayBeCommand reports whether GoNB takes a line for a command.
func mayBeCommand(line string) bool {
	line = strings.TrimPrefix(line, gonbComment)
	return len(line) > 1 && (line[0] == '%' || line[0] == '!')
}

// line returns the line that begins at a place, without its end.
func line(text string, from int) string {
	l, _, _ := strings.Cut(text[from:], "\n")
	return l
}

// name returns the first word of a % command, or "" for a shell command.
func (c command) name() string {
	if c.text[0] == '!' {
		return ""
	}
	words := strings.Fields(c.text[1:])
	return words[0]
}

// has reports whether the cell has the named % command.
func (s *source) has(name string) bool {
	return slices.ContainsFunc(s.commands, func(c command) bool { return c.name() == name })
}

// checkCommands refuses commands with which GoNB ends or makes a wrong program.
func (s *source) checkCommands() *Problem {
	mains := 0
	for _, c := range s.commands {
		name := c.name()
		switch {
		case c.main:
			if mains++; mains > 1 {
				return s.problem(c.from, "a cell can have only one line %%%%: remove this one")
			}
		case name == "exec" && len(strings.Fields(c.text)) < 2:
			return s.problem(c.from, "%%exec needs the name of a function")
		case strings.HasPrefix(name, "exec") && name != "exec", strings.HasPrefix(name, "main") && name != "main":
			return s.problem(c.from, "there is no command %%%s", name)
		case isScript("%" + name):
			return s.problem(c.from, "%%%s must be the first line of a cell", name)
		}
	}
	return nil
}

// translateCommands writes each command in one line, because GoNB looks for commands in
// the lines that continue one, too. Shell commands get what shell says before them.
func (s *source) translateCommands(e *edits, o Options) {
	asks := false // the next shell command reads what the user types
	for _, c := range s.commands {
		text, lines := c.text, strings.Count(s.text[c.from:c.to], "\n")
		switch name := c.name(); {
		case name == "with_inputs" || name == "with_password":
			if asks = o.Asks; !asks {
				text = "" // nobody could answer
			}
		case name == "":
			shell, rest := "!", text[1:]
			if after, inTemp := strings.CutPrefix(strings.TrimLeft(rest, " \t"), "*"); inTemp {
				shell, rest = "!*", after
			}
			if o.Shell != "" || !asks {
				text = shell + "exec " + o.Shell
				if !asks {
					text += " </dev/null"
				}
				text += "; " + rest
			}
			asks = false
		}
		if text += strings.Repeat("\n", lines); text != s.text[c.from:c.to] {
			e.replace(c.from, c.to, text)
		}
	}
}
