package vnet

import (
	"context"
	"net"
	"sync"
	"syscall"
	"time"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// Raw is a raw IPv4 socket with the header included, and a network card's
// clock: what ping and traceroute are made of. The host's stack sees the same
// packets, so that a SYN sent here is answered with SYN-ACK, and that by the
// stack with RST, as on a real machine.
type Raw struct {
	host  *Host
	queue chan received
	done  chan struct{}
	once  sync.Once
}

type received struct {
	at     time.Time
	packet []byte
}

// rawQueue is how many packets wait for a reader. As with a real socket, what
// comes beyond is lost.
const rawQueue = 256

// Raw opens an IP socket that sees every packet that reaches the host from now
// on.
func (h *Host) Raw() (*Raw, error) {
	if h.gone.Load() {
		return nil, &net.OpError{Op: "listen", Net: "ip4", Err: net.ErrClosed}
	}
	r := &Raw{host: h, queue: make(chan received, rawQueue), done: make(chan struct{})}
	h.taps.add(r)
	return r, nil
}

// Write sends one whole IPv4 packet, now. The total length, the checksums, and
// the source address where it is zero, are filled in.
func (r *Raw) Write(packet []byte) error { return r.WriteAt(packet, r.host.net.clock.Now()) }

// WriteAt is [Raw.Write] for a program that read the lesson's clock itself:
// its answers are stamped from sent on, so that the time between the reading
// and the sending, stretched by a fast clock, is not taken for the path's.
func (r *Raw) WriteAt(packet []byte, sent time.Time) error {
	fail := func(err error) error { return &net.OpError{Op: "write", Net: "ip4", Err: err} }
	select {
	case <-r.done:
		return fail(net.ErrClosed)
	default:
	}
	if len(packet) > int(r.host.net.mtu) {
		return fail(syscall.EMSGSIZE)
	}
	if len(packet) < header.IPv4MinimumSize {
		return fail(syscall.EINVAL)
	}
	b := append([]byte(nil), packet...)
	ip := header.IPv4(b)
	ip.SetTotalLength(uint16(len(b)))
	if ip.SourceAddress() == header.IPv4Any {
		ip.SetSourceAddress(tcpip.AddrFrom4(r.host.Addr().As4()))
	}
	if _, ok := parse(b, len(b)); !ok {
		return fail(syscall.EINVAL)
	}
	finish(b)
	r.host.net.send(r.host, buffer.MakeWithData(b), sent)
	return nil
}

// Read returns the next IPv4 packet that reached the host. at is the lesson's
// time as a network card would stamp it. For the answer to a packet of
// [Raw.Write] that is when it was sent plus the modelled round trip: of the
// router ([world.Hop.Delay]) or of the whole path ([world.Verdict.RTT]); so it
// does not depend on how fast the clock or the machine runs.
func (r *Raw) Read(ctx context.Context) (packet []byte, at time.Time, err error) {
	closed := &net.OpError{Op: "read", Net: "ip4", Err: net.ErrClosed}
	select { // a closed socket forgets what it has not handed out
	case <-r.done:
		return nil, time.Time{}, closed
	default:
	}
	select { // and what is there comes before a context's end
	case p := <-r.queue:
		return p.packet, p.at, nil
	default:
	}
	select {
	case p := <-r.queue:
		return p.packet, p.at, nil
	case <-ctx.Done():
		return nil, time.Time{}, ctx.Err()
	case <-r.done:
		return nil, time.Time{}, closed
	}
}

// Close ends the socket. Reads return, and find nothing any more.
func (r *Raw) Close() error {
	r.host.taps.remove(r)
	r.end()
	return nil
}

func (r *Raw) see(out bool, at time.Time, packet []byte) {
	if out {
		return
	}
	select {
	case r.queue <- received{at, packet}:
	default:
	}
}

func (r *Raw) end() { r.once.Do(func() { close(r.done) }) }
