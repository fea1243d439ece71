package world

import (
	"net/netip"
	"reflect"
	"testing"
)

var (
	apiAddr   = RegionData("ap-northeast-2").APIs.Addr().Next()
	resolver2 = addr("10.0.0.2")
)

// result is what a table says of a verdict: where it goes, or why not.
type result struct {
	to           HostID // "" means dropped
	code, object string
	via          string
}

func summary(v Verdict) result {
	if v.Action == Deliver {
		return result{to: v.To, via: v.Via}
	}
	return result{code: v.Code, object: v.Object}
}

func TestOutward(t *testing.T) {
	tests := []struct {
		name   string
		change func(tx *Tx)
		from   HostID
		f      Flow
		want   result
	}{
		{"bastion to S3", nil, bastion, flow(TCP, bastionIP, 4000, s3A, 443), result{to: S3, via: "igw-1"}},
		{"bastion to DynamoDB", nil, bastion, flow(TCP, bastionIP, 4000, addr("52.94.6.9"), 443), result{to: DynamoDB, via: "igw-1"}},
		{"bastion to an API", nil, bastion, flow(TCP, bastionIP, 4000, apiAddr, 443), result{to: API, via: "igw-1"}},
		{"bastion to the learner", nil, bastion, flow(TCP, bastionIP, 4000, LaptopAddr, 80), result{to: Laptop, via: "igw-1"}},
		{"bastion to S3 of another region", nil, bastion, flow(TCP, bastionIP, 4000, addr("52.216.1.2"), 443), result{to: S3, via: "igw-1"}},
		{"bastion to nobody", nil, bastion, flow(TCP, bastionIP, 4000, addr("8.8.8.8"), 53), result{code: CodeNoDestination, object: "igw-1"}},
		{"bastion to RFC 1918", nil, bastion, flow(TCP, bastionIP, 4000, addr("192.168.1.1"), 80), result{code: CodePrivateDest, object: "igw-1"}},
		{"bastion to RFC 6598", nil, bastion, flow(TCP, bastionIP, 4000, addr("100.66.8.222"), 80), result{code: CodeSharedDest, object: "igw-1"}},
		{"bastion to itself by its public address", nil, bastion, flow(TCP, bastionIP, 4000, bastionPub, 22), result{code: CodeNatReflection, object: "igw-1"}},
		{"private to S3", nil, private, flow(TCP, privateIP, 4000, s3B, 443), result{code: CodeNoRoute, object: "rtb-priv"}},
		{"private to S3, UDP", nil, private, flow(UDP, privateIP, 4000, s3B, 33434), result{code: CodeNoRoute, object: "rtb-priv"}},
		{"bastion to private, SSH", nil, bastion, flow(TCP, bastionIP, 4000, privateIP, 22), result{to: private, via: "local"}},
		{"bastion to private, HTTP", nil, bastion, flow(TCP, bastionIP, 4000, privateIP, 80), result{code: CodeGroup, object: "sg-private"}},
		{"private to bastion, SSH: the group is no address of the learner", nil, private, flow(TCP, privateIP, 4000, bastionIP, 22), result{code: CodeGroup, object: "sg-bastion"}},
		{"to an address that nobody has", nil, bastion, flow(TCP, bastionIP, 4000, addr("10.0.2.99"), 22), result{code: CodeNoDestination, object: "vpc-1"}},
		{"to the VPC router", nil, bastion, flow(ICMP, bastionIP, 1, addr("10.0.1.1"), 1), result{code: CodeNoDestination, object: "vpc-1"}},
		{"a forged source", nil, bastion, flow(TCP, privateIP, 4000, s3A, 443), result{code: CodeSourceCheck, object: "eni-i-bastion"}},
		{"an unknown host", nil, "i-none", flow(TCP, privateIP, 4000, s3A, 443), result{code: CodeBadState, object: "i-none"}},
		{"a stopped host", func(tx *Tx) { tx.Instances.Edit(string(bastion)).State = Stopped },
			bastion, flow(TCP, bastionIP, 4000, s3A, 443), result{code: CodeBadState, object: "i-bastion"}},
		{"to a stopped host", func(tx *Tx) { tx.Instances.Edit(string(private)).State = Stopping },
			bastion, flow(TCP, bastionIP, 4000, privateIP, 22), result{code: CodeBadState, object: "i-private"}},

		{"metadata", nil, private, flow(TCP, privateIP, 4000, metadataAddr, 80), result{to: Metadata, via: "local"}},
		{"metadata by ping", nil, private, flow(ICMP, privateIP, 4, metadataAddr, 4), result{code: CodeProtocol, object: "imds"}},
		{"metadata past a closed group and ACL", closed, private, flow(TCP, privateIP, 4000, metadataAddr, 80), result{to: Metadata, via: "local"}},
		{"resolver at VPC+2", nil, private, flow(UDP, privateIP, 4000, resolver2, 53), result{to: Resolver, via: "local"}},
		{"resolver by TCP", nil, private, flow(TCP, privateIP, 4000, resolver2, 53), result{to: Resolver, via: "local"}},
		{"resolver at its link-local address", nil, private, flow(UDP, privateIP, 4000, resolverAddr, 53), result{to: Resolver, via: "local"}},
		{"resolver past a closed group and ACL", closed, private, flow(UDP, privateIP, 4000, resolver2, 53), result{to: Resolver, via: "local"}},
		{"resolver by ping", nil, private, flow(ICMP, privateIP, 4, resolver2, 4), result{code: CodeProtocol, object: "resolver"}},
		{"resolver without DNS support", func(tx *Tx) { tx.Vpcs.Edit("vpc-1").EnableDnsSupport = false },
			private, flow(UDP, privateIP, 4000, resolver2, 53), result{code: CodeNoDestination, object: "vpc-1"}},
		{"VPC+2 of another VPC", nil, private, flow(UDP, privateIP, 4000, addr("10.1.0.2"), 53), result{code: CodeNoRoute, object: "rtb-priv"}},
		{"other link-local addresses", nil, bastion, flow(UDP, bastionIP, 4000, addr("169.254.169.123"), 123), result{code: CodeNoDestination, object: "vpc-1"}},

		{"no internet route", func(tx *Tx) { tx.RouteTables.Edit("rtb-pub").Routes = tx.RouteTables.Get("rtb-pub").Routes[:1] },
			bastion, flow(TCP, bastionIP, 4000, s3A, 443), result{code: CodeNoRoute, object: "rtb-pub"}},
		{"black hole", func(tx *Tx) { tx.RouteTables.Edit("rtb-pub").Routes[1].Blackhole = true },
			bastion, flow(TCP, bastionIP, 4000, s3A, 443), result{code: CodeBadRoute, object: "rtb-pub"}},
		{"detached gateway", func(tx *Tx) { tx.Gateways.Edit("igw-1").VpcID = "" },
			bastion, flow(TCP, bastionIP, 4000, s3A, 443), result{code: CodeBadState, object: "igw-1"}},
		{"deleted gateway", func(tx *Tx) { tx.Gateways.Delete("igw-1") },
			bastion, flow(TCP, bastionIP, 4000, s3A, 443), result{code: CodeBadState, object: "igw-1"}},
		{"internet route without a public address", func(tx *Tx) { addRoute(tx, "rtb-priv", Route{Cidr: anywhere, Target: "igw-1"}) },
			private, flow(TCP, privateIP, 4000, s3B, 443), result{code: CodeNoPublicIP, object: "igw-1"}},
		{"an instance as a router", func(tx *Tx) { addRoute(tx, "rtb-priv", Route{Cidr: anywhere, Target: "eni-i-bastion"}) },
			private, flow(TCP, privateIP, 4000, s3B, 443), result{code: CodeSourceCheck, object: "eni-i-bastion"}},
		{"no table at all", func(tx *Tx) { tx.RouteTables.Delete("rtb-priv") },
			private, flow(TCP, privateIP, 4000, bastionIP, 22), result{code: CodeNoRoute, object: "subnet-priv"}},

		{"endpoint, TCP", endpointOn("rtb-priv"), private, flow(TCP, privateIP, 4000, s3B, 443), result{to: S3, via: "vpce-1"}},
		{"endpoint, any address of the list", endpointOn("rtb-priv"), private, flow(TCP, privateIP, 4000, s3A, 443), result{to: S3, via: "vpce-1"}},
		{"endpoint, UDP", endpointOn("rtb-priv"), private, flow(UDP, privateIP, 4000, s3B, 33434), result{code: CodeEndpointProto, object: "vpce-1"}},
		{"endpoint, another service", endpointOn("rtb-priv"), private, flow(TCP, privateIP, 4000, addr("52.94.6.9"), 443), result{code: CodeNoRoute, object: "rtb-priv"}},
		{"endpoint, S3 of another region", endpointOn("rtb-priv"), private, flow(TCP, privateIP, 4000, addr("52.216.1.2"), 443), result{code: CodeNoRoute, object: "rtb-priv"}},
		{"endpoint on the public table only: private", endpointOn("rtb-pub"), private, flow(TCP, privateIP, 4000, s3B, 443), result{code: CodeNoRoute, object: "rtb-priv"}},
		{"endpoint on the public table only: bastion", endpointOn("rtb-pub"), bastion, flow(TCP, bastionIP, 4000, s3A, 443), result{to: S3, via: "vpce-1"}},
		{"endpoint on the public table: the rest of the internet", endpointOn("rtb-pub"), bastion, flow(TCP, bastionIP, 4000, apiAddr, 443), result{to: API, via: "igw-1"}},
		{"endpoint on no table", endpointOn(), private, flow(TCP, privateIP, 4000, s3B, 443), result{code: CodeNoRoute, object: "rtb-priv"}},
		{"endpoint of another VPC", func(tx *Tx) {
			endpointOn("rtb-priv")(tx)
			tx.Endpoints.Edit("vpce-1").VpcID = "vpc-2"
		}, private, flow(TCP, privateIP, 4000, s3B, 443), result{code: CodeBadState, object: "vpce-1"}},
		{"endpoint not available yet", func(tx *Tx) {
			endpointOn("rtb-priv")(tx)
			tx.Endpoints.Edit("vpce-1").State = "pending"
		}, private, flow(TCP, privateIP, 4000, s3B, 443), result{code: CodeBadState, object: "vpce-1"}},
		{"endpoint, group without egress 443", func(tx *Tx) {
			endpointOn("rtb-priv")(tx)
			onlyHTTP(tx)
		}, private, flow(TCP, privateIP, 4000, s3B, 443), result{code: CodeGroup, object: "sg-private"}},
		{"endpoint, group that names the prefix list", func(tx *Tx) {
			endpointOn("rtb-priv")(tx)
			tx.SecurityGroups.Edit("sg-private").Rules[0] = GroupRule{Egress: true, Protocol: "tcp", From: 443, To: 443, PrefixList: "pl-78a54011"}
		}, private, flow(TCP, privateIP, 4000, s3B, 443), result{to: S3, via: "vpce-1"}},
		{"endpoint, static route over part of the list: the part", shadow, private, flow(TCP, privateIP, 4000, s3B, 443), result{code: CodeNoPublicIP, object: "igw-1"}},
		{"endpoint, static route over part of the list: the rest", shadow, private, flow(TCP, privateIP, 4000, s3A, 443), result{to: S3, via: "vpce-1"}},
		{"endpoint, ACL that lets nothing out", func(tx *Tx) {
			endpointOn("rtb-priv")(tx)
			privateAcl(tx).Entries[0].Allow = false
		}, private, flow(TCP, privateIP, 4000, s3B, 443), result{code: CodeAcl, object: "acl-2"}},

		{"NAT, ACL of its subnet closed to the private one", func(tx *Tx) {
			natRoute(tx)
			privateAcl(tx)
			tx.NetworkAcls.Edit("acl-1").Entries[1].Cidr = pfx("3.0.0.0/8")
		}, private, flow(TCP, privateIP, 4000, s3B, 443), result{code: CodeAcl, object: "acl-1"}},
		{"NAT, ACL of its subnet closed outward", func(tx *Tx) {
			natRoute(tx)
			privateAcl(tx)
			tx.NetworkAcls.Edit("acl-1").Entries[0].Cidr = pfx("10.0.0.0/16")
		}, private, flow(TCP, privateIP, 4000, s3B, 443), result{code: CodeAcl, object: "acl-1"}},
		{"NAT that is not ready", func(tx *Tx) {
			natRoute(tx)
			tx.NatGateways.Edit("nat-1").State = "pending"
		}, private, flow(TCP, privateIP, 4000, s3B, 443), result{code: CodeBadState, object: "nat-1"}},
		{"NAT in a subnet without an internet route", func(tx *Tx) {
			natRoute(tx)
			tx.RouteTables.Edit("rtb-pub").Routes = tx.RouteTables.Get("rtb-pub").Routes[:1]
		}, private, flow(TCP, privateIP, 4000, s3B, 443), result{code: CodeNoRoute, object: "rtb-pub"}},

		{"ACL that lets nothing into the private subnet", func(tx *Tx) { privateAcl(tx).Entries[1].Allow = false },
			bastion, flow(TCP, bastionIP, 4000, privateIP, 22), result{code: CodeAcl, object: "acl-2"}},
		{"no ACL within a subnet", func(tx *Tx) {
			tx.NetworkAcls.Edit("acl-1").Entries = nil
			tx.Interfaces.Edit("eni-i-private").SubnetID = "subnet-pub"
			tx.Interfaces.Edit("eni-i-private").PrivateIP = addr("10.0.1.9")
		}, bastion, flow(TCP, bastionIP, 4000, addr("10.0.1.9"), 22), result{to: private, via: "local"}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			g := newGuide(t, Options{})
			if tc.change != nil {
				g.change(tc.change)
			}
			v := g.Route(tc.from, tc.f, nil)
			if got := summary(v); got != tc.want {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
			if v.Inside.Proto != tc.f.Proto {
				t.Errorf("Inside is %+v", v.Inside)
			}
			// The state itself decides as the world does.
			if p := g.Snapshot().Route(tc.from, tc.f, nil); !reflect.DeepEqual(p, v) {
				t.Errorf("State.Route says %+v, World.Route %+v", p, v)
			}
		})
	}
}

func endpointOn(tables ...string) func(*Tx) {
	return func(tx *Tx) { addEndpoint(tx, "vpce-1", tables...) }
}

func onlyHTTP(tx *Tx) {
	tx.SecurityGroups.Edit("sg-private").Rules[0] = GroupRule{Egress: true, Protocol: "tcp", From: 80, To: 80, Cidr: anywhere}
}

func shadow(tx *Tx) {
	endpointOn("rtb-priv")(tx)
	addRoute(tx, "rtb-priv", Route{Cidr: pfx("3.5.140.0/22"), Target: "igw-1", Origin: "CreateRoute"})
}

// privateAcl gives the private subnet an ACL of its own.
func privateAcl(tx *Tx) *NetworkAcl {
	acl := openAcl("acl-2")
	tx.NetworkAcls.Put("acl-2", acl)
	tx.Subnets.Edit("subnet-priv").AclID = "acl-2"
	return acl
}

func closed(tx *Tx) {
	tx.SecurityGroups.Edit("sg-private").Rules = nil
	privateAcl(tx).Entries = nil
}

// TestConversations sends a packet and what its receiver answers.
func TestConversations(t *testing.T) {
	tests := []struct {
		name    string
		change  func(tx *Tx)
		from    HostID
		f       Flow
		seenBy  netip.Addr // the source address that the receiver sees; zero: the carrier
		to      HostID
		backVia string
		backErr string // the code that stops the answer, if any
	}{
		{"bastion and S3", nil, bastion, flow(TCP, bastionIP, 4000, s3A, 443), bastionPub, S3, "igw-1", ""},
		{"bastion and S3, UDP", nil, bastion, flow(UDP, bastionIP, 4000, s3A, 33434), bastionPub, S3, "igw-1", ""},
		{"bastion and an API", nil, bastion, flow(TCP, bastionIP, 4000, apiAddr, 443), bastionPub, API, "igw-1", ""},
		{"bastion and private", nil, bastion, flow(TCP, bastionIP, 4000, privateIP, 22), bastionIP, private, "local", ""},
		{"private and S3 by endpoint", endpointOn("rtb-priv"), private, flow(TCP, privateIP, 4000, s3B, 443), netip.Addr{}, S3, "vpce-1", ""},
		{"private and S3 by endpoint, ping", endpointOn("rtb-priv"), private, flow(ICMP, privateIP, 77, s3A, 77), netip.Addr{}, S3, "vpce-1", ""},
		{"private and its resolver", nil, private, flow(UDP, privateIP, 4000, resolver2, 53), netip.Addr{}, Resolver, "local", ""},
		{"private and its resolver, closed group and ACL", closed, private, flow(UDP, privateIP, 4000, resolver2, 53), netip.Addr{}, Resolver, "local", ""},
		{"private and the other resolver address", nil, private, flow(TCP, privateIP, 4000, resolverAddr, 53), netip.Addr{}, Resolver, "local", ""},
		{"private and metadata", closed, private, flow(TCP, privateIP, 4000, metadataAddr, 80), netip.Addr{}, Metadata, "local", ""},
		{"learner and bastion", nil, Laptop, flow(TCP, LaptopAddr, 4000, bastionPub, 22), LaptopAddr, bastion, "igw-1", ""},
		{"learner and bastion, internet route removed", func(tx *Tx) {
			tx.RouteTables.Edit("rtb-pub").Routes = tx.RouteTables.Get("rtb-pub").Routes[:1]
		}, Laptop, flow(TCP, LaptopAddr, 4000, bastionPub, 22), LaptopAddr, bastion, "", CodeNoRoute},
		{"endpoint, ACL without ephemeral return", func(tx *Tx) {
			endpointOn("rtb-priv")(tx)
			acl := privateAcl(tx)
			acl.Entries[1] = AclEntry{Number: 100, Protocol: "6", Allow: true, Cidr: anywhere, From: 443, To: 443}
		}, private, flow(TCP, privateIP, 4000, s3B, 443), netip.Addr{}, S3, "", CodeAcl},
		{"endpoint, ACL with ephemeral return from the list alone", func(tx *Tx) {
			endpointOn("rtb-priv")(tx)
			acl := privateAcl(tx)
			acl.Entries[1] = AclEntry{Number: 100, Protocol: "6", Allow: true, Cidr: pfx("3.5.140.0/22"), From: 1024, To: 65535}
		}, private, flow(TCP, privateIP, 4000, s3B, 443), netip.Addr{}, S3, "vpce-1", ""},
		{"group without any inbound rule", func(tx *Tx) {
			g := tx.SecurityGroups.Edit("sg-bastion")
			g.Rules = g.Rules[:1]
		}, bastion, flow(TCP, bastionIP, 4000, s3A, 443), bastionPub, S3, "igw-1", ""},
		{"group without any outbound rule: answers go out", func(tx *Tx) {
			g := tx.SecurityGroups.Edit("sg-bastion")
			g.Rules = g.Rules[1:]
		}, Laptop, flow(TCP, LaptopAddr, 4000, bastionPub, 22), LaptopAddr, bastion, "igw-1", ""},
		{"private and S3 by NAT", natRoute, private, flow(TCP, privateIP, 4000, s3B, 443), natPub, S3, "nat-1", ""},
		{"private and S3 by NAT, ping", natRoute, private, flow(ICMP, privateIP, 77, s3A, 77), natPub, S3, "nat-1", ""},
		{"private and an API by NAT", natRoute, private, flow(UDP, privateIP, 4000, apiAddr, 443), natPub, API, "nat-1", ""},
		{"private and S3 by NAT whose subnet has the endpoint", func(tx *Tx) {
			natRoute(tx)
			addEndpoint(tx, "vpce-1", "rtb-pub")
		}, private, flow(TCP, privateIP, 4000, s3B, 443), netip.Addr{}, S3, "nat-1", ""},
		{"private and S3 by NAT, ACL of the NAT's subnet closed inward", func(tx *Tx) {
			natRoute(tx)
			privateAcl(tx)
			tx.NetworkAcls.Edit("acl-1").Entries[1].Cidr = pfx("10.0.0.0/16")
		}, private, flow(TCP, privateIP, 4000, s3B, 443), natPub, S3, "", CodeAcl},
		{"private and S3 by NAT, ACL of the NAT's subnet closed to the private one", func(tx *Tx) {
			natRoute(tx)
			privateAcl(tx)
			tx.NetworkAcls.Edit("acl-1").Entries[0].Cidr = pfx("3.0.0.0/8")
		}, private, flow(TCP, privateIP, 4000, s3B, 443), natPub, S3, "", CodeAcl},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			g := newGuide(t, Options{})
			if tc.change != nil {
				g.change(tc.change)
			}
			w := g.wire()
			v := w.send(tc.from, tc.f)
			if v.Action != Deliver || v.To != tc.to {
				t.Fatalf("there: %+v", v)
			}
			there := arrived(tc.f, v)
			switch {
			case tc.seenBy.IsValid() && there.Src.Addr() != tc.seenBy:
				t.Errorf("the receiver sees %v, want %v", there.Src, tc.seenBy)
			case !tc.seenBy.IsValid() && g.Snapshot().ByCarrier(there.Src.Addr()) == nil:
				t.Errorf("the receiver sees %v, want a carrier address", there.Src)
			}
			back := w.answer(tc.f, v)
			if tc.backErr != "" {
				if back.Action != Drop || back.Code != tc.backErr {
					t.Errorf("back: %+v, want %s", back, tc.backErr)
				}
				return
			}
			if back.Action != Deliver || back.To != tc.from || back.Via != tc.backVia && tc.from != Laptop {
				t.Fatalf("back: %+v", back)
			}
			if got := arrived(there.Reverse(), back); got != tc.f.Reverse() {
				t.Errorf("the answer arrives as %v, want %v", got, tc.f.Reverse())
			}
			if tc.from != Laptop && back.Inside != tc.f.Reverse() {
				t.Errorf("Inside of the answer is %v, want %v", back.Inside, tc.f.Reverse())
			}
			if tc.from != Laptop && v.Inside != tc.f {
				t.Errorf("Inside is %v, want %v", v.Inside, tc.f)
			}
			if again := w.send(tc.from, tc.f); again.Action != Deliver {
				t.Errorf("the second packet: %+v", again)
			}
		})
	}
}

func natRoute(tx *Tx) {
	addNat(tx)
	addRoute(tx, "rtb-priv", Route{Cidr: anywhere, Target: "nat-1", Origin: "CreateRoute"})
}

// TestInward: what nobody inside asked for.
func TestInward(t *testing.T) {
	tests := []struct {
		name   string
		change func(tx *Tx)
		from   HostID
		f      Flow
		want   result
	}{
		{"SSH from the learner", nil, Laptop, flow(TCP, LaptopAddr, 4000, bastionPub, 22), result{to: bastion, via: "igw-1"}},
		{"SSH from elsewhere", nil, API, flow(TCP, apiAddr, 4000, bastionPub, 22), result{code: CodeGroup, object: "sg-bastion"}},
		{"HTTP from the learner", nil, Laptop, flow(TCP, LaptopAddr, 4000, bastionPub, 80), result{code: CodeGroup, object: "sg-bastion"}},
		{"detached gateway", func(tx *Tx) { tx.Gateways.Edit("igw-1").VpcID = "" }, Laptop,
			flow(TCP, LaptopAddr, 4000, bastionPub, 22), result{code: CodeBadState, object: "vpc-1"}},
		{"ACL", func(tx *Tx) { tx.NetworkAcls.Edit("acl-1").Entries[1].Allow = false }, Laptop,
			flow(TCP, LaptopAddr, 4000, bastionPub, 22), result{code: CodeAcl, object: "acl-1"}},
		{"stopped", func(tx *Tx) { tx.Instances.Edit(string(bastion)).State = Stopped }, Laptop,
			flow(TCP, LaptopAddr, 4000, bastionPub, 22), result{code: CodeBadState, object: "i-bastion"}},
		{"a private address from outside", nil, Laptop, flow(TCP, LaptopAddr, 4000, privateIP, 22), result{code: CodeNoDestination, object: "10.0.2.234"}},
		{"S3 into the bastion", nil, S3, flow(TCP, s3A, 443, bastionPub, 4000), result{code: CodeGroup, object: "sg-bastion"}},
		{"S3 into the VPC through the endpoint", endpointOn("rtb-priv"), S3, flow(TCP, s3A, 443, netip.Addr{}, 4000), result{code: CodeGroup, object: "sg-private"}},
		{"S3 through an endpoint that is gone", nil, S3, flow(TCP, s3A, 443, netip.Addr{}, 4000), result{code: CodeNoRoute, object: "rtb-priv"}},
		{"the learner at a carrier address", endpointOn("rtb-priv"), Laptop, flow(TCP, LaptopAddr, 443, netip.Addr{}, 4000), result{code: CodeNoDestination, object: "carrier"}},
		{"nobody's carrier address", nil, S3, flow(TCP, s3A, 443, addr("240.0.0.1"), 4000), result{code: CodeNoDestination, object: "240.0.0.1"}},
		{"to a NAT gateway", natRoute, Laptop, flow(TCP, LaptopAddr, 4000, natPub, 22), result{code: CodeNatForeign, object: "nat-1"}},
		{"the learner and S3", nil, Laptop, flow(TCP, LaptopAddr, 4000, s3A, 443), result{to: S3, via: "internet"}},
		{"S3 and the learner", nil, S3, flow(TCP, s3A, 443, LaptopAddr, 4000), result{to: Laptop, via: "internet"}},
		{"the learner and the metadata service", nil, Laptop, flow(TCP, LaptopAddr, 443, metadataAddr, 80), result{code: CodeNoDestination, object: "169.254.169.254"}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			g := newGuide(t, Options{})
			if tc.change != nil {
				g.change(tc.change)
			}
			carrier := g.Snapshot().Interfaces["eni-i-private"].Carrier
			if !tc.f.Dst.Addr().IsValid() {
				tc.f.Dst = netip.AddrPortFrom(carrier, tc.f.Dst.Port())
			}
			if tc.want.object == "carrier" {
				tc.want.object = carrier.String()
			}
			if got := summary(g.Route(tc.from, tc.f, nil)); got != tc.want {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
		})
	}
}

// TestStateTable is the table at the end of the facts' section F, for the
// private instance: what the programs show follows from these verdicts.
// Nobody is behind an interface that is attached to nothing.
func TestLooseInterface(t *testing.T) {
	g := newGuide(t, Options{})
	var loose *Interface
	g.change(func(tx *Tx) {
		var err error
		if loose, err = tx.CreateInterface("subnet-priv", "10.0.2.99", "", []string{"sg-private"}, nil); err != nil {
			t.Fatal(err)
		}
	})
	v := g.Route(bastion, flow(TCP, bastionIP, 40000, loose.PrivateIP, 22), nil)
	if v.Action != Drop || v.Code != CodeBadState || v.Object != loose.ID {
		t.Errorf("to it: %+v", v)
	}
	g.change(func(tx *Tx) {
		p, err := tx.CreateInsightsPath(InsightsPath{Source: loose.ID, Destination: string(bastion), Protocol: "tcp"})
		if err != nil {
			t.Fatal(err)
		}
		a, err := tx.Analyze(p.ID, nil)
		if err != nil || a.Found || a.Explanation != CodeBadState || a.Component != loose.ID {
			t.Errorf("from it: %+v %v", a, err)
		}
	})
}

func TestStateTable(t *testing.T) {
	worlds := []struct {
		name         string
		change       func(tx *Tx)
		tcpB, tcpA   bool // TCP 443 to 3.5.143.161 and 52.219.56.25
		udp          bool
		pingB, pingA bool // an answer comes back
	}{
		{"no endpoint", nil, false, false, false, false, false},
		// Echo passes an endpoint (explanation codes), but 3.5.0.0/16, which is
		// what the private instance is told, does not answer it.
		{"endpoint", endpointOn("rtb-priv"), true, true, false, false, true},
		{"endpoint, no egress 443", func(tx *Tx) { endpointOn("rtb-priv")(tx); onlyHTTP(tx) }, false, false, false, false, false},
		{"endpoint, shadowed", shadow, false, true, false, false, true},
	}
	for _, tc := range worlds {
		t.Run(tc.name, func(t *testing.T) {
			g := newGuide(t, Options{})
			if tc.change != nil {
				g.change(tc.change)
			}
			w := g.wire()
			works := func(f Flow) bool {
				v := w.send(private, f)
				if v.Action != Deliver || f.Proto != TCP && v.Silent {
					return false
				}
				return w.answer(f, v).Action == Deliver
			}
			for _, c := range []struct {
				name string
				f    Flow
				want bool
			}{
				{"TCP 3.5", flow(TCP, privateIP, 4000, s3B, 443), tc.tcpB},
				{"TCP 52.219", flow(TCP, privateIP, 4001, s3A, 443), tc.tcpA},
				{"UDP 3.5", flow(UDP, privateIP, 4002, s3B, 33434), tc.udp},
				{"UDP 52.219", flow(UDP, privateIP, 4003, s3A, 33434), tc.udp},
				{"ping 3.5", flow(ICMP, privateIP, 5, s3B, 5), tc.pingB},
				{"ping 52.219", flow(ICMP, privateIP, 6, s3A, 6), tc.pingA},
				{"DNS", flow(UDP, privateIP, 4004, resolver2, 53), true},
			} {
				if got := works(c.f); got != c.want {
					t.Errorf("%s: %t, want %t", c.name, got, c.want)
				}
			}
			// The resolver says the same in each of these worlds.
			from := g.Snapshot().Interfaces["eni-i-private"]
			if a := g.Snapshot().Lookup(from, "s3.ap-northeast-2.amazonaws.com", "A"); len(a.Addrs) != 1 || a.Addrs[0] != s3B {
				t.Errorf("the resolver says %v", a.Addrs)
			}
			f := flow(TCP, privateIP, 4001, s3A, 443)
			if v := w.send(private, f); v.Action == Deliver {
				if len(v.Path) != 6 || v.Path[0].Addr.IsValid() || v.Path[5].Addr.IsValid() {
					t.Errorf("path %v, want six silent hops", v.Path)
				}
				got := g.Snapshot().Origin(v.Src.Addr(), s3A, "s3")
				if want := (Origin{privateIP, "vpc-1", "vpce-1", "i-private"}); got != want {
					t.Errorf("S3 sees %+v, want %+v", got, want)
				}
			}
		})
	}
}

// TestCuts: what becomes of open connections when the world changes.
func TestCuts(t *testing.T) {
	get := flow(TCP, bastionIP, 4000, s3A, 443)
	privateGet := flow(TCP, privateIP, 4000, s3B, 443)
	tests := []struct {
		name          string
		before, after func(tx *Tx)
		from          HostID
		f             Flow
		there, back   bool // afterwards
		viaChanges    bool
	}{
		{"endpoint comes: the IGW's connection", nil, endpointOn("rtb-pub"), bastion, get, true, false, true},
		{"endpoint goes", endpointOn("rtb-priv"), func(tx *Tx) {
			tx.RouteTables.Edit("rtb-priv").Routes = tx.RouteTables.Get("rtb-priv").Routes[:1]
			tx.Endpoints.Delete("vpce-1")
		}, private, privateGet, false, false, true},
		{"group rules go: tracked connections stay", endpointOn("rtb-priv"), func(tx *Tx) {
			tx.SecurityGroups.Edit("sg-private").Rules = nil
		}, private, privateGet, true, true, false},
		{"ACL closes: stateless", endpointOn("rtb-priv"), func(tx *Tx) { privateAcl(tx).Entries = nil }, private, privateGet, false, false, true},
		{"endpoint goes and the internet route takes over", endpointOn("rtb-pub"), func(tx *Tx) {
			tx.RouteTables.Edit("rtb-pub").Routes = tx.RouteTables.Get("rtb-pub").Routes[:2]
			tx.Endpoints.Delete("vpce-1")
		}, bastion, get, true, false, true},
		{"internet route goes", nil, func(tx *Tx) {
			tx.RouteTables.Edit("rtb-pub").Routes = tx.RouteTables.Get("rtb-pub").Routes[:1]
		}, bastion, get, false, false, true},
		{"endpoint comes to the NAT gateway's subnet", natRoute, endpointOn("rtb-pub"), private, privateGet, true, false, false},
		{"endpoint for the other subnet", nil, endpointOn("rtb-priv"), bastion, get, true, true, false},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			g := newGuide(t, Options{})
			if tc.before != nil {
				g.change(tc.before)
			}
			w := g.wire()
			v := w.send(tc.from, tc.f)
			if back := w.answer(tc.f, v); back.Action != Deliver {
				t.Fatalf("before: %+v", back)
			}
			there := arrived(tc.f, v)
			g.change(tc.after)
			now := w.send(tc.from, tc.f)
			if (now.Action == Deliver) != tc.there {
				t.Errorf("afterwards: %+v", now)
			}
			if (now.Via != v.Via) != tc.viaChanges {
				t.Errorf("via %s, before %s", now.Via, v.Via)
			}
			if back := w.send(v.To, there.Reverse()); (back.Action == Deliver) != tc.back {
				t.Errorf("the answer afterwards: %+v", back)
			}
		})
	}
}

// TestTrackedWithoutAnswer: a flow that was let through stays let through, even
// if no answer has come yet when its rule goes.
func TestTrackedWithoutAnswer(t *testing.T) {
	g := newGuide(t, Options{})
	g.change(endpointOn("rtb-priv"))
	w, f := g.wire(), flow(TCP, privateIP, 4000, s3B, 443)
	w.send(private, f)
	g.change(func(tx *Tx) { tx.SecurityGroups.Edit("sg-private").Rules = nil })
	if v := w.send(private, f); v.Action != Deliver {
		t.Errorf("the flow: %+v", v)
	}
	if v := w.send(private, flow(TCP, privateIP, 4001, s3B, 443)); v.Code != CodeGroup {
		t.Errorf("a new flow: %+v", v)
	}
}

// TestOverlappingVPCs: two VPCs with the same block do not see each other, and
// services tell them apart.
func TestOverlappingVPCs(t *testing.T) {
	g := newGuide(t, Options{})
	g.change(func(tx *Tx) {
		addEndpoint(tx, "vpce-1", "rtb-priv")
		tx.Vpcs.Put("vpc-2", &Vpc{ID: "vpc-2", Cidr: pfx("10.0.0.0/16"), EnableDnsSupport: true})
		tx.Subnets.Put("subnet-2", &Subnet{ID: "subnet-2", VpcID: "vpc-2", Cidr: pfx("10.0.2.0/24"), AclID: "acl-1"})
		tx.RouteTables.Put("rtb-2", &RouteTable{ID: "rtb-2", VpcID: "vpc-2", Associations: []Association{{Main: true}},
			Routes: []Route{{Cidr: pfx("10.0.0.0/16"), Target: "local"}}})
		tx.SecurityGroups.Put("sg-2", &SecurityGroup{ID: "sg-2", VpcID: "vpc-2", Rules: []GroupRule{{Egress: true, Protocol: "-1", Cidr: anywhere}}})
		tx.Interfaces.Put("eni-2", &Interface{ID: "eni-2", VpcID: "vpc-2", SubnetID: "subnet-2", PrivateIP: privateIP,
			Carrier: tx.NewCarrier(), Groups: []string{"sg-2"}, InstanceID: "i-2"})
		tx.Instances.Put("i-2", &Instance{ID: "i-2", InterfaceID: "eni-2", VpcID: "vpc-2", SubnetID: "subnet-2", State: Running})
	})
	if v := g.Route("i-2", flow(TCP, privateIP, 1, bastionIP, 22), nil); v.Code != CodeNoDestination {
		t.Errorf("from one VPC into the other: %+v", v)
	}
	if v := g.Route("i-2", flow(TCP, privateIP, 1, s3B, 443), nil); v.Code != CodeNoRoute || v.Object != "rtb-2" {
		t.Errorf("an endpoint of the other VPC: %+v", v)
	}
	a := g.Route(private, flow(UDP, privateIP, 1, resolver2, 53), nil)
	b := g.Route("i-2", flow(UDP, privateIP, 1, resolver2, 53), nil)
	if a.Src == b.Src || g.Snapshot().ByCarrier(b.Src.Addr()).ID != "eni-2" {
		t.Errorf("the resolver sees %v and %v", a.Src, b.Src)
	}
}
