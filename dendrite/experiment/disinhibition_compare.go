package experiment

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// paperLearnedFeedback is the test error of N 3.4 with all synapses plastic (%).
const paperLearnedFeedback = 2.48

// inWords is how much the paper is known to say about recall.
const inWords = "in words only; protocol reconstructed"

func (r *DisinhibitionRun) compare() []Comparison {
	return slices.Concat(r.compareLearning(), r.comparePrototypes(), r.compareRecall(), r.compareTransition())
}

func (r *DisinhibitionRun) compareLearning() []Comparison {
	var final, silence []float64
	for _, c := range r.Circuits {
		last := len(c.Test) - 1
		final, silence = append(final, c.Test[last]), append(silence, 100*c.Apical[last]/c.TopDown[last])
	}
	c := Comparison{
		Quantity: "Learned feedback: test error at the last epoch", Paper: fmt.Sprintf("%.2f %%", paperLearnedFeedback),
		Ours: meanSD(final, "%.2f", " %"), Note: "the paper's rates and initial weights are not known",
	}
	mean := stat.Mean(final, nil)
	switch {
	case r.otherData:
		c.Tolerance, c.Verdict, c.Note = "none", Qualitatively, "another data set: the paper's number is for MNIST"
	case r.Reduced:
		c.Tolerance, c.Verdict = "at most 8 % in a reduced run", verdict(mean <= 8, Qualitatively)
	default:
		c.Tolerance = fmt.Sprintf("matches within 0.25 of %.2f %%; the claim holds up to 3.5 %%", paperLearnedFeedback)
		if c.Verdict = verdict(mean <= 3.5, Qualitatively); math.Abs(mean-paperLearnedFeedback) <= 0.25 {
			c.Verdict = Matches
		}
	}
	return []Comparison{c, {
		Quantity: "Apical dendrites silent without a teacher: potential as a share of the top-down input",
		Paper:    "small", Ours: meanSD(silence, "%.2f", " %"), Tolerance: "below 5 % in every seed",
		Verdict: verdict(slices.Max(silence) < 5, Qualitatively), Note: "last epoch",
	}}
}

// own is how many classes were recognised as themselves, for each seed.
func (r *DisinhibitionRun) own(pick func(DisinhibitionRecalled) []int) []float64 {
	var out []float64
	for _, recalled := range r.Recalls {
		n := 0
		for class, seen := range pick(recalled) {
			if seen == class {
				n++
			}
		}
		out = append(out, float64(n))
	}
	return out
}

func (r *DisinhibitionRun) comparePrototypes() []Comparison {
	read := r.own(func(d DisinhibitionRecalled) []int { return d.PrototypeRead })
	best := r.own(func(d DisinhibitionRecalled) []int { return d.PrototypeBest })
	var match []float64
	for _, recalled := range r.Recalls {
		match = append(match, stat.Mean(recalled.PrototypeMatch, nil))
	}
	return []Comparison{{
		Quantity: "Prototypes that an independent network reads as their own class, of ten", Paper: "prototypes are generated (" + inWords + ")",
		Ours: spread(read, "%.0f"), Tolerance: "at least 9 in every seed", Verdict: verdict(slices.Min(read) >= 9, Qualitatively),
	}, {
		Quantity: "Prototypes: correlation with the mean image of their class", Paper: "not known",
		Ours: meanSD(match, "%.2f", ""), Tolerance: "above 0.6 in every seed", Verdict: verdict(slices.Min(match) > 0.6, Qualitatively),
		Note: fmt.Sprintf("of ten, %s are most like their own class", spread(best, "%.0f")),
	}}
}

func (r *DisinhibitionRun) compareRecall() []Comparison {
	var rows []Comparison
	conditions := r.Params.Recall.Conditions()
	half := slices.IndexFunc(conditions, func(c Condition) bool { return c.Gate == 0.5 && c.Steps == 1 })
	for n, noise := range r.Params.Recall.Noises() {
		if noise.Name != "Gaussian 0.3" && noise.Name != "Gaussian 0.5" {
			continue
		}
		noisy := r.perSeed(byError, onTest, n, 0)
		for _, at := range []int{1, half} {
			if at < 0 {
				continue // no such gate in this run
			}
			ours := r.perSeed(byError, onTest, n, at)
			always, _ := byError.better(ours, noisy)
			rows = append(rows, Comparison{
				Quantity: fmt.Sprintf("%s, %s: squared error to the clean digit, over that of the noisy input", noise.Name, conditions[at].Name),
				Paper:    "lower (" + inWords + ")", Ours: fmt.Sprintf("%.2f", stat.Mean(ours, nil)/stat.Mean(noisy, nil)),
				Tolerance: "below 1 in every seed", Verdict: verdict(always, Qualitatively),
			})
		}
	}
	for _, c := range []struct {
		m    yardstick
		what string
	}{{byError, "brings digits closer to the clean ones"}, {byRead, "makes digits easier to read"}} {
		helped, total := r.helped(c.m)
		rows = append(rows, Comparison{
			Quantity: fmt.Sprintf("Noises under which an open gate %s than the noisy input and plain reconstruction", c.what),
			Paper:    "denoising (" + inWords + ")", Ours: fmt.Sprintf("%d of %d", helped, total),
			Tolerance: "more than half, in every seed", Verdict: verdict(2*helped > total, Qualitatively),
			Note: "gate and looks chosen on validation digits, counted on test digits; reconstruction with the gate shut already takes away much of the noise",
		})
	}
	return rows
}

// helped counts the noises under which an open gate was chosen and is better,
// in every seed, than both the noisy input and the shut gate.
func (r *DisinhibitionRun) helped(m yardstick) (helped, total int) {
	for n := range r.Params.Recall.Noises() {
		if n == 0 {
			continue // not noisy
		}
		total++
		at := r.chosen(m, n)
		chosen := r.perSeed(m, onTest, n, at)
		thanNoisy, _ := m.better(chosen, r.perSeed(m, onTest, n, 0))
		thanShut, _ := m.better(chosen, r.perSeed(m, onTest, n, 1))
		if at > 1 && thanNoisy && thanShut {
			helped++
		}
	}
	return helped, total
}

func (r *DisinhibitionRun) compareTransition() []Comparison {
	var latency, unmasked, before, after []float64
	rises := true
	for _, t := range r.Continuous {
		first, last := t.Likeness[0], t.Likeness[len(t.Likeness)-1]
		latency, unmasked = append(latency, t.HalfTime), append(unmasked, t.Open/t.Shut)
		before, after, rises = append(before, first), append(after, last), rises && last > first
	}
	return []Comparison{{
		Quantity: "Continuous time: apical potential with the gate open over that with the gate shut", Paper: "disinhibited (in words only)",
		Ours: spread(unmasked, "%.1f times"), Tolerance: "more than 2 times in every seed", Verdict: verdict(slices.Min(unmasked) > 2, Qualitatively),
		Note: fmt.Sprintf("somata are half way after %s", spread(latency, "%.1f ms")),
	}, {
		Quantity: "Continuous time: correlation of area 1 under a noisy pattern with what the clean one evokes, gate shut, then open", Paper: "denoising (in words only)",
		Ours: fmt.Sprintf("%s, then %s", spread(before, "%.2f"), spread(after, "%.2f")), Tolerance: "rises in every seed", Verdict: verdict(rises, Qualitatively),
	}}
}
