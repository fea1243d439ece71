package packet

import (
	"encoding/binary"
	"net/netip"
)

// Kind is what a packet that came in means to a prober.
type Kind int

const (
	Other       Kind = iota
	EchoReply        // the host answered a ping
	Exceeded         // a router: the TTL ran out (type 11)
	Unreachable      // a router or the host: type 3, with a code
	Accepted         // TCP SYN-ACK
	Refused          // TCP RST
)

// The codes of Unreachable.
const (
	CodeNet, CodeHost, CodeProtocol, CodePort = 0, 1, 2, 3
	CodeFragmentation, CodeSourceRoute        = 4, 5
)

// Reply is a packet that came in, in terms of the probe that it answers: Proto,
// Dst and the ports are the probe's own, from its quotation where a router
// answered.
type Reply struct {
	Kind    Kind
	Type    uint8 // of ICMP
	Code    uint8
	MTU     uint16 // of the next hop, with CodeFragmentation
	From    netip.Addr
	TTL     uint8 // as it arrived
	Size    int   // bytes after the IP header
	Proto   uint8
	Dst     netip.Addr
	SrcPort uint16 // or the identifier of an echo
	DstPort uint16 // or its sequence number
	Data    []byte // of an echo reply
}

// Parse reads a whole IPv4 packet. It reports false for what is none, is cut
// short, or answers nothing.
func Parse(b []byte) (Reply, bool) {
	proto, src, _, body, ok := unwrap(b, true)
	if !ok {
		return Reply{}, false
	}
	r := Reply{From: src, TTL: b[8], Size: len(body)}
	switch proto {
	case TCP:
		return r, r.tcp(body)
	case ICMP:
		return r, r.icmp(body)
	}
	return r, false
}

// unwrap takes the header off; whole demands that the packet is not cut.
func unwrap(b []byte, whole bool) (proto uint8, src, dst netip.Addr, body []byte, ok bool) {
	if len(b) < ipSize || b[0]>>4 != 4 {
		return
	}
	size, total := int(b[0]&0x0f)*4, int(binary.BigEndian.Uint16(b[2:]))
	if size < ipSize || size > len(b) || total < size {
		return
	}
	if total > len(b) {
		if whole {
			return
		}
		total = len(b)
	}
	return b[9], netip.AddrFrom4([4]byte(b[12:16])), netip.AddrFrom4([4]byte(b[16:20])), b[size:total], true
}

func (r *Reply) tcp(b []byte) bool {
	if len(b) < 20 {
		return false
	}
	r.Proto, r.Dst = TCP, r.From
	r.DstPort, r.SrcPort = binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	switch flags := b[13]; {
	case flags&flagRST != 0:
		r.Kind = Refused
	case flags&(flagSYN|flagACK) == flagSYN|flagACK:
		r.Kind = Accepted
	default:
		return false
	}
	return true
}

func (r *Reply) icmp(b []byte) bool {
	if len(b) < 8 {
		return false
	}
	r.Type, r.Code = b[0], b[1]
	switch r.Type {
	case typeEchoReply:
		r.Kind, r.Proto, r.Dst = EchoReply, ICMP, r.From
		r.SrcPort, r.DstPort = binary.BigEndian.Uint16(b[4:]), binary.BigEndian.Uint16(b[6:])
		r.Data = b[8:]
		return true
	case typeExceeded:
		r.Kind = Exceeded
	case typeUnreachable:
		r.Kind = Unreachable
		r.MTU = binary.BigEndian.Uint16(b[6:])
	default:
		return false
	}
	return r.quoted(b[8:])
}

// quoted reads the head of the probe that a router sent back.
func (r *Reply) quoted(b []byte) bool {
	proto, _, dst, body, ok := unwrap(b, false)
	if !ok || len(body) < 8 {
		return false
	}
	r.Proto, r.Dst = proto, dst
	switch proto {
	case TCP, UDP:
		r.SrcPort, r.DstPort = binary.BigEndian.Uint16(body), binary.BigEndian.Uint16(body[2:])
	case ICMP:
		if body[0] != typeEcho {
			return false
		}
		r.SrcPort, r.DstPort = binary.BigEndian.Uint16(body[4:]), binary.BigEndian.Uint16(body[6:])
	default:
		return false
	}
	return true
}
