package report

import (
	"slices"

	"microcircuits/dendrite/record"
	"microcircuits/kernel/ipynb"
)

// A Standing is how one run, or the kept runs at the paper's scale, compare with the
// paper. The head of a report and its card on the index show the kept runs first, because
// a quick run is too short for some of the paper's results.
type Standing struct {
	Badges   []Badge
	Kept     bool
	Claims   []record.Claim
	Headline *record.Claim
}

// Tally counts the verdicts.
func (s Standing) Tally() []count { return tally(s.Claims) }

// standings returns the standing of the kept runs, if this run is another, and of the
// runs of a notebook. references has the kept run of each run, or nil.
func standings(runs []*record.Record, references []*Reference) []Standing {
	now, kept := Standing{Badges: badges(runs), Claims: claims(runs)}, Standing{Kept: true}
	now.Headline = record.Headline(now.Claims)
	if now.Headline == nil {
		return nil
	}
	for i, r := range runs {
		ref := references[i]
		if ref == nil || atPaperScale(r) {
			continue
		}
		kept.Claims = append(kept.Claims, ref.Claims...)
		if r.Claim(now.Headline.ID) != nil {
			kept.Headline = record.Find(ref.Claims, now.Headline.ID)
		}
	}
	if len(kept.Claims) == 0 {
		return []Standing{now}
	}
	if kept.Headline == nil {
		kept.Headline = record.Headline(kept.Claims)
	}
	text := "Paper scale, kept run"
	if slices.ContainsFunc(runs, func(r *record.Record) bool { return r.Changed }) {
		text += ", without these changes"
	}
	kept.Badges = []Badge{{Text: text, Class: "full"}}
	return []Standing{kept, now}
}

// atPaperScale reports whether a run is one that could be kept at the paper's scale.
func atPaperScale(r *record.Record) bool {
	return r.Scale == record.Paper && !r.Changed && !r.Reduced
}

// references returns the kept run of each run, or nil, from the notebook's metadata.
func references(info ipynb.RunInfo, runs []*record.Record) ([]*Reference, error) {
	all := make([]*Reference, len(runs))
	for i, r := range runs {
		data, ok := info.References[r.Experiment]
		if !ok {
			continue
		}
		var err error
		if all[i], err = readReference(data, r.Experiment); err != nil {
			return nil, err
		}
	}
	return all, nil
}
