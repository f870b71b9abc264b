package gonb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"microcircuits/dendrite/notebook/names"
	"microcircuits/kernel/internal/wire"
)

// Options say how to start a kernel.
type Options struct {
	Root  string    // the project: a clone's root, absolute; workspace of the cells
	Dir   string    // folder of the notebook, where the cells run
	Env   []string  // additional environment, name=value
	Log   io.Writer // GoNB's log; nil drops it
	Tools *Tools    // nil: FindTools(Root)

	Completion string // gopls, absolute; empty: no completion and no help
}

// start runs GoNB on a connection, which it finds in its private temporary
// folder.
func (o *Options) start(ctx context.Context, conn *wire.Connection) (*process, error) {
	if o.Tools == nil {
		tools, err := FindTools(ctx, o.Root)
		if err != nil {
			return nil, err
		}
		o.Tools = tools
	}
	if strings.Contains(o.Root, ",") {
		return nil, fmt.Errorf("GoNB cannot use a folder with a comma in its name as workspace: %s", o.Root)
	}
	tmp := newTempDir()
	bin := filepath.Join(tmp, "bin")
	file := filepath.Join(tmp, "kernel-"+wire.NewID()+".json") // GoNB reads an id out of this name
	argv := []string{filepath.Join(bin, "gonb"), "--kernel", file, "--raw_error", "--go_work=" + o.Root}
	const sep = string(filepath.ListSeparator)
	env := append(o.Tools.Env(), names.RootEnv+"="+o.Root, names.MarksEnv+"=1", "PATH="+bin+sep+filepath.Dir(o.Tools.Go)+sep+os.Getenv("PATH"))
	env = append(env, o.Env...)
	env = append(env, goplsVariable+"="+o.Completion)
	prepare := func() error {
		if err := os.Mkdir(bin, 0o700); err != nil {
			return err
		}
		if err := conn.WriteFile(file); err != nil {
			return err
		}
		// Under their own names, wherever the go command keeps them.
		err := errors.Join(
			os.Symlink(o.Tools.GoNB, filepath.Join(bin, "gonb")),
			os.Symlink(o.Tools.Goimports, filepath.Join(bin, "goimports")))
		if o.Completion != "" {
			err = errors.Join(err, os.WriteFile(filepath.Join(bin, "gopls"), []byte(goplsScript), 0o700))
		}
		return err
	}
	log := o.Log
	if log == nil {
		log = io.Discard
	}
	return startProcess(tmp, prepare, o.Dir, env, log, argv...)
}
