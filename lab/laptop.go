package lab

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"

	"gatewalk/lab/world"
)

// dialTimeout bounds a connection attempt from the laptop, as an operating
// system's own does (Linux: 127 s).
const dialTimeout = 127 * time.Second

// LaptopAddr is the public address that the lab's internet knows the learner by.
func (l *Lab) LaptopAddr() netip.Addr { return world.LaptopAddr }

// DialContext connects from the learner's laptop, which stands on the lab's
// internet. Names are the lab's, and so are addresses: neither is ever looked
// up or dialled on the machine's own network. A packet that the account drops
// leaves the caller waiting until ctx ends, as it would outside.
func (l *Lab) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		answer := l.world.Snapshot().Lookup(nil, host, "A")
		if len(answer.Addrs) == 0 {
			return nil, &net.OpError{Op: "dial", Net: network, Err: &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}}
		}
		ip = answer.Addrs[0]
	}
	ctx, cancel := context.WithTimeoutCause(ctx, l.clock.Real(dialTimeout), fmt.Errorf("connecting to %s: connection timed out", addr))
	defer cancel()
	return l.laptop.DialContext(ctx, network, net.JoinHostPort(ip.String(), port))
}
