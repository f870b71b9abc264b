//go:build long

package jupyter

import (
	"os/exec"
	"strconv"
	"strings"
)

// members lists the living processes of a process group.
func members(group int) string {
	out, err := exec.Command("ps", "-eo", "pgid=,pid=,stat=,args=").Output()
	if err != nil {
		return "ps: " + err.Error()
	}
	var found []string
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		if len(f) > 3 && f[0] == strconv.Itoa(group) && !strings.HasPrefix(f[2], "Z") {
			found = append(found, strings.TrimSpace(line))
		}
	}
	return strings.Join(found, "\n")
}
