package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"microcircuits/dendrite/notebook/names"
	"microcircuits/kernel/clone"
	"microcircuits/kernel/front"
	"microcircuits/kernel/gonb"
	"microcircuits/kernel/report"
)

type serveCmd struct {
	ConnectionFile string `arg:"" type:"existingfile" help:"Made by the Jupyter front end."`
}

// Run is the kernel of one open notebook, in whose folder it is called. When
// the kernel cannot start the user sees why in every cell.
func (cmd *serveCmd) Run(ctx context.Context, c *console) error {
	// An interrupt is for the running cell; only the other signals end us.
	interrupt := make(chan os.Signal, 1)
	signal.Reset(os.Interrupt)
	signal.Notify(interrupt, os.Interrupt)
	err := cmd.serve(ctx, interrupt)
	if err == nil {
		return nil
	}
	c.say("dendrite: %v", err)
	if err := front.Explain(ctx, cmd.ConnectionFile, err.Error()); err != nil {
		c.say("dendrite: %v", err)
	}
	return errTold
}

func (cmd *serveCmd) serve(ctx context.Context, interrupt <-chan os.Signal) error {
	if v := os.Getenv(clone.LauncherEnv); v != clone.LauncherVersion {
		return fmt.Errorf("the installed kernel does not fit this clone (its launcher speaks version %q, the clone %s): run \"go run ./kernel install\" in the clone", v, clone.LauncherVersion)
	}
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	root, err := clone.Find(dir)
	if err != nil {
		return err
	}
	log, err := openLog()
	if err != nil {
		return err
	}
	defer log.Close()
	cache, err := clone.CacheDir()
	if err != nil {
		return err
	}
	completion, _ := checkCompletion(root) // optional
	pictures := new(report.Pictures)
	f := front.Front{
		Options:  gonb.Options{Root: root, Dir: dir, Log: log, Env: []string{names.HeadlessEnv + "="}, Completion: completion},
		History:  filepath.Join(cache, "history.jsonl"),
		Dress:    pictures.Dress,
		Commands: commands(root, dir, pictures),
	}
	if os.Getenv("JPY_PARENT_PID") != "" { // Jupyter wants it to go when it does
		var end context.CancelFunc
		ctx, end = context.WithCancel(ctx)
		defer end()
		go func() {
			awaitChange(ctx, os.Getppid, time.Second)
			end()
		}()
	}
	return f.Serve(ctx, cmd.ConnectionFile, interrupt)
}

// awaitChange returns when the parent is another process than at first, which is
// how one learns that it was killed, or when ctx is over.
func awaitChange(ctx context.Context, parent func() int, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for first := parent(); parent() == first; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// logBytes is how large GoNB's log grows before it is begun anew.
const logBytes = 1 << 20

// openLog opens the log of GoNB, which is too noisy for a terminal.
func openLog() (*os.File, error) {
	dir, err := clone.CacheDir()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "gonb.log")
	flags := os.O_CREATE | os.O_WRONLY | os.O_APPEND
	if info, err := os.Stat(path); err == nil && info.Size() > logBytes {
		flags |= os.O_TRUNC
	}
	return os.OpenFile(path, flags, 0o600)
}
