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

// Run is the kernel of one open notebook and is called in the notebook's folder. If
// the kernel cannot start, every cell shows the error.
func (cmd *serveCmd) Run(ctx context.Context, c *console) error {
	// An interrupt stops the running cell; the other signals end the kernel.
	interrupt := make(chan os.Signal, 1)
	signal.Reset(os.Interrupt)
	signal.Notify(interrupt, os.Interrupt)
	err := cmd.serve(ctx, interrupt)
	if err == nil {
		return nil
	}
	c.status("dendrite: %v", err)
	if err := front.ServeError(ctx, cmd.ConnectionFile, err.Error()); err != nil {
		c.status("dendrite: %v", err)
	}
	return errReported
}

func (cmd *serveCmd) serve(ctx context.Context, interrupt <-chan os.Signal) error {
	if v := os.Getenv(clone.LauncherEnv); v != clone.LauncherVersion {
		return fmt.Errorf("the installed kernel does not work with this clone (its launcher has version %q, the clone needs version %s): run \"go run ./kernel install\" in the clone", v, clone.LauncherVersion)
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
		Options:    gonb.Options{Root: root, Dir: dir, Log: log, Env: []string{names.HeadlessEnv + "="}, Completion: completion},
		History:    filepath.Join(cache, "history.jsonl"),
		AddPicture: pictures.AddPicture,
		Script:     report.Script,
		Commands:   kernelCommands(root, dir, pictures),
	}
	if os.Getenv("JPY_PARENT_PID") != "" { // set by a server whose kernels must end when it ends
		var end context.CancelFunc
		ctx, end = context.WithCancel(ctx)
		defer end()
		go func() {
			waitForNewParent(ctx, os.Getppid, time.Second)
			end()
		}()
	}
	return f.Serve(ctx, cmd.ConnectionFile, interrupt)
}

// waitForNewParent returns when ctx is done or the id of the parent process
// changes. It changes when the parent ends.
func waitForNewParent(ctx context.Context, parent func() int, every time.Duration) {
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

// logBytes is the size above which the log of GoNB is emptied at the next start.
const logBytes = 1 << 20

// openLog opens the log file of GoNB, which logs too much for a terminal.
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
