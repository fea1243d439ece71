package awsapi

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

// Terraform's AWS provider cannot be had here. What it would say can: which
// calls it makes for a resource, in what order, and that after each creation it
// reads everything back, twice over, and by describing waits until what it
// deleted is gone, is in its public source. This is that conversation for the
// guide, from nothing to nothing, held by the real SDK.

// terraform is one run. Errors end the test, as they end a run.
type terraform struct {
	*apiLab
	s3    *s3.Client
	made  []tfResource
	reads int
}

// tfResource is a resource in the state: how the provider reads it, and how it
// deletes it and waits for that.
type tfResource struct {
	address string
	read    func() any
	destroy func()
}

func newTerraform(t *testing.T) *terraform {
	l := newAPI(t, 5000)
	l.live()
	return &terraform{apiLab: l, s3: s3.New(s3.Options{
		Region: "ap-northeast-2", BaseEndpoint: &l.url, UsePathStyle: true,
		Credentials: credentials.StaticCredentialsProvider{Value: l.key},
	})}
}

// ok is the answer of a call that has to succeed: ok(tf)(tf.ec2.CreateVpc(…)).
func ok[T any](tf *terraform) func(T, error) T {
	return func(out T, err error) T {
		tf.t.Helper()
		if err != nil {
			tf.t.Fatal(err)
		}
		return out
	}
}

// apply is one resource's turn: after its creation the provider reads it.
func (tf *terraform) apply(r tfResource) {
	tf.t.Helper()
	tf.made = append(tf.made, r)
	tf.read(r)
}

func (tf *terraform) read(r tfResource) string {
	tf.t.Helper()
	tf.reads++
	b, err := json.MarshalIndent(r.read(), "", " ")
	if err != nil {
		tf.t.Fatal(err)
	}
	return string(b)
}

// settles waits as the provider's state changes do: by describing.
func (tf *terraform) settles(what string, done func() bool) {
	tf.t.Helper()
	for start := time.Now(); !done(); time.Sleep(time.Millisecond) {
		if time.Since(start) > 10*time.Second {
			tf.t.Fatalf("waited in vain: %s", what)
		}
	}
}

// gone waits until describing something fails with one of these codes.
func (tf *terraform) gone(what string, describe func() error, codes ...string) {
	tf.t.Helper()
	tf.settles(what+" to be gone", func() bool {
		err := describe()
		if err != nil && !slices.Contains(codes, code(err)) {
			tf.t.Fatalf("%s while it goes: %v", what, err)
		}
		return err != nil
	})
}

func TestTerraform(t *testing.T) {
	tf := newTerraform(t)
	before := tf.inventory()
	tf.configure()
	tf.dataSources()
	tf.applyStorage()
	n := tf.applyNetwork()
	tf.applyAccess()
	tf.applyInstances(n)
	tf.applyEndpoint(n)

	// A plan after the apply finds no drift: what is read now was read then.
	var first []string
	for _, r := range tf.made {
		first = append(first, tf.read(r))
	}
	for i, r := range tf.made {
		if now := tf.read(r); now != first[i] {
			t.Errorf("%s drifts:\n%s\nand now\n%s", r.address, first[i], now)
		}
	}
	if tf.reads != 3*len(tf.made) || len(tf.made) < 25 {
		t.Errorf("%d reads of %d resources", tf.reads, len(tf.made))
	}
	for _, r := range slices.Backward(tf.made) {
		r.destroy()
	}
	// What is terminated stays to be seen for an hour, and nothing else does.
	tf.settles("nothing to be left", func() bool { return tf.inventory() == before })
	for _, c := range tf.server.Calls() {
		if c.Status == 501 {
			t.Errorf("%s:%s is not there", c.Service, c.Action)
		}
	}
}

// inventory is what there is, in numbers.
func (tf *terraform) inventory() string {
	s := tf.world.Snapshot()
	running := 0
	for _, i := range s.Instances {
		if i.State != "terminated" {
			running++
		}
	}
	b, _ := json.Marshal([]int{
		len(s.Vpcs), len(s.Subnets), len(s.Gateways), len(s.RouteTables), len(s.SecurityGroups), len(s.NetworkAcls), running,
		len(s.Volumes), len(s.KeyPairs), len(s.Endpoints), len(s.PrefixLists), len(s.Interfaces), len(s.Buckets), len(s.Roles), len(s.Profiles),
	})
	return string(b)
}

// configure is the provider's own beginning: whose account is this?
func (tf *terraform) configure() {
	ok[*sts.GetCallerIdentityOutput](tf)(tf.sts.GetCallerIdentity(tf.ctx, &sts.GetCallerIdentityInput{}))
}

// dataSources are the guide's: the zones, the newest image by both ways, S3's
// prefix list by both.
func (tf *terraform) dataSources() {
	t, s := tf.t, aws.String
	zones := ok[*ec2.DescribeAvailabilityZonesOutput](tf)(tf.ec2.DescribeAvailabilityZones(tf.ctx, &ec2.DescribeAvailabilityZonesInput{Filters: filter("state", "available")}))
	if len(zones.AvailabilityZones) != 4 {
		t.Errorf("zones: %+v", zones.AvailabilityZones)
	}
	// aws_ssm_parameter asks for decryption whatever the type.
	parameter := ok[*ssm.GetParameterOutput](tf)(tf.ssm.GetParameter(tf.ctx, &ssm.GetParameterInput{
		Name: s("/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"), WithDecryption: aws.Bool(true),
	}))
	images := ok[*ec2.DescribeImagesOutput](tf)(tf.ec2.DescribeImages(tf.ctx, &ec2.DescribeImagesInput{
		Owners: []string{"amazon"}, IncludeDeprecated: aws.Bool(false),
		Filters: append(filter("name", "al2023-ami-2023.*-x86_64"), append(filter("virtualization-type", "hvm"), filter("architecture", "x86_64")...)...),
	}))
	if len(images.Images) != 1 || *images.Images[0].ImageId != *parameter.Parameter.Value {
		t.Errorf("the newest image is %+v and %s", images.Images, *parameter.Parameter.Value)
	}
	lists := ok[*ec2.DescribePrefixListsOutput](tf)(tf.ec2.DescribePrefixLists(tf.ctx, &ec2.DescribePrefixListsInput{Filters: filter("prefix-list-name", serviceS3)}))
	managed := ok[*ec2.DescribeManagedPrefixListsOutput](tf)(tf.ec2.DescribeManagedPrefixLists(tf.ctx, &ec2.DescribeManagedPrefixListsInput{Filters: filter("prefix-list-name", serviceS3)}))
	if len(lists.PrefixLists) != 1 || len(managed.PrefixLists) != 1 || *lists.PrefixLists[0].PrefixListId != *managed.PrefixLists[0].PrefixListId {
		t.Errorf("S3's prefix list is %+v and %+v", lists.PrefixLists, managed.PrefixLists)
	}
	services := ok[*ec2.DescribeVpcEndpointServicesOutput](tf)(tf.ec2.DescribeVpcEndpointServices(tf.ctx, &ec2.DescribeVpcEndpointServicesInput{
		ServiceNames: []string{serviceS3}, Filters: filter("service-type", "Gateway"),
	}))
	if len(services.ServiceDetails) != 1 {
		t.Errorf("services: %+v", services.ServiceDetails)
	}
}

// tfNetwork are the ids that later resources refer to.
type tfNetwork struct {
	vpc, public, private, publicTable, privateTable, bastionGroup, privateGroup string
}

func (tf *terraform) tags(kind types.ResourceType, name string) []types.TagSpecification {
	return tagged(kind, "Name", name, "course", "gatewalk")
}

func (tf *terraform) applyNetwork() (n tfNetwork) {
	c, ctx, s, yes := tf.ec2, tf.ctx, aws.String, aws.Bool(true)

	// aws_vpc
	n.vpc = *ok[*ec2.CreateVpcOutput](tf)(c.CreateVpc(ctx, &ec2.CreateVpcInput{
		CidrBlock: s("10.0.0.0/16"), InstanceTenancy: "default", AmazonProvidedIpv6CidrBlock: aws.Bool(false), TagSpecifications: tf.tags("vpc", "vpc"),
	})).Vpc.VpcId
	vpc := func() types.Vpc {
		return ok[*ec2.DescribeVpcsOutput](tf)(c.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{VpcIds: []string{n.vpc}})).Vpcs[0]
	}
	attribute := func(name types.VpcAttributeName) *ec2.DescribeVpcAttributeOutput {
		return ok[*ec2.DescribeVpcAttributeOutput](tf)(c.DescribeVpcAttribute(ctx, &ec2.DescribeVpcAttributeInput{VpcId: &n.vpc, Attribute: name}))
	}
	tf.settles("the VPC", func() bool { return vpc().State == "available" })
	ok[*ec2.ModifyVpcAttributeOutput](tf)(c.ModifyVpcAttribute(ctx, &ec2.ModifyVpcAttributeInput{VpcId: &n.vpc, EnableDnsHostnames: &types.AttributeBooleanValue{Value: yes}}))
	tf.settles("DNS hostnames", func() bool { return *attribute("enableDnsHostnames").EnableDnsHostnames.Value })
	tf.apply(tfResource{"aws_vpc", func() any {
		return []any{
			vpc(),
			*attribute("enableDnsHostnames").EnableDnsHostnames.Value,
			*attribute("enableDnsSupport").EnableDnsSupport.Value,
			*attribute("enableNetworkAddressUsageMetrics").EnableNetworkAddressUsageMetrics.Value,
			*ok[*ec2.DescribeNetworkAclsOutput](tf)(c.DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{Filters: append(filter("default", "true"), filter("vpc-id", n.vpc)...)})).NetworkAcls[0].NetworkAclId,
			*ok[*ec2.DescribeRouteTablesOutput](tf)(c.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: append(filter("association.main", "true"), filter("vpc-id", n.vpc)...)})).RouteTables[0].RouteTableId,
			*ok[*ec2.DescribeSecurityGroupsOutput](tf)(c.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: append(filter("group-name", "default"), filter("vpc-id", n.vpc)...)})).SecurityGroups[0].GroupId,
		}
	}, func() {
		ok[*ec2.DeleteVpcOutput](tf)(c.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: &n.vpc}))
		tf.gone("the VPC", func() error {
			_, err := c.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{VpcIds: []string{n.vpc}})
			return err
		}, "InvalidVpcID.NotFound")
	}})

	n.public, n.private = tf.applySubnet(n.vpc, "10.0.1.0/24", true), tf.applySubnet(n.vpc, "10.0.2.0/24", false)
	igw := tf.applyGateway(n.vpc)
	n.publicTable, n.privateTable = tf.applyTable(n.vpc, "public"), tf.applyTable(n.vpc, "private")
	tf.applyRoute(n.publicTable, igw)
	tf.applyAssociation(n.publicTable, n.public)
	tf.applyAssociation(n.privateTable, n.private)
	login := types.IpPermission{IpProtocol: s("tcp"), FromPort: aws.Int32(22), ToPort: aws.Int32(22)}
	mine, theirs := login, login
	mine.IpRanges = []types.IpRange{{CidrIp: s("203.0.113.42/32"), Description: s("my address")}}
	n.bastionGroup = tf.applyGroup(n.vpc, "bastion", mine)
	theirs.UserIdGroupPairs = []types.UserIdGroupPair{{GroupId: &n.bastionGroup}}
	n.privateGroup = tf.applyGroup(n.vpc, "private", theirs)
	tf.applyRule(n.privateGroup)
	return n
}

func (tf *terraform) applySubnet(vpc, cidr string, public bool) string {
	c, ctx := tf.ec2, tf.ctx
	id := *ok[*ec2.CreateSubnetOutput](tf)(c.CreateSubnet(ctx, &ec2.CreateSubnetInput{
		VpcId: &vpc, CidrBlock: &cidr, AvailabilityZone: aws.String("ap-northeast-2a"), TagSpecifications: tf.tags("subnet", cidr),
	})).Subnet.SubnetId
	subnet := func() types.Subnet {
		return ok[*ec2.DescribeSubnetsOutput](tf)(c.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{SubnetIds: []string{id}})).Subnets[0]
	}
	tf.settles("the subnet", func() bool { return subnet().State == "available" })
	if made := subnet(); *made.AssignIpv6AddressOnCreation || *made.EnableDns64 || *made.MapCustomerOwnedIpOnLaunch ||
		*made.PrivateDnsNameOptionsOnLaunch.EnableResourceNameDnsARecord || made.PrivateDnsNameOptionsOnLaunch.HostnameType != "ip-name" {
		tf.t.Errorf("a subnet that would have to be modified: %+v", made)
	}
	if public {
		ok[*ec2.ModifySubnetAttributeOutput](tf)(c.ModifySubnetAttribute(ctx, &ec2.ModifySubnetAttributeInput{SubnetId: &id, MapPublicIpOnLaunch: &types.AttributeBooleanValue{Value: &public}}))
		tf.settles("public addresses", func() bool { return *subnet().MapPublicIpOnLaunch })
	}
	tf.apply(tfResource{"aws_subnet " + cidr, func() any {
		n := subnet()
		n.AvailableIpAddressCount = nil // not in the state: it changes by itself
		return n
	}, func() {
		tf.lingering("subnet-id", id)
		ok[*ec2.DeleteSubnetOutput](tf)(c.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: &id}))
		tf.gone("the subnet", func() error {
			_, err := c.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{SubnetIds: []string{id}})
			return err
		}, "InvalidSubnetID.NotFound")
	}})
	return id
}

// lingering looks for interfaces that services have left behind.
func (tf *terraform) lingering(by, id string) {
	if left := ok[*ec2.DescribeNetworkInterfacesOutput](tf)(tf.ec2.DescribeNetworkInterfaces(tf.ctx, &ec2.DescribeNetworkInterfacesInput{Filters: filter(by, id)})).NetworkInterfaces; len(left) > 0 {
		tf.t.Errorf("%d interfaces are left with %s", len(left), id)
	}
}

func (tf *terraform) applyGateway(vpc string) string {
	c, ctx := tf.ec2, tf.ctx
	id := *ok[*ec2.CreateInternetGatewayOutput](tf)(c.CreateInternetGateway(ctx, &ec2.CreateInternetGatewayInput{TagSpecifications: tf.tags("internet-gateway", "igw")})).InternetGateway.InternetGatewayId
	gateway := func() types.InternetGateway {
		return ok[*ec2.DescribeInternetGatewaysOutput](tf)(c.DescribeInternetGateways(ctx, &ec2.DescribeInternetGatewaysInput{InternetGatewayIds: []string{id}})).InternetGateways[0]
	}
	ok[*ec2.AttachInternetGatewayOutput](tf)(c.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{InternetGatewayId: &id, VpcId: &vpc}))
	tf.settles("the attachment", func() bool { a := gateway().Attachments; return len(a) == 1 && a[0].State == "available" })
	tf.apply(tfResource{"aws_internet_gateway", func() any { return gateway() }, func() {
		ok[*ec2.DetachInternetGatewayOutput](tf)(c.DetachInternetGateway(ctx, &ec2.DetachInternetGatewayInput{InternetGatewayId: &id, VpcId: &vpc}))
		tf.settles("the detachment", func() bool { return len(gateway().Attachments) == 0 })
		ok[*ec2.DeleteInternetGatewayOutput](tf)(c.DeleteInternetGateway(ctx, &ec2.DeleteInternetGatewayInput{InternetGatewayId: &id}))
		tf.gone("the gateway", func() error {
			_, err := c.DescribeInternetGateways(ctx, &ec2.DescribeInternetGatewaysInput{InternetGatewayIds: []string{id}})
			return err
		}, "InvalidInternetGatewayID.NotFound")
	}})
	return id
}

func (tf *terraform) routeTable(id string) types.RouteTable {
	tf.t.Helper()
	return ok[*ec2.DescribeRouteTablesOutput](tf)(tf.ec2.DescribeRouteTables(tf.ctx, &ec2.DescribeRouteTablesInput{RouteTableIds: []string{id}})).RouteTables[0]
}

func (tf *terraform) applyTable(vpc, name string) string {
	c, ctx := tf.ec2, tf.ctx
	id := *ok[*ec2.CreateRouteTableOutput](tf)(c.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{
		VpcId: &vpc, ClientToken: aws.String(newRequestID()), TagSpecifications: tf.tags("route-table", name),
	})).RouteTable.RouteTableId
	tf.apply(tfResource{"aws_route_table " + name, func() any { return tf.routeTable(id) }, func() {
		for _, a := range tf.routeTable(id).Associations {
			tf.t.Errorf("%s is still associated: %s", name, *a.RouteTableAssociationId)
		}
		ok[*ec2.DeleteRouteTableOutput](tf)(c.DeleteRouteTable(ctx, &ec2.DeleteRouteTableInput{RouteTableId: &id}))
		tf.gone("the route table", func() error {
			_, err := c.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{RouteTableIds: []string{id}})
			return err
		}, "InvalidRouteTableID.NotFound")
	}})
	return id
}

func (tf *terraform) applyRoute(table, igw string) {
	c, ctx, everywhere := tf.ec2, tf.ctx, aws.String("0.0.0.0/0")
	find := func() *types.Route {
		for _, r := range tf.routeTable(table).Routes {
			if aws.ToString(r.DestinationCidrBlock) == *everywhere {
				return &r
			}
		}
		return nil
	}
	if find() != nil {
		tf.t.Error("the route is there before it is made")
	}
	ok[*ec2.CreateRouteOutput](tf)(c.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: &table, DestinationCidrBlock: everywhere, GatewayId: &igw}))
	tf.settles("the route", func() bool { r := find(); return r != nil && r.State == "active" })
	tf.apply(tfResource{"aws_route", func() any { return find() }, func() {
		ok[*ec2.DeleteRouteOutput](tf)(c.DeleteRoute(ctx, &ec2.DeleteRouteInput{RouteTableId: &table, DestinationCidrBlock: everywhere}))
		tf.settles("the route to go", func() bool { return find() == nil })
	}})
}

func (tf *terraform) applyAssociation(table, subnet string) {
	c, ctx := tf.ec2, tf.ctx
	id := *ok[*ec2.AssociateRouteTableOutput](tf)(c.AssociateRouteTable(ctx, &ec2.AssociateRouteTableInput{RouteTableId: &table, SubnetId: &subnet})).AssociationId
	find := func() *types.RouteTableAssociation {
		tables := ok[*ec2.DescribeRouteTablesOutput](tf)(c.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: filter("association.route-table-association-id", id)})).RouteTables
		if len(tables) == 0 {
			return nil
		}
		for _, a := range tables[0].Associations {
			if *a.RouteTableAssociationId == id {
				return &a
			}
		}
		return nil
	}
	tf.settles("the association", func() bool { return find().AssociationState.State == "associated" })
	tf.apply(tfResource{"aws_route_table_association " + subnet, func() any { return find() }, func() {
		ok[*ec2.DisassociateRouteTableOutput](tf)(c.DisassociateRouteTable(ctx, &ec2.DisassociateRouteTableInput{AssociationId: &id}))
		tf.settles("the association to go", func() bool { return find() == nil })
	}})
}

// message is AWS's text of err.
func message(err error) string {
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		return e.ErrorMessage()
	}
	return ""
}

// tolerated says whether the provider goes on after err.
func tolerated(err error, code1, text string) bool {
	return err == nil || code(err) == code1 && strings.Contains(message(err), text)
}
