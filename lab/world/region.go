package world

import (
	"hash/fnv"
	"net/netip"
	"strconv"
	"strings"
)

// Region is what AWS has in one region: the data that is nobody's account.
// Nothing else in the lab knows a region's zones, ranges or ids, so the walk
// goes in any region.
type Region struct {
	Name  string
	Zones []Zone
	// PrefixLists are AWS's own: S3's first, then DynamoDB's. A new account
	// has them.
	PrefixLists []*PrefixList
	// S3Answers are the addresses its resolvers give for S3.
	S3Answers []netip.Addr
	// Dynamo is the address its resolvers give for DynamoDB.
	Dynamo netip.Addr
	// APIs is where every other service answers.
	APIs netip.Prefix
	// PublicPool is where instances get their public addresses from.
	PublicPool netip.Prefix
	// Hops are the routers between an internet gateway and S3, three for each
	// TTL.
	Hops [][3]netip.Addr
}

// Zone is an availability zone.
type Zone struct{ Name, ID string } // "ap-northeast-2a", "apne2-az1"

// LaptopAddr is the learner's own public address, out of TEST-NET-3 (RFC 5737)
// so that it is nobody's.
var LaptopAddr = netip.AddrFrom4([4]byte{203, 0, 113, 42})

// LaptopAddr is the learner's own public address in this world.
func (s *State) LaptopAddr() netip.Addr { return LaptopAddr }

// S3List is the prefix list of S3.
func (r *Region) S3List() *PrefixList { return r.PrefixLists[0] }

// DynamoDBList is the prefix list of DynamoDB.
func (r *Region) DynamoDBList() *PrefixList { return r.PrefixLists[1] }

// Service is the endpoint service name of a short one: "s3" is
// "com.amazonaws.ap-northeast-2.s3".
func (r *Region) Service(short string) string { return "com.amazonaws." + r.Name + "." + short }

// PublicName is the name of a public address of EC2
// ("ec2-3-34-1-2.ap-northeast-2.compute.amazonaws.com").
func PublicName(a netip.Addr, region string) string {
	return "ec2-" + dashed(a) + publicSuffix(region)
}

// PrivateName is the name of an instance's private address
// ("ip-10-0-1-123.ap-northeast-2.compute.internal").
func PrivateName(a netip.Addr, region string) string {
	return "ip-" + dashed(a) + privateSuffix(region)
}

// us-east-1 is older than the scheme of the others (VPC user guide, vpc-dns).
func publicSuffix(region string) string {
	if region == "us-east-1" {
		return ".compute-1.amazonaws.com"
	}
	return "." + region + ".compute.amazonaws.com"
}

func privateSuffix(region string) string {
	if region == "us-east-1" {
		return ".ec2.internal"
	}
	return "." + region + ".compute.internal"
}

// regionSeed holds what is known of a region; the rest is derived from its name.
type regionSeed struct {
	zones          string // letters
	s3List, ddList string
	s3, dd         string // CIDRs
	pool           string
}

// RegionData describes a region of any name. Seoul's data is real (ip-ranges.json
// and the console of 2024 and later); the prefix lists and main ranges of four
// others are as commonly published; what is not known is derived from the
// name, always the same and never another region's.
func RegionData(name string) *Region {
	seed, known := regionSeeds(name)
	h := hash64(name)
	if !known {
		seed = regionSeed{
			zones:  "abc",
			s3List: "pl-6" + hex7(h), ddList: "pl-4" + hex7(h>>28),
			s3: "16.12." + octet(h&0xfe) + ".0/23 52.95." + octet(h>>8) + ".0/24",
			dd: "52.94." + octet(h>>16) + ".0/24", pool: "18." + octet(h>>24|0x80) + ".0.0/16",
		}
	}
	r := &Region{
		Name:       name,
		PublicPool: netip.MustParsePrefix(seed.pool),
		APIs:       netip.PrefixFrom(netip.AddrFrom4([4]byte{99, 77, byte(h >> 32), 0}), 24),
		Hops:       hops(name, netip.MustParsePrefix(seed.pool)),
	}
	for i, z := range seed.zones {
		r.Zones = append(r.Zones, Zone{name + string(z), zoneCode(name) + "-az" + strconv.Itoa(i+1)})
	}
	r.PrefixLists = []*PrefixList{
		awsList(seed.s3List, r.Service("s3"), seed.s3),
		awsList(seed.ddList, r.Service("dynamodb"), seed.dd),
	}
	r.Dynamo = r.PrefixLists[1].Entries[0].Cidr.Addr().Next().Next()
	if name == "ap-northeast-2" {
		// Numbers 1 and 2 are the guide's: see State.Lookup.
		for _, a := range strings.Fields("52.219.60.30 52.219.56.25 3.5.143.161 52.219.148.78 3.5.144.90 52.219.202.46 3.5.184.23 52.219.144.71") {
			r.S3Answers = append(r.S3Answers, netip.MustParseAddr(a))
		}
		return r
	}
	for i := range uint64(8) {
		e := r.PrefixLists[0].Entries[i%uint64(len(r.PrefixLists[0].Entries))].Cidr
		offset := hash64(name+strconv.FormatUint(i, 10)) % (1<<(32-e.Bits()) - 2)
		r.S3Answers = append(r.S3Answers, address(number(e.Addr())+1+uint32(offset)))
	}
	return r
}

func regionSeeds(name string) (regionSeed, bool) {
	switch name {
	case "ap-northeast-2":
		return regionSeed{"abcd", "pl-78a54011", "pl-48a54021",
			"3.5.140.0/22 3.5.144.0/23 3.5.184.0/21 52.219.144.0/22 52.219.148.0/23 52.219.202.0/23 52.219.204.0/22 52.219.56.0/22 52.219.60.0/23",
			"52.94.6.0/24 35.71.109.0/24", "3.34.0.0/16"}, true
	case "ap-northeast-1":
		return regionSeed{"acd", "pl-61a54008", "pl-78a54011",
			"3.5.152.0/21 52.219.0.0/20 52.219.16.0/22 52.219.68.0/22", "52.94.8.0/24", "3.112.0.0/16"}, true
	case "us-east-1":
		return regionSeed{"abcdef", "pl-63a5400a", "pl-02cd2c6b",
			"3.5.0.0/19 16.182.0.0/16 52.216.0.0/15 54.231.0.0/16", "52.94.0.0/22", "3.80.0.0/16"}, true
	case "us-west-2":
		return regionSeed{"abcd", "pl-68a54001", "pl-00a54069",
			"3.5.76.0/22 3.5.80.0/21 52.92.128.0/17 52.218.128.0/17", "52.94.10.0/24", "34.208.0.0/16"}, true
	case "eu-west-1":
		return regionSeed{"abc", "pl-6da54004", "pl-6fa54006",
			"3.5.64.0/21 52.92.0.0/17 52.218.0.0/17", "52.94.24.0/23", "34.240.0.0/16"}, true
	}
	return regionSeed{}, false
}

// neighbours are the regions whose S3 the lab knows beside its own: a bucket
// elsewhere resolves to addresses that no endpoint here leads to.
func neighbours() []string {
	return []string{"ap-northeast-1", "ap-northeast-2", "eu-west-1", "us-east-1", "us-west-2"}
}

// Networks says which public addresses each host outside the VPCs has, in a lab
// of this region.
func (r *Region) Networks() map[HostID][]netip.Prefix {
	n := map[HostID][]netip.Prefix{
		Laptop: {netip.PrefixFrom(LaptopAddr, 32)},
		API:    {r.APIs},
	}
	for _, e := range r.S3List().Entries {
		n[S3] = append(n[S3], e.Cidr)
	}
	for _, e := range r.DynamoDBList().Entries {
		n[DynamoDB] = append(n[DynamoDB], e.Cidr)
	}
	for _, name := range neighbours() {
		if name == r.Name {
			continue
		}
		for _, e := range RegionData(name).S3List().Entries {
			n[S3] = append(n[S3], e.Cidr)
		}
	}
	return n
}

// hops are the guide's routers; in another region the first of them has
// addresses of that region.
func hops(name string, pool netip.Prefix) [][3]netip.Addr {
	rows := [...]string{
		"52.79.0.145 52.79.0.149 52.79.0.139",
		"100.65.19.160 100.65.19.0 100.65.18.160",
		"100.66.8.222 100.66.8.248 100.66.8.226",
		"100.66.11.100 100.66.11.224 100.66.11.0",
		"100.66.2.161 100.66.2.7 100.66.2.163",
		"100.64.2.213 100.64.0.145 100.64.2.17",
		"100.64.21.205 100.64.20.77 100.64.21.77",
	}
	out := make([][3]netip.Addr, len(rows))
	for i, row := range rows {
		for j, a := range strings.Fields(row) {
			out[i][j] = netip.MustParseAddr(a)
			if i == 0 && name != "ap-northeast-2" {
				out[i][j] = address(number(pool.Addr()) | number(out[i][j])&0xff)
			}
		}
	}
	return out
}

func awsList(id, name, cidrs string) *PrefixList {
	l := &PrefixList{ID: id, Name: name, Owner: "AWS", State: "create-complete"}
	for _, p := range prefixes(cidrs) {
		l.Entries = append(l.Entries, PrefixEntry{Cidr: p})
	}
	return l
}

// zoneCode shortens a region's name as zone ids do: ap-northeast-2 is apne2.
func zoneCode(region string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(region, "-") {
		switch part {
		case "northeast", "northwest", "southeast", "southwest":
			b.WriteString(part[:1] + part[5:6])
		case "north", "south", "east", "west", "central":
			b.WriteString(part[:1])
		default:
			b.WriteString(part)
		}
	}
	return strings.ReplaceAll(b.String(), "gov", "g")
}

func prefixes(s string) []netip.Prefix {
	var out []netip.Prefix
	for f := range strings.FieldsSeq(s) {
		out = append(out, netip.MustParsePrefix(f))
	}
	return out
}

func octet(n uint64) string { return strconv.Itoa(int(n & 0xff)) }

func hex7(n uint64) string {
	s := strconv.FormatUint(n&0xfffffff|1<<28, 16)
	return s[len(s)-7:]
}

// hash64 is stable across runs and machines, and its low bits are well mixed.
func hash64(parts ...string) uint64 {
	h := fnv.New64a()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return mix(h.Sum64())
}

// mix is the finaliser of splitmix64.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}
