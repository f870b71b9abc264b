// Command kernel is the Dendrite kernel: it runs the project's notebooks in
// GoNB without any Python, makes offline reports of them, and serves Jupyter
// front ends. Run it inside a clone:
//
//	go run ./kernel --help
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"microcircuits/kernel/internal/processes"
)

type cli struct {
	Quiet bool `short:"q" help:"Say what came out and what failed, not how far it is."`

	Reproduce reproduceCmd `cmd:"" help:"Run the project's notebooks and write their reports and an index."`
	Run       runCmd       `cmd:"" help:"Run notebooks headless and save them executed."`
	Report    reportCmd    `cmd:"" help:"Turn executed notebooks into offline HTML reports."`
	Install   installCmd   `cmd:"" help:"Register the kernel \"Dendrite (Go)\" with Jupyter."`
	Uninstall uninstallCmd `cmd:"" help:"Remove the kernel from Jupyter."`
	List      listCmd      `cmd:"" help:"List the notebooks, their experiments and times."`
	Check     checkCmd     `cmd:"" help:"Run notebooks again and compare their numbers with those kept."`
	Runs      runsCmd      `cmd:"" help:"Show or prune the run store."`
	Doctor    doctorCmd    `cmd:"" help:"Say what is missing on this machine and how to mend it."`
	Clean     cleanCmd     `cmd:"" help:"Strip outputs and traces of runs from notebooks."`
	Lint      lintCmd      `cmd:"" help:"Check that notebooks are fit to be committed."`
	Serve     serveCmd     `cmd:"" hidden:"" help:"Be the kernel of a Jupyter front end (called by the installed launcher)."`
}

// console is where a command talks to its user: results to out, progress and
// errors to err.
type console struct {
	out, err io.Writer
	terminal bool // err is a terminal
	quiet    bool // no progress
}

func (c *console) say(format string, args ...any)  { fmt.Fprintf(c.err, format+"\n", args...) }
func (c *console) tell(format string, args ...any) { fmt.Fprintf(c.out, format+"\n", args...) }

// usageError is a mistake in how the program was called: exit status 2.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// errTold ends a command with exit status 1 when everything was said already.
var errTold = errors.New("failed")

func main() { os.Exit(program(os.Args[1:], os.Stdout, os.Stderr)) }

func program(args []string, out, errOut io.Writer) (code int) {
	c := &console{out: out, err: errOut}
	if f, ok := errOut.(*os.File); ok {
		info, err := f.Stat()
		c.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	exited := -1
	var flags cli
	parser, err := kong.New(&flags,
		kong.Name("kernel"),
		kong.Description("The Dendrite kernel: runs notebooks, reports on them, serves Jupyter.\n\n"+
			"Examples:\n\n"+
			"  go run ./kernel reproduce\n\n"+
			"  go run ./kernel run notebooks/4-mnist.ipynb -p epochs=10\n\n"+
			"  go run ./kernel COMMAND --help"),
		kong.Writers(out, errOut),
		kong.Exit(func(code int) { exited = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
	)
	if err != nil {
		panic(err) // the command line's own definition is wrong
	}
	call, err := parser.Parse(args)
	if exited >= 0 { // --help was asked for and given
		return exited
	}
	if err != nil {
		c.say("kernel: %v (see --help)", err)
		return 2
	}
	c.quiet = flags.Quiet
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go endWithGoRun(ctx, cancel)
	call.BindTo(ctx, (*context.Context)(nil))
	switch err := call.Run(c); {
	case err == nil:
		return 0
	case errors.Is(err, errTold):
		return 1
	case errors.As(err, new(usageError)):
		c.say("kernel: %v", err)
		return 2
	default:
		c.say("kernel: %v", err)
		return 1
	}
}

// endWithGoRun cancels when this program was started by "go run" and that
// ended: it does not pass on a signal that kills it.
func endWithGoRun(ctx context.Context, cancel context.CancelFunc) {
	parent := os.Getppid()
	p, found, err := processes.Find(parent)
	if err != nil || !found || p.Name != "go" {
		return
	}
	for tick := time.Tick(500 * time.Millisecond); ; {
		select {
		case <-tick:
			if os.Getppid() != parent {
				cancel()
				return
			}
		case <-ctx.Done():
			return
		}
	}
}
