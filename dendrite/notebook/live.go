package notebook

import (
	"context"
	"fmt"
	"html"
	"os"
	"time"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/comms"
	"github.com/janpfeifer/gonb/gonbui/protocol"
	"github.com/janpfeifer/gonb/gonbui/widgets"
)

// A front end that has GoNB's widgets answers when it shows them. GoNB itself
// gives up after three seconds, which is too early on a busy machine: they are
// asked for again.
const (
	answers  = 6 * time.Second
	attempts = 3
)

// Live shows what draw makes of one of the values, and a slider by which a person
// has it made of another, until the button "Done" is pressed or ctx ends. What was
// made is kept: going back shows it at once. Values are named for people; at is
// the one to begin with, and draw is never called with a number that is not
// theirs.
//
// Where nobody can move a slider (headless, outside a notebook, in a front end
// without GoNB's widgets) the first value stays, and a line says so.
func Live(ctx context.Context, name string, values []string, at int, draw func(int) Bundler) {
	if !Interactive() {
		Show(draw(at), Markdown(fmt.Sprintf("%s is %s; in a notebook a slider changes it.", name, values[at])))
		return
	}
	l := live{
		name: name, values: values, draw: draw, made: map[int]map[string]any{},
		box: "dendrite-live-" + gonbui.UniqueId(), picture: "dendrite-live-picture-" + gonbui.UniqueId(),
	}
	loadCharts(send, os.Getenv(protocol.GONB_TMP_DIR_ENV))
	at, why := l.listen(ctx, at)
	line := fmt.Sprintf("%s is %s; %s.", name, values[at], why)
	l.say(line, html.EscapeString(line))
}

type live struct {
	name         string
	values       []string
	draw         func(int) Bundler
	made         map[int]map[string]any
	box, picture string // ids of the outputs: the controls, and what they change
}

// listen follows the controls and returns the last value and why it is the last.
func (l *live) listen(ctx context.Context, at int) (last int, why string) {
	const again = "run the cell again to change it"
	moves, clicks := l.controls(at)
	l.show(at) // below them
	deaf := time.NewTimer(answers)
	defer deaf.Stop()
	tries := 1
	for {
		select {
		case <-ctx.Done():
			return at, again
		case <-deaf.C:
			if tries++; tries > attempts {
				return at, "this front end does not show GoNB's widgets"
			}
			moves, clicks = l.controls(at)
			deaf.Reset(answers)
		case n := <-clicks.C:
			deaf.Stop()
			if n > 0 { // the first message says that the button is there
				return at, again
			}
		case n := <-moves.C:
			deaf.Stop()
			if n = min(max(n, 0), len(l.values)-1); n != at {
				at = n
				l.show(at)
			}
		}
	}
}

// controls shows slider and button, and returns what is heard from them.
func (l *live) controls(at int) (moves, clicks *comms.AddressChan[int]) {
	id := "dendrite-live-" + gonbui.UniqueId()
	l.say("", fmt.Sprintf(`<div id="%s" style="display:flex;flex-wrap:wrap;align-items:center;gap:.8em">%s</div>`, id, html.EscapeString(l.name)))
	slider, button := "/dendrite/"+id+"/slider", "/dendrite/"+id+"/done"
	// Listening begins before there is anything to hear, and never ends: gonbui
	// stands still for ever when a message comes that nobody waits for.
	moves, clicks = comms.Listen[int](slider).LatestOnly(), comms.Listen[int](button).LatestOnly()
	go func() {
		widgets.Slider(0, len(l.values)-1, at).WithAddress(slider).AppendTo(id).Done()
		widgets.Button("Done").WithAddress(button).AppendTo(id).Done()
	}()
	return moves, clicks
}

// show puts the picture of a value in place of the one before.
func (l *live) show(at int) {
	if l.made[at] == nil {
		bundle := l.draw(at).Bundle()
		if page, ok := bundle["text/html"].(string); ok {
			bundle["text/html"] = fmt.Sprintf("<div><b>%s = %s</b></div>%s", html.EscapeString(l.name), html.EscapeString(l.values[at]), page)
		}
		l.made[at] = bundle
	}
	send(l.made[at], nil, l.picture)
}

// say replaces the controls' output.
func (l *live) say(text, page string) {
	send(map[string]any{"text/html": page, "text/plain": text}, progressMetadata(), l.box)
}
