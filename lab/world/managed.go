package world

import (
	"crypto/sha256"
	"encoding/base32"
	"slices"
	"strings"
	"time"
)

// ManagedPolicies are those of AWS's own, out of some thousand, that a learner
// of this lesson is likely to attach, by name. Documents are AWS's (AWS managed
// policy reference guide).
func ManagedPolicies() []*ManagedPolicy {
	made := time.Date(2015, 2, 6, 18, 39, 0, 0, time.UTC)
	allow := func(actions string) string {
		return `{"Effect":"Allow","Action":["` + strings.Join(strings.Fields(actions), `","`) + `"],"Resource":"*"}`
	}
	policy := func(statements ...string) string {
		return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
	}
	aws := func(name, document string) *ManagedPolicy {
		sum := sha256.Sum256([]byte("policy/" + name))
		return &ManagedPolicy{
			Name: name, ID: "ANPA" + base32.StdEncoding.EncodeToString(sum[:])[:17], Path: "/", Owner: "aws", Created: made, Updated: made,
			Versions: []PolicyVersion{{"v1", document, made}}, Default: "v1", Made: 1,
		}
	}
	return []*ManagedPolicy{
		aws("AdministratorAccess", policy(`{"Effect":"Allow","Action":"*","Resource":"*"}`)),
		aws("AmazonEC2FullAccess", policy(
			allow("ec2:*"), allow("elasticloadbalancing:*"), allow("cloudwatch:*"), allow("autoscaling:*"),
			`{"Effect":"Allow","Action":"iam:CreateServiceLinkedRole","Resource":"*","Condition":{"StringEquals":{"iam:AWSServiceName":["autoscaling.amazonaws.com","ec2scheduled.amazonaws.com","elasticloadbalancing.amazonaws.com","spot.amazonaws.com","spotfleet.amazonaws.com","transitgateway.amazonaws.com"]}}}`,
		)),
		aws("AmazonEC2ReadOnlyAccess", policy(
			allow("ec2:Describe* ec2:GetSecurityGroupsForVpc"), allow("elasticloadbalancing:Describe*"),
			allow("cloudwatch:ListMetrics cloudwatch:GetMetricStatistics cloudwatch:Describe*"), allow("autoscaling:Describe*"),
		)),
		aws("AmazonS3FullAccess", policy(allow("s3:* s3-object-lambda:*"))),
		aws("AmazonS3ReadOnlyAccess", policy(allow("s3:Get* s3:List* s3:Describe* s3-object-lambda:Get* s3-object-lambda:List*"))),
		aws("AmazonSSMManagedInstanceCore", policy(
			allow("ssm:DescribeAssociation ssm:GetDeployablePatchSnapshotForInstance ssm:GetDocument ssm:DescribeDocument ssm:GetManifest ssm:GetParameter ssm:GetParameters ssm:ListAssociations ssm:ListInstanceAssociations ssm:PutInventory ssm:PutComplianceItems ssm:PutConfigurePackageResult ssm:UpdateAssociationStatus ssm:UpdateInstanceAssociationStatus ssm:UpdateInstanceInformation"),
			allow("ssmmessages:CreateControlChannel ssmmessages:CreateDataChannel ssmmessages:OpenControlChannel ssmmessages:OpenDataChannel"),
			allow("ec2messages:AcknowledgeMessage ec2messages:DeleteMessage ec2messages:FailMessage ec2messages:GetEndpoint ec2messages:GetMessages ec2messages:SendReply"),
		)),
		aws("IAMReadOnlyAccess", policy(allow("iam:GenerateCredentialReport iam:GenerateServiceLastAccessedDetails iam:Get* iam:List* iam:SimulateCustomPolicy iam:SimulatePrincipalPolicy"))),
	}
}

// ManagedPolicy finds a managed policy by its ARN, or nil.
func (s *State) ManagedPolicy(arn string) *ManagedPolicy {
	name := arn[strings.LastIndexByte(arn, '/')+1:]
	if p := s.Policies[name]; p != nil && s.PolicyArn(p) == arn {
		return p
	}
	for _, p := range ManagedPolicies() {
		if s.PolicyArn(p) == arn {
			return p
		}
	}
	return nil
}

// PolicyArn is the ARN of a managed policy.
func (s *State) PolicyArn(p *ManagedPolicy) string {
	return "arn:" + s.Partition() + ":iam::" + p.Owner + ":policy" + p.Path + p.Name
}

// Version is one of a policy's versions, nil for one that it does not have.
func (p *ManagedPolicy) Version(id string) *PolicyVersion {
	for i, v := range p.Versions {
		if v.ID == id {
			return &p.Versions[i]
		}
	}
	return nil
}

// Document is the text that is in force.
func (p *ManagedPolicy) Document() string {
	if v := p.Version(p.Default); v != nil {
		return v.Document
	}
	return ""
}

// Attached are the roles and users that have the managed policy of that ARN, by
// name.
func (s *State) Attached(arn string) (roles []*Role, users []*User) {
	for _, r := range Sorted(s.Roles) {
		if slices.Contains(r.Attached, arn) {
			roles = append(roles, r)
		}
	}
	for _, u := range Sorted(s.Users) {
		if slices.Contains(u.Attached, arn) {
			users = append(users, u)
		}
	}
	return roles, users
}
