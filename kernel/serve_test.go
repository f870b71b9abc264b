package main

import (
	"context"
	"testing"
	"time"
)

func TestWaitForNewParent(t *testing.T) {
	asked := 0
	waitForNewParent(t.Context(), func() int {
		asked++
		return 100 - asked/5
	}, time.Millisecond)
	if asked != 5 {
		t.Errorf("the parent was looked up %d times", asked)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	waitForNewParent(ctx, func() int { return 100 }, time.Hour)
}
