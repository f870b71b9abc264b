package runstore

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// An Array is one of the arrays of a result.
type Array struct {
	Name    string `json:"name"`  // as in arrays.npz
	Type    string `json:"type"`  // NumPy's name of the element type, such as "<f8"
	Shape   []int  `json:"shape"` // one or two dimensions
	Unit    string `json:"unit,omitempty"`
	Meaning string `json:"meaning,omitempty"`

	data []byte
}

// Arrays reads the arrays of the complete result in a folder of the store, such as
// "mnist/seed1-0123456789abcdef", sorted by name. Results of older programs have arrays
// without unit and meaning.
func (s *Store) Arrays(folder string) ([]Array, error) {
	experiment, base, _ := strings.Cut(folder, "/")
	if !validName.MatchString(experiment) || !runName.MatchString(base) {
		return nil, fmt.Errorf("runstore: %q is not the name of a run", folder)
	}
	arrays, err := readArrays(filepath.Join(s.dir, experiment, base))
	if err != nil {
		return nil, fmt.Errorf("runstore: arrays of %s: %w", folder, err)
	}
	return arrays, nil
}

func readArrays(dir string) ([]Array, error) {
	if _, err := os.Stat(dir); err != nil {
		return nil, err
	}
	files, err := readFolder(dir)
	if err != nil {
		return nil, err
	}
	var d description
	if err := json.Unmarshal(files[runFile], &d); err != nil {
		return nil, fmt.Errorf("%s: %w", runFile, err)
	}
	members, err := unzipFiles(files[arraysFile])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", arraysFile, err)
	}
	var arrays []Array
	for member, data := range members {
		name := strings.TrimSuffix(member, ".npy")
		a, err := parseNPY(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %s %w", arraysFile, name, err)
		}
		about := Array{}
		if i := slices.IndexFunc(d.Arrays, func(a Array) bool { return a.Name == name }); i >= 0 {
			about = d.Arrays[i]
		}
		arrays = append(arrays, Array{name, a.dtype, a.shape, about.Unit, about.Meaning, a.data})
	}
	slices.SortFunc(arrays, func(a, b Array) int { return strings.Compare(a.Name, b.Name) })
	return arrays, nil
}

// Len returns the number of elements.
func (a *Array) Len() int {
	n := 1
	for _, d := range a.Shape {
		n *= d
	}
	return n
}

// Text returns element i, counted in the order of the data (row by row), as the shortest text
// from which the same number is read.
func (a *Array) Text(i int) string {
	size := int(a.Type[2] - '0')
	var padded [8]byte
	copy(padded[:], a.data[i*size:(i+1)*size])
	bits := binary.LittleEndian.Uint64(padded[:])
	switch shift := 64 - 8*size; a.Type[1] {
	case 'b':
		return strconv.FormatBool(bits != 0)
	case 'i':
		return strconv.FormatInt(int64(bits<<shift)>>shift, 10)
	case 'u':
		return strconv.FormatUint(bits, 10)
	}
	if size == 4 {
		return strconv.FormatFloat(float64(math.Float32frombits(uint32(bits))), 'g', -1, 32)
	}
	return strconv.FormatFloat(math.Float64frombits(bits), 'g', -1, 64)
}
