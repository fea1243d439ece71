package vnet

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"gatewalk/lab/world"
)

func TestDial(t *testing.T) {
	l := newLab(t, 1)
	echo(t, l.bastion, ":22")
	echo(t, l.s3, ":443")
	tests := []struct {
		name string
		from *Host
		to   string
		want error
	}{
		{"inside", l.private, "10.0.1.123:22", nil},
		{"through 1:1 NAT", l.laptop, "43.200.10.20:22", nil},
		{"out by the gateway", l.bastion, "52.219.56.25:443", nil},
		{"another address of the range", l.bastion, "52.219.59.254:443", nil},
		{"closed port", l.private, "10.0.1.123:23", syscall.ECONNREFUSED},
		{"closed port through NAT", l.laptop, "43.200.10.20:23", syscall.ECONNREFUSED},
		{"itself", l.bastion, "10.0.1.123:22", nil},
		{"no route", l.private, "52.219.56.25:443", context.DeadlineExceeded},
		{"nobody there", l.private, "10.0.2.9:22", context.DeadlineExceeded},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			wait := 5 * time.Second
			if tt.want == context.DeadlineExceeded {
				wait = quiet
			}
			c, err := tt.from.DialContext(within(t, wait), "tcp", tt.to)
			if !errors.Is(err, tt.want) {
				t.Fatalf("error %v, want %v", err, tt.want)
			}
			if err != nil {
				var op *net.OpError
				if !errors.As(err, &op) || op.Addr.String() != tt.to {
					t.Fatalf("error %#v does not say where", err)
				}
				return
			}
			defer c.Close()
			if got := c.RemoteAddr().String(); got != tt.to {
				t.Errorf("answered from %s", got)
			}
			if err := talk(c, time.Second); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestDialErrors(t *testing.T) {
	l := newLab(t, 1)
	for _, tt := range []struct{ network, addr, want string }{
		{"tcp", "10.0.1.123:23", "dial tcp 10.0.1.123:23: connection refused"},
		{"tcp", "s3.amazonaws.com:443", "dial tcp: address s3.amazonaws.com:443: not an IPv4 address and port"},
		{"tcp", "[::1]:443", "dial tcp: address [::1]:443: not an IPv4 address and port"},
		{"unix", "10.0.1.123:23", "dial unix: unknown network unix"},
	} {
		_, err := l.private.DialContext(t.Context(), tt.network, tt.addr)
		if err == nil || err.Error() != tt.want {
			t.Errorf("dialling %s %s: %v, want %s", tt.network, tt.addr, err, tt.want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	if _, err := l.private.DialContext(ctx, "tcp", "52.219.56.25:443"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	_, err := l.private.DialContext(within(t, 20*time.Millisecond), "tcp", "52.219.56.25:443")
	var timeout net.Error
	if !errors.As(err, &timeout) || !timeout.Timeout() || !strings.HasSuffix(err.Error(), "i/o timeout") {
		t.Errorf("timeout: %v", err)
	}
	ln, err := l.private.Listen("tcp", ":80")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	if _, err := l.private.Listen("tcp", ":80"); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("listening twice: %v", err)
	}
	if _, err := l.private.Listen("tcp", "10.0.9.9:80"); !errors.Is(err, syscall.EADDRNOTAVAIL) {
		t.Errorf("listening on another's address: %v", err)
	}
}

func TestAddHostErrors(t *testing.T) {
	l := newLab(t, 1)
	for _, tt := range []struct {
		id    world.HostID
		addrs []netip.Prefix
		want  string
	}{
		{"bastion", []netip.Prefix{s3Range}, "adding host bastion: the name is taken"},
		{"x", nil, "adding host x: a host needs an IPv4 address"},
		{"x", []netip.Prefix{netip.MustParsePrefix("::1/128")}, "adding host x: ::1/128: a host needs an IPv4 address"},
		{"x", []netip.Prefix{{}}, "adding host x: invalid Prefix: a host needs an IPv4 address"},
	} {
		if _, err := l.AddHost(tt.id, tt.addrs...); err == nil || err.Error() != tt.want {
			t.Errorf("AddHost: %v, want %s", err, tt.want)
		}
	}
	l.Close()
	if _, err := l.AddHost("late", s3Range); err == nil {
		t.Error("a closed wire took a host")
	}
}

// A large transfer arrives whole through translation in both directions.
func TestBulk(t *testing.T) {
	l := newLab(t, 1)
	ln, err := l.s3.Listen("tcp", ":443")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	data := make([]byte, 8<<20)
	rnd := rand.NewChaCha8([32]byte{1})
	rnd.Read(data)
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() {
		c, err := ln.Accept()
		if err != nil {
			t.Error(err)
			return
		}
		c.Write(data)
		c.Close()
	})
	c := dial(t, l.bastion, "52.219.56.25:443")
	sum := sha256.New()
	if n, err := io.Copy(sum, c); err != nil || n != int64(len(data)) {
		t.Fatalf("%d bytes, %v", n, err)
	}
	if want := sha256.Sum256(data); !slices.Equal(sum.Sum(nil), want[:]) {
		t.Error("the bytes differ")
	}
}

func TestUDP(t *testing.T) {
	l := newLab(t, 1)
	if _, err := l.AddHost(world.Resolver, netip.MustParsePrefix("0.0.0.0/0")); err != nil {
		t.Fatal(err)
	}
	l.world.change(func() {
		l.world.override = func(from world.HostID, f world.Flow, _ func(world.Flow) bool) (world.Verdict, bool) {
			switch {
			case from == "private" && f.Dst.Port() == 53:
				return world.Verdict{Action: world.Deliver, To: world.Resolver, Src: netip.AddrPortFrom(carrier, f.Src.Port()), Inside: f}, true
			case from == world.Resolver:
				back := netip.AddrPortFrom(private, f.Dst.Port())
				return world.Verdict{Action: world.Deliver, To: "private", Dst: back, Inside: world.Flow{Proto: f.Proto, Src: f.Src, Dst: back}}, true
			}
			return world.Verdict{}, false
		}
	})
	pc, err := l.Host(world.Resolver).ListenPacket("udp", ":53")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	defer pc.Close()
	wg.Go(func() {
		b := make([]byte, 65535)
		for {
			n, from, err := pc.ReadFrom(b)
			if err != nil {
				return
			}
			if !strings.HasPrefix(from.String(), "240.0.0.2:") {
				t.Errorf("the resolver sees %v", from)
			}
			pc.WriteTo(b[:n], from)
		}
	})
	// A connected client takes answers only from the address that it asked.
	for _, server := range []string{"10.0.0.2:53", "169.254.169.253:53"} {
		c, err := l.private.DialContext(t.Context(), "udp", server)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		for _, size := range []int{20, 4096, 30000} { // the last one travels in fragments
			c.SetDeadline(time.Now().Add(2 * time.Second))
			c.Write(make([]byte, size))
			if n, err := c.Read(make([]byte, 65535)); err != nil || n != size {
				t.Errorf("%s: %d of %d bytes, %v", server, n, size, err)
			}
		}
	}
}

func TestUDPRefused(t *testing.T) {
	l := newLab(t, 1)
	for _, tt := range []struct {
		from *Host
		to   string
	}{
		{l.private, "10.0.1.123:9"}, // inside
		{l.bastion, "52.219.56.25:33434"},
		{l.laptop, "43.200.10.20:9"}, // about an address that was translated
	} {
		c, err := tt.from.DialContext(t.Context(), "udp", tt.to)
		if err != nil {
			t.Fatal(err)
		}
		c.SetDeadline(time.Now().Add(time.Second))
		c.Write([]byte("x"))
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("%s: %v", tt.to, err)
		}
		c.Close()
	}
}

func TestRemoveHost(t *testing.T) {
	l := newLab(t, 1)
	echo(t, l.bastion, ":22")
	c := dial(t, l.private, "10.0.1.123:22")
	if err := talk(c, time.Second); err != nil {
		t.Fatal(err)
	}
	own := dial(t, l.bastion, "10.0.1.123:22")
	raw, err := l.bastion.Raw()
	if err != nil {
		t.Fatal(err)
	}
	ln, err := l.bastion.Listen("tcp", ":80")
	if err != nil {
		t.Fatal(err)
	}
	pc, err := l.bastion.ListenPacket("udp", ":80")
	if err != nil {
		t.Fatal(err)
	}
	waits := map[string]func() error{
		"accept":   func() error { _, err := ln.Accept(); return err },
		"readfrom": func() error { _, _, err := pc.ReadFrom(make([]byte, 1)); return err },
		"dial": func() error {
			_, err := l.bastion.DialContext(t.Context(), "tcp", "10.0.9.9:80")
			return err
		},
	}
	ended := make(chan string, len(waits))
	for name, wait := range waits {
		go func() {
			if err := wait(); err == nil {
				t.Errorf("%s: no error", name)
			}
			ended <- name
		}()
	}
	time.Sleep(20 * time.Millisecond)
	l.RemoveHost("bastion")
	for range waits {
		select {
		case <-ended:
		case <-time.After(time.Minute):
			t.Fatal("a program still waits on the network")
		}
	}
	if err := talk(c, 100*time.Millisecond); !isTimeout(err) {
		t.Errorf("its peer does not see silence: %v", err)
	}
	if err := talk(own, time.Second); err == nil || isTimeout(err) {
		t.Errorf("its own socket lives: %v", err)
	}
	if _, _, err := raw.Read(t.Context()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("its raw socket: %v", err)
	}
	if _, err := l.bastion.DialContext(within(t, time.Second), "tcp", "10.0.2.234:22"); err == nil {
		t.Error("it still dials")
	}
	if _, err := l.bastion.Listen("tcp", ":80"); err == nil {
		t.Error("it still listens")
	}
	l.RemoveHost("bastion")
	if _, err := l.AddHost("bastion", netip.PrefixFrom(bastion, 32)); err != nil {
		t.Errorf("powering it on again: %v", err)
	}
	if _, err := l.private.DialContext(within(t, time.Second), "tcp", "10.0.1.123:22"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("after a reboot: %v", err)
	}
}

// Closing a socket wakes who waits on it.
func TestCloseWakes(t *testing.T) {
	l := newLab(t, 1)
	echo(t, l.bastion, ":22")
	ln, err := l.private.Listen("tcp", ":80")
	if err != nil {
		t.Fatal(err)
	}
	pc, err := l.private.ListenPacket("udp", ":80")
	if err != nil {
		t.Fatal(err)
	}
	c := dial(t, l.private, "10.0.1.123:22")
	waits := map[string]struct {
		io.Closer
		wait func() error
	}{
		"accept":   {ln, func() error { _, err := ln.Accept(); return err }},
		"readfrom": {pc, func() error { _, _, err := pc.ReadFrom(make([]byte, 1)); return err }},
		"read":     {c, func() error { _, err := c.Read(make([]byte, 1)); return err }},
	}
	for name, w := range waits {
		done := make(chan error, 1)
		go func() { done <- w.wait() }()
		time.Sleep(10 * time.Millisecond)
		w.Close()
		select {
		case err := <-done:
			if err == nil {
				t.Errorf("%s: no error", name)
			}
		case <-time.After(time.Minute):
			t.Errorf("%s still waits", name)
		}
	}
}

// Two wires in one process, with the same addresses, do not touch.
func TestTwoNets(t *testing.T) {
	a, b := newLab(t, 1), newLab(t, 100)
	echo(t, a.bastion, ":22")
	if err := talk(dial(t, a.private, "10.0.1.123:22"), time.Second); err != nil {
		t.Error(err)
	}
	if _, err := b.private.DialContext(within(t, time.Second), "tcp", "10.0.1.123:22"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("the other wire: %v", err)
	}
}

// A flow is decided once, not for every packet.
func TestVerdictsAreKept(t *testing.T) {
	l := newLab(t, 1)
	echo(t, l.s3, ":443")
	c := dial(t, l.bastion, "52.219.56.25:443")
	before := l.world.calls()
	for range 50 {
		if err := talk(c, time.Second); err != nil {
			t.Fatal(err)
		}
	}
	if n := l.world.calls() - before; n > 0 {
		t.Errorf("%d more questions for one flow", n)
	}
	l.world.change(func() {})
	talk(c, time.Second)
	if n := l.world.calls() - before; n < 1 || n > 4 {
		t.Errorf("%d questions after a change", n)
	}
}

func TestWatch(t *testing.T) {
	l := newLab(t, 1)
	echo(t, l.s3, ":443")
	var seen []Sighting
	stop := l.Watch(func(s Sighting) { seen = append(seen, s) })
	c := dial(t, l.bastion, "52.219.56.25:443")
	talk(c, time.Second)
	l.private.DialContext(within(t, 50*time.Millisecond), "tcp", "52.219.56.25:443")
	stop()
	count := func(from world.HostID, code string, a world.Action) (n int) {
		for _, s := range seen {
			if s.From == from && s.Verdict.Code == code && s.Verdict.Action == a {
				n++
			}
		}
		return n
	}
	if count("bastion", "", world.Deliver) != 1 || count(world.S3, "", world.Deliver) != 1 {
		t.Errorf("not once each way: %+v", seen)
	}
	if count("private", world.CodeNoRoute, world.Drop) != 1 {
		t.Errorf("the drop was not told once: %+v", seen)
	}
	n := len(seen)
	talk(c, time.Second)
	if len(seen) != n {
		t.Error("told after stop")
	}
}
