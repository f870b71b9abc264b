package gonb

import (
	"regexp"
	"strings"
)

// mainLine matches the line before the body of a cell's main function. After other
// lines that begin with %% (%%bash, %%writefile ...) the rest of the cell is text.
var mainLine = regexp.MustCompile(`(?m)^(%%|%main)([ \t].*)?$`)

// withSync adds a line to a cell that displays something: at its end the cell waits
// until GoNB has read the displays. GoNB v0.11.4 closes the channel of displays when
// a cell's program ends, and on a busy machine it loses displays that it has not read
// by then. The line is the last one, so that line numbers in errors do not change.
func withSync(code string) string {
	if !strings.Contains(code, "gonbui.") || strings.Contains(code, "gonbui.Sync()") || !mainLine.MatchString(code) {
		return code
	}
	return code + "\ngonbui.Sync()\n"
}
