package tutorial

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
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
	Resource  any                       `json:",omitempty"`
	Condition map[string]map[string]any `json:",omitempty"`
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

// Partition is AWS's name for the part of it that a region belongs to:
// "aws", "aws-cn" or "aws-us-gov".
func Partition(region string) string {
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
	return Partition(r.region())
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

// Policy is the least that the person who walks must be allowed: to look
// around; to make things in the region, tagging them as they are made; to touch
// only what bears a session's tag; and S3 and IAM by the names that the walk
// gives. account may be "" or "*" where it is not known, and bucket "" where it
// has the walk's own name.
func Policy(partition, region, account, bucket string) string {
	return policyOf(partition, region, account, bucket).String()
}

func policyOf(partition, region, account, bucket string) document {
	account, bucket = cmp.Or(account, "*"), cmp.Or(bucket, baseName("*"))
	type conditions = map[string]map[string]any
	arn := func(service, what string) string { return "arn:" + partition + ":" + service + ":" + what }
	role, profile := arn("iam", ":"+account+":role/"+baseName("*")), arn("iam", ":"+account+":instance-profile/"+baseName("*"))
	makes := []string{
		"CreateVpc", "CreateSubnet", "CreateInternetGateway", "CreateRouteTable", "CreateSecurityGroup", "CreateVpcEndpoint",
		"ImportKeyPair", "RunInstances",
	}
	return document{policyVersion, []statement{
		{Sid: "See", Effect: "Allow", Resource: "*", Action: []string{
			"sts:GetCallerIdentity",
			"ec2:DescribeInstances", "ec2:DescribeInstanceTypeOfferings", "ec2:DescribeInternetGateways", "ec2:DescribeKeyPairs",
			"ec2:DescribeManagedPrefixLists", "ec2:DescribeNetworkInterfaces", "ec2:DescribeRouteTables", "ec2:DescribeSecurityGroups",
			"ec2:DescribeSubnets", "ec2:DescribeVolumes", "ec2:DescribeVpcEndpoints", "ec2:DescribeVpcEndpointServices", "ec2:DescribeVpcs",
			"ec2:GetConsoleOutput", "ec2:GetManagedPrefixListEntries",
		}},
		{Sid: "Image", Effect: "Allow", Action: "ssm:GetParameter",
			Resource: arn("ssm", region+"::parameter/aws/service/ami-amazon-linux-latest/*")},
		{Sid: "Make", Effect: "Allow", Resource: "*", Action: prefixed("ec2:", makes),
			Condition: conditions{"StringEquals": {"aws:RequestedRegion": region}}},
		{Sid: "TagWhatIsMade", Effect: "Allow", Action: "ec2:CreateTags", Resource: arn("ec2", region+":"+account+":*/*"),
			Condition: conditions{"StringEquals": {"ec2:CreateAction": makes}}},
		{Sid: "TouchOursOnly", Effect: "Allow", Resource: "*", Action: []string{
			"ec2:ModifyVpcAttribute", "ec2:DeleteVpc", "ec2:DeleteSubnet",
			"ec2:AttachInternetGateway", "ec2:DetachInternetGateway", "ec2:DeleteInternetGateway",
			"ec2:AssociateRouteTable", "ec2:DisassociateRouteTable", "ec2:CreateRoute", "ec2:DeleteRouteTable",
			"ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress", "ec2:DeleteSecurityGroup",
			"ec2:ModifyVpcEndpoint", "ec2:DeleteVpcEndpoints", "ec2:DeleteKeyPair", "ec2:TerminateInstances", "ec2:DeleteVolume",
		}, Condition: conditions{"StringEquals": {"aws:RequestedRegion": region}, "StringLike": {"aws:ResourceTag/" + tagSession: "gw-*"}}},
		{Sid: "Bucket", Effect: "Allow", Resource: arn("s3", "::"+bucket), Action: []string{
			"s3:CreateBucket", "s3:DeleteBucket", "s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads",
			"s3:PutBucketTagging", "s3:PutBucketPolicy", "s3:GetBucketPolicy", "s3:PutBucketPublicAccessBlock",
		}},
		{Sid: "Objects", Effect: "Allow", Resource: arn("s3", "::"+bucket+"/*"), Action: []string{
			"s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:AbortMultipartUpload",
		}},
		{Sid: "Role", Effect: "Allow", Resource: []string{role, profile}, Action: []string{
			"iam:CreateRole", "iam:TagRole", "iam:GetRole", "iam:DeleteRole", "iam:PutRolePolicy", "iam:GetRolePolicy", "iam:DeleteRolePolicy",
			"iam:CreateInstanceProfile", "iam:TagInstanceProfile", "iam:GetInstanceProfile", "iam:AddRoleToInstanceProfile",
			"iam:RemoveRoleFromInstanceProfile", "iam:DeleteInstanceProfile",
		}},
		{Sid: "HandOver", Effect: "Allow", Action: "iam:PassRole", Resource: role,
			Condition: conditions{"StringEquals": {"iam:PassedToService": "ec2." + domain(partition)}}},
		{Sid: "FindLost", Effect: "Allow", Resource: "*", Action: []string{
			"s3:ListAllMyBuckets", "iam:ListRoles", "iam:ListInstanceProfiles",
		}},
	}}
}

// actions are those of a statement, of which some have one and some many.
func (s statement) actions() []string {
	if many, ok := s.Action.([]string); ok {
		return many
	}
	return []string{fmt.Sprint(s.Action)}
}

func prefixed(prefix string, names []string) []string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = prefix + name
	}
	return all
}
