package world

import (
	"net/netip"
	"slices"
	"testing"
)

func TestLookup(t *testing.T) {
	g := newGuide(t, Options{})
	g.change(func(tx *Tx) {
		tx.Buckets.Put("test-seoulregion", &Bucket{Name: "test-seoulregion", Region: "ap-northeast-2"})
		tx.Vpcs.Put("vpc-2", &Vpc{ID: "vpc-2", Cidr: pfx("10.0.0.0/16"), EnableDnsSupport: true})
		tx.Interfaces.Put("eni-2", &Interface{ID: "eni-2", VpcID: "vpc-2", PrivateIP: addr("10.0.7.7"), PublicIP: addr("3.34.77.77")})
	})
	s := g.Snapshot()
	bastionNic, privateNic, other := s.Interfaces["eni-i-bastion"], s.Interfaces["eni-i-private"], s.Interfaces["eni-2"]
	const region = "ap-northeast-2"
	a := func(list ...netip.Addr) Answer { return Answer{Addrs: list} }
	none := Answer{NotFound: true}
	tests := []struct {
		name  string
		from  *Interface
		query string
		qtype string
		want  Answer // TTL is compared on its own
	}{
		{"S3 for the bastion", bastionNic, "s3." + region + ".amazonaws.com", "A", a(s3A)},
		{"S3 for the private instance", privateNic, "s3." + region + ".amazonaws.com", "A", a(s3B)},
		{"capitals and a final dot", privateNic, "S3." + region + ".AmazonAWS.com.", "A", a(s3B)},
		{"S3 has no AAAA here", privateNic, "s3." + region + ".amazonaws.com", "AAAA", Answer{}},
		{"S3 has no alias", privateNic, "s3." + region + ".amazonaws.com", "CNAME", Answer{}},
		{"a bucket", privateNic, "test-seoulregion.s3." + region + ".amazonaws.com", "A", Answer{CNAME: "s3-r-w." + region + ".amazonaws.com", Addrs: []netip.Addr{s3B}}},
		{"a bucket's alias alone", privateNic, "test-seoulregion.s3." + region + ".amazonaws.com", "CNAME", Answer{CNAME: "s3-r-w." + region + ".amazonaws.com"}},
		{"a bucket, AAAA", privateNic, "test-seoulregion.s3." + region + ".amazonaws.com", "AAAA", Answer{CNAME: "s3-r-w." + region + ".amazonaws.com"}},
		{"a bucket that does not exist", privateNic, "nope.s3." + region + ".amazonaws.com", "A", Answer{CNAME: "s3-r-w." + region + ".amazonaws.com", Addrs: []netip.Addr{s3B}}},
		{"a bucket with dots", privateNic, "a.s3.b.s3." + region + ".amazonaws.com", "A", Answer{CNAME: "s3-r-w." + region + ".amazonaws.com", Addrs: []netip.Addr{s3B}}},
		{"the alias itself", privateNic, "s3-r-w." + region + ".amazonaws.com", "A", a(s3B)},
		{"dual stack", privateNic, "s3.dualstack." + region + ".amazonaws.com", "A", a(s3B)},
		{"a bucket, dual stack", privateNic, "al2023-repos.s3.dualstack." + region + ".amazonaws.com", "A", Answer{CNAME: "s3-r-w.dualstack." + region + ".amazonaws.com", Addrs: []netip.Addr{s3B}}},
		{"a bucket's global name", privateNic, "test-seoulregion.s3.amazonaws.com", "A", Answer{CNAME: "s3-r-w." + region + ".amazonaws.com", Addrs: []netip.Addr{s3B}}},
		{"a region the lab does not know", privateNic, "s3.mars-1.amazonaws.com", "A", none},
		{"not S3", privateNic, "s3.a.b." + region + ".amazonaws.com", "A", none},

		{"DynamoDB", privateNic, "dynamodb." + region + ".amazonaws.com", "A", a(s.index.region.Dynamo)},
		{"an unknown service", privateNic, "nothing." + region + ".amazonaws.com", "A", none},
		{"an unknown name", privateNic, "example.com", "A", none},
		{"the root", privateNic, ".", "A", none},

		{"private name", bastionNic, "ip-10-0-2-234." + region + ".compute.internal", "A", a(privateIP)},
		{"private name of nobody", bastionNic, "ip-10-0-2-235." + region + ".compute.internal", "A", none},
		{"private name from outside", nil, "ip-10-0-2-234." + region + ".compute.internal", "A", none},
		{"private name from another VPC", other, "ip-10-0-2-234." + region + ".compute.internal", "A", none},
		{"public name inside the VPC", privateNic, "ec2-3-34-7-8." + region + ".compute.amazonaws.com", "A", a(bastionIP)},
		{"public name outside", nil, "ec2-3-34-7-8." + region + ".compute.amazonaws.com", "A", a(bastionPub)},
		{"public name from another VPC", other, "ec2-3-34-7-8." + region + ".compute.amazonaws.com", "A", a(bastionPub)},
		{"public name of nobody", nil, "ec2-3-34-7-9." + region + ".compute.amazonaws.com", "A", none},
		{"public name in a VPC without DNS hostnames", nil, "ec2-3-34-77-77." + region + ".compute.amazonaws.com", "A", none},
		{"a bad public name", nil, "ec2-3-34-7." + region + ".compute.amazonaws.com", "A", none},

		{"PTR of hop 1", bastionNic, "145.0.79.52.in-addr.arpa", "PTR", Answer{PTR: "ec2-52-79-0-145." + region + ".compute.amazonaws.com"}},
		{"PTR of hop 2", bastionNic, "160.19.65.100.in-addr.arpa", "PTR", none},
		{"PTR of S3", bastionNic, "25.56.219.52.in-addr.arpa.", "PTR", Answer{PTR: "s3." + region + ".amazonaws.com"}},
		{"PTR of S3 in 3.5.0.0/16", bastionNic, "161.143.5.3.in-addr.arpa", "PTR", none},
		{"PTR of a private address", bastionNic, "234.2.0.10.in-addr.arpa", "PTR", Answer{PTR: "ip-10-0-2-234." + region + ".compute.internal"}},
		{"PTR of a private address, another VPC", other, "234.2.0.10.in-addr.arpa", "PTR", none},
		{"PTR of a private address, outside", nil, "234.2.0.10.in-addr.arpa", "PTR", none},
		{"PTR of a public address", nil, "8.7.34.3.in-addr.arpa", "PTR", Answer{PTR: "ec2-3-34-7-8." + region + ".compute.amazonaws.com"}},
		{"PTR of nobody", nil, "8.8.8.8.in-addr.arpa", "PTR", none},
		{"A of a reverse name", bastionNic, "25.56.219.52.in-addr.arpa", "A", Answer{}},
		{"a bad reverse name", bastionNic, "300.56.219.52.in-addr.arpa", "PTR", none},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			got := s.Lookup(tc.from, tc.query, tc.qtype)
			if got.NotFound != tc.want.NotFound || got.CNAME != tc.want.CNAME || got.PTR != tc.want.PTR ||
				!slices.Equal(got.Addrs, tc.want.Addrs) {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
			if (len(got.Addrs) > 0 || got.CNAME != "" || got.PTR != "") && got.TTL <= 0 {
				t.Errorf("TTL %v", got.TTL)
			}
		})
	}

	if a := s.Lookup(nil, "s3."+region+".amazonaws.com", "A"); len(a.Addrs) != 1 || !s.index.region.S3List().Contains(a.Addrs[0]) {
		t.Errorf("the learner is told %v", a.Addrs)
	}
	for _, name := range []string{"ec2." + region, "sts." + region, "ssm." + region, "iam", "sts", "checkip"} {
		a := s.Lookup(privateNic, name+".amazonaws.com", "A")
		if len(a.Addrs) != 1 || !s.index.region.APIs.Contains(a.Addrs[0]) {
			t.Errorf("%s is %v", name, a)
		}
	}
	for name, cname := range map[string]string{"s3.amazonaws.com": "", "elsewhere.s3.amazonaws.com": "s3-1-w.amazonaws.com"} {
		a := s.Lookup(privateNic, name, "A")
		if len(a.Addrs) != 1 || a.CNAME != cname || s.index.region.S3List().Contains(a.Addrs[0]) || !RegionData("us-east-1").S3List().Contains(a.Addrs[0]) {
			t.Errorf("%s is %v: want an address of us-east-1", name, a)
		}
	}
}

// TestEndpointChangesNoName: the lesson of step 4.1.
func TestEndpointChangesNoName(t *testing.T) {
	g := newGuide(t, Options{})
	ask := func() Answer {
		s := g.Snapshot()
		return s.Lookup(s.Interfaces["eni-i-private"], "b.s3.ap-northeast-2.amazonaws.com", "A")
	}
	before := ask()
	g.change(endpointOn("rtb-priv"))
	if after := ask(); after.CNAME != before.CNAME || !slices.Equal(after.Addrs, before.Addrs) {
		t.Errorf("before %v, after %v", before, after)
	}
}

func TestAnswersToday(t *testing.T) {
	g := newGuide(t, Options{Answers: AnswersToday})
	s := g.Snapshot()
	list := s.index.region.S3List()
	var first []netip.Addr
	for _, eni := range []string{"eni-i-bastion", "eni-i-private"} {
		a := s.Lookup(s.Interfaces[eni], "s3.ap-northeast-2.amazonaws.com", "A").Addrs
		seen := map[netip.Addr]bool{}
		for _, x := range a {
			if !list.Contains(x) {
				t.Errorf("%v is not in %s", x, list.ID)
			}
			seen[x] = true
		}
		if len(seen) != 8 {
			t.Errorf("%s is told %d addresses", eni, len(seen))
		}
		first = append(first, a[0])
	}
	if !slices.Equal(first, []netip.Addr{s3A, s3B}) {
		t.Errorf("the first addresses are %v", first)
	}
}

func TestOrigin(t *testing.T) {
	g := newGuide(t, Options{})
	g.change(endpointOn("rtb-priv"))
	g.change(addNat)
	s := g.Snapshot()
	carrier := s.Interfaces["eni-i-private"].Carrier
	for _, tc := range []struct {
		name, service string
		from          netip.Addr
		want          Origin
	}{
		{"through the endpoint", "s3", carrier, Origin{privateIP, "vpc-1", "vpce-1", "i-private"}},
		{"the other service has none", "dynamodb", carrier, Origin{privateIP, "vpc-1", "", "i-private"}},
		{"by the internet", "s3", bastionPub, Origin{SourceIP: bastionPub, InstanceID: "i-bastion"}},
		{"by NAT", "s3", natPub, Origin{SourceIP: natPub}},
		{"the learner", "s3", LaptopAddr, Origin{SourceIP: LaptopAddr}},
		{"a mapped address", "s3", netip.AddrFrom16(LaptopAddr.As16()), Origin{SourceIP: LaptopAddr}},
	} {
		if got := s.Origin(tc.from, s3A, tc.service); got != tc.want {
			t.Errorf("%s: got %+v, want %+v", tc.name, got, tc.want)
		}
	}
}
