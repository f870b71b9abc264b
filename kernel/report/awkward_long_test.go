//go:build long

package report

import "testing"

func TestAllAwkwardNumbers(t *testing.T) {
	tryNumbers(t, func(string, bool) bool { return true })
}

func TestAllAwkwardNames(t *testing.T) {
	tryNames(t, func(string) bool { return true })
}
