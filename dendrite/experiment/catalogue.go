package experiment

import (
	"fmt"
	"strings"
)

// An Entry is an experiment of this project.
type Entry struct {
	Info
	Notebook string // that shows it, without folder and extension
	Preset   func(Scale) Params
}

// Catalogue lists the experiments in the order of their notebooks.
func Catalogue() []Entry {
	return []Entry{
		{selfPredictionInfo, "1-self-prediction", func(s Scale) Params { return SelfPredictionPreset(s) }},
		{associationInfo, "2-association", func(s Scale) Params { return AssociationPreset(s) }},
		{regressionInfo, "3-regression", func(s Scale) Params { return RegressionPreset(s) }},
		{mnistInfo, "4-mnist", func(s Scale) Params { return MNISTPreset(s) }},
		{disinhibitionInfo, "5-disinhibition", func(s Scale) Params { return DisinhibitionPreset(s) }},
		{theoryInfo, "6-theory", func(s Scale) Params { return TheoryPreset(s) }},
		{robustnessInfo, "7-robustness", func(s Scale) Params { return RobustnessPreset(s) }},
		{predictionsInfo, "8-predictions", func(s Scale) Params { return PredictionsPreset(s) }},
	}
}

// Find returns the experiment of a name, or an error that lists the names.
func Find(name string) (Entry, error) {
	var names []string
	for _, e := range Catalogue() {
		if e.Name == name {
			return e, nil
		}
		names = append(names, e.Name)
	}
	return Entry{}, fmt.Errorf("no experiment %q; there are: %s", name, strings.Join(names, ", "))
}
