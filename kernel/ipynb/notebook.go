// Package ipynb reads, writes, checks and parameterises Jupyter notebooks in
// notebook format 4.5 (nbformat).
//
// # Round trip
//
// What the package does not know it keeps: unknown fields of the notebook, of
// a cell and of an output are written back as they were read. A notebook
// written by Jupyter is written back byte for byte (one space of indentation,
// sorted keys, text split into lines), so that a diff shows edits only.
//
// # Text
//
// The format lets a text be one string or a list of strings to be joined.
// Sources and stream texts are joined when read; data of a MIME bundle stays
// raw and is joined by [Output.TextOf].
package ipynb

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Tags with a meaning for the runner (the first two as in papermill, the
// others as in nbclient).
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
)

// A Notebook is a notebook of format 4.x. The zero value is not valid; use
// [New] or [Read].
type Notebook struct {
	Cells         []*Cell
	Metadata      map[string]json.RawMessage
	NBFormat      int // major version: 4
	NBFormatMinor int // 5 in what this project writes

	extra map[string]json.RawMessage // unknown top-level fields
}

// A Cell is one cell of a notebook. Outputs and ExecutionCount belong to code
// cells only.
type Cell struct {
	ID             string // unique in the notebook; empty in formats before 4.5
	Type           string // Code, Markdown or Raw
	Source         string
	Metadata       map[string]json.RawMessage
	Outputs        []*Output
	ExecutionCount *int // nil: never run
	Attachments    json.RawMessage

	extra map[string]json.RawMessage
}

// An Output is one output of a code cell. Which fields count depends on Type.
type Output struct {
	Type           string                     // Stream, DisplayData, ExecuteResult or ErrorOutput
	Name           string                     // Stream: stdout or stderr
	Text           string                     // Stream
	Data           map[string]json.RawMessage // DisplayData, ExecuteResult: MIME type to value
	Metadata       map[string]json.RawMessage // DisplayData, ExecuteResult
	ExecutionCount *int                       // ExecuteResult
	EName, EValue  string                     // ErrorOutput
	Traceback      []string                   // ErrorOutput

	extra map[string]json.RawMessage
}

// Add appends a cell of the given type and returns it. Its id is derived from
// its place, so that a notebook built by code is the same every time.
func (nb *Notebook) Add(cellType, source string, tags ...string) *Cell {
	c := &Cell{Type: cellType, Source: source, Metadata: map[string]json.RawMessage{}}
	if len(tags) > 0 {
		c.setTags(tags)
	}
	c.ID = nb.freeID(fmt.Sprintf("cell-%02d", len(nb.Cells)+1))
	nb.Cells = append(nb.Cells, c)
	return c
}

// freeID returns want, or want with a suffix when a cell has that id already.
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

// Title is the first heading of the notebook, without its marks; empty if there
// is none.
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

// Upgrade makes a notebook of an older 4.x format one of format 4.5 by giving
// every cell without an id one.
func (nb *Notebook) Upgrade() {
	for i, c := range nb.Cells {
		if c.ID == "" {
			c.ID = nb.freeID(fmt.Sprintf("cell-%02d", i+1))
		}
	}
	nb.NBFormat, nb.NBFormatMinor = formatMajor, max(nb.NBFormatMinor, formatMinor)
}

// Tags returns the cell's tags, nil when it has none or when they are not a
// list of strings.
func (c *Cell) Tags() []string {
	var tags []string
	if json.Unmarshal(c.Metadata["tags"], &tags) != nil {
		return nil
	}
	return tags
}

// HasTag reports whether the cell carries the tag.
func (c *Cell) HasTag(tag string) bool { return slices.Contains(c.Tags(), tag) }

func (c *Cell) setTags(tags []string) {
	if c.Metadata == nil {
		c.Metadata = map[string]json.RawMessage{}
	}
	c.Metadata["tags"] = marshal(tags)
}

// Clean removes everything a run leaves behind: outputs, execution counts,
// timings, the injected parameters and the notebook's record of the run. What
// the author wrote stays.
func (nb *Notebook) Clean() {
	nb.Cells = slices.DeleteFunc(nb.Cells, func(c *Cell) bool { return c.HasTag(TagInjected) })
	for _, c := range nb.Cells {
		c.Clean()
	}
	nb.setInfo(func(m map[string]json.RawMessage) {
		for key := range m {
			if slices.Contains(runKeys, key) {
				delete(m, key)
			}
		}
	})
}

// Clean removes what runs of the cell have left behind.
func (c *Cell) Clean() {
	if c.Type == Code {
		c.Outputs, c.ExecutionCount = nil, nil
	}
	delete(c.Metadata, dendriteKey)
	delete(c.Metadata, "execution")
}
