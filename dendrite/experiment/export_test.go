package experiment

// OwnSource is ownSource for tests in package experiment_test.
var OwnSource = ownSource
