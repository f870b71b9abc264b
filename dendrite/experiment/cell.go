package experiment

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// cellCode returns the text that identifies the function at a line of a file, if the program
// is a cell of a notebook: a hash of the cells' declarations that the function uses, and of
// the packages that they import. It does not change with the other cells, although each
// cell is another program. It is "" if this is not a cell, or if it is not certain that this
// source is all that was compiled.
func cellCode(file string, line int) string {
	dir := os.Getenv(protocol.GONB_TMP_DIR_ENV)
	program, err := os.Executable()
	if err != nil || dir == "" || filepath.Base(file) != "main.go" || !sameFile(filepath.Dir(program), dir) || !sameFile(file, filepath.Join(dir, "main.go")) {
		return ""
	}
	compiled, err := os.Stat(program)
	if err != nil {
		return ""
	}
	// GoNB writes the source just before it compiles it. It writes it again when the user
	// asks for completion while the cell runs.
	written, err := os.Stat(file)
	if err != nil || written.ModTime().After(compiled.ModTime()) {
		return ""
	}
	src, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	text, imports := reachedBy(file, src, line)
	others, ok := besides(dir, src)
	if !ok || text == "" {
		return ""
	}
	packages, ok := importedCode(slices.Concat(imports, others), written.ModTime())
	if !ok {
		return ""
	}
	return fmt.Sprintf("cell %x", sha256.Sum256(fmt.Appendf(nil, "%s\n%q\n%s", text, others, packages)))
}

// Files that the kernel writes beside the source of a cell, as in package notebook/names.
const (
	importsFile = "dendrite_imports.go" // blank imports
	resultFile  = "dendrite_result.go"  // a function that shows the cell's last value
)

// besides returns what the program of a cell in dir imports besides the imports in its source.
// ok is false if it may be compiled from more than that: other files, embedded files or
// comments with a meaning.
func besides(dir string, src []byte) (imports []string, ok bool) {
	for _, part := range []string{"//go:", "//line ", "/*line "} {
		if bytes.Contains(src, []byte(part)) {
			return nil, false
		}
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, false
	}
	for _, f := range files {
		source := slices.Contains([]string{".go", ".s", ".S", ".c", ".h", ".cc", ".cpp", ".syso"}, filepath.Ext(f.Name()))
		switch name := f.Name(); {
		case !source || name == "main.go" || name == resultFile || strings.HasSuffix(name, "_test.go"):
		case name == importsFile:
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, name), nil, parser.ImportsOnly)
			if err != nil {
				return nil, false
			}
			for _, s := range file.Imports {
				if path := importPath(s); !strings.HasPrefix(path, ourModule+"/") { // ours only print
					imports = append(imports, path)
				}
			}
		default:
			return nil, false
		}
	}
	return imports, true
}

// sameFile reports whether two paths lead to one file, perhaps by symbolic links.
func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// importedCode identifies the packages that a cell imports. ok is false if one of them is in
// another local module than ours, or if our source was changed after a time.
func importedCode(imports []string, unchanged time.Time) (text string, ok bool) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "", false
	}
	_, here, _, _ := runtime.Caller(0)
	root := filepath.Dir(filepath.Dir(filepath.Dir(here)))
	ours, err := folderCode(filepath.Join(root, "dendrite"), unchanged)
	if err != nil {
		return "", false
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return "", false
	}
	foreign := false // another module than ours is imported
	for _, m := range info.Deps {
		if slices.ContainsFunc(imports, func(p string) bool { return p == m.Path || strings.HasPrefix(p, m.Path+"/") }) && m.Path != ourModule {
			if foreign = true; m.Sum == "" || m.Replace != nil {
				return "", false
			}
		}
	}
	var b strings.Builder
	fmt.Fprintln(&b, ours)
	for _, m := range info.Deps {
		// Later cells may add modules. They do not matter to a cell that imports only ours.
		if m.Path == ourModule || !foreign && !strings.Contains(string(mod), m.Path+" v") {
			continue
		}
		if r := m.Replace; r != nil {
			m = r
		}
		if m.Sum == "" {
			return "", false // a local folder
		}
		fmt.Fprintln(&b, m.Path, m.Version, m.Sum)
	}
	fmt.Fprintln(&b, info.GoVersion)
	for _, s := range info.Settings { // flags and the level of the processor change the bits
		if !strings.HasPrefix(s.Key, "vcs") {
			fmt.Fprintln(&b, s.Key, s.Value)
		}
	}
	return b.String(), true
}

// ourModule is the path of this project's module.
const ourModule = "microcircuits"

// folderCode returns a hash of the files in a folder from which programs are compiled. It
// returns an error if one was changed after a time.
func folderCode(dir string, unchanged time.Time) (string, error) {
	h := sha256.New()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == "testdata":
			return fs.SkipDir
		case d.IsDir(), strings.HasSuffix(path, "_test.go"), strings.HasSuffix(path, ".md"):
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if info.ModTime().After(unchanged) {
			return fmt.Errorf("%s was changed", path)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		fmt.Fprintf(h, "%q %d %s", filepath.ToSlash(name), len(data), data)
		return err
	})
	return fmt.Sprintf("%x", h.Sum(nil)), err
}
