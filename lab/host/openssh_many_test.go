package host

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// long asks for a test's long form.
func long() bool { return os.Getenv("GATEWALK_LONG") != "" }

// TestManyOpenSSH is a class of ssh processes, each with a connection and a
// session of its own, all open at the same moment.
func TestManyOpenSSH(t *testing.T) {
	const people = 200
	l := bootLab(t, 1)
	c := openssh(t, l)
	goroutines := runtime.NumGoroutine()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var here, all sync.WaitGroup // until everybody is logged in
	here.Add(people)
	counted := make(chan struct{})
	for i := range people {
		all.Go(func() {
			cmd := c.command(ctx, "ssh", "bastion", fmt.Sprintf("echo here; read word; echo %d $word", i))
			in, err := cmd.StdinPipe()
			must(err)
			out, err := cmd.StdoutPipe()
			must(err)
			var errs bytes.Buffer
			cmd.Stderr = &errs
			must(cmd.Start())
			first := make([]byte, len("here\n"))
			_, err = io.ReadFull(out, first)
			here.Done()
			if err != nil || string(first) != "here\n" {
				t.Errorf("session %d began with %q: %v %s", i, first, err, &errs)
			}
			<-counted
			io.WriteString(in, "go\n")
			in.Close()
			rest, _ := io.ReadAll(out)
			if err := cmd.Wait(); err != nil || string(rest) != fmt.Sprintf("%d go\n", i) {
				t.Errorf("session %d ended with %q: %v %s", i, rest, err, &errs)
			}
		})
	}
	here.Wait()
	if n := connections(l.bastion); n != people {
		t.Errorf("%d connections are open, want %d", n, people)
	}
	close(counted)
	all.Wait()
	l.freed(t, goroutines)
}

// freed waits until the bastion has forgotten everybody who was logged in.
func (l *lab) freed(t *testing.T, goroutines int) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		l.bastion.mu.Lock()
		conns, terminals := len(l.bastion.conns), len(l.bastion.terminals)
		l.bastion.mu.Unlock()
		running := l.bastion.processes.list()
		if conns == 0 && terminals == 0 && len(running) == 2 && runtime.NumGoroutine() <= goroutines {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("still there: %d connections, %d terminals, %d goroutines more, and %v", conns, terminals, runtime.NumGoroutine()-goroutines, running)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// TestPeerVanishes is an ssh that is killed, or frozen so that its connection
// stays open and nothing answers: either way sshd notices, and frees all of it.
func TestPeerVanishes(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no SIGSTOP on Windows")
	}
	for name, end := range map[string]syscall.Signal{"killed": syscall.SIGKILL, "frozen": syscall.SIGSTOP} {
		for what, args := range map[string][]string{
			"a command":      {"bastion", "echo begun; sleep 1000"},
			"a terminal":     {"-tt", "bastion", "echo begun; sleep 1000"},
			"a flood":        {"bastion", "echo begun; yes"},
			"a shell":        {"-tt", "bastion", "echo begun; bash"},
			"a jump":         {"private", "echo begun; sleep 1000"},
			"an upload":      {"bastion", "echo begun; cat > /dev/null"},
			"a stdio tunnel": {"-W", "10.0.2.234:22", "bastion"},
		} {
			t.Run(name+", "+what, func(t *testing.T) {
				l := bootLab(t, 1)
				for _, h := range []*Host{l.bastion, l.private} {
					h.probeEvery = 60 * time.Millisecond
				}
				c := openssh(t, l)
				goroutines := runtime.NumGoroutine()
				cmd := exec.Command("ssh", append([]string{"-F", c.config}, args...)...)
				errs := filepath.Join(t.TempDir(), "errors")
				cmd.Stderr, _ = os.Create(errs)
				in, err := cmd.StdinPipe()
				must(err)
				defer in.Close()
				out, err := cmd.StdoutPipe()
				must(err)
				// -J starts a second ssh: all of them are to vanish.
				cmd.SysProcAttr = ownGroup()
				must(cmd.Start())
				defer func() {
					signalGroup(cmd, syscall.SIGKILL)
					cmd.Wait()
				}()
				if _, err := io.ReadFull(out, make([]byte, 5)); err != nil {
					said, _ := os.ReadFile(errs)
					t.Fatalf("%v: %s", err, said)
				}
				if connections(l.bastion) == 0 {
					t.Fatal("nobody is logged in")
				}
				must(signalGroup(cmd, end))
				l.freed(t, goroutines)
			})
		}
	}
}

// TestBigCopy copies 256 MiB there and back, by both of scp's protocols, and
// compares hashes: 32 MiB unless GATEWALK_LONG is set.
func TestBigCopy(t *testing.T) {
	t.Parallel()
	size := 32
	if long() {
		size = 256
	}
	l := bootLab(t, 1)
	c := openssh(t, l)
	dir := t.TempDir()
	file := filepath.Join(dir, "big")
	f, err := os.Create(file)
	must(err)
	block := make([]byte, 1<<20)
	rand.Read(block)
	for range size {
		block[0]++
		f.Write(block)
	}
	must(f.Close())
	want := digest(t, file)
	for _, protocol := range []string{"-s", "-O"} {
		began := time.Now()
		if _, errs, code := c.run("", "scp", protocol, file, "bastion:big"); code != 0 {
			t.Fatal(errs)
		}
		there := time.Since(began)
		if out, _, _ := run(t, l.bastion, "sha256sum big", ""); out != want+"  big\n" {
			t.Errorf("scp %s: there it is %q, want %s", protocol, out, want)
		}
		began = time.Now()
		back := filepath.Join(dir, "back")
		if _, errs, code := c.run("", "scp", protocol, "bastion:big", back); code != 0 {
			t.Fatal(errs)
		}
		t.Logf("scp %s of %d MiB: %.0f MiB/s there, %.0f back", protocol, size, float64(size)/there.Seconds(), float64(size)/time.Since(began).Seconds())
		if got := digest(t, back); got != want {
			t.Errorf("scp %s: back here it is %s, want %s", protocol, got, want)
		}
	}
}

func digest(t *testing.T, file string) string {
	t.Helper()
	f, err := os.Open(file)
	must(err)
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	must(err)
	return fmt.Sprintf("%x", h.Sum(nil))
}

// TestNoAgent asks for agent forwarding with an agent that is there: the host
// gives it no place, so that nobody on the bastion can sign with the key.
func TestNoAgent(t *testing.T) {
	t.Parallel()
	l := bootLab(t, 1)
	c := openssh(t, l)
	if _, err := exec.LookPath("ssh-agent"); err != nil {
		t.Skip("no ssh-agent here: nothing could be forwarded")
	}
	socket := filepath.Join(t.TempDir(), "agent")
	agent := exec.CommandContext(t.Context(), "ssh-agent", "-D", "-a", socket)
	must(agent.Start())
	defer func() { agent.Process.Kill(); agent.Wait() }()
	for range 500 {
		if _, err := os.Stat(socket); !errors.Is(err, os.ErrNotExist) {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Run("by default", func(t *testing.T) { c.agentless(t, socket) })
	t.Run("asked for", func(t *testing.T) { c.agentless(t, socket, "-A") })
}

func (c *client) agentless(t *testing.T, socket string, args ...string) {
	t.Helper()
	cmd := c.command(t.Context(), "ssh", append(args, "bastion", "echo [$SSH_AUTH_SOCK]; ls /tmp | grep -c ssh-")...)
	cmd.Env = append(os.Environ(), "SSH_AUTH_SOCK="+socket)
	out, _ := cmd.Output()
	if got := strings.TrimSpace(string(out)); got != "[]\n0" {
		t.Errorf("with an agent: %q", got)
	}
}
