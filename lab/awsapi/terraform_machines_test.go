package awsapi

import (
	"encoding/base64"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// applyGroup makes a security group with its rules in it: AWS's own rules go
// first, also that for IPv6, which a group without IPv6 does not have.
func (tf *terraform) applyGroup(vpc, name string, ingress types.IpPermission) string {
	c, ctx, s := tf.ec2, tf.ctx, aws.String
	id := *ok[*ec2.CreateSecurityGroupOutput](tf)(c.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
		GroupName: &name, Description: s("Managed by Terraform"), VpcId: &vpc, TagSpecifications: tf.tags("security-group", name),
	})).GroupId
	group := func() types.SecurityGroup {
		return ok[*ec2.DescribeSecurityGroupsOutput](tf)(c.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: []string{id}})).SecurityGroups[0]
	}
	group()
	all := types.IpPermission{FromPort: aws.Int32(0), ToPort: aws.Int32(0), IpProtocol: s("-1"), IpRanges: []types.IpRange{{CidrIp: s("0.0.0.0/0")}}}
	ok[*ec2.RevokeSecurityGroupEgressOutput](tf)(c.RevokeSecurityGroupEgress(ctx, &ec2.RevokeSecurityGroupEgressInput{GroupId: &id, IpPermissions: []types.IpPermission{all}}))
	all6 := types.IpPermission{FromPort: aws.Int32(0), ToPort: aws.Int32(0), IpProtocol: s("-1"), Ipv6Ranges: []types.Ipv6Range{{CidrIpv6: s("::/0")}}}
	_, err := c.RevokeSecurityGroupEgress(ctx, &ec2.RevokeSecurityGroupEgressInput{GroupId: &id, IpPermissions: []types.IpPermission{all6}})
	if !tolerated(err, "InvalidPermission.NotFound", "") && !tolerated(err, "InvalidParameterValue", "remote-ipv6-range") {
		tf.t.Fatalf("revoking what is not there: %v", err)
	}
	if left := group(); len(left.IpPermissions)+len(left.IpPermissionsEgress) != 0 {
		tf.t.Errorf("rules are left: %+v", left)
	}
	ok[*ec2.AuthorizeSecurityGroupIngressOutput](tf)(c.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &id, IpPermissions: []types.IpPermission{ingress}}))
	ok[*ec2.AuthorizeSecurityGroupEgressOutput](tf)(c.AuthorizeSecurityGroupEgress(ctx, &ec2.AuthorizeSecurityGroupEgressInput{GroupId: &id, IpPermissions: []types.IpPermission{all}}))
	tf.apply(tfResource{"aws_security_group " + name, func() any {
		g := group()
		for _, p := range append(g.IpPermissions, g.IpPermissionsEgress...) {
			for _, pair := range p.UserIdGroupPairs {
				if pair.GroupName != nil {
					tf.t.Errorf("a rule names %s by its name, which the provider takes for its id", *pair.GroupName)
				}
			}
		}
		return g
	}, func() {
		tf.lingering("group-id", id)
		ok[*ec2.DeleteSecurityGroupOutput](tf)(c.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &id}))
		tf.gone("the group", func() error {
			_, err := c.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: []string{id}})
			return err
		}, "InvalidGroup.NotFound")
	}})
	return id
}

// applyRule is a rule as a resource of its own.
func (tf *terraform) applyRule(group string) {
	c, ctx, s := tf.ec2, tf.ctx, aws.String
	id := *ok[*ec2.AuthorizeSecurityGroupIngressOutput](tf)(c.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId:           &group,
		IpPermissions:     []types.IpPermission{{IpProtocol: s("icmp"), FromPort: aws.Int32(-1), ToPort: aws.Int32(-1), IpRanges: []types.IpRange{{CidrIp: s("10.0.0.0/16")}}}},
		TagSpecifications: tf.tags("security-group-rule", "ping"),
	})).SecurityGroupRules[0].SecurityGroupRuleId
	tf.apply(tfResource{"aws_vpc_security_group_ingress_rule", func() any {
		return ok[*ec2.DescribeSecurityGroupRulesOutput](tf)(c.DescribeSecurityGroupRules(ctx, &ec2.DescribeSecurityGroupRulesInput{SecurityGroupRuleIds: []string{id}})).SecurityGroupRules[0]
	}, func() {
		ok[*ec2.RevokeSecurityGroupIngressOutput](tf)(c.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: &group, SecurityGroupRuleIds: []string{id}}))
		tf.gone("the rule", func() error {
			_, err := c.DescribeSecurityGroupRules(ctx, &ec2.DescribeSecurityGroupRulesInput{SecurityGroupRuleIds: []string{id}})
			return err
		}, "InvalidSecurityGroupRuleId.NotFound")
	}})
}

// applyAccess is the key pair, the role with its policy, and the profile.
func (tf *terraform) applyAccess() {
	c, i, ctx, s := tf.ec2, tf.iam, tf.ctx, aws.String

	// aws_key_pair
	key := *ok[*ec2.ImportKeyPairOutput](tf)(c.ImportKeyPair(ctx, &ec2.ImportKeyPairInput{KeyName: s("tf"), PublicKeyMaterial: []byte(rsaLine), TagSpecifications: tf.tags("key-pair", "tf")})).KeyName
	tf.apply(tfResource{"aws_key_pair", func() any {
		return ok[*ec2.DescribeKeyPairsOutput](tf)(c.DescribeKeyPairs(ctx, &ec2.DescribeKeyPairsInput{KeyNames: []string{key}})).KeyPairs[0]
	}, func() {
		ok[*ec2.DeleteKeyPairOutput](tf)(c.DeleteKeyPair(ctx, &ec2.DeleteKeyPairInput{KeyName: &key}))
		tf.gone("the key pair", func() error {
			_, err := c.DescribeKeyPairs(ctx, &ec2.DescribeKeyPairsInput{KeyNames: []string{key}})
			return err
		}, "InvalidKeyPair.NotFound")
	}})

	// aws_iam_role
	role := *ok[*iam.CreateRoleOutput](tf)(i.CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: s("tf-reader"), Path: s("/"), AssumeRolePolicyDocument: s(trustEC2), MaxSessionDuration: aws.Int32(7200), Tags: []iamtypes.Tag{{Key: s("course"), Value: s("gatewalk")}},
	})).Role.RoleName
	tf.apply(tfResource{"aws_iam_role", func() any {
		got := ok[*iam.GetRoleOutput](tf)(i.GetRole(ctx, &iam.GetRoleInput{RoleName: &role})).Role
		if aws.ToInt32(got.MaxSessionDuration) != 7200 {
			tf.t.Errorf("sessions of %v seconds, want the 7200 that were asked for", got.MaxSessionDuration)
		}
		out := []any{got, ok[*iam.ListAttachedRolePoliciesOutput](tf)(i.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: &role})).AttachedPolicies}
		for _, name := range ok[*iam.ListRolePoliciesOutput](tf)(i.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: &role})).PolicyNames {
			out = append(out, *ok[*iam.GetRolePolicyOutput](tf)(i.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: &role, PolicyName: &name})).PolicyDocument)
		}
		return out
	}, func() {
		for _, p := range ok[*iam.ListInstanceProfilesForRoleOutput](tf)(i.ListInstanceProfilesForRole(ctx, &iam.ListInstanceProfilesForRoleInput{RoleName: &role})).InstanceProfiles {
			tf.t.Errorf("the role is still in %s", *p.InstanceProfileName)
		}
		ok[*iam.DeleteRoleOutput](tf)(i.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: &role}))
		tf.gone("the role", func() error {
			_, err := i.GetRole(ctx, &iam.GetRoleInput{RoleName: &role})
			return err
		}, "NoSuchEntity")
	}})

	// aws_iam_role_policy
	policy := s("s3")
	ok[*iam.PutRolePolicyOutput](tf)(i.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &role, PolicyName: policy, PolicyDocument: s(`{"Statement":[{"Action":["s3:ListBucket"],"Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"}`)}))
	tf.apply(tfResource{"aws_iam_role_policy", func() any {
		return *ok[*iam.GetRolePolicyOutput](tf)(i.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: &role, PolicyName: policy})).PolicyDocument
	}, func() {
		ok[*iam.DeleteRolePolicyOutput](tf)(i.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: &role, PolicyName: policy}))
	}})

	// aws_iam_role_policy_attachment
	attached := func() []iamtypes.AttachedPolicy {
		return ok[*iam.ListAttachedRolePoliciesOutput](tf)(i.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: &role})).AttachedPolicies
	}
	ok[*iam.AttachRolePolicyOutput](tf)(i.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: &role, PolicyArn: s(managedReader)}))
	tf.apply(tfResource{"aws_iam_role_policy_attachment", func() any { return attached() }, func() {
		ok[*iam.DetachRolePolicyOutput](tf)(i.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: &role, PolicyArn: s(managedReader)}))
		tf.settles("the attachment to go", func() bool { return len(attached()) == 0 })
	}})

	// aws_iam_instance_profile
	profile := *ok[*iam.CreateInstanceProfileOutput](tf)(i.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: s("tf-reader"), Path: s("/")})).InstanceProfile.InstanceProfileName
	get := func() *iamtypes.InstanceProfile {
		return ok[*iam.GetInstanceProfileOutput](tf)(i.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: &profile})).InstanceProfile
	}
	get()
	ok[*iam.AddRoleToInstanceProfileOutput](tf)(i.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: &profile, RoleName: &role}))
	tf.apply(tfResource{"aws_iam_instance_profile", func() any {
		p := get()
		ok[*iam.GetRoleOutput](tf)(i.GetRole(ctx, &iam.GetRoleInput{RoleName: p.Roles[0].RoleName}))
		return p
	}, func() {
		ok[*iam.RemoveRoleFromInstanceProfileOutput](tf)(i.RemoveRoleFromInstanceProfile(ctx, &iam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: &profile, RoleName: &role}))
		ok[*iam.DeleteInstanceProfileOutput](tf)(i.DeleteInstanceProfile(ctx, &iam.DeleteInstanceProfileInput{InstanceProfileName: &profile}))
		tf.gone("the profile", func() error {
			_, err := i.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: &profile})
			return err
		}, "NoSuchEntity")
	}})
}

// applyInstances are the bastion, whose public address makes its network an
// interface specification, and the private one.
func (tf *terraform) applyInstances(n tfNetwork) {
	s, no := aws.String, aws.Bool(false)
	common := func(name string) *ec2.RunInstancesInput {
		return &ec2.RunInstancesInput{
			ImageId: s(tf.image()), InstanceType: "t3.micro", MinCount: aws.Int32(1), MaxCount: aws.Int32(1), KeyName: s("tf"), ClientToken: s(newRequestID()),
			IamInstanceProfile: &types.IamInstanceProfileSpecification{Name: s("tf-reader")}, UserData: s(base64.StdEncoding.EncodeToString([]byte("#!/bin/sh\n"))),
			Monitoring: &types.RunInstancesMonitoringEnabled{Enabled: no}, EbsOptimized: no, DisableApiTermination: no, DisableApiStop: no,
			Placement: &types.Placement{GroupName: s("")}, TagSpecifications: append(tf.tags("instance", name), tf.tags("volume", name)...),
			BlockDeviceMappings: []types.BlockDeviceMapping{{DeviceName: s("/dev/xvda"), Ebs: &types.EbsBlockDevice{DeleteOnTermination: aws.Bool(true), VolumeSize: aws.Int32(8), VolumeType: "gp3"}}},
			MetadataOptions:     &types.InstanceMetadataOptionsRequest{HttpTokens: "required", HttpEndpoint: "enabled", HttpPutResponseHopLimit: aws.Int32(2), InstanceMetadataTags: "disabled"},
		}
	}
	bastion := common("bastion")
	bastion.NetworkInterfaces = []types.InstanceNetworkInterfaceSpecification{{
		AssociatePublicIpAddress: aws.Bool(true), DeviceIndex: aws.Int32(0), SubnetId: &n.public, PrivateIpAddress: s("10.0.1.123"), Groups: []string{n.bastionGroup},
	}}
	tf.applyInstance("bastion", bastion)
	private := common("private")
	private.SubnetId, private.PrivateIpAddress, private.SecurityGroupIds = &n.private, s("10.0.2.234"), []string{n.privateGroup}
	tf.applyInstance("private", private)
}

func (tf *terraform) applyInstance(name string, in *ec2.RunInstancesInput) {
	c, ctx := tf.ec2, tf.ctx
	// Where the root device is configured, its name is looked up first.
	images := ok[*ec2.DescribeImagesOutput](tf)(c.DescribeImages(ctx, &ec2.DescribeImagesInput{ImageIds: []string{*in.ImageId}})).Images
	if *images[0].RootDeviceName != *in.BlockDeviceMappings[0].DeviceName {
		tf.t.Errorf("the root device is %s", *images[0].RootDeviceName)
	}
	id := *ok[*ec2.RunInstancesOutput](tf)(c.RunInstances(ctx, in)).Instances[0].InstanceId
	instance := func() types.Instance {
		return ok[*ec2.DescribeInstancesOutput](tf)(c.DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{id}})).Reservations[0].Instances[0]
	}
	tf.settles("the instance", func() bool { return instance().State.Name == "running" })
	attribute := func(name types.InstanceAttributeName) *ec2.DescribeInstanceAttributeOutput {
		return ok[*ec2.DescribeInstanceAttributeOutput](tf)(c.DescribeInstanceAttribute(ctx, &ec2.DescribeInstanceAttributeInput{InstanceId: &id, Attribute: name}))
	}
	tf.apply(tfResource{"aws_instance " + name, func() any {
		i := instance()
		kinds := ok[*ec2.DescribeInstanceTypesOutput](tf)(c.DescribeInstanceTypes(ctx, &ec2.DescribeInstanceTypesInput{InstanceTypes: []types.InstanceType{i.InstanceType}})).InstanceTypes
		if !*kinds[0].BurstablePerformanceSupported {
			tf.t.Errorf("%s is not burstable", i.InstanceType)
		}
		return []any{
			i,
			ok[*ec2.DescribeTagsOutput](tf)(c.DescribeTags(ctx, &ec2.DescribeTagsInput{Filters: append(filter("resource-id", id), filter("key", "aws:ec2launchtemplate:id")...)})).Tags,
			*attribute("instanceInitiatedShutdownBehavior").InstanceInitiatedShutdownBehavior.Value,
			ok[*ec2.DescribeVolumesOutput](tf)(c.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{VolumeIds: []string{*i.BlockDeviceMappings[0].Ebs.VolumeId}})).Volumes,
			*attribute("disableApiStop").DisableApiStop.Value,
			*attribute("disableApiTermination").DisableApiTermination.Value,
			*attribute("userData").UserData.Value,
			ok[*ec2.DescribeInstanceCreditSpecificationsOutput](tf)(c.DescribeInstanceCreditSpecifications(ctx, &ec2.DescribeInstanceCreditSpecificationsInput{InstanceIds: []string{id}})).InstanceCreditSpecifications,
			ok[*ec2.DescribeTagsOutput](tf)(c.DescribeTags(ctx, &ec2.DescribeTagsInput{Filters: filter("resource-id", *i.BlockDeviceMappings[0].Ebs.VolumeId)})).Tags,
		}
	}, func() {
		off := &types.AttributeBooleanValue{Value: aws.Bool(false)}
		ok[*ec2.ModifyInstanceAttributeOutput](tf)(c.ModifyInstanceAttribute(ctx, &ec2.ModifyInstanceAttributeInput{InstanceId: &id, DisableApiTermination: off}))
		ok[*ec2.ModifyInstanceAttributeOutput](tf)(c.ModifyInstanceAttribute(ctx, &ec2.ModifyInstanceAttributeInput{InstanceId: &id, DisableApiStop: off}))
		ok[*ec2.TerminateInstancesOutput](tf)(c.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{id}}))
		tf.settles("the instance to end", func() bool { return instance().State.Name == "terminated" })
	}})
}

// applyEndpoint is the endpoint, and its route table as a resource of its own.
func (tf *terraform) applyEndpoint(n tfNetwork) {
	c, ctx, s := tf.ec2, tf.ctx, aws.String
	id := *ok[*ec2.CreateVpcEndpointOutput](tf)(c.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{
		ClientToken: s(newRequestID()), PrivateDnsEnabled: aws.Bool(false), VpcEndpointType: "Gateway", VpcId: &n.vpc, ServiceName: s(serviceS3), TagSpecifications: tf.tags("vpc-endpoint", "s3"),
	})).VpcEndpoint.VpcEndpointId
	endpoint := func() types.VpcEndpoint {
		return ok[*ec2.DescribeVpcEndpointsOutput](tf)(c.DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{VpcEndpointIds: []string{id}})).VpcEndpoints[0]
	}
	tf.settles("the endpoint", func() bool { return strings.EqualFold(string(endpoint().State), "available") })
	tf.apply(tfResource{"aws_vpc_endpoint", func() any {
		e := endpoint()
		lists := ok[*ec2.DescribePrefixListsOutput](tf)(c.DescribePrefixLists(ctx, &ec2.DescribePrefixListsInput{Filters: filter("prefix-list-name", *e.ServiceName)})).PrefixLists
		e.RouteTableIds = nil // another resource's
		return []any{e, lists}
	}, func() {
		if left := ok[*ec2.DeleteVpcEndpointsOutput](tf)(c.DeleteVpcEndpoints(ctx, &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{id}})).Unsuccessful; len(left) > 0 {
			tf.t.Errorf("the endpoint stays: %+v", left)
		}
		tf.gone("the endpoint", func() error {
			_, err := c.DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{VpcEndpointIds: []string{id}})
			return err
		}, "InvalidVpcEndpointId.NotFound")
	}})

	// aws_vpc_endpoint_route_table_association
	tables := func() []string { return endpoint().RouteTableIds }
	ok[*ec2.ModifyVpcEndpointOutput](tf)(c.ModifyVpcEndpoint(ctx, &ec2.ModifyVpcEndpointInput{VpcEndpointId: &id, AddRouteTableIds: []string{n.privateTable}}))
	tf.settles("the route table", func() bool { return len(tables()) == 1 })
	tf.apply(tfResource{"aws_vpc_endpoint_route_table_association", func() any { return tables() }, func() {
		ok[*ec2.ModifyVpcEndpointOutput](tf)(c.ModifyVpcEndpoint(ctx, &ec2.ModifyVpcEndpointInput{VpcEndpointId: &id, RemoveRouteTableIds: []string{n.privateTable}}))
		tf.settles("the route table to go", func() bool { return len(tables()) == 0 })
	}})
	tf.applyInterfaceEndpoint(n)
}

// applyInterfaceEndpoint is one for an API: read with its interfaces.
func (tf *terraform) applyInterfaceEndpoint(n tfNetwork) {
	c, ctx, s := tf.ec2, tf.ctx, aws.String
	id := *ok[*ec2.CreateVpcEndpointOutput](tf)(c.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{
		ClientToken: s(newRequestID()), PrivateDnsEnabled: aws.Bool(true), VpcEndpointType: "Interface", VpcId: &n.vpc, ServiceName: s(serviceEC2),
		SubnetIds: []string{n.private}, SecurityGroupIds: []string{n.privateGroup}, TagSpecifications: tf.tags("vpc-endpoint", "ec2"),
		DnsOptions: &types.DnsOptionsSpecification{DnsRecordIpType: "ipv4"}, IpAddressType: "ipv4",
	})).VpcEndpoint.VpcEndpointId
	endpoint := func() types.VpcEndpoint {
		return ok[*ec2.DescribeVpcEndpointsOutput](tf)(c.DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{VpcEndpointIds: []string{id}})).VpcEndpoints[0]
	}
	tf.settles("the endpoint", func() bool { return strings.EqualFold(string(endpoint().State), "available") })
	tf.apply(tfResource{"aws_vpc_endpoint interface", func() any {
		e := endpoint()
		return []any{e,
			len(ok[*ec2.DescribePrefixListsOutput](tf)(c.DescribePrefixLists(ctx, &ec2.DescribePrefixListsInput{Filters: filter("prefix-list-name", *e.ServiceName)})).PrefixLists),
			ok[*ec2.DescribeNetworkInterfacesOutput](tf)(c.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{NetworkInterfaceIds: e.NetworkInterfaceIds})).NetworkInterfaces,
		}
	}, func() {
		ok[*ec2.DeleteVpcEndpointsOutput](tf)(c.DeleteVpcEndpoints(ctx, &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{id}}))
		tf.gone("the endpoint", func() error {
			_, err := c.DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{VpcEndpointIds: []string{id}})
			return err
		}, "InvalidVpcEndpointId.NotFound")
	}})
}
