package world

import "testing"

func TestGroupsAllow(t *testing.T) {
	s := &State{
		PrefixLists:    map[string]*PrefixList{"pl-1": {Entries: []PrefixEntry{{Cidr: pfx("52.219.56.0/22")}}}},
		SecurityGroups: map[string]*SecurityGroup{},
	}
	peer := &Interface{PrivateIP: bastionIP, Groups: []string{"sg-x", "sg-bastion"}}
	in := func(r GroupRule) GroupRule { r.Egress = false; return r }
	out := func(r GroupRule) GroupRule { r.Egress = true; return r }
	tcp22 := GroupRule{Protocol: "tcp", From: 22, To: 22, Cidr: pfx("10.0.1.0/24")}
	ssh := flow(TCP, bastionIP, 4000, privateIP, 22)
	get := flow(TCP, privateIP, 4000, s3A, 443)
	ping := flow(ICMP, bastionIP, 7, privateIP, 7)
	tests := []struct {
		name   string
		rule   GroupRule
		egress bool
		f      Flow
		peer   *Interface
		want   bool
	}{
		{"CIDR and port", in(tcp22), false, ssh, nil, true},
		{"the rule of the other direction", out(tcp22), false, ssh, nil, false},
		{"other port", in(tcp22), false, flow(TCP, bastionIP, 4000, privateIP, 23), nil, false},
		{"other protocol", in(tcp22), false, flow(UDP, bastionIP, 4000, privateIP, 22), nil, false},
		{"the source port is of no matter", in(tcp22), false, flow(TCP, bastionIP, 22, privateIP, 80), nil, false},
		{"other CIDR", in(tcp22), false, flow(TCP, addr("10.0.3.1"), 4000, privateIP, 22), nil, false},
		{"range, low end", in(GroupRule{Protocol: "tcp", From: 20, To: 22, Cidr: anywhere}), false, flow(TCP, bastionIP, 1, privateIP, 20), nil, true},
		{"range, high end", in(GroupRule{Protocol: "tcp", From: 20, To: 22, Cidr: anywhere}), false, ssh, nil, true},
		{"all protocols", in(GroupRule{Protocol: "-1", From: -1, To: -1, Cidr: anywhere}), false, flow(UDP, bastionIP, 4000, privateIP, 9), nil, true},
		{"by number", in(GroupRule{Protocol: "6", From: 22, To: 22, Cidr: anywhere}), false, ssh, nil, true},
		{"another number", in(GroupRule{Protocol: "50", Cidr: anywhere}), false, ssh, nil, false},
		{"nonsense", in(GroupRule{Protocol: "tcpp", Cidr: anywhere}), false, ssh, nil, false},
		{"group", in(GroupRule{Protocol: "tcp", From: 22, To: 22, Group: "sg-bastion"}), false, ssh, peer, true},
		{"group of nobody here", in(GroupRule{Protocol: "tcp", From: 22, To: 22, Group: "sg-bastion"}), false, ssh, nil, false},
		{"another group", in(GroupRule{Protocol: "tcp", From: 22, To: 22, Group: "sg-other"}), false, ssh, peer, false},
		{"group, but another address", in(GroupRule{Protocol: "tcp", From: 22, To: 22, Group: "sg-bastion"}), false, flow(TCP, bastionPub, 4000, privateIP, 22), peer, false},
		{"prefix list", out(GroupRule{Protocol: "tcp", From: 443, To: 443, PrefixList: "pl-1"}), true, get, nil, true},
		{"beside the prefix list", out(GroupRule{Protocol: "tcp", From: 443, To: 443, PrefixList: "pl-1"}), true, flow(TCP, privateIP, 1, s3B, 443), nil, false},
		{"no such prefix list", out(GroupRule{Protocol: "tcp", From: 443, To: 443, PrefixList: "pl-2"}), true, get, nil, false},
		{"ping, all of ICMP", in(GroupRule{Protocol: "icmp", From: -1, To: -1, Cidr: anywhere}), false, ping, nil, true},
		{"ping, echo request", in(GroupRule{Protocol: "icmp", From: 8, To: -1, Cidr: anywhere}), false, ping, nil, true},
		{"ping, only unreachable", in(GroupRule{Protocol: "icmp", From: 3, To: 4, Cidr: anywhere}), false, ping, nil, false},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			s.SecurityGroups["sg-1"] = &SecurityGroup{Rules: []GroupRule{tc.rule}}
			s.SecurityGroups["sg-0"] = &SecurityGroup{}
			i := &Interface{Groups: []string{"sg-gone", "sg-0", "sg-1"}}
			if got := s.groupsAllow(i, tc.egress, tc.f, tc.peer); got != tc.want {
				t.Errorf("allowed: %t, want %t", got, tc.want)
			}
			if s.groupsAllow(&Interface{Groups: []string{"sg-0"}}, tc.egress, tc.f, tc.peer) {
				t.Error("a group without rules allows")
			}
		})
	}
}

func TestAcl(t *testing.T) {
	acl := &NetworkAcl{Entries: []AclEntry{
		{Number: 200, Protocol: "-1", Allow: true, Cidr: anywhere},
		{Number: 100, Protocol: "6", Allow: false, Cidr: pfx("10.0.1.0/24"), From: 22, To: 22},
		{Number: 90, Protocol: "6", Allow: true, Cidr: pfx("10.0.1.123/32"), From: 22, To: 22},
		{Number: 100, Egress: true, Protocol: "6", Allow: true, Cidr: pfx("52.219.56.0/22"), From: 443, To: 443},
		{Number: 110, Egress: true, Protocol: "1", Allow: true, Cidr: anywhere, IcmpType: 8, IcmpCode: -1},
		{Number: 120, Egress: true, Protocol: "17", Allow: true, Cidr: anywhere, From: 1000, To: 2000},
		{Number: 130, Egress: true, Protocol: "50", Allow: true, Cidr: anywhere},
	}}
	tests := []struct {
		name   string
		egress bool
		f      Flow
		want   bool
	}{
		{"the lowest number decides, whatever the order", false, flow(TCP, bastionIP, 1, privateIP, 22), true},
		{"then the next", false, flow(TCP, addr("10.0.1.9"), 1, privateIP, 22), false},
		{"then the last", false, flow(TCP, addr("10.0.1.9"), 1, privateIP, 80), true},
		{"out, by the destination", true, flow(TCP, privateIP, 1, s3A, 443), true},
		{"out, other port", true, flow(TCP, privateIP, 443, s3A, 80), false},
		{"nothing matches", true, flow(TCP, privateIP, 1, s3B, 443), false},
		{"echo", true, flow(ICMP, privateIP, 1, s3B, 1), true},
		{"UDP range", true, flow(UDP, privateIP, 1, s3B, 2000), true},
		{"beyond the range", true, flow(UDP, privateIP, 1, s3B, 2001), false},
		{"another protocol", true, Flow{Proto: 50, Dst: flow(TCP, privateIP, 1, s3B, 0).Dst}, true},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			if got := acl.allows(tc.egress, tc.f); got != tc.want {
				t.Errorf("allowed: %t, want %t", got, tc.want)
			}
		})
	}
}
