package world

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"
	"time"
)

// ManagedPolicy is a policy of AWS's own, which roles and users can be given.
type ManagedPolicy struct {
	Name, Path, Document string
	Created              time.Time
}

// ManagedPolicies are those that a learner of this lesson is likely to attach,
// out of some thousand, by name. Documents are AWS's (AWS managed policy
// reference guide).
func ManagedPolicies() []ManagedPolicy {
	made := time.Date(2015, 2, 6, 18, 39, 0, 0, time.UTC)
	allow := func(actions string) string {
		return `{"Effect":"Allow","Action":["` + strings.Join(strings.Fields(actions), `","`) + `"],"Resource":"*"}`
	}
	policy := func(statements ...string) string {
		return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
	}
	return []ManagedPolicy{
		{"AdministratorAccess", "/", policy(`{"Effect":"Allow","Action":"*","Resource":"*"}`), made},
		{"AmazonEC2FullAccess", "/", policy(
			allow("ec2:*"), allow("elasticloadbalancing:*"), allow("cloudwatch:*"), allow("autoscaling:*"),
			`{"Effect":"Allow","Action":"iam:CreateServiceLinkedRole","Resource":"*","Condition":{"StringEquals":{"iam:AWSServiceName":["autoscaling.amazonaws.com","ec2scheduled.amazonaws.com","elasticloadbalancing.amazonaws.com","spot.amazonaws.com","spotfleet.amazonaws.com","transitgateway.amazonaws.com"]}}}`,
		), made},
		{"AmazonEC2ReadOnlyAccess", "/", policy(
			allow("ec2:Describe* ec2:GetSecurityGroupsForVpc"), allow("elasticloadbalancing:Describe*"),
			allow("cloudwatch:ListMetrics cloudwatch:GetMetricStatistics cloudwatch:Describe*"), allow("autoscaling:Describe*"),
		), made},
		{"AmazonS3FullAccess", "/", policy(allow("s3:* s3-object-lambda:*")), made},
		{"AmazonS3ReadOnlyAccess", "/", policy(allow("s3:Get* s3:List* s3:Describe* s3-object-lambda:Get* s3-object-lambda:List*")), made},
		{"AmazonSSMManagedInstanceCore", "/", policy(
			allow("ssm:DescribeAssociation ssm:GetDeployablePatchSnapshotForInstance ssm:GetDocument ssm:DescribeDocument ssm:GetManifest ssm:GetParameter ssm:GetParameters ssm:ListAssociations ssm:ListInstanceAssociations ssm:PutInventory ssm:PutComplianceItems ssm:PutConfigurePackageResult ssm:UpdateAssociationStatus ssm:UpdateInstanceAssociationStatus ssm:UpdateInstanceInformation"),
			allow("ssmmessages:CreateControlChannel ssmmessages:CreateDataChannel ssmmessages:OpenControlChannel ssmmessages:OpenDataChannel"),
			allow("ec2messages:AcknowledgeMessage ec2messages:DeleteMessage ec2messages:FailMessage ec2messages:GetEndpoint ec2messages:GetMessages ec2messages:SendReply"),
		), made},
		{"IAMReadOnlyAccess", "/", policy(allow("iam:GenerateCredentialReport iam:GenerateServiceLastAccessedDetails iam:Get* iam:List* iam:SimulateCustomPolicy iam:SimulatePrincipalPolicy")), made},
	}
}

// ManagedPolicy finds a managed policy by its ARN, or nil.
func (s *State) ManagedPolicy(arn string) *ManagedPolicy {
	name, ok := strings.CutPrefix(arn, "arn:"+s.Partition()+":iam::aws:policy/")
	if !ok {
		return nil
	}
	for _, p := range ManagedPolicies() {
		if p.Name == name {
			return &p
		}
	}
	return nil
}

// PolicyArn is the ARN of a managed policy.
func (s *State) PolicyArn(p ManagedPolicy) string {
	return "arn:" + s.Partition() + ":iam::aws:policy" + p.Path + p.Name
}

// PolicyID is the id of a managed policy, made up from its name.
func PolicyID(p ManagedPolicy) string {
	sum := sha256.Sum256([]byte("policy/" + p.Name))
	return "ANPA" + base32.StdEncoding.EncodeToString(sum[:])[:17]
}
