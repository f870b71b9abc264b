package notebook

import (
	"fmt"

	"microcircuits/dendrite/notebook/names"
)

// Result displays the values as the result of the cell. The Dendrite kernel
// calls it for a cell that ends in an expression. A single nil error is no
// result; several values are shown one below the other.
func Result(values ...any) {
	if len(values) == 1 && values[0] == nil {
		return
	}
	for _, v := range values {
		if err, ok := v.(error); ok && err != nil {
			v = fmt.Sprintf("error: %v", err)
		}
		show(v, names.Metadata(names.Result))
	}
}

// Clear removes what the cell has shown so far; with wait, not before the next
// thing is shown, which keeps the page from jumping. It needs the Dendrite
// kernel, others ignore it.
func Clear(wait bool) {
	role := names.Clear
	if wait {
		role = names.ClearWait
	}
	if InGoNB() {
		send(map[string]any{"text/plain": ""}, names.Metadata(role), "")
	}
}

// Export asks the Dendrite kernel to write the HTML report of the open notebook
// when the cell is done; others ignore it, and so does a headless run, which
// makes its report anyway.
func Export() {
	if Interactive() {
		send(map[string]any{"text/plain": ""}, names.Metadata(names.Export), "")
	}
}
