// Package resolv is the stub resolver of a simulated host: what the C library
// does between getaddrinfo and the wire.
//
// It reaches name servers through the Dial it is given and waits by the Timer
// it is given, so it knows neither the machine's network nor its clock. A
// Resolver keeps no state and is safe for concurrent use if its fields are.
package resolv

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// What can go wrong on the way to a server. Each stands for the C library's
// errno of the same meaning.
var (
	ErrTimedOut    = errors.New("timed out")
	ErrRefused     = errors.New("connection refused")
	ErrUnreachable = errors.New("network unreachable")
)

// Resolver asks name servers.
type Resolver struct {
	// Dial opens a connection; network is "udp" or "tcp", address an IP
	// literal and port.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Timer ends a context after d of the host's time.
	Timer func(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc)
	// ID makes query identifiers.
	ID func() uint16

	Config Config
	Hosts  Hosts
}

// Reply is an answer and how it came.
type Reply struct {
	*dns.Msg
	Server    netip.AddrPort
	TCP       bool
	Truncated bool // the UDP answer was, so TCP was tried
	Size      int  // bytes on the wire
}

// Exchange sends one query over UDP, or over TCP, and returns the first answer
// that belongs to it. An answer that was cut short is asked for again over TCP.
// There is no repetition: that differs between programs.
func (r *Resolver) Exchange(ctx context.Context, server netip.AddrPort, q *dns.Msg, tcp bool, timeout time.Duration) (Reply, error) {
	reply, err := r.Once(ctx, server, q, tcp, timeout)
	if err == nil && reply.Msg.Truncated && !tcp {
		if reply, err = r.Once(ctx, server, q, true, timeout); err == nil {
			reply.Truncated = true
		}
	}
	return reply, err
}

// Once is [Resolver.Exchange] that takes an answer as it is.
func (r *Resolver) Once(ctx context.Context, server netip.AddrPort, q *dns.Msg, tcp bool, timeout time.Duration) (Reply, error) {
	wire, err := q.Pack()
	if err != nil {
		return Reply{}, fmt.Errorf("packing a query: %w", err)
	}
	wait, cancel := r.Timer(ctx, timeout)
	defer cancel()
	network := "udp"
	if tcp {
		network = "tcp"
		wire = append(binary.BigEndian.AppendUint16(nil, uint16(len(wire))), wire...)
	}
	conn, err := r.Dial(wait, network, server.String())
	if err != nil {
		return Reply{}, reason(ctx, wait, err)
	}
	// Closing is the one interruption that every kind of connection knows.
	stop := context.AfterFunc(wait, func() { conn.Close() })
	defer conn.Close()
	defer stop()

	if _, err := conn.Write(wire); err != nil {
		return Reply{}, reason(ctx, wait, err)
	}
	for {
		b, err := receive(conn, tcp)
		if err != nil {
			return Reply{}, reason(ctx, wait, err)
		}
		m := new(dns.Msg)
		if m.Unpack(b) != nil || m.Id != q.Id || !m.Response {
			if tcp {
				return Reply{}, ErrTimedOut
			}
			continue // somebody else's, or nobody's
		}
		return Reply{Msg: m, Server: server, TCP: tcp, Size: len(b)}, nil
	}
}

func receive(conn net.Conn, tcp bool) ([]byte, error) {
	b := make([]byte, dns.MaxMsgSize)
	if !tcp {
		n, err := conn.Read(b)
		return b[:n], err
	}
	if _, err := io.ReadFull(conn, b[:2]); err != nil {
		return nil, err
	}
	b = b[:binary.BigEndian.Uint16(b)]
	_, err := io.ReadFull(conn, b)
	return b, err
}

// reason sorts what a connection said. Stacks differ in types but not in words.
func reason(ctx, wait context.Context, err error) error {
	switch text := err.Error(); {
	case ctx.Err() != nil:
		return ctx.Err()
	case wait.Err() != nil:
		return ErrTimedOut
	case strings.Contains(text, "refused"):
		return ErrRefused
	case strings.Contains(text, "unreachable"), strings.Contains(text, "no route"):
		return ErrUnreachable
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return io.EOF
	}
	return ErrTimedOut
}

// Query makes a recursive query for one record set.
func (r *Resolver) Query(name string, kind uint16) *dns.Msg {
	q := new(dns.Msg)
	q.SetQuestion(dns.Fqdn(name), kind)
	q.Id = r.ID()
	return q
}
