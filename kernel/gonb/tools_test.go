package gonb

import (
	"context"
	"errors"
	"testing"
)

// An interrupt while tools or packages are built is an interrupt, and no failed build.
func TestInterruptedBuild(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	tools, err := FindTools(ctx, "../..")
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := FindTools(ctx, "../.."); !errors.Is(err, context.Canceled) || err.Error() != context.Canceled.Error() {
		t.Errorf("tools: %v", err)
	}
	if _, err := tools.Build(ctx, "../..", "fmt"); !errors.Is(err, context.Canceled) {
		t.Errorf("packages: %v", err)
	}
}
