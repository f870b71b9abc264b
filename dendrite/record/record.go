package record

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// MIME is the MIME type of a record in a notebook's output.
const MIME = "application/vnd.dendrite.run+json"

// Version is the version of the JSON form. Programs do not read other versions.
const Version = 2

// Scale is the name of a preset of an experiment.
type Scale string

const (
	// Quick is a reduced scale: it shows the figure's claim in at most two minutes on two
	// cores.
	Quick Scale = "quick"
	// Paper is the scale of the paper.
	Paper Scale = "paper"
	// Own is the scale of a user's own experiment that has only one preset.
	Own Scale = "own experiment"
)

// Record describes a finished run.
type Record struct {
	Version    int         `json:"version"`
	Experiment string      `json:"experiment"` // name, such as "mnist"
	Title      string      `json:"title"`
	Figure     string      `json:"figure"`  // of the paper; "" for a user's own experiment
	Scale      Scale       `json:"scale"`   // the preset
	Changed    bool        `json:"changed"` // a parameter differs from the preset
	Reduced    bool        `json:"reduced"` // smaller than the run at the paper's scale
	Parameters []Parameter `json:"parameters"`
	Claims     []Claim     `json:"claims"`
	Sources    string      `json:"sources"`            // meaning of the letters in the parameters' sources
	Deviations []string    `json:"deviations"`         // from the paper
	Warnings   []string    `json:"warnings,omitempty"` // what a reader must know before the numbers
	Provenance Provenance  `json:"provenance"`
}

// Provenance describes where and when the numbers were computed.
type Provenance struct {
	Seeds          []int     `json:"seeds"`
	Started        time.Time `json:"started"`        // of the earliest job
	WallSeconds    float64   `json:"wallSeconds"`    // of this call; short if the results were in the store
	ComputeSeconds float64   `json:"computeSeconds"` // sum over all jobs, also those computed earlier
	Cached         bool      `json:"cached"`         // every job was found in the store
	Go             string    `json:"go"`
	Arch           string    `json:"arch"`
	Backend        string    `json:"backend"` // numeric kernels: portable, avx2, avx512
	CPU            string    `json:"cpu"`
	Commit         string    `json:"commit"` // of the code; "unknown" for old results
	Data           []Source  `json:"data"`
	Runs           []string  `json:"runs"`               // folders in the run store
	Unstored       string    `json:"unstored,omitempty"` // why the results are not in the store; "" if they are
}

// Source is a data file and its checksum.
type Source struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
}

// About returns the record itself.
func (r *Record) About() *Record { return r }

// Badge returns the scale as text, such as "quick (reduced run)".
func (r *Record) Badge() string {
	text := string(r.Scale)
	if r.Changed {
		text = "custom, from " + text
	}
	if r.Reduced {
		text += " (reduced run)"
	}
	return text
}

// Claim returns the claim with an ID, or nil.
func (r *Record) Claim(id string) *Claim { return Find(r.Claims, id) }

// Find returns the claim with an ID, or nil.
func Find(claims []Claim, id string) *Claim {
	i := slices.IndexFunc(claims, func(c Claim) bool { return c.ID == id })
	if i < 0 {
		return nil
	}
	return &claims[i]
}

// Read decodes a record from JSON. It returns an error for a record of another version.
func Read(data []byte) (*Record, error) {
	var r Record
	var form struct {
		Version    int    `json:"version"`
		Experiment string `json:"experiment"`
	}
	if err := json.Unmarshal(data, &form); err != nil {
		return nil, fmt.Errorf("read the record of a run: %w", err)
	}
	if form.Version != Version {
		return nil, fmt.Errorf("the record of run %q has version %d, but this program reads version %d: run the notebook again, or use the kernel of the clone that ran it", form.Experiment, form.Version, Version)
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("read the record of run %q: %w", form.Experiment, err)
	}
	if err := Check(r.Claims); err != nil {
		return nil, fmt.Errorf("read the record of run %q: %w", form.Experiment, err)
	}
	return &r, nil
}
