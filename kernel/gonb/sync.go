package gonb

import (
	"regexp"
	"strings"
)

// mainLine begins the body of a cell's main function. Other magics that begin
// with %% (%%bash, %%writefile ...) take the rest of the cell as text.
var mainLine = regexp.MustCompile(`(?m)^(%%|%main)([ \t].*)?$`)

// withSync makes a cell that displays something wait, at its end, until GoNB
// has taken it. GoNB v0.11.4 closes the channel of displays when a cell's
// program ends, and on a busy machine loses what it has not read by then. The
// line comes last, so that the positions in error messages stay right.
func withSync(code string) string {
	if !strings.Contains(code, "gonbui.") || strings.Contains(code, "gonbui.Sync()") || !mainLine.MatchString(code) {
		return code
	}
	return code + "\ngonbui.Sync()\n"
}
