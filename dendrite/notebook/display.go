package notebook

import (
	"encoding/gob"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"

	"microcircuits/dendrite/chart"
	"microcircuits/dendrite/notebook/names"
)

func init() {
	// Decoded JSON is sent to the kernel as these two types. If they were not registered,
	// such a display would close gonbui's pipe for the rest of the cell.
	gob.Register(map[string]any{})
	gob.Register([]any{})
}

// InGoNB reports whether this program runs as a cell of a notebook.
func InGoNB() bool { return gonbui.IsNotebook }

// Interactive reports whether the cell runs in an open notebook: in GoNB and not
// headless.
func Interactive() bool { return InGoNB() && os.Getenv(names.HeadlessEnv) != "1" }

// A Bundler has a form as Jupyter MIME bundle. Values are strings or, for JSON types,
// values for encoding/json.
type Bundler interface{ Bundle() map[string]any }

// Markdown is text in Markdown, with $formulas$.
type Markdown string

// Bundle returns the text as Markdown and as plain text.
func (m Markdown) Bundle() map[string]any {
	return map[string]any{"text/markdown": string(m), "text/plain": string(m)}
}

// Show displays each item in the cell: charts, tables, Markdown and other Bundlers in
// their own form, other values as text. Outside of a notebook it prints their text.
func Show(items ...any) {
	for _, item := range items {
		show(item, nil)
	}
}

func show(item any, metadata map[string]any) {
	bundle := bundleOf(item)
	if !InGoNB() {
		printPlain(os.Stdout, bundle)
		return
	}
	if _, ok := bundle[chart.MIME]; ok {
		loadCharts(send, os.Getenv(protocol.GONB_TMP_DIR_ENV))
	}
	send(bundle, metadata, "")
}

// Bundle displays a MIME bundle.
func Bundle(bundle map[string]any) { Show(raw(bundle)) }

type raw map[string]any

func (r raw) Bundle() map[string]any { return r }

func bundleOf(item any) map[string]any {
	switch v := item.(type) {
	case Bundler:
		return v.Bundle()
	case chart.Chart:
		return v.Bundle()
	}
	return map[string]any{"text/plain": fmt.Sprint(item)}
}

// printPlain prints a bundle outside of a notebook. The text of a chart is only its
// title, so its description is printed too.
func printPlain(w io.Writer, bundle map[string]any) {
	text, ok := bundle["text/plain"]
	if !ok {
		text = bundle["text/markdown"]
	}
	if data, ok := bundle[chart.MIME].(map[string]any); ok {
		text = fmt.Sprintf("[figure] %v\n%v", text, data["alt"])
	}
	if text != nil {
		fmt.Fprintln(w, text)
	}
}

// A sender displays a bundle with its metadata. A later bundle with the same id, if not
// "", replaces it.
type sender func(bundle, metadata map[string]any, id string)

// send displays a bundle in the cell and waits until the kernel has received it.
func send(bundle, metadata map[string]any, id string) {
	data := make(map[protocol.MIMEType]any, len(bundle))
	for mime, value := range bundle {
		data[protocol.MIMEType(mime)] = portable(mime, value)
	}
	gonbui.SendData(&protocol.DisplayData{Data: data, Metadata: marks.mark(metadata), DisplayID: id})
	gonbui.Sync()
}

// portable converts a value of a bundle to a type that the pipe to the kernel supports: a
// string, or decoded JSON.
func portable(mime string, value any) any {
	if text, ok := value.(string); ok {
		return text
	}
	raw, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("notebook: value of %s in a bundle: %v", mime, err))
	}
	var decoded any
	if err := json.Unmarshal(raw, &decoded); err != nil {
		panic(fmt.Sprintf("notebook: value of %s in a bundle: %v", mime, err))
	}
	return decoded
}

// sending ensures that goroutines of one cell do not send the script twice. Cells of one
// kernel run one after the other.
var sending sync.Mutex

// marker is a file in the kernel's temporary folder. It exists if the charts' script was
// sent.
const marker = "dendrite-echarts"

// loadCharts sends the charts' script once per kernel session, to plain GoNB. This
// project's kernel sends it itself, once to each page. The marker is written after
// the script was sent: if the cell is killed in between, the script is sent again, which is
// harmless. In the other order charts would stay empty.
func loadCharts(send sender, dir string) {
	if !Interactive() || os.Getenv(names.MarksEnv) == "1" {
		return
	}
	sending.Lock()
	defer sending.Unlock()
	path := filepath.Join(dir, marker)
	if _, err := os.Stat(path); dir != "" && err == nil {
		return
	}
	send(map[string]any{"text/html": "<script>" + chart.RuntimeJS() + "</script><script>" + chart.EChartsJS() + "</script>"}, names.Metadata(names.ECharts), "")
	if dir == "" {
		return
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		fmt.Fprintf(os.Stderr, "notebook: the next chart sends its script again: %v\n", err)
	}
}
