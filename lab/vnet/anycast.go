package vnet

import (
	"io"
	"sync"
	"time"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"

	"gatewalk/lab/world"
)

// anycast is a UDP endpoint of a host that answers for many addresses. A DNS
// client only takes an answer from the server that it asked, so the endpoint
// remembers which address each peer wrote to. (gVisor lets an IPv4 datagram
// choose its source by binding alone; servers on Linux use IP_PKTINFO.)
type anycast struct {
	tcpip.Endpoint
	host *Host

	mu sync.Mutex
	// Two generations bound the memory: when the young one is full it becomes
	// the old one, which is then forgotten.
	young, old map[tcpip.FullAddress][4]byte
}

// maxPeers is how many peers one generation remembers.
const maxPeers = 1024

func answerAsAsked(h *Host, ep tcpip.Endpoint) tcpip.Endpoint {
	ep.SocketOptions().SetReceivePacketInfo(true)
	return &anycast{Endpoint: ep, host: h, young: map[tcpip.FullAddress][4]byte{}}
}

// Read remembers where the datagram was sent to.
func (a *anycast) Read(w io.Writer, o tcpip.ReadOptions) (tcpip.ReadResult, tcpip.Error) {
	o.NeedRemoteAddr = true
	r, err := a.Endpoint.Read(w, o)
	if err == nil && r.ControlMessages.HasIPPacketInfo {
		a.mu.Lock()
		defer a.mu.Unlock()
		if len(a.young) >= maxPeers {
			a.old, a.young = a.young, map[tcpip.FullAddress][4]byte{}
		}
		a.young[peer(r.RemoteAddr)] = r.ControlMessages.PacketInfo.DestinationAddr.As4()
	}
	return r, err
}

// Write answers from the address that was asked.
func (a *anycast) Write(p tcpip.Payloader, o tcpip.WriteOptions) (int64, tcpip.Error) {
	if o.To == nil {
		return a.Endpoint.Write(p, o)
	}
	src, ok := a.asked(peer(*o.To))
	if !ok {
		return a.Endpoint.Write(p, o)
	}
	if p.Len() > header.UDPMaximumPacketSize-header.IPv4MinimumSize-header.UDPMinimumSize {
		return 0, &tcpip.ErrMessageTooLong{}
	}
	payload := make([]byte, p.Len())
	if _, err := io.ReadFull(p, payload); err != nil {
		return 0, &tcpip.ErrBadBuffer{}
	}
	local, err := a.GetLocalAddress()
	if err != nil {
		return 0, err
	}
	k := key{src, o.To.Addr.As4(), local.Port, o.To.Port, world.UDP}
	a.host.net.send(a.host, buffer.MakeWithData(datagram(k, payload)), time.Time{})
	return int64(len(payload)), nil
}

func (a *anycast) asked(from tcpip.FullAddress) (addr [4]byte, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if addr, ok = a.young[from]; !ok {
		addr, ok = a.old[from]
	}
	return addr, ok
}

// peer is an address without the card it was seen on.
func peer(a tcpip.FullAddress) tcpip.FullAddress {
	return tcpip.FullAddress{Addr: a.Addr, Port: a.Port}
}
