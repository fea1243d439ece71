package host

import (
	"context"
	"net"
)

// dial connects from the simulated host, and only ever from there. The name is
// resolved by the host's own resolver; the attempt lasts as long as a kernel's.
func (h *Host) dial(ctx context.Context, network, host, port string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, h.config.Clock.Real(connectTime))
	defer cancel()
	if host == "localhost" {
		host = "127.0.0.1"
	}
	found, err := h.user.Resolver().Host(ctx, host)
	if err != nil {
		return nil, err
	}
	var conn net.Conn
	for _, a := range found.Addrs {
		if a.IsLoopback() {
			// The stack has no loopback device: the host's own address is the
			// same programs.
			a = h.config.Net.Addr()
		}
		if conn, err = h.config.Net.DialContext(ctx, network, net.JoinHostPort(a.String(), port)); err == nil {
			return conn, nil
		}
	}
	return nil, err
}
