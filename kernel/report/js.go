package report

import (
	"context"
	"fmt"
	"sync"

	"github.com/dop251/goja"
)

// An engine is a JavaScript interpreter with one function to call. It has no access to
// files, network, clock or console. It is not safe for concurrent use.
type engine struct {
	vm *goja.Runtime
	fn goja.Callable
}

// newEngine runs the scripts one after the other. The value of the last one must be the
// function. Timers and the console exist, but do nothing.
func newEngine(name string, scripts ...string) (*engine, error) {
	vm := goja.New()
	const stubs = `var setTimeout = function () { return 0 }, clearTimeout = function () {},
		console = { log: function () {}, warn: function () {}, error: function () {} };`
	if _, err := vm.RunString(stubs); err != nil {
		return nil, fmt.Errorf("start the JavaScript engine for %s: %w", name, err)
	}
	// A library that uses random numbers gets the same ones each time.
	vm.SetRandSource(func() float64 { return 0.5 })
	var last goja.Value
	for i, script := range scripts {
		program, err := compile(fmt.Sprintf("%s-%d.js", name, i+1), script)
		if err != nil {
			return nil, fmt.Errorf("read script %d of %s: %w", i+1, name, err)
		}
		if last, err = vm.RunProgram(program); err != nil {
			return nil, fmt.Errorf("load script %d of %s: %w", i+1, name, err)
		}
	}
	fn, ok := goja.AssertFunction(last)
	if !ok {
		return nil, fmt.Errorf("the last script of %s is not a function", name)
	}
	return &engine{vm: vm, fn: fn}, nil
}

// programs are the scripts compiled so far. Compiling takes ten times as long as running a
// library once, and every report has its own engine.
var programs sync.Map

func compile(name, script string) (*goja.Program, error) {
	if p, ok := programs.Load(script); ok {
		return p.(*goja.Program), nil
	}
	p, err := goja.Compile(name, script, false)
	if err == nil {
		programs.Store(script, p)
	}
	return p, err
}

// call calls the function and returns its result as a string. It interrupts the script
// when ctx is done.
func (e *engine) call(ctx context.Context, args ...any) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	stop := context.AfterFunc(ctx, func() { e.vm.Interrupt(context.Cause(ctx)) })
	defer func() {
		stop()
		e.vm.ClearInterrupt()
	}()
	values := make([]goja.Value, len(args))
	for i, a := range args {
		values[i] = e.vm.ToValue(a)
	}
	v, err := e.fn(goja.Undefined(), values...)
	if err != nil {
		if cause := ctx.Err(); cause != nil {
			return "", cause
		}
		return "", err
	}
	return v.String(), nil
}
