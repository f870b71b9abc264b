package lab

import "microcircuits/dendrite/experiment"

// Results are those of jobs that are done.
func Results[T any](jobs []*experiment.Pending[T]) []T {
	return Each(jobs, (*experiment.Pending[T]).Get)
}
