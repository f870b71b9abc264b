package experiment

// CodeOf is codeOf for tests in package experiment_test.
var CodeOf = codeOf
