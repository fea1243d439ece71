package vnet

import (
	"context"
	"errors"
	"net"
	"syscall"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// errnos are a kernel's names for what gVisor reports.
func errnos() map[tcpip.Error]syscall.Errno {
	return map[tcpip.Error]syscall.Errno{
		&tcpip.ErrConnectionRefused{}:     syscall.ECONNREFUSED,
		&tcpip.ErrConnectionReset{}:       syscall.ECONNRESET,
		&tcpip.ErrConnectionAborted{}:     syscall.ECONNABORTED,
		&tcpip.ErrTimeout{}:               syscall.ETIMEDOUT,
		&tcpip.ErrHostUnreachable{}:       syscall.EHOSTUNREACH,
		&tcpip.ErrNetworkUnreachable{}:    syscall.ENETUNREACH,
		&tcpip.ErrPortInUse{}:             syscall.EADDRINUSE,
		&tcpip.ErrBadLocalAddress{}:       syscall.EADDRNOTAVAIL,
		&tcpip.ErrNoPortAvailable{}:       syscall.EADDRNOTAVAIL,
		&tcpip.ErrClosedForSend{}:         syscall.EPIPE,
		&tcpip.ErrMessageTooLong{}:        syscall.EMSGSIZE,
		&tcpip.ErrBroadcastDisabled{}:     syscall.EACCES,
		&tcpip.ErrInvalidEndpointState{}:  syscall.EINVAL,
		&tcpip.ErrNotConnected{}:          syscall.ENOTCONN,
		&tcpip.ErrNoBufferSpace{}:         syscall.ENOBUFS,
		&tcpip.ErrUnknownProtocolOption{}: syscall.ENOPROTOOPT,
	}
}

// errno is what a kernel would say for e.
func errno(e tcpip.Error) error { return named(e.String()) }

// named finds an error by gVisor's text, all that gonet keeps of it.
func named(text string) error {
	for e, no := range errnos() {
		if e.String() == text {
			return no
		}
	}
	return errors.New(text)
}

// cause is the innermost error of gonet's, in a kernel's words.
func cause(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	var t net.Error
	if errors.As(err, &t) {
		return err
	}
	return named(err.Error())
}

// translate puts a kernel's words into an error of gonet's.
func translate(err error) error {
	var op *net.OpError
	if err == nil || !errors.As(err, &op) {
		return err
	}
	out := *op
	out.Err = cause(err)
	return &out
}

// endOf words the end of a context as package net does.
func endOf(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return timeout{}
	}
	return canceled{}
}

type timeout struct{}

func (timeout) Error() string        { return "i/o timeout" }
func (timeout) Timeout() bool        { return true }
func (timeout) Temporary() bool      { return true }
func (timeout) Is(target error) bool { return target == context.DeadlineExceeded }

type canceled struct{}

func (canceled) Error() string        { return "operation was canceled" }
func (canceled) Is(target error) bool { return target == context.Canceled }
