// Package names holds what a cell's program and the Dendrite kernel must call the
// same: environment variables, roles of outputs, and marks in what is printed.
package names

import "encoding/json"

// Environment variables that the kernel sets for the programs of cells.
const (
	// RootEnv is the folder of the clone. The notebooks' portable first cell, by
	// which a stock GoNB finds the project, then has nothing to find.
	RootEnv = "DENDRITE_ROOT"
	// HeadlessEnv is "1" where nobody is looking: no scripts, no live bars.
	HeadlessEnv = "DENDRITE_HEADLESS"
	// StatusEnv may name a file in the temporary folder in which a headless cell
	// keeps the present state of its progress, one line of text.
	StatusEnv = "DENDRITE_STATUS"
	// MarksEnv is "1" where the kernel asks for marks; see MarkKey.
	MarksEnv = "DENDRITE_MARKS"
)

// A Role says what an output is for the kernel and for reports; most have none.
type Role string

// The roles of outputs.
const (
	Result    Role = "result"     // of the cell, not a display
	Clear     Role = "clear"      // removes what the cell has shown
	ClearWait Role = "clear-wait" // the same, with the next output
	Export    Role = "export"     // asks for a report of the notebook
	ECharts   Role = "echarts"    // the script that draws charts
	Progress  Role = "progress"   // the bar of a long run
)

// MetadataKey is the key of an output's metadata under which its role stands, as
// in {"dendrite": {"role": "result"}}.
const MetadataKey = "dendrite"

// Metadata returns the metadata of an output with a role.
func Metadata(r Role) map[string]any {
	return map[string]any{MetadataKey: map[string]any{"role": string(r)}}
}

// RoleOf returns the role in an output's metadata; empty for none.
func RoleOf(metadata map[string]json.RawMessage) Role {
	var own struct {
		Role Role `json:"role"`
	}
	if json.Unmarshal(metadata[MetadataKey], &own) != nil {
		return ""
	}
	return own.Role
}

// A display travels to the kernel on a way of its own and would often overtake
// what was printed before it. So a program that is asked for marks writes one to
// its standard output and error before each display, and the display's metadata
// names it under MarkKey. A mark is a number, from 1 on, between MarkBegin and
// MarkEnd: a control string that a terminal does not show.
const (
	MarkKey   = "dendrite_mark"
	MarkBegin = "\x1b_dendrite "
	MarkEnd   = "\x1b\\"
)
