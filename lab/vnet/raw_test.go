package vnet

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"

	"gatewalk/lab/world"
)

// probe is a packet as traceroute sends it: no checksum, no source address.
func probe(proto uint8, ttl uint8, dst netip.Addr, sport, dport uint16) []byte {
	size := map[uint8]int{world.UDP: 8 + 32, world.TCP: 20, world.ICMP: 8 + 56}[proto]
	b := make([]byte, 20+size)
	header.IPv4(b).Encode(&header.IPv4Fields{TotalLength: uint16(len(b)), TTL: ttl, Protocol: proto, ID: sport})
	copy(b[16:], dst.AsSlice())
	t := b[20:]
	switch proto {
	case world.UDP:
		header.UDP(t).Encode(&header.UDPFields{SrcPort: sport, DstPort: dport, Length: uint16(size)})
	case world.TCP:
		header.TCP(t).Encode(&header.TCPFields{SrcPort: sport, DstPort: dport, SeqNum: 1, DataOffset: 20, Flags: header.TCPFlagSyn, WindowSize: 5840})
	case world.ICMP:
		t[0] = byte(header.ICMPv4Echo)
		binary.BigEndian.PutUint16(t[4:], sport)
		binary.BigEndian.PutUint16(t[6:], dport)
	}
	return b
}

func openRaw(t testing.TB, h *Host) *Raw {
	t.Helper()
	r, err := h.Raw()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// answer is what a probe brought back, or "" for silence.
type answer struct {
	from netip.Addr
	kind string // "time exceeded", "unreachable 3", "echo reply", "SA", "RA"
	rtt  time.Duration
}

// quiet is how long silence is waited for; an answer may take longer, on a
// machine that is busy.
const quiet = 100 * time.Millisecond

// ask sends a probe and reads what comes back, holding it to what any answer
// must be: addressed to the host, with right checksums, quoting the probe as it
// was sent.
func ask(t testing.TB, r *Raw, packet []byte, wait time.Duration) answer {
	t.Helper()
	sent := r.host.net.clock.Now()
	if err := r.WriteAt(packet, sent); err != nil {
		t.Fatal(err)
	}
	got, at, err := r.Read(within(t, wait))
	if errors.Is(err, context.DeadlineExceeded) {
		return answer{}
	}
	if err != nil {
		t.Fatal(err)
	}
	ip := header.IPv4(got)
	if dst := netip.AddrFrom4(ip.DestinationAddress().As4()); dst != r.host.Addr() {
		t.Errorf("the answer is for %v", dst)
	}
	whole := bytes.Clone(got)
	finish(whole)
	if !bytes.Equal(got, whole) {
		t.Errorf("wrong checksums: %x, want %x", got, whole)
	}
	a := answer{from: netip.AddrFrom4(ip.SourceAddress().As4()), rtt: at.Sub(sent)}
	body := got[ip.HeaderLength():]
	if ip.Protocol() == world.TCP {
		a.kind = strings.Join(strings.Fields(header.TCP(body).Flags().String()), "")
		return a
	}
	if checksum.Checksum(body, 0) != 0xffff {
		t.Errorf("wrong ICMP checksum")
	}
	switch i := header.ICMPv4(body); i.Type() {
	case header.ICMPv4TimeExceeded:
		a.kind = "time exceeded"
	case header.ICMPv4DstUnreachable:
		a.kind = fmt.Sprintf("unreachable %d", i.Code())
	case header.ICMPv4EchoReply:
		a.kind = "echo reply"
		return a
	}
	quote, want := header.IPv4(body[8:]), bytes.Clone(packet)
	copy(want[12:], r.host.Addr().AsSlice())
	finish(want)
	if quote.SourceAddress() != header.IPv4(want).SourceAddress() || quote.DestinationAddress() != header.IPv4(want).DestinationAddress() {
		t.Errorf("it quotes %v > %v", quote.SourceAddress(), quote.DestinationAddress())
	}
	if !quote.IsChecksumValid() {
		t.Error("the quoted header's checksum is wrong")
	}
	if !bytes.Equal(quote[20:28], want[20:28]) {
		t.Errorf("it quotes %x of %x", quote[20:28], want[20:28])
	}
	return a
}

func TestTraceroute(t *testing.T) {
	hop := func(i int) answer { return answer{igwPath[i].Addr, "time exceeded", igwPath[i].Delay} }
	for _, speed := range []float64{1, 100} {
		l := newLab(t, speed)
		echo(t, l.s3, ":443")
		r, p := openRaw(t, l.bastion), openRaw(t, l.private)
		deaf := func(on bool) func() { return func() { l.world.change(func() { l.world.deaf = on }) } }
		vpce := func(id string) func() { return func() { l.world.change(func() { l.world.vpce = id }) } }
		for i, tt := range []struct {
			name   string
			raw    *Raw
			proto  uint8
			ttl    uint8
			port   uint16
			before func()
			want   answer
		}{
			{"UDP, hop 1", r, world.UDP, 1, 33434, nil, hop(0)},
			{"UDP, a router that never answers", r, world.UDP, 2, 33437, nil, answer{}},
			{"UDP, hop 3", r, world.UDP, 3, 33440, nil, hop(2)},
			{"UDP, arrived", r, world.UDP, 4, 33443, nil, answer{s3, "unreachable 3", rtt}},
			{"UDP, arrived with more", r, world.UDP, 64, 33444, nil, answer{s3, "unreachable 3", rtt}},
			{"ICMP, hop 1", r, world.ICMP, 1, 1, nil, hop(0)},
			{"ICMP, hop 3", r, world.ICMP, 3, 2, nil, hop(2)},
			{"ICMP, arrived", r, world.ICMP, 4, 3, nil, answer{s3, "echo reply", rtt}},
			{"TCP, hop 1", r, world.TCP, 1, 443, nil, hop(0)},
			{"TCP, arrived", r, world.TCP, 4, 443, nil, answer{s3, "SA", rtt}},
			{"TCP, closed port", r, world.TCP, 4, 444, nil, answer{s3, "RA", rtt}},
			{"deaf host, UDP", r, world.UDP, 30, 33500, deaf(true), answer{}},
			{"deaf host, ICMP", r, world.ICMP, 30, 9, nil, answer{}},
			{"deaf host, its routers answer", r, world.UDP, 1, 33501, nil, hop(0)},
			{"deaf host, TCP", r, world.TCP, 30, 443, nil, answer{s3, "SA", rtt}},
			{"no route", p, world.TCP, 1, 443, nil, answer{}},
			{"endpoint, TCP on the way", p, world.TCP, 7, 443, vpce(endpoint), answer{}},
			{"endpoint, TCP arrived", p, world.TCP, 8, 443, nil, answer{s3, "SA", rtt}},
			{"endpoint, UDP", p, world.UDP, 30, 33434, nil, answer{}},
		} {
			t.Run(fmt.Sprintf("%s at speed %v", tt.name, speed), func(t *testing.T) {
				if tt.before != nil {
					tt.before()
				}
				sport := uint16(40000 + i) // a flow of its own
				wait := 5 * time.Second
				if tt.want == (answer{}) {
					wait = quiet
				}
				got := ask(t, tt.raw, probe(tt.proto, tt.ttl, s3, sport, tt.port), wait)
				if got.rtt != tt.want.rtt || got.from != tt.want.from || got.kind != tt.want.kind {
					t.Errorf("got %+v, want %+v", got, tt.want)
				}
			})
		}
		l.Close()
	}
}

// An echo request that crosses an endpoint vanishes even where the router lets
// it in.
func TestEndpointCarriesNoICMPBack(t *testing.T) {
	l := newLab(t, 1)
	l.world.change(func() { l.world.bastion = endpoint })
	r := openRaw(t, l.bastion)
	for _, proto := range []uint8{world.ICMP, world.UDP} {
		if got := ask(t, r, probe(proto, 64, s3, 5, 33434), quiet); got != (answer{}) {
			t.Errorf("protocol %d: %v", proto, got)
		}
	}
}

// An ICMP error needs a flow that it is about; a forged one goes nowhere.
func TestForgedError(t *testing.T) {
	l := newLab(t, 1)
	victim := openRaw(t, l.private)
	forger := openRaw(t, l.bastion)
	about := probe(world.UDP, 64, bastion, 1000, 2000)
	copy(about[12:], private.AsSlice())
	finish(about)
	forged := timeExceeded(bastion.As4(), 64, about, 20)
	if err := forger.Write(forged); err != nil {
		t.Fatal(err)
	}
	if p, _, err := victim.Read(within(t, 50*time.Millisecond)); err == nil {
		t.Errorf("it arrived: %x", p)
	}
	// As someone else: the card checks.
	spoofed := probe(world.UDP, 64, bastion, 1000, 2000)
	copy(spoofed[12:], laptop.AsSlice())
	if err := forger.Write(spoofed); err != nil {
		t.Fatal(err)
	}
	if p, _, err := victim.Read(within(t, 50*time.Millisecond)); err == nil {
		t.Errorf("it arrived: %x", p)
	}
}

func TestRawErrors(t *testing.T) {
	l := newLab(t, 1)
	r := openRaw(t, l.bastion)
	good := probe(world.UDP, 1, s3, 1, 2)
	broken := func(at int, v byte) []byte {
		b := bytes.Clone(good)
		b[at] = v
		return b
	}
	for _, tt := range []struct {
		name   string
		packet []byte
		want   error
	}{
		{"nothing", nil, syscall.EINVAL},
		{"half a header", good[:19], syscall.EINVAL},
		{"half a UDP header", good[:24], syscall.EINVAL},
		{"IPv6", broken(0, 0x65), syscall.EINVAL},
		{"header longer than the packet", broken(0, 0x4f)[:50], syscall.EINVAL},
		{"dead on departure", broken(8, 0), syscall.EINVAL},
		{"to itself in vain", broken(16, 127), syscall.EINVAL},
		{"too long", append(good, make([]byte, 9001)...), syscall.EMSGSIZE},
		{"good", good, nil},
	} {
		if err := r.Write(tt.packet); !errors.Is(err, tt.want) || (tt.want == nil) != (err == nil) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
	r.see(false, time.Time{}, good) // one has come, which a closed socket does not hand out
	r.Close()
	if err := r.Write(good); !errors.Is(err, net.ErrClosed) {
		t.Errorf("writing after Close: %v", err)
	}
	if _, _, err := r.Read(t.Context()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("reading after Close: %v", err)
	}
	if err := r.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
}
