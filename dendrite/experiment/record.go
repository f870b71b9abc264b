package experiment

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Record is what every finished run tells about itself, whatever the figure:
// the parameter table, the comparison with the paper and the provenance. Its
// JSON form travels in the notebook for the report.
type Record struct {
	Info       Info
	Scale      Scale // the preset the parameters started from
	Changed    bool  // some parameter differs from that preset
	Reduced    bool  // smaller than the paper's scale somewhere
	Parameters []Parameter
	Comparison []Comparison
	Provenance Provenance
}

// Provenance says where and when the numbers were computed.
type Provenance struct {
	Seeds          []int     `json:"seeds"`
	Started        time.Time `json:"started"`        // of the earliest job
	WallSeconds    float64   `json:"wallSeconds"`    // of this call: next to nothing when cached
	ComputeSeconds float64   `json:"computeSeconds"` // summed over the jobs, whenever they ran
	Cached         bool      `json:"cached"`         // every job was found in the store
	Go             string    `json:"go"`
	Arch           string    `json:"arch"`
	Backend        string    `json:"backend"` // numeric kernels: portable, avx2, avx512
	CPU            string    `json:"cpu"`
	Commit         string    `json:"commit"` // of the code; unknown for jobs kept before they told
	Data           []Source  `json:"data"`
	Runs           []string  `json:"runs"` // folders in the run store
}

// Source is a data file and its checksum.
type Source struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
}

// NewRecord makes the record of a run of parameters p, which started from
// preset; paper is the paper's preset. Jobs are added by AddJobs.
func NewRecord(info Info, scale Scale, p, preset, paper any) Record {
	r := Record{Info: info, Scale: scale, Parameters: Table(p, preset, paper)}
	r.Changed = slices.ContainsFunc(r.Parameters, func(q Parameter) bool { return q.Changed })
	r.Reduced = slices.ContainsFunc(r.Parameters, func(q Parameter) bool { return q.reduced })
	return r
}

// AddJobs enters the jobs of a run into the record's provenance.
func AddJobs[R any](r *Record, jobs []Done[R]) {
	p := &r.Provenance
	fresh := len(p.Runs) == 0
	for _, d := range jobs {
		m := d.Meta
		if fresh {
			p.Started, p.Cached = m.Created, true
			p.Go, p.Arch, p.Backend, p.CPU, p.Commit = m.Go, m.Arch, m.Backend, m.CPU, orUnknown(m.Commit)
			fresh = false
		}
		if m.Created.Before(p.Started) {
			p.Started = m.Created
		}
		p.Backend, p.CPU, p.Go = merge(p.Backend, m.Backend), merge(p.CPU, m.CPU), merge(p.Go, m.Go)
		p.Arch, p.Commit = merge(p.Arch, m.Arch), merge(p.Commit, orUnknown(m.Commit))
		p.Cached = p.Cached && d.Cached
		p.ComputeSeconds += m.Seconds
		p.Runs = append(p.Runs, d.Folder)
	}
}

// merge names every value of runs, or of sessions of one run, that came from
// different machines: names are separated by semicolons.
func merge(have, add string) string {
	names := strings.Split(have, "; ")
	for _, name := range strings.Split(add, "; ") {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, "; ")
}

// About returns the record itself: what every run has, whatever its figure.
func (r *Record) About() *Record { return r }

// Badge is the scale as a reader must see it, such as "quick (reduced run)".
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

// MIME is the type under which a record travels in a notebook's output.
const MIME = "application/vnd.dendrite.run+json"

// MarshalJSON writes the record in the form the report reads.
func (r *Record) MarshalJSON() ([]byte, error) {
	scale := r.Scale
	if r.Changed {
		scale = "custom"
	}
	sources := ""
	if slices.ContainsFunc(r.Parameters, func(p Parameter) bool { return p.Source != "" }) {
		sources = Sources
	}
	return json.Marshal(struct {
		Version    int          `json:"version"`
		Experiment string       `json:"experiment"`
		Title      string       `json:"title"`
		Figure     string       `json:"figure"`
		Scale      Scale        `json:"scale"`
		Badge      string       `json:"badge"`
		Reduced    bool         `json:"reduced"`
		Parameters []Parameter  `json:"parameters"`
		Comparison []Comparison `json:"comparison"`
		Sources    string       `json:"sources"`
		Deviations []string     `json:"deviations"`
		Provenance Provenance   `json:"provenance"`
	}{1, r.Info.Name, r.Info.Title, r.Info.Figure, scale, r.Badge(), r.Reduced, r.Parameters, r.Comparison, sources, r.Info.Deviations, r.Provenance})
}
