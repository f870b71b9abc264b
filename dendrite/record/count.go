package record

import "fmt"

// Count returns a number with a noun: "1 epoch", "6 epochs".
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
