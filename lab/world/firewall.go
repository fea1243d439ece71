package world

import (
	"cmp"
	"net/netip"
	"slices"
)

// groupsAllow says whether a rule of the interface's security groups lets the
// first packet of f out (or in). peer is the interface at the other end where
// it is in the same VPC: rules that name a group ask for its groups. Rules only
// allow, so their order is of no matter (VPC user guide, "security-group-rules").
func (s *State) groupsAllow(i *Interface, egress bool, f Flow, peer *Interface) bool {
	other := f.Src.Addr()
	if egress {
		other = f.Dst.Addr()
	}
	for _, id := range i.Groups {
		g := s.SecurityGroups[id]
		if g == nil {
			continue
		}
		for _, r := range g.Rules {
			if r.Egress == egress && r.admits(f) && s.names(r, other, peer) {
				return true
			}
		}
	}
	return false
}

// names says whether the rule is about the other side.
func (s *State) names(r GroupRule, other netip.Addr, peer *Interface) bool {
	switch {
	case r.Group != "":
		return peer != nil && peer.PrivateIP == other && slices.Contains(peer.Groups, r.Group)
	case r.PrefixList != "":
		return s.PrefixLists[r.PrefixList].Contains(other)
	}
	return r.Cidr.Contains(other)
}

// admits compares protocol and ports. A new ICMP flow is always an echo
// request: errors belong to the flow that they are about, and replies to the
// request's.
func (r GroupRule) admits(f Flow) bool {
	switch p := protocol(r.Protocol); {
	case p < 0:
		return true
	case p != int(f.Proto):
		return false
	case f.Proto == ICMP:
		return r.From == -1 || r.From == 8 && (r.To == -1 || r.To == 0)
	case f.Proto == TCP || f.Proto == UDP:
		port := int(f.Dst.Port())
		return r.From == -1 || r.From <= port && port <= r.To
	}
	return true
}

// allows says whether the ACL of a subnet lets a packet out (or in). It is
// stateless: each packet is judged by itself, the lowest number that matches
// decides, and nothing matching is a denial (VPC user guide, "vpc-network-acls").
//
// A flow does not tell an echo request from its reply, so an entry for one of
// the two types stands for both.
func (a *NetworkAcl) allows(egress bool, f Flow) bool {
	other := f.Src.Addr()
	if egress {
		other = f.Dst.Addr()
	}
	var first *AclEntry
	for i := range a.Entries {
		e := &a.Entries[i]
		if e.Egress == egress && e.Cidr.Contains(other) && e.admits(f) &&
			(first == nil || cmp.Less(e.Number, first.Number)) {
			first = e
		}
	}
	return first != nil && first.Allow
}

func (e *AclEntry) admits(f Flow) bool {
	switch p := protocol(e.Protocol); {
	case p < 0:
		return true
	case p != int(f.Proto):
		return false
	case f.Proto == ICMP:
		return e.IcmpType == -1 || e.IcmpType == 8 || e.IcmpType == 0
	case f.Proto == TCP || f.Proto == UDP:
		port := int(f.Dst.Port())
		return e.From == 0 && e.To == 0 || e.From <= port && port <= e.To
	}
	return true
}

// protocol is the IANA number of a rule's protocol, by name or number; -1 is
// all of them, and what cannot be read matches nothing.
func protocol(s string) int {
	switch s {
	case "-1", "":
		return -1
	case "icmp", "1":
		return int(ICMP)
	case "tcp", "6":
		return int(TCP)
	case "udp", "17":
		return int(UDP)
	}
	n := 0
	for _, c := range s {
		if c < '0' || c > '9' || n > 255 {
			return 1 << 10
		}
		n = n*10 + int(c-'0')
	}
	return n
}
