package notebook

import (
	"fmt"

	"microcircuits/dendrite/notebook/names"
)

// Result displays the values as the result of the cell. The Dendrite kernel adds a call of
// it to a cell that ends with an expression. A single nil is not shown; several values are
// shown one below the other.
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

// Clear removes the outputs of the cell. With wait it does so when the next output comes,
// so that the page does not jump. It works only in the Dendrite kernel; other kernels ignore
// it.
func Clear(wait bool) {
	role := names.Clear
	if wait {
		role = names.ClearWait
	}
	if InGoNB() {
		send(map[string]any{"text/plain": ""}, names.Metadata(role), "")
	}
}

// Export makes the Dendrite kernel write the HTML report of the open notebook after the
// cell. Other kernels ignore it. A headless run ignores it too, because it has a report
// anyway.
func Export() {
	if Interactive() {
		send(map[string]any{"text/plain": ""}, names.Metadata(names.Export), "")
	}
}
