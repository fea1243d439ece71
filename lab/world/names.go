package world

import (
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Answer is what the resolver says of a name. The zero Answer is a name that
// exists without a record of the asked type.
type Answer struct {
	NotFound bool          // NXDOMAIN
	CNAME    string        // the name is an alias of this one, to which Addrs belong
	Addrs    []netip.Addr  // A records
	PTR      string        // the name of an address
	TTL      time.Duration // of every record
}

// How long answers may be kept. S3's are short, as AWS moves its traffic by
// them.
const (
	ttlS3    = 5 * time.Second
	ttlOther = 60 * time.Second
)

// Lookup asks the region's DNS: as the VPC resolver answers the interface
// from, or, where from is nil, as the learner's own resolver answers. qtype is
// A, AAAA, CNAME, PTR and so on; the lab has no IPv6, so AAAA finds nothing.
// Whether an instance reaches its resolver at all is for [State.Route] to say.
//
// A gateway endpoint changes no answer, which is a lesson of its own; an
// interface endpoint has names of its own, and with private DNS takes over the
// service's.
func (s *State) Lookup(from *Interface, name, qtype string) Answer {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if addr, ok := parseReverse(name); ok {
		return s.lookupAddr(from, addr, qtype)
	}
	a := s.lookupName(from, name)
	switch qtype {
	case "A":
	case "CNAME":
		a.Addrs = nil
	case "AAAA":
		a.Addrs = nil
	default:
		a.Addrs, a.CNAME = nil, ""
	}
	return a
}

func (s *State) lookupName(from *Interface, name string) Answer {
	if addr, ok := cutAddress(name, "ip-", privateSuffix(s.Region)); ok {
		if from == nil || s.ByPrivateIP(from.VpcID, addr) == nil {
			return Answer{NotFound: true}
		}
		return Answer{Addrs: []netip.Addr{addr}, TTL: ttlOther}
	}
	if addr, ok := cutAddress(name, "ec2-", publicSuffix(s.Region)); ok {
		return s.lookupPublic(from, addr)
	}
	if a, ok := s.lookupEndpoint(from, name); ok {
		return a
	}
	if a, ok := s.lookupS3(from, name); ok {
		return a
	}
	r := s.idx().region
	if name == "dynamodb."+r.Name+".amazonaws.com" {
		return Answer{Addrs: []netip.Addr{r.Dynamo}, TTL: ttlS3}
	}
	if r.serves(name) {
		a := address(number(r.APIs.Addr()) + 1 + uint32(hash64(name)%254))
		return Answer{Addrs: []netip.Addr{a}, TTL: ttlOther}
	}
	return Answer{NotFound: true}
}

// serves says whether a name is that of an API other than S3's and DynamoDB's.
func (r *Region) serves(name string) bool {
	switch name {
	case "iam.amazonaws.com", "sts.amazonaws.com", "checkip.amazonaws.com":
		return true
	}
	for _, e := range r.EndpointServices() {
		if e.PrivateName == name && name != "" { // a gateway's has none
			return true
		}
	}
	return false
}

// lookupPublic resolves ec2-3-34-1-2.…: within the VPC of that instance to its
// private address, elsewhere to the public one; and only where the VPC has DNS
// hostnames (VPC user guide, "vpc-dns").
func (s *State) lookupPublic(from *Interface, addr netip.Addr) Answer {
	to := s.ByPublicIP(addr)
	switch {
	case to == nil && !s.idx().region.isRouter(addr):
		return Answer{NotFound: true}
	case to == nil:
	case s.Vpcs[to.VpcID] == nil || !s.Vpcs[to.VpcID].EnableDnsHostnames:
		return Answer{NotFound: true}
	case from != nil && from.VpcID == to.VpcID:
		addr = to.PrivateIP
	}
	return Answer{Addrs: []netip.Addr{addr}, TTL: ttlOther}
}

// lookupS3 resolves S3's names: regional, dual-stack and global, with and
// without a bucket before them. A bucket's name is an alias, whether there is
// such a bucket or not.
func (s *State) lookupS3(from *Interface, name string) (Answer, bool) {
	rest, ok := strings.CutSuffix(name, ".amazonaws.com")
	if !ok {
		return Answer{}, false
	}
	// Only the last "s3" can be the service: buckets may have dots.
	labels := strings.Split(rest, ".")
	at := -1
	for i := range labels {
		if l := labels[i]; l == "s3" || l == "s3-r-w" || l == "s3-1-w" {
			at = i
		}
	}
	if at < 0 {
		return Answer{}, false
	}
	bucket, tail := strings.Join(labels[:at], "."), labels[at+1:]
	dual := ""
	if len(tail) > 0 && tail[0] == "dualstack" {
		dual, tail = "dualstack.", tail[1:]
	}
	region := "us-east-1" // where the global name leads
	alias := "s3-1-w.amazonaws.com"
	switch {
	case len(tail) == 1:
		region = tail[0]
		alias = "s3-r-w." + dual + region + ".amazonaws.com"
	case len(tail) > 1 || dual != "":
		return Answer{}, false
	case s.Buckets[bucket] != nil:
		// S3's own DNS sends a bucket's global name to its region.
		region = s.Buckets[bucket].Region
		alias = "s3-r-w." + region + ".amazonaws.com"
	}
	r := s.s3Region(region)
	if r == nil {
		return Answer{}, false
	}
	a := Answer{Addrs: s.s3Addrs(from, r), TTL: ttlS3}
	if bucket != "" {
		a.CNAME = alias
	}
	return a, true
}

// s3Region is the region of that name if the lab knows its S3, or nil.
func (s *State) s3Region(name string) *Region {
	if r := s.idx().region; r.Name == name {
		return r
	}
	for _, n := range neighbours() {
		if n == name {
			return RegionData(n)
		}
	}
	return nil
}

// s3Addrs are the addresses that one asker is given. S3 has many and a
// resolver hands out some; here the number of the asker's subnet decides which,
// so that answers differ between subnets and stay the same within one, as in
// the guide: subnet 10.0.1.0/24 is told 52.219.56.25, and 10.0.2.0/24
// 3.5.143.161. Neither endpoints nor routes have a say.
func (s *State) s3Addrs(from *Interface, r *Region) []netip.Addr {
	n := uint32(3) // the learner's resolver
	if from != nil {
		if sub := s.Subnets[from.SubnetID]; sub != nil && sub.Cidr.IsValid() {
			n = number(sub.Cidr.Addr()) >> (32 - min(sub.Cidr.Bits(), 32))
		}
	}
	first := int(n % uint32(len(r.S3Answers)))
	if s.Answers != AnswersToday {
		return r.S3Answers[first : first+1 : first+1]
	}
	out := make([]netip.Addr, 0, len(r.S3Answers))
	out = append(out, r.S3Answers[first:]...)
	return append(out, r.S3Answers[:first]...)
}

// lookupAddr resolves an address to a name: instances of the asker's VPC,
// addresses of EC2, and the hosts of S3 that have names (those of 3.5.0.0/16
// are not known to; the routers of 100.64.0.0/10 have none).
func (s *State) lookupAddr(from *Interface, addr netip.Addr, qtype string) Answer {
	x := s.idx()
	name := ""
	switch {
	case from != nil && s.ByPrivateIP(from.VpcID, addr) != nil:
		name = PrivateName(addr, s.Region)
	case x.public[addr] != nil || x.region.isRouter(addr):
		name = PublicName(addr, s.Region)
	case s3Answers(addr):
		name = s.s3Name(addr)
	}
	if name == "" {
		return Answer{NotFound: true}
	}
	if qtype != "PTR" {
		return Answer{}
	}
	return Answer{PTR: name, TTL: ttlOther}
}

func (s *State) s3Name(addr netip.Addr) string {
	for _, n := range append(neighbours(), s.Region) {
		if s.s3Region(n).S3List().Contains(addr) {
			return "s3." + n + ".amazonaws.com"
		}
	}
	return ""
}

// isRouter says whether addr is one of AWS's own machines in EC2's ranges,
// such as the first hop behind an internet gateway.
func (r *Region) isRouter(addr netip.Addr) bool {
	for _, a := range r.Hops[0] {
		if a == addr {
			return true
		}
	}
	return false
}

// cutAddress reads 10-0-1-123 between a prefix and a suffix.
func cutAddress(name, prefix, suffix string) (netip.Addr, bool) {
	mid, ok := strings.CutSuffix(name, suffix)
	if !ok {
		return netip.Addr{}, false
	}
	if mid, ok = strings.CutPrefix(mid, prefix); !ok || strings.Contains(mid, ".") {
		return netip.Addr{}, false
	}
	a, err := netip.ParseAddr(strings.ReplaceAll(mid, "-", "."))
	return a, err == nil && a.Is4()
}

// parseReverse reads 123.1.0.10.in-addr.arpa.
func parseReverse(name string) (netip.Addr, bool) {
	rest, ok := strings.CutSuffix(name, ".in-addr.arpa")
	if !ok {
		return netip.Addr{}, false
	}
	labels := strings.Split(rest, ".")
	if len(labels) != 4 {
		return netip.Addr{}, false
	}
	var b [4]byte
	for i, l := range labels {
		n, err := strconv.ParseUint(l, 10, 8)
		if err != nil {
			return netip.Addr{}, false
		}
		b[3-i] = byte(n)
	}
	return netip.AddrFrom4(b), true
}
