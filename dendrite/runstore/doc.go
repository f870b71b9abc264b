// Package runstore stores the results and checkpoints of long computations on disk. A
// result is found by the values from which it was computed.
//
// A result belongs to an [Entry] with an experiment, a unit (one network, one seed, one
// sweep point) and a key: a plain value with everything on which the result depends.
// Equal keys give the same entry on every machine; different keys give different
// entries. So a program can look for a result before it computes it:
//
//	entry, err := store.Entry("my-experiment", "seed1", params)
//	if _, ok, _ := entry.Load(&result); !ok {
//		result = compute(params)
//		err = entry.Save(result, runstore.NewMeta(start, "portable"))
//	}
//
// # Layout
//
// The files can be read without this package:
//
//	<store>/<experiment>/<unit>-<first 16 hex digits of the key's SHA-256>/
//		run.json      the key, when, how long, on which processor, at which commit;
//		              shape, unit and meaning of each array
//		result.json   the result without its numeric slices
//		arrays.npz    the numeric slices, named by field, for numpy.load
//		SHA256SUMS    checked on every Load; also by sha256sum -c
//	<store>/<experiment>/<unit>-<16 hex digits>.checkpoint.npz
//		an unfinished run; its member state.json has all values except the arrays
//	<store>/<experiment>/<unit>-<16 hex digits>.lock
//		exists while a process computes the run: its process id, host and start
//
// # Guarantees
//
// Results and checkpoints are written to a temporary place, flushed to the disk and then
// renamed. After a crash, a kill or a power failure the old or the new state exists. Data
// that do not match their checksums, are incomplete, or do not fit the Go type are not
// loaded: the result is a miss with a warning, never a panic or a part of a result.
//
// # What can be stored
//
// Results and states are structs of exported fields, pointers to them, slices,
// arrays and maps of them, strings, booleans, numbers, and types that implement
// encoding.TextMarshaler or encoding.BinaryMarshaler and their counterparts
// (such as random streams). Slices and arrays of numbers or booleans, and
// rectangular slices of such slices, are stored in the .npz file with all bits, also NaN
// payloads and signed zeros. The tags unit and doc of a field, as in
// `unit:"mV" doc:"potential of each neuron"`, describe its arrays. A nil slice is loaded as nil, an empty one as empty. For
// interfaces, functions, channels, complex numbers and structs with unexported fields the
// error contains the name of the field.
package runstore
