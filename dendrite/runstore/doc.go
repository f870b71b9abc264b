// Package runstore keeps the results and checkpoints of long computations on
// disk, addressed by what they were computed from.
//
// A result belongs to an [Entry], named by an experiment, a unit (one network,
// one seed, one sweep point) and a key: a plain value that holds everything the
// result depends on. Equal keys name the same entry on every machine; any other
// key names another. So "have I computed this already?" is a look into a
// folder, in the next notebook cell as well as in the next month:
//
//	entry, err := store.Entry("my-experiment", "seed1", params)
//	if _, ok, _ := entry.Load(&result); !ok {
//		result = compute(params)
//		err = entry.Save(result, runstore.NewMeta(start, "portable"))
//	}
//
// # Layout
//
// Everything can be read without this package:
//
//	<store>/<experiment>/<unit>-<first 16 hex digits of the key's SHA-256>/
//		run.json      the key, when, how long, on which processor, at which commit
//		result.json   the result without its numeric slices
//		arrays.npz    the numeric slices, named by field, for numpy.load
//		SHA256SUMS    checked on every Load; also by sha256sum -c
//	<store>/<experiment>/<unit>-<16 hex digits>.checkpoint.npz
//		an unfinished run; its member state.json holds what is no array
//	<store>/<experiment>/<unit>-<16 hex digits>.lock
//		while a process computes the run: its process number, host and start
//
// # Guarantees
//
// Results and checkpoints are written aside, flushed to the disk and then
// renamed: after a crash, a kill or a power cut there is the old state or the
// new one. Whatever does not match its checksums, was cut short, or does not
// fit the Go type asked for is a miss with a warning, never a panic and never
// half a result.
//
// # What can be kept
//
// Results and states are structs of exported fields, pointers to them, slices,
// arrays and maps of them, strings, booleans, numbers, and types that implement
// encoding.TextMarshaler or encoding.BinaryMarshaler and their counterparts
// (such as random streams). Slices and arrays of numbers or booleans, and
// rectangular slices of such slices, go to the .npz file bit for bit, NaN
// payloads and signed zeros included; a nil slice comes back nil, an empty one
// empty. Interfaces, functions, channels, complex numbers and structs with
// unexported fields are refused with an error that names the field.
package runstore
