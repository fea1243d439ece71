package program

import (
	"context"
	"errors"
	"net"
	"strings"
	"syscall"

	"gatewalk/lab/host/program/resolv"
)

// Reason is why a connection was not made, or a name not found, as strerror and
// gai_strerror put it. A network that
// is not the machine's own has errors of its own, so their texts count as well.
func Reason(err error) string {
	if e, ok := errors.AsType[*resolv.LookupError](err); ok {
		return e.Text
	}
	var timeout net.Error
	text := strings.ToLower(err.Error())
	switch {
	case errors.Is(err, syscall.ECONNREFUSED), strings.Contains(text, "refused"):
		return "Connection refused"
	case errors.Is(err, syscall.ENETUNREACH), strings.Contains(text, "network is unreachable"):
		return "Network is unreachable"
	case errors.Is(err, syscall.EHOSTUNREACH), strings.Contains(text, "no route"), strings.Contains(text, "unreachable"):
		return "No route to host"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout(), strings.Contains(text, "timed out"):
		return "Connection timed out"
	case errors.Is(err, syscall.ECONNRESET), strings.Contains(text, "reset"):
		return "Connection reset by peer"
	}
	return "Connection timed out"
}
