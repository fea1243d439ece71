package vnet

import (
	"context"
	"io"
	"net/netip"
	"runtime"
	"sync"
	"testing"
	"time"

	"gatewalk/lab/world"
)

// BenchmarkTCP is bulk data from the bastion to S3 through translation and
// three routers.
func BenchmarkTCP(b *testing.B) {
	l := newLab(b, 1)
	ln, err := l.s3.Listen("tcp", ":443")
	if err != nil {
		b.Fatal(err)
	}
	var wg sync.WaitGroup
	var got int64
	wg.Go(func() {
		c, err := ln.Accept()
		if err != nil {
			b.Error(err)
			return
		}
		defer c.Close()
		got, _ = io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{c}, make([]byte, 256<<10))
	})
	c := dial(b, l.bastion, "52.219.56.25:443")
	chunk := make([]byte, 256<<10)
	b.SetBytes(int64(len(chunk)))
	b.ReportAllocs()
	var sent int64
	for b.Loop() {
		n, err := c.Write(chunk)
		if err != nil {
			b.Fatal(err)
		}
		sent += int64(n)
	}
	c.Close()
	wg.Wait()
	ln.Close()
	if got != sent {
		b.Errorf("%d of %d bytes arrived", got, sent)
	}
}

// BenchmarkDial is a connection's whole life: three-way handshake through
// translation, one word each way, close.
func BenchmarkDial(b *testing.B) {
	l := newLab(b, 1)
	echo(b, l.s3, ":443")
	b.ReportAllocs()
	for b.Loop() {
		c, err := l.bastion.DialContext(context.Background(), "tcp", "52.219.56.25:443")
		if err != nil {
			b.Fatal(err)
		}
		if err := talk(c, time.Second); err != nil {
			b.Fatal(err)
		}
		c.Close()
	}
}

// BenchmarkNewHost is a host plugged in and out; heap-B/host and
// goroutines/host are what one costs while it is there.
func BenchmarkNewHost(b *testing.B) {
	n := New(Options{Router: newFakeWorld()})
	defer n.Close()
	b.ReportAllocs()
	one := netip.PrefixFrom(bastion, 32)
	for b.Loop() {
		if _, err := n.AddHost("h", one); err != nil {
			b.Fatal(err)
		}
		n.RemoveHost("h")
	}
	const hosts = 50
	before, running := heap(), runtime.NumGoroutine()
	for i := range hosts {
		if _, err := n.AddHost(world.HostID(rune('a'+i)), one); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(heap()-before)/hosts, "heap-B/host")
	b.ReportMetric(float64(runtime.NumGoroutine()-running)/hosts, "goroutines/host")
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// BenchmarkProbe is one traceroute probe that a router answers at once.
func BenchmarkProbe(b *testing.B) {
	l := newLab(b, 1e9)
	r := openRaw(b, l.bastion)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if err := r.Write(probe(world.UDP, 1, s3, uint16(i), uint16(i>>16))); err != nil {
			b.Fatal(err)
		}
		if _, _, err := r.Read(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}
