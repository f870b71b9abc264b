package files

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// checkFile fails unless a file has the given text and permissions.
func checkFile(t *testing.T, path, text string, perm os.FileMode) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(data) != text || info.Mode().Perm() != perm {
		t.Errorf("%s contains %q with mode %v, want %q with %v", path, data, info.Mode(), text, perm)
	}
}

func TestWrite(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o027))
	dir := t.TempDir()
	file, link := filepath.Join(dir, "file"), filepath.Join(dir, "link")
	write := func(path, text string) {
		t.Helper()
		if err := Write(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	write(file, "new")
	checkFile(t, file, "new", 0o640)
	if err := os.Chmod(file, 0o604); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("file", link); err != nil {
		t.Fatal(err)
	}
	write(link, "newer")
	checkFile(t, file, "newer", 0o604)
	if to, err := os.Readlink(link); err != nil || to != "file" {
		t.Errorf("the link points to %q, %v", to, err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	write(link, "a link to nothing")
	checkFile(t, file, "a link to nothing", 0o640)
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
		t.Errorf("files in the folder: %v, %v", entries, err)
	}
	if err := Write(filepath.Join(dir, "missing", "file"), nil); err == nil {
		t.Error("a file was written in a missing folder")
	}
}
