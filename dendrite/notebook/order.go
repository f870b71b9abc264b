package notebook

import (
	"fmt"
	"io"
	"maps"
	"os"
	"sync"

	"microcircuits/dendrite/notebook/names"
)

// A printMarks writes marks to the standard output and error, which the kernel takes
// out again: a terminal would show nothing of them either.
type printMarks struct {
	streams []io.Writer // none where nobody takes the marks out

	mu   sync.Mutex
	last int
}

// marks writes to what these are when the cell starts, whatever becomes of
// os.Stdout.
var marks = newPrintMarks(os.Getenv(names.MarksEnv) == "1", os.Stdout, os.Stderr)

func newPrintMarks(wanted bool, streams ...io.Writer) *printMarks {
	if !wanted {
		streams = nil
	}
	return &printMarks{streams: streams}
}

// mark returns the metadata of a display that comes after all that was printed.
func (m *printMarks) mark(metadata map[string]any) map[string]any {
	if len(m.streams) == 0 {
		return metadata
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last++
	for _, s := range m.streams {
		if _, err := fmt.Fprintf(s, "%s%d%s", names.MarkBegin, m.last, names.MarkEnd); err != nil {
			m.streams = nil // closed: nobody can wait for its marks
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
