package world

import (
	"net/netip"
	"strings"
)

// internet takes f, which left the interface eni, through an internet gateway:
// the private address becomes the public one of the interface, one to one.
func (d *decision) internet(eni *Interface, f Flow, gateway string) Verdict {
	igw := d.Gateways[gateway]
	dst := f.Dst.Addr()
	switch {
	case igw == nil || igw.VpcID != eni.VpcID:
		return d.drop(CodeBadState, gateway, gateway)
	case !eni.PublicIP.IsValid():
		return d.drop(CodeNoPublicIP, gateway, gateway)
	case dst.IsPrivate():
		return d.drop(CodePrivateDest, gateway, gateway)
	case sharedSpace.Contains(dst):
		return d.drop(CodeSharedDest, gateway, gateway)
	case dst == eni.PublicIP:
		return d.drop(CodeNatReflection, gateway, gateway)
	}
	src := netip.AddrPortFrom(eni.PublicIP, f.Src.Port())
	if peer := d.x.public[dst]; peer != nil {
		v := d.fromInternet(peer, Flow{f.Proto, src, f.Dst})
		v.Via = gateway
		v.RTT = rttService(f)
		return v
	}
	host := d.outside(dst)
	if host == "" {
		return d.drop(CodeNoDestination, gateway, gateway)
	}
	v := Verdict{
		Action: Deliver,
		To:     host,
		Src:    src,
		Path:   d.x.region.publicPath(f),
		RTT:    rttService(f),
		Via:    gateway,
		Inside: d.f,
		Silent: quiet(host, dst),
	}
	if host == Laptop {
		v.RTT = rttLaptop(f)
	}
	return v
}

// sharedSpace is RFC 6598.
var sharedSpace = netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64, 0, 0}), 10)

// quiet hosts answer TCP alone.
func quiet(h HostID, a netip.Addr) bool {
	return h == S3 && !s3Answers(a) || h == API || h == DynamoDB
}

// endpoint takes f, which left the interface eni, through a gateway endpoint.
// It accepts TCP and ICMP echo (Reachability Analyzer guide,
// VPCE_GATEWAY_PROTOCOL_RESTRICTION); nothing on the way ever says that a TTL
// has ended. The service sees the carrier address, which tells it the private
// one and the endpoint ([State.Origin]).
func (d *decision) endpoint(eni *Interface, f Flow, id string) Verdict {
	e := d.Endpoints[id]
	if e == nil || e.VpcID != eni.VpcID || !strings.EqualFold(e.State, "available") {
		return d.drop(CodeBadState, id, id)
	}
	if f.Proto != TCP && f.Proto != ICMP {
		return d.drop(CodeEndpointProto, id, id)
	}
	dst := f.Dst.Addr()
	host := d.outside(dst)
	if host != S3 && host != DynamoDB {
		return d.drop(CodeNoDestination, id, id)
	}
	return Verdict{
		Action: Deliver,
		To:     host,
		Src:    netip.AddrPortFrom(eni.Carrier, f.Src.Port()),
		Path:   silentPath(),
		RTT:    rttEndpoint(f),
		Via:    id,
		Inside: d.f,
		Silent: quiet(host, dst),
	}
}

// translate takes what eni sends through a NAT gateway: many private addresses
// become its one public address, told apart by port. It is a hop of its own,
// the first, and its subnet's ACL is passed in and out (a NAT gateway that
// leads anywhere is in another subnet than its senders: both need a default
// route, and not the same one). From there the route table of its own subnet
// decides; where that has an endpoint, the endpoint is taken.
func (d *decision) translate(eni *Interface, id string) Verdict {
	n := d.NatGateways[id]
	if n == nil || n.VpcID != eni.VpcID || n.State != "available" || d.Interfaces[n.InterfaceID] == nil {
		return d.drop(CodeBadState, id, id)
	}
	nat := d.Interfaces[n.InterfaceID]
	if acl, ok := d.acl(nat.SubnetID, false, d.f); !ok {
		return d.keepOut(CodeAcl, acl, id)
	}
	port := d.nat.outward(id, d.f)
	f := Flow{d.f.Proto, netip.AddrPortFrom(nat.PrivateIP, port), d.f.Dst}
	if f.Proto == ICMP {
		f.Dst = netip.AddrPortFrom(f.Dst.Addr(), port)
	}
	if acl, ok := d.acl(nat.SubnetID, true, f); !ok {
		return d.drop(CodeAcl, acl, id)
	}
	row, v, ok := d.choose(nat, f.Dst.Addr())
	if !ok {
		return v
	}
	switch {
	case strings.HasPrefix(row.Target, "igw-"):
		v = d.internet(nat, f, row.Target)
	case strings.HasPrefix(row.Target, "vpce-"):
		v = d.endpoint(nat, f, row.Target)
	default:
		return d.drop(CodeNatForeign, id, row.Target)
	}
	v.Via = id
	if v.Action == Deliver {
		first := Hop{Addr: nat.PrivateIP, Delay: rttLocal(d.f)}
		v.Path = append([]Hop{first}, v.Path...)
		if f.Dst != d.f.Dst && !v.Dst.IsValid() {
			v.Dst = f.Dst
		}
	}
	return v
}

// inward decides what a host outside every VPC sends.
func (d *decision) inward() Verdict {
	dst := d.f.Dst.Addr()
	if carriers.Contains(dst) {
		return d.carried()
	}
	if to := d.x.public[dst]; to != nil {
		v := d.fromInternet(to, d.f)
		v.RTT = rttService(d.f)
		if d.from == Laptop {
			v.RTT = rttLaptop(d.f)
		}
		return v
	}
	host := d.outside(dst)
	if host == "" || host == d.from {
		return d.drop(CodeNoDestination, dst.String(), "")
	}
	v := Verdict{Action: Deliver, To: host, Via: "internet", RTT: rttLaptop(d.f), Inside: d.f, Silent: quiet(host, dst)}
	if d.from == Laptop {
		v.Path = d.x.region.publicPath(d.f)
	}
	return v
}

// fromInternet decides f, which is for the public address of to. Coming in
// needs an attached gateway and no route; the answers need one. Only S3 and
// DynamoDB are held to the way that the subnet's table has for them: an
// endpoint that comes or goes cuts the connections of the other way (S3 user
// guide, "vpc-endpoints-s3").
func (d *decision) fromInternet(to *Interface, f Flow) Verdict {
	igw := d.x.igw[to.VpcID]
	if igw == nil {
		return d.drop(CodeBadState, to.VpcID, "")
	}
	if d.from == S3 || d.from == DynamoDB {
		row, v, ok := d.choose(to, f.Src.Addr())
		switch {
		case !ok:
			return v
		case row.Target != igw.ID:
			return d.drop(CodeEndpointSwitch, d.x.tables[to.SubnetID].ID, row.Target)
		}
	}
	if n := d.x.nat[to.ID]; n != nil {
		return d.untranslate(n, to, f, igw.ID)
	}
	return d.enter(nil, to, Flow{f.Proto, f.Src, netip.AddrPortFrom(to.PrivateIP, f.Dst.Port())}, igw.ID)
}

// carried decides what S3 or DynamoDB, the resolver or the metadata service
// sends back to the carrier address of an interface.
func (d *decision) carried() Verdict {
	eni := d.x.carrier[d.f.Dst.Addr()]
	if eni == nil {
		return d.drop(CodeNoDestination, d.f.Dst.Addr().String(), "")
	}
	back := Flow{d.f.Proto, d.f.Src, netip.AddrPortFrom(eni.PrivateIP, d.f.Dst.Port())}
	switch d.from {
	case Metadata, Resolver:
		return d.answer(eni, back)
	}
	if end := d.x.private[inVPC{eni.VpcID, d.f.Src.Addr()}]; end != nil && end.EndpointID != "" {
		return d.outOfEndpoint(end, eni, back)
	}
	if d.from != S3 && d.from != DynamoDB {
		return d.drop(CodeNoDestination, d.f.Dst.Addr().String(), "")
	}
	row, v, ok := d.choose(eni, d.f.Src.Addr())
	switch {
	case !ok:
		return v
	case !strings.HasPrefix(row.Target, "vpce-"):
		return d.drop(CodeEndpointSwitch, d.x.tables[eni.SubnetID].ID, row.Target)
	}
	if n := d.x.nat[eni.ID]; n != nil {
		v = d.untranslate(n, eni, d.f, row.Target)
	} else {
		v = d.enter(nil, eni, back, row.Target)
	}
	v.RTT = rttEndpoint(Flow{back.Proto, back.Dst, back.Src})
	return v
}

// answer lets the answers of the resolver and the metadata service in.
func (d *decision) answer(eni *Interface, back Flow) Verdict {
	in := d.Instances[eni.InstanceID]
	if in == nil || in.State != Running {
		return d.drop(CodeBadState, eni.ID, "local")
	}
	return Verdict{Action: Deliver, To: HostID(in.ID), Dst: back.Dst, RTT: rttLocal(back), Via: "local", Inside: back}
}

// untranslate takes an answer back through a NAT gateway, whose interface is
// nat; without an entry in its table a packet ends here.
func (d *decision) untranslate(n *NatGateway, nat *Interface, f Flow, via string) Verdict {
	out, ok := d.nat.inward(n.ID, f)
	if !ok || n.State != "available" {
		return d.drop(CodeNatForeign, n.ID, via)
	}
	to := d.x.private[inVPC{n.VpcID, out.Src.Addr()}]
	if to == nil {
		return d.drop(CodeNoDestination, n.VpcID, n.ID)
	}
	f.Dst = netip.AddrPortFrom(nat.PrivateIP, f.Dst.Port())
	if acl, ok := d.acl(nat.SubnetID, false, f); !ok {
		return d.keepOut(CodeAcl, acl, n.ID)
	}
	if acl, ok := d.acl(nat.SubnetID, true, out.Reverse()); !ok {
		return d.drop(CodeAcl, acl, n.ID)
	}
	return d.enter(nat, to, out.Reverse(), n.ID)
}
