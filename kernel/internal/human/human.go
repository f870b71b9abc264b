// Package human formats numbers for people.
package human

import (
	"fmt"
	"strings"
)

// Duration formats a time in seconds, with units from milliseconds to hours.
func Duration(seconds float64) string {
	switch {
	case seconds < 0.001:
		return "0 s"
	case seconds < 1:
		return fmt.Sprintf("%.0f ms", seconds*1000)
	case seconds < 60:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", seconds), ".0") + " s"
	case seconds < 3600:
		return fmt.Sprintf("%d min %02d s", int(seconds)/60, int(seconds)%60)
	default:
		return fmt.Sprintf("%d h %02d min", int(seconds)/3600, int(seconds)%3600/60)
	}
}
