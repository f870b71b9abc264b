package front

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"microcircuits/kernel/internal/files"
)

// Names under which the kernel is registered.
const (
	SpecName    = "dendrite"
	DisplayName = "Dendrite (Go)"
)

// A KernelSpec is the content of kernel.json: how Jupyter starts a kernel.
type KernelSpec struct {
	Argv          []string          `json:"argv"`
	DisplayName   string            `json:"display_name"`
	Language      string            `json:"language"`
	InterruptMode string            `json:"interrupt_mode"`
	Env           map[string]string `json:"env"`
}

// DataDir returns Jupyter's folder for the user's data: JUPYTER_DATA_DIR, else the
// platform's default. The folder may not exist.
func DataDir() (string, error) {
	if dir := os.Getenv("JUPYTER_DATA_DIR"); dir != "" {
		return dir, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("front: %w", err)
	}
	if runtime.GOOS == "darwin" {
		return filepath.Join(home, "Library", "Jupyter"), nil
	}
	if xdg := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(xdg) {
		return filepath.Join(xdg, "jupyter"), nil
	}
	return filepath.Join(home, ".local", "share", "jupyter"), nil
}

// SpecDir returns the folder of our kernel specification in a data folder.
func SpecDir(dataDir string) string { return filepath.Join(dataDir, "kernels", SpecName) }

// WriteSpec registers the kernel in a data folder and returns the file written.
func WriteSpec(dataDir string, spec KernelSpec) (string, error) {
	data, err := json.MarshalIndent(spec, "", " ")
	if err != nil {
		return "", fmt.Errorf("front: %w", err)
	}
	dir := SpecDir(dataDir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	path := filepath.Join(dir, "kernel.json")
	return path, files.Write(path, append(data, '\n'))
}

// ReadSpec returns the registered specification of a data folder. The error is
// fs.ErrNotExist if there is none.
func ReadSpec(dataDir string) (*KernelSpec, error) {
	path := filepath.Join(SpecDir(dataDir), "kernel.json")
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var spec KernelSpec
	if err := json.Unmarshal(data, &spec); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(spec.Argv) == 0 {
		return nil, fmt.Errorf("%s: %w", path, errors.New("argv is empty"))
	}
	return &spec, nil
}

// RemoveSpec unregisters the kernel from a data folder.
func RemoveSpec(dataDir string) error { return os.RemoveAll(SpecDir(dataDir)) }
