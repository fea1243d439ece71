//go:build unix

package main

import (
	"bufio"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Ctrl-C in the hang of 3.5 is the guide's, also without the screen: too early
// it asks for patience, then it is the observation, and the walk goes on.
func TestCtrlCInTheHang(t *testing.T) {
	t.Parallel()
	cmd := gatewalk(t.TempDir(), "run", "--speed", "4", "--until", "3.6")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	hangs, tries := false, 0
	silent := regexp.MustCompile(`no answer  00:(\d\d)`)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		line := lines.Text()
		all.WriteString(line + "\n")
		hangs = hangs || strings.HasPrefix(line, "== 3.5 ") // on a busy machine the bastion's list has a clock as well
		if m := silent.FindStringSubmatch(line); hangs && m != nil && (tries == 0 || tries == 1 && m[1] >= "05") {
			tries++
			cmd.Process.Signal(os.Interrupt)
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, all.String())
	}
	for _, want := range []string{" s so far", "^C", "exit status 130", "com.amazonaws.ap-northeast-2.s3"} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("%q is not in the transcript:\n%s", want, all.String())
		}
	}
	if strings.Contains(all.String(), "in 15 s") {
		t.Errorf("it waited to the end:\n%s", all.String())
	}
}

// TestReaderGone: where the transcript's reader has gone, the walk ends in
// order and says so, instead of being killed in the middle of a call.
func TestReaderGone(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	defer w.Close()
	cmd := gatewalk(t.TempDir(), "run", "--speed", "100")
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = w, &said
	if err := cmd.Run(); err == nil || cmd.ProcessState.ExitCode() != exitFailed {
		t.Errorf("it ended with %v", cmd.ProcessState)
	}
	if !strings.Contains(said.String(), "gatewalk: writing the transcript: ") || strings.Count(said.String(), "writing") != 1 {
		t.Errorf("it said %q", said.String())
	}
}

// Ctrl-C while lost sessions are cleaned up leaves the rest for another time,
// and says so by its exit status.
func TestCtrlCInOrphans(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	if status, out, errs := exitStatus(t, gatewalk(state, "run", "--speed", "100", "--until", "3.1")); status != exitHeld {
		t.Fatalf("exit status %d: %s%s", status, out, errs)
	}
	if err := os.Remove(filepath.Join(state, "sessions", "lab", "events.jsonl")); err != nil {
		t.Fatal(err)
	}
	cmd := gatewalk(state, "cleanup", "--orphans", "--yes", "--speed", "10")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if lines.Scan() { // it has begun
		cmd.Process.Signal(os.Interrupt)
	}
	for lines.Scan() {
	}
	cmd.Wait()
	if status := cmd.ProcessState.ExitCode(); status != exitInterrupted {
		t.Errorf("exit status %d, want %d", status, exitInterrupted)
	}
	if status, out, errs := exitStatus(t, gatewalk(state, "cleanup", "--orphans", "--yes", "--speed", "100")); status != exitHeld || !strings.Contains(out, "Left: 0") {
		t.Errorf("and then: exit status %d: %s%s", status, out, errs)
	}
}
