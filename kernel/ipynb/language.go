package ipynb

import (
	"encoding/json"
	"reflect"
)

// LanguageInfo describes the language of the cells. The kernel sends it to front ends,
// which write it into each notebook that they open. So committed notebooks contain the
// same, and no version of a machine's Go: opening a notebook does not change it.
func LanguageInfo() map[string]string {
	return map[string]string{
		"name": "go", "version": "1", "file_extension": ".go", "mimetype": "text/x-go",
		"pygments_lexer": "go", "codemirror_mode": "text/x-go",
	}
}

// hasLanguageInfo reports whether the notebook contains LanguageInfo.
func (nb *Notebook) hasLanguageInfo() bool {
	var info map[string]string
	return json.Unmarshal(nb.Metadata["language_info"], &info) == nil && reflect.DeepEqual(info, LanguageInfo())
}

// forThisKernel reports whether the notebook is for this project's kernel.
func (nb *Notebook) forThisKernel() bool {
	var spec struct {
		Name string `json:"name"`
	}
	return json.Unmarshal(nb.Metadata["kernelspec"], &spec) == nil && spec.Name == "dendrite"
}
