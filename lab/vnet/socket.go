package vnet

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"

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
	fail := func(terr tcpip.Error) (net.Listener, error) {
		return nil, &net.OpError{Op: "listen", Net: network, Addr: net.TCPAddrFromAddrPort(local), Err: errno(terr)}
	}
	var wq waiter.Queue
	ep, terr := h.stack.NewEndpoint(tcp.ProtocolNumber, ipv4.ProtocolNumber, &wq)
	if terr != nil {
		return fail(terr)
	}
	// Go's listeners set it, too: a restarted server need not wait.
	ep.SocketOptions().SetReuseAddress(true)
	if terr := ep.Bind(full(local)); terr != nil {
		ep.Close()
		return fail(terr)
	}
	if terr := ep.Listen(backlog); terr != nil {
		ep.Close()
		return fail(terr)
	}
	return &listener{TCPListener: gonet.NewTCPListener(h.stack, &wq, ep), addr: ep}, nil
}

// ListenPacket receives UDP datagrams: network is "udp", address as for
// [Host.Listen]. On a host of many addresses, what is written to a peer leaves
// from the address that the peer last wrote to.
func (h *Host) ListenPacket(network, address string) (net.PacketConn, error) {
	local, err := h.local(network, "udp", address)
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: err}
	}
	fail := func(terr tcpip.Error) (net.PacketConn, error) {
		return nil, &net.OpError{Op: "listen", Net: network, Addr: net.UDPAddrFromAddrPort(local), Err: errno(terr)}
	}
	var wq waiter.Queue
	ep, terr := h.stack.NewEndpoint(udp.ProtocolNumber, ipv4.ProtocolNumber, &wq)
	if terr != nil {
		return fail(terr)
	}
	if terr := ep.Bind(full(local)); terr != nil {
		ep.Close()
		return fail(terr)
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
	addr   tcpip.Endpoint
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

// errnos are a kernel's names for what gVisor reports.
func errnos() map[tcpip.Error]syscall.Errno {
	return map[tcpip.Error]syscall.Errno{
		&tcpip.ErrConnectionRefused{}:     syscall.ECONNREFUSED,
		&tcpip.ErrConnectionReset{}:       syscall.ECONNRESET,
		&tcpip.ErrConnectionAborted{}:     syscall.ECONNABORTED,
		&tcpip.ErrTimeout{}:               syscall.ETIMEDOUT,
		&tcpip.ErrHostUnreachable{}:       syscall.EHOSTUNREACH,
		&tcpip.ErrNetworkUnreachable{}:    syscall.ENETUNREACH,
		&tcpip.ErrPortInUse{}:             syscall.EADDRINUSE,
		&tcpip.ErrBadLocalAddress{}:       syscall.EADDRNOTAVAIL,
		&tcpip.ErrNoPortAvailable{}:       syscall.EADDRNOTAVAIL,
		&tcpip.ErrClosedForSend{}:         syscall.EPIPE,
		&tcpip.ErrMessageTooLong{}:        syscall.EMSGSIZE,
		&tcpip.ErrBroadcastDisabled{}:     syscall.EACCES,
		&tcpip.ErrInvalidEndpointState{}:  syscall.EINVAL,
		&tcpip.ErrNotConnected{}:          syscall.ENOTCONN,
		&tcpip.ErrNoBufferSpace{}:         syscall.ENOBUFS,
		&tcpip.ErrUnknownProtocolOption{}: syscall.ENOPROTOOPT,
	}
}

// errno is what a kernel would say for e.
func errno(e tcpip.Error) error { return named(e.String()) }

// named finds an error by gVisor's text, all that gonet keeps of it.
func named(text string) error {
	for e, no := range errnos() {
		if e.String() == text {
			return no
		}
	}
	return errors.New(text)
}

// cause is the innermost error of gonet's, in a kernel's words.
func cause(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	var t net.Error
	if errors.As(err, &t) {
		return err
	}
	return named(err.Error())
}

// translate puts a kernel's words into an error of gonet's.
func translate(err error) error {
	var op *net.OpError
	if err == nil || !errors.As(err, &op) {
		return err
	}
	out := *op
	out.Err = cause(err)
	return &out
}

// endOf words the end of a context as package net does.
func endOf(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return timeout{}
	}
	return canceled{}
}

type timeout struct{}

func (timeout) Error() string        { return "i/o timeout" }
func (timeout) Timeout() bool        { return true }
func (timeout) Temporary() bool      { return true }
func (timeout) Is(target error) bool { return target == context.DeadlineExceeded }

type canceled struct{}

func (canceled) Error() string        { return "operation was canceled" }
func (canceled) Is(target error) bool { return target == context.Canceled }
