//go:build unix

package streams

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"microcircuits/dendrite/notebook/names"
)

func init() {
	dir := os.Getenv(names.StreamsEnv)
	if dir == "" {
		return
	}
	os.Unsetenv(names.StreamsEnv) // what this program starts writes where it is told to
	redirect(os.DevNull, unix.O_RDONLY, 0)
	redirect(filepath.Join(dir, names.Stdout), unix.O_WRONLY, 1)
	redirect(filepath.Join(dir, names.Stderr), unix.O_WRONLY, 2)
}

// redirect connects a file with a stream. If that fails, the stream stays GoNB's.
func redirect(path string, mode, stream int) {
	fd, err := unix.Open(path, mode|unix.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	_ = unix.Dup2(fd, stream) // cannot fail: both are open
	_ = unix.Close(fd)
}
