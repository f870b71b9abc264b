package experiment

import (
	"context"
	"errors"
	"fmt"
	"reflect"
)

// Own is an experiment of the simplest kind: it computes one result for each seed. Its
// Jobs is made by [PerSeed].
type Own[P, S any] = Definition[P, *Seeds[P, S]]

// Seeds is a finished run with one result for each seed.
type Seeds[P, S any] struct {
	*Run[P]
	Seeds []S // in the order of the seeds 1, 2, ...
}

// PerSeed plans one job for each seed. compute gets the parameters and a seed, 1 for the
// first. Its result must depend on nothing else: not on a variable that the program sets, such
// as a flag, not on a file or the environment. compute must not be a method of a value. The
// results of a function inside another one are not stored, because it may use variables of
// that one. compute must return soon after ctx is done, and may report its progress to w. The
// parameters must have a field Seeds of type int,
// the number of seeds; the result of a seed must not depend on this field.
func PerSeed[P, S any](compute func(ctx context.Context, p P, seed uint64, w *Work) (S, error)) func(P, *Plan) (func(*Run[P]) *Seeds[P, S], error) {
	return func(p P, plan *Plan) (func(*Run[P]) *Seeds[P, S], error) {
		field := reflect.ValueOf(p).FieldByName("Seeds")
		if !field.IsValid() || field.Kind() != reflect.Int {
			return nil, errors.New("the parameters have no field Seeds of type int, the number of networks: add it")
		}
		if field.Int() < 1 {
			return nil, fmt.Errorf("parameter Seeds is %d; want at least 1", field.Int())
		}
		if compute == nil {
			return nil, errors.New("PerSeed has no function to compute the result of a seed")
		}
		code, err := plan.codeOf(compute)
		if err != nil {
			return nil, err
		}
		var pending []*Pending[S]
		for seed := 1; seed <= int(field.Int()); seed++ {
			pending = append(pending, Add(plan, Job[S]{
				Unit: fmt.Sprintf("seed%d", seed),
				Key: struct {
					Params P
					Seed   int
					Code   string
				}{withoutScale(p), seed, code},
				Run: func(ctx context.Context, w *Work) (S, error) { return compute(ctx, p, uint64(seed), w) },
			}))
		}
		plan.Seeds(len(pending))
		return func(run *Run[P]) *Seeds[P, S] {
			r := &Seeds[P, S]{Run: run}
			for _, q := range pending {
				r.Seeds = append(r.Seeds, q.Get())
			}
			return r
		}, nil
	}
}

// withoutScale clears the fields on which the result of a seed does not depend: the scale
// and the number of seeds.
func withoutScale[P any](p P) P {
	v := reflect.ValueOf(&p).Elem()
	for i := range v.NumField() {
		if v.Type().Field(i).Type == reflect.TypeFor[Scale]() || v.Type().Field(i).Name == "Seeds" {
			v.Field(i).SetZero()
		}
	}
	return p
}
