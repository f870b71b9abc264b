//go:build lab || (jupyter && browser)

package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// A tab is a page in Chromium.
type tab struct {
	t    *testing.T
	ctx  context.Context
	name string // of the front end, for screenshots
	last string // an expression that tells more when a wait fails; may be empty
}

// browser starts Chromium with a window.
func browser(t *testing.T, width, height int) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
	t.Cleanup(cancel)
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.WindowSize(width, height), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true))
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx) // waits until the browser is gone
		cancel()
	})
	return ctx
}

func (p *tab) open(address string) {
	p.t.Helper()
	if _, err := chromedp.Run(p.ctx, chromedp.Navigate(address)); err != nil {
		p.t.Fatal(err)
	}
}

// eval returns the value of a JavaScript expression as text.
func (p *tab) eval(script string) string {
	p.t.Helper()
	got, err := chromedp.Run(p.ctx, chromedp.Evaluate[string]("String("+script+")"))
	if err != nil {
		p.t.Fatalf("%s: %v", script, err)
	}
	return got
}

// wait waits for a condition.
func (p *tab) wait(condition string) {
	p.t.Helper()
	if _, err := chromedp.Run(p.ctx, chromedp.Poll[chromedp.Void](condition, chromedp.WithPollingTimeout(patience), chromedp.WithPollingInterval(50*time.Millisecond))); err != nil {
		p.shoot("failed")
		more := ""
		if p.last != "" {
			more = "\n" + p.eval(p.last)
		}
		p.t.Fatalf("waiting for %s: %v%s", condition, err, more)
	}
}

// shoot saves a screenshot, if the flag -shots is given.
func (p *tab) shoot(name string) {
	p.t.Helper()
	if *shots == "" {
		return
	}
	png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(*shots, p.name+"-"+name+".png"), png, 0o644)
	}
	if err != nil {
		p.t.Error(err)
	}
}
