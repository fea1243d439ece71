package vnet

import (
	"context"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"gatewalk/lab/world"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Addresses of the little world that the tests route.
var (
	bastion   = netip.MustParseAddr("10.0.1.123")
	bastionIP = netip.MustParseAddr("43.200.10.20") // its public address
	private   = netip.MustParseAddr("10.0.2.234")
	laptop    = netip.MustParseAddr("203.0.113.7")
	s3        = netip.MustParseAddr("52.219.56.25")
	s3Range   = netip.MustParsePrefix("52.219.56.0/22")
	carrier   = netip.MustParseAddr("240.0.0.2") // of the private instance
	igwPath   = []world.Hop{
		{Addr: netip.MustParseAddr("52.79.0.145"), Delay: 3 * time.Millisecond},
		{}, // never answers
		{Addr: netip.MustParseAddr("100.64.2.213"), Delay: 21 * time.Millisecond},
	}
	silentPath = make([]world.Hop, 7)
)

const (
	igw      = "igw-1"
	endpoint = "vpce-1"
	rtt      = 250 * time.Microsecond
)

// fakeWorld is a VPC with a bastion behind an internet gateway (1:1 NAT), a
// private instance that may have a gateway endpoint, S3 and the laptop.
type fakeWorld struct {
	gen atomic.Uint64

	mu       sync.Mutex
	vpce     string // of the private table; "" for none
	bastion  string // route target of the bastion's table for S3
	closed   bool   // groups let nothing new in
	deaf     bool   // S3 does not answer probes
	asked    int
	override func(from world.HostID, f world.Flow, tracked func(world.Flow) bool) (world.Verdict, bool)
}

func newFakeWorld() *fakeWorld { return &fakeWorld{bastion: igw} }

func (w *fakeWorld) Generation() uint64 { return w.gen.Load() }

func (w *fakeWorld) change(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
	w.gen.Add(1)
}

func (w *fakeWorld) calls() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.asked
}

var hostOf = map[netip.Addr]world.HostID{bastion: "bastion", private: "private", laptop: world.Laptop, bastionIP: "bastion"}

func (w *fakeWorld) Route(from world.HostID, f world.Flow, tracked func(world.Flow) bool) world.Verdict {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked++
	if w.override != nil {
		if v, ok := w.override(from, f, tracked); ok {
			return v
		}
	}
	dst, toS3 := f.Dst.Addr(), s3Range.Contains(f.Dst.Addr())
	with := func(a netip.Addr, p uint16) netip.AddrPort { return netip.AddrPortFrom(a, p) }
	admit := func(v world.Verdict) world.Verdict {
		if w.closed && !tracked(v.Inside) {
			return world.Verdict{Code: world.CodeGroup, Object: "sg-1"}
		}
		return v
	}
	switch {
	case from == "bastion" && toS3 && w.bastion == endpoint:
		return world.Verdict{Action: world.Deliver, To: world.S3, Path: silentPath, Via: endpoint, RTT: rtt, Inside: f}
	case from == "bastion" && (toS3 || dst == laptop) && w.bastion == igw:
		to := world.Laptop
		if toS3 {
			to = world.S3
		}
		return world.Verdict{Action: world.Deliver, To: to, Src: with(bastionIP, f.Src.Port()),
			Path: igwPath, Via: igw, RTT: rtt, Inside: f, Silent: w.deaf && toS3}
	case from == "private" && toS3 && w.vpce != "" && f.Proto == world.TCP:
		return world.Verdict{Action: world.Deliver, To: world.S3, Src: with(carrier, f.Src.Port()),
			Path: silentPath, Via: w.vpce, RTT: rtt, Inside: f}
	case from == world.S3 && dst == carrier && w.vpce != "":
		back := with(private, f.Dst.Port())
		return world.Verdict{Action: world.Deliver, To: "private", Dst: back, Path: silentPath, Via: w.vpce,
			RTT: rtt, Inside: world.Flow{Proto: f.Proto, Src: f.Src, Dst: back}}
	case (from == world.S3 || from == world.Laptop) && dst == bastionIP:
		back := with(bastion, f.Dst.Port())
		return admit(world.Verdict{Action: world.Deliver, To: "bastion", Dst: back, Path: igwPath, Via: igw,
			RTT: rtt, Inside: world.Flow{Proto: f.Proto, Src: f.Src, Dst: back}})
	case hostOf[dst] != "" && dst.IsPrivate():
		return admit(world.Verdict{Action: world.Deliver, To: hostOf[dst], Via: "local", RTT: rtt, Inside: f})
	}
	return world.Verdict{Code: world.CodeNoRoute, Object: "rtb-1"}
}

// lab is a Net with all of the fake world's hosts.
type lab struct {
	*Net
	world                        *fakeWorld
	bastion, private, laptop, s3 *Host
}

func newLab(t testing.TB, speed float64) *lab {
	t.Helper()
	w := newFakeWorld()
	clock := world.NewClock(time.Date(2022, 1, 3, 11, 36, 9, 0, time.UTC), speed)
	l := &lab{Net: New(Options{Router: w, Clock: clock}), world: w}
	t.Cleanup(func() { l.Close() })
	add := func(id world.HostID, p ...netip.Prefix) *Host {
		h, err := l.AddHost(id, p...)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	one := func(a netip.Addr) netip.Prefix { return netip.PrefixFrom(a, 32) }
	l.bastion = add("bastion", one(bastion))
	l.private = add("private", one(private))
	l.laptop = add(world.Laptop, one(laptop))
	l.s3 = add(world.S3, s3Range)
	return l
}

func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// echo serves what it is sent, on every address of h.
func echo(t testing.TB, h *Host, addr string) {
	t.Helper()
	ln, err := h.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer c.Close()
				io.Copy(c, c)
			})
		}
	})
	t.Cleanup(func() { ln.Close(); h.net.Close(); wg.Wait() })
}

func dial(t testing.TB, h *Host, addr string) net.Conn {
	t.Helper()
	c, err := h.DialContext(within(t, 5*time.Second), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// talk reports whether what is written to an echo server comes back within d.
func talk(c net.Conn, d time.Duration) error {
	c.SetDeadline(time.Now().Add(d))
	defer c.SetDeadline(time.Time{})
	const word = "hello"
	if _, err := io.WriteString(c, word); err != nil {
		return err
	}
	_, err := io.ReadFull(c, make([]byte, len(word)))
	return err
}
