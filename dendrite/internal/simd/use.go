package simd

// Levels lists what this machine can run, best first; Portable is always there.
func Levels() []Level {
	var all []Level
	for l := detect(); l >= Portable; l-- {
		all = append(all, l)
	}
	return all
}

// Use makes all kernels run at level l until restore is called: a test then
// covers what other machines would run. It panics if the machine cannot, and
// must not be called while kernels run.
func Use(l Level) (restore func()) {
	if l < Portable || l > detect() {
		panic("simd: this machine cannot run " + l.String())
	}
	before := level
	level = l
	return func() { level = before }
}
