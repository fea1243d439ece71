package world

import (
	"net/netip"
	"reflect"
	"slices"
	"testing"
)

func TestSeoul(t *testing.T) {
	r := RegionData("ap-northeast-2")
	want := []Zone{{"ap-northeast-2a", "apne2-az1"}, {"ap-northeast-2b", "apne2-az2"}, {"ap-northeast-2c", "apne2-az3"}, {"ap-northeast-2d", "apne2-az4"}}
	if !slices.Equal(r.Zones, want) {
		t.Errorf("zones %v", r.Zones)
	}
	if l := r.S3List(); l.ID != "pl-78a54011" || l.Name != "com.amazonaws.ap-northeast-2.s3" || len(l.Entries) != 9 || !l.Contains(s3A) || !l.Contains(s3B) {
		t.Errorf("S3's list %+v", l)
	}
	if l := r.DynamoDBList(); l.ID != "pl-48a54021" || l.Name != "com.amazonaws.ap-northeast-2.dynamodb" {
		t.Errorf("DynamoDB's list %+v", l)
	}
	if m, _ := r.InstanceType("t2.micro"); m.In("ap-northeast-2b") || !m.In("ap-northeast-2a") {
		t.Errorf("t2.micro is in the wrong zones")
	}
	if m, ok := r.InstanceType("t3.micro"); !ok || !m.In("ap-northeast-2d") || m.MemoryMiB != 1024 {
		t.Errorf("t3.micro: %+v", m)
	}
	if _, ok := r.InstanceType("t9.micro"); ok {
		t.Error("there is no t9.micro")
	}
	if i := r.Images()[0]; i.ID != "ami-087e08db3e40f7429" || i.Architecture != "x86_64" ||
		!slices.Contains(i.Parameters, "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64") {
		t.Errorf("image %+v", i)
	}
}

// TestRegions: whatever the name, the data is whole, its own and always the same.
func TestRegions(t *testing.T) {
	codes := map[string]string{
		"us-east-1": "use1-az1", "eu-west-3": "euw3-az1", "ap-southeast-4": "apse4-az1", "sa-east-1": "sae1-az1",
		"ca-central-1": "cac1-az1", "me-south-1": "mes1-az1", "us-gov-west-1": "usgw1-az1", "ap-northeast-1": "apne1-az1", "xx": "xx-az1",
	}
	seen := map[netip.Prefix]string{}
	for _, name := range append(neighbours(), "eu-west-3", "ap-southeast-4", "sa-east-1", "ca-central-1", "me-south-1", "us-gov-west-1", "xx") {
		t.Run(name, func(t *testing.T) {
			r := RegionData(name)
			if !reflect.DeepEqual(r, RegionData(name)) {
				t.Error("two calls differ")
			}
			if code := codes[name]; code != "" && r.Zones[0].ID != code {
				t.Errorf("zone id %s, want %s", r.Zones[0].ID, code)
			}
			if len(r.Zones) < 3 || len(r.Hops) != 7 || len(r.S3Answers) != 8 || !r.PublicPool.IsValid() {
				t.Errorf("%+v", r)
			}
			for _, a := range r.S3Answers {
				if !r.S3List().Contains(a) {
					t.Errorf("%v is no address of %s", a, r.S3List().ID)
				}
			}
			if !r.DynamoDBList().Contains(r.Dynamo) {
				t.Errorf("%v is no address of DynamoDB", r.Dynamo)
			}
			for _, l := range r.PrefixLists {
				if len(l.ID) != len("pl-")+8 || l.Owner != "AWS" {
					t.Errorf("list %+v", l)
				}
				for _, e := range l.Entries {
					if e.Cidr != e.Cidr.Masked() {
						t.Errorf("%v has host bits", e.Cidr)
					}
					if other, ok := seen[e.Cidr]; ok {
						t.Errorf("%v is also of %s", e.Cidr, other)
					}
					seen[e.Cidr] = name
				}
			}
			for _, i := range r.Images() {
				if len(i.ID) != len("ami-")+17 {
					t.Errorf("image id %s", i.ID)
				}
			}
			kinds := map[[2]string]bool{}
			ids := map[string]bool{}
			for _, e := range r.EndpointServices() {
				kinds[[2]string{e.Name, e.Type}] = true
				ids[e.ID] = true
				if (e.Type == "Gateway") != (e.PrivateName == "") {
					t.Errorf("%+v", e)
				}
			}
			for _, kind := range []string{"Gateway", "Interface"} {
				for _, short := range []string{"s3", "dynamodb"} {
					if !kinds[[2]string{r.Service(short), kind}] {
						t.Errorf("no %s endpoint for %s", kind, short)
					}
				}
			}
			if len(ids) != len(kinds) {
				t.Error("an endpoint service id is used twice")
			}
		})
	}
}

// TestAnotherRegion walks the lesson's packets in a region that nothing is
// known of.
func TestAnotherRegion(t *testing.T) {
	g := newGuide(t, Options{Region: "ap-southeast-4"})
	s := g.Snapshot()
	from := s.Interfaces["eni-i-private"]
	a := s.Lookup(from, "bucket.s3.ap-southeast-4.amazonaws.com", "A")
	if len(a.Addrs) != 1 {
		t.Fatalf("the resolver says %+v", a)
	}
	f := flow(TCP, privateIP, 4000, a.Addrs[0], 443)
	if v := g.Route(private, f, nil); v.Code != CodeNoRoute {
		t.Errorf("before: %+v", v)
	}
	g.change(func(tx *Tx) {
		endpointOn("rtb-priv")(tx)
		tx.RouteTables.Edit("rtb-priv").Routes[1].PrefixList = RegionData("ap-southeast-4").S3List().ID
	})
	if v := g.Route(private, f, nil); v.To != S3 || v.Via != "vpce-1" {
		t.Errorf("after: %+v", v)
	}
	if v := g.Route(bastion, flow(UDP, bastionIP, 1, a.Addrs[0], 33434), nil); len(v.Path) != 7 || !s.index.region.PublicPool.Contains(v.Path[0].Addr) {
		t.Errorf("from the bastion: %+v", v)
	}
}
