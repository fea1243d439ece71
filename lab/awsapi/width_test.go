package awsapi

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"golang.org/x/crypto/ssh"

	"gatewalk/lab/world"
)

func TestNetworkAcls(t *testing.T) {
	l := newAPI(t, 1)
	c, ctx, s := l.ec2, l.ctx, aws.String
	vpc := l.vpc("10.0.0.0/16")
	subnet := l.subnet(vpc, "10.0.1.0/24")
	acl := must(c.CreateNetworkAcl(ctx, &ec2.CreateNetworkAclInput{VpcId: &vpc, TagSpecifications: tagged("network-acl", "Name", "x")}))(t).NetworkAcl
	if len(acl.Entries) != 2 || *acl.Entries[0].RuleNumber != 32767 || acl.Entries[0].RuleAction != "deny" {
		t.Errorf("a new ACL has %+v", acl.Entries)
	}
	in := &ec2.CreateNetworkAclEntryInput{
		NetworkAclId: acl.NetworkAclId, RuleNumber: aws.Int32(100), Protocol: s("6"), RuleAction: "allow", Egress: aws.Bool(true),
		CidrBlock: s("0.0.0.0/0"), PortRange: &types.PortRange{From: aws.Int32(443), To: aws.Int32(443)},
	}
	must(c.CreateNetworkAclEntry(ctx, in))(t)
	if _, err := c.CreateNetworkAclEntry(ctx, in); code(err) != "NetworkAclEntryAlreadyExists" {
		t.Error(err)
	}
	old := must(c.DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{Filters: filter("association.subnet-id", subnet)}))(t).NetworkAcls[0]
	if !*old.IsDefault {
		t.Error("a new subnet is not on the default ACL")
	}
	moved := must(c.ReplaceNetworkAclAssociation(ctx, &ec2.ReplaceNetworkAclAssociationInput{AssociationId: old.Associations[0].NetworkAclAssociationId, NetworkAclId: acl.NetworkAclId}))(t)
	if _, err := c.DeleteNetworkAcl(ctx, &ec2.DeleteNetworkAclInput{NetworkAclId: acl.NetworkAclId}); code(err) != "DependencyViolation" {
		t.Error(err)
	}
	if got := l.world.Snapshot().Subnets[subnet].AclID; got != *acl.NetworkAclId {
		t.Errorf("the subnet is on %s", got)
	}
	must(c.ReplaceNetworkAclAssociation(ctx, &ec2.ReplaceNetworkAclAssociationInput{AssociationId: moved.NewAssociationId, NetworkAclId: old.NetworkAclId}))(t)
	must(c.DeleteNetworkAclEntry(ctx, &ec2.DeleteNetworkAclEntryInput{NetworkAclId: acl.NetworkAclId, RuleNumber: aws.Int32(100), Egress: aws.Bool(true)}))(t)
	must(c.DeleteNetworkAcl(ctx, &ec2.DeleteNetworkAclInput{NetworkAclId: acl.NetworkAclId}))(t)
}

// Fingerprints as EC2 makes them; the expected ones are openssl's and
// ssh-keygen's.
func TestKeyPairs(t *testing.T) {
	l := newAPI(t, 1)
	c, ctx, s := l.ec2, l.ctx, aws.String
	for _, tt := range []struct{ name, line, kind, fingerprint string }{
		{"ed", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJyHQ2ynUyNTjGuaXDmYfTN7LTcIL7nYbAgyEvPqvMEq me", "ed25519", edFingerprint},
		{"rsa", rsaLine, "rsa", rsaFingerprint},
	} {
		got := must(c.ImportKeyPair(ctx, &ec2.ImportKeyPairInput{KeyName: &tt.name, PublicKeyMaterial: []byte(tt.line)}))(t)
		if *got.KeyFingerprint != tt.fingerprint {
			t.Errorf("%s: fingerprint %s, want %s", tt.name, *got.KeyFingerprint, tt.fingerprint)
		}
		seen := must(c.DescribeKeyPairs(ctx, &ec2.DescribeKeyPairsInput{KeyNames: []string{tt.name}, IncludePublicKey: aws.Bool(true)}))(t).KeyPairs[0]
		if string(seen.KeyType) != tt.kind || !strings.HasPrefix(tt.line, strings.TrimSuffix(*seen.PublicKey, tt.name)) {
			t.Errorf("%s: %+v", tt.name, seen)
		}
	}
	for _, kind := range []types.KeyType{"rsa", "ed25519"} {
		made := must(c.CreateKeyPair(ctx, &ec2.CreateKeyPairInput{KeyName: s("made-" + string(kind)), KeyType: kind}))(t)
		key, err := ssh.ParsePrivateKey([]byte(*made.KeyMaterial))
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		public := l.world.Snapshot().KeyPairs[*made.KeyPairId].PublicKey
		if want := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key.PublicKey()))); !strings.HasPrefix(public, want) {
			t.Errorf("%s: public half %s, want %s", kind, public, want)
		}
	}
	_, err := c.ImportKeyPair(ctx, &ec2.ImportKeyPairInput{KeyName: s("ed"), PublicKeyMaterial: []byte(rsaLine)})
	if code(err) != "InvalidKeyPair.Duplicate" {
		t.Error(err)
	}
}

func TestAddressesAndNat(t *testing.T) {
	l := newAPI(t, 5000)
	l.live()
	c, ctx, s := l.ec2, l.ctx, aws.String
	vpc := l.vpc("10.0.0.0/16")
	public, private := l.subnet(vpc, "10.0.1.0/24"), l.subnet(vpc, "10.0.2.0/24")
	igw := l.gateway(vpc)
	main := l.world.Snapshot().Vpcs[vpc].MainRouteTable
	must(c.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: &main, DestinationCidrBlock: s("0.0.0.0/0"), GatewayId: &igw}))(t)

	eip := must(c.AllocateAddress(ctx, &ec2.AllocateAddressInput{Domain: "vpc"}))(t)
	nat := must(c.CreateNatGateway(ctx, &ec2.CreateNatGatewayInput{SubnetId: &public, AllocationId: eip.AllocationId}))(t).NatGateway
	if nat.State != "pending" || *nat.NatGatewayAddresses[0].PublicIp != *eip.PublicIp {
		t.Errorf("nat = %+v", nat)
	}
	ids := []string{*nat.NatGatewayId}
	state := func() types.NatGatewayState {
		return must(c.DescribeNatGateways(ctx, &ec2.DescribeNatGatewaysInput{NatGatewayIds: ids}))(t).NatGateways[0].State
	}
	until(t, func() bool { return state() == "available" })
	table := l.table(vpc)
	must(c.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: &table, DestinationCidrBlock: s("0.0.0.0/0"), NatGatewayId: nat.NatGatewayId}))(t)
	if _, err := c.ReleaseAddress(ctx, &ec2.ReleaseAddressInput{AllocationId: eip.AllocationId}); code(err) != "InvalidIPAddress.InUse" {
		t.Error(err)
	}
	must(c.DeleteNatGateway(ctx, &ec2.DeleteNatGatewayInput{NatGatewayId: nat.NatGatewayId}))(t)
	route := must(c.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{RouteTableIds: []string{table}, Filters: filter("route.state", "blackhole")}))(t).RouteTables
	if len(route) != 1 || *route[0].Routes[1].NatGatewayId != *nat.NatGatewayId {
		t.Errorf("the route to a deleted NAT gateway: %+v", route)
	}
	until(t, func() bool { return state() == "deleted" })

	// An instance keeps an Elastic IP over a stop, and loses any other.
	instance := l.run(public, nil)
	running := func() bool { return l.world.Snapshot().Instances[*instance.InstanceId].State == world.Running }
	until(t, running)
	must(c.AssociateAddress(ctx, &ec2.AssociateAddressInput{AllocationId: eip.AllocationId, InstanceId: instance.InstanceId}))(t)
	must(c.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{*instance.InstanceId}}))(t)
	until(t, func() bool { return l.world.Snapshot().Instances[*instance.InstanceId].State == world.Stopped })
	seen := must(c.DescribeAddresses(ctx, &ec2.DescribeAddressesInput{Filters: filter("instance-id", *instance.InstanceId)}))(t).Addresses
	if len(seen) != 1 || *seen[0].PublicIp != *eip.PublicIp {
		t.Errorf("addresses of the stopped instance: %+v", seen)
	}
	must(c.StartInstances(ctx, &ec2.StartInstancesInput{InstanceIds: []string{*instance.InstanceId}}))(t)
	until(t, running)
	must(c.DisassociateAddress(ctx, &ec2.DisassociateAddressInput{AssociationId: seen[0].AssociationId}))(t)
	must(c.ReleaseAddress(ctx, &ec2.ReleaseAddressInput{AllocationId: eip.AllocationId}))(t)

	mapped := l.run(private, func(in *ec2.RunInstancesInput) {
		in.SubnetId = nil
		in.NetworkInterfaces = []types.InstanceNetworkInterfaceSpecification{{DeviceIndex: aws.Int32(0), SubnetId: &private, AssociatePublicIpAddress: aws.Bool(true)}}
	})
	eni := must(c.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{Filters: filter("attachment.instance-id", *mapped.InstanceId)}))(t).NetworkInterfaces[0]
	if eni.Association == nil || *eni.Association.IpOwnerId != "amazon" {
		t.Errorf("interface = %+v", eni)
	}
	until(t, func() bool { return l.world.Snapshot().Instances[*mapped.InstanceId].State == world.Running })
	must(c.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{*mapped.InstanceId}}))(t)
	until(t, func() bool { return !l.world.Snapshot().Interfaces[*eni.NetworkInterfaceId].PublicIP.IsValid() })
}

func TestPrefixLists(t *testing.T) {
	l := newAPI(t, 1)
	c, ctx, s := l.ec2, l.ctx, aws.String
	own := must(c.DescribeManagedPrefixLists(ctx, &ec2.DescribeManagedPrefixListsInput{Filters: filter("prefix-list-name", "com.amazonaws.ap-northeast-2.s3")}))(t).PrefixLists
	if len(own) != 1 || *own[0].PrefixListId != "pl-78a54011" || *own[0].OwnerId != "AWS" || own[0].MaxEntries != nil || *own[0].PrefixListArn != "arn:aws:ec2:ap-northeast-2:aws:prefix-list/pl-78a54011" {
		t.Errorf("AWS's list: %+v", own)
	}
	if old := must(c.DescribePrefixLists(ctx, &ec2.DescribePrefixListsInput{}))(t).PrefixLists; len(old) != 2 || len(old[1].Cidrs) < 8 {
		t.Errorf("DescribePrefixLists: %+v", old)
	}
	made := must(c.CreateManagedPrefixList(ctx, &ec2.CreateManagedPrefixListInput{
		PrefixListName: s("office"), AddressFamily: s("IPv4"), MaxEntries: aws.Int32(2),
		Entries: []types.AddPrefixListEntry{{Cidr: s("192.0.2.0/24"), Description: s("seoul")}},
	}))(t).PrefixList
	if _, err := c.ModifyManagedPrefixList(ctx, &ec2.ModifyManagedPrefixListInput{PrefixListId: made.PrefixListId, CurrentVersion: aws.Int64(9), AddEntries: []types.AddPrefixListEntry{{Cidr: s("198.51.100.0/24")}}}); code(err) != "PrefixListVersionMismatch" {
		t.Error(err)
	}
	changed := must(c.ModifyManagedPrefixList(ctx, &ec2.ModifyManagedPrefixListInput{
		PrefixListId: made.PrefixListId, CurrentVersion: made.Version,
		AddEntries:    []types.AddPrefixListEntry{{Cidr: s("198.51.100.0/24")}},
		RemoveEntries: []types.RemovePrefixListEntry{{Cidr: s("192.0.2.0/24")}},
	}))(t).PrefixList
	entries := must(c.GetManagedPrefixListEntries(ctx, &ec2.GetManagedPrefixListEntriesInput{PrefixListId: made.PrefixListId}))(t).Entries
	if *changed.Version != 2 || len(entries) != 1 || *entries[0].Cidr != "198.51.100.0/24" {
		t.Errorf("version %d, entries %+v", *changed.Version, entries)
	}
	vpc := l.vpc("10.0.0.0/16")
	group := l.world.Snapshot().Vpcs[vpc].DefaultGroup
	must(c.AuthorizeSecurityGroupEgress(ctx, &ec2.AuthorizeSecurityGroupEgressInput{GroupId: &group, IpPermissions: []types.IpPermission{{
		IpProtocol: s("tcp"), FromPort: aws.Int32(443), ToPort: aws.Int32(443), PrefixListIds: []types.PrefixListId{{PrefixListId: made.PrefixListId}},
	}}}))(t)
	if _, err := c.DeleteManagedPrefixList(ctx, &ec2.DeleteManagedPrefixListInput{PrefixListId: made.PrefixListId}); code(err) != "DependencyViolation" {
		t.Error(err)
	}
	rules := must(c.DescribeSecurityGroupRules(ctx, &ec2.DescribeSecurityGroupRulesInput{Filters: filter("group-id", group)}))(t).SecurityGroupRules
	for _, r := range rules {
		if r.PrefixListId != nil {
			must(c.RevokeSecurityGroupEgress(ctx, &ec2.RevokeSecurityGroupEgressInput{GroupId: &group, SecurityGroupRuleIds: []string{*r.SecurityGroupRuleId}}))(t)
		}
	}
	must(c.DeleteManagedPrefixList(ctx, &ec2.DeleteManagedPrefixListInput{PrefixListId: made.PrefixListId}))(t)
}

// Reachability Analyzer finds what the packets find.
func TestInsights(t *testing.T) {
	l := newAPI(t, 5000)
	l.live()
	c, ctx, s := l.ec2, l.ctx, aws.String
	vpc := l.vpc("10.0.0.0/16")
	subnet := l.subnet(vpc, "10.0.2.0/24")
	id := *l.run(subnet, nil).InstanceId
	until(t, func() bool { return l.world.Snapshot().Instances[id].State == world.Running })
	path := must(c.CreateNetworkInsightsPath(ctx, &ec2.CreateNetworkInsightsPathInput{
		Source: &id, DestinationIp: s("52.219.56.25"), Protocol: "tcp", DestinationPort: aws.Int32(443), ClientToken: s("t"),
	}))(t).NetworkInsightsPath.NetworkInsightsPathId
	analyze := func() types.NetworkInsightsAnalysis {
		started := must(c.StartNetworkInsightsAnalysis(ctx, &ec2.StartNetworkInsightsAnalysisInput{NetworkInsightsPathId: path, ClientToken: s(newRequestID())}))(t)
		if started.NetworkInsightsAnalysis.Status != "running" {
			t.Errorf("an analysis that is %s as soon as it starts", started.NetworkInsightsAnalysis.Status)
		}
		var found types.NetworkInsightsAnalysis
		until(t, func() bool {
			found = must(c.DescribeNetworkInsightsAnalyses(ctx, &ec2.DescribeNetworkInsightsAnalysesInput{NetworkInsightsAnalysisIds: []string{*started.NetworkInsightsAnalysis.NetworkInsightsAnalysisId}}))(t).NetworkInsightsAnalyses[0]
			return found.Status == "succeeded"
		})
		return found
	}
	main := l.world.Snapshot().Vpcs[vpc].MainRouteTable
	before := analyze()
	if *before.NetworkPathFound || *before.Explanations[0].ExplanationCode != "NO_ROUTE_TO_DESTINATION" || *before.Explanations[0].RouteTable.Id != main {
		t.Errorf("before: %+v", before.Explanations)
	}
	ep := must(c.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{VpcId: &vpc, ServiceName: s("com.amazonaws.ap-northeast-2.s3"), RouteTableIds: []string{main}}))(t).VpcEndpoint.VpcEndpointId
	until(t, func() bool { return l.world.Snapshot().Endpoints[*ep].State == "available" })
	after := analyze()
	if !*after.NetworkPathFound || len(after.Explanations) != 0 {
		t.Errorf("after: %+v", after.Explanations)
	}
	if n := len(after.ForwardPathComponents); n != 6 || *after.ForwardPathComponents[0].Component.Id != id || *after.ForwardPathComponents[5].Component.Id != *ep {
		t.Errorf("the way: %+v", after.ForwardPathComponents)
	}
	group := l.world.Snapshot().Vpcs[vpc].DefaultGroup
	must(c.RevokeSecurityGroupEgress(ctx, &ec2.RevokeSecurityGroupEgressInput{GroupId: &group, IpPermissions: []types.IpPermission{{IpProtocol: s("-1"), IpRanges: []types.IpRange{{CidrIp: s("0.0.0.0/0")}}}}}))(t)
	if cut := analyze(); *cut.NetworkPathFound || *cut.Explanations[0].ExplanationCode != "ENI_SG_RULES_MISMATCH" || *cut.Explanations[0].SecurityGroup.Id != group {
		t.Errorf("without egress: %+v", cut.Explanations)
	}
	if _, err := c.DeleteNetworkInsightsPath(ctx, &ec2.DeleteNetworkInsightsPathInput{NetworkInsightsPathId: path}); err == nil {
		t.Error("a path with analyses was deleted")
	}
}

func TestCatalogue(t *testing.T) {
	l := newAPI(t, 1)
	c, ctx := l.ec2, l.ctx
	images := must(c.DescribeImages(ctx, &ec2.DescribeImagesInput{Owners: []string{"amazon"}, Filters: append(filter("architecture", "x86_64"), filter("name", "al2023-ami-2023.*")...)}))(t).Images
	if len(images) != 1 || *images[0].ImageId != l.image() || *images[0].RootDeviceName != "/dev/xvda" {
		t.Errorf("images = %+v", images)
	}
	zones := must(c.DescribeInstanceTypeOfferings(ctx, &ec2.DescribeInstanceTypeOfferingsInput{LocationType: "availability-zone", Filters: filter("instance-type", "t2.micro")}))(t).InstanceTypeOfferings
	if len(zones) != 2 || *zones[0].Location != "ap-northeast-2a" || *zones[1].Location != "ap-northeast-2c" {
		t.Errorf("t2.micro is offered in %+v", zones)
	}
	if types := must(c.DescribeInstanceTypes(ctx, &ec2.DescribeInstanceTypesInput{InstanceTypes: []types.InstanceType{"t3.micro"}}))(t).InstanceTypes; *types[0].MemoryInfo.SizeInMiB != 1024 {
		t.Errorf("types = %+v", types)
	}
	if az := must(c.DescribeAvailabilityZones(ctx, &ec2.DescribeAvailabilityZonesInput{}))(t).AvailabilityZones; len(az) != 4 || *az[3].ZoneId != "apne2-az4" {
		t.Errorf("zones = %+v", az)
	}
	if r := must(c.DescribeRegions(ctx, &ec2.DescribeRegionsInput{RegionNames: []string{"ap-northeast-2"}}))(t).Regions; len(r) != 1 {
		t.Errorf("regions = %+v", r)
	}
	// One name, once for each type.
	services := must(c.DescribeVpcEndpointServices(ctx, &ec2.DescribeVpcEndpointServicesInput{ServiceNames: []string{"com.amazonaws.ap-northeast-2.s3"}}))(t)
	if len(services.ServiceDetails) != 2 || len(services.ServiceNames) != 1 {
		t.Errorf("%d details, names %v", len(services.ServiceDetails), services.ServiceNames)
	}
}

// What a learner repairs on a machine that runs already.
func TestChanges(t *testing.T) {
	l := newAPI(t, 1)
	c, ctx, s := l.ec2, l.ctx, aws.String
	vpc := l.vpc("10.0.0.0/16")
	id := l.run(l.subnet(vpc, "10.0.1.0/24"), nil).InstanceId
	l.role("r")
	made := must(c.AssociateIamInstanceProfile(ctx, &ec2.AssociateIamInstanceProfileInput{InstanceId: id, IamInstanceProfile: &types.IamInstanceProfileSpecification{Name: s("r")}}))(t).IamInstanceProfileAssociation
	seen := must(c.DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{*id}}))(t).Reservations[0].Instances[0]
	if seen.IamInstanceProfile == nil || *seen.IamInstanceProfile.Arn != "arn:aws:iam::123456789012:instance-profile/r" {
		t.Errorf("profile = %+v", seen.IamInstanceProfile)
	}
	if _, err := c.AssociateIamInstanceProfile(ctx, &ec2.AssociateIamInstanceProfileInput{InstanceId: id, IamInstanceProfile: &types.IamInstanceProfileSpecification{Name: s("r")}}); code(err) != "IncorrectState" {
		t.Error(err)
	}
	must(c.DisassociateIamInstanceProfile(ctx, &ec2.DisassociateIamInstanceProfileInput{AssociationId: made.AssociationId}))(t)
	if _, err := c.DisassociateIamInstanceProfile(ctx, &ec2.DisassociateIamInstanceProfileInput{AssociationId: made.AssociationId}); code(err) != "InvalidAssociationID.NotFound" {
		t.Error(err)
	}

	options := must(c.ModifyInstanceMetadataOptions(ctx, &ec2.ModifyInstanceMetadataOptionsInput{InstanceId: id, HttpTokens: "optional", HttpPutResponseHopLimit: aws.Int32(1)}))(t).InstanceMetadataOptions
	if options.HttpTokens != "optional" || *options.HttpPutResponseHopLimit != 1 {
		t.Errorf("options = %+v", options)
	}

	group := *must(c.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{GroupName: s("g"), Description: s("d"), VpcId: &vpc}))(t).GroupId
	must(c.ModifyInstanceAttribute(ctx, &ec2.ModifyInstanceAttributeInput{InstanceId: id, Groups: []string{group}}))(t)
	if eni := l.world.Snapshot().Interfaces[*seen.NetworkInterfaces[0].NetworkInterfaceId]; len(eni.Groups) != 1 || eni.Groups[0] != group {
		t.Errorf("groups = %v", eni.Groups)
	}
	ssh := types.IpPermission{IpProtocol: s("tcp"), FromPort: aws.Int32(22), ToPort: aws.Int32(22), IpRanges: []types.IpRange{{CidrIp: s("192.0.2.1/32")}}}
	rule := must(c.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &group, IpPermissions: []types.IpPermission{ssh}}))(t).SecurityGroupRules[0].SecurityGroupRuleId
	ssh.IpRanges[0].Description = s("home")
	must(c.UpdateSecurityGroupRuleDescriptionsIngress(ctx, &ec2.UpdateSecurityGroupRuleDescriptionsIngressInput{GroupId: &group, IpPermissions: []types.IpPermission{ssh}}))(t)
	must(c.ModifySecurityGroupRules(ctx, &ec2.ModifySecurityGroupRulesInput{GroupId: &group, SecurityGroupRules: []types.SecurityGroupRuleUpdate{{
		SecurityGroupRuleId: rule, SecurityGroupRule: &types.SecurityGroupRuleRequest{IpProtocol: s("tcp"), FromPort: aws.Int32(22), ToPort: aws.Int32(22), CidrIpv4: s("192.0.2.2/32"), Description: s("office")},
	}}}))(t)
	got := must(c.DescribeSecurityGroupRules(ctx, &ec2.DescribeSecurityGroupRulesInput{SecurityGroupRuleIds: []string{*rule}}))(t).SecurityGroupRules[0]
	if *got.CidrIpv4 != "192.0.2.2/32" || *got.Description != "office" {
		t.Errorf("rule = %+v", got)
	}
}

// Routes by hand, from what is wrong to what is right.
func TestRouteChanges(t *testing.T) {
	l := newAPI(t, 1)
	c, ctx, s := l.ec2, l.ctx, aws.String
	vpc := l.vpc("10.0.0.0/16")
	subnet := l.subnet(vpc, "10.0.1.0/24")
	igw := l.gateway(vpc)
	table, other := l.table(vpc), l.table(vpc)
	a := must(c.AssociateRouteTable(ctx, &ec2.AssociateRouteTableInput{RouteTableId: &table, SubnetId: &subnet}))(t).AssociationId
	if again := must(c.AssociateRouteTable(ctx, &ec2.AssociateRouteTableInput{RouteTableId: &table, SubnetId: &subnet}))(t).AssociationId; *again != *a {
		t.Errorf("associated twice: %s and %s", *a, *again)
	}
	if _, err := c.AssociateRouteTable(ctx, &ec2.AssociateRouteTableInput{RouteTableId: &other, SubnetId: &subnet}); code(err) != "Resource.AlreadyAssociated" {
		t.Error(err)
	}
	moved := must(c.ReplaceRouteTableAssociation(ctx, &ec2.ReplaceRouteTableAssociationInput{AssociationId: a, RouteTableId: &other}))(t).NewAssociationId
	if got := l.world.Snapshot().TableOf(subnet).ID; got != other || *moved == *a {
		t.Errorf("the subnet is on %s", got)
	}
	everything := s("0.0.0.0/0")
	if _, err := c.ReplaceRoute(ctx, &ec2.ReplaceRouteInput{RouteTableId: &other, DestinationCidrBlock: everything, GatewayId: &igw}); code(err) != "InvalidParameterValue" {
		t.Error(err)
	}
	must(c.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: &other, DestinationCidrBlock: everything, GatewayId: &igw}))(t)
	must(c.DetachInternetGateway(ctx, &ec2.DetachInternetGatewayInput{InternetGatewayId: &igw, VpcId: &vpc}))(t)
	state := func() types.RouteState {
		return must(c.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{RouteTableIds: []string{other}}))(t).RouteTables[0].Routes[1].State
	}
	if state() != "blackhole" {
		t.Errorf("the route to a detached gateway is %s", state())
	}
	must(c.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{InternetGatewayId: &igw, VpcId: &vpc}))(t)
	if state() != "active" {
		t.Errorf("and to one that is attached again %s", state())
	}
	eni := l.run(subnet, nil).NetworkInterfaces[0].NetworkInterfaceId
	must(c.ReplaceRoute(ctx, &ec2.ReplaceRouteInput{RouteTableId: &other, DestinationCidrBlock: everything, NetworkInterfaceId: eni}))(t)
	must(c.DeleteRoute(ctx, &ec2.DeleteRouteInput{RouteTableId: &other, DestinationCidrBlock: everything}))(t)

	// The main table can be another one, and the endpoint follows its tables.
	main := l.world.Snapshot().RouteTables[l.world.Snapshot().Vpcs[vpc].MainRouteTable]
	must(c.ReplaceRouteTableAssociation(ctx, &ec2.ReplaceRouteTableAssociationInput{AssociationId: &main.Associations[0].ID, RouteTableId: &table}))(t)
	if got := l.world.Snapshot().Vpcs[vpc].MainRouteTable; got != table {
		t.Errorf("the main table is %s", got)
	}
	ep := must(c.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{VpcId: &vpc, ServiceName: s("com.amazonaws.ap-northeast-2.s3"), RouteTableIds: []string{table}}))(t).VpcEndpoint.VpcEndpointId
	const narrow = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*"}]}`
	must(c.ModifyVpcEndpoint(ctx, &ec2.ModifyVpcEndpointInput{VpcEndpointId: ep, AddRouteTableIds: []string{other}, RemoveRouteTableIds: []string{table}, PolicyDocument: s(narrow)}))(t)
	st := l.world.Snapshot()
	if len(st.RouteTables[table].Routes) != 1 || len(st.RouteTables[other].Routes) != 2 || st.Endpoints[*ep].Policy != narrow {
		t.Errorf("tables %+v and %+v, policy %s", st.RouteTables[table].Routes, st.RouteTables[other].Routes, st.Endpoints[*ep].Policy)
	}
	must(c.ModifyVpcEndpoint(ctx, &ec2.ModifyVpcEndpointInput{VpcEndpointId: ep, ResetPolicy: aws.Bool(true)}))(t)
	if got := l.world.Snapshot().Endpoints[*ep].Policy; got != world.DefaultEndpointPolicy {
		t.Errorf("after the reset: %s", got)
	}
}

// Every action that reads is asked in an account that has something of
// everything; the answers are held against AWS's models.
func TestEveryRead(t *testing.T) {
	l := newAPI(t, 5000)
	l.live()
	c, ctx, s := l.ec2, l.ctx, aws.String
	vpc := l.vpc("10.0.0.0/16")
	subnet := l.subnet(vpc, "10.0.1.0/24")
	igw := l.gateway(vpc)
	main := l.world.Snapshot().Vpcs[vpc].MainRouteTable
	must(c.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: &main, DestinationCidrBlock: s("0.0.0.0/0"), GatewayId: &igw}))(t)
	l.role("r")
	must(c.ImportKeyPair(ctx, &ec2.ImportKeyPairInput{KeyName: s("k"), PublicKeyMaterial: []byte(rsaLine)}))(t)
	id := *l.run(subnet, func(in *ec2.RunInstancesInput) {
		in.KeyName, in.IamInstanceProfile = s("k"), &types.IamInstanceProfileSpecification{Name: s("r")}
		in.TagSpecifications = tagged("instance", "a", "b")
	}).InstanceId
	eip := must(c.AllocateAddress(ctx, &ec2.AllocateAddressInput{}))(t)
	must(c.CreateNatGateway(ctx, &ec2.CreateNatGatewayInput{SubnetId: &subnet, AllocationId: eip.AllocationId}))(t)
	must(c.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{VpcId: &vpc, ServiceName: s("com.amazonaws.ap-northeast-2.dynamodb"), RouteTableIds: []string{main}}))(t)
	list := *must(c.CreateManagedPrefixList(ctx, &ec2.CreateManagedPrefixListInput{PrefixListName: s("x"), AddressFamily: s("IPv4"), MaxEntries: aws.Int32(3), Entries: []types.AddPrefixListEntry{{Cidr: s("192.0.2.0/24")}}}))(t).PrefixList.PrefixListId
	until(t, func() bool { return l.world.Snapshot().Instances[id].State == world.Running })
	if err := l.world.SetConsole(id, []byte("booted")); err != nil {
		t.Fatal(err)
	}
	needs := map[string]string{
		"GetManagedPrefixListAssociations": "&PrefixListId=" + list, "GetSecurityGroupsForVpc": "&VpcId=" + vpc,
		"DescribeNetworkInterfaceAttribute": "&Attribute=attachment&NetworkInterfaceId=" + l.world.Snapshot().Instances[id].InterfaceID,
		"GetConsoleOutput":                  "&InstanceId=" + id,
		"DescribeInstanceAttribute":         "&Attribute=userData&InstanceId=" + id,
		"DescribeVpcAttribute":              "&Attribute=enableDnsSupport&VpcId=" + vpc,
		"GetManagedPrefixListEntries":       "&PrefixListId=" + list,
	}
	for action, op := range ec2Ops {
		if op.write {
			continue
		}
		if status, body := l.send("ec2", formType, "", "Version=2016-11-15&Action="+action+needs[action]); status != 200 {
			t.Errorf("%s: %s", action, body)
		}
	}
	for action, op := range iamOps {
		if op.write || op.on == "user" || op.on == "policy" || op.on == "source" || action == "SimulateCustomPolicy" || action == "GetContextKeysForCustomPolicy" {
			continue
		}
		query := map[string]string{"role": "&RoleName=r", "instance-profile": "&InstanceProfileName=r"}[op.on]
		if action == "GetRolePolicy" {
			query += "&PolicyName=s3"
		}
		if status, body := l.send("iam", formType, "", "Version=2010-05-08&Action="+action+query); status != 200 {
			t.Errorf("%s: %s", action, body)
		}
	}
	console := must(c.GetConsoleOutput(ctx, &ec2.GetConsoleOutputInput{InstanceId: &id, Latest: aws.Bool(true)}))(t)
	if *console.Output != "Ym9vdGVk" {
		t.Errorf("console = %q", *console.Output)
	}
	status := must(c.DescribeInstanceStatus(ctx, &ec2.DescribeInstanceStatusInput{InstanceIds: []string{id}}))(t).InstanceStatuses
	if len(status) != 1 || status[0].InstanceState.Name != "running" {
		t.Errorf("status = %+v", status)
	}
}

const (
	edFingerprint  = "f0eEGZ2R7MggPOQRMb7seaqWkt1sakrunOCzPi7/V/c="
	rsaLine        = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQCsLzH/lqoun0jsk8wMzoQZckH0KL4nRt58voegnGrNZBK5BYOA3mYjWOpmNu7CCvJhNzwz8zsZJSb92kUCKK+F9acwJ4kHYBXMKpWi36KYW0ZdZV1fyCsaK23TdrSuGtpbw0ZJy9AuIyIDt++P/y9RXsnHht6V2D8jFA4e8/r+/Xax7oPx67QbQd/vLpRgIixbETaeHmEiNNO+HJXC0br9T6aWBosVYCvmlrtG8L/5I0UhzuUgJL7jIJZsKybVZ4mZzFbgxE2FqQ8dufCVaHmZnvsH6hcqfZ+CAaqVRznX5KU6xucjs6SpHyyGJpHZCQVWTcg3MLV/YbeboAY6vzS1 me"
	rsaFingerprint = "7d:c9:8f:39:6a:d8:c4:c9:d6:54:0c:9c:b4:90:02:29"
)
