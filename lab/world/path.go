package world

import (
	"math"
	"net/netip"
	"time"
)

// s3Answers says whether a host of S3 answers what is not TCP: those of
// 52.219.0.0/16 did in the guide; nothing is known of 3.5.0.0/16, and silence
// is what the guide shows there. Every other range is taken to answer.
func s3Answers(a netip.Addr) bool { return !quietS3.Contains(a) }

var quietS3 = netip.PrefixFrom(netip.AddrFrom4([4]byte{3, 5, 0, 0}), 16)

// endpointHops are the routers on the way through a gateway endpoint: they
// take a TTL each and never speak, so that TTL 7 reaches S3.
const endpointHops = 6

// silentPath is the way through a gateway endpoint.
func silentPath() []Hop { return make([]Hop, endpointHops) }

// publicPath is the way from an internet gateway to the services of the
// region. At each TTL one of three routers takes the packet, by a hash of its
// flow (equal-cost multipath): UDP probes differ by port and meet several,
// the packets of one TCP connection keep to one. How long a router takes to
// answer says nothing of how far it is, as it answers when it has time.
func (r *Region) publicPath(f Flow) []Hop {
	path := make([]Hop, len(r.Hops))
	for i, row := range r.Hops {
		h := f.hash(uint64(i) + 1)
		path[i] = Hop{Addr: row[h%3], Delay: controlPlane(h >> 8)}
	}
	return path
}

// controlPlane is how long a router takes to say that a TTL has ended:
// log-normal about 5 ms, kept within 0.7 to 22 ms.
func controlPlane(h uint64) time.Duration {
	var z float64 // four bytes make a fair bell
	for i := range 4 {
		z += float64(h>>(8*i)&0xff)/255 - 0.5
	}
	// The bell has ends, and so has this: nothing needs to be cut off, which
	// would print one figure again and again.
	ms := 4 * math.Exp(z*0.87)
	return time.Duration(ms * float64(time.Millisecond))
}

// rtt is a round trip of least to least+spread between two addresses, the same
// in both directions, with a little that differs by flow.
func rtt(f Flow, least, spread time.Duration) time.Duration {
	a, b := number(f.Src.Addr()), number(f.Dst.Addr())
	h := mix(uint64(min(a, b))<<32 | uint64(max(a, b)))
	ports := mix(uint64(f.Src.Port()) ^ uint64(f.Dst.Port()))
	d := least + time.Duration(h%uint64(spread*9/10))
	return d + time.Duration(ports%uint64(spread/10))
}

// Round trips within a zone, to a service of the region, through an endpoint,
// and between the learner and the region.
func rttLocal(f Flow) time.Duration    { return rtt(f, 150*time.Microsecond, 400*time.Microsecond) }
func rttService(f Flow) time.Duration  { return rtt(f, 200*time.Microsecond, 500*time.Microsecond) }
func rttEndpoint(f Flow) time.Duration { return rtt(f, 300*time.Microsecond, 400*time.Microsecond) }
func rttLaptop(f Flow) time.Duration   { return rtt(f, 6*time.Millisecond, 5*time.Millisecond) }

// hash spreads flows evenly; equal flows and salts give equal numbers.
func (f Flow) hash(salt uint64) uint64 {
	h := mix(uint64(number(f.Src.Addr()))<<32 | uint64(number(f.Dst.Addr())))
	h = mix(h ^ uint64(f.Src.Port())<<32 ^ uint64(f.Dst.Port())<<8 ^ uint64(f.Proto))
	return mix(h + salt*0x9e3779b97f4a7c15)
}
