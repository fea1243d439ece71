package vnet

import (
	"sync"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// link is the network card of a host. What the host's stack writes goes to
// [Net.send] on the writer's own goroutine and from there straight into the
// receiver's stack, as gVisor's loopback and pipe do: no queue that could
// overflow, and no goroutine.
type link struct {
	host *Host
	mtu  uint32

	mu         sync.RWMutex
	dispatcher stack.NetworkDispatcher // nil once the card is taken out
}

var (
	_ stack.LinkEndpoint = (*link)(nil)
	_ stack.GSOEndpoint  = (*link)(nil)
)

func (l *link) WritePackets(list stack.PacketBufferList) (int, tcpip.Error) {
	for _, pkt := range list.AsSlice() {
		l.host.net.send(l.host, pkt.ToBuffer(), time.Time{})
	}
	return list.Len(), nil
}

// deliver hands a packet to the host's stack and takes it over.
func (l *link) deliver(p *packet) {
	l.mu.RLock()
	d := l.dispatcher
	l.mu.RUnlock()
	if d == nil {
		return
	}
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: p.take()})
	d.DeliverNetworkPacket(header.IPv4ProtocolNumber, pkt)
	pkt.DecRef()
}

func (l *link) Attach(d stack.NetworkDispatcher) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dispatcher = d
}

func (l *link) IsAttached() bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.dispatcher != nil
}

// Capabilities spares the stacks their transport checksums: nothing on this
// wire can damage a packet. [finish] fills them in for those who look.
func (*link) Capabilities() stack.LinkEndpointCapabilities {
	return stack.CapabilityRXChecksumOffload | stack.CapabilityTXChecksumOffload
}

// SupportedGSO lets TCP hand over up to 64 KiB at once, as a real card's
// segmentation offload does; the far stack sees what its card would have
// joined again. This is most of the wire's throughput.
func (*link) SupportedGSO() stack.SupportedGSO { return stack.HostGSOSupported }
func (*link) GSOMaxSize() uint32               { return 65535 }

func (l *link) MTU() uint32                                { return l.mtu }
func (*link) SetMTU(uint32)                                {}
func (*link) MaxHeaderLength() uint16                      { return 0 }
func (*link) LinkAddress() tcpip.LinkAddress               { return "" }
func (*link) SetLinkAddress(tcpip.LinkAddress)             {}
func (*link) Wait()                                        {}
func (*link) ARPHardwareType() header.ARPHardwareType      { return header.ARPHardwareNone }
func (*link) AddHeader(*stack.PacketBuffer)                {}
func (*link) ParseHeader(*stack.PacketBuffer) (valid bool) { return true }
func (*link) Close()                                       {}
func (*link) SetOnCloseAction(func())                      {}
