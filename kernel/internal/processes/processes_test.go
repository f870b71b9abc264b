package processes

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestFind(t *testing.T) {
	p, ok, err := Find(os.Getpid())
	if err != nil || !ok {
		t.Fatalf("this process is not found: %v", err)
	}
	if p.Group != syscall.Getpgrp() || !strings.HasPrefix(filepath.Base(os.Args[0]), p.Name) || p.Name == "" || !strings.Contains(p.Args, os.Args[0]) {
		t.Errorf("%+v is not this process, group %d, %s", p, syscall.Getpgrp(), os.Args[0])
	}
}

// A process that has ended is not found, also if its parent has not waited for it.
func TestEnded(t *testing.T) {
	cmd := exec.Command("cat")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if p, ok, err := Find(cmd.Process.Pid); err != nil || !ok {
		t.Errorf("a running process is not found: %v %v", p, err)
	}
	in.Close()
	for ok := true; ok; {
		if _, ok, err = Find(cmd.Process.Pid); err != nil {
			t.Fatal(err)
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

func TestParseStat(t *testing.T) {
	for stat, want := range map[string]Process{
		"7 (go) S 1 5 5 0 -1":        {ID: 7, Group: 5, Name: "go"},
		"8 (a (odd) one) R 1 8 5 0":  {ID: 8, Group: 8, Name: "a (odd) one"},
		"9 (with ) Z 3) Z 1 9 5 0 0": {ID: 9, Group: 9, Name: "with ) Z 3"},
	} {
		got, alive, err := parseStat(stat)
		if err != nil || got != want || alive != (want.ID != 9) {
			t.Errorf("%q: %+v %v %v", stat, got, alive, err)
		}
	}
	for _, bad := range []string{"", "7 go S 1 5", "7 (go) S", "x (go) S 1 5", "7 (go) S 1 x"} {
		if _, _, err := parseStat(bad); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}

func TestParsePS(t *testing.T) {
	got, err := parsePS("    1 /sbin/launchd\n   20 /Applications/My Go/bin/go\n   21 sh\n",
		"    1     1 Ss   /sbin/launchd\n   20    20 S+   go run ./kernel\n   21    20 Z    (sh)\n")
	if err != nil {
		t.Fatal(err)
	}
	want := []Process{{1, 1, "launchd", "/sbin/launchd"}, {20, 20, "go", "go run ./kernel"}}
	if len(got) != len(want) || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
