//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package runstore

import "os"

const hasFlock = false

// flock does nothing: this system has no flock.
func flock(*os.File) (bool, error) { return true, nil }
