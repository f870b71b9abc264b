package gonb

import (
	"context"
	"time"
)

// goplsScript is started by GoNB in place of gopls. GoNB gives it a new process
// group; the script writes its process id to a file, so that it can be killed, see
// watchdogScript.
const goplsScript = `#!/bin/sh
echo $$ >"$TMPDIR/detached.$$" && [ -e "$TMPDIR/open" ] || exit 1
exec "$` + goplsVariable + `" serve -listen.timeout 30s "$@"
`

// noGoplsScript is found in place of a gopls of the user, which nothing would use, and
// which would continue after a GoNB that was killed.
const noGoplsScript = "#!/bin/sh\nexit 1\n"

const goplsVariable = "DENDRITE_GOPLS"

// goplsAfter is the time from GoNB's start until it starts gopls. A request for
// completion or help before that would block all cells until then.
const goplsAfter = 12200 * time.Millisecond

// AwaitGopls waits until GoNB has started gopls. After that a request for completion
// or help does not block cells.
func (s *Session) AwaitGopls(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-time.After(time.Until(s.started.Add(goplsAfter))):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
