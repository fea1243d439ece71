package vnet

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"

	"gatewalk/lab/world"
)

var (
	errClosed = errors.New("the wire is closed")
	errTaken  = errors.New("the name is taken")
	errNoAddr = errors.New("a host needs an IPv4 address")
)

const (
	nicID = 1
	// defaultTTL is Amazon Linux 2023's net.ipv4.ip_default_ttl.
	defaultTTL = 127
)

// Host is a machine on the wire, with a network stack of its own.
type Host struct {
	id    world.HostID
	net   *Net
	addrs []netip.Prefix
	wide  bool // has more than one address: answers must come from the one asked
	stack *stack.Stack
	link  *link
	gone  atomic.Bool   // powered off
	off   chan struct{} // closed when it is
	taps  list[tap]

	mu      sync.RWMutex
	ways    map[key]*way // how this host's flows go
	pruneAt int
	frags   map[fragment]key
}

// fragment names a datagram that travels in pieces, of which only the first
// says its ports.
type fragment struct {
	src, dst [4]byte
	id       uint16
	proto    uint8
}

// tap sees the packets of a host as they pass its card. at is lesson time.
type tap interface {
	see(out bool, at time.Time, packet []byte)
	end() // the host is powered off
}

func newHost(n *Net, id world.HostID, addrs []netip.Prefix) (*Host, error) {
	h := &Host{id: id, net: n, addrs: addrs, off: make(chan struct{}), ways: map[key]*way{}, pruneAt: minPrune}
	if len(addrs) == 0 {
		return nil, errNoAddr
	}
	for _, p := range addrs {
		if !p.IsValid() || !p.Addr().Is4() {
			return nil, fmt.Errorf("%v: %w", p, errNoAddr)
		}
		h.wide = h.wide || len(addrs) > 1 || !p.IsSingleIP()
	}
	h.link = &link{host: h, mtu: n.mtu}
	h.stack = stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol, udp.NewProtocol, icmp.NewProtocol4},
		// A host can dial itself, but for one that answers for a whole range:
		// there gVisor would take any sender for itself.
		HandleLocal: !h.wide,
	})
	if err := h.configure(); err != nil {
		h.stack.Destroy()
		return nil, err
	}
	return h, nil
}

// configure sets the stack up where gVisor's defaults do not suit.
func (h *Host) configure() error {
	s := h.stack
	if err := s.CreateNIC(nicID, h.link); err != nil {
		return fmt.Errorf("creating its card: %s", err)
	}
	for _, p := range h.addrs {
		if p.Addr().IsUnspecified() {
			continue
		}
		addr := tcpip.ProtocolAddress{
			Protocol:          ipv4.ProtocolNumber,
			AddressWithPrefix: tcpip.AddrFrom4(p.Addr().As4()).WithPrefix(),
		}
		if err := s.AddProtocolAddress(nicID, addr, stack.AddressProperties{}); err != nil {
			return fmt.Errorf("setting address %v: %s", p, err)
		}
	}
	if h.wide {
		// A range is answered for without being configured address by address:
		// take in what the wire brings, and answer as whom it was brought to.
		s.SetPromiscuousMode(nicID, true)
		s.SetSpoofing(nicID, true)
	}
	s.SetRouteTable([]tcpip.Route{{Destination: header.IPv4EmptySubnet, NIC: nicID}})

	ttl := tcpip.DefaultTTLOption(defaultTTL)
	s.SetNetworkProtocolOption(ipv4.ProtocolNumber, &ttl)
	sack := tcpip.TCPSACKEnabled(true)
	// RACK's reordering timer costs throughput; nothing is reordered here.
	recovery := tcpip.TCPRecovery(0)
	// Buffers grow up to these: enough for a 64 KiB packet to be always under
	// way, small enough that a stalled reader costs little.
	receive := tcpip.TCPReceiveBufferSizeRangeOption{Min: 4 << 10, Default: 1 << 20, Max: 4 << 20}
	send := tcpip.TCPSendBufferSizeRangeOption{Min: 4 << 10, Default: 1 << 20, Max: 4 << 20}
	moderate := tcpip.TCPModerateReceiveBufferOption(true)
	// A minute of TIME_WAIT guards against packets astray, which this wire has
	// not; it would keep the memory of every finished connection.
	wait := tcpip.TCPTimeWaitTimeoutOption(time.Second)
	for _, o := range []tcpip.SettableTransportProtocolOption{&sack, &recovery, &receive, &send, &moderate, &wait} {
		if err := s.SetTransportProtocolOption(tcp.ProtocolNumber, o); err != nil {
			return fmt.Errorf("setting a TCP option: %s", err)
		}
	}
	return nil
}

// Addr is the primary address.
func (h *Host) Addr() netip.Addr { return h.addrs[0].Addr() }

// owns reports whether the host may send as addr.
func (h *Host) owns(addr [4]byte) bool {
	a := netip.AddrFrom4(addr)
	for _, p := range h.addrs {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// close ends the host's sockets and taps and waits for its goroutines. gone is
// set: a socket that is opened meanwhile sees it, or is ended here.
func (h *Host) close() {
	close(h.off)
	h.stack.Destroy()
	for _, t := range h.taps.all() {
		t.end()
	}
}

// show lets the taps see a packet. at is called only where there is one.
func (h *Host) show(out bool, p *packet, at func() time.Time) {
	taps := h.taps.all()
	if len(taps) == 0 {
		return
	}
	t, b := at(), p.bytes()
	for _, tap := range taps {
		tap.see(out, t, b)
	}
}

// receive gives the stack a packet, and takes it over.
func (h *Host) receive(p *packet) {
	if h.wide && p.proto == world.ICMP && p.icmpType == header.ICMPv4Echo && !p.more && !p.later {
		// gVisor answers pings on configured addresses alone.
		h.net.send(h, buffer.MakeWithData(echoReply(p.bytes())), time.Time{})
		return
	}
	h.link.deliver(p)
}

func (h *Host) way(k key) *way {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.ways[k]
}

// minPrune is how many ways a host remembers at least.
const minPrune = 1024

// keep remembers a way. When there are many it forgets those that belong to no
// connection, which can be decided again.
func (h *Host) keep(w *way) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.ways) >= h.pruneAt {
		for k, w := range h.ways {
			if e := w.end.Load(); e == nil || e.dead.Load() {
				delete(h.ways, k)
			}
		}
		h.pruneAt = max(minPrune, 2*len(h.ways))
	}
	h.ways[w.key] = w
}

// forget drops what is remembered of a flow, or only w where w is not nil.
func (h *Host) forget(k key, w *way) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if w == nil || h.ways[k] == w {
		delete(h.ways, k)
	}
}

// maxFragments is how many datagrams in pieces are known at a time.
const maxFragments = 64

// whole is the flow of a packet, also of a later fragment, whose own header
// does not say it. It reports false for a piece whose first was not seen.
func (h *Host) whole(m *meta) (key, bool) {
	if !m.more && !m.later {
		return m.key, true
	}
	f := fragment{m.src, m.dst, m.id, m.proto}
	h.mu.Lock()
	defer h.mu.Unlock()
	if m.later {
		k, ok := h.frags[f]
		if ok && !m.more {
			delete(h.frags, f)
		}
		return k, ok
	}
	if h.frags == nil || len(h.frags) >= maxFragments {
		h.frags = map[fragment]key{}
	}
	h.frags[f] = m.key
	return m.key, true
}
