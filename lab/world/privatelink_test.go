package world

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
)

// withInterface is the guide with an interface endpoint for S3 in the private
// subnet, open to HTTPS from the VPC.
func withInterface(t *testing.T, change func(*EndpointSpec)) (*guide, *VpcEndpoint, *Interface) {
	t.Helper()
	g := newGuide(t, Options{})
	var id string
	err := g.Update(func(tx *Tx) error {
		tx.Subnets.Edit("subnet-priv").Zone = "ap-northeast-2a"
		tx.Subnets.Edit("subnet-pub").Zone = "ap-northeast-2c"
		tx.SecurityGroups.Put("sg-vpce", &SecurityGroup{ID: "sg-vpce", VpcID: "vpc-1", Rules: []GroupRule{
			{Protocol: "tcp", From: 443, To: 443, Cidr: pfx("10.0.0.0/16")},
		}})
		spec := EndpointSpec{
			VpcID: "vpc-1", Service: "com.amazonaws.ap-northeast-2.s3", Type: "Interface",
			Subnets: []EndpointSubnet{{"subnet-priv", "10.0.2.50"}}, Groups: []string{"sg-vpce"},
		}
		if change != nil {
			change(&spec)
		}
		e, err := tx.CreateVpcEndpoint(spec)
		if err == nil {
			id, e.State = e.ID, "available"
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	e := g.Snapshot().Endpoints[id]
	return g, e, g.Snapshot().Interfaces[e.Interfaces[0]]
}

// What reaches the interface of an endpoint, and what does not.
func TestInterfaceEndpointPackets(t *testing.T) {
	entry := func(egress bool, number int) AclEntry {
		return AclEntry{Number: number, Egress: egress, Protocol: "6", Cidr: pfx("10.0.1.0/24"), From: 1, To: 65535}
	}
	ownAcl := func(e AclEntry) func(*Tx, string) {
		return func(tx *Tx, _ string) {
			acl := openAcl("acl-2")
			acl.Entries = append(acl.Entries, e)
			tx.NetworkAcls.Put("acl-2", acl)
			tx.Subnets.Edit("subnet-priv").AclID = "acl-2"
		}
	}
	for _, tc := range []struct {
		name   string
		from   HostID
		src    netip.Addr
		proto  uint8
		port   uint16
		change func(tx *Tx, id string)
		code   string // of the packet; "" arrives
		back   string // of its answer
	}{
		{"same subnet", private, privateIP, TCP, 443, nil, "", ""},
		{"another subnet", bastion, bastionIP, TCP, 443, nil, "", ""},
		{"a port that no rule has", private, privateIP, TCP, 80, nil, CodeGroup, ""},
		{"UDP", private, privateIP, UDP, 443, func(tx *Tx, _ string) {
			tx.SecurityGroups.Edit("sg-vpce").Rules[0].Protocol = "-1"
		}, CodeProtocol, ""},
		{"a group reference", private, privateIP, TCP, 443, func(tx *Tx, _ string) {
			r := &tx.SecurityGroups.Edit("sg-vpce").Rules[0]
			r.Cidr, r.Group = netip.Prefix{}, "sg-private"
		}, "", ""},
		{"a group reference to another", bastion, bastionIP, TCP, 443, func(tx *Tx, _ string) {
			r := &tx.SecurityGroups.Edit("sg-vpce").Rules[0]
			r.Cidr, r.Group = netip.Prefix{}, "sg-private"
		}, CodeGroup, ""},
		{"no egress rule", private, privateIP, TCP, 443, func(tx *Tx, _ string) {
			tx.SecurityGroups.Edit("sg-private").Rules = nil
		}, CodeGroup, ""},
		{"the subnet's ACL on the way in", bastion, bastionIP, TCP, 443, ownAcl(entry(false, 50)), CodeAcl, ""},
		{"the subnet's ACL on the way back", bastion, bastionIP, TCP, 443, ownAcl(entry(true, 50)), "", CodeAcl},
		{"an ACL is nothing within the subnet", private, privateIP, TCP, 443, ownAcl(AclEntry{Number: 1, Protocol: "-1", Cidr: anywhere}), "", ""},
		{"pending", private, privateIP, TCP, 443, func(tx *Tx, id string) { tx.Endpoints.Edit(id).State = "pending" }, CodeBadState, ""},
		{"deleting", private, privateIP, TCP, 443, func(tx *Tx, id string) {
			if err := tx.DeleteVpcEndpoint(id); err != nil {
				t.Error(err)
			}
		}, CodeBadState, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g, e, eni := withInterface(t, nil)
			if tc.change != nil {
				g.change(func(tx *Tx) { tc.change(tx, e.ID) })
			}
			w := g.wire()
			f := flow(tc.proto, tc.src, 4000, eni.PrivateIP, tc.port)
			v := w.send(tc.from, f)
			if v.Code != tc.code {
				t.Fatalf("code %q, want %q: %+v", v.Code, tc.code, v)
			}
			if tc.code != "" {
				return
			}
			if v.To != S3 || v.Via != e.ID || len(v.Path) != 0 {
				t.Errorf("it goes to %s by %s over %d hops", v.To, v.Via, len(v.Path))
			}
			o := g.Snapshot().Origin(v.Src.Addr(), eni.PrivateIP, "s3")
			if want := (Origin{tc.src, "vpc-1", e.ID, string(tc.from)}); o != want {
				t.Errorf("S3 sees %+v, want %+v", o, want)
			}
			back := w.answer(f, v)
			if back.Code != tc.back || tc.back == "" && (back.To != tc.from || arrived(arrived(f, v).Reverse(), back) != f.Reverse()) {
				t.Errorf("the answer: %+v", back)
			}
		})
	}
}

// A service cannot begin: endpoints lead one way. Nor does another VPC's
// instance reach an interface by its private address.
func TestInterfaceEndpointIsOneWay(t *testing.T) {
	g, _, eni := withInterface(t, nil)
	carrier := g.Snapshot().Interfaces["eni-i-private"].Carrier
	if v := g.Route(S3, flow(TCP, eni.PrivateIP, 443, carrier, 22), nil); v.Code != CodeGroup {
		t.Errorf("S3 opens a connection: %+v", v)
	}
	if v := g.Route(API, flow(TCP, s3A, 443, carrier, 4000), nil); v.Action == Deliver {
		t.Errorf("another host speaks to a carrier: %+v", v)
	}
	g.change(func(tx *Tx) {
		tx.Vpcs.Put("vpc-2", &Vpc{ID: "vpc-2", Cidr: pfx("10.0.0.0/16"), EnableDnsSupport: true})
		tx.Interfaces.Edit("eni-i-bastion").VpcID = "vpc-2"
	})
	if v := g.Route(bastion, flow(TCP, bastionIP, 4000, eni.PrivateIP, 443), nil); v.Action == Deliver {
		t.Errorf("from another VPC: %+v", v)
	}
}

// The names of endpoints, and whom they lead where.
func TestInterfaceEndpointNames(t *testing.T) {
	yes, no := true, false
	g, e, eni := withInterface(t, func(s *EndpointSpec) {
		s.PrivateDNS, s.InboundOnly = &yes, &no
		s.Subnets = append(s.Subnets, EndpointSubnet{"subnet-pub", "10.0.1.50"})
	})
	s := g.Snapshot()
	other := s.Interfaces[e.Interfaces[1]].PrivateIP
	names := s.EndpointNames(e)
	if len(names) != 7 || !strings.HasPrefix(names[0].Name, "*."+e.ID+"-") || !strings.HasSuffix(names[1].Name, "-ap-northeast-2a.s3.ap-northeast-2.vpce.amazonaws.com") || names[0].Zone != "Z27UANNT0PRK1T" {
		t.Fatalf("names = %v", names)
	}
	all, zonal := names[0].Name[1:], names[1].Name[1:]
	inside := s.Interfaces["eni-i-private"]
	outsider := *inside
	outsider.VpcID = "vpc-2"
	public := []netip.Addr{s3B}
	for _, tc := range []struct {
		name string
		from *Interface
		want []netip.Addr // nil: there is no such name
	}{
		{"bucket" + all, inside, []netip.Addr{eni.PrivateIP, other}},
		{"gwlab-b.bucket" + all, inside, []netip.Addr{eni.PrivateIP, other}},
		{"bucket" + zonal, inside, []netip.Addr{eni.PrivateIP}},
		{"bucket" + all, nil, []netip.Addr{eni.PrivateIP, other}}, // public names of private addresses
		{all[1:], inside, nil},
		{"bucket." + e.ID + "-00000000.s3.ap-northeast-2.vpce.amazonaws.com", inside, nil},
		{"bucket" + strings.Replace(zonal, "2a.", "2b.", 1), inside, nil},
		{"s3.ap-northeast-2.amazonaws.com", inside, []netip.Addr{eni.PrivateIP, other}},
		{"gwlab-b.s3.ap-northeast-2.amazonaws.com", inside, []netip.Addr{eni.PrivateIP, other}},
		{"s3.ap-northeast-2.amazonaws.com", &outsider, public},
		{"s3.us-east-1.amazonaws.com", &outsider, s.Lookup(inside, "s3.us-east-1.amazonaws.com", "A").Addrs},
	} {
		if a := s.Lookup(tc.from, tc.name, "A"); !slices.Equal(a.Addrs, tc.want) || a.NotFound != (tc.want == nil) {
			t.Errorf("%s: %+v, want %v", tc.name, a, tc.want)
		}
	}
	if got := s.HostOf("bucket" + all); got != S3 {
		t.Errorf("%s answers for the endpoint", got)
	}
	if got := s.HostOf("ec2.ap-northeast-2.amazonaws.com"); got != API {
		t.Errorf("%q answers for EC2", got)
	}
	// Private DNS that is for on-premises resolvers alone changes nothing here.
	g.change(func(tx *Tx) { tx.Endpoints.Edit(e.ID).InboundOnly = true })
	if a := g.Snapshot().Lookup(inside, "s3.ap-northeast-2.amazonaws.com", "A"); !slices.Equal(a.Addrs, public) {
		t.Errorf("inbound only: %v", a.Addrs)
	}
	// EC2's endpoints have no star, and their own service's names.
	g2, e2, eni2 := withInterface(t, func(s *EndpointSpec) { s.Service = "com.amazonaws.ap-northeast-2.ec2" })
	st := g2.Snapshot()
	if n := st.EndpointNames(e2); len(n) != 3 || n[2].Name != "ec2.ap-northeast-2.amazonaws.com" || !strings.HasPrefix(n[0].Name, e2.ID) {
		t.Errorf("names = %v", n)
	}
	if a := st.Lookup(st.Interfaces["eni-i-bastion"], "ec2.ap-northeast-2.amazonaws.com", "A"); !slices.Equal(a.Addrs, []netip.Addr{eni2.PrivateIP}) {
		t.Errorf("EC2 is at %v", a.Addrs)
	}
}
