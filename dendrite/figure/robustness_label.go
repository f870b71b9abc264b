package figure

import (
	"fmt"
	"strings"

	"microcircuits/dendrite/figure/internal/lab"
)

// A robustnessSetting is a setting of a network beside the standard one.
type robustnessSetting struct {
	name            string
	value, standard float64
	unit            string
}

// robustnessLabel names the settings that differ from the standard ones.
func robustnessLabel(settings ...robustnessSetting) string {
	var parts []string
	for _, s := range settings {
		if s.value != s.standard {
			parts = append(parts, strings.TrimSpace(fmt.Sprintf("%s %.4g %s", s.name, s.value, s.unit)))
		}
	}
	if len(parts) == 0 {
		return "standard"
	}
	return strings.Join(parts, ", ")
}

// regressionLabel names the settings of a network that learns the small regression.
func (s *robustnessPlan) regressionLabel(q lab.SmallRegression) string {
	p := s.p.Regression
	return robustnessLabel(
		robustnessSetting{"noise", q.Sigma, p.Sigma, ""},
		robustnessSetting{"filter", q.TauW, p.TauW, "ms"},
		robustnessSetting{"learning rates times", q.RateFactor, p.RateFactor, ""},
		robustnessSetting{"presentation", q.PatternMs, p.PatternMs, "ms"},
		robustnessSetting{"lag", q.Lag, p.Lag, "ms"},
		robustnessSetting{"initial bottom-up weights", q.InitUp, p.InitUp, ""},
		robustnessSetting{"top-down weights", q.InitDown, p.InitDown, ""},
	)
}

// imagesLabel names the settings of an image network.
func (s *robustnessPlan) imagesLabel(m lab.Digits) string {
	c, p := m.Microcircuit, s.p.Digits.learners().Microcircuit
	return robustnessLabel(
		robustnessSetting{"initial bottom-up weights", c.InitUp, p.InitUp, ""},
		robustnessSetting{"feedback", c.InitDown[0], p.InitDown[0], ""},
		robustnessSetting{"λ", c.Lambda[0], p.Lambda[0], ""},
	)
}
