package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"gatewalk/lab/world"
)

// Killed at any moment, the walk goes on to its end, and so does clean-up.
func TestKilled(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no SIGKILL on Windows")
	}
	moments := 10
	switch {
	case long():
		moments = 40
	case testing.Short():
		moments = 4
	}
	const whole = 400 // events, or so, of a walk; the last kill may come too late, which is a moment too
	for i := range moments {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			killed(t, gatewalk(dir, "run", "--speed", "100", "--json"), (i+1)*whole/moments, "")
			other := t.TempDir()
			if err := os.CopyFS(other, os.DirFS(dir)); err != nil {
				t.Fatal(err)
			}
			for d, args := range map[string][]string{dir: {"run", "--speed", "100"}, other: {"cleanup", "--yes", "--speed", "100"}} {
				if out, err := gatewalk(d, args...).CombinedOutput(); err != nil {
					t.Errorf("%v: %v\n%s", args, err, tail(out))
				}
				emptyAccount(t, d)
			}
		})
	}
}

// killed starts a walk and kills it after so many events that have word in
// them, and a moment: told by the walk's own progress, since a slow machine must
// not have it killed before it has begun.
func killed(t *testing.T, cmd *exec.Cmd, events int, word string) {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); events > 0 && lines.Scan(); {
		if strings.Contains(lines.Text(), word) {
			events--
		}
	}
	time.Sleep(rand.N(300 * time.Millisecond))
	cmd.Process.Signal(syscall.SIGKILL)
	io.Copy(io.Discard, out)
	cmd.Wait()
}

// savedLab is the world that a lab's folder holds; the lab may be open.
func savedLab(t *testing.T, dir string) *world.State {
	t.Helper()
	s, err := world.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// emptyAccount looks into every saved lab for what a walk could have left.
func emptyAccount(t *testing.T, dir string) {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(dir, "sessions", "*", "lab", "lab.json"))
	for _, file := range files {
		s := savedLab(t, filepath.Dir(file))
		for kind, n := range map[string]int{"VPC": len(s.Vpcs), "subnet": len(s.Subnets), "internet gateway": len(s.Gateways), "route table": len(s.RouteTables),
			"security group": len(s.SecurityGroups), "endpoint": len(s.Endpoints), "key pair": len(s.KeyPairs), "bucket": len(s.Buckets),
			"role": len(s.Roles), "instance profile": len(s.Profiles), "network interface": len(s.Interfaces), "volume": len(s.Volumes)} {
			if n > 0 {
				t.Errorf("%s: %d of kind %s are left", file, n, kind)
			}
		}
		for id, i := range s.Instances {
			if i.State != world.Terminated {
				t.Errorf("%s: instance %s is %s", file, id, i.State)
			}
		}
	}
}

// A polite signal stops the walk within a second, and it says how to go on.
func TestInterrupted(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no signals on Windows")
	}
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			cmd := gatewalk(dir, "run", "--silence", "10m")
			var errs bytes.Buffer
			cmd.Stderr = &errs
			told, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			for lines := bufio.NewScanner(told); lines.Scan() && !strings.Contains(lines.Text(), "  vpc-"); {
			}
			go io.Copy(io.Discard, told)
			if out, err := gatewalk(dir, "run").CombinedOutput(); err == nil || !bytes.Contains(out, []byte("another gatewalk")) {
				t.Errorf("a second gatewalk on the session: %v, %s", err, out)
			}
			cmd.Process.Signal(sig)
			at := time.Now()
			var exit *exec.ExitError
			if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted {
				t.Errorf("got %v, want exit status %d", err, exitInterrupted)
			}
			t.Logf("stopped after %v", time.Since(at))
			for _, want := range []string{"resources exist", "gatewalk run", "gatewalk cleanup"} {
				if !strings.Contains(errs.String(), want) {
					t.Errorf("it does not say %q: %s", want, errs.String())
				}
			}
			if out, err := gatewalk(dir, "cleanup", "--yes", "--speed", "100").CombinedOutput(); err != nil {
				t.Errorf("cleaning up: %v\n%s", err, tail(out))
			}
			emptyAccount(t, dir)
		})
	}
}

// A reader that has seen enough (`| head -1`) ends the walk without a word too
// many, and nothing is lost.
func TestClosedPipe(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("pipes end otherwise on Windows")
	}
	dir := t.TempDir()
	cmd := gatewalk(dir, "run", "--speed", "100")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var errs bytes.Buffer
	cmd.Stderr = &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	out.Read(make([]byte, 1))
	out.Close()
	if err := cmd.Wait(); err == nil {
		t.Error("exit status 0 though the transcript could not be written")
	}
	if strings.Contains(errs.String(), "goroutine") {
		t.Errorf("a stack trace: %s", errs.String())
	}
	if out, err := gatewalk(dir, "run", "--speed", "100").CombinedOutput(); err != nil {
		t.Errorf("going on: %v\n%s", err, tail(out))
	}
	emptyAccount(t, dir)
}
