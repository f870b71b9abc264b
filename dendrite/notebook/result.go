package notebook

import "fmt"

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
		show(v, map[string]any{"dendrite": map[string]any{"role": "result"}})
	}
}
