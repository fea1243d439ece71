package world

import (
	"cmp"
	"net/netip"
)

// Choose picks the row of a route table that carries packets to dst, or false.
// A row whose target is gone is chosen like any other, and then drops.
//
// VPC user guide, "VPC_Route_Tables", route priority: the longest prefix wins,
// where a prefix list stands for each of its entries. Between equals, a static
// row goes before a prefix list and that before a propagated row; between two
// prefix lists AWS chooses once at random and then always the same, which is
// here a hash of the ids.
func (s *State) Choose(t *RouteTable, dst netip.Addr) (Route, bool) {
	var best Route
	bits, found := -1, false
	for _, r := range t.Routes {
		n := s.match(r, dst)
		if n < 0 || n < bits {
			continue
		}
		if n > bits || prefer(t, r, best) {
			best, bits, found = r, n, true
		}
	}
	return best, found
}

// match is the length of the longest prefix of r that holds dst, or -1.
func (s *State) match(r Route, dst netip.Addr) int {
	if r.PrefixList == "" {
		if r.Cidr.Contains(dst) {
			return r.Cidr.Bits()
		}
		return -1
	}
	return s.PrefixLists[r.PrefixList].match(dst)
}

// match is the length of the longest entry that holds a, or -1.
func (l *PrefixList) match(a netip.Addr) int {
	n := -1
	if l == nil {
		return n
	}
	for _, e := range l.Entries {
		if e.Cidr.Contains(a) {
			n = max(n, e.Cidr.Bits())
		}
	}
	return n
}

// Contains says whether an entry of the list holds a.
func (l *PrefixList) Contains(a netip.Addr) bool { return l.match(a) >= 0 }

// prefer says whether a goes before b, which matches as well as a does.
func prefer(t *RouteTable, a, b Route) bool {
	if c := cmp.Compare(rank(a), rank(b)); c != 0 {
		return c < 0
	}
	return hash64(t.ID, a.PrefixList) < hash64(t.ID, b.PrefixList)
}

func rank(r Route) int {
	switch {
	case r.Origin == "EnableVgwRoutePropagation":
		return 2
	case r.PrefixList != "":
		return 1
	}
	return 0
}
