package vnet

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/header"

	"gatewalk/lab/world"
)

func TestStateful(t *testing.T) {
	l := newLab(t, 1)
	echo(t, l.bastion, ":22")
	echo(t, l.s3, ":443")
	in := dial(t, l.laptop, "43.200.10.20:22")
	l.world.change(func() { l.world.closed = true })
	t.Run("a rule change does not cut what is tracked", func(t *testing.T) {
		if err := talk(in, 2*time.Second); err != nil {
			t.Error(err)
		}
	})
	t.Run("nothing new comes in", func(t *testing.T) {
		if _, err := l.laptop.DialContext(within(t, 100*time.Millisecond), "tcp", "43.200.10.20:22"); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
	t.Run("replies come in", func(t *testing.T) {
		if err := talk(dial(t, l.bastion, "52.219.56.25:443"), 2*time.Second); err != nil {
			t.Error(err)
		}
	})
	t.Run("a refused datagram becomes a reply once it was asked for", func(t *testing.T) {
		a, err := l.bastion.ListenPacket("udp", ":5000")
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		b, err := l.laptop.ListenPacket("udp", ":6000")
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		read := func(p net.PacketConn) error {
			p.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
			_, _, err := p.ReadFrom(make([]byte, 9))
			return err
		}
		public := &net.UDPAddr{IP: bastionIP.AsSlice(), Port: 5000}
		b.WriteTo([]byte("x"), public)
		if err := read(a); !isTimeout(err) {
			t.Fatalf("it came in: %v", err)
		}
		a.WriteTo([]byte("x"), &net.UDPAddr{IP: laptop.AsSlice(), Port: 6000})
		if err := read(b); err != nil {
			t.Fatal(err)
		}
		b.WriteTo([]byte("x"), public)
		if err := read(a); err != nil {
			t.Fatal(err)
		}
	})
}

func isTimeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}

// A new route cuts running connections, in both directions, and new ones work.
func TestCut(t *testing.T) {
	l := newLab(t, 1)
	echo(t, l.s3, ":443")
	var mu sync.Mutex
	var cuts []Sighting
	stop := l.Watch(func(s Sighting) {
		if s.Verdict.Code == CodeCut {
			mu.Lock()
			defer mu.Unlock()
			cuts = append(cuts, s)
		}
	})
	client := dial(t, l.bastion, "52.219.56.25:443")
	if err := talk(client, time.Second); err != nil {
		t.Fatal(err)
	}
	l.world.change(func() {}) // any other change
	if err := talk(client, time.Second); err != nil {
		t.Fatalf("cut without a reason: %v", err)
	}
	l.world.change(func() { l.world.bastion = endpoint })
	if err := talk(client, 100*time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) && !isTimeout(err) {
		t.Fatalf("not cut: %v", err)
	}
	l.world.change(func() { l.world.bastion = igw })
	if err := talk(client, 100*time.Millisecond); !isTimeout(err) {
		t.Fatalf("came back to life: %v", err)
	}
	if err := talk(dial(t, l.bastion, "52.219.56.25:443"), time.Second); err != nil {
		t.Fatalf("a new connection: %v", err)
	}
	stop()
	if len(cuts) == 0 || cuts[0].Verdict.Object != endpoint || cuts[0].Verdict.Action != world.Drop {
		t.Errorf("sightings of the cut: %+v", cuts)
	}
}

// What comes from outside notices the change, too, though only the way out has
// changed: S3 sends, the bastion is silent.
func TestCutFromOutside(t *testing.T) {
	l := newLab(t, 1)
	ln, err := l.s3.Listen("tcp", ":443")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	client := dial(t, l.bastion, "52.219.56.25:443")
	server, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	l.world.change(func() { l.world.bastion = endpoint })
	server.Write([]byte("x"))
	client.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if _, err := client.Read(make([]byte, 1)); !isTimeout(err) {
		t.Fatalf("it came in: %v", err)
	}
}

// Deleting an endpoint cuts what went through it, even if it comes back.
func TestCutEndpoint(t *testing.T) {
	l := newLab(t, 1)
	echo(t, l.s3, ":443")
	l.world.change(func() { l.world.vpce = endpoint })
	c := dial(t, l.private, "52.219.56.25:443")
	if err := talk(c, time.Second); err != nil {
		t.Fatal(err)
	}
	l.world.change(func() { l.world.vpce = "" })
	if err := talk(c, 100*time.Millisecond); !isTimeout(err) {
		t.Fatal(err)
	}
	l.world.change(func() { l.world.vpce = endpoint })
	if err := talk(c, 300*time.Millisecond); !isTimeout(err) {
		t.Fatal("it came back to life")
	}
}

// The lesson's heart: a client that hangs goes on by itself when the endpoint
// appears, because its SYN is sent again.
func TestEndpointAppears(t *testing.T) {
	l := newLab(t, 1)
	echo(t, l.s3, ":443")
	time.AfterFunc(300*time.Millisecond, func() { l.world.change(func() { l.world.vpce = endpoint }) })
	c, err := l.private.DialContext(within(t, 4*time.Second), "tcp", "52.219.56.25:443")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := talk(c, time.Second); err != nil {
		t.Fatal(err)
	}
}

func TestSweep(t *testing.T) {
	c := func(proto uint8, both bool, done uint32, cut bool) *conn {
		c := &conn{}
		c.id.inside = world.Flow{Proto: proto}
		c.ends = [2]end{{c, 0}, {c, 1}}
		c.done.Store(done)
		c.cut.Store(cut)
		if both {
			w := &way{from: &Host{ways: map[key]*way{}}}
			w.end.Store(&c.ends[1])
			c.ways[1] = w
		}
		return c
	}
	for _, tt := range []struct {
		name string
		conn *conn
		idle time.Duration
		want bool // still there
	}{
		{"UDP, a stream", c(world.UDP, true, replied|stream, false), 179 * time.Second, true},
		{"UDP, a silent stream", c(world.UDP, true, replied|stream, false), 181 * time.Second, false},
		{"UDP, question and answer", c(world.UDP, true, replied, false), 29 * time.Second, true},
		{"UDP, long answered", c(world.UDP, true, replied, false), 31 * time.Second, false},
		{"ICMP, without answer", c(world.ICMP, false, 0, false), 31 * time.Second, false},
		{"TCP", c(world.TCP, true, 0, false), 100 * time.Hour, true},
		{"TCP, silent for five days", c(world.TCP, true, 0, false), 121 * time.Hour, false},
		{"TCP, SYN without answer", c(world.TCP, false, 0, false), time.Minute + 1, false},
		{"TCP, half closed", c(world.TCP, true, fin, false), time.Hour, true},
		{"TCP, closed", c(world.TCP, true, fin|fin<<1, false), 3 * time.Second, false},
		{"TCP, just closed", c(world.TCP, true, fin|fin<<1, false), time.Second, true},
		{"TCP, reset", c(world.TCP, true, rst, false), 3 * time.Second, false},
		{"TCP, cut", c(world.TCP, true, 0, true), time.Minute + 1, false},
	} {
		var tab table
		tab.init()
		tab.add(tt.conn)
		tab.sweep(tt.idle)
		if got := len(tab.conns) == 1; got != tt.want || tt.conn.dead.Load() == got || len(tab.inside) != len(tab.conns) {
			t.Errorf("%s: kept %v, want %v", tt.name, got, tt.want)
		}
	}
}

// What passes says what a flow is: closed on both sides, or a stream.
func TestPassed(t *testing.T) {
	for _, tt := range []struct {
		name   string
		proto  uint8
		passes []meta // in turns, the first from who began
		want   uint32
	}{
		{"a question", world.UDP, make([]meta, 1), 0},
		{"and its answer", world.UDP, make([]meta, 2), replied},
		{"a stream", world.UDP, make([]meta, 3), replied | stream},
		{"TCP", world.TCP, make([]meta, 5), 0},
		{"half closed", world.TCP, []meta{{}, {tcpFlags: header.TCPFlagFin | header.TCPFlagAck}}, fin << 1},
		{"closed", world.TCP, []meta{{tcpFlags: header.TCPFlagFin}, {tcpFlags: header.TCPFlagFin}, {}}, fin | fin<<1},
		{"reset", world.TCP, []meta{{}, {tcpFlags: header.TCPFlagRst}}, rst},
	} {
		n, c := &Net{start: time.Now()}, &conn{}
		c.ends = [2]end{{c, 0}, {c, 1}}
		for i, m := range tt.passes {
			m.proto = tt.proto
			n.passed(&c.ends[i%2], &m)
		}
		if got := c.done.Load(); got != tt.want {
			t.Errorf("%s: %b, want %b", tt.name, got, tt.want)
		}
	}
}

// However many flows there are, what is remembered is bounded, and the longest
// silent are forgotten first.
func TestBounded(t *testing.T) {
	l := newLab(t, 1)
	r := openRaw(t, l.bastion)
	send := func(i int) {
		if err := r.Write(probe(world.UDP, 64, s3, uint16(1024+i%60000), uint16(1+i/60000))); err != nil {
			t.Fatal(err)
		}
	}
	const flows = maxConns + 2000
	for i := range flows {
		send(i)
	}
	l.mu.Lock()
	n, inside := len(l.table.conns), len(l.table.inside)
	l.mu.Unlock()
	if n > maxConns || n < maxConns/2 || inside != n {
		t.Errorf("%d connections are tracked (%d by flow), at most %d should be", n, inside, maxConns)
	}
	l.bastion.mu.RLock()
	ways := len(l.bastion.ways)
	l.bastion.mu.RUnlock()
	if ways > 2*maxConns {
		t.Errorf("%d ways are remembered", ways)
	}
	if l.bastion.way(key{bastion.As4(), s3.As4(), 1024, 1, world.UDP}) != nil {
		t.Error("the oldest is still there")
	}
	// Flows that are dropped leave nothing behind but a bounded memory of it.
	p := openRaw(t, l.private)
	for i := range 5 * minPrune {
		p.Write(probe(world.UDP, 64, s3, uint16(i), 1))
	}
	l.private.mu.RLock()
	defer l.private.mu.RUnlock()
	if n := len(l.private.ways); n > minPrune {
		t.Errorf("%d dropped flows are remembered", n)
	}
}

// VPCs may overlap: two hosts with one address speak from one port to one
// server, and neither is taken for the other.
func TestOverlappingVPCs(t *testing.T) {
	l := newLab(t, 1)
	twin, err := l.AddHost("twin", netip.PrefixFrom(private, 32))
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	via := map[world.HostID]string{"private": "vpce-a", "twin": "vpce-b"}
	carriers := map[world.HostID]netip.Addr{"private": carrier, "twin": netip.MustParseAddr("240.0.0.3")}
	l.world.change(func() {
		l.world.override = func(from world.HostID, f world.Flow, tracked func(world.Flow) bool) (world.Verdict, bool) {
			mu.Lock()
			defer mu.Unlock()
			if c, ok := carriers[from]; ok {
				return world.Verdict{Action: world.Deliver, To: world.S3, Src: netip.AddrPortFrom(c, f.Src.Port()), Via: via[from], Inside: f}, true
			}
			for id, c := range carriers {
				if back := netip.AddrPortFrom(private, f.Dst.Port()); f.Dst.Addr() == c {
					return world.Verdict{Action: world.Deliver, To: id, Dst: back, Via: via[id], Inside: world.Flow{Proto: f.Proto, Src: f.Src, Dst: back}}, true
				}
			}
			return world.Verdict{}, false
		}
	})
	echo(t, l.s3, ":443")
	syn := func(r *Raw) string { return ask(t, r, probe(world.TCP, 64, s3, 40000, 443), 5*time.Second).kind }
	if a, b := syn(openRaw(t, l.private)), syn(openRaw(t, twin)); a != "SA" || b != "SA" {
		t.Errorf("answers %q and %q", a, b)
	}
	l.world.change(func() { via["twin"] = "vpce-c" }) // asked under the fake world's lock
	a := l.route(l.private, key{private.As4(), s3.As4(), 40000, 443, world.TCP}, false)
	b := l.route(twin, key{private.As4(), s3.As4(), 40000, 443, world.TCP}, false)
	if a.end.Load() == nil || b.end.Load() == nil || a.end.Load().cut.Load() || !b.end.Load().cut.Load() {
		t.Errorf("one is cut, the other not: %+v %+v", a.end.Load(), b.end.Load())
	}
}

// A connection that was cut stays so until a new SYN, and an answer to a SYN
// is no SYN.
func TestOpens(t *testing.T) {
	for flags, want := range map[header.TCPFlags]bool{
		header.TCPFlagSyn: true, header.TCPFlagSyn | header.TCPFlagAck: false, header.TCPFlagAck: false, header.TCPFlagRst: false,
	} {
		m := meta{tcpFlags: flags}
		m.proto = world.TCP
		if m.opens() != want {
			t.Errorf("%v opens: %v", flags, m.opens())
		}
	}
}

// The wire can be closed under full load, and hosts can come and go.
func TestCloseUnderLoad(t *testing.T) {
	l := newLab(t, 1000)
	echo(t, l.s3, ":443")
	echo(t, l.bastion, ":22")
	stop := l.Watch(func(Sighting) {})
	defer stop()
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for {
				c, err := l.bastion.DialContext(t.Context(), "tcp", fmt.Sprintf("52.219.56.%d:443", i))
				if err != nil {
					return
				}
				talk(c, time.Second)
				c.Close()
			}
		})
	}
	wg.Go(func() {
		for i := 0; ; i++ {
			r, err := l.bastion.Raw()
			if err != nil {
				return
			}
			r.Write(probe(world.UDP, uint8(i%5), s3, uint16(i), 1))
			r.Close()
		}
	})
	wg.Go(func() {
		for range 20 {
			if _, err := l.AddHost("guest", netip.PrefixFrom(laptop, 32)); err != nil {
				t.Error(err)
			}
			l.RemoveHost("guest")
			l.world.change(func() {})
		}
		l.Close()
	})
	wg.Wait()
}
