package awsapi

import (
	"encoding/base64"
	"net/netip"
	"os"
	"testing"

	"gatewalk/lab/world"
)

// wrongAccount has something of everything, known by short names: the
// questions below are full of ${vpc} and the like.
func wrongAccount(t *testing.T) (*apiLab, func(string) string) {
	l := newAPI(t, 1)
	ids := map[string]string{"image": l.image(), "edkey": base64.StdEncoding.EncodeToString([]byte(edLine))}
	err := l.world.Update(func(tx *world.Tx) error {
		vpc := must(tx.CreateVpc("10.0.0.0/16", nil))(t)
		sub := must(tx.CreateSubnet(vpc.ID, "10.0.1.0/24", "ap-northeast-2a", nil))(t)
		igw := must(tx.CreateInternetGateway(nil))(t)
		table := must(tx.CreateRouteTable(vpc.ID, nil))(t)
		group := must(tx.CreateSecurityGroup(vpc.ID, "g", "d", nil))(t)
		acl := must(tx.CreateNetworkAcl(vpc.ID, nil))(t)
		must(tx.CreateRole(world.Role{Name: "r", Trust: trustEC2}))(t)
		must(tx.CreateInstanceProfile(world.InstanceProfile{Name: "r"}))(t)
		entry := world.AclEntry{Number: 100, Protocol: "6", Allow: true, Cidr: sub.Cidr}
		for _, err := range []error{
			tx.AddRoleToInstanceProfile("r", "r"), tx.AttachInternetGateway(igw.ID, vpc.ID), tx.PutNetworkAclEntry(acl.ID, entry, false),
			tx.CreateRoute(table.ID, world.RouteSpec{Cidr: "0.0.0.0/0", Target: igw.ID}),
		} {
			if err != nil {
				return err
			}
		}
		run := func(state, profile string) *world.Instance {
			i := must(tx.RunInstances(world.Launch{ImageID: l.image(), Type: "t3.micro", SubnetID: sub.ID, ProfileName: profile}))(t)[0]
			i.State = state
			return i
		}
		i := run(world.Running, "r")
		gated, gate := must(tx.CreateVpc("10.8.0.0/16", nil))(t), must(tx.CreateInternetGateway(nil))(t)
		if err := tx.AttachInternetGateway(gate.ID, gated.ID); err != nil {
			return err
		}
		used := must(tx.AllocateAddress(nil))(t)
		gw := must(tx.CreateVpcEndpoint(world.EndpointSpec{VpcID: vpc.ID, Service: serviceS3, Type: "Gateway"}))(t)
		gw.State = "available"
		path := must(tx.CreateInsightsPath(world.InsightsPath{Source: i.ID, Destination: gw.ID, Protocol: "tcp"}))(t)
		for name, id := range map[string]string{
			"vpc": vpc.ID, "subnet": sub.ID, "igw": igw.ID, "rtb": table.ID, "sg": group.ID, "acl": acl.ID, "i": i.ID, "eni": i.InterfaceID, "vol": i.VolumeID,
			"vpce": gw.ID, "nip": path.ID, "main": vpc.MainRouteTable, "iip": i.ProfileAssociation,
			"gateigw":  gate.ID,
			"attach":   tx.Interfaces.Get(i.InterfaceID).AttachmentID,
			"loneeni":  must(tx.CreateInterface(sub.ID, "", "", nil, nil))(t).ID,
			"gatevpc":  gated.ID,
			"free":     must(tx.CreateSubnet(vpc.ID, "10.0.2.0/24", "ap-northeast-2c", nil))(t).ID,
			"lonevpc":  must(tx.CreateVpc("10.9.0.0/16", nil))(t).ID,
			"loneigw":  must(tx.CreateInternetGateway(nil))(t).ID,
			"idle":     must(tx.CreateRouteTable(vpc.ID, nil))(t).ID,
			"lonenip":  must(tx.CreateInsightsPath(world.InsightsPath{Source: i.ID, Destination: gw.ID, Protocol: "tcp"}))(t).ID,
			"nia":      must(tx.Analyze(path.ID, nil))(t).ID,
			"assoc":    must(tx.AssociateRouteTable(table.ID, sub.ID))(t).ID,
			"rule":     must(tx.AuthorizeSecurityGroup(group.ID, []world.GroupRule{{Protocol: "tcp", From: 22, To: 22, Cidr: sub.Cidr}}))(t)[0].ID,
			"aclassoc": tx.NetworkAcls.Get(vpc.DefaultAcl).AssociationIDs[sub.ID],
			"key":      must(tx.ImportKeyPair("k", edLine, "", nil))(t).ID,
			"bare":     run(world.Running, "").ID,
			"stopped":  run(world.Stopped, "").ID,
			"eip":      must(tx.AllocateAddress(nil))(t).AllocationID,
			"eipassoc": must(tx.AssociateAddress(used.AllocationID, i.InterfaceID, false))(t).AssociationID,
			"nat":      must(tx.CreateNatGateway(sub.ID, must(tx.AllocateAddress(nil))(t).AllocationID, nil))(t).ID,
			"pl":       must(tx.CreatePrefixList("l", 5, []world.PrefixEntry{{Cidr: netip.MustParsePrefix("192.0.2.0/24")}}, nil))(t).ID,
		} {
			ids[name] = id
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return l, func(s string) string {
		return os.Expand(s, func(name string) string {
			if ids[name] == "" {
				t.Fatalf("nothing is called %s", name)
			}
			return ids[name]
		})
	}
}

// rightQuestions are a good request for every action of EC2. A value that is
// an enumeration begins with "!", a number with "#" and a boolean with "?".
var rightQuestions = map[string]string{
	"CreateVpc":            "CidrBlock=10.3.0.0/16 InstanceTenancy=!default",
	"DescribeVpcs":         "VpcId.1=${vpc} Filter.1.Name=*vpc-id Filter.1.Value.1=x",
	"DescribeVpcAttribute": "VpcId=${vpc} Attribute=!enableDnsSupport",
	"ModifyVpcAttribute":   "VpcId=${vpc} EnableDnsSupport.Value=?true",
	"DeleteVpc":            "VpcId=${lonevpc}",

	"CreateSubnet":          "VpcId=${vpc} CidrBlock=10.0.9.0/24 AvailabilityZone=!ap-northeast-2a",
	"DescribeSubnets":       "SubnetId.1=${subnet} Filter.1.Name=*vpc-id Filter.1.Value.1=x",
	"ModifySubnetAttribute": "SubnetId=${subnet} MapPublicIpOnLaunch.Value=?true",
	"DeleteSubnet":          "SubnetId=${free}",

	"CreateInternetGateway":    "",
	"AttachInternetGateway":    "InternetGatewayId=${loneigw} VpcId=${lonevpc}",
	"DetachInternetGateway":    "InternetGatewayId=${gateigw} VpcId=${gatevpc}",
	"DescribeInternetGateways": "InternetGatewayId.1=${igw} Filter.1.Name=*attachment.vpc-id Filter.1.Value.1=x",
	"DeleteInternetGateway":    "InternetGatewayId=${loneigw}",

	"CreateRouteTable":             "VpcId=${vpc}",
	"DescribeRouteTables":          "RouteTableId.1=${rtb} Filter.1.Name=*vpc-id Filter.1.Value.1=x",
	"DeleteRouteTable":             "RouteTableId=${idle}",
	"AssociateRouteTable":          "RouteTableId=${rtb} SubnetId=${free}",
	"DisassociateRouteTable":       "AssociationId=${assoc}",
	"ReplaceRouteTableAssociation": "AssociationId=${assoc} RouteTableId=${idle}",
	"CreateRoute":                  "RouteTableId=${idle} DestinationCidrBlock=0.0.0.0/0 GatewayId=${igw}",
	"ReplaceRoute":                 "RouteTableId=${rtb} DestinationCidrBlock=0.0.0.0/0 NatGatewayId=${nat}",
	"DeleteRoute":                  "RouteTableId=${rtb} DestinationCidrBlock=0.0.0.0/0",

	"CreateSecurityGroup":                        "GroupName=new GroupDescription=d VpcId=${vpc}",
	"DescribeSecurityGroups":                     "GroupId.1=${sg} Filter.1.Name=*vpc-id Filter.1.Value.1=x",
	"GetSecurityGroupsForVpc":                    "VpcId=${vpc} Filter.1.Name=*group-name Filter.1.Value.1=x",
	"DescribeSecurityGroupRules":                 "SecurityGroupRuleId.1=${rule} Filter.1.Name=*group-id Filter.1.Value.1=x",
	"AuthorizeSecurityGroupIngress":              "GroupId=${sg} IpPermissions.1.IpProtocol=!tcp IpPermissions.1.FromPort=#80 IpPermissions.1.ToPort=#80 IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0/8",
	"AuthorizeSecurityGroupEgress":               "GroupId=${sg} IpPermissions.1.IpProtocol=!udp IpPermissions.1.FromPort=#53 IpPermissions.1.ToPort=#53 IpPermissions.1.PrefixListIds.1.PrefixListId=${pl}",
	"RevokeSecurityGroupIngress":                 "GroupId=${sg} SecurityGroupRuleId.1=${rule}",
	"RevokeSecurityGroupEgress":                  "GroupId=${sg} IpPermissions.1.IpProtocol=-1 IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0",
	"UpdateSecurityGroupRuleDescriptionsIngress": "GroupId=${sg} SecurityGroupRuleDescription.1.SecurityGroupRuleId=${rule} SecurityGroupRuleDescription.1.Description=x",
	"UpdateSecurityGroupRuleDescriptionsEgress":  "GroupId=${sg} IpPermissions.1.IpProtocol=-1 IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0",
	"ModifySecurityGroupRules":                   "GroupId=${sg} SecurityGroupRule.1.SecurityGroupRuleId=${rule} SecurityGroupRule.1.SecurityGroupRule.IpProtocol=!tcp SecurityGroupRule.1.SecurityGroupRule.FromPort=#1 SecurityGroupRule.1.SecurityGroupRule.ToPort=#2 SecurityGroupRule.1.SecurityGroupRule.CidrIpv4=10.0.0.0/8",
	"DeleteSecurityGroup":                        "GroupId=${sg}",

	"CreateNetworkAcl":             "VpcId=${vpc}",
	"DescribeNetworkAcls":          "NetworkAclId.1=${acl} Filter.1.Name=*vpc-id Filter.1.Value.1=x",
	"CreateNetworkAclEntry":        "NetworkAclId=${acl} RuleNumber=#200 Egress=?true Protocol=-1 RuleAction=!allow CidrBlock=0.0.0.0/0",
	"ReplaceNetworkAclEntry":       "NetworkAclId=${acl} RuleNumber=#100 Egress=?false Protocol=-1 RuleAction=!deny CidrBlock=0.0.0.0/0",
	"DeleteNetworkAclEntry":        "NetworkAclId=${acl} RuleNumber=#100 Egress=?false",
	"ReplaceNetworkAclAssociation": "AssociationId=${aclassoc} NetworkAclId=${acl}",
	"DeleteNetworkAcl":             "NetworkAclId=${acl}",

	"ImportKeyPair":    "KeyName=new PublicKeyMaterial=${edkey}",
	"CreateKeyPair":    "KeyName=new KeyType=!ed25519 KeyFormat=!pem",
	"DescribeKeyPairs": "KeyPairId.1=${key} Filter.1.Name=*key-name Filter.1.Value.1=x",
	"DeleteKeyPair":    "KeyName=k",

	"RunInstances":                           "ImageId=${image} InstanceType=!t3.micro MinCount=#1 MaxCount=#1 SubnetId=${subnet} SecurityGroupId.1=${sg} DisableApiStop=?false MetadataOptions.HttpTokens=!required InstanceInitiatedShutdownBehavior=!stop",
	"DescribeInstances":                      "InstanceId.1=${i} Filter.1.Name=*vpc-id Filter.1.Value.1=x",
	"DescribeInstanceStatus":                 "InstanceId.1=${i} IncludeAllInstances=?true Filter.1.Name=*instance-state-name Filter.1.Value.1=x",
	"TerminateInstances":                     "InstanceId.1=${i}",
	"StopInstances":                          "InstanceId.1=${i} Hibernate=?false",
	"StartInstances":                         "InstanceId.1=${stopped}",
	"RebootInstances":                        "InstanceId.1=${i}",
	"MonitorInstances":                       "InstanceId.1=${i}",
	"UnmonitorInstances":                     "InstanceId.1=${i}",
	"GetConsoleOutput":                       "InstanceId=${i}",
	"DescribeInstanceAttribute":              "InstanceId=${i} Attribute=!userData",
	"DescribeInstanceCreditSpecifications":   "InstanceId.1=${i} Filter.1.Name=*instance-id Filter.1.Value.1=x",
	"ModifyInstanceAttribute":                "InstanceId=${i} DisableApiStop.Value=?true",
	"ModifyInstanceMetadataOptions":          "InstanceId=${i} HttpTokens=!optional HttpPutResponseHopLimit=#3",
	"AssociateIamInstanceProfile":            "InstanceId=${bare} IamInstanceProfile.Name=r",
	"ReplaceIamInstanceProfileAssociation":   "AssociationId=${iip} IamInstanceProfile.Name=r",
	"DisassociateIamInstanceProfile":         "AssociationId=${iip}",
	"DescribeIamInstanceProfileAssociations": "AssociationId.1=${iip} Filter.1.Name=*instance-id Filter.1.Value.1=x",

	"DescribeImages":                "ImageId.1=${image} Filter.1.Name=*name Filter.1.Value.1=x",
	"DescribeInstanceTypes":         "InstanceType.1=!t3.micro Filter.1.Name=*instance-type Filter.1.Value.1=x",
	"DescribeInstanceTypeOfferings": "LocationType=!region Filter.1.Name=*instance-type Filter.1.Value.1=x",
	"DescribeAvailabilityZones":     "ZoneName.1=!ap-northeast-2a Filter.1.Name=*state Filter.1.Value.1=x",
	"DescribeRegions":               "RegionName.1=!us-east-1 Filter.1.Name=*region-name Filter.1.Value.1=x",
	"DescribeAccountAttributes":     "AttributeName.1=!default-vpc",

	"DeleteVolume":                      "VolumeId=${vol}",
	"DescribeVolumes":                   "VolumeId.1=${vol} Filter.1.Name=*size Filter.1.Value.1=x",
	"CreateNetworkInterface":            "SubnetId=${subnet} SecurityGroupId.1=${sg} InterfaceType=!interface ClientToken=t",
	"DeleteNetworkInterface":            "NetworkInterfaceId=${loneeni}",
	"DetachNetworkInterface":            "AttachmentId=${attach} Force=?false",
	"DescribeNetworkInterfaceAttribute": "NetworkInterfaceId=${eni} Attribute=!groupSet",
	"DescribeNetworkInterfaces":         "NetworkInterfaceId.1=${eni} Filter.1.Name=*vpc-id Filter.1.Value.1=x",
	"ModifyNetworkInterfaceAttribute":   "NetworkInterfaceId=${eni} SecurityGroupId.1=${sg}",

	"DescribeVpcEndpointServices": "ServiceName.1=com.amazonaws.ap-northeast-2.s3 Filter.1.Name=*service-type Filter.1.Value.1=x",
	"CreateVpcEndpoint":           "VpcId=${vpc} ServiceName=com.amazonaws.ap-northeast-2.ec2 VpcEndpointType=!Interface SubnetId.1=${subnet} SecurityGroupId.1=${sg} PrivateDnsEnabled=?false",
	"DescribeVpcEndpoints":        "VpcEndpointId.1=${vpce} Filter.1.Name=*vpc-id Filter.1.Value.1=x",
	"ModifyVpcEndpoint":           "VpcEndpointId=${vpce} AddRouteTableId.1=${rtb} ResetPolicy=?true",
	"DeleteVpcEndpoints":          "VpcEndpointId.1=${vpce}",

	"DescribePrefixLists":              "PrefixListId.1=pl-78a54011 Filter.1.Name=*prefix-list-name Filter.1.Value.1=x",
	"DescribeManagedPrefixLists":       "PrefixListId.1=${pl} Filter.1.Name=*owner-id Filter.1.Value.1=x",
	"GetManagedPrefixListAssociations": "PrefixListId=${pl}",
	"GetManagedPrefixListEntries":      "PrefixListId=${pl}",
	"CreateManagedPrefixList":          "PrefixListName=new AddressFamily=!IPv4 MaxEntries=#3 Entry.1.Cidr=192.0.2.0/24",
	"ModifyManagedPrefixList":          "PrefixListId=${pl} CurrentVersion=#1 AddEntry.1.Cidr=198.51.100.0/24",
	"DeleteManagedPrefixList":          "PrefixListId=${pl}",

	"AllocateAddress":            "Domain=!vpc",
	"DescribeAddresses":          "AllocationId.1=${eip} Filter.1.Name=*public-ip Filter.1.Value.1=x",
	"DescribeAddressesAttribute": "AllocationId.1=${eip}",
	"AssociateAddress":           "AllocationId=${eip} InstanceId=${bare}",
	"DisassociateAddress":        "AssociationId=${eipassoc}",
	"ReleaseAddress":             "AllocationId=${eip}",

	"CreateNatGateway":    "SubnetId=${subnet} AllocationId=${eip} ConnectivityType=!public",
	"DescribeNatGateways": "NatGatewayId.1=${nat} Filter.1.Name=*vpc-id Filter.1.Value.1=x",
	"DeleteNatGateway":    "NatGatewayId=${nat}",

	"CreateTags":   "ResourceId.1=${vpc} Tag.1.Key=a Tag.1.Value=b",
	"DeleteTags":   "ResourceId.1=${vpc} Tag.1.Key=a",
	"DescribeTags": "Filter.1.Name=*resource-id Filter.1.Value.1=x",

	"CreateNetworkInsightsPath":       "Source=${i} Destination=${vpce} Protocol=!tcp DestinationPort=#443 ClientToken=t",
	"DescribeNetworkInsightsPaths":    "NetworkInsightsPathId.1=${nip} Filter.1.Name=*source Filter.1.Value.1=x",
	"DeleteNetworkInsightsPath":       "NetworkInsightsPathId=${lonenip}",
	"StartNetworkInsightsAnalysis":    "NetworkInsightsPathId=${nip} ClientToken=t",
	"DescribeNetworkInsightsAnalyses": "NetworkInsightsAnalysisId.1=${nia} Filter.1.Name=*status Filter.1.Value.1=x",
	"DeleteNetworkInsightsAnalysis":   "NetworkInsightsAnalysisId=${nia}",
}
