package vnet

import (
	"net/netip"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"

	"gatewalk/lab/world"
)

// key is a [world.Flow] in thirteen bytes: what the packet path looks up, with
// no pointer to follow and nothing to allocate.
type key struct {
	src, dst     [4]byte
	sport, dport uint16
	proto        uint8
}

func (k key) reverse() key { return key{k.dst, k.src, k.dport, k.sport, k.proto} }

func (k key) flow() world.Flow {
	return world.Flow{
		Proto: k.proto,
		Src:   netip.AddrPortFrom(netip.AddrFrom4(k.src), k.sport),
		Dst:   netip.AddrPortFrom(netip.AddrFrom4(k.dst), k.dport),
	}
}

// translate is the flow's key after the verdict's address translation. It
// reports false for an address that is not IPv4.
func (k key) translate(v *world.Verdict) (key, bool) {
	out := k
	change := func(addr *[4]byte, port *uint16, to netip.AddrPort) bool {
		if !to.Addr().IsValid() {
			return true
		}
		a := to.Addr().Unmap()
		if !a.Is4() {
			return false
		}
		*addr = a.As4()
		if to.Port() != 0 {
			*port = to.Port()
		}
		return true
	}
	ok := change(&out.src, &out.sport, v.Src) && change(&out.dst, &out.dport, v.Dst)
	if k.proto == world.ICMP && out.sport != out.dport {
		// Both stand for the one identifier: keep the one that was changed.
		if out.sport == k.sport {
			out.sport = out.dport
		}
		out.dport = out.sport
	}
	return out, ok
}

// meta is what the wire reads in a packet's headers.
type meta struct {
	key
	header   int // length of the IPv4 header
	ttl      uint8
	id       uint16
	more     bool // a fragment that others follow
	later    bool // a fragment without the transport header
	tcpFlags header.TCPFlags
	icmpType header.ICMPv4Type // where key.proto is ICMP
}

// opens reports whether the packet asks for a new TCP connection.
func (m *meta) opens() bool {
	return m.proto == world.TCP && !m.later && m.tcpFlags&(header.TCPFlagSyn|header.TCPFlagAck) == header.TCPFlagSyn
}

// isError reports whether the packet is an ICMP error, which speaks of another
// flow than its own.
func (m *meta) isError() bool {
	return m.proto == world.ICMP && !m.later && isICMPError(m.icmpType)
}

func isICMPError(t header.ICMPv4Type) bool {
	return t == header.ICMPv4DstUnreachable || t == header.ICMPv4TimeExceeded || t == header.ICMPv4ParamProblem
}

// probes reports whether the packet is of the kinds that a silent destination
// leaves unanswered.
func (m *meta) probes() bool {
	return m.proto == world.UDP || m.proto == world.ICMP && m.icmpType == header.ICMPv4Echo
}

// parse reads the headers at the start of an IPv4 packet of size bytes, of
// which head holds at least the headers. It reports false for what a router
// would discard as malformed.
func parse(head []byte, size int) (m meta, ok bool) {
	if len(head) < header.IPv4MinimumSize || size < len(head) {
		return m, false
	}
	ip := header.IPv4(head)
	m.header = int(ip.HeaderLength())
	if head[0]>>4 != 4 || m.header < header.IPv4MinimumSize || m.header > len(head) || int(ip.TotalLength()) != size {
		return m, false
	}
	m.ttl = ip.TTL()
	if m.ttl == 0 {
		return m, false
	}
	m.id = ip.ID()
	m.more = ip.More()
	m.later = ip.FragmentOffset() != 0
	m.proto = ip.Protocol()
	m.src = ip.SourceAddress().As4()
	m.dst = ip.DestinationAddress().As4()
	if m.src[0] == 127 || m.dst[0] == 127 {
		return m, false // never outside a host (RFC 1122, 3.2.1.3)
	}
	if m.later {
		return m, true
	}
	t := head[m.header:]
	switch m.proto {
	case world.TCP:
		if len(t) < header.TCPMinimumSize {
			return m, false
		}
		m.tcpFlags = header.TCP(t).Flags()
	case world.UDP:
		if len(t) < header.UDPMinimumSize {
			return m, false
		}
	case world.ICMP:
		if len(t) < header.ICMPv4MinimumSize {
			return m, false
		}
		m.icmpType = header.ICMPv4(t).Type()
	}
	m.sport, m.dport, ok = ports(m.proto, t)
	return m, ok
}

// ports reads the ports, or twice the identifier of an ICMP echo, in the first
// eight bytes of a transport header. Other protocols have none.
func ports(proto uint8, t []byte) (src, dst uint16, ok bool) {
	if proto != world.TCP && proto != world.UDP && proto != world.ICMP {
		return 0, 0, true
	}
	if len(t) < 8 {
		return 0, 0, false
	}
	if proto == world.ICMP {
		i := header.ICMPv4(t)
		if i.Type() == header.ICMPv4Echo || i.Type() == header.ICMPv4EchoReply {
			return i.Ident(), i.Ident(), true
		}
		return 0, 0, true
	}
	u := header.UDP(t) // TCP's ports stand at the same place
	return u.SourcePort(), u.DestinationPort(), true
}

// quoted reads the header that an ICMP error quotes: the flow as the one who
// made the error saw it. It is what follows the eight bytes of ICMP.
func quoted(q []byte) (k key, hlen int, ok bool) {
	if len(q) < header.IPv4MinimumSize {
		return k, 0, false
	}
	ip := header.IPv4(q)
	hlen = int(ip.HeaderLength())
	if q[0]>>4 != 4 || hlen < header.IPv4MinimumSize || len(q) < hlen || ip.FragmentOffset() != 0 {
		return k, 0, false
	}
	k.proto, k.src, k.dst = ip.Protocol(), ip.SourceAddress().As4(), ip.DestinationAddress().As4()
	k.sport, k.dport, ok = ports(k.proto, q[hlen:])
	return k, hlen, ok
}

// rewrite puts the addresses and ports of k into an IPv4 header of hlen bytes
// and the transport header behind it, and mends the IPv4 checksum. Transport
// checksums are left: the wire has checksum offload, see [finish].
func rewrite(head []byte, hlen int, k key) {
	ip := header.IPv4(head)
	ip.SetSourceAddress(tcpip.AddrFrom4(k.src))
	ip.SetDestinationAddress(tcpip.AddrFrom4(k.dst))
	if t := head[hlen:]; ip.FragmentOffset() == 0 && len(t) >= 8 {
		switch k.proto {
		case world.TCP, world.UDP:
			u := header.UDP(t)
			u.SetSourcePort(k.sport)
			u.SetDestinationPort(k.dport)
		case world.ICMP:
			i := header.ICMPv4(t)
			if i.Type() == header.ICMPv4Echo || i.Type() == header.ICMPv4EchoReply {
				i.SetIdentWithChecksumUpdate(k.sport)
			}
		}
	}
	sumHeader(ip[:hlen])
}

func sumHeader(ip header.IPv4) {
	ip.SetChecksum(0)
	ip.SetChecksum(^ip.CalculateChecksum())
}

// finish fills in the checksums of a whole packet. Between the stacks they
// are never read, as if every card checked them; whoever sees the bytes
// ([Raw], [Net.Capture]) must find them right.
func finish(b []byte) {
	m, ok := parse(b, len(b))
	if !ok {
		return
	}
	ip := header.IPv4(b)
	sumHeader(ip[:m.header])
	if m.later || m.more {
		return // a sum over the whole datagram, which is not here
	}
	t := b[m.header:]
	pseudo := func() uint16 {
		return header.PseudoHeaderChecksum(tcpip.TransportProtocolNumber(m.proto), ip.SourceAddress(), ip.DestinationAddress(), uint16(len(t)))
	}
	switch m.proto {
	case world.TCP:
		tcp := header.TCP(t)
		tcp.SetChecksum(0)
		tcp.SetChecksum(^checksum.Checksum(t, pseudo()))
	case world.UDP:
		udp := header.UDP(t)
		udp.SetChecksum(0)
		sum := ^checksum.Checksum(t, pseudo())
		if sum == 0 {
			sum = 0xffff // zero says that there is none (RFC 768)
		}
		udp.SetChecksum(sum)
	case world.ICMP:
		sumICMP(t)
	}
}

func sumICMP(t []byte) {
	i := header.ICMPv4(t)
	i.SetChecksum(0)
	i.SetChecksum(^checksum.Checksum(t, 0))
}

// timeExceeded is what a router at hop says of a packet that died there. It
// quotes the header and eight bytes behind it (RFC 792), as the sender would
// know them: address translation is undone on the way back.
func timeExceeded(hop [4]byte, ttl uint8, head []byte, hlen int) []byte {
	quote := head[:min(len(head), hlen+8)]
	const own = header.IPv4MinimumSize + header.ICMPv4MinimumSize
	b := make([]byte, own+len(quote))
	header.IPv4(b).Encode(&header.IPv4Fields{
		TotalLength: uint16(len(b)),
		TTL:         ttl,
		Protocol:    world.ICMP,
		SrcAddr:     tcpip.AddrFrom4(hop),
		DstAddr:     header.IPv4(head).SourceAddress(),
	})
	header.ICMPv4(b[header.IPv4MinimumSize:]).SetType(header.ICMPv4TimeExceeded)
	copy(b[own:], quote)
	q := header.IPv4(b[own:])
	q.SetTTL(1) // as it arrived there
	sumHeader(q[:hlen])
	finish(b)
	return b
}

// echoReply turns an echo request into its answer (RFC 792).
func echoReply(b []byte) []byte {
	ip := header.IPv4(b)
	src, dst := ip.SourceAddress(), ip.DestinationAddress()
	ip.SetSourceAddress(dst)
	ip.SetDestinationAddress(src)
	ip.SetTTL(defaultTTL)
	header.ICMPv4(b[ip.HeaderLength():]).SetType(header.ICMPv4EchoReply)
	finish(b)
	return b
}

// datagram is a UDP packet.
func datagram(k key, payload []byte) []byte {
	const own = header.IPv4MinimumSize + header.UDPMinimumSize
	b := make([]byte, own+len(payload))
	header.IPv4(b).Encode(&header.IPv4Fields{
		TotalLength: uint16(len(b)),
		TTL:         defaultTTL,
		Protocol:    world.UDP,
		SrcAddr:     tcpip.AddrFrom4(k.src),
		DstAddr:     tcpip.AddrFrom4(k.dst),
	})
	header.UDP(b[header.IPv4MinimumSize:]).Encode(&header.UDPFields{
		SrcPort: k.sport,
		DstPort: k.dport,
		Length:  uint16(header.UDPMinimumSize + len(payload)),
	})
	copy(b[own:], payload)
	finish(b)
	return b
}

// maxHeaders is the longest IPv4 header and the longest TCP header.
const maxHeaders = header.IPv4MaximumHeaderSize + header.TCPHeaderMaximumSize

// packet is one IPv4 packet on its way. The headers are its own, to be
// rewritten; the bytes behind them are shared with the sender's buffers.
type packet struct {
	meta
	head *buffer.View
	rest buffer.Buffer
}

// newPacket takes b over. It reports false for a malformed packet; release is
// due in either case.
func newPacket(b buffer.Buffer) (p packet, ok bool) {
	p.rest = b
	size := int(b.Size())
	var start [header.IPv4MinimumSize]byte
	if n, err := p.rest.ReadAt(start[:], 0); err != nil || n < len(start) {
		return p, false
	}
	n := min(size, maxHeaders)
	if header.IPv4(start[:]).Protocol() == world.ICMP {
		n = size // ICMP's sum is over all of it, and errors are rewritten inside
	}
	p.head = buffer.NewViewSize(n)
	p.rest.ReadAt(p.head.AsSlice(), 0)
	p.rest.TrimFront(int64(n))
	p.meta, ok = parse(p.head.AsSlice(), size)
	return p, ok
}

// bytes is a copy of the whole packet with its checksums filled in.
func (p *packet) bytes() []byte {
	b := make([]byte, p.head.Size()+int(p.rest.Size()))
	n := copy(b, p.head.AsSlice())
	if n < len(b) {
		p.rest.ReadAt(b[n:], 0)
	}
	finish(b)
	return b
}

// take hands the packet's buffers over.
func (p *packet) take() buffer.Buffer {
	b := p.rest
	b.Prepend(p.head)
	p.head, p.rest = nil, buffer.Buffer{}
	return b
}

func (p *packet) release() {
	if p.head != nil {
		p.head.Release()
	}
	p.rest.Release()
	p.head = nil
}
