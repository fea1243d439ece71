package awsapi

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

const serviceS3, serviceEC2 = "com.amazonaws.ap-northeast-2.s3", "com.amazonaws.ap-northeast-2.ec2"

// zoned makes a subnet in a zone of Seoul ("c").
func (l *apiLab) zoned(vpc, cidr, zone string) string {
	l.t.Helper()
	return *must(l.ec2.CreateSubnet(l.ctx, &ec2.CreateSubnetInput{VpcId: &vpc, CidrBlock: &cidr, AvailabilityZone: aws.String("ap-northeast-2" + zone)}))(l.t).Subnet.SubnetId
}

// An interface endpoint from its making to its end, by the real SDK.
func TestInterfaceEndpoint(t *testing.T) {
	l := newAPI(t, 2000)
	l.live()
	c, ctx, s := l.ec2, l.ctx, aws.String
	vpc := l.vpc("10.0.0.0/16")
	a, b := l.zoned(vpc, "10.0.1.0/24", "a"), l.zoned(vpc, "10.0.2.0/24", "c")
	group := *must(c.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{VpcId: &vpc, GroupName: s("vpce"), Description: s("d")}))(t).GroupId
	made := must(c.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{
		VpcEndpointType: "Interface", VpcId: &vpc, ServiceName: s(serviceS3), SubnetIds: []string{a}, SecurityGroupIds: []string{group},
		SubnetConfigurations: []types.SubnetConfiguration{{SubnetId: &a, Ipv4: s("10.0.1.77")}}, ClientToken: s("t"),
		TagSpecifications: tagged("vpc-endpoint", "Name", "s3-if"),
	}))(t).VpcEndpoint
	id := made.VpcEndpointId
	if made.State != "pending" || *made.PrivateDnsEnabled || len(made.NetworkInterfaceIds) != 1 || len(made.RouteTableIds) != 0 || *made.Groups[0].GroupName != "vpce" ||
		len(made.DnsEntries) != 2 || !strings.HasPrefix(*made.PolicyDocument, "{\n  \"Statement\"") {
		t.Errorf("made = %+v", made)
	}
	see := func() types.VpcEndpoint {
		t.Helper()
		return must(c.DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{VpcEndpointIds: []string{*id}}))(t).VpcEndpoints[0]
	}
	until(t, func() bool { return see().State == "available" })

	enis := must(c.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{Filters: filter("interface-type", "vpc_endpoint")}))(t).NetworkInterfaces
	if len(enis) != 1 || *enis[0].PrivateIpAddress != "10.0.1.77" || !*enis[0].RequesterManaged || *enis[0].Description != "VPC Endpoint Interface "+*id || *enis[0].SubnetId != a {
		t.Errorf("interfaces = %+v", enis)
	}
	must(c.ModifyVpcEndpoint(ctx, &ec2.ModifyVpcEndpointInput{VpcEndpointId: id, AddSubnetIds: []string{b}, AddSecurityGroupIds: []string{l.world.Snapshot().Vpcs[vpc].DefaultGroup}, RemoveSecurityGroupIds: []string{group}}))(t)
	if now := see(); len(now.NetworkInterfaceIds) != 2 || len(now.DnsEntries) != 3 || !strings.Contains(*now.DnsEntries[2].DnsName, "-ap-northeast-2c.") || *now.Groups[0].GroupName != "default" {
		t.Errorf("modified = %+v", now)
	}
	must(c.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &group}))(t) // nothing uses it any more
	must(c.ModifyVpcEndpoint(ctx, &ec2.ModifyVpcEndpointInput{VpcEndpointId: id, RemoveSubnetIds: []string{a}}))(t)
	if now := see(); !slices.Equal(now.SubnetIds, []string{b}) || len(now.NetworkInterfaceIds) != 1 {
		t.Errorf("one subnet less: %+v", now)
	}
	must(c.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: &a}))(t)
	if gone := must(c.DeleteVpcEndpoints(ctx, &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{*id}}))(t).Unsuccessful; len(gone) != 0 {
		t.Errorf("deleting: %+v", gone)
	}
	until(t, func() bool {
		_, err := c.DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{VpcEndpointIds: []string{*id}})
		return code(err) == "InvalidVpcEndpointId.NotFound"
	})
	must(c.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: &b}))(t)
	must(c.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: &vpc}))(t)
}

// While it is there, or goes, what it is in stays.
func TestInterfaceEndpointHolds(t *testing.T) {
	l := newAPI(t, 1) // nothing is ever done deleting
	c, ctx, s := l.ec2, l.ctx, aws.String
	vpc := l.vpc("10.0.0.0/16")
	subnet := l.subnet(vpc, "10.0.1.0/24")
	group := *must(c.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{VpcId: &vpc, GroupName: s("vpce"), Description: s("d")}))(t).GroupId
	made := must(c.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{VpcEndpointType: "Interface", VpcId: &vpc, ServiceName: s(serviceS3), SubnetIds: []string{subnet}, SecurityGroupIds: []string{group}}))(t).VpcEndpoint
	for _, then := range []func(){func() {}, func() {
		must(c.DeleteVpcEndpoints(ctx, &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{*made.VpcEndpointId}}))(t)
	}} {
		then()
		if _, err := c.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: &subnet}); code(err) != "DependencyViolation" {
			t.Errorf("the subnet: %v", err)
		}
		if _, err := c.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &group}); code(err) != "DependencyViolation" {
			t.Errorf("the group: %v", err)
		}
		if _, err := c.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: &vpc}); code(err) != "DependencyViolation" {
			t.Errorf("the VPC: %v", err)
		}
		_, err := c.ModifyNetworkInterfaceAttribute(ctx, &ec2.ModifyNetworkInterfaceAttributeInput{NetworkInterfaceId: &made.NetworkInterfaceIds[0], Groups: []string{group}})
		if code(err) != "AuthFailure" {
			t.Errorf("its interface's groups: %v", err)
		}
	}
	if got := must(c.DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{Filters: filter("vpc-endpoint-state", "deleting")}))(t).VpcEndpoints; len(got) != 1 {
		t.Errorf("deleting: %+v", got)
	}
}

// Private DNS, and what AWS asks of it.
func TestPrivateDNS(t *testing.T) {
	l := newAPI(t, 2000)
	l.live()
	c, ctx, s, yes, no := l.ec2, l.ctx, aws.String, aws.Bool(true), aws.Bool(false)
	vpc := l.vpc("10.0.0.0/16")
	subnet, twin := l.zoned(vpc, "10.0.1.0/24", "a"), l.zoned(vpc, "10.0.3.0/24", "a")
	other := l.vpc("10.1.0.0/16")
	foreign := l.subnet(other, "10.1.1.0/24")
	spec := func(change func(*ec2.CreateVpcEndpointInput)) *ec2.CreateVpcEndpointInput {
		in := &ec2.CreateVpcEndpointInput{VpcEndpointType: "Interface", VpcId: &vpc, ServiceName: s(serviceS3), SubnetIds: []string{subnet}}
		change(in)
		return in
	}
	create := func(change func(*ec2.CreateVpcEndpointInput)) error {
		_, err := c.CreateVpcEndpoint(ctx, spec(change))
		return err
	}
	refused := func(code1, text string, err error) {
		t.Helper()
		if code(err) != code1 || !strings.Contains(err.Error(), text) {
			t.Errorf("%s %q: %v", code1, text, err)
		}
	}
	private := func(in *ec2.CreateVpcEndpointInput) { in.PrivateDnsEnabled = yes }
	refused("InvalidParameter", "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for "+vpc, create(private))
	must(c.ModifyVpcAttribute(ctx, &ec2.ModifyVpcAttributeInput{VpcId: &vpc, EnableDnsHostnames: &types.AttributeBooleanValue{Value: yes}}))(t)
	refused("InvalidParameter", "To set PrivateDnsOnlyForInboundResolverEndpoint to true, the VPC "+vpc+" must have a Gateway endpoint for the service.", create(private))
	refused("DuplicateSubnetsInSameZone", "Found another VPC endpoint subnet in the availability zone of "+twin, create(func(in *ec2.CreateVpcEndpointInput) { in.SubnetIds = []string{subnet, twin} }))
	refused("InvalidParameter", "different networks", create(func(in *ec2.CreateVpcEndpointInput) { in.SubnetIds = []string{foreign} }))
	refused("InvalidSubnetID.NotFound", "", create(func(in *ec2.CreateVpcEndpointInput) { in.SubnetIds = []string{"subnet-00000000000000000"} }))
	refused("InvalidGroup.NotFound", "", create(func(in *ec2.CreateVpcEndpointInput) { in.SecurityGroupIds = []string{"sg-00000000000000000"} }))
	refused("InvalidParameter", "RouteTableId", create(func(in *ec2.CreateVpcEndpointInput) {
		in.RouteTableIds = []string{l.world.Snapshot().Vpcs[vpc].MainRouteTable}
	}))
	refused("InvalidParameterValue", "subnet's address range", create(func(in *ec2.CreateVpcEndpointInput) {
		in.SubnetConfigurations = []types.SubnetConfiguration{{SubnetId: &subnet, Ipv4: s("10.0.9.9")}}
	}))
	refused("InvalidParameter", "available service types ([Interface])", create(func(in *ec2.CreateVpcEndpointInput) {
		in.VpcEndpointType, in.ServiceName, in.SubnetIds = "Gateway", s(serviceEC2), nil
	}))
	refused("InvalidServiceName", "", create(func(in *ec2.CreateVpcEndpointInput) { in.ServiceName = s("com.amazonaws.ap-northeast-2.s4") }))
	refused("InvalidParameter", "SubnetId is not supported", create(func(in *ec2.CreateVpcEndpointInput) { in.VpcEndpointType = "Gateway" }))
	refused("InvalidPolicyDocument", "", create(func(in *ec2.CreateVpcEndpointInput) { in.PolicyDocument = s("{") }))
	if n := len(l.world.Snapshot().Interfaces); n != 0 {
		t.Errorf("%d interfaces of endpoints that are none", n)
	}

	gateway := *must(c.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{VpcId: &vpc, ServiceName: s(serviceS3)}))(t).VpcEndpoint.VpcEndpointId
	made := must(c.CreateVpcEndpoint(ctx, spec(private)))(t).VpcEndpoint
	if !*made.PrivateDnsEnabled || !*made.DnsOptions.PrivateDnsOnlyForInboundResolverEndpoint || len(made.DnsEntries) != 6 {
		t.Errorf("made = %+v", made)
	}
	refused("InvalidParameter", "conflicting DNS domain for s3.ap-northeast-2.amazonaws.com in the VPC "+vpc, create(private))
	kept := must(c.DeleteVpcEndpoints(ctx, &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{gateway}}))(t).Unsuccessful
	if len(kept) != 1 || *kept[0].ResourceId != gateway || *kept[0].Error.Code != "InvalidParameter" || !strings.Contains(*kept[0].Error.Message, *made.VpcEndpointId) {
		t.Errorf("the gateway endpoint went first: %+v", kept)
	}
	must(c.ModifyVpcEndpoint(ctx, &ec2.ModifyVpcEndpointInput{VpcEndpointId: made.VpcEndpointId, DnsOptions: &types.DnsOptionsSpecification{PrivateDnsOnlyForInboundResolverEndpoint: no}}))(t)
	if kept := must(c.DeleteVpcEndpoints(ctx, &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{gateway}}))(t).Unsuccessful; len(kept) != 0 {
		t.Errorf("nothing needs the gateway endpoint any more: %+v", kept)
	}
	must(c.ModifyVpcEndpoint(ctx, &ec2.ModifyVpcEndpointInput{VpcEndpointId: made.VpcEndpointId, PrivateDnsEnabled: no}))(t)
	if now := must(c.DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{VpcEndpointIds: []string{*made.VpcEndpointId}}))(t).VpcEndpoints[0]; *now.PrivateDnsEnabled || len(now.DnsEntries) != 2 {
		t.Errorf("without private DNS: %+v", now)
	}
	// A service that never had a gateway endpoint has private DNS from the start.
	if ssm := must(c.CreateVpcEndpoint(ctx, spec(func(in *ec2.CreateVpcEndpointInput) { in.ServiceName = s(serviceEC2) })))(t).VpcEndpoint; !*ssm.PrivateDnsEnabled || *ssm.DnsEntries[2].DnsName != "ec2.ap-northeast-2.amazonaws.com" {
		t.Errorf("EC2's = %+v", ssm)
	}
	modify := func(change func(*ec2.ModifyVpcEndpointInput)) error {
		in := &ec2.ModifyVpcEndpointInput{VpcEndpointId: made.VpcEndpointId}
		change(in)
		_, err := c.ModifyVpcEndpoint(ctx, in)
		return err
	}
	main := l.world.Snapshot().Vpcs[vpc].MainRouteTable
	refused("InvalidParameter", "AddRouteTableId is not supported", modify(func(in *ec2.ModifyVpcEndpointInput) { in.AddRouteTableIds = []string{main} }))
	refused("InvalidParameter", "is not associated with endpoint", modify(func(in *ec2.ModifyVpcEndpointInput) { in.RemoveSubnetIds = []string{twin} }))
	refused("InvalidParameter", "at least one security group", modify(func(in *ec2.ModifyVpcEndpointInput) {
		in.RemoveSecurityGroupIds = []string{l.world.Snapshot().Vpcs[vpc].DefaultGroup}
	}))
	refused("InvalidSubnetID.NotFound", "", modify(func(in *ec2.ModifyVpcEndpointInput) { in.AddSubnetIds = []string{"subnet-00000000000000000"} }))
}
