package gonb

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"microcircuits/dendrite/notebook/names"
	"microcircuits/kernel/cell"
	"microcircuits/kernel/internal/wire"
	"microcircuits/kernel/ipynb"
)

// Cells runs the cells of one notebook in a session: it translates them for GoNB and
// explains their errors. Jupyter's front and the command run use it, so that a cell means
// the same in both.
type Cells struct {
	session   *Session
	noValue   map[string]bool    // calls without result
	sources   map[int]CellSource // by GoNB's number
	blank     []string           // packages that cells import with the name _
	flagTaken bool               // a cell has declared the name flag
	methods   map[string]string  // see [cell.Translation]
}

// NewCells returns the Cells of a session in which no cell has run.
func NewCells(s *Session) *Cells {
	return &Cells{session: s, noValue: map[string]bool{}, sources: map[int]CellSource{}, methods: map[string]string{}}
}

// A Cell is one execution of a cell.
type Cell struct {
	Number int    // for the author, in errors
	ID     string // the same when the cell runs again; "" if unknown
	Source string
	Asks   bool // somebody can answer its requests for input

	// Stops: when the context is done or Limit (if not 0) is over, the cell is
	// interrupted, and Run returns when it has ended. Otherwise Run returns when the
	// context is done.
	Stops bool
	Limit time.Duration
	// Interrupted, if not nil, reports whether the cell was interrupted by its author.
	Interrupted func() bool
}

// A Sink gets the outputs of a cell, in order. Its methods are called while the session
// is locked: they must not call the session's methods.
type Sink interface {
	Stream(name, text string)
	Show(o *ipynb.Output, id string)   // id is the display's, or ""
	Update(o *ipynb.Output, id string) // the new content of a display
	Clear(wait bool)                   // removes the outputs, now or with the next one
	Forward(m *wire.Message)           // all other messages
}

// An Outcome is how a cell ended.
type Outcome struct {
	Failure *Failure // nil if the cell succeeded
	Timeout bool     // the Limit was over
	Export  bool     // the cell has called dendrite.Export
}

// Run runs a cell and passes its outputs to sink. The error is that of the session, or
// of the context.
func (c *Cells) Run(ctx context.Context, own Cell, sink Sink) (Outcome, error) {
	maps.DeleteFunc(c.noValue, func(call string, _ bool) bool { return cell.Declares(own.Source, call) })
	o := cell.Options{
		ID: own.ID, Asks: own.Asks, FlagTaken: c.flagTaken, Methods: c.methods,
		NoValue:  func(call string) bool { return c.noValue[call] || c.session.noResult(call) },
		Exported: func(path string) (kind, name string) { return c.session.exported(ctx, path) },
	}
	if c.session.printed != nil {
		dir := "$" + names.StreamsEnv
		o.Shell = fmt.Sprintf(`>"%s/%s" 2>"%s/%s"`, dir, names.Stdout, dir, names.Stderr)
	}
	t, problem := cell.Translate(own.Source, o)
	if problem != nil {
		return Outcome{Failure: problemFailure(own, t, problem)}, nil
	}
	out, err := c.attempt(ctx, own, t, sink)
	if err == nil && out.Failure != nil && t.Shows && out.Failure.IsNoValue() {
		// The last line of the cell is a call without result, so the cell did not
		// compile and did not run. Store the call, and run the cell without showing
		// a value.
		if t.Call != "" {
			c.noValue[t.Call] = true
		}
		out, err = c.attempt(ctx, own, t.WithoutResult(), sink)
	}
	if err == nil && out.Failure == nil {
		c.keep(t)
		if cell.ReadsInput(own.Source) {
			sink.Stream(names.Stderr, "The standard input of a cell is empty. To ask for a value, use gonbui.RequestInput.\n")
		}
	}
	return out, err
}

// keep notes what later cells depend on.
func (c *Cells) keep(t cell.Translation) {
	for _, path := range t.Blank {
		if !slices.Contains(c.blank, path) {
			c.blank = append(c.blank, path)
		}
	}
	c.flagTaken = c.flagTaken || t.TakesFlag
	maps.Copy(c.methods, t.Methods)
}

// problemFailure is the failure of a cell that was not run.
func problemFailure(own Cell, t cell.Translation, p *cell.Problem) *Failure {
	name := "CellError"
	if p.Syntax {
		name = "SyntaxError"
	}
	source := CellSource{Number: own.Number, Source: strings.Split(t.Source, "\n")}
	return &Failure{Name: name, Value: p.Message, Traceback: append([]string{fmt.Sprintf("cell [%d], line %d: %s", own.Number, p.Line, p.Message)}, source.excerpt(p.Line, p.Column)...)}
}

// attempt runs a translated cell once.
func (c *Cells) attempt(ctx context.Context, own Cell, t cell.Translation, sink Sink) (Outcome, error) {
	if err := c.session.writeProgram(slices.Concat(c.blank, t.Blank), t); err != nil {
		return Outcome{}, err
	}
	a := &attempt{session: c.session, sink: sink, number: own.Number}
	var reply *wire.Message
	var err error
	timeout := false
	if own.Stops {
		reply, timeout, err = c.session.runUntil(ctx, t.Code, own.Limit, own.Asks, a.handle)
	} else {
		reply, err = c.session.Run(ctx, t.Code, a.handle)
	}
	a.end()
	source := CellSource{Number: own.Number, Source: strings.Split(t.Source, "\n"), Code: strings.Split(t.Code, "\n"), From: t}
	if reply != nil {
		var r struct {
			Count int `json:"execution_count"`
		}
		if reply.Decode(&r) == nil {
			c.sources[r.Count] = source
		}
	}
	out := Outcome{Timeout: timeout, Export: a.export}
	switch {
	case err != nil, a.failure == nil:
		sink.Stream(names.Stderr, a.stderr.Held())
		return out, err
	case own.Interrupted != nil && own.Interrupted():
		out.Failure = a.failure
		return out, nil
	}
	out.Failure = a.failure.Explain(a.stderr.Held(), a.program, c.sources)
	return out, nil
}

// An attempt is one execution of a cell in GoNB. A cell can need two.
type attempt struct {
	session *Session
	sink    Sink
	number  int

	mu      sync.Mutex
	ended   bool        // streams and errors are not part of the result any more
	stderr  TraceFilter // of the standard error
	failure *Failure
	program string // the program that GoNB composed, if it failed
	export  bool
}

// end marks the attempt as ended.
func (a *attempt) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ended = true
}

// handle handles a message that GoNB publishes for the cell.
func (a *attempt) handle(m *wire.Message) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch m.Header.Type {
	case "execute_input":
		return
	case "update_display_data", ipynb.DisplayData, ipynb.ExecuteResult, ipynb.Stream, ipynb.ErrorOutput:
	case "clear_output":
		var c struct {
			Wait bool `json:"wait"`
		}
		_ = m.Decode(&c) // without a value: at once
		a.sink.Clear(c.Wait)
		return
	default:
		a.sink.Forward(m)
		return
	}
	o, id, err := Output(m)
	switch {
	case err != nil:
		a.session.failLocked(err)
	case o.Type == ipynb.Stream && a.ended:
		a.sink.Stream(o.Name, o.Text)
	case o.Type == ipynb.Stream:
		if o.Name == names.Stderr {
			o.Text = a.stderr.Filter(o.Text)
		} else {
			a.sink.Stream(names.Stderr, a.stderr.Continue())
		}
		a.sink.Stream(o.Name, o.Text)
	case o.Type == ipynb.ErrorOutput:
		if !a.ended {
			a.failure = &Failure{Name: o.EName, Value: o.EValue, Traceback: o.Traceback}
			a.program = a.session.Program() // before GoNB composes the next one
		}
	case m.Header.Type == "update_display_data":
		a.sink.Update(o, id)
	default:
		a.show(o, id)
	}
}

// show passes on an output. Package notebook marks outputs that are the cell's result,
// clear its outputs or ask for a report, because GoNB has no messages for these.
func (a *attempt) show(o *ipynb.Output, id string) {
	switch role := names.RoleOf(o.Metadata); role {
	case names.Clear, names.ClearWait:
		a.sink.Clear(role == names.ClearWait)
		return
	case names.Export:
		a.export = true
		return
	case names.Result:
		number := a.number
		o.Type, o.ExecutionCount = ipynb.ExecuteResult, &number
	}
	a.sink.Show(o, id)
}

// exported returns a name that a package exports, and the word that declares another
// name for it, or "". It is needed for a dot import, which Go refuses if it is not used.
func (s *Session) exported(ctx context.Context, path string) (kind, name string) {
	out, err := s.options.Tools.run(ctx, s.options.Root, "list", "-f", "{{.Dir}}{{range .GoFiles}}\n{{.}}{{end}}", "--", path)
	if err != nil {
		return "", "" // the compiler reports it
	}
	files := strings.Split(strings.TrimSpace(string(out)), "\n")
	for _, file := range files[1:] {
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(files[0], file), nil, parser.SkipObjectResolution)
		if err != nil {
			continue
		}
		for _, d := range parsed.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && d.Type.TypeParams == nil && d.Name.IsExported() {
					return "var", d.Name.Name
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					switch spec := spec.(type) {
					case *ast.ValueSpec:
						if n := spec.Names[0]; n.IsExported() {
							return d.Tok.String(), n.Name
						}
					case *ast.TypeSpec:
						if spec.TypeParams == nil && spec.Name.IsExported() {
							return "type", spec.Name.Name
						}
					}
				}
			}
		}
	}
	return "", ""
}

// resultCode declares the function that [cell.Translate] calls. It uses no names that a
// cell may declare, like notebook or any.
const resultCode = `package main

import notebook_ "microcircuits/dendrite/notebook"

func showResult_(values ...interface{}) { notebook_.Result(values...) }
`

// writeProgram writes the files that GoNB compiles together with the cells.
func (s *Session) writeProgram(blank []string, t cell.Translation) error {
	found, _ := filepath.Glob(filepath.Join(s.proc.tmp, "gonb_*", "go.mod")) // the pattern is valid
	if len(found) == 0 {
		return errors.New("GoNB has no folder for programs")
	}
	var imports strings.Builder
	imports.WriteString("package main\n\nimport (\n")
	if s.printed != nil && !t.Captured {
		fmt.Fprintf(&imports, "\t_ %q\n", "microcircuits/dendrite/notebook/streams")
	}
	for _, path := range blank {
		fmt.Fprintf(&imports, "\t_ %q\n", path)
	}
	imports.WriteString(")\n")
	files := map[string]string{names.ImportsFile: imports.String(), names.ResultFile: ""}
	if t.Shows {
		files[names.ResultFile] = resultCode
	}
	for name, code := range files {
		path := filepath.Join(filepath.Dir(found[0]), name)
		if old, err := os.ReadFile(path); err == nil && string(old) == code {
			continue
		}
		var err error
		if code == "" || t.Wasm {
			if err = os.Remove(path); errors.Is(err, os.ErrNotExist) {
				err = nil
			}
		} else {
			err = os.WriteFile(path, []byte(code), 0o600)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// programPath matches the folder of GoNB's program in errors of the go command.
var programPath = regexp.MustCompile(`[^\s"']*/gonb_[0-9a-f]+/`)

// scrub removes temporary paths from a text.
func scrub(text string) string { return programPath.ReplaceAllString(text, "") }

// Outputs collects the outputs of a cell, with the same meaning as in an open notebook.
// It is the Sink of a run without a front end.
type Outputs struct {
	displays *Displays

	mu    sync.Mutex
	shown []*ipynb.Output
	clear bool // with the next output
}

// Displays are the outputs of all cells that can be updated, by display id.
type Displays struct {
	mu    sync.Mutex
	shown map[string][]*ipynb.Output
}

// NewOutputs returns the Outputs of one cell. displays are those of all cells.
func NewOutputs(displays *Displays) *Outputs { return &Outputs{displays: displays} }

// All returns the outputs so far.
func (s *Outputs) All() []*ipynb.Output {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.displays.mu.Lock()
	defer s.displays.mu.Unlock()
	all := make([]*ipynb.Output, len(s.shown))
	for i, o := range s.shown {
		shown := *o // a later update must not reach the caller's copy
		all[i] = &shown
	}
	return ipynb.MergeStreams(all)
}

func (s *Outputs) add(o *ipynb.Output) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.clear {
		s.shown, s.clear = nil, false
	}
	s.shown = append(s.shown, o)
}

// Fail adds an error.
func (s *Outputs) Fail(f *Failure) {
	s.add(&ipynb.Output{Type: ipynb.ErrorOutput, EName: f.Name, EValue: f.Value, Traceback: f.Traceback})
}

// Stream implements [Sink].
func (s *Outputs) Stream(name, text string) {
	if text != "" {
		s.add(&ipynb.Output{Type: ipynb.Stream, Name: name, Text: text})
	}
}

// Show implements [Sink].
func (s *Outputs) Show(o *ipynb.Output, id string) {
	if id != "" {
		s.displays.mu.Lock()
		if s.displays.shown == nil {
			s.displays.shown = map[string][]*ipynb.Output{}
		}
		s.displays.shown[id] = append(s.displays.shown[id], o)
		s.displays.mu.Unlock()
	}
	s.add(o)
}

// Update implements [Sink]. It changes every output with this id.
func (s *Outputs) Update(o *ipynb.Output, id string) {
	s.displays.mu.Lock()
	defer s.displays.mu.Unlock()
	for _, shown := range s.displays.shown[id] {
		shown.Data, shown.Metadata = o.Data, o.Metadata
	}
}

// Clear implements [Sink].
func (s *Outputs) Clear(wait bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.clear = wait; !wait {
		s.shown = nil
	}
}

// Forward implements [Sink]: without a front end, other messages are lost.
func (s *Outputs) Forward(*wire.Message) {}
