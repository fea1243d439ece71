package world

import (
	"net/netip"
	"testing"
	"time"
)

// guide is the topology of the guide: VPC 10.0.0.0/16, bastion 10.0.1.123 in a
// public subnet, private 10.0.2.234 in a private one.
type guide struct {
	*World
	t *testing.T
}

const (
	bastion = HostID("i-bastion")
	private = HostID("i-private")
)

var (
	bastionIP  = netip.MustParseAddr("10.0.1.123")
	privateIP  = netip.MustParseAddr("10.0.2.234")
	bastionPub = netip.MustParseAddr("3.34.7.8")
	natIP      = netip.MustParseAddr("10.0.1.50")
	natPub     = netip.MustParseAddr("3.34.9.9")
	s3A        = netip.MustParseAddr("52.219.56.25")
	s3B        = netip.MustParseAddr("3.5.143.161")
	anywhere   = netip.MustParsePrefix("0.0.0.0/0")
)

func pfx(s string) netip.Prefix { return netip.MustParsePrefix(s) }

func newGuide(t *testing.T, o Options) *guide {
	t.Helper()
	g := &guide{New(o), t}
	g.change(func(tx *Tx) {
		tx.Vpcs.Put("vpc-1", &Vpc{ID: "vpc-1", Cidr: pfx("10.0.0.0/16"), EnableDnsSupport: true, EnableDnsHostnames: true})
		tx.NetworkAcls.Put("acl-1", openAcl("acl-1"))
		tx.Subnets.Put("subnet-pub", &Subnet{ID: "subnet-pub", VpcID: "vpc-1", Cidr: pfx("10.0.1.0/24"), AclID: "acl-1"})
		tx.Subnets.Put("subnet-priv", &Subnet{ID: "subnet-priv", VpcID: "vpc-1", Cidr: pfx("10.0.2.0/24"), AclID: "acl-1"})
		tx.Gateways.Put("igw-1", &InternetGateway{ID: "igw-1", VpcID: "vpc-1"})
		local := Route{Cidr: pfx("10.0.0.0/16"), Target: "local", Origin: "CreateRouteTable"}
		tx.RouteTables.Put("rtb-pub", &RouteTable{
			ID: "rtb-pub", VpcID: "vpc-1",
			Routes:       []Route{local, {Cidr: anywhere, Target: "igw-1", Origin: "CreateRoute"}},
			Associations: []Association{{ID: "rtbassoc-1", Subnet: "subnet-pub"}},
		})
		// The private subnet has no association of its own: the main table's.
		tx.RouteTables.Put("rtb-priv", &RouteTable{
			ID: "rtb-priv", VpcID: "vpc-1",
			Routes:       []Route{local},
			Associations: []Association{{ID: "rtbassoc-2", Main: true}},
		})
		all := GroupRule{Egress: true, Protocol: "-1", Cidr: anywhere}
		tx.SecurityGroups.Put("sg-bastion", &SecurityGroup{ID: "sg-bastion", VpcID: "vpc-1", Rules: []GroupRule{
			all, {Protocol: "tcp", From: 22, To: 22, Cidr: netip.PrefixFrom(LaptopAddr, 32)},
		}})
		tx.SecurityGroups.Put("sg-private", &SecurityGroup{ID: "sg-private", VpcID: "vpc-1", Rules: []GroupRule{
			all, {Protocol: "tcp", From: 22, To: 22, Group: "sg-bastion"},
		}})
		host := func(id HostID, subnet, group string, ip, public netip.Addr) {
			eni := "eni-" + string(id)
			tx.Interfaces.Put(eni, &Interface{
				ID: eni, VpcID: "vpc-1", SubnetID: subnet, PrivateIP: ip, PublicIP: public,
				Carrier: tx.NewCarrier(), Groups: []string{group}, InstanceID: string(id),
			})
			tx.Instances.Put(string(id), &Instance{
				ID: string(id), VpcID: "vpc-1", SubnetID: subnet, InterfaceID: eni, State: Running,
			})
		}
		host(bastion, "subnet-pub", "sg-bastion", bastionIP, bastionPub)
		host(private, "subnet-priv", "sg-private", privateIP, netip.Addr{})
	})
	return g
}

func openAcl(id string) *NetworkAcl {
	return &NetworkAcl{ID: id, VpcID: "vpc-1", Default: true, Entries: []AclEntry{
		{Number: 100, Egress: true, Protocol: "-1", Allow: true, Cidr: anywhere},
		{Number: 100, Protocol: "-1", Allow: true, Cidr: anywhere},
	}}
}

func (g *guide) change(f func(tx *Tx)) {
	g.t.Helper()
	if err := g.Update(func(tx *Tx) error { f(tx); return nil }); err != nil {
		g.t.Fatal(err)
	}
}

// addEndpoint makes a gateway endpoint for S3 with its rows in the tables.
func addEndpoint(tx *Tx, id string, tables ...string) {
	tx.Endpoints.Put(id, &VpcEndpoint{
		ID: id, VpcID: "vpc-1", Service: "com.amazonaws.ap-northeast-2.s3", Type: "Gateway",
		State: "available", PrefixList: "pl-78a54011", RouteTables: tables,
	})
	for _, t := range tables {
		addRoute(tx, t, Route{PrefixList: "pl-78a54011", Target: id, Origin: "CreateRoute"})
	}
}

func addRoute(tx *Tx, table string, r Route) {
	t := tx.RouteTables.Edit(table)
	t.Routes = append(t.Routes, r)
}

func addNat(tx *Tx) {
	tx.Interfaces.Put("eni-nat", &Interface{
		ID: "eni-nat", VpcID: "vpc-1", SubnetID: "subnet-pub", PrivateIP: natIP, PublicIP: natPub, Carrier: tx.NewCarrier(), RequesterManaged: true,
	})
	tx.NatGateways.Put("nat-1", &NatGateway{ID: "nat-1", VpcID: "vpc-1", SubnetID: "subnet-pub", InterfaceID: "eni-nat", State: "available"})
}

func flow(proto uint8, src netip.Addr, sport uint16, dst netip.Addr, dport uint16) Flow {
	return Flow{proto, netip.AddrPortFrom(src, sport), netip.AddrPortFrom(dst, dport)}
}

// wire plays the network: it remembers what was let through, as vnet does, and
// sends packets and their answers.
type wire struct {
	g    *guide
	seen map[Flow]bool
}

func (g *guide) wire() *wire { return &wire{g, map[Flow]bool{}} }

func (w *wire) send(from HostID, f Flow) Verdict {
	v := w.g.Route(from, f, func(f Flow) bool { return w.seen[f] })
	if v.Action == Deliver {
		w.seen[v.Inside] = true
	}
	return v
}

// answer sends what the receiver of v would answer to f.
func (w *wire) answer(f Flow, v Verdict) Verdict { return w.send(v.To, arrived(f, v).Reverse()) }

// arrived is f as its receiver sees it.
func arrived(f Flow, v Verdict) Flow {
	if v.Src.IsValid() {
		f.Src = v.Src
	}
	if v.Dst.IsValid() {
		f.Dst = v.Dst
	}
	return f
}

func testClock() *Clock { return NewClock(time.Date(2022, 1, 3, 11, 36, 9, 0, time.UTC), 1) }
