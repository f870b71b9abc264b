package ipynb

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// A Problem is a reason why a notebook must not be committed. Cell is the number of
// the cell, counted from 1; 0 is the whole notebook.
type Problem struct {
	Cell int
	Text string
}

func (p Problem) String() string {
	if p.Cell == 0 {
		return p.Text
	}
	return fmt.Sprintf("cell %d: %s", p.Cell, p.Text)
}

var idPattern = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`)

// Lint checks a notebook that is to be committed: format 4.5, language Go, unique cell
// ids, no outputs, no execution counts, no record of a run, and exactly one parameters
// cell with literals only. A notebook of this project's kernel has its LanguageInfo.
func Lint(nb *Notebook) []Problem {
	var problems []Problem
	report := func(cell int, format string, args ...any) {
		problems = append(problems, Problem{cell, fmt.Sprintf(format, args...)})
	}
	if nb.NBFormat != formatMajor || nb.NBFormatMinor != formatMinor {
		report(0, "notebook format is %d.%d, not 4.5", nb.NBFormat, nb.NBFormatMinor)
	}
	if lang := nb.language(); !strings.EqualFold(lang, "go") {
		report(0, "language is %q, not go", lang)
	}
	if nb.forThisKernel() && !nb.hasLanguageInfo() {
		report(0, "language_info is not what the kernel sends, so that opening the notebook changes it")
	}
	if _, ok := nb.Info(); ok {
		report(0, "metadata contains the record of a run")
	}
	seen := map[string]int{}
	hasParams := false
	for i, c := range nb.Cells {
		n := i + 1
		switch first, dup := seen[c.ID]; {
		case !idPattern.MatchString(c.ID):
			report(n, "id %q is not 1 to 64 letters, digits, - or _", c.ID)
		case dup:
			report(n, "same id as cell %d: %s", first, c.ID)
		default:
			seen[c.ID] = n
		}
		if len(c.Outputs) > 0 {
			report(n, "has outputs")
		}
		if c.ExecutionCount != nil {
			report(n, "has an execution count")
		}
		if _, ok := c.Info(); ok {
			report(n, "metadata contains the record of a run")
		}
		if c.HasTag(TagInjected) {
			report(n, "contains injected parameters")
		}
		hasParams = hasParams || c.Type == Code && c.HasTag(TagParameters)
	}
	if !hasParams {
		report(0, "no code cell is tagged parameters")
	} else if _, err := Parameters(nb); err != nil {
		report(0, "%v", err)
	}
	return problems
}

// language returns the notebook's language from its kernelspec, else from its
// language info.
func (nb *Notebook) language() string {
	var spec struct {
		Language string `json:"language"`
	}
	if json.Unmarshal(nb.Metadata["kernelspec"], &spec) == nil && spec.Language != "" {
		return spec.Language
	}
	var info struct {
		Name string `json:"name"`
	}
	if json.Unmarshal(nb.Metadata["language_info"], &info) == nil {
		return info.Name
	}
	return ""
}
