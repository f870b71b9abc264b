package experiment

import (
	"fmt"
	"strings"
)

// An Entry is an experiment of this project.
type Entry struct {
	Info
	Preset func(Scale) Params
}

// Catalogue lists the experiments in the order of their notebooks.
func Catalogue() []Entry {
	return []Entry{
		{selfPredictionInfo, func(s Scale) Params { return SelfPredictionPreset(s) }},
		{associationInfo, func(s Scale) Params { return AssociationPreset(s) }},
		{regressionInfo, func(s Scale) Params { return RegressionPreset(s) }},
		{mnistInfo, func(s Scale) Params { return MNISTPreset(s) }},
		{disinhibitionInfo, func(s Scale) Params { return DisinhibitionPreset(s) }},
		{theoryInfo, func(s Scale) Params { return TheoryPreset(s) }},
		{robustnessInfo, func(s Scale) Params { return RobustnessPreset(s) }},
		{predictionsInfo, func(s Scale) Params { return PredictionsPreset(s) }},
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
