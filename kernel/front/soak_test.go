//go:build soak

package front

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"microcircuits/dendrite/notebook/names"
	"microcircuits/kernel/clone"
	"microcircuits/kernel/gonb"
	"microcircuits/kernel/internal/processes"
	"microcircuits/kernel/internal/wire"
	"microcircuits/kernel/report"
)

// Each of five hundred cells of different kinds shows its own outputs and no others,
// and the memory of the front does not grow.
func TestSoakCells(t *testing.T) {
	f := &Front{AddPicture: new(report.Pictures).AddPicture, Options: gonb.Options{Env: []string{names.HeadlessEnv + "=1"}}}
	startFront(t, f)
	client := func() *gonb.Session { // without a cleanup that keeps it in memory
		s, err := gonb.Attach(t.Context(), f.out.conn)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := client()
	defer func() { s.Close() }()
	const chart = "dendrite.Show(dendrite.Lines(dendrite.LinesSpec{Title: \"cell %d\"}))"
	kinds := []func(i int) (code, want string){
		func(i int) (string, string) {
			return fmt.Sprintf("fmt.Println(\"line\", %d)", i), fmt.Sprintf("stdout: line %d\n", i)
		},
		func(i int) (string, string) { return fmt.Sprintf("%d * 2", i), fmt.Sprintf("execute_result: %d", 2*i) },
		func(i int) (string, string) {
			return fmt.Sprintf("!echo %d", i), fmt.Sprintf("stdout: %d\n", i)
		},
		func(i int) (string, string) {
			return fmt.Sprintf("for j := range 3 {\n\tdendrite.Show(%d + j)\n}", i), fmt.Sprintf("display_data: %d|display_data: %d|display_data: %d", i, i+1, i+2)
		},
		func(i int) (string, string) {
			return fmt.Sprintf("fmt.Fprintln(os.Stderr, %d)", i), fmt.Sprintf("stderr: %d\n", i)
		},
		func(i int) (string, string) { return "", "" },
		func(i int) (string, string) {
			return fmt.Sprintf("panic(%d)", i), fmt.Sprintf("error: panic: %d\npanic: %d\n\ngoroutine 1 [running]:\nmain.main()\n\tcell [%d], line 1: panic(%d)", i, i, i, i)
		},
		func(i int) (string, string) {
			return fmt.Sprintf("dendrite.Show(1)\ndendrite.Clear(true)\ndendrite.Show(%d)", i), fmt.Sprintf("display_data: %d", i)
		},
		func(i int) (string, string) { return "!true", "" },
		func(i int) (string, string) {
			return fmt.Sprintf("undefined%d()", i), fmt.Sprintf("error: CompileError: undefined: undefined%d\ncell [%d], line 1: undefined: undefined%d\n    undefined%d()\n    ^", i, i, i, i)
		},
		func(i int) (string, string) {
			return fmt.Sprintf(chart, i), fmt.Sprintf("display_data: cell %d", i)
		},
		func(i int) (string, string) {
			return fmt.Sprintf("var kept = %d", i), ""
		},
		func(i int) (string, string) { return "kept + 1", fmt.Sprintf("execute_result: %d", i) },
		func(i int) (string, string) {
			return "fmt.Print(strings.Repeat(\"x\", 1_000_000))", "stdout: " + strings.Repeat("x", 1_000_000)
		},
	}
	early := uint64(0)
	for i := 1; i <= 500; i++ {
		code, want := kinds[i%len(kinds)](i)
		r := run(t, s, code, time.Minute)
		if got := outputText(r); got != want || r.ExecutionCount != i {
			t.Errorf("cell %d shows %.2000q, count %d, want\n%.2000q", i, got, r.ExecutionCount, want)
		}
		if i%100 == 0 { // drop the memory of the session, which is not the front's
			s.Close()
			s = client()
		}
		if i == 100 {
			early = heap()
		}
	}
	late := heap()
	t.Logf("heap: %d kB after 100 cells, %d kB after 500", early>>10, late>>10)
	if late > early+4<<20 {
		t.Errorf("the heap grew from %d kB after 100 cells to %d kB after 500", early>>10, late>>10)
	}
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// kernelProgram builds the program that the launcher starts.
func kernelProgram(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "kernel")
	if out, err := exec.Command("go", "build", "-o", program, "..").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

// serveProgram starts the kernel on a connection, like Jupyter.
func serveProgram(t *testing.T, kernel string, conn *wire.Connection, file string) *program {
	t.Helper()
	t.Setenv(clone.LauncherEnv, clone.LauncherVersion)
	return launch(t, filepath.Join(root(t), "notebooks"), io.Discard, conn, kernel, "serve", file)
}

// unrecorded runs a cell that is not added to the history and returns its output and
// reply.
func unrecorded(t *testing.T, s *gonb.Session, code string) (stdout string, reply object) {
	t.Helper()
	content := executeContent(code)
	content["store_history"] = false
	m, err := s.Relay(t.Context(), "execute_request", content, func(m *wire.Message) {
		if o, _, err := gonb.Output(m); err == nil && o != nil && o.Name == "stdout" {
			stdout += o.Text
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Decode(&reply); err != nil {
		t.Fatal(err)
	}
	return stdout, reply
}

// A kernel is started a hundred times on the same ports, like a restart in Jupyter.
// It is shut down or killed, just after its start or after a cell. No process and no
// file remains. The go command for which a killed kernel waits ends by itself.
func TestSoakRestarts(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	program := kernelProgram(t)
	conn, file := connection(t)
	for i := range 100 {
		s := serveProgram(t, program, conn, file)
		if i%4 == 0 {
			if got, reply := unrecorded(t, s.Session, "!echo hi"); got != "hi\n" || reply["status"] != "ok" {
				t.Errorf("start %d: %q, %v", i, got, reply)
			}
		}
		time.Sleep(time.Duration(i%7) * 20 * time.Millisecond) // stop at different moments
		if i%3 == 0 {
			if err := s.cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
			<-s.ended
			groupEnds(t, s.cmd.Process.Pid)
		} else {
			s.stop(t)
		}
		waitGone(t, os.Getenv("TMPDIR"))
		nothingLeft(t, os.Getenv("TMPDIR"), s.cmd.Process.Pid)
	}
}

// Each process of a kernel is killed while a cell runs. The kernel continues or ends,
// and no process and no file remains.
func TestSoakKills(t *testing.T) {
	program := kernelProgram(t)
	_, gopls, err := clone.Completion(root(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, victim := range []string{"gonb", "cell", "watchdog", "kernel", "gopls"} {
		t.Run(victim, func(t *testing.T) {
			if _, err := os.Stat(gopls); victim == "gopls" && err != nil {
				if os.Getenv("CI") != "" {
					t.Fatal(err)
				}
				t.Skip("gopls is not installed: go run ./kernel install --completion")
			}
			t.Setenv("TMPDIR", shortDir(t))
			conn, file := connection(t)
			s := serveProgram(t, program, conn, file)
			unrecorded(t, s.Session, "var two = 2")
			ended := make(chan object, 1)
			on := make(chan struct{})
			go func() {
				content := executeContent("fmt.Println(\"on\")\nfor {\n\ttime.Sleep(time.Second)\n}")
				content["store_history"] = false
				var reply object
				if m, err := s.Relay(t.Context(), "execute_request", content, func(m *wire.Message) {
					if m.Header.Type == "stream" {
						close(on)
					}
				}); err == nil {
					_ = m.Decode(&reply)
				}
				ended <- reply
			}()
			<-on
			inner := kernelFolder()
			which := func(p processes.Process) bool {
				name, _, _ := strings.Cut(p.Args, " ")
				switch base := filepath.Base(name); victim {
				case "gonb":
					return isGoNB(p)
				case "cell":
					return strings.HasPrefix(name, inner) && strings.HasPrefix(base, "gonb_")
				case "gopls":
					return strings.Contains(p.Args, inner) && base == "gopls"
				case "watchdog":
					return strings.Contains(p.Args, "dendrite-watchdog "+inner)
				default:
					return p.ID == s.cmd.Process.Pid
				}
			}
			for range 6000 { // GoNB starts gopls late
				if len(found(t, which)) > 0 {
					break
				}
				time.Sleep(10 * time.Millisecond)
			}
			if n := killAll(t, which); n != 1 {
				t.Fatalf("%d processes %s were killed, want 1", n, victim)
			}
			switch victim {
			case "kernel":
				waitGone(t, inner)
				return
			case "gonb", "cell": // the cell has failed
				if reply := <-ended; reply["status"] != "error" {
					t.Errorf("the cell ended with %v", reply)
				}
			default: // the cell continues
				if err := s.Interrupt(); err != nil {
					t.Error(err)
				}
				if reply := <-ended; reply["ename"] != "Interrupted" {
					t.Errorf("the cell ended with %v", reply)
				}
			}
			if got, reply := unrecorded(t, s.Session, "fmt.Println(3)"); got != "3\n" {
				t.Errorf("after that: %q, %v", got, reply)
			}
			s.stop(t)
			waitGone(t, os.Getenv("TMPDIR"))
			nothingLeft(t, os.Getenv("TMPDIR"), s.cmd.Process.Pid)
		})
	}
}
