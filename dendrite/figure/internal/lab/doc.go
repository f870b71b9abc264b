// Package lab has what several figures use: statistics over seeds, bands of charts,
// recorders of traces, the learner of regressions and the trainer of digits. It
// does not depend on any figure.
package lab
