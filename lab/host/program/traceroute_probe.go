package program

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"gatewalk/lab/host/program/packet"
)

// traceProbe is one probe: index n of a trace, so TTL n/queries+1.
type traceProbe struct {
	sent time.Time     // lesson's time, what the round trip counts from
	due  time.Duration // when it was sent on the trace's own watch
	live bool          // has been sent
	done bool          // answered, or given up
	last bool          // the answer says that the trace ends at this hop
	from netip.Addr    // who answered; invalid for "*"
	rtt  time.Duration
	ttl  uint8 // of the answer, as it arrived
	mark string

	id, port uint16 // of the packet, to know its answer by
}

// ports returns the destination port, or the sequence number, of probe n.
func (t *trace) destination(n int) uint16 {
	switch t.method {
	case "icmp":
		return uint16(max(t.port, 1) + n)
	case "tcp":
		return uint16(portOr(t.port, 80))
	case "udp":
		return uint16(portOr(t.port, 53))
	}
	return uint16(portOr(t.port, 33434) + n)
}

func portOr(port, otherwise int) int {
	if port == 0 {
		return otherwise
	}
	return port
}

// send puts probe n on the wire.
func (t *trace) send(n int) error {
	p := &t.probes[n]
	p.port = t.destination(n)
	p.id = t.source()
	h := packet.Header{
		Src: t.process.Net.Addr(), Dst: t.addr, TTL: uint8(n/t.queries + 1), TOS: uint8(t.tos),
		ID: uint16(t.random.Uint32()), DontFragment: t.whole,
	}
	data := make([]byte, max(0, t.packetSize()-28))
	for i := range data {
		data[i] = byte('@' + i&0x3f) // as traceroute fills it
	}
	var b []byte
	switch t.method {
	case "icmp":
		p.id = t.echoID
		b = packet.Echo(h, p.id, p.port, data)
	case "tcp":
		b = packet.Syn(h, p.id, p.port, t.random.Uint32(), t.random.Uint32())
	default:
		b = packet.Datagram(h, p.id, p.port, data)
	}
	p.due, p.live = t.watch(), true
	p.sent = t.process.Clock.Now()
	if timed, ok := t.raw.(interface {
		WriteAt(packet []byte, sent time.Time) error
	}); ok {
		return timed.WriteAt(b, p.sent)
	}
	return t.raw.Write(b)
}

// source is a port that no other probe has: each has a socket of its own, so
// that its answer is known, and routers that spread load by ports send the
// probes different ways.
func (t *trace) source() uint16 {
	for {
		port := uint16(32768 + t.random.IntN(28232))
		if !slices.ContainsFunc(t.probes, func(p traceProbe) bool { return p.id == port }) {
			return port
		}
	}
}

// protocol is the IP protocol of the probes.
func (t *trace) protocol() uint8 {
	switch t.method {
	case "icmp":
		return packet.ICMP
	case "tcp":
		return packet.TCP
	}
	return packet.UDP
}

// take finds the probe that a packet answers and notes it.
func (t *trace) take(b []byte, at time.Time) {
	r, ok := packet.Parse(b)
	if !ok || r.Proto != t.protocol() || r.Dst != t.addr {
		return
	}
	for n := range t.probes {
		p := &t.probes[n]
		if !p.live || p.done || p.id != r.SrcPort || p.port != r.DstPort {
			continue
		}
		p.done, p.from, p.ttl, p.rtt = true, r.From, r.TTL, at.Sub(p.sent)
		p.mark, p.last = traceMark(r)
		return
	}
}

// traceMark is the annotation for an answer, and whether it ends the trace.
func traceMark(r packet.Reply) (mark string, last bool) {
	switch r.Kind {
	case packet.Exceeded:
		if r.Code == 0 {
			return "", false
		}
		return fmt.Sprintf("!<%d-%d>", r.Type, r.Code), true
	case packet.Unreachable:
		return unreachableMark(r), true
	}
	return "", true // the host itself: echo reply, SYN-ACK or RST
}

func unreachableMark(r packet.Reply) string {
	switch r.Code {
	case 0, 6, 8, 11:
		return "!N"
	case 1, 7, 12:
		return "!H"
	case 9, 10, 13:
		return "!X"
	case 2:
		return "!P"
	case 3: // nobody listens on that port: it is the host
		return ""
	case 4:
		return fmt.Sprintf("!F-%d", r.MTU)
	case 5:
		return "!S"
	case 14:
		return "!V"
	case 15:
		return "!C"
	}
	return fmt.Sprintf("!<%d>", r.Code)
}
