package host

import (
	"errors"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// A signal ends the command, with the status that a shell gives one that died of
// it; what comes after the first changes nothing.
func TestSignal(t *testing.T) {
	t.Parallel()
	l := bootLab(t, 1)
	c := login(t, l.bastion, l.w.port("10.0.1.123:22"))
	for _, test := range []struct {
		signals []ssh.Signal
		status  int
	}{
		{[]ssh.Signal{ssh.SIGINT}, 130},
		{[]ssh.Signal{ssh.SIGTERM, ssh.SIGINT, ssh.SIGKILL}, 143},
		{[]ssh.Signal{ssh.SIGUSR1, ssh.SIGTERM}, 138},
		{[]ssh.Signal{"NONE", ssh.SIGHUP}, 129},
	} {
		s, err := c.NewSession()
		must(err)
		must(s.Start("sleep 1000"))
		for _, signal := range test.signals {
			must(s.Signal(signal))
		}
		ended := make(chan error, 1)
		go func() { ended <- s.Wait() }()
		select {
		case err = <-ended:
		case <-time.After(10 * time.Second):
			t.Fatalf("after %v the command still runs", test.signals)
		}
		var exit *ssh.ExitError
		if !errors.As(err, &exit) || exit.ExitStatus() != test.status {
			t.Errorf("after %v: %v, want status %d", test.signals, err, test.status)
		}
	}
}

// What a client asks for once its command runs is refused: the command has its
// environment and its terminal, or none.
func TestTooLate(t *testing.T) {
	t.Parallel()
	l := bootLab(t, 1)
	s, err := login(t, l.bastion, l.w.port("10.0.1.123:22")).NewSession()
	must(err)
	must(s.Start("sleep 1000"))
	if s.Setenv("LC_ALL", "C") == nil {
		t.Error("the environment was changed")
	}
	if s.RequestPty("xterm", 24, 80, ssh.TerminalModes{}) == nil {
		t.Error("a terminal was given")
	}
	if s.Start("true") == nil {
		t.Error("a second command was begun")
	}
}
