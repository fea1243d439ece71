package vnet

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
	"gvisor.dev/gvisor/pkg/waiter"
)

// backlog is Linux's net.core.somaxconn.
const backlog = 4096

// DialContext connects from the host, as [net.Dialer] does: network is "tcp"
// or "udp", address an IPv4 literal and port. Its errors are *[net.OpError]
// around a [syscall.Errno] where a kernel would give one.
func (h *Host) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	fail := func(addr net.Addr, err error) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: network, Addr: addr, Err: err}
	}
	to, err := netip.ParseAddrPort(address)
	if err != nil || !to.Addr().Unmap().Is4() {
		return fail(nil, &net.AddrError{Err: "not an IPv4 address and port", Addr: address})
	}
	to = netip.AddrPortFrom(to.Addr().Unmap(), to.Port())
	if err := ctx.Err(); err != nil {
		return fail(net.TCPAddrFromAddrPort(to), endOf(err))
	}
	remote := full(to)
	switch network {
	case "tcp", "tcp4":
		c, err := h.dialTCP(ctx, remote)
		if err != nil {
			return fail(net.TCPAddrFromAddrPort(to), err)
		}
		return c, nil
	case "udp", "udp4":
		c, err := gonet.DialUDP(h.stack, nil, &remote, ipv4.ProtocolNumber)
		if err != nil {
			return fail(net.UDPAddrFromAddrPort(to), cause(err))
		}
		if h.gone.Load() {
			c.Close()
			return fail(net.UDPAddrFromAddrPort(to), net.ErrClosed)
		}
		return &udpConn{c}, nil
	}
	return fail(nil, net.UnknownNetworkError(network))
}

func (h *Host) dialTCP(ctx context.Context, to tcpip.FullAddress) (net.Conn, error) {
	var wq waiter.Queue
	ep, terr := h.stack.NewEndpoint(tcp.ProtocolNumber, ipv4.ProtocolNumber, &wq)
	if terr != nil {
		return nil, errno(terr)
	}
	entry, ready := waiter.NewChannelEntry(waiter.WritableEvents | waiter.EventErr | waiter.EventHUp)
	wq.EventRegister(&entry)
	defer wq.EventUnregister(&entry)
	terr = ep.Connect(to)
	if _, started := terr.(*tcpip.ErrConnectStarted); started {
		select {
		case <-ctx.Done():
			ep.Close()
			return nil, endOf(ctx.Err())
		case <-h.off:
			ep.Close()
			return nil, net.ErrClosed
		case <-ready:
			terr = ep.LastError()
		}
	}
	if terr != nil {
		ep.Close()
		return nil, errno(terr)
	}
	return &tcpConn{gonet.NewTCPConn(&wq, ep)}, nil
}

// Listen accepts TCP connections: network is "tcp", address "10.0.1.10:22", or
// ":22" for every address of the host.
func (h *Host) Listen(network, address string) (net.Listener, error) {
	local, err := h.local(network, "tcp", address)
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: err}
	}
	fail := func(err error) (net.Listener, error) {
		return nil, &net.OpError{Op: "listen", Net: network, Addr: net.TCPAddrFromAddrPort(local), Err: err}
	}
	var wq waiter.Queue
	ep, terr := h.stack.NewEndpoint(tcp.ProtocolNumber, ipv4.ProtocolNumber, &wq)
	if terr != nil {
		return fail(errno(terr))
	}
	// Go's listeners set it, too: a restarted server need not wait.
	ep.SocketOptions().SetReuseAddress(true)
	if terr := ep.Bind(full(local)); terr != nil {
		ep.Close()
		return fail(errno(terr))
	}
	if terr := ep.Listen(backlog); terr != nil {
		ep.Close()
		return fail(errno(terr))
	}
	if h.gone.Load() {
		ep.Close()
		return fail(net.ErrClosed)
	}
	return &listener{TCPListener: gonet.NewTCPListener(h.stack, &wq, ep)}, nil
}

// ListenPacket receives UDP datagrams: network is "udp", address as for
// [Host.Listen]. On a host of many addresses, what is written to a peer leaves
// from the address that the peer last wrote to.
func (h *Host) ListenPacket(network, address string) (net.PacketConn, error) {
	local, err := h.local(network, "udp", address)
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: err}
	}
	fail := func(err error) (net.PacketConn, error) {
		return nil, &net.OpError{Op: "listen", Net: network, Addr: net.UDPAddrFromAddrPort(local), Err: err}
	}
	var wq waiter.Queue
	ep, terr := h.stack.NewEndpoint(udp.ProtocolNumber, ipv4.ProtocolNumber, &wq)
	if terr != nil {
		return fail(errno(terr))
	}
	if terr := ep.Bind(full(local)); terr != nil {
		ep.Close()
		return fail(errno(terr))
	}
	if h.gone.Load() {
		ep.Close()
		return fail(net.ErrClosed)
	}
	if h.wide && local.Addr().IsUnspecified() {
		ep = answerAsAsked(h, ep)
	}
	return &udpConn{gonet.NewUDPConn(&wq, ep)}, nil
}

// local reads where to listen. The zero address stands for all of the host's.
func (h *Host) local(network, kind, address string) (netip.AddrPort, error) {
	if h.gone.Load() {
		return netip.AddrPort{}, net.ErrClosed
	}
	if strings.TrimSuffix(network, "4") != kind {
		return netip.AddrPort{}, net.UnknownNetworkError(network)
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return netip.AddrPort{}, err
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return netip.AddrPort{}, &net.AddrError{Err: "invalid port", Addr: address}
	}
	addr := netip.IPv4Unspecified()
	if host != "" {
		if addr, err = netip.ParseAddr(host); err != nil || !addr.Unmap().Is4() {
			return netip.AddrPort{}, &net.AddrError{Err: "not an IPv4 address", Addr: address}
		}
	}
	return netip.AddrPortFrom(addr.Unmap(), uint16(number)), nil
}

// full is an address as gVisor writes it, where none means all.
func full(a netip.AddrPort) tcpip.FullAddress {
	if a.Addr().IsUnspecified() {
		return tcpip.FullAddress{Port: a.Port()}
	}
	return tcpip.FullAddress{Addr: tcpip.AddrFrom4(a.Addr().As4()), Port: a.Port()}
}

// listener is gonet's with the errors of package net.
type listener struct {
	*gonet.TCPListener
	closed atomic.Bool
}

func (l *listener) Accept() (net.Conn, error) {
	c, err := l.TCPListener.Accept()
	if err != nil {
		return nil, &net.OpError{Op: "accept", Net: "tcp", Addr: l.Addr(), Err: net.ErrClosed}
	}
	return &tcpConn{c.(*gonet.TCPConn)}, nil
}

func (l *listener) Close() error {
	if l.closed.Swap(true) {
		return net.ErrClosed
	}
	l.TCPListener.Shutdown() // wakes Accept, which Close alone does not
	return l.TCPListener.Close()
}

// tcpConn is gonet's with the errors of package net. CloseWrite and CloseRead
// are there as on *net.TCPConn.
type tcpConn struct{ *gonet.TCPConn }

func (c *tcpConn) Read(b []byte) (int, error) {
	n, err := c.TCPConn.Read(b)
	return n, translate(err)
}

func (c *tcpConn) Write(b []byte) (int, error) {
	n, err := c.TCPConn.Write(b)
	return n, translate(err)
}

// udpConn is gonet's with the errors of package net.
type udpConn struct{ *gonet.UDPConn }

func (c *udpConn) Read(b []byte) (int, error) {
	n, err := c.UDPConn.Read(b)
	return n, translate(err)
}

func (c *udpConn) Write(b []byte) (int, error) {
	n, err := c.UDPConn.Write(b)
	return n, translate(err)
}

func (c *udpConn) ReadFrom(b []byte) (int, net.Addr, error) {
	n, addr, err := c.UDPConn.ReadFrom(b)
	return n, addr, translate(err)
}

func (c *udpConn) WriteTo(b []byte, addr net.Addr) (int, error) {
	ua, ok := addr.(*net.UDPAddr)
	if !ok || ua.IP.To4() == nil {
		return 0, &net.OpError{Op: "write", Net: "udp", Source: c.LocalAddr(), Addr: addr, Err: &net.AddrError{Err: "not an IPv4 address", Addr: ""}}
	}
	n, err := c.UDPConn.WriteTo(b, &net.UDPAddr{IP: ua.IP.To4(), Port: ua.Port})
	return n, translate(err)
}
