package world

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// serviceHost is who answers for a service ("com.amazonaws.REGION.s3").
func serviceHost(service string) HostID {
	switch {
	case strings.HasSuffix(service, ".s3"):
		return S3
	case strings.HasSuffix(service, ".dynamodb"):
		return DynamoDB
	}
	return API
}

// intoEndpoint decides f, which reaches the interface to of an interface
// endpoint. Its security groups count like an instance's; behind them is the
// service, which hears TCP alone. It sees the sender's carrier address, which
// tells it the private one ([State.Origin]).
func (d *decision) intoEndpoint(from, to *Interface, f Flow) Verdict {
	id := to.EndpointID
	e := d.Endpoints[id]
	if from == nil || e == nil || e.State != "available" {
		return d.drop(CodeBadState, id, id)
	}
	if from.SubnetID != to.SubnetID {
		if acl, ok := d.acl(to.SubnetID, false, f); !ok {
			return d.keepOut(CodeAcl, acl, id)
		}
	}
	if !d.seen(f) && !d.groupsAllow(to, false, f, from) {
		return d.keepOut(CodeGroup, firstGroup(to), id)
	}
	if f.Proto != TCP {
		return d.drop(CodeProtocol, id, id)
	}
	return Verdict{
		Action: Deliver,
		To:     serviceHost(e.Service),
		Src:    netip.AddrPortFrom(from.Carrier, f.Src.Port()),
		Via:    id,
		Inside: f,
	}
}

// outOfEndpoint decides what a service sends back to the interface to through
// the interface end of an endpoint. The endpoint's groups are stateful, its
// subnet's ACL is not.
func (d *decision) outOfEndpoint(end, to *Interface, back Flow) Verdict {
	id := end.EndpointID
	if e := d.Endpoints[id]; e == nil || e.State != "available" {
		return d.drop(CodeBadState, id, id)
	}
	if end.SubnetID != to.SubnetID {
		if acl, ok := d.acl(end.SubnetID, true, back); !ok {
			return d.drop(CodeAcl, acl, id)
		}
	}
	v := d.enter(end, to, back, id)
	v.RTT = rttLocal(back)
	return v
}

// EndpointName is a DNS name of an interface endpoint.
type EndpointName struct {
	Name string // of S3 with a star for "bucket", "accesspoint" or "control"
	Zone string // the hosted zone that it is in
}

// EndpointNames are the DNS names of an interface endpoint: for all of its
// zones, for each, and, with private DNS, the service's own.
func (s *State) EndpointNames(e *VpcEndpoint) []EndpointName {
	if e.Type != "Interface" {
		return nil
	}
	r := s.idx().region
	base, public := r.endpointBase(e.Service), hostedZone(r.Name)
	out := []EndpointName{{star(e.Service) + e.label() + base, public}}
	for _, id := range e.Subnets {
		if sub := s.Subnets[id]; sub != nil {
			out = append(out, EndpointName{star(e.Service) + e.label() + "-" + sub.Zone + base, public})
		}
	}
	if e.PrivateDNS {
		private := "Z0" + strings.ToUpper(strconv.FormatUint(hash64(e.ID, "zone"), 36))
		for _, n := range r.privateNames(e.Service) {
			out = append(out, EndpointName{n, private})
		}
	}
	return out
}

// star stands before the names of S3's endpoints.
func star(service string) string {
	if serviceHost(service) == S3 {
		return "*."
	}
	return ""
}

// label is the endpoint's id with the eight letters that make it unguessable.
func (e *VpcEndpoint) label() string {
	s := "0000000" + strconv.FormatUint(hash64(e.ID), 36)
	return e.ID + "-" + s[len(s)-8:]
}

// endpointBase is what names of endpoints of a service end in:
// ".s3.ap-northeast-2.vpce.amazonaws.com".
func (r *Region) endpointBase(service string) string {
	for _, s := range r.EndpointServices() {
		if s.Name == service && s.PrivateName != "" {
			return "." + s.BaseName(r.Name)
		}
	}
	return ""
}

// BaseName is the name that a service's endpoints have theirs under. A gateway
// endpoint has none, and the service's own stands for it.
func (s EndpointService) BaseName(region string) string {
	if s.Type == "Gateway" {
		return s.Name[strings.LastIndexByte(s.Name, '.')+1:] + "." + region + ".amazonaws.com"
	}
	host := strings.TrimPrefix(strings.TrimSuffix(s.PrivateName, ".amazonaws.com"), "*.")
	return host + ".vpce.amazonaws.com"
}

// privateNames are the service's own names that private DNS takes over, those
// with a star for everything below.
func (r *Region) privateNames(service string) []string {
	if serviceHost(service) == S3 {
		tail := "." + r.Name + ".amazonaws.com"
		return []string{"s3" + tail, "*.s3" + tail, "*.s3-accesspoint" + tail, "*.s3-control" + tail}
	}
	for _, s := range r.EndpointServices() {
		if s.Name == service && s.PrivateName != "" {
			return []string{s.PrivateName}
		}
	}
	return nil
}

// hostedZone is Amazon's public zone of a region's endpoints (from real answers
// of DescribeVpcEndpoints; made up for regions other than these).
func hostedZone(region string) string {
	switch region {
	case "ap-northeast-2":
		return "Z27UANNT0PRK1T"
	case "ap-northeast-1":
		return "Z2E726K9Y6RL4W"
	case "us-east-1":
		return "Z7HUB22UULQXV"
	case "us-west-2":
		return "Z1YSA3EXCYUU9Z"
	}
	return "Z" + strings.ToUpper(strconv.FormatUint(hash64(region, "vpce"), 36))
}

// lookupEndpoint resolves the names of interface endpoints. Their own can be
// asked for from anywhere and lead to private addresses; the service's name
// leads there only inside the VPC, and only with private DNS for all.
func (s *State) lookupEndpoint(from *Interface, name string) (Answer, bool) {
	if strings.HasSuffix(name, ".vpce.amazonaws.com") {
		e, zone := s.endpointNamed(name)
		if e == nil {
			return Answer{NotFound: true}, true
		}
		return s.endpointAnswer(e, zone), true
	}
	if from == nil {
		return Answer{}, false
	}
	for _, e := range Sorted(s.Endpoints) {
		if e.VpcID != from.VpcID || !e.PrivateDNS || e.InboundOnly || e.State != "available" {
			continue
		}
		if slices.ContainsFunc(s.idx().region.privateNames(e.Service), func(n string) bool { return covers(n, name) }) {
			return s.endpointAnswer(e, ""), true
		}
	}
	return Answer{}, false
}

// endpointNamed is the endpoint that has a name, and the zone that the name is
// for, if it is for one; nil where there is none.
func (s *State) endpointNamed(name string) (*VpcEndpoint, string) {
	for _, e := range Sorted(s.Endpoints) {
		base := s.idx().region.endpointBase(e.Service)
		before, ok := strings.CutSuffix(name, base)
		if !ok || e.Type != "Interface" || e.State != "available" {
			continue
		}
		if star(e.Service) != "" { // anything may stand before the id, and something must
			i := strings.LastIndexByte(before, '.')
			if i <= 0 {
				continue
			}
			before = before[i+1:]
		}
		zone, ok := strings.CutPrefix(before, e.label())
		if zone = strings.TrimPrefix(zone, "-"); ok && (zone == "" || len(s.endpointAnswer(e, zone).Addrs) > 0) {
			return e, zone
		}
	}
	return nil, ""
}

func (s *State) endpointAnswer(e *VpcEndpoint, zone string) Answer {
	a := Answer{TTL: ttlOther}
	for _, id := range e.Interfaces {
		i := s.Interfaces[id]
		if i == nil {
			continue
		}
		if sub := s.Subnets[i.SubnetID]; zone == "" || sub != nil && sub.Zone == zone {
			a.Addrs = append(a.Addrs, i.PrivateIP)
		}
	}
	return a
}

// covers says whether a name of a zone, which may begin with a star, stands for
// name.
func covers(pattern, name string) bool {
	if tail, ok := strings.CutPrefix(pattern, "*"); ok {
		return strings.HasSuffix(name, tail) && len(name) > len(tail)
	}
	return pattern == name
}

// HostOf is who answers, outside every VPC, for a name of the region, or "".
func (s *State) HostOf(name string) HostID {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if e, _ := s.endpointNamed(name); e != nil {
		return serviceHost(e.Service)
	}
	a := s.lookupName(nil, name)
	for _, n := range s.idx().outside {
		if len(a.Addrs) > 0 && n.prefix.Contains(a.Addrs[0]) {
			return n.host
		}
	}
	return ""
}
