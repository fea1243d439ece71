package packet

import (
	"net/netip"
	"testing"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"
)

var header = Header{
	Src: netip.MustParseAddr("10.0.1.123"), Dst: netip.MustParseAddr("52.219.56.25"),
	TTL: 3, ID: 7, DontFragment: true,
}

// answer quotes a probe as a router does: its header and eight bytes.
func answer(t *testing.T, from string, kind icmp.Type, code int, probe []byte) []byte {
	t.Helper()
	var body icmp.MessageBody = &icmp.TimeExceeded{Data: probe[:28]}
	if kind == ipv4.ICMPTypeDestinationUnreachable {
		body = &icmp.DstUnreach{Data: probe[:28]}
	}
	b, err := (&icmp.Message{Type: kind, Code: code, Body: body}).Marshal(nil)
	if err != nil {
		t.Fatal(err)
	}
	h := Header{Src: netip.MustParseAddr(from), Dst: header.Src, TTL: 250}
	return h.wrap(ICMP, b)
}

// The headers that x/net reads are the ones we wrote.
func TestProbesAreValid(t *testing.T) {
	for name, b := range map[string][]byte{
		"udp":  Datagram(header, 40000, 33434, make([]byte, 32)),
		"syn":  Syn(header, 40000, 443, 1, 2),
		"echo": Echo(header, 5, 1, make([]byte, 32)),
	} {
		h, err := ipv4.ParseHeader(b)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(b) != 60 || h.TotalLen != 60 || h.TTL != 3 || h.ID != 7 || h.Flags != ipv4.DontFragment || h.Dst.String() != "52.219.56.25" {
			t.Errorf("%s: %d bytes, header %v", name, len(b), h)
		}
		if sum := Checksum(0, b[:20]); sum != 0 {
			t.Errorf("%s: header sums to %#x", name, sum)
		}
		body := b[20:]
		sum := Checksum(0, body)
		if h.Protocol != ICMP {
			sum = Checksum(header.pseudo(uint8(h.Protocol), len(body)), body)
		}
		if sum != 0 {
			t.Errorf("%s: body sums to %#x", name, sum)
		}
	}
}

func TestParse(t *testing.T) {
	udp := Datagram(header, 40000, 33440, make([]byte, 32))
	syn := Syn(header, 40001, 443, 1, 2)
	echo := Echo(header, 5, 9, nil)
	exceeded, unreachable := ipv4.ICMPTypeTimeExceeded, ipv4.ICMPTypeDestinationUnreachable
	back := Header{Src: header.Dst, Dst: header.Src, TTL: 60}
	segment := func(flags byte) []byte {
		b := Syn(back, 443, 40001, 1, 2)
		b[20+13] = flags
		return b
	}
	pong := func() []byte {
		b := Echo(back, 5, 9, []byte("data"))
		b[20] = typeEchoReply
		return b
	}()
	for _, c := range []struct {
		name  string
		in    []byte
		kind  Kind
		proto uint8
		from  string
		src   uint16
		dst   uint16
	}{
		{"hop of udp", answer(t, "100.64.0.1", exceeded, 0, udp), Exceeded, UDP, "100.64.0.1", 40000, 33440},
		{"hop of syn", answer(t, "100.64.0.1", exceeded, 0, syn), Exceeded, TCP, "100.64.0.1", 40001, 443},
		{"hop of echo", answer(t, "100.64.0.1", exceeded, 0, echo), Exceeded, ICMP, "100.64.0.1", 5, 9},
		{"port unreachable", answer(t, "52.219.56.25", unreachable, 3, udp), Unreachable, UDP, "52.219.56.25", 40000, 33440},
		{"syn-ack", segment(flagSYN | flagACK), Accepted, TCP, "52.219.56.25", 40001, 443},
		{"reset", segment(flagRST | flagACK), Refused, TCP, "52.219.56.25", 40001, 443},
		{"pong", pong, EchoReply, ICMP, "52.219.56.25", 5, 9},
	} {
		r, ok := Parse(c.in)
		if !ok || r.Kind != c.kind || r.Proto != c.proto || r.From.String() != c.from ||
			r.SrcPort != c.src || r.DstPort != c.dst || r.Dst != header.Dst {
			t.Errorf("%s: %v %+v", c.name, ok, r)
		}
		for n := range len(c.in) {
			if r, ok := Parse(c.in[:n]); ok {
				t.Errorf("%s cut to %d bytes: %+v", c.name, n, r)
			}
		}
	}
	if r, ok := Parse(segment(flagACK)); ok {
		t.Errorf("a bare ACK is no answer: %+v", r)
	}
	if r, ok := Parse(echo); ok {
		t.Errorf("an echo request is no answer: %+v", r)
	}
}

// What a host answers is what a prober understands.
func TestAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		probe []byte
		open  bool
		kind  Kind
	}{
		"udp":    {Datagram(header, 40000, 33434, make([]byte, 32)), false, Unreachable},
		"echo":   {Echo(header, 5, 1, []byte("data")), false, EchoReply},
		"open":   {Syn(header, 40000, 22, 1, 2), true, Accepted},
		"closed": {Syn(header, 40000, 23, 1, 2), false, Refused},
	} {
		b := Answer(c.probe, 127, c.open)
		r, ok := Parse(b)
		if !ok || r.Kind != c.kind || r.From != header.Dst || r.Dst != header.Dst || r.TTL != 127 {
			t.Errorf("%s: %v %+v", name, ok, r)
		}
		if again := Answer(b, 127, true); again != nil {
			t.Errorf("%s: an answer was answered", name)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(Syn(header, 40001, 443, 1, 2))
	f.Add(Echo(header, 5, 9, nil))
	h := Header{Src: header.Dst, Dst: header.Src, TTL: 9}
	f.Add(h.wrap(ICMP, append([]byte{11, 0, 0, 0, 0, 0, 0, 0}, Datagram(header, 1, 2, nil)...)))
	f.Fuzz(func(t *testing.T, b []byte) {
		if a := Answer(b, 9, true); a != nil {
			if _, ok := Parse(a); !ok {
				t.Errorf("an answer that means nothing: %x", a)
			}
		}
		r, ok := Parse(b)
		if ok && (r.Kind == Other || !r.From.Is4() || !r.Dst.Is4()) {
			t.Errorf("accepted without a meaning: %+v", r)
		}
	})
}
