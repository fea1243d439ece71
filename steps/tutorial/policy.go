package tutorial

import (
	"bytes"
	"encoding/json"
	"strings"
)

// document and statement are IAM's policy language, in the order in which
// people read it.
type document struct {
	Version   string
	Statement []statement
}

type statement struct {
	Sid       string `json:",omitempty"`
	Effect    string
	Principal any `json:",omitempty"`
	Action    any
	Resource  any                          `json:",omitempty"`
	Condition map[string]map[string]string `json:",omitempty"`
}

func (d document) String() string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(d); err != nil {
		return "" // strings and maps of them always encode
	}
	return strings.TrimSpace(b.String())
}

const policyVersion = "2012-10-17"

// partition is AWS's name for the part of it that a region belongs to:
// "aws", "aws-cn" or "aws-us-gov".
func partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// domain is the DNS suffix of a partition's services.
func domain(partition string) string {
	if partition == "aws-cn" {
		return "amazonaws.com.cn"
	}
	return "amazonaws.com"
}

// partition is the one the credentials belong to.
func (r *run) partition() string {
	if p := r.state.Value(valuePartition); p != "" {
		return p
	}
	return partition(r.region())
}

// trustPolicy lets EC2 hand the role to instances.
func trustPolicy(partition string) string {
	return document{policyVersion, []statement{{
		Effect: "Allow", Principal: map[string]string{"Service": "ec2." + domain(partition)}, Action: "sts:AssumeRole",
	}}}.String()
}

// RolePolicy is what the instances may do: see the bucket and read from it.
func RolePolicy(partition, bucket string) string {
	arn := "arn:" + partition + ":s3:::" + bucket
	return document{policyVersion, []statement{
		{Effect: "Allow", Action: "s3:ListBucket", Resource: arn},
		{Effect: "Allow", Action: "s3:GetObject", Resource: arn + "/*"},
	}}.String()
}

// BucketPolicy says the same from the bucket's side, as the guide has it. It
// denies nothing: a Deny would also lock out the one who cleans up.
func BucketPolicy(partition, account, bucket, role string) string {
	arn := "arn:" + partition + ":s3:::" + bucket
	who := map[string]string{"AWS": "arn:" + partition + ":iam::" + account + ":role/" + role}
	return document{policyVersion, []statement{
		{Sid: "List", Effect: "Allow", Principal: who, Action: "s3:ListBucket", Resource: arn},
		{Sid: "Read", Effect: "Allow", Principal: who, Action: "s3:GetObject", Resource: arn + "/*"},
	}}.String()
}

// Policy is the least that the person who walks must be allowed. account may
// be "" or "*" where it is not known.
func Policy(partition, region, account string) string {
	if account == "" {
		account = "*"
	}
	here := map[string]map[string]string{"StringEquals": {"aws:RequestedRegion": region}}
	ours := func(service, what string) string { return "arn:" + partition + ":" + service + what }
	role := ours("iam", "::"+account+":role/gatewalk-*")
	profile := ours("iam", "::"+account+":instance-profile/gatewalk-*")
	bucket := ours("s3", ":::gatewalk-*")
	return document{policyVersion, []statement{
		{Sid: "See", Effect: "Allow", Resource: "*", Action: []string{
			"sts:GetCallerIdentity",
			"ec2:DescribeInstances", "ec2:DescribeInstanceTypeOfferings", "ec2:DescribeInternetGateways", "ec2:DescribeKeyPairs",
			"ec2:DescribeManagedPrefixLists", "ec2:DescribeRouteTables", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets",
			"ec2:DescribeVolumes", "ec2:DescribeVpcEndpoints", "ec2:DescribeVpcEndpointServices", "ec2:DescribeVpcs",
			"ec2:GetConsoleOutput", "ec2:GetManagedPrefixListEntries",
		}},
		{Sid: "Network", Effect: "Allow", Resource: "*", Condition: here, Action: []string{
			"ec2:CreateVpc", "ec2:ModifyVpcAttribute", "ec2:DeleteVpc", "ec2:CreateSubnet", "ec2:DeleteSubnet",
			"ec2:CreateInternetGateway", "ec2:AttachInternetGateway", "ec2:DetachInternetGateway", "ec2:DeleteInternetGateway",
			"ec2:CreateRouteTable", "ec2:AssociateRouteTable", "ec2:DisassociateRouteTable", "ec2:CreateRoute", "ec2:DeleteRouteTable",
			"ec2:CreateSecurityGroup", "ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress", "ec2:DeleteSecurityGroup",
			"ec2:CreateVpcEndpoint", "ec2:ModifyVpcEndpoint", "ec2:DeleteVpcEndpoints",
			"ec2:CreateTags", "ec2:ImportKeyPair", "ec2:DeleteKeyPair", "ec2:RunInstances",
		}},
		{Sid: "OursOnly", Effect: "Allow", Resource: "*", Action: []string{"ec2:TerminateInstances", "ec2:DeleteVolume"},
			Condition: map[string]map[string]string{"StringLike": {"aws:ResourceTag/" + tagSession: "gw-*"}}},
		{Sid: "Image", Effect: "Allow", Action: "ssm:GetParameter",
			Resource: ours("ssm", ":"+region+"::parameter/aws/service/ami-amazon-linux-latest/*")},
		{Sid: "Bucket", Effect: "Allow", Resource: bucket, Action: []string{
			"s3:CreateBucket", "s3:DeleteBucket", "s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads",
			"s3:PutBucketTagging", "s3:PutBucketPolicy", "s3:GetBucketPolicy", "s3:PutBucketPublicAccessBlock",
		}},
		{Sid: "Objects", Effect: "Allow", Resource: bucket + "/*", Action: []string{
			"s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:AbortMultipartUpload",
		}},
		{Sid: "Role", Effect: "Allow", Resource: []string{role, profile}, Action: []string{
			"iam:CreateRole", "iam:TagRole", "iam:GetRole", "iam:DeleteRole", "iam:PutRolePolicy", "iam:GetRolePolicy", "iam:DeleteRolePolicy",
			"iam:CreateInstanceProfile", "iam:TagInstanceProfile", "iam:GetInstanceProfile", "iam:AddRoleToInstanceProfile",
			"iam:RemoveRoleFromInstanceProfile", "iam:DeleteInstanceProfile",
		}},
		{Sid: "HandOver", Effect: "Allow", Action: "iam:PassRole", Resource: role,
			Condition: map[string]map[string]string{"StringEquals": {"iam:PassedToService": "ec2." + domain(partition)}}},
	}}.String()
}
