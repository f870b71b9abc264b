//go:build unix

package streams

import (
	"os"
	"path/filepath"
	"syscall"

	"microcircuits/dendrite/notebook/names"
)

func init() {
	dir := os.Getenv(names.StreamsEnv)
	if dir == "" {
		return
	}
	os.Unsetenv(names.StreamsEnv) // what this program starts writes where it is told to
	redirect(os.DevNull, syscall.O_RDONLY, 0)
	redirect(filepath.Join(dir, names.Stdout), syscall.O_WRONLY, 1)
	redirect(filepath.Join(dir, names.Stderr), syscall.O_WRONLY, 2)
}

// redirect connects a file with a stream. If that fails, the stream stays GoNB's.
func redirect(path string, mode, stream int) {
	fd, err := syscall.Open(path, mode|syscall.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	_ = duplicate(fd, stream) // cannot fail: both are open
	_ = syscall.Close(fd)
}
