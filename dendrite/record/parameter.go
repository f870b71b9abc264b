package record

// Parameter is one row of a parameter table.
type Parameter struct {
	Name    string `json:"name"`
	Symbol  string `json:"symbol"`
	Value   string `json:"value"`
	Preset  string `json:"preset"` // the value in the preset
	Paper   string `json:"paper"`  // the paper's value, if it is known
	Unit    string `json:"unit"`
	Source  string `json:"source"` // where the paper's value comes from
	Doc     string `json:"doc"`
	Range   string `json:"range,omitempty"` // the valid values, in words; "" means any finite number
	Changed bool   `json:"changed"`         // Value differs from Preset
}
