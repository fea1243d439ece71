package sshx

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// listen gives every connection to f.
func listen(t testing.TB, f func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { defer c.Close(); f(c) })
		}
	})
	t.Cleanup(func() { l.Close(); wg.Wait() })
	return l.Addr().String()
}

// closedPort is an address on this machine where nobody listens.
func closedPort() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "127.0.0.1:1"
	}
	defer l.Close()
	return l.Addr().String()
}

// A blackhole dials connections whose writes are lost once swallow is set.
type blackhole struct{ swallow atomic.Bool }

func (b *blackhole) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	c, err := new(net.Dialer).DialContext(ctx, network, addr)
	return &holeConn{c, b}, err
}

type holeConn struct {
	net.Conn
	b *blackhole
}

func (c *holeConn) Write(p []byte) (int, error) {
	if c.b.swallow.Load() {
		return len(p), nil
	}
	return c.Conn.Write(p)
}
