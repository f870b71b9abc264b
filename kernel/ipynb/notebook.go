// Package ipynb reads, writes and checks Jupyter notebooks in notebook format 4.5
// (nbformat), and sets their parameters.
//
// # Round trip
//
// What is not changed is written back with the bytes of the file: unknown fields, the
// order of keys, numbers, escapes, line ends and indentation. So a diff shows edits only.
// A new notebook gets the layout of Jupyter (one space of indentation, sorted keys, text
// split into lines).
//
// # Text
//
// In the format a text is one string or a list of strings to be joined. Sources and
// stream texts are joined when they are read. Data of a MIME bundle is not changed;
// [Output.TextOf] joins it.
package ipynb

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Tags that the runner uses (the first two as in papermill, the others as in
// nbclient).
const (
	TagParameters    = "parameters"
	TagInjected      = "injected-parameters"
	TagRaises        = "raises-exception"
	TagSkip          = "skip-execution"
	dendriteKey      = "dendrite"
	formatMajor      = 4
	formatMinor      = 5
	maxNotebookBytes = 1 << 30
)

// Cell types.
const (
	Code     = "code"
	Markdown = "markdown"
	Raw      = "raw"
)

// Output types.
const (
	Stream        = "stream"
	DisplayData   = "display_data"
	ExecuteResult = "execute_result"
	ErrorOutput   = "error"
	// Malformed is the type of an output that cannot be read. It is written back as it
	// was; Problem tells what is wrong.
	Malformed = "malformed"
)

// A Notebook is a notebook of format 4.x. The zero value is not valid; use
// [New] or [Read].
type Notebook struct {
	Cells         []*Cell
	Metadata      map[string]json.RawMessage
	NBFormat      int // major version: 4
	NBFormatMinor int // 5 in notebooks written by this project

	original document // the file as it was read; nil for a new notebook
	layout   layout
}

// A Cell is one cell of a notebook. Outputs and ExecutionCount belong to code
// cells only.
type Cell struct {
	ID             string // unique in the notebook; empty in formats before 4.5
	Type           string // Code, Markdown or Raw
	Source         string
	Metadata       map[string]json.RawMessage
	Outputs        []*Output
	ExecutionCount *int // nil if the cell was not run
	Attachments    json.RawMessage

	original document        // the cell as it was read; nil for a new cell
	raw      json.RawMessage // its text
}

// An Output is one output of a code cell. The comments show for which Type a field is
// used.
type Output struct {
	Type           string                     // Stream, DisplayData, ExecuteResult or ErrorOutput
	Name           string                     // Stream: stdout or stderr
	Text           string                     // Stream
	Data           map[string]json.RawMessage // DisplayData, ExecuteResult: MIME type to value
	Metadata       map[string]json.RawMessage // DisplayData, ExecuteResult
	ExecutionCount *int                       // ExecuteResult
	EName, EValue  string                     // ErrorOutput
	Traceback      []string                   // ErrorOutput
	Problem        string                     // Malformed

	original document        // the output as it was read; nil for a new output
	raw      json.RawMessage // its text
}

// Add appends a cell of the given type and returns it. Its id contains its number, so
// that a program builds the same notebook each time.
func (nb *Notebook) Add(cellType, source string, tags ...string) *Cell {
	c := &Cell{Type: cellType, Source: source, Metadata: map[string]json.RawMessage{}}
	if len(tags) > 0 {
		c.setTags(tags)
	}
	c.ID = nb.freeID(fmt.Sprintf("cell-%02d", len(nb.Cells)+1))
	nb.Cells = append(nb.Cells, c)
	return c
}

// freeID returns want, or want with a suffix if a cell has that id already.
func (nb *Notebook) freeID(want string) string {
	taken := func(id string) bool {
		return slices.ContainsFunc(nb.Cells, func(c *Cell) bool { return c.ID == id })
	}
	id := want
	for i := 2; taken(id); i++ {
		id = fmt.Sprintf("%s-%d", want, i)
	}
	return id
}

// Title returns the text of the first heading of level 1, or "".
func (nb *Notebook) Title() string {
	for _, c := range nb.Cells {
		if c.Type != Markdown {
			continue
		}
		for line := range strings.Lines(c.Source) {
			if title, ok := strings.CutPrefix(line, "# "); ok {
				return strings.TrimSpace(title)
			}
		}
	}
	return ""
}

// Upgrade changes a notebook of an older format 4.x to format 4.5: cells without id
// get one.
func (nb *Notebook) Upgrade() {
	for i, c := range nb.Cells {
		if c.ID == "" {
			c.ID = nb.freeID(fmt.Sprintf("cell-%02d", i+1))
		}
	}
	nb.NBFormat, nb.NBFormatMinor = formatMajor, max(nb.NBFormatMinor, formatMinor)
}

// Tags returns the cell's tags, or nil if it has none or they are not a list of
// strings.
func (c *Cell) Tags() []string {
	var tags []string
	if json.Unmarshal(c.Metadata["tags"], &tags) != nil {
		return nil
	}
	return tags
}

// HalfCharacter returns an escape in the cell's source, like \ud83d, that is half of a
// character, or "". Source has U+FFFD in its place; the file keeps it.
func (c *Cell) HalfCharacter() string { return halfCharacter(c.original.get("source")) }

// HasTag reports whether the cell has the tag.
func (c *Cell) HasTag(tag string) bool { return slices.Contains(c.Tags(), tag) }

func (c *Cell) setTags(tags []string) {
	if c.Metadata == nil {
		c.Metadata = map[string]json.RawMessage{}
	}
	c.Metadata["tags"] = marshal(tags)
}

// Clean removes all results of a run: outputs, execution counts, times, injected
// parameters and the record of the run.
func (nb *Notebook) Clean() {
	nb.Cells = slices.DeleteFunc(nb.Cells, func(c *Cell) bool { return c.HasTag(TagInjected) })
	for _, c := range nb.Cells {
		c.Clean()
	}
	if nb.forThisKernel() {
		nb.Metadata["language_info"] = marshal(LanguageInfo())
	}
	nb.setInfo(func(m map[string]json.RawMessage) {
		for key := range m {
			if slices.Contains(runKeys, key) {
				delete(m, key)
			}
		}
	})
}

// Clean removes the results of runs from the cell.
func (c *Cell) Clean() {
	if c.Type == Code {
		c.Outputs, c.ExecutionCount = nil, nil
	}
	delete(c.Metadata, dendriteKey)
	delete(c.Metadata, "execution")
}
