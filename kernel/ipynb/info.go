package ipynb

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
)

// RunInfo is the record of a run. The runner writes it into the metadata of an
// executed notebook, under the key "dendrite".
type RunInfo struct {
	Commit      string            `json:"commit,omitempty"` // of the clone; empty outside of git
	Dirty       bool              `json:"dirty"`            // uncommitted changes
	Started     string            `json:"started"`          // RFC 3339
	WallSeconds float64           `json:"wallSeconds"`
	Command     string            `json:"command"` // repeats the run, in the clone's root
	GoNB        string            `json:"gonb"`
	Go          string            `json:"go"`
	Parameters  map[string]string `json:"parameters"` // all parameters, as Go literals, with overrides
	Status      string            `json:"status"`     // "ok" or "failed"
	Source      string            `json:"source"`     // path of the notebook in the clone, else its file name
	// Uncommitted is true if Commit does not contain the notebook exactly as it ran,
	// so that Command does not reproduce the run.
	Uncommitted bool `json:"uncommitted,omitempty"`
	// References are kept runs at the paper's scale, by experiment.
	References map[string]json.RawMessage `json:"references,omitempty"`
	// Made tells whether another run would give the same; nil if that is not known.
	Made *Made `json:"made,omitempty"`
}

// Made identifies what an executed notebook was made from.
type Made struct {
	From    string `json:"from"`    // hash of everything on which the run depends
	Content string `json:"content"` // hash of the notebook's file, with this field empty
}

var runKeys = []string{"commit", "dirty", "started", "wallSeconds", "command", "gonb", "go", "parameters", "status", "source", "uncommitted", "references", "made"}

// CellInfo is the record of a cell's run. The runner writes it into the metadata of an
// executed cell, under the key "dendrite".
type CellInfo struct {
	Seconds float64 `json:"seconds"`
	Status  string  `json:"status"`           // "ok", "error" or "timeout"
	Source  string  `json:"source,omitempty"` // fingerprint of the executed source, set by SetInfo
}

// Info returns the record of the run; false if the notebook has none.
func (nb *Notebook) Info() (RunInfo, bool) {
	var info RunInfo
	err := json.Unmarshal(nb.Metadata[dendriteKey], &info)
	return info, err == nil && info.Started != ""
}

// SetInfo stores the record of a run.
func (nb *Notebook) SetInfo(info RunInfo) {
	nb.setInfo(func(m map[string]json.RawMessage) {
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(marshal(info), &fields); err != nil {
			panic(err) // a struct is always encoded as an object
		}
		for k, v := range fields {
			m[k] = v
		}
	})
}

// setInfo edits the notebook's "dendrite" metadata and removes it if it is empty.
func (nb *Notebook) setInfo(edit func(map[string]json.RawMessage)) {
	m := map[string]json.RawMessage{}
	if raw, ok := nb.Metadata[dendriteKey]; ok {
		if json.Unmarshal(raw, &m) != nil || m == nil {
			m = map[string]json.RawMessage{}
		}
	}
	edit(m)
	if len(m) == 0 {
		delete(nb.Metadata, dendriteKey)
		return
	}
	if nb.Metadata == nil {
		nb.Metadata = map[string]json.RawMessage{}
	}
	nb.Metadata[dendriteKey] = marshal(m)
}

// IsTemplate reports whether the author marked the notebook as a template
// (metadata {"dendrite": {"template": true}}): it is copied, not reproduced.
func (nb *Notebook) IsTemplate() bool {
	var m struct {
		Template bool `json:"template"`
	}
	return json.Unmarshal(nb.Metadata[dendriteKey], &m) == nil && m.Template
}

// Info returns the record of the cell's run; false if there is none.
func (c *Cell) Info() (CellInfo, bool) {
	var info CellInfo
	err := json.Unmarshal(c.Metadata[dendriteKey], &info)
	return info, err == nil && info.Status != ""
}

// SetInfo stores the record of the cell's run and the fingerprint of its current
// source.
func (c *Cell) SetInfo(info CellInfo) {
	info.Source = fingerprint(c.Source)
	if c.Metadata == nil {
		c.Metadata = map[string]json.RawMessage{}
	}
	c.Metadata[dendriteKey] = marshal(info)
}

// Edited reports whether the cell's source has changed since its recorded run.
func (c *Cell) Edited() bool {
	info, ok := c.Info()
	return ok && info.Source != "" && info.Source != fingerprint(c.Source)
}

// fingerprint returns a hash of a source, without space before and after it.
func fingerprint(source string) string {
	sum := sha256.Sum256([]byte(strings.TrimSpace(source)))
	return hex.EncodeToString(sum[:8])
}
