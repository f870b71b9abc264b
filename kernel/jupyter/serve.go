package jupyter

import (
	"context"
	"os"
)

// Serve runs GoNB on the connection file that a Jupyter front end made and
// returns when it has ended: after the front end asked for it, or after ctx
// is over. Signals received on interrupt are passed on to GoNB, which
// interrupts the running cell. Nothing is left behind, see [Start].
//
// GoNB itself listens on the front end's sockets. A front that answers what
// GoNB does not would stand here, between the two, as a Session inside and a
// kernel outside.
func Serve(ctx context.Context, connectionFile string, o Options, interrupt <-chan os.Signal) error {
	if _, err := ReadConnection(connectionFile); err != nil {
		return err
	}
	p, err := o.start(ctx, nil, connectionFile)
	if err != nil {
		return err
	}
	defer p.stop(stopGrace)
	for {
		select {
		case s := <-interrupt:
			p.signal(s)
		case <-p.exited:
			if p.err != nil {
				return p.died()
			}
			return nil
		case <-ctx.Done():
			return nil // stop kills it after the grace that it gets to end
		}
	}
}
