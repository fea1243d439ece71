package world

import (
	"cmp"
	"net/netip"
	"strings"
)

// Addresses that mean the same in every VPC (VPC user guide, "vpc-dns"; EC2
// user guide, "configuring-instance-metadata-service").
var (
	metadataAddr = netip.AddrFrom4([4]byte{169, 254, 169, 254})
	resolverAddr = netip.AddrFrom4([4]byte{169, 254, 169, 253})
	linkLocal    = netip.PrefixFrom(netip.AddrFrom4([4]byte{169, 254, 0, 0}), 16)
)

// Route decides the packets of f that from sends, by the state as it is now.
// It is safe for concurrent use and does not block.
func (w *World) Route(from HostID, f Flow, tracked func(Flow) bool) Verdict {
	return w.Snapshot().route(from, f, tracked, &w.nat)
}

// Route decides the packets of f that from sends. tracked says whether packets
// of a flow, as the VPC side sees it ([Verdict.Inside]), have been let through
// before; nil means none were. Answers to what a NAT gateway translated need
// the translations, which are the world's: ask [World.Route].
//
// What belongs to an ICMP error is decided by the flow that the error quotes.
func (s *State) Route(from HostID, f Flow, tracked func(Flow) bool) Verdict {
	return s.route(from, f, tracked, nil)
}

func (s *State) route(from HostID, f Flow, tracked func(Flow) bool, nat *natTable) Verdict {
	d := decision{State: s, x: s.idx(), from: from, f: f, tracked: tracked, nat: nat}
	switch from {
	case Laptop, S3, DynamoDB, API, Resolver, Metadata:
		return d.inward()
	}
	return d.outward()
}

// decision is one question while it is being answered. The checks run in the
// order in which a packet meets them: the interface, its security groups, the
// subnet's ACL, the route table, the gateway, and the same at the other end.
type decision struct {
	*State
	x       *index
	from    HostID
	f       Flow // as the sender sees it
	tracked func(Flow) bool
	nat     *natTable
}

// drop is silent, as everything that AWS discards.
func (d *decision) drop(code, object, via string) Verdict {
	return Verdict{Code: code, Object: object, Via: via, Inside: d.f}
}

// keepOut is drop by a rule for what comes in.
func (d *decision) keepOut(code, object, via string) Verdict {
	v := d.drop(code, object, via)
	v.Inward = true
	return v
}

// seen says whether f belongs to a conversation that was let through before,
// in either direction: security groups are stateful, and changing their rules
// does not cut what they track (EC2 user guide,
// "security-group-connection-tracking").
func (d *decision) seen(flows ...Flow) bool {
	if d.tracked == nil {
		return false
	}
	for _, f := range flows {
		if d.tracked(f.Reverse()) || d.tracked(f) {
			return true
		}
	}
	return false
}

// outward decides what an instance sends.
func (d *decision) outward() Verdict {
	in := d.Instances[string(d.from)]
	if in == nil || in.State != Running || d.Interfaces[in.InterfaceID] == nil {
		return d.drop(CodeBadState, string(d.from), "")
	}
	eni := d.Interfaces[in.InterfaceID]
	if d.f.Src.Addr() != eni.PrivateIP {
		return d.drop(CodeSourceCheck, eni.ID, "")
	}
	dst := d.f.Dst.Addr()
	if v, ok := d.service(eni, dst); ok {
		return v
	}
	peer := d.x.private[inVPC{eni.VpcID, dst}]
	if !d.seen(d.f) && !d.groupsAllow(eni, true, d.f, peer) {
		return d.drop(CodeGroup, firstGroup(eni), "")
	}
	if sub := d.Subnets[eni.SubnetID]; sub == nil || !sub.Cidr.Contains(dst) {
		if acl, ok := d.acl(eni.SubnetID, true, d.f); !ok {
			return d.drop(CodeAcl, acl, "")
		}
	}
	row, v, ok := d.choose(eni, dst)
	if !ok {
		return v
	}
	switch prefix, _, _ := strings.Cut(row.Target, "-"); prefix {
	case "local":
		if peer == nil {
			return d.drop(CodeNoDestination, eni.VpcID, row.Target)
		}
		v := d.enter(eni, peer, d.f, row.Target)
		v.RTT = rttLocal(d.f)
		return v
	case "igw":
		return d.internet(eni, d.f, row.Target)
	case "vpce":
		return d.endpoint(eni, d.f, row.Target)
	case "nat":
		return d.translate(eni, row.Target)
	}
	// Another instance as a router: interfaces here always check that packets
	// are their own.
	return d.drop(CodeSourceCheck, row.Target, row.Target)
}

// service decides packets for the metadata service and the resolver, which
// neither groups nor ACLs nor routes can keep from an instance (VPC user guide,
// "security-groups", "vpc-network-acls"). Both see the interface's carrier
// address, as VPCs may overlap, and must answer from the address that was
// asked: the resolver has two.
func (d *decision) service(eni *Interface, dst netip.Addr) (Verdict, bool) {
	v := Verdict{
		Action: Deliver,
		Src:    netip.AddrPortFrom(eni.Carrier, d.f.Src.Port()),
		Via:    "local",
		Inside: d.f,
		RTT:    rttLocal(d.f),
	}
	vpc := d.Vpcs[eni.VpcID]
	switch {
	case dst == metadataAddr:
		v.To = Metadata
		if d.f.Proto != TCP {
			return d.drop(CodeProtocol, string(Metadata), "local"), true
		}
	case dst == resolverAddr || vpc != nil && dst == vpc.resolver():
		v.To = Resolver
		if vpc == nil || !vpc.EnableDnsSupport {
			return d.drop(CodeNoDestination, eni.VpcID, "local"), true
		}
		if d.f.Proto == ICMP || d.f.Dst.Port() != 53 {
			return d.drop(CodeProtocol, string(Resolver), "local"), true
		}
	case linkLocal.Contains(dst):
		return d.drop(CodeNoDestination, eni.VpcID, "local"), true
	default:
		return v, false
	}
	return v, true
}

// resolver is the address of the VPC's DNS server: the base of its block plus
// two (VPC user guide, "subnet-sizing").
func (v *Vpc) resolver() netip.Addr { return v.Cidr.Masked().Addr().Next().Next() }

// choose is the row of the subnet's route table for dst, or why there is none.
func (d *decision) choose(eni *Interface, dst netip.Addr) (Route, Verdict, bool) {
	table := d.x.tables[eni.SubnetID]
	if table == nil {
		return Route{}, d.drop(CodeNoRoute, eni.SubnetID, ""), false
	}
	row, ok := d.Choose(table, dst)
	switch {
	case !ok:
		return row, d.drop(CodeNoRoute, table.ID, ""), false
	case row.Blackhole:
		return row, d.drop(CodeBadRoute, table.ID, row.Target), false
	}
	return row, Verdict{}, true
}

// acl asks the network ACL of a subnet, and names it.
func (d *decision) acl(subnet string, egress bool, f Flow) (id string, ok bool) {
	sub := d.Subnets[subnet]
	if sub == nil {
		return subnet, false
	}
	acl := d.NetworkAcls[sub.AclID]
	return sub.AclID, acl != nil && acl.allows(egress, f)
}

func firstGroup(i *Interface) string {
	if len(i.Groups) == 0 {
		return i.ID
	}
	return i.Groups[0]
}

// enter decides whether f, in the form in which it reaches to, is let in
// there. from is the interface that sends it inside the VPC, or nil.
func (d *decision) enter(from, to *Interface, f Flow, via string) Verdict {
	if to.EndpointID != "" {
		return d.intoEndpoint(from, to, f)
	}
	if to.InstanceID == "" && to.RequesterManaged { // a NAT gateway's
		return d.drop(CodeNatForeign, to.ID, via)
	}
	in := d.Instances[to.InstanceID]
	if in == nil || in.State != Running {
		return d.drop(CodeBadState, cmp.Or(to.InstanceID, to.ID), via)
	}
	if from == nil || from.SubnetID != to.SubnetID {
		if acl, ok := d.acl(to.SubnetID, false, f); !ok {
			return d.keepOut(CodeAcl, acl, via)
		}
	}
	if !d.seen(f, d.f) && !d.groupsAllow(to, false, f, from) {
		return d.keepOut(CodeGroup, firstGroup(to), via)
	}
	v := Verdict{Action: Deliver, To: HostID(in.ID), Via: via, Inside: f}
	if f.Src != d.f.Src {
		v.Src = f.Src
	}
	if f.Dst != d.f.Dst {
		v.Dst = f.Dst
	}
	return v
}

// outside says which host beyond the VPCs has an address, or "".
func (d *decision) outside(a netip.Addr) HostID {
	for _, n := range d.x.outside {
		if n.prefix.Contains(a) {
			return n.host
		}
	}
	return ""
}
