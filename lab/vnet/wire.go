package vnet

import (
	"time"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip/header"

	"gatewalk/lab/world"
)

// send carries one packet of a host to its fate. It takes b over. sent is the
// lesson time of a [Raw] packet, whose answers are stamped by it; zero for the
// stack's own.
func (n *Net) send(from *Host, b buffer.Buffer, sent time.Time) {
	p, ok := newPacket(b)
	defer p.release()
	if !ok || from.gone.Load() {
		return
	}
	from.show(true, &p, func() time.Time { return n.orNow(sent) })
	if p.isError() {
		n.sendError(from, &p)
		return
	}
	k, ok := from.whole(&p.meta)
	if !ok {
		return
	}
	w := n.route(from, k, p.opens())
	if !sent.IsZero() {
		w.probe.Store(&sent)
	}
	v := &w.verdict
	if v.Action != world.Deliver {
		n.tell(w, dropped)
		return
	}
	if hops := len(v.Path); int(p.ttl) <= hops {
		n.tell(w, expired)
		n.expire(from, &p, v.Path[p.ttl-1], n.orNow(sent))
		return
	}
	e := w.end.Load()
	if e == nil {
		e = n.track(w)
	}
	if e.cut.Load() {
		n.tell(w, cut)
		return
	}
	n.tell(w, delivered)
	to := n.Host(v.To)
	if to == nil {
		return // powered off, or not yet on
	}
	n.passed(e, &p.meta)
	head := p.head.AsSlice()
	header.IPv4(head).SetTTL(p.ttl - uint8(len(v.Path)))
	rewrite(head, p.header, w.out)
	to.show(false, &p, func() time.Time { return n.stamp(to, w.out.reverse()) })
	if (v.Silent || isEndpoint(v.Via)) && p.probes() {
		return // its stack would answer
	}
	to.receive(&p)
}

// expire lets the router at hop answer a packet whose TTL ran out there.
func (n *Net) expire(from *Host, p *packet, hop world.Hop, sent time.Time) {
	addr := hop.Addr.Unmap()
	if !addr.Is4() || p.later { // no one answers a later fragment (RFC 1122, 3.2.2)
		return
	}
	answer := timeExceeded(addr.As4(), 255-(p.ttl-1), p.head.AsSlice(), p.header)
	n.timers.after(n.clock.Real(hop.Delay), func() {
		p, ok := newPacket(buffer.MakeWithData(answer))
		defer p.release()
		if !ok || from.gone.Load() {
			return
		}
		from.show(false, &p, func() time.Time { return sent.Add(hop.Delay) })
		from.receive(&p)
	})
}

// sendError carries an ICMP error that a host made back along the flow that it
// speaks of. It needs no rule of its own to come in: connection tracking knows
// it as related. What was translated on the way there is translated back,
// outside and in the header that it quotes.
func (n *Net) sendError(from *Host, p *packet) {
	head := p.head.AsSlice()
	icmp := head[p.header:]
	about, hlen, ok := quoted(icmp[header.ICMPv4MinimumSize:])
	if !ok || p.dst != about.src {
		return
	}
	w := n.route(from, about.reverse(), false)
	v := &w.verdict
	e := w.end.Load()
	if v.Action != world.Deliver || e == nil || e.cut.Load() || int(p.ttl) <= len(v.Path) {
		return
	}
	if isEndpoint(v.Via) || e.crossesEndpoint(n) {
		return // endpoints carry no ICMP back
	}
	to := n.Host(v.To)
	if to == nil {
		return
	}
	rewrite(icmp[header.ICMPv4MinimumSize:], hlen, w.out.reverse())
	ip := header.IPv4(head)
	ip.SetTTL(p.ttl - uint8(len(v.Path)))
	outer := p.key
	outer.dst = w.out.dst
	if p.src == about.dst {
		outer.src = w.out.src
	}
	rewrite(head, p.header, outer)
	sumICMP(icmp)
	to.show(false, p, func() time.Time { return n.stamp(to, w.out.reverse()) })
	to.receive(p)
}

// crossesEndpoint reports whether the connection goes through an endpoint.
func (e *end) crossesEndpoint(n *Net) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return isEndpoint(e.via[0]) || isEndpoint(e.via[1])
}

// stamp is the lesson time of a packet that reaches h as an answer to h's flow
// k. For the answer to a [Raw] packet that is when it was sent plus the round
// trip of its path, whatever the machine took; else it is now.
func (n *Net) stamp(h *Host, k key) time.Time {
	if w := h.way(k); w != nil {
		if sent := w.probe.Swap(nil); sent != nil {
			return sent.Add(w.verdict.RTT)
		}
	}
	return n.clock.Now()
}

func (n *Net) orNow(t time.Time) time.Time {
	if t.IsZero() {
		return n.clock.Now()
	}
	return t
}
