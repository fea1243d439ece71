package sshx

import (
	"errors"
	"fmt"
	"io"
	"syscall"
)

// Phase is how far a connection came.
type Phase string

// The phases of a connection, in order.
const (
	PhaseDial      Phase = "dial"      // reaching the address
	PhaseHandshake Phase = "handshake" // agreeing on a protocol and keys
	PhaseHostKey   Phase = "host-key"  // knowing the host
	PhaseAuth      Phase = "auth"      // being known by it
	PhaseSession   Phase = "session"   // running something there
)

// Error says which hop failed and in which phase.
type Error struct {
	Hop   int // index of the target, 0 the nearest
	Addr  string
	Phase Phase
	Err   error
}

func (e *Error) Error() string {
	return fmt.Sprintf("ssh hop %d (%s), %s: %v", e.Hop, e.Addr, e.Phase, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// Booting reports whether err is what a host shows that is still starting:
// nobody answers, nobody listens yet, or sshd closes at once. A wrong host key
// or a refused login will not mend by waiting.
func Booting(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Phase {
	case PhaseDial:
		return true
	case PhaseHandshake:
		return errors.Is(e.Err, io.EOF) || errors.Is(e.Err, syscall.ECONNRESET)
	}
	return false
}

// session wraps an error of a running session with the hop it happened on.
func (c *Client) session(err error) error {
	if err == nil {
		return nil
	}
	return &Error{Hop: c.hop, Addr: c.addr, Phase: PhaseSession, Err: err}
}
