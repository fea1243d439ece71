package sshx

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/crypto/ssh"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A chain of three hops ends where it should, and closes as one.
func TestJump(t *testing.T) {
	user := newSigner(t)
	a, b, c := startServer(t, user.PublicKey()), startServer(t, user.PublicKey()), startServer(t, user.PublicKey())
	client, err := Jump(t.Context(), new(net.Dialer), a.target(user), b.target(user), c.target(user))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	status, err := client.Run(t.Context(), "echo private host", Streams{Out: &out})
	if err != nil || status != 0 || out.String() != "private host\n" {
		t.Errorf("got status %d, %q, %v", status, out.String(), err)
	}
	if err := client.Close(); err != nil {
		t.Error(err)
	}
	if client.under.Wait() == nil {
		t.Error("the hop below still lives")
	}
}

// Every phase of every hop is told apart: the walk explains by them.
func TestPhases(t *testing.T) {
	user, stranger := newSigner(t), newSigner(t)
	good := startServer(t, user.PublicKey())
	mute := listen(t, func(c net.Conn) { io.Copy(io.Discard, c) })
	rude := listen(t, func(c net.Conn) { io.WriteString(c, "HTTP/1.0 400 no\r\n\r\n"); c.Close() })
	with := func(edit func(*Target)) Target { t := good.target(user); edit(&t); return t }
	for _, test := range []struct {
		name  string
		hops  []Target
		hop   int
		phase Phase
		is    error // a deadline is short where it is what ends the connection
	}{
		{"nobody listens", []Target{with(func(t *Target) { t.Addr = closedPort() })}, 0, PhaseDial, nil},
		{"mute", []Target{with(func(t *Target) { t.Addr = mute })}, 0, PhaseHandshake, context.DeadlineExceeded},
		{"not ssh", []Target{with(func(t *Target) { t.Addr = rude })}, 0, PhaseHandshake, nil},
		{"another host key", []Target{with(func(t *Target) { t.HostKey = ssh.FixedHostKey(stranger.PublicKey()) })}, 0, PhaseHostKey, nil},
		{"no host key check", []Target{with(func(t *Target) { t.HostKey = nil })}, 0, PhaseHostKey, nil},
		{"wrong key", []Target{good.target(stranger)}, 0, PhaseAuth, nil},
		{"second hop refuses", []Target{good.target(user), with(func(t *Target) { t.Addr = closedPort() })}, 1, PhaseDial, nil},
		{"second hop, wrong key", []Target{good.target(user), good.target(stranger)}, 1, PhaseAuth, nil},
		{"second hop mute", []Target{good.target(user), with(func(t *Target) { t.Addr = mute })}, 1, PhaseHandshake, context.DeadlineExceeded},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			patience := time.Minute
			if test.is != nil {
				patience = time.Duration(1+2*test.hop) * time.Second // the hop before it is to be passed
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			_, err := Jump(ctx, new(net.Dialer), test.hops...)
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v, want an *Error", err)
			}
			if e.Hop != test.hop || e.Phase != test.phase {
				t.Errorf("got hop %d, %s (%v); want hop %d, %s", e.Hop, e.Phase, e.Err, test.hop, test.phase)
			}
			if test.is != nil && !errors.Is(err, test.is) {
				t.Errorf("got %v, want it to be %v", err, test.is)
			}
		})
	}
}

func TestRun(t *testing.T) {
	user := newSigner(t)
	c := connect(t, startServer(t, user.PublicKey()), user)
	for _, test := range []struct {
		cmd, in, out, err string
		status            int
	}{
		{"echo a b", "", "a b\n", "", 0},
		{"complain no", "", "", "no\n", 7},
		{"cat", "back", "back", "", 0},
		{"nosuch", "", "", "", 127},
	} {
		var out, errs bytes.Buffer
		status, err := c.Run(t.Context(), test.cmd, Streams{In: strings.NewReader(test.in), Out: &out, Err: &errs})
		if err != nil || status != test.status || out.String() != test.out || errs.String() != test.err {
			t.Errorf("%s: status %d, out %q, err %q, %v", test.cmd, status, out.String(), errs.String(), err)
		}
	}
	var e *Error
	if _, err := c.Run(t.Context(), "drop", Streams{}); !errors.As(err, &e) || e.Phase != PhaseSession {
		t.Errorf("lost session: got %v", err)
	}
}

// Ctrl-C reaches the far end, by signal without a terminal and by key on one,
// and the status is the far end's.
func TestInterrupt(t *testing.T) {
	user := newSigner(t)
	c := connect(t, startServer(t, user.PublicKey()), user)
	for name, run := range map[string]func(context.Context, Streams) (int, error){
		"signal": func(ctx context.Context, s Streams) (int, error) { return c.Run(ctx, "hang", s) },
		"pty":    func(ctx context.Context, s Streams) (int, error) { return c.RunPTY(ctx, "hang", PTY{}, s) },
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var out bytes.Buffer
			status, err := run(ctx, Streams{Out: io.MultiWriter(&out, heard(cancel))})
			if status != 130 || err != nil || out.String() != "hello\nbye\n" {
				t.Errorf("got %d, %v, %q", status, err, out.String())
			}
		})
	}
}

// heard is called with whatever a command prints.
type heard func()

func (h heard) Write(p []byte) (int, error) { h(); return len(p), nil }

func TestShell(t *testing.T) {
	user := newSigner(t)
	s := startServer(t, user.PublicKey())
	c := connect(t, s, user)
	resize := make(chan Size, 1)
	in, typed := io.Pipe()
	prompt, out := io.Pipe()
	go func() {
		prompt.Read(make([]byte, 2))
		resize <- Size{100, 30}
		for range 100 { // the resize must have arrived before the line that ends the shell
			s.mu.Lock()
			n := len(s.sizes)
			s.mu.Unlock()
			if n == 2 {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		io.WriteString(typed, "hello")
		io.Copy(io.Discard, prompt)
	}()
	status, err := c.Shell(t.Context(), PTY{Size: Size{80, 24}, Resize: resize}, Streams{In: in, Out: out})
	out.Close()
	typed.Close()
	if status != 3 || err != nil {
		t.Errorf("got %d, %v", status, err)
	}
	if len(s.sizes) != 2 || s.sizes[0] != (Size{80, 24}) || s.sizes[1] != (Size{100, 30}) {
		t.Errorf("sizes %v", s.sizes)
	}
}

func TestCopy(t *testing.T) {
	user := newSigner(t)
	s := startServer(t, user.PublicKey())
	c := connect(t, s, user)
	if err := c.Copy(t.Context(), strings.NewReader("secret"), 6, 0o400, "/home/ec2-user/key.pem"); err != nil {
		t.Fatal(err)
	}
	if got := s.files["/home/ec2-user/key.pem"]; got != "400 secret" {
		t.Errorf("got %q", got)
	}
	err := c.Copy(t.Context(), strings.NewReader("x"), 1, 0o600, "/full/x")
	if err == nil || !strings.Contains(err.Error(), "No space left on device") {
		t.Errorf("got %v", err)
	}
	if err := c.Copy(t.Context(), strings.NewReader("short"), 10, 0o600, "/x"); !errors.Is(err, io.EOF) {
		t.Errorf("short source: got %v", err)
	}
}

// A peer that vanishes without a word is noticed by the keep-alive.
func TestVanishedPeer(t *testing.T) {
	user := newSigner(t)
	s := startServer(t, user.PublicKey())
	hole := new(blackhole)
	target := s.target(user)
	target.KeepAlive = 20 * time.Millisecond
	c, err := Jump(t.Context(), hole, target)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	hole.swallow.Store(true)
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	select {
	case <-ended:
	case <-time.After(time.Minute):
		t.Error("still waiting for a peer that is gone")
	}
}

// A command whose host has vanished is not taken for one that ended by Ctrl-C:
// what it did not say means nothing.
func TestVanishedUnderCommand(t *testing.T) {
	t.Parallel()
	user := newSigner(t)
	s := startServer(t, user.PublicKey())
	hole := new(blackhole)
	c, err := Jump(t.Context(), hole, s.target(user))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	in, typed := io.Pipe()
	defer typed.Close()
	go io.WriteString(typed, "word")
	vanish := heard(func() { hole.swallow.Store(true); cancel() })
	var e *Error
	if status, err := c.RunPTY(ctx, "cat", PTY{}, Streams{In: in, Out: vanish}); !errors.As(err, &e) || e.Phase != PhaseSession {
		t.Errorf("got %d, %v", status, err)
	}
}

// A host that takes a session and then answers nothing holds nobody: every call
// ends with its context.
func TestMuteHost(t *testing.T) {
	t.Parallel()
	user := newSigner(t)
	s := startServer(t, user.PublicKey())
	s.mu.Lock()
	s.mute = true
	s.mu.Unlock()
	for name, call := range map[string]func(context.Context, *Client) error{
		"run": func(ctx context.Context, c *Client) error { _, err := c.Run(ctx, "echo", Streams{}); return err },
		"run on a terminal": func(ctx context.Context, c *Client) error {
			_, err := c.RunPTY(ctx, "echo", PTY{}, Streams{})
			return err
		},
		"shell": func(ctx context.Context, c *Client) error { _, err := c.Shell(ctx, PTY{}, Streams{}); return err },
		"copy": func(ctx context.Context, c *Client) error {
			return c.Copy(ctx, strings.NewReader("x"), 1, 0o600, "x")
		},
	} {
		c := connect(t, s, user)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		ended := make(chan error, 1)
		go func() { ended <- call(ctx, c) }()
		select {
		case err := <-ended:
			var e *Error
			if !errors.As(err, &e) || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: %v", name, err)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("%s waits for a host that says nothing", name)
		}
		cancel()
		c.Close()
	}
}

// What waiting may mend is told from what it will not.
func TestBooting(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want bool
	}{
		{&Error{Phase: PhaseDial, Err: syscall.ECONNREFUSED}, true},
		{fmt.Errorf("private: %w", &Error{Hop: 1, Phase: PhaseDial, Err: context.DeadlineExceeded}), true},
		{&Error{Phase: PhaseHandshake, Err: io.EOF}, true},
		{&Error{Phase: PhaseHandshake, Err: errors.New("no common algorithm")}, false},
		{&Error{Phase: PhaseHostKey, Err: io.EOF}, false},
		{&Error{Phase: PhaseAuth, Err: errors.New("no")}, false},
		{syscall.ECONNREFUSED, false},
		{nil, false},
	} {
		if got := Booting(tt.err); got != tt.want {
			t.Errorf("%v: %v, want %v", tt.err, got, tt.want)
		}
	}
}

func TestKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key.pem")
	first, err := Key(path, "gatewalk")
	if err != nil {
		t.Fatal(err)
	}
	again, err := Key(path, "gatewalk")
	if err != nil || !bytes.Equal(first.PublicKey().Marshal(), again.PublicKey().Marshal()) {
		t.Errorf("another key the second time: %v", err)
	}
}

// What a server tells after the login gets a word back at once, so that neither
// it nor its system waits for an acknowledgement; what it asks for is refused.
func TestToldSomething(t *testing.T) {
	user := newSigner(t)
	s := startServer(t, user.PublicKey())
	s.mu.Lock()
	s.tells = true
	s.mu.Unlock()
	c := connect(t, s, user)
	select {
	case got := <-s.heard:
		if got != keepAliveRequest {
			t.Errorf("the server heard %q", got)
		}
	case <-time.After(time.Minute):
		t.Error("the server told its host keys and heard nothing")
	}
	if status, err := c.Run(t.Context(), "echo on", Streams{}); status != 0 || err != nil {
		t.Errorf("and then: %d, %v", status, err)
	}
}
