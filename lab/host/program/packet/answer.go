package packet

import "encoding/binary"

// Answer is what a host answers to a probe that reached it: an echo reply, a
// port unreachable, or for a SYN a SYN-ACK or RST by whether the port is open.
// It is nil for anything else.
func Answer(probe []byte, ttl uint8, open bool) []byte {
	proto, src, dst, body, ok := unwrap(probe, true)
	if !ok || len(body) < 8 {
		return nil
	}
	h := Header{Src: dst, Dst: src, TTL: ttl}
	switch {
	case proto == UDP:
		size := int(probe[0]&0x0f) * 4 // of the header, with its options
		b := append(make([]byte, 8), probe[:size+8]...)
		b[0], b[1] = typeUnreachable, CodePort
		binary.BigEndian.PutUint16(b[2:], Checksum(0, b))
		return h.wrap(ICMP, b)
	case proto == ICMP && body[0] == typeEcho:
		b := append([]byte(nil), body...)
		b[0], b[2], b[3] = typeEchoReply, 0, 0
		binary.BigEndian.PutUint16(b[2:], Checksum(0, b))
		return h.wrap(ICMP, b)
	case proto == TCP && len(body) >= 20 && body[13]&(flagSYN|flagACK|flagRST) == flagSYN:
		b := make([]byte, 20)
		copy(b, body[2:4])
		copy(b[2:], body[:2])
		binary.BigEndian.PutUint32(b[8:], binary.BigEndian.Uint32(body[4:])+1)
		b[12], b[13] = 5<<4, flagRST|flagACK
		if open {
			b[13] = flagSYN | flagACK
		}
		binary.BigEndian.PutUint16(b[16:], Checksum(h.pseudo(TCP, len(b)), b))
		return h.wrap(TCP, b)
	}
	return nil
}
