package lab

import (
	"net"
	"net/netip"
	"strings"

	"github.com/miekg/dns"

	"gatewalk/lab/world"
)

// resolver is the Amazon-provided DNS server, at VPC+2 and 169.254.169.253. It
// knows the names of the lab; every other name does not exist.
type resolver struct {
	world *world.World
}

func (r *resolver) ServeDNS(w dns.ResponseWriter, q *dns.Msg) {
	answer := new(dns.Msg)
	answer.SetReply(q)
	answer.RecursionAvailable = true
	if q.Opcode != dns.OpcodeQuery || len(q.Question) != 1 {
		answer.Rcode = dns.RcodeNotImplemented
		w.WriteMsg(answer)
		return
	}
	if opt := q.IsEdns0(); opt != nil {
		answer.SetEdns0(4096, false)
	}
	state := r.world.Snapshot()
	var from *world.Interface
	if addr, err := netip.ParseAddrPort(w.RemoteAddr().String()); err == nil {
		from = state.ByCarrier(addr.Addr())
	}
	if from == nil { // nobody of the lab asks
		answer.Rcode = dns.RcodeRefused
		w.WriteMsg(answer)
		return
	}
	answer.Rcode, answer.Answer = resolve(state, from, q.Question[0])
	w.WriteMsg(answer)
}

// resolve turns what the world knows of a name into resource records.
func resolve(s *world.State, from *world.Interface, q dns.Question) (rcode int, records []dns.RR) {
	name := strings.ToLower(strings.TrimSuffix(q.Name, "."))
	a := s.Lookup(from, name, dns.TypeToString[q.Qtype])
	if a.NotFound {
		return dns.RcodeNameError, nil
	}
	ttl := uint32(a.TTL.Seconds())
	owner := q.Name
	if a.CNAME != "" {
		records = append(records, &dns.CNAME{Hdr: header(owner, dns.TypeCNAME, ttl), Target: dns.Fqdn(a.CNAME)})
		owner = dns.Fqdn(a.CNAME)
	}
	for _, addr := range a.Addrs {
		records = append(records, &dns.A{Hdr: header(owner, dns.TypeA, ttl), A: net.IP(addr.AsSlice())})
	}
	if a.PTR != "" {
		records = append(records, &dns.PTR{Hdr: header(q.Name, dns.TypePTR, ttl), Ptr: dns.Fqdn(a.PTR)})
	}
	return dns.RcodeSuccess, records
}

func header(name string, kind uint16, ttl uint32) dns.RR_Header {
	return dns.RR_Header{Name: name, Rrtype: kind, Class: dns.ClassINET, Ttl: ttl}
}
