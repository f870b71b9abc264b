package experiment

import (
	"path/filepath"
	"sync"

	"microcircuits/dendrite/record"
	"microcircuits/dendrite/task"
)

// Digits are the labelled images of a plan. Their files are found when the plan is made,
// and loaded by the first job that calls Load.
type Digits struct {
	Name  string   // "MNIST", or the name of the folder of other data
	MNIST bool     // the data are MNIST, by their checksums; the paper's numbers are for MNIST only
	Sums  []string // checksums of the files, for the keys of jobs
	Load  func() (*task.Digits, error)
}

// Digits finds MNIST or, if folder is not "", the IDX files in folder, and adds their
// checksums to the run's provenance. It returns an error if files are missing.
func (p *Plan) Digits(folder string) (*Digits, error) {
	source, err := task.FindMNIST(folder)
	if err != nil {
		return nil, err
	}
	d := &Digits{Name: source.Name, MNIST: source.MNIST, Load: sync.OnceValues(source.Load)}
	for _, f := range source.Files {
		d.Sums = append(d.Sums, f.SHA256)
		p.Data(record.Source{Name: filepath.Base(f.Name), SHA256: f.SHA256})
	}
	return d, nil
}

// CheckData returns an error if the data for the presets of figures are missing or wrong,
// with what to do. The data come with the project's Go modules, so nothing is downloaded.
func CheckData() error {
	_, err := task.FindMNIST("")
	return err
}
