package gonb

import "testing"

func TestNoResult(t *testing.T) {
	s := &Session{options: Options{Root: root(t)}}
	for call, want := range map[string]bool{
		"dendrite.Show": true, "dendrite.Compare": true, "dendrite.Lines": false, "dendrite.Run": false,
		"dendrite.Nothing": false, "dendrite.Show.Nothing": false, "Show": false, "dendrite": false, "other.Show": false,
	} {
		if got := s.noResult(call); got != want {
			t.Errorf("%s: %v, want %v", call, got, want)
		}
	}
	if elsewhere := (&Session{options: Options{Root: t.TempDir()}}); elsewhere.noResult("dendrite.Show") {
		t.Error("a function without source has no result")
	}
}
