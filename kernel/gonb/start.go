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

// Options are the settings of a kernel to start.
type Options struct {
	Root  string    // root of the clone, an absolute path; workspace of the cells
	Dir   string    // folder of the notebook; current folder of the cells
	Env   []string  // additional environment, name=value
	Log   io.Writer // for GoNB's log; nil discards it
	Tools *Tools    // nil means FindTools(Root)

	Completion string // absolute path of gopls; "" means no completion and no help
}

// start starts GoNB. The connection file is in its private temporary folder.
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
	file := filepath.Join(tmp, "kernel-"+wire.NewID()+".json") // GoNB takes an id from this name
	argv := []string{filepath.Join(bin, "gonb"), "--kernel", file, "--raw_error", "--go_work=" + o.Root}
	const sep = string(filepath.ListSeparator)
	env := append(o.Tools.kernelEnv(), names.RootEnv+"="+o.Root, names.MarksEnv+"=1", "PATH="+bin+sep+filepath.Dir(o.Tools.Go)+sep+os.Getenv("PATH"))
	env = append(env, o.Env...)
	streams := filepath.Join(tmp, "streams")
	env = append(env, names.StreamsEnv+"="+streams)
	var pipes *outPipes
	env = append(env, goplsVariable+"="+o.Completion)
	prepare := func() error {
		if err := os.Mkdir(bin, 0o700); err != nil {
			return err
		}
		if err := conn.WriteFile(file); err != nil {
			return err
		}
		var err error
		if pipes, err = newPrinted(streams); err != nil {
			return err
		}
		// The files in the go command's cache have other names.
		err = errors.Join(
			os.Symlink(o.Tools.GoNB, filepath.Join(bin, "gonb")),
			os.Symlink(o.Tools.Goimports, filepath.Join(bin, "goimports")))
		script := goplsScript
		if o.Completion == "" {
			script = noGoplsScript
		}
		return errors.Join(err, os.WriteFile(filepath.Join(bin, "gopls"), []byte(script), 0o700))
	}
	log := o.Log
	if log == nil {
		log = io.Discard
	}
	p, err := startProcess(tmp, prepare, o.Dir, env, log, argv...)
	if err != nil {
		return nil, err
	}
	p.printed = pipes
	return p, nil
}
