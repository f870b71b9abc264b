package streams

import "syscall"

// duplicate makes fd the same open file as from. Package unix has one function for all
// systems, but each cell would take longer to link with it.
func duplicate(from, fd int) error { return syscall.Dup3(from, fd, 0) }
