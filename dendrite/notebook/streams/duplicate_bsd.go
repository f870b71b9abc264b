//go:build unix && !linux

package streams

import "syscall"

func duplicate(from, fd int) error { return syscall.Dup2(from, fd) }
