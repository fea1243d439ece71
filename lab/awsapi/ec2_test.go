package awsapi

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"gatewalk/lab/world"
)

// The guide by hand, from nothing to nothing, with the waiters of the SDK.
func TestGuide(t *testing.T) {
	l := newAPI(t, 2000)
	l.live()
	ctx, c := l.ctx, l.ec2

	vpc := *must(c.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16"), TagSpecifications: tagged("vpc", "Name", "lab", "lab:id", "x")}))(t).Vpc.VpcId
	must(c.ModifyVpcAttribute(ctx, &ec2.ModifyVpcAttributeInput{VpcId: &vpc, EnableDnsHostnames: &types.AttributeBooleanValue{Value: aws.Bool(true)}}))(t)
	if a := must(c.DescribeVpcAttribute(ctx, &ec2.DescribeVpcAttributeInput{VpcId: &vpc, Attribute: "enableDnsHostnames"}))(t); !*a.EnableDnsHostnames.Value {
		t.Error("DNS hostnames are off")
	}
	public, private := l.subnet(vpc, "10.0.1.0/24"), l.subnet(vpc, "10.0.2.0/24")
	igw := l.gateway(vpc)
	publicTable, privateTable := l.table(vpc), l.table(vpc)
	must(c.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: &publicTable, DestinationCidrBlock: aws.String("0.0.0.0/0"), GatewayId: &igw}))(t)
	assoc := must(c.AssociateRouteTable(ctx, &ec2.AssociateRouteTableInput{RouteTableId: &publicTable, SubnetId: &public}))(t).AssociationId
	assoc2 := must(c.AssociateRouteTable(ctx, &ec2.AssociateRouteTableInput{RouteTableId: &privateTable, SubnetId: &private}))(t).AssociationId

	group := func(name string) string {
		return *must(c.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{GroupName: &name, Description: aws.String("lab"), VpcId: &vpc}))(t).GroupId
	}
	bastionGroup, privateGroup := group("bastion"), group("private")
	ssh := types.IpPermission{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(22), ToPort: aws.Int32(22)}
	fromMe, fromBastion := ssh, ssh
	fromMe.IpRanges = []types.IpRange{{CidrIp: aws.String("203.0.113.42/32"), Description: aws.String("me")}}
	fromBastion.UserIdGroupPairs = []types.UserIdGroupPair{{GroupId: &bastionGroup}}
	rules := must(c.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &bastionGroup, IpPermissions: []types.IpPermission{fromMe}}))(t).SecurityGroupRules
	if len(rules) != 1 || *rules[0].CidrIpv4 != "203.0.113.42/32" || *rules[0].Description != "me" || !strings.HasPrefix(*rules[0].SecurityGroupRuleId, "sgr-") {
		t.Errorf("rules = %+v", rules)
	}
	must(c.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &privateGroup, IpPermissions: []types.IpPermission{fromBastion}}))(t)

	const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJyHQ2ynUyNTjGuaXDmYfTN7LTcIL7nYbAgyEvPqvMEq me"
	must(c.ImportKeyPair(ctx, &ec2.ImportKeyPairInput{KeyName: aws.String("lab"), PublicKeyMaterial: []byte(key)}))(t)

	bastion := l.run("", func(in *ec2.RunInstancesInput) {
		in.SubnetId, in.KeyName = nil, aws.String("lab")
		in.NetworkInterfaces = []types.InstanceNetworkInterfaceSpecification{{
			DeviceIndex: aws.Int32(0), SubnetId: &public, AssociatePublicIpAddress: aws.Bool(true),
			PrivateIpAddress: aws.String("10.0.1.123"), Groups: []string{bastionGroup},
		}}
		in.MetadataOptions = &types.InstanceMetadataOptionsRequest{HttpTokens: "required"}
		in.BlockDeviceMappings = []types.BlockDeviceMapping{{DeviceName: aws.String("/dev/xvda"), Ebs: &types.EbsBlockDevice{Encrypted: aws.Bool(true), VolumeType: "gp3"}}}
		in.TagSpecifications = append(tagged("instance", "Name", "bastion"), tagged("volume", "Name", "disk")...)
		in.UserData = aws.String(base64.StdEncoding.EncodeToString([]byte("#!/bin/sh\n")))
	})
	target := l.run(private, func(in *ec2.RunInstancesInput) {
		in.PrivateIpAddress, in.SecurityGroupIds = aws.String("10.0.2.234"), []string{privateGroup}
	})
	if *bastion.PrivateIpAddress != "10.0.1.123" || bastion.State.Name != "pending" || *bastion.MetadataOptions.HttpPutResponseHopLimit != 2 {
		t.Errorf("bastion = %+v", bastion)
	}
	both := []string{*bastion.InstanceId, *target.InstanceId}
	fast := func(o *ec2.InstanceRunningWaiterOptions) { o.MinDelay, o.MaxDelay = time.Millisecond, time.Millisecond }
	if err := ec2.NewInstanceRunningWaiter(c, fast).Wait(ctx, &ec2.DescribeInstancesInput{InstanceIds: both}, 10*time.Second); err != nil {
		t.Fatal(err)
	}
	seen := must(c.DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: both[:1]}))(t).Reservations[0].Instances[0]
	ip := aws.ToString(seen.PublicIpAddress)
	if want := "ec2-" + strings.ReplaceAll(ip, ".", "-") + ".ap-northeast-2.compute.amazonaws.com"; ip == "" || aws.ToString(seen.PublicDnsName) != want {
		t.Errorf("public address %q, name %q, want %q", ip, aws.ToString(seen.PublicDnsName), want)
	}
	if v := must(c.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{Filters: filter("attachment.instance-id", both[0])}))(t).Volumes; len(v) != 1 || !*v[0].Encrypted || *v[0].Tags[0].Value != "disk" {
		t.Errorf("volumes = %+v", v)
	}

	services := must(c.DescribeVpcEndpointServices(ctx, &ec2.DescribeVpcEndpointServicesInput{Filters: append(filter("service-name", "com.amazonaws.ap-northeast-2.s3"), filter("service-type", "Gateway")...)}))(t)
	if len(services.ServiceDetails) != 1 || services.ServiceDetails[0].ServiceType[0].ServiceType != "Gateway" {
		t.Errorf("services = %+v", services.ServiceDetails)
	}
	endpoint := must(c.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{VpcId: &vpc, ServiceName: services.ServiceDetails[0].ServiceName, RouteTableIds: []string{privateTable}, ClientToken: aws.String("token-1")}))(t).VpcEndpoint
	if !strings.EqualFold(string(endpoint.State), "pending") || *endpoint.PolicyDocument != world.DefaultEndpointPolicy {
		t.Errorf("endpoint = %+v", endpoint)
	}
	routes := must(c.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{RouteTableIds: []string{privateTable}}))(t).RouteTables[0].Routes
	if len(routes) != 2 || *routes[1].DestinationPrefixListId != "pl-78a54011" || *routes[1].GatewayId != *endpoint.VpcEndpointId || routes[1].Origin != "CreateRoute" || routes[1].State != "active" || routes[1].DestinationCidrBlock != nil {
		t.Errorf("routes = %+v", routes)
	}
	until(t, func() bool {
		e := must(c.DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{VpcEndpointIds: []string{*endpoint.VpcEndpointId}}))(t)
		return e.VpcEndpoints[0].State == "available"
	})
	entries := must(c.GetManagedPrefixListEntries(ctx, &ec2.GetManagedPrefixListEntriesInput{PrefixListId: aws.String("pl-78a54011")}))(t).Entries
	if len(entries) < 8 {
		t.Errorf("entries = %v", entries)
	}

	// And back, in AWS's order; each step too early is refused.
	refused := func(want string, err error) {
		t.Helper()
		if got := code(err); got != want {
			t.Errorf("got %q, want %s", got, want)
		}
	}
	del := func() error { _, err := c.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: &vpc}); return err }
	refused("DependencyViolation", del())
	gone := must(c.DeleteVpcEndpoints(ctx, &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{*endpoint.VpcEndpointId, "vpce-0123456789abcdef0"}}))(t)
	if len(gone.Unsuccessful) != 1 || *gone.Unsuccessful[0].Error.Code != "InvalidVpcEndpointId.NotFound" {
		t.Errorf("unsuccessful = %+v", gone.Unsuccessful)
	}
	_, err := c.DetachInternetGateway(ctx, &ec2.DetachInternetGatewayInput{InternetGatewayId: &igw, VpcId: &vpc})
	refused("DependencyViolation", err)
	if !strings.Contains(err.Error(), "Network "+vpc+" has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.") {
		t.Error(err)
	}
	must(c.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: both}))(t)
	fastEnd := func(o *ec2.InstanceTerminatedWaiterOptions) {
		o.MinDelay, o.MaxDelay = time.Millisecond, time.Millisecond
	}
	if err := ec2.NewInstanceTerminatedWaiter(c, fastEnd).Wait(ctx, &ec2.DescribeInstancesInput{InstanceIds: both}, 10*time.Second); err != nil {
		t.Fatal(err)
	}
	_, err = c.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &bastionGroup})
	refused("DependencyViolation", err)
	for _, id := range []string{privateGroup, bastionGroup} {
		must(c.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &id}))(t)
	}
	_, err = c.DeleteRouteTable(ctx, &ec2.DeleteRouteTableInput{RouteTableId: &privateTable})
	refused("DependencyViolation", err)
	for _, a := range []*string{assoc, assoc2} {
		must(c.DisassociateRouteTable(ctx, &ec2.DisassociateRouteTableInput{AssociationId: a}))(t)
	}
	for _, id := range []string{public, private} {
		must(c.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: &id}))(t)
	}
	for _, id := range []string{publicTable, privateTable} {
		must(c.DeleteRouteTable(ctx, &ec2.DeleteRouteTableInput{RouteTableId: &id}))(t)
	}
	_, err = c.DeleteInternetGateway(ctx, &ec2.DeleteInternetGatewayInput{InternetGatewayId: &igw})
	refused("DependencyViolation", err)
	must(c.DetachInternetGateway(ctx, &ec2.DetachInternetGatewayInput{InternetGatewayId: &igw, VpcId: &vpc}))(t)
	must(c.DeleteInternetGateway(ctx, &ec2.DeleteInternetGatewayInput{InternetGatewayId: &igw}))(t)
	must(c.DeleteKeyPair(ctx, &ec2.DeleteKeyPairInput{KeyName: aws.String("lab")}))(t)
	until(t, func() bool { return del() == nil })

	st := l.world.Snapshot()
	if n := len(st.Vpcs) + len(st.Subnets) + len(st.RouteTables) + len(st.SecurityGroups) + len(st.NetworkAcls) + len(st.Interfaces) + len(st.Volumes) + len(st.Gateways) + len(st.Endpoints) + len(st.KeyPairs); n != 0 {
		t.Errorf("%d objects are left", n)
	}
}

// until polls for at most ten seconds.
func until(t testing.TB, done func() bool) {
	t.Helper()
	for start := time.Now(); !done(); time.Sleep(2 * time.Millisecond) {
		if time.Since(start) > 10*time.Second {
			t.Fatal("timed out")
		}
	}
}

// Each refusal by its exact code.
func TestRefusals(t *testing.T) {
	l := newAPI(t, 1)
	ctx, c := l.ctx, l.ec2
	vpc, other := l.vpc("10.0.0.0/16"), l.vpc("10.1.0.0/16")
	subnet := l.subnet(vpc, "10.0.1.0/24")
	table, otherTable := l.table(vpc), l.table(other)
	igw := l.gateway(vpc)
	s := aws.String
	group := *must(c.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{GroupName: s("g"), Description: s("d"), VpcId: &vpc}))(t).GroupId
	st := l.world.Snapshot()
	allOut := types.IpPermission{IpProtocol: s("-1"), IpRanges: []types.IpRange{{CidrIp: s("0.0.0.0/0")}}}
	nothing := types.IpPermission{IpProtocol: s("tcp"), FromPort: aws.Int32(1), ToPort: aws.Int32(1), IpRanges: []types.IpRange{{CidrIp: s("1.2.3.4/32")}}}
	must(c.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: &table, DestinationCidrBlock: s("0.0.0.0/0"), GatewayId: &igw}))(t)
	ep := must(c.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{VpcId: &vpc, ServiceName: s("com.amazonaws.ap-northeast-2.s3"), RouteTableIds: []string{table}}))(t).VpcEndpoint.VpcEndpointId
	run := func(change func(*ec2.RunInstancesInput)) error {
		in := &ec2.RunInstancesInput{ImageId: s(l.image()), InstanceType: "t3.micro", MinCount: aws.Int32(1), MaxCount: aws.Int32(1), SubnetId: &subnet}
		change(in)
		_, err := c.RunInstances(ctx, in)
		return err
	}
	l.run(subnet, func(in *ec2.RunInstancesInput) { in.PrivateIpAddress = s("10.0.1.10") })

	tests := []struct {
		code, text string
		call       func() error
	}{
		{"InvalidParameterValue", "Value (x) for parameter cidrBlock is invalid", func() error { _, err := c.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: s("x")}); return err }},
		{"InvalidVpc.Range", "The CIDR '10.0.0.0/8' is invalid.", func() error { _, err := c.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: s("10.0.0.0/8")}); return err }},
		{"InvalidVpcID.NotFound", "The vpc ID 'vpc-00000000000000000' does not exist", func() error {
			_, err := c.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{VpcIds: []string{"vpc-00000000000000000"}})
			return err
		}},
		{"InvalidVpcID.Malformed", `Invalid id: "vpc-x" (expecting "vpc-...")`, func() error { _, err := c.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: s("vpc-x")}); return err }},
		{"InvalidParameterValue", "The filter 'colour' is invalid", func() error {
			_, err := c.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{Filters: filter("colour", "red")})
			return err
		}},
		{"InvalidParameterValue", "maxResults", func() error {
			_, err := c.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{MaxResults: aws.Int32(1)})
			return err
		}},
		{"InvalidNextToken", "", func() error {
			_, err := c.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{NextToken: s("zzz")})
			return err
		}},
		{"InvalidParameterCombination", "", func() error {
			_, err := c.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{MaxResults: aws.Int32(5), VpcIds: []string{vpc}})
			return err
		}},
		{"InvalidSubnet.Conflict", "The CIDR '10.0.1.0/25' conflicts with another subnet", func() error {
			_, err := c.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: &vpc, CidrBlock: s("10.0.1.0/25")})
			return err
		}},
		{"InvalidSubnet.Range", "", func() error {
			_, err := c.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: &vpc, CidrBlock: s("10.9.1.0/25")})
			return err
		}},
		{"InvalidParameterValue", "ap-northeast-2a, ap-northeast-2b", func() error {
			_, err := c.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: &vpc, CidrBlock: s("10.0.7.0/24"), AvailabilityZone: s("us-east-1a")})
			return err
		}},
		{"Resource.AlreadyAssociated", "", func() error {
			_, err := c.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{VpcId: &other, InternetGatewayId: &igw})
			return err
		}},
		{"Gateway.NotAttached", "", func() error {
			_, err := c.DetachInternetGateway(ctx, &ec2.DetachInternetGatewayInput{VpcId: &other, InternetGatewayId: &igw})
			return err
		}},
		{"RouteAlreadyExists", "The route identified by 0.0.0.0/0 already exists.", func() error {
			_, err := c.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: &table, DestinationCidrBlock: s("0.0.0.0/0"), GatewayId: &igw})
			return err
		}},
		{"RouteNotSupported", "Route table contains unsupported route target: " + *ep + ".", func() error {
			_, err := c.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: &table, DestinationCidrBlock: s("1.0.0.0/8"), GatewayId: ep})
			return err
		}},
		{"InvalidParameterValue", "cannot remove VPC endpoint route pl-78a54011 in route table " + table, func() error {
			_, err := c.DeleteRoute(ctx, &ec2.DeleteRouteInput{RouteTableId: &table, DestinationPrefixListId: s("pl-78a54011")})
			return err
		}},
		{"InvalidParameterValue", "cannot remove local route", func() error {
			_, err := c.DeleteRoute(ctx, &ec2.DeleteRouteInput{RouteTableId: &table, DestinationCidrBlock: s("10.0.0.0/16")})
			return err
		}},
		{"InvalidRoute.NotFound", "no route with destination-cidr-block 9.0.0.0/8", func() error {
			_, err := c.DeleteRoute(ctx, &ec2.DeleteRouteInput{RouteTableId: &table, DestinationCidrBlock: s("9.0.0.0/8")})
			return err
		}},
		{"InvalidParameterValue", "different networks", func() error {
			_, err := c.AssociateRouteTable(ctx, &ec2.AssociateRouteTableInput{RouteTableId: &otherTable, SubnetId: &subnet})
			return err
		}},
		{"InvalidParameterValue", "cannot disassociate the main route table", func() error {
			main := st.RouteTables[st.Vpcs[vpc].MainRouteTable].Associations[0].ID
			_, err := c.DisassociateRouteTable(ctx, &ec2.DisassociateRouteTableInput{AssociationId: &main})
			return err
		}},
		{"RouteAlreadyExists", "route table " + table + " already has a route with destination-prefix-list-id pl-78a54011", func() error {
			_, err := c.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{VpcId: &vpc, ServiceName: s("com.amazonaws.ap-northeast-2.s3"), RouteTableIds: []string{table}})
			return err
		}},
		{"InvalidServiceName", "The Vpc Endpoint Service 'com.amazonaws.us-east-1.s3' does not exist", func() error {
			_, err := c.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{VpcId: &vpc, ServiceName: s("com.amazonaws.us-east-1.s3")})
			return err
		}},
		{"InvalidParameter", "Endpoint type (Gateway) does not match available service types ([Interface]).", func() error {
			_, err := c.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{VpcId: &vpc, ServiceName: s("com.amazonaws.ap-northeast-2.ssm")})
			return err
		}},
		{"UnsupportedOperation", "GatewayLoadBalancer", func() error {
			_, err := c.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{VpcId: &vpc, ServiceName: s("com.amazonaws.ap-northeast-2.s3"), VpcEndpointType: "GatewayLoadBalancer", SubnetIds: []string{subnet}})
			return err
		}},
		{"InvalidPolicyDocument", "", func() error {
			_, err := c.ModifyVpcEndpoint(ctx, &ec2.ModifyVpcEndpointInput{VpcEndpointId: ep, PolicyDocument: s("{")})
			return err
		}},
		{"InvalidGroup.Duplicate", "The security group 'g' already exists for VPC '" + vpc + "'", func() error {
			_, err := c.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{GroupName: s("g"), Description: s("d"), VpcId: &vpc})
			return err
		}},
		{"InvalidPermission.Duplicate", `the specified rule "peer: 100.68.0.0/18, TCP, from port: 22, to port: 22, ALLOW" already exists`, func() error {
			// The same, as AWS writes it.
			twice := []types.IpRange{{CidrIp: s("100.68.0.18/18")}, {CidrIp: s("100.68.0.0/18")}}
			_, err := c.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &group, IpPermissions: []types.IpPermission{
				{IpProtocol: s("tcp"), FromPort: aws.Int32(22), ToPort: aws.Int32(22), IpRanges: twice},
			}})
			return err
		}},
		{"InvalidPermission.Duplicate", `the specified rule "peer: 0.0.0.0/0, ALL, ALLOW" already exists`, func() error {
			_, err := c.AuthorizeSecurityGroupEgress(ctx, &ec2.AuthorizeSecurityGroupEgressInput{GroupId: &group, IpPermissions: []types.IpPermission{allOut}})
			return err
		}},
		{"InvalidPermission.NotFound", "", func() error {
			_, err := c.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: &group, IpPermissions: []types.IpPermission{nothing}})
			return err
		}},
		{"InvalidSecurityGroupRuleId.NotFound", "", func() error {
			_, err := c.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: &group, SecurityGroupRuleIds: []string{"sgr-00000000000000000"}})
			return err
		}},
		{"CannotDelete", "", func() error {
			id := st.Vpcs[vpc].DefaultGroup
			_, err := c.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &id})
			return err
		}},
		{"InvalidKey.Format", "", func() error {
			_, err := c.ImportKeyPair(ctx, &ec2.ImportKeyPairInput{KeyName: s("k"), PublicKeyMaterial: []byte("ssh-dss AAAA")})
			return err
		}},
		{"InvalidKeyPair.NotFound", "The key pair 'k' does not exist", func() error {
			_, err := c.DescribeKeyPairs(ctx, &ec2.DescribeKeyPairsInput{KeyNames: []string{"k"}})
			return err
		}},
		{"InvalidIPAddress.InUse", "Address 10.0.1.10 is in use.", func() error {
			return run(func(in *ec2.RunInstancesInput) { in.PrivateIpAddress = s("10.0.1.10") })
		}},
		{"InvalidParameterValue", "Address 10.0.1.2 is in subnet's reserved address range", func() error {
			return run(func(in *ec2.RunInstancesInput) { in.PrivateIpAddress = s("10.0.1.2") })
		}},
		{"InvalidParameterValue", "Address 10.0.9.9 does not fall within the subnet's address range", func() error {
			return run(func(in *ec2.RunInstancesInput) { in.PrivateIpAddress = s("10.0.9.9") })
		}},
		{"InvalidParameterValue", "Value (nobody) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name", func() error {
			return run(func(in *ec2.RunInstancesInput) {
				in.IamInstanceProfile = &types.IamInstanceProfileSpecification{Name: s("nobody")}
			})
		}},
		{"InvalidAMIID.NotFound", "", func() error {
			return run(func(in *ec2.RunInstancesInput) { in.ImageId = s("ami-00000000000000000") })
		}},
		{"InvalidParameterValue", "architecture 'arm64'", func() error {
			return run(func(in *ec2.RunInstancesInput) { in.InstanceType = "t4g.micro" })
		}},
		{"VcpuLimitExceeded", "", func() error {
			return run(func(in *ec2.RunInstancesInput) { in.MinCount, in.MaxCount = aws.Int32(20), aws.Int32(20) })
		}},
		{"InvalidInstanceID.NotFound", "", func() error {
			_, err := c.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{"i-00000000000000000"}})
			return err
		}},
		{"IncorrectInstanceState", "", func() error {
			var id string
			for k := range l.world.Snapshot().Instances {
				id = k
			}
			_, err := c.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{id}})
			return err
		}},
		{"UnauthorizedOperation", "", func() error {
			_, err := c.DeleteManagedPrefixList(ctx, &ec2.DeleteManagedPrefixListInput{PrefixListId: s("pl-78a54011")})
			return err
		}},
		{"InvalidParameterValue", "'subnet' is not a valid taggable resource type", func() error {
			_, err := c.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: s("10.2.0.0/16"), TagSpecifications: tagged("subnet", "a", "b")})
			return err
		}},
		{"InvalidParameterValue", "reserved for internal use", func() error {
			_, err := c.CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{vpc}, Tags: []types.Tag{{Key: s("aws:x"), Value: s("y")}}})
			return err
		}},
		{"NotImplemented", "ec2:AcceptVpcPeeringConnection is not part of this lab", func() error {
			_, err := c.AcceptVpcPeeringConnection(ctx, &ec2.AcceptVpcPeeringConnectionInput{VpcPeeringConnectionId: s("pcx-1")})
			return err
		}},
		{"UnknownParameter", "Ipv4IpamPoolId", func() error {
			_, err := c.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: s("10.2.0.0/16"), Ipv4IpamPoolId: s("p")})
			return err
		}},
		{"NatGatewayNotFound", "", func() error {
			_, err := c.DeleteNatGateway(ctx, &ec2.DeleteNatGatewayInput{NatGatewayId: s("nat-00000000000000000")})
			return err
		}},
		{"VpcLimitExceeded", "The maximum number of VPCs has been reached.", func() error {
			var err error
			for range 5 {
				if _, err = c.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: s("10.5.0.0/16")}); err != nil {
					break
				}
			}
			return err
		}},
	}
	for _, tt := range tests {
		before := l.world.Generation()
		err := tt.call()
		if got := code(err); got != tt.code || err != nil && !strings.Contains(err.Error(), tt.text) {
			t.Errorf("%s %q: got %v", tt.code, tt.text, err)
		}
		if tt.code != "VpcLimitExceeded" && l.world.Generation() != before {
			t.Errorf("%s %q: the world has changed", tt.code, tt.text)
		}
	}
}

func TestDryRun(t *testing.T) {
	l := newAPI(t, 1)
	before := l.world.Generation()
	_, err := l.ec2.CreateVpc(l.ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16"), DryRun: aws.Bool(true)})
	if code(err) != "DryRunOperation" || l.world.Generation() != before {
		t.Errorf("CreateVpc: %v, generation %d, was %d", err, l.world.Generation(), before)
	}
	_, err = l.ec2.DescribeVpcs(l.ctx, &ec2.DescribeVpcsInput{DryRun: aws.Bool(true)})
	if code(err) != "DryRunOperation" {
		t.Errorf("DescribeVpcs: %v", err)
	}
}

func TestClientTokens(t *testing.T) {
	l := newAPI(t, 1)
	vpc := l.vpc("10.0.0.0/16")
	subnet := l.subnet(vpc, "10.0.1.0/24")
	token := aws.String("token")

	first := l.run(subnet, func(in *ec2.RunInstancesInput) { in.ClientToken = token })
	again := l.run(subnet, func(in *ec2.RunInstancesInput) { in.ClientToken = token })
	if *first.InstanceId != *again.InstanceId || len(l.world.Snapshot().Instances) != 1 {
		t.Errorf("%s and %s, %d instances", *first.InstanceId, *again.InstanceId, len(l.world.Snapshot().Instances))
	}
	_, err := l.ec2.RunInstances(l.ctx, &ec2.RunInstancesInput{
		ImageId: aws.String(l.image()), InstanceType: "t3.small", SubnetId: &subnet,
		MinCount: aws.Int32(1), MaxCount: aws.Int32(1), ClientToken: token,
	})
	if code(err) != "IdempotentParameterMismatch" {
		t.Errorf("other parameters: %v", err)
	}
	make := func() string {
		return *must(l.ec2.CreateVpcEndpoint(l.ctx, &ec2.CreateVpcEndpointInput{VpcId: &vpc, ServiceName: aws.String("com.amazonaws.ap-northeast-2.s3"), ClientToken: token}))(t).VpcEndpoint.VpcEndpointId
	}
	if a, b := make(), make(); a != b {
		t.Errorf("endpoints %s and %s", a, b)
	}
}

func TestFiltersAndPages(t *testing.T) {
	l := newAPI(t, 1)
	vpc := l.vpc("10.0.0.0/16")
	var ids []string
	for i := range 12 {
		kv := []string{"Name", "n" + string(rune('a'+i))}
		if i%2 == 0 {
			kv = append(kv, "even", "yes*")
		}
		cidr := "10.0." + string(rune('0'+i%10)) + ".0/28"
		if i >= 10 {
			cidr = "10.0.1" + string(rune('0'+i%10)) + ".0/28"
		}
		ids = append(ids, *must(l.ec2.CreateSubnet(l.ctx, &ec2.CreateSubnetInput{VpcId: &vpc, CidrBlock: &cidr, TagSpecifications: tagged("subnet", kv...)}))(t).Subnet.SubnetId)
	}
	count := func(f ...types.Filter) int {
		return len(must(l.ec2.DescribeSubnets(l.ctx, &ec2.DescribeSubnetsInput{Filters: f}))(t).Subnets)
	}
	for _, tt := range []struct {
		name   string
		values []string
		want   int
	}{
		{"vpc-id", []string{vpc}, 12},
		{"tag-key", []string{"even"}, 6},
		{"tag:Name", []string{"na", "nb"}, 2},
		{"tag:Name", []string{"n?"}, 12},
		{"tag:Name", []string{"*a"}, 1},
		{"tag:even", []string{`yes\*`}, 6},
		{"tag:even", []string{`yes\?`}, 0},
		{"tag:none", []string{"*"}, 0},
		{"cidr-block", []string{"10.0.3.0/28"}, 1},
		{"cidr-block", []string{"10.0.1?.0/28"}, 2},
		{"availability-zone", []string{"ap-northeast-2a"}, 12},
	} {
		if got := count(filter(tt.name, tt.values...)...); got != tt.want {
			t.Errorf("%s=%v: %d, want %d", tt.name, tt.values, got, tt.want)
		}
	}
	if got := count(append(filter("tag:even", "*"), filter("tag:Name", "na", "nb")...)...); got != 1 {
		t.Errorf("two filters: %d, want 1", got)
	}

	var paged []string
	pages := ec2.NewDescribeSubnetsPaginator(l.ec2, &ec2.DescribeSubnetsInput{MaxResults: aws.Int32(5)})
	n := 0
	for pages.HasMorePages() {
		n++
		for _, s := range must(pages.NextPage(l.ctx))(t).Subnets {
			paged = append(paged, *s.SubnetId)
		}
	}
	slices.Sort(ids)
	if n != 3 || !slices.Equal(paged, ids) {
		t.Errorf("%d pages of %v, want %v", n, paged, ids)
	}
}

func TestTags(t *testing.T) {
	l := newAPI(t, 1)
	vpc := l.vpc("10.0.0.0/16")
	group := l.world.Snapshot().Vpcs[vpc].DefaultGroup
	rule := l.world.Snapshot().SecurityGroups[group].Rules[0].ID
	ids := []string{vpc, group, rule}
	must(l.ec2.CreateTags(l.ctx, &ec2.CreateTagsInput{Resources: ids, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("1")}, {Key: aws.String("b"), Value: aws.String("")}}}))(t)
	got := must(l.ec2.DescribeTags(l.ctx, &ec2.DescribeTagsInput{Filters: filter("key", "a", "b")}))(t).Tags
	if len(got) != 6 {
		t.Errorf("%d tags, want 6", len(got))
	}
	must(l.ec2.DeleteTags(l.ctx, &ec2.DeleteTagsInput{Resources: ids, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("other")}, {Key: aws.String("b")}}}))(t)
	got = must(l.ec2.DescribeTags(l.ctx, &ec2.DescribeTagsInput{}))(t).Tags
	if len(got) != 3 || *got[0].Key != "a" {
		t.Errorf("tags = %+v, want the three a", got)
	}
	_, err := l.ec2.CreateTags(l.ctx, &ec2.CreateTagsInput{Resources: []string{vpc, "vpc-00000000000000000"}, Tags: []types.Tag{{Key: aws.String("c"), Value: aws.String("1")}}})
	if code(err) != "InvalidVpcID.NotFound" || l.world.Snapshot().Vpcs[vpc].Tags["c"] != "" {
		t.Errorf("all or none: %v, %v", err, l.world.Snapshot().Vpcs[vpc].Tags)
	}
}
