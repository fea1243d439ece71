package world

import "net/netip"

// index is what the packet path looks up, made once for each state. All of it
// can be told from the state alone.
type index struct {
	region  *Region
	carrier map[netip.Addr]*Interface
	public  map[netip.Addr]*Interface
	private map[inVPC]*Interface
	tables  map[string]*RouteTable      // by subnet, main tables included
	igw     map[string]*InternetGateway // by VPC
	nat     map[string]*NatGateway      // by interface
	outside []network
}

// inVPC is an address where it means something: VPCs may overlap.
type inVPC struct {
	vpc  string
	addr netip.Addr
}

// network is a range that a host outside every VPC answers on.
type network struct {
	prefix netip.Prefix
	host   HostID
}

// newIndex makes the index of s; what depends on the region alone is taken
// from old, which may be nil.
func newIndex(s *State, old *index) *index {
	x := &index{
		carrier: map[netip.Addr]*Interface{},
		public:  map[netip.Addr]*Interface{},
		private: map[inVPC]*Interface{},
		tables:  map[string]*RouteTable{},
		igw:     map[string]*InternetGateway{},
		nat:     map[string]*NatGateway{},
	}
	for _, i := range Sorted(s.Interfaces) {
		if i.Carrier.IsValid() {
			x.carrier[i.Carrier] = i
		}
		if i.PublicIP.IsValid() {
			x.public[i.PublicIP] = i
		}
		x.private[inVPC{i.VpcID, i.PrivateIP}] = i
	}
	main := map[string]*RouteTable{}
	for _, t := range Sorted(s.RouteTables) {
		for _, a := range t.Associations {
			if a.Main {
				main[t.VpcID] = t
			} else {
				x.tables[a.Subnet] = t
			}
		}
	}
	for id, n := range s.Subnets {
		if x.tables[id] == nil && main[n.VpcID] != nil {
			x.tables[id] = main[n.VpcID]
		}
	}
	for _, g := range Sorted(s.Gateways) {
		if g.VpcID != "" {
			x.igw[g.VpcID] = g
		}
	}
	for _, n := range s.NatGateways {
		x.nat[n.InterfaceID] = n
	}
	if old != nil && old.region.Name == s.Region {
		x.region, x.outside = old.region, old.outside
		return x
	}
	x.region = RegionData(s.Region)
	networks := x.region.Networks()
	for _, host := range []HostID{Laptop, S3, DynamoDB, API} {
		for _, p := range networks[host] {
			x.outside = append(x.outside, network{p, host})
		}
	}
	return x
}

// idx is the index of s; that of a state which is still being made is computed
// for every question.
func (s *State) idx() *index {
	if s.index != nil {
		return s.index
	}
	return newIndex(s, nil)
}

// ByCarrier finds who speaks from an address inside the lab's own fabric
// ([Interface.Carrier]), or nil.
func (s *State) ByCarrier(a netip.Addr) *Interface { return s.idx().carrier[a] }

// ByPublicIP finds who has a public address, or nil.
func (s *State) ByPublicIP(a netip.Addr) *Interface { return s.idx().public[a] }

// ByPrivateIP finds who has an address in a VPC, or nil.
func (s *State) ByPrivateIP(vpc string, a netip.Addr) *Interface {
	return s.idx().private[inVPC{vpc, a}]
}

// TableOf is the route table of a subnet, its own or the VPC's main one; nil
// where there is neither.
func (s *State) TableOf(subnet string) *RouteTable { return s.idx().tables[subnet] }
