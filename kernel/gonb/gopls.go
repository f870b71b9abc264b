package gonb

import (
	"context"
	"time"
)

// goplsScript stands for gopls: GoNB puts it into a process group of its own,
// which we must know to end it: it is a stray.
const goplsScript = `#!/bin/sh
echo $$ >"$TMPDIR/stray.$$" && [ -e "$TMPDIR/open" ] || exit 1
exec "$` + goplsVariable + `" serve -listen.timeout 30s "$@"
`

const goplsVariable = "DENDRITE_GOPLS"

// goplsAfter is how long after its own start GoNB calls gopls. A question that
// comes before would keep all cells waiting until then.
const goplsAfter = 12200 * time.Millisecond

// AwaitGopls waits until GoNB has called gopls, so that it can complete and
// inspect code without keeping cells waiting.
func (s *Session) AwaitGopls(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-time.After(time.Until(s.born.Add(goplsAfter))):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
