// Package names contains names that the programs of cells and the Dendrite kernel share:
// environment variables, files, roles of outputs, and marks in printed text.
package names

import "encoding/json"

// Environment variables that the kernel sets for the programs of cells.
const (
	// RootEnv is the folder of the clone. If it is set, the first cell of the notebooks,
	// with which plain GoNB finds the project, does nothing.
	RootEnv = "DENDRITE_ROOT"
	// HeadlessEnv is "1" if the notebook is not open in a front end: no scripts and no
	// live progress bars.
	HeadlessEnv = "DENDRITE_HEADLESS"
	// StatusEnv is the name of a file in the temporary folder, or "". A headless cell
	// writes its progress to this file, one line of text.
	StatusEnv = "DENDRITE_STATUS"
	// MarksEnv is "1" if the kernel is this project's: it uses marks, see MarkKey, and
	// shows the charts' script itself.
	MarksEnv = "DENDRITE_MARKS"
	// StreamsEnv is the folder with the named pipes Stdout and Stderr. If it is set,
	// programs of cells print into these pipes and their standard input is empty.
	StreamsEnv = "DENDRITE_STREAMS"
)

// Files with Go code that the kernel writes beside the cells' main.go.
const (
	ImportsFile = "dendrite_imports.go" // what each program imports besides the cells' imports
	ResultFile  = "dendrite_result.go"  // the function that shows the value of the last expression
)

// Named pipes in the folder StreamsEnv.
const (
	Stdout = "stdout"
	Stderr = "stderr"
)

// A Role is the meaning of an output for the kernel and for reports. Most outputs have
// none.
type Role string

// The roles of outputs.
const (
	Result    Role = "result"     // result of the cell, not a display
	Clear     Role = "clear"      // removes the outputs of the cell
	ClearWait Role = "clear-wait" // removes them when the next output comes
	Export    Role = "export"     // requests a report of the notebook
	ECharts   Role = "echarts"    // script that draws charts
	Progress  Role = "progress"   // progress bar of a long run
)

// MetadataKey is the key of the role in an output's metadata, as in
// {"dendrite": {"role": "result"}}.
const MetadataKey = "dendrite"

// Metadata returns the metadata of an output with a role.
func Metadata(r Role) map[string]any {
	return map[string]any{MetadataKey: map[string]any{"role": string(r)}}
}

// RoleOf returns the role in an output's metadata, or "".
func RoleOf(metadata map[string]json.RawMessage) Role {
	var own struct {
		Role Role `json:"role"`
	}
	if json.Unmarshal(metadata[MetadataKey], &own) != nil {
		return ""
	}
	return own.Role
}

// Displays and printed text are sent to the kernel through different pipes, so a display
// can arrive before text that was printed earlier. To restore the order, a program writes a
// mark to its standard output and standard error before each display, if MarksEnv is "1".
// The display's metadata contains the number of the mark under MarkKey. A mark is a number,
// counted from 1, between MarkBegin and MarkEnd: a control string that terminals do not
// show.
const (
	MarkKey   = "dendrite_mark"
	MarkBegin = "\x1b_dendrite "
	MarkEnd   = "\x1b\\"
)
