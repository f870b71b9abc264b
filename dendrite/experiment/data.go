package experiment

import "microcircuits/dendrite/task"

// CheckData says what is missing or wrong with the data that the presets of
// this package's experiments read, and how to mend it; nil when all is there.
// Data comes with the project's Go modules, so that nothing is downloaded.
func CheckData() error {
	_, err := task.FindMNIST("")
	return err
}
