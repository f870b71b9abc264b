package report

import (
	"context"
	"fmt"

	"github.com/dop251/goja"
)

// An engine is a JavaScript interpreter with one function ready to be called.
// It has no access to files, network, clock or console; it is not safe for
// concurrent use.
type engine struct {
	vm *goja.Runtime
	fn goja.Callable
}

// newEngine runs the scripts one after the other and keeps the function the
// last one evaluates to. What the scripts expect of a browser is stubbed:
// timers never fire, the console is silent.
func newEngine(name string, scripts ...string) (*engine, error) {
	vm := goja.New()
	const stubs = `var setTimeout = function () { return 0 }, clearTimeout = function () {},
		console = { log: function () {}, warn: function () {}, error: function () {} };`
	if _, err := vm.RunString(stubs); err != nil {
		return nil, fmt.Errorf("start the JavaScript engine for %s: %w", name, err)
	}
	// Nothing drawn or typeset depends on chance; were some library to ask for
	// random numbers, they would be the same ones every time.
	vm.SetRandSource(func() float64 { return 0.5 })
	var last goja.Value
	for i, script := range scripts {
		var err error
		if last, err = vm.RunScript(fmt.Sprintf("%s-%d.js", name, i+1), script); err != nil {
			return nil, fmt.Errorf("load script %d of %s: %w", i+1, name, err)
		}
	}
	fn, ok := goja.AssertFunction(last)
	if !ok {
		return nil, fmt.Errorf("the last script of %s is not a function", name)
	}
	return &engine{vm: vm, fn: fn}, nil
}

// call calls the function and returns its result as a string. When ctx ends
// the script is interrupted.
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
