package notebook

import (
	"fmt"
	"io"
	"maps"
	"os"
	"sync"

	"microcircuits/dendrite/notebook/names"
)

// A printMarks writes marks to the standard output and standard error, see [names.MarkKey].
// The kernel removes them.
type printMarks struct {
	streams []io.Writer // none if the kernel does not use marks

	mu   sync.Mutex
	last int
}

// marks writes to the streams at the start of the program, also if os.Stdout changes
// later.
var marks = newPrintMarks(os.Getenv(names.MarksEnv) == "1", os.Stdout, os.Stderr)

func newPrintMarks(wanted bool, streams ...io.Writer) *printMarks {
	if !wanted {
		streams = nil
	}
	return &printMarks{streams: streams}
}

// mark writes a mark and returns the metadata with its number.
func (m *printMarks) mark(metadata map[string]any) map[string]any {
	if len(m.streams) == 0 {
		return metadata
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last++
	for _, s := range m.streams {
		if _, err := fmt.Fprintf(s, "%s%d%s", names.MarkBegin, m.last, names.MarkEnd); err != nil {
			m.streams = nil // the stream is closed: write no more marks
			return metadata
		}
	}
	marked := maps.Clone(metadata)
	if marked == nil {
		marked = map[string]any{}
	}
	marked[names.MarkKey] = m.last
	return marked
}
