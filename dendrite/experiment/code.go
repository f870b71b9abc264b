package experiment

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"strings"
	"sync"
)

// codeOf returns a text that identifies the compiled code of f, a function of a user, and of
// all that it uses. A stored result is found only if this text is equal. For functions in the
// folders of this package and of the figures it returns "", because figures increase their
// Version instead.
//
// In a cell of a notebook the text comes from the source of the cells, see cellCode:
// every cell is another program. In other programs it is the checksum of the executable
// file. It covers everything that can change a result: edits here or in another module,
// generated files, flags of the compiler. A file of source on disk may be newer than the
// program that runs.
//
// The error says why the code is not known. The results must then not be stored.
func codeOf(f any) (string, error) {
	fn := runtime.FuncForPC(reflect.ValueOf(f).Pointer())
	if fn == nil {
		return "", errors.New("it is not a function")
	}
	path, line := fn.FileLine(fn.Entry())
	_, here, _, _ := runtime.Caller(0)
	dir, ours := filepath.Dir(path), filepath.Dir(here)
	if (dir == ours || dir == filepath.Join(ours, "..", "figure")) && !strings.HasSuffix(path, "_test.go") {
		return "", nil
	}
	if isInner(fn.Name()) {
		return "", errors.New("its function is written inside another one, whose variables it may use: write it outside of functions, in a notebook before the line %%, and values into the parameters")
	}
	generic := strings.Contains(fn.Name(), "[...]") // its source does not say for which types
	if code := cellCode(path, line); code != "" && !generic {
		return code, nil
	}
	program, err := programCode()
	if err != nil {
		return "", err
	}
	// The name and the place distinguish the functions of one program. Instances of a
	// generic function have one name.
	place := int64(fn.Entry()) - int64(reflect.ValueOf(codeOf).Pointer())
	return fmt.Sprintf("%s %s %d", program, fn.Name(), place), nil
}

// isInner reports whether the function with this name is a literal inside another function.
// A literal in a variable outside of functions is called main.init.func1, or main.glob..func1.
func isInner(name string) bool {
	name = name[strings.LastIndex(name, "/")+1:]
	return literal.MatchString(name) && !globalLiteral.MatchString(name)
}

var (
	literal       = regexp.MustCompile(`\..*\.func\d+(\.\d+)*$`)
	globalLiteral = regexp.MustCompile(`^[^.]*\.(init|glob\.)\.func\d+$`)
)

// checkPlain returns an error for a method of a value: the code does not say which value.
func checkPlain(f any) error {
	fn := runtime.FuncForPC(reflect.ValueOf(f).Pointer())
	if fn != nil && strings.HasSuffix(fn.Name(), "-fm") {
		return fmt.Errorf("the function %s is a method of a value, and a change of the value would not be noticed: use a plain function instead, and write the value into the parameters", strings.TrimSuffix(fn.Name(), "-fm"))
	}
	return nil
}

// programCode identifies the running program by the checksum of its executable file.
var programCode = sync.OnceValues(func() (string, error) {
	file, err := openProgram()
	if err != nil {
		return "", fmt.Errorf("the file of the running program cannot be read: %w", err)
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return "", fmt.Errorf("the file of the running program cannot be read: %w", err)
	}
	return fmt.Sprintf("program %x", h.Sum(nil)), nil
})

// openProgram opens the file of the running program. Linux has a name for it that stays
// valid when the file is replaced or removed. On other systems the file must be the one
// that was there when the program started.
func openProgram() (fs.File, error) {
	if runtime.GOOS == "linux" {
		return os.Open("/proc/self/exe")
	}
	if programAtStart == nil {
		return nil, errors.New("it was not found when the program started")
	}
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	now, err := file.Stat()
	if err == nil && (!os.SameFile(now, programAtStart) || now.Size() != programAtStart.Size() || !now.ModTime().Equal(programAtStart.ModTime())) {
		err = errors.New("it was replaced after the program started")
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// programAtStart describes the file of the program when it started; nil if there is none.
var programAtStart = func() fs.FileInfo {
	path, err := os.Executable()
	if err != nil {
		return nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil
	}
	return info
}()
