package chart

// Quantity is the quantity that a curve shows. It determines the colour and the
// dash of the curve, the same in every figure. The zero value is no particular
// quantity: such series take the colours of a palette in order.
type Quantity int

// The first seven appear together in traces of one network, the next five in
// comparisons of learners. In each group no two look the same.
const (
	Other Quantity = iota
	Soma           // somatic potential or rate of pyramidal and output neurons
	Target
	Apical      // top-down input to the apical dendrite
	Interneuron // lateral (SST) input that cancels it
	Basal
	Error
	Input

	Microcircuit // the dendritic microcircuit
	Backprop     // error backpropagation in a network of the same size
	Shallow      // single-layer or frozen-hidden learner
	Frozen       // the microcircuit with some of its weights not plastic
	Paper        // a number printed in the paper
)

type style struct{ name, color, dash string }

// styles uses hues of Okabe and Ito's colour-blind-safe set, brought to a
// relative luminance between 0.12 and 0.30: at least 3:1 on white and on #111.
var styles = [...]style{
	Other:        {"other", "#7D7D7D", "solid"},
	Soma:         {"soma", "#0072B2", "solid"},
	Target:       {"target", "#D55E00", "dashed"},
	Apical:       {"apical (top-down)", "#A65FB8", "solid"},
	Interneuron:  {"interneuron (lateral)", "#12946B", "dashed"},
	Basal:        {"basal", "#997700", "solid"},
	Error:        {"error", "#D6336C", "solid"},
	Input:        {"input", "#7D7D7D", "solid"},
	Microcircuit: {"microcircuit", "#0072B2", "solid"},
	Backprop:     {"backprop", "#D55E00", "solid"},
	Shallow:      {"single layer", "#7D7D7D", "solid"},
	Frozen:       {"frozen weights", "#12946B", "dashed"},
	Paper:        {"paper", "#997700", "dotted"},
}

// palette is for series of no particular quantity.
var palette = [...]string{"#0072B2", "#D55E00", "#12946B", "#A65FB8", "#997700", "#D6336C", "#1D8A99", "#7D7D7D"}

func (q Quantity) style() style {
	if q < 0 || int(q) >= len(styles) {
		return styles[Other]
	}
	return styles[q]
}

// String returns the quantity's name as written in a legend.
func (q Quantity) String() string { return q.style().name }

// Color returns the quantity's colour as #RRGGBB.
func (q Quantity) Color() string { return q.style().color }

// Dash returns "solid", "dashed" or "dotted".
func (q Quantity) Dash() string { return q.style().dash }

// pick returns the colour of series number i: own if it is set, else the
// quantity's, else one of the palette.
func pick(own string, q Quantity, i int) string {
	switch {
	case own != "":
		return own
	case q == Other:
		return palette[i%len(palette)]
	}
	return q.Color()
}

// PaletteColor returns the colour of series number i of no particular quantity.
func PaletteColor(i int) string { return pick("", Other, i) }
