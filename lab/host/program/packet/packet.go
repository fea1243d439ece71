// Package packet builds the probes that traceroute and ping send through a raw
// socket, and reads what comes back.
//
// It is pure: bytes in, bytes out, no allocation is kept. Only IPv4 is known,
// and only what those two programs need of it.
package packet

import (
	"encoding/binary"
	"net/netip"
)

// Protocol numbers.
const (
	ICMP = 1
	TCP  = 6
	UDP  = 17
)

// Header is what a probe's IPv4 header says.
type Header struct {
	Src, Dst     netip.Addr
	TTL          uint8
	TOS          uint8
	ID           uint16
	DontFragment bool
}

const ipSize = 20

// wrap puts h before a payload and returns the whole packet.
func (h Header) wrap(proto uint8, payload []byte) []byte {
	b := make([]byte, ipSize, ipSize+len(payload))
	b[0], b[1] = 4<<4|ipSize/4, h.TOS
	binary.BigEndian.PutUint16(b[2:], uint16(ipSize+len(payload)))
	binary.BigEndian.PutUint16(b[4:], h.ID)
	if h.DontFragment {
		b[6] = 1 << 6
	}
	b[8], b[9] = h.TTL, proto
	copy(b[12:], h.Src.AsSlice())
	copy(b[16:], h.Dst.AsSlice())
	binary.BigEndian.PutUint16(b[10:], Checksum(0, b))
	return append(b, payload...)
}

// pseudo is the sum of the pseudo-header that TCP and UDP checksums cover.
func (h Header) pseudo(proto uint8, size int) uint32 {
	s, d := h.Src.As4(), h.Dst.As4()
	return uint32(binary.BigEndian.Uint16(s[:])) + uint32(binary.BigEndian.Uint16(s[2:])) +
		uint32(binary.BigEndian.Uint16(d[:])) + uint32(binary.BigEndian.Uint16(d[2:])) +
		uint32(proto) + uint32(size)
}

// Checksum is the Internet checksum (RFC 1071) of b, begun with sum.
func Checksum(sum uint32, b []byte) uint16 {
	for ; len(b) >= 2; b = b[2:] {
		sum += uint32(binary.BigEndian.Uint16(b))
	}
	if len(b) == 1 {
		sum += uint32(b[0]) << 8
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

// Datagram builds a UDP packet.
func Datagram(h Header, sport, dport uint16, data []byte) []byte {
	b := make([]byte, 8, 8+len(data))
	binary.BigEndian.PutUint16(b, sport)
	binary.BigEndian.PutUint16(b[2:], dport)
	binary.BigEndian.PutUint16(b[4:], uint16(8+len(data)))
	b = append(b, data...)
	sum := Checksum(h.pseudo(UDP, len(b)), b)
	if sum == 0 {
		sum = 0xffff // 0 would say "no checksum"
	}
	binary.BigEndian.PutUint16(b[6:], sum)
	return h.wrap(UDP, b)
}

// Syn builds a TCP SYN with the options of a Linux client: 40 bytes after the
// IP header.
func Syn(h Header, sport, dport uint16, seq, stamp uint32) []byte {
	b := make([]byte, 40)
	binary.BigEndian.PutUint16(b, sport)
	binary.BigEndian.PutUint16(b[2:], dport)
	binary.BigEndian.PutUint32(b[4:], seq)
	b[12], b[13] = 10<<4, flagSYN
	binary.BigEndian.PutUint16(b[14:], 5840)
	o := b[20:]
	copy(o, []byte{2, 4, 0x05, 0xb4, 4, 2, 8, 10}) // MSS 1460, SACK permitted, timestamps
	binary.BigEndian.PutUint32(o[8:], stamp)
	copy(o[16:], []byte{1, 3, 3, 2}) // window scale
	binary.BigEndian.PutUint16(b[16:], Checksum(h.pseudo(TCP, len(b)), b))
	return h.wrap(TCP, b)
}

// Echo builds an ICMP echo request.
func Echo(h Header, id, seq uint16, data []byte) []byte {
	b := make([]byte, 8, 8+len(data))
	b[0] = typeEcho
	binary.BigEndian.PutUint16(b[4:], id)
	binary.BigEndian.PutUint16(b[6:], seq)
	b = append(b, data...)
	binary.BigEndian.PutUint16(b[2:], Checksum(0, b))
	return h.wrap(ICMP, b)
}

const (
	flagSYN, flagRST, flagACK = 0x02, 0x04, 0x10

	typeEchoReply, typeUnreachable, typeEcho, typeExceeded = 0, 3, 8, 11
)
