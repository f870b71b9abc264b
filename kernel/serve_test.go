package main

import (
	"context"
	"testing"
	"time"
)

func TestAwaitChange(t *testing.T) {
	asked := 0
	awaitChange(t.Context(), func() int {
		asked++
		return 100 - asked/5
	}, time.Millisecond)
	if asked != 5 {
		t.Errorf("the parent was asked for %d times", asked)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	awaitChange(ctx, func() int { return 100 }, time.Hour)
}
