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
	"path/filepath"
	"sync/atomic"
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

func main() { os.Exit(programAs(os.Args[0], os.Args[1:], os.Stdout, os.Stderr)) }

// goRun is the name of the program as people type it.
const goRun = "go run ./kernel"

// program runs the program as "go run ./kernel".
func program(args []string, out, errOut io.Writer) int { return programAs("kernel", args, out, errOut) }

// A reproducer is the command line of scripts/reproduce: the command reproduce alone.
type reproducer struct {
	Quiet bool `short:"q" help:"Print results and errors, no progress."`
	reproduceCmd
}

// programAs runs the program. name is the path with which it was started: a script is
// shown as it was typed.
func programAs(name string, args []string, out, errOut io.Writer) (code int) {
	c := &console{out: out, err: errOut}
	if f, ok := errOut.(*os.File); ok {
		info, err := f.Stat()
		c.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	exited := -1
	options := []kong.Option{
		kong.Writers(out, errOut),
		kong.Exit(func(code int) { exited = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
	}
	var parser *kong.Kong
	var quiet *bool
	var err error
	prefix := "kernel"
	if script := filepath.Base(name); script == "reproduce" && len(args) > 0 && args[0] == script {
		flags := reproducer{reproduceCmd: reproduceCmd{typed: name}}
		args, quiet, prefix = args[1:], &flags.Quiet, script
		parser, err = kong.New(&flags, append(options, kong.Name(name), kong.Description("Runs the project's notebooks and writes their reports and an index."))...)
	} else {
		var flags cli
		quiet = &flags.Quiet
		parser, err = kong.New(&flags, append(options, kong.Name(goRun),
			kong.Description("The Dendrite kernel: runs notebooks, writes reports, works with Jupyter.\n\n"+
				"Examples:\n\n"+
				"  go run ./kernel reproduce\n\n"+
				"  go run ./kernel run notebooks/4-mnist.ipynb -p epochs=10\n\n"+
				"  go run ./kernel COMMAND --help"))...)
	}
	if err != nil {
		panic(err) // the definition of the flags is wrong
	}
	call, err := parser.Parse(args)
	if exited >= 0 { // --help was printed
		return exited
	}
	if err != nil {
		c.status("%s: %v (see --help)", prefix, err)
		return 2
	}
	c.quiet = *quiet
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	signalled, end := c.cancelOnSignal(cancel)
	defer end()
	go cancelWithGoRun(ctx, cancel)
	call.BindTo(ctx, (*context.Context)(nil))
	err = call.Run(c)
	switch {
	case err != nil && signalled() > 0:
		if !errors.Is(err, errReported) && !errors.Is(err, context.Canceled) {
			c.status("%s: %v", prefix, err)
		}
		c.status("stopped")
		return 128 + signalled() // as usual for a program that a signal ended
	case err == nil:
		return 0
	case errors.Is(err, errReported):
		return 1
	case errors.As(err, new(usageError)):
		c.status("%s: %v", prefix, err)
		return 2
	default:
		c.status("%s: %v", prefix, err)
		return 1
	}
}

// cancelOnSignal calls cancel at the first signal that should end the program. After
// Ctrl-C it says so at once, because saving takes a moment; a second Ctrl-C ends the
// program without saving. signalled returns the number of the first signal, or 0. end
// stops the handling of signals.
func (c *console) cancelOnSignal(cancel context.CancelFunc) (signalled func() int, end func()) {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	var first atomic.Int32
	go func() {
		for s := range signals {
			number := int32(s.(syscall.Signal)) // every signal of Unix has a number
			if !first.CompareAndSwap(0, number) {
				if s == os.Interrupt {
					os.Exit(128 + int(number)) // the watchdog ends GoNB
				}
				continue
			}
			cancel()
			if s == os.Interrupt {
				c.status("\nstopping, saving what is finished... (Ctrl-C again: end at once)")
			}
		}
	}()
	return func() int { return int(first.Load()) }, func() {
		signal.Stop(signals)
		close(signals)
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
