package lab

import (
	"fmt"

	"microcircuits/dendrite/record"
)

// chanceMargin is how far below chance the error of a network must be, in percentage points,
// for it to have learned anything.
const chanceMargin = 5

// AtChance returns a warning if networks of one learner answer no better than by chance, or
// none. errors are their test errors at the end, in per cent; chance is that of guessing; try is
// what may help.
func AtChance(learner string, errors []float64, chance float64, try string) []string {
	var worst float64
	lost := 0
	for _, e := range errors {
		if chance > 0 && e >= chance-chanceMargin {
			lost++
			worst = max(worst, e)
		}
	}
	if lost == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%s: %d of %s at chance level: the test error at the end is up to %.1f %%, that of guessing is %.1f %%. Try %s; check also that images and labels belong together.",
		learner, lost, record.Count(len(errors), "network"), worst, chance, try)}
}

// Chance is the error, in per cent, of always answering the class that is most frequent among
// the test images. It is 0 for a single class or without images.
func Chance(confusion [][]int) float64 {
	var most, total int
	for _, row := range confusion {
		n := 0
		for _, answers := range row {
			n += answers
		}
		most, total = max(most, n), total+n
	}
	if total == 0 {
		return 0
	}
	return 100 * float64(total-most) / float64(total)
}
