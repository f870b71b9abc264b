// Command kernel is the Dendrite kernel: it runs the project's notebooks with GoNB
// and without Python, writes offline reports of them, and is the kernel of Jupyter
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
	Quiet bool `short:"q" help:"Print results and errors, no progress."`

	Reproduce reproduceCmd `cmd:"" help:"Run the project's notebooks and write their reports and an index."`
	Run       runCmd       `cmd:"" help:"Run notebooks without Jupyter and save the executed notebooks."`
	Report    reportCmd    `cmd:"" help:"Turn executed notebooks into offline HTML reports."`
	Install   installCmd   `cmd:"" help:"Register the kernel \"Dendrite (Go)\" with Jupyter."`
	Uninstall uninstallCmd `cmd:"" help:"Remove the kernel from Jupyter."`
	List      listCmd      `cmd:"" help:"List the notebooks, their experiments and times."`
	Plan      planCmd      `cmd:"" help:"List the jobs of a figure: what is in the store, what is missing, how long it takes."`
	Check     checkCmd     `cmd:"" help:"Run notebooks again and compare their numbers with the kept runs."`
	Runs      runsCmd      `cmd:"" help:"Show or prune the run store."`
	Doctor    doctorCmd    `cmd:"" help:"Show what is missing on this machine and how to install it."`
	Clean     cleanCmd     `cmd:"" help:"Remove outputs and other results of runs from notebooks."`
	Lint      lintCmd      `cmd:"" help:"Check that notebooks can be committed."`
	Serve     serveCmd     `cmd:"" hidden:"" help:"Run as the kernel of a Jupyter front end (called by the installed launcher)."`
}

// console holds the writers of a command: out for results, err for progress and
// errors.
type console struct {
	out, err io.Writer
	terminal bool // err is a terminal
	quiet    bool // no progress
}

// print writes a line of results to out.
func (c *console) print(format string, args ...any) { fmt.Fprintf(c.out, format+"\n", args...) }

// status writes a line to err.
func (c *console) status(format string, args ...any) { fmt.Fprintf(c.err, format+"\n", args...) }

// usageError is a mistake in the command line: exit status 2.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// errReported ends a command with exit status 1 after its errors were printed.
var errReported = errors.New("failed")

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
		kong.Description("The Dendrite kernel: runs notebooks, writes reports, works with Jupyter.\n\n"+
			"Examples:\n\n"+
			"  go run ./kernel reproduce\n\n"+
			"  go run ./kernel run notebooks/4-mnist.ipynb -p epochs=10\n\n"+
			"  go run ./kernel COMMAND --help"),
		kong.Writers(out, errOut),
		kong.Exit(func(code int) { exited = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
	)
	if err != nil {
		panic(err) // the definition of the flags is wrong
	}
	call, err := parser.Parse(args)
	if exited >= 0 { // --help was printed
		return exited
	}
	if err != nil {
		c.status("kernel: %v (see --help)", err)
		return 2
	}
	c.quiet = flags.Quiet
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go cancelWithGoRun(ctx, cancel)
	call.BindTo(ctx, (*context.Context)(nil))
	switch err := call.Run(c); {
	case err == nil:
		return 0
	case errors.Is(err, errReported):
		return 1
	case errors.As(err, new(usageError)):
		c.status("kernel: %v", err)
		return 2
	default:
		c.status("kernel: %v", err)
		return 1
	}
}

// cancelWithGoRun cancels when this program was started by "go run" and "go run"
// has ended: a killed "go run" does not pass the signal on to this program.
func cancelWithGoRun(ctx context.Context, cancel context.CancelFunc) {
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
