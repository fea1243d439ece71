package world

import (
	"maps"
	"net/netip"
	"sync"
)

// natTable is the translations of the NAT gateways. They are no part of the
// state: a lab that is loaded starts with none, as after a failover, and its
// clients connect anew. A nil table keeps every port and knows no way back.
type natTable struct {
	mu       sync.Mutex
	gateways map[string]*translations // by NAT gateway id
}

// translations of one gateway. AWS's holds 55,000 flows for each destination;
// this one holds maxTranslations and forgets the oldest.
type translations struct {
	out   map[Flow]uint16
	in    map[natKey]Flow
	order []Flow
}

const (
	maxTranslations = 55000
	minPort         = 1024 // REMAP_EPHEMERAL_PORT: 1024 to 65535
)

// natKey is what an answer is known by.
type natKey struct {
	proto  uint8
	remote netip.AddrPort // port 0 for ICMP, whose identifier is in port
	port   uint16
}

func keyOf(proto uint8, remote netip.AddrPort, port uint16) natKey {
	if proto == ICMP {
		remote = netip.AddrPortFrom(remote.Addr(), 0)
	}
	return natKey{proto, remote, port}
}

// outward gives the port (ICMP: the identifier) that f leaves the gateway by:
// its own where that is free, else another.
func (t *natTable) outward(gateway string, f Flow) uint16 {
	if t == nil {
		return f.Src.Port()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.gateways == nil {
		t.gateways = map[string]*translations{}
	}
	g := t.gateways[gateway]
	if g == nil {
		g = &translations{out: map[Flow]uint16{}, in: map[natKey]Flow{}}
		t.gateways[gateway] = g
	}
	if p, ok := g.out[f]; ok {
		return p
	}
	if len(g.order) >= maxTranslations {
		oldest := g.order[0]
		g.order = g.order[1:]
		delete(g.in, keyOf(oldest.Proto, oldest.Dst, g.out[oldest]))
		delete(g.out, oldest)
	}
	port := f.Src.Port()
	taken := func() bool { _, ok := g.in[keyOf(f.Proto, f.Dst, port)]; return ok }
	// At most 55,000 of 64,512 ports are taken, so a few draws find a free one.
	for try := uint64(0); port < minPort || taken(); try++ {
		port = minPort + uint16(f.hash(try)%(1<<16-minPort))
	}
	g.in[keyOf(f.Proto, f.Dst, port)], g.out[f] = f, port
	g.order = append(g.order, f)
	return port
}

// inward finds the flow that f, which came to the gateway's public address,
// is an answer to.
func (t *natTable) inward(gateway string, f Flow) (Flow, bool) {
	if t == nil {
		return Flow{}, false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	g := t.gateways[gateway]
	if g == nil {
		return Flow{}, false
	}
	out, ok := g.in[keyOf(f.Proto, f.Src, f.Dst.Port())]
	return out, ok
}

// keep forgets the gateways that are gone.
func (t *natTable) keep(gateways map[string]*NatGateway) {
	t.mu.Lock()
	defer t.mu.Unlock()
	maps.DeleteFunc(t.gateways, func(id string, _ *translations) bool { return gateways[id] == nil })
}
