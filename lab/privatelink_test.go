package lab_test

import (
	"strings"
	"testing"
	"time"

	"gatewalk/lab"
	"gatewalk/lab/world"
)

// interfaceEndpoint makes an interface endpoint in the private subnet, with a
// security group of its own that lets nothing in, and returns both.
func (g *guide) interfaceEndpoint(service string, change func(*world.EndpointSpec)) (e *world.VpcEndpoint, group string) {
	g.t.Helper()
	var id string
	g.change(func(tx *world.Tx) error {
		on := true
		if err := tx.ModifyVpcAttribute(g.vpc, nil, &on); err != nil {
			return err
		}
		sg, err := tx.CreateSecurityGroup(g.vpc, "vpce-"+service, "endpoint", nil)
		if err != nil {
			return err
		}
		spec := world.EndpointSpec{
			VpcID: g.vpc, Service: "com.amazonaws.ap-northeast-2." + service, Type: "Interface",
			Subnets: []world.EndpointSubnet{{ID: g.privateSubnet, IP: ""}}, Groups: []string{sg.ID},
		}
		if change != nil {
			change(&spec)
		}
		made, err := tx.CreateVpcEndpoint(spec)
		if err == nil {
			id, group = made.ID, sg.ID
		}
		return err
	})
	g.wait("the endpoint", func(s *world.State) bool { return s.Endpoints[id].State == "available" })
	return g.World().Snapshot().Endpoints[id], group
}

func (g *guide) admit(group string) {
	g.t.Helper()
	g.change(func(tx *world.Tx) error {
		_, err := tx.AuthorizeSecurityGroup(group, []world.GroupRule{{Protocol: "tcp", From: 443, To: 443, Cidr: anywhere}})
		return err
	})
}

// S3 by an interface endpoint's own names: another way to the same bucket, with
// a group, a policy and an identity of its own.
func TestInterfaceEndpointToS3(t *testing.T) {
	t.Parallel()
	g := newGuide(t, lab.Options{})
	e, group := g.interfaceEndpoint("s3", nil)
	s := g.World().Snapshot()
	ip := s.Interfaces[e.Interfaces[0]].PrivateIP.String()
	names := s.EndpointNames(e)
	name := "bucket" + strings.TrimPrefix(names[0].Name, "*")
	zonal := "bucket" + strings.TrimPrefix(names[1].Name, "*")
	byName := list + " --endpoint-url https://" + name
	private := g.onPrivate()

	// Its group is an instance's: what no rule lets in is lost.
	private.run(t, "AWS_MAX_ATTEMPTS=1 "+byName+" --cli-connect-timeout 1").check(t, 255, "Connect timeout on endpoint URL")
	private.run(t, "sudo traceroute -n -T -p 443 -m 3 "+name).check(t, 0, " 1  * * *", " 3  * * *")
	g.admit(group)
	private.run(t, byName).check(t, 0, key)
	private.run(t, list+" --endpoint-url https://"+zonal).check(t, 0, key)
	g.onBastion().run(t, byName).check(t, 0, key) // the VPC's, not the subnet's
	private.run(t, "nslookup "+name).check(t, 0, "Address: "+ip)
	private.run(t, "nslookup "+s3Name).check(t, 0, "Address: 3.5.143.161") // whose name is as it was
	private.run(t, hangs).check(t, 28)
	private.run(t, "curl -sS https://"+name).check(t, 0, "<Code>AccessDenied</Code>")
	if out := private.run(t, "sudo traceroute -n -T -p 443 "+name).out; strings.Count(out, "\n") != 2 || !strings.Contains(out, "\n 1  "+ip+" ") {
		t.Errorf("want one hop: %s", out)
	}
	private.run(t, "ping -c 1 -W 1 "+name).check(t, 1, "0 received")
	private.run(t, "ssh -o ConnectTimeout=2 "+ip).check(t, 255, "timed out")

	// S3 sees a private address and the endpoint's id; the endpoint's policy is
	// asked, too.
	deny := func(condition string) {
		g.change(func(tx *world.Tx) error {
			tx.Buckets.Edit(bucket).Policy = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:ListBucket","Resource":"arn:aws:s3:::` + bucket + `","Condition":` + condition + `}]}`
			return nil
		})
	}
	const denied = "with an explicit deny in a resource-based policy"
	deny(`{"StringNotEquals":{"aws:SourceVpce":"` + e.ID + `"}}`)
	private.run(t, byName).check(t, 0, key)
	g.onBastion().run(t, list).check(t, 254, denied) // by the internet
	deny(`{"StringEquals":{"aws:SourceVpc":"` + g.vpc + `"}}`)
	private.run(t, byName).check(t, 254, denied)
	deny(`{"IpAddress":{"aws:VpcSourceIp":"` + privateIP + `/32"}}`)
	private.run(t, byName).check(t, 254, denied)
	g.onBastion().run(t, byName).check(t, 0, key)
	deny(`{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/16"}}`) // there is no such key here, and then this matches
	private.run(t, byName).check(t, 254, denied)
	narrow := `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*"}]}`
	g.change(func(tx *world.Tx) error {
		tx.Buckets.Edit(bucket).Policy = ""
		return tx.ModifyVpcEndpoint(e.ID, world.EndpointChange{Policy: &narrow})
	})
	private.run(t, byName).check(t, 254, "because no VPC endpoint policy allows the s3:ListBucket action")
	private.run(t, "aws s3 cp --quiet s3://"+bucket+"/"+key+" /tmp/x --endpoint-url https://"+name).check(t, 0)

	g.change(func(tx *world.Tx) error { return tx.DeleteVpcEndpoint(e.ID) })
	private.run(t, "nslookup "+name).check(t, 1, "NXDOMAIN")
	g.wait("the interface to go", func(s *world.State) bool { return s.Interfaces[e.Interfaces[0]] == nil })
}

// With private DNS for all, the regional name leads through the interface, and
// past a gateway endpoint; for inbound resolvers alone it does not.
func TestPrivateDNSOfS3(t *testing.T) {
	t.Parallel()
	g := newGuide(t, lab.Options{})
	g.endpoint("", g.privateTable)
	on := true
	e, group := g.interfaceEndpoint("s3", func(s *world.EndpointSpec) { s.PrivateDNS = &on })
	g.admit(group)
	s := g.onPrivate()
	s.run(t, "nslookup "+s3Name).check(t, 0, "Address: 3.5.143.161")
	s.run(t, "sudo traceroute -n -T -p 443 "+s3Name).check(t, 0, "\n 7  3.5.143.161 ")
	off := false
	g.change(func(tx *world.Tx) error {
		return tx.ModifyVpcEndpoint(e.ID, world.EndpointChange{InboundOnly: &off})
	})
	ip := g.World().Snapshot().Interfaces[e.Interfaces[0]].PrivateIP.String()
	s.run(t, "nslookup "+bucket+"."+s3Name).check(t, 0, "Address: "+ip)
	s.run(t, list).check(t, 0, key)
	s.run(t, "sudo traceroute -n -T -p 443 "+s3Name).check(t, 0, "\n 1  "+ip+" ")
	// For everyone in the VPC, the bastion as well.
	g.onBastion().run(t, "nslookup "+s3Name).check(t, 0, "Address: "+ip)
}

// The APIs have interface endpoints, and with private DNS, which is theirs from
// the start, a program need not know.
func TestInterfaceEndpointToAPIs(t *testing.T) {
	t.Parallel()
	g := newGuide(t, lab.Options{})
	g.change(func(tx *world.Tx) error {
		return tx.PutRolePolicy("reader", "all", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)
	})
	s := g.onPrivate()
	const describe = "aws ec2 describe-vpcs"
	s.run(t, "timeout 2 "+describe).check(t, 124)
	for _, service := range []string{"ec2", "sts"} {
		e, group := g.interfaceEndpoint(service, nil)
		g.admit(group)
		if service != "ec2" {
			s.run(t, "aws sts get-caller-identity").check(t, 0, "assumed-role/reader/")
			continue
		}
		s.run(t, describe).check(t, 0, g.vpc)
		name := g.World().Snapshot().EndpointNames(e)[0].Name
		s.run(t, describe+" --endpoint-url https://"+name).check(t, 0, g.vpc)
		narrow := `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"ec2:DescribeSubnets","Resource":"*"}]}`
		g.change(func(tx *world.Tx) error {
			return tx.ModifyVpcEndpoint(e.ID, world.EndpointChange{Policy: &narrow})
		})
		s.run(t, describe).check(t, 254, "(UnauthorizedOperation)", "because no VPC endpoint policy allows the ec2:DescribeVpcs action")
		s.run(t, "aws ec2 describe-subnets").check(t, 0, g.privateSubnet)
	}
	// The learner's own look at it, from the instance, once the policy lets it.
	g.change(func(tx *world.Tx) error {
		full := ""
		for id, e := range tx.Endpoints.All() {
			if e.Service == "com.amazonaws.ap-northeast-2.ec2" {
				return tx.ModifyVpcEndpoint(id, world.EndpointChange{Policy: &full})
			}
		}
		return nil
	})
	s.run(t, "aws ec2 describe-network-interfaces --filters Name=interface-type,Values=vpc_endpoint --query 'NetworkInterfaces[].{IP:PrivateIpAddress,By:RequesterId}' --output text").check(t, 0, "727180483921\t10.0.2.")
	s.run(t, "aws ec2 create-vpc-endpoint --vpc-endpoint-type Interface --service-name com.amazonaws.ap-northeast-2.ssm --vpc-id "+g.vpc+" --subnet-ids "+g.privateSubnet+
		" --no-private-dns-enabled --dns-options DnsRecordIpType=ipv4 --query VpcEndpoint.[State,PrivateDnsEnabled] --output text").check(t, 0, "pending\tFalse")
	// A service that the lab does not have is still reached; by the
	// internet, too, under a name that its certificate holds.
	g.onBastion().run(t, "curl -sS -o /dev/null -H 'X-Amz-Target: TrentService.ListKeys' -w '%{http_code}' https://kms.ap-northeast-2.amazonaws.com/").check(t, 0)
	e, group := g.interfaceEndpoint("lambda", nil)
	g.admit(group)
	s.run(t, "curl -sS https://"+g.World().Snapshot().EndpointNames(e)[0].Name+"/x").check(t, 0)
}

// Who still knows the address of an endpoint that is going hears nothing.
func TestInterfaceEndpointGoes(t *testing.T) {
	t.Parallel()
	g := newGuide(t, lab.Options{})
	e, group := g.interfaceEndpoint("s3", nil)
	g.admit(group)
	state := g.World().Snapshot()
	name := "bucket" + strings.TrimPrefix(state.EndpointNames(e)[0].Name, "*")
	known := "curl -s -m 5 --resolve " + name + ":443:" + state.Interfaces[e.Interfaces[0]].PrivateIP.String() + " https://" + name
	s := g.onPrivate()
	s.run(t, known).check(t, 0)
	g.change(func(tx *world.Tx) error { return tx.DeleteVpcEndpoint(e.ID) })
	r := s.run(t, known)
	r.check(t, 28)
	if r.took < 5*time.Second {
		t.Errorf("refused after %v, and should be silent", r.took)
	}
}
