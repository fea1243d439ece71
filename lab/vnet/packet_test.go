package vnet

import (
	"bytes"
	"net/netip"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"

	"gatewalk/lab/world"
)

func TestTranslate(t *testing.T) {
	ap := netip.MustParseAddrPort
	a := func(s string) [4]byte { return netip.MustParseAddr(s).As4() }
	k := key{a("10.0.1.1"), a("52.219.56.25"), 40000, 443, world.TCP}
	ping := key{a("10.0.1.1"), a("52.219.56.25"), 7, 7, world.ICMP}
	with := func(k key, f func(*key)) key { f(&k); return k }
	for _, tt := range []struct {
		name string
		k    key
		v    world.Verdict
		want key
		ok   bool
	}{
		{"nothing", k, world.Verdict{}, k, true},
		{"source", k, world.Verdict{Src: ap("1.2.3.4:5")}, with(k, func(k *key) { k.src, k.sport = a("1.2.3.4"), 5 }), true},
		{"destination", k, world.Verdict{Dst: ap("1.2.3.4:5")}, with(k, func(k *key) { k.dst, k.dport = a("1.2.3.4"), 5 }), true},
		{"address alone", k, world.Verdict{Src: ap("1.2.3.4:0")}, with(k, func(k *key) { k.src = a("1.2.3.4") }), true},
		{"mapped", k, world.Verdict{Src: ap("[::ffff:1.2.3.4]:5")}, with(k, func(k *key) { k.src, k.sport = a("1.2.3.4"), 5 }), true},
		{"identifier by source", ping, world.Verdict{Src: ap("1.2.3.4:9")}, with(ping, func(k *key) { k.src, k.sport, k.dport = a("1.2.3.4"), 9, 9 }), true},
		{"identifier by destination", ping, world.Verdict{Dst: ap("1.2.3.4:9")}, with(ping, func(k *key) { k.dst, k.sport, k.dport = a("1.2.3.4"), 9, 9 }), true},
		{"IPv6", k, world.Verdict{Src: ap("[::1]:5")}, key{}, false},
	} {
		got, ok := tt.k.translate(&tt.v)
		if ok != tt.ok || ok && got != tt.want {
			t.Errorf("%s: %v %v, want %v", tt.name, got.flow(), ok, tt.want.flow())
		}
	}
}

// A NAT gateway changes an echo's identifier; the sum must follow.
func TestRewriteIdentifier(t *testing.T) {
	b := probe(world.ICMP, 64, s3, 7, 1)
	finish(b)
	rewrite(b, 20, key{bastionIP.As4(), s3.As4(), 9000, 9000, world.ICMP})
	if i := header.ICMPv4(b[20:]); i.Ident() != 9000 || checksum.Checksum(b[20:], 0) != 0xffff {
		t.Errorf("identifier %d, sum %#x", i.Ident(), checksum.Checksum(b[20:], 0))
	}
	if !header.IPv4(b).IsChecksumValid() {
		t.Error("the header's sum")
	}
}

// FuzzPacket throws bytes at everything that reads packets: the parsers on
// their own, and a whole wire with its stacks.
func FuzzPacket(f *testing.F) {
	for _, proto := range []uint8{world.UDP, world.TCP, world.ICMP} {
		for _, ttl := range []uint8{1, 2, 64} {
			f.Add(probe(proto, ttl, s3, 40000, 443))
			f.Add(probe(proto, ttl, private, 40000, 22))
		}
	}
	about := probe(world.UDP, 9, private, 1, 2)
	finish(about)
	f.Add(timeExceeded(bastion.As4(), 64, about, 20))
	f.Add(datagram(key{bastion.As4(), private.As4(), 1, 2, world.UDP}, []byte("payload")))
	fragment := probe(world.UDP, 64, private, 1, 2)
	fragment[6] = 0x20 // more follow
	f.Add(fragment)
	later := bytes.Clone(fragment)
	later[7] = 5
	f.Add(later)
	f.Add(bytes.Repeat([]byte{0x4f}, 60))

	l := newLab(f, 1000)
	echo(f, l.private, ":22")
	echo(f, l.s3, ":443")
	f.Fuzz(func(t *testing.T, b []byte) {
		// The parsers, on bytes that no one has put right.
		if m, ok := parse(b, len(b)); ok {
			if m.header < 20 || m.header > len(b) || m.ttl == 0 {
				t.Fatalf("parsed %+v of %x", m, b)
			}
			again := bytes.Clone(b)
			finish(again)
			if n, ok := parse(again, len(again)); !ok || n != m {
				t.Fatalf("finish changed %+v to %+v", m, n)
			}
			twice := bytes.Clone(again)
			finish(twice)
			if !bytes.Equal(again, twice) {
				t.Fatalf("finish is not stable: %x, %x", again, twice)
			}
			rewrite(again, m.header, m.key)
			if !bytes.Equal(again, twice) {
				t.Fatalf("rewriting to the same changed %x to %x", twice, again)
			}
		}
		quoted(b)
		// The wire, from a stack and from a program.
		l.send(l.bastion, buffer.MakeWithData(b), time.Time{})
		r := openRaw(t, l.bastion)
		if r.Write(b) == nil && len(b) >= 20 {
			own := bytes.Clone(b) // once more as the bastion's own
			copy(own[12:], make([]byte, 4))
			r.Write(own)
		}
	})
}
