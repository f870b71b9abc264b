package runstore

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// Meta describes how a result or checkpoint was computed. It does not contain the name of
// the machine or the user, so a store can be given to others.
type Meta struct {
	Created time.Time `json:"created"` // start of the first session of the computation
	Seconds float64   `json:"seconds"` // wall time, summed over all sessions
	Go      string    `json:"go"`      // version of Go
	Arch    string    `json:"arch"`    // GOARCH
	Backend string    `json:"backend"` // numeric kernels, such as "avx2" or "portable"
	CPU     string    `json:"cpu"`     // processor model

	// Commit is the commit of the code, or "unknown". It ends with "-dirty" if the code
	// had uncommitted changes.
	Commit string `json:"commit,omitempty"`
}

// unknown is the value of unknown fields.
const unknown = "unknown"

// NewMeta describes a computation on this machine that began at start, ends now, and used
// the named numeric kernels. The commit is that of the clone from which the program was
// compiled, at the first call.
func NewMeta(start time.Time, backend string) Meta {
	return Meta{
		Created: start.UTC().Round(0),
		Seconds: time.Since(start).Seconds(),
		Go:      runtime.Version(),
		Arch:    runtime.GOARCH,
		Backend: backend,
		CPU:     cpuModel(),
		Commit:  codeCommit(),
	}
}

// cpuModel returns the processor model, or "unknown".
func cpuModel() string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return unknown
	}
	return cpuModelFrom(string(info))
}

func cpuModelFrom(cpuinfo string) string {
	for line := range strings.Lines(cpuinfo) {
		name, value, ok := strings.Cut(line, ":")
		if ok && strings.TrimSpace(name) == "model name" {
			return strings.Join(strings.Fields(value), " ")
		}
	}
	return unknown
}

// format is the version of the files' layout. Results of other versions are misses.
const format = 1

// A description is the content of run.json.
type description struct {
	Format     int             `json:"format"`
	Experiment string          `json:"experiment"`
	Unit       string          `json:"unit"`
	Key        json.RawMessage `json:"key"`
	SHA256     string          `json:"sha256"`
	Meta
	Arrays []Array `json:"arrays,omitempty"` // in arrays.npz
}

// describe returns the entry's run.json.
func (e *Entry) describe(meta Meta, arrays []Array) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	meta.Created = meta.Created.UTC()
	if err := enc.Encode(description{format, e.experiment, e.unit, e.key, e.hash, meta, arrays}); err != nil {
		return nil, fmt.Errorf("%s: %w", runFile, err)
	}
	return buf.Bytes(), nil
}

// verify reads run.json and checks that it belongs to the entry.
func (e *Entry) verify(text []byte) (Meta, error) {
	var d description
	if err := json.Unmarshal(text, &d); err != nil {
		return Meta{}, fmt.Errorf("%s: %w", runFile, err)
	}
	if d.Format != format {
		return Meta{}, fmt.Errorf("it has layout version %d, but this program reads version %d", d.Format, format)
	}
	var key bytes.Buffer
	if err := json.Compact(&key, d.Key); err != nil {
		return Meta{}, fmt.Errorf("%s: %w", runFile, err)
	}
	if d.Experiment != e.experiment || d.Unit != e.unit || d.SHA256 != e.hash || !bytes.Equal(key.Bytes(), e.key) {
		return Meta{}, fmt.Errorf("it belongs to another key")
	}
	return d.Meta, nil
}
