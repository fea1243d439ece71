package awsapi

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"gatewalk/lab/policy"
	"gatewalk/lab/sigv4"
	"gatewalk/lab/world"
)

const (
	trustEC2  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	readS3    = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::b"}]}`
	denyToAll = `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}`
)

// role makes a role with a policy in a profile, all of one name.
func (l *apiLab) role(name string) {
	l.t.Helper()
	c, ctx := l.iam, l.ctx
	must(c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: aws.String(trustEC2), Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}}))(l.t)
	must(c.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &name, PolicyName: aws.String("s3"), PolicyDocument: aws.String(readS3)}))(l.t)
	must(c.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: &name}))(l.t)
	must(c.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: &name, RoleName: &name}))(l.t)
}

func TestRolesAndProfiles(t *testing.T) {
	l := newAPI(t, 1)
	c, ctx, s := l.iam, l.ctx, aws.String
	name := s("gwlab-x")
	l.role(*name)

	role := must(c.GetRole(ctx, &iam.GetRoleInput{RoleName: name}))(t).Role
	trust, _ := url.QueryUnescape(*role.AssumeRolePolicyDocument)
	if *role.Arn != "arn:aws:iam::123456789012:role/gwlab-x" || trust != trustEC2 || len(role.Tags) != 1 || !strings.HasPrefix(*role.RoleId, "AROA") {
		t.Errorf("role = %+v", role)
	}
	doc, _ := url.QueryUnescape(*must(c.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: name, PolicyName: s("s3")}))(t).PolicyDocument)
	if doc != readS3 {
		t.Errorf("policy = %s", doc)
	}
	if got := must(c.ListInstanceProfilesForRole(ctx, &iam.ListInstanceProfilesForRoleInput{RoleName: name}))(t).InstanceProfiles; len(got) != 1 || len(got[0].Roles) != 1 {
		t.Errorf("profiles = %+v", got)
	}
	must(c.TagRole(ctx, &iam.TagRoleInput{RoleName: name, Tags: []types.Tag{{Key: s("a"), Value: s("b")}}}))(t)
	if got := must(c.ListRoleTags(ctx, &iam.ListRoleTagsInput{RoleName: name}))(t).Tags; len(got) != 2 {
		t.Errorf("tags = %+v", got)
	}
	if got := must(c.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: name}))(t).AttachedPolicies; len(got) != 0 {
		t.Errorf("attached = %+v", got)
	}

	for _, tt := range []struct {
		code, text string
		call       func() error
	}{
		{"EntityAlreadyExists", "Role with name gwlab-x already exists.", func() error {
			_, err := c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: s(trustEC2)})
			return err
		}},
		{"MalformedPolicyDocument", "", func() error {
			_, err := c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: s("y"), AssumeRolePolicyDocument: s(readS3)})
			return err
		}},
		{"MalformedPolicyDocument", "", func() error {
			_, err := c.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: name, PolicyName: s("p"), PolicyDocument: s("{")})
			return err
		}},
		{"ValidationError", "", func() error {
			_, err := c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: s("a b"), AssumeRolePolicyDocument: s(trustEC2)})
			return err
		}},
		{"LimitExceeded", "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1", func() error {
			_, err := c.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: name, RoleName: name})
			return err
		}},
		{"DeleteConflict", "must remove roles from instance profile first", func() error {
			_, err := c.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: name})
			return err
		}},
		{"DeleteConflict", "", func() error {
			_, err := c.DeleteInstanceProfile(ctx, &iam.DeleteInstanceProfileInput{InstanceProfileName: name})
			return err
		}},
		{"", "", func() error {
			_, err := c.RemoveRoleFromInstanceProfile(ctx, &iam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: name, RoleName: name})
			return err
		}},
		{"DeleteConflict", "must delete policies first", func() error {
			_, err := c.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: name})
			return err
		}},
		{"NoSuchEntity", "The role policy with name none cannot be found.", func() error {
			_, err := c.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: name, PolicyName: s("none")})
			return err
		}},
		{"", "", func() error {
			_, err := c.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: name, PolicyName: s("s3")})
			return err
		}},
		{"", "", func() error { _, err := c.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: name}); return err }},
		{"", "", func() error {
			_, err := c.DeleteInstanceProfile(ctx, &iam.DeleteInstanceProfileInput{InstanceProfileName: name})
			return err
		}},
		{"NoSuchEntity", "The role with name gwlab-x cannot be found.", func() error { _, err := c.GetRole(ctx, &iam.GetRoleInput{RoleName: name}); return err }},
		{"NoSuchEntity", "Instance Profile gwlab-x cannot be found.", func() error {
			_, err := c.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: name})
			return err
		}},
		{"NotImplemented", "iam:CreateGroup is not part of this lab", func() error { _, err := c.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: s("g")}); return err }},
	} {
		if err := tt.call(); code(err) != tt.code || err != nil && !strings.Contains(err.Error(), tt.text) {
			t.Errorf("%q %q: got %v", tt.code, tt.text, err)
		}
	}
}

// limited makes a user who may do what the policy says, and acts as them.
func (l *apiLab) limited(name, policy string) (restore func()) {
	l.t.Helper()
	admin := l.key
	must(l.iam.CreateUser(l.ctx, &iam.CreateUserInput{UserName: &name}))(l.t)
	l.allow(name, policy)
	k := must(l.iam.CreateAccessKey(l.ctx, &iam.CreateAccessKeyInput{UserName: &name}))(l.t).AccessKey
	l.as(aws.Credentials{AccessKeyID: *k.AccessKeyId, SecretAccessKey: *k.SecretAccessKey})
	return func() { l.as(admin) }
}

func (l *apiLab) allow(user, policy string) {
	l.t.Helper()
	must(l.iam.PutUserPolicy(l.ctx, &iam.PutUserPolicyInput{UserName: &user, PolicyName: aws.String("p"), PolicyDocument: &policy}))(l.t)
}

func TestEnforcement(t *testing.T) {
	l := newAPI(t, 1)
	s := aws.String
	vpc := l.vpc("10.0.0.0/16")
	mine := *must(l.ec2.CreateVpc(l.ctx, &ec2.CreateVpcInput{CidrBlock: s("10.1.0.0/16"), TagSpecifications: tagged("vpc", "lab:id", "x")}))(t).Vpc.VpcId
	subnet := l.subnet(vpc, "10.0.1.0/24")
	l.role("gwlab-x")
	l.role("other")

	launch := func(profile string) func(*apiLab) error {
		return func(l *apiLab) error {
			_, err := l.ec2.RunInstances(l.ctx, &ec2.RunInstancesInput{
				ImageId: s(l.image()), InstanceType: "t3.micro", SubnetId: &subnet, MinCount: aws.Int32(1), MaxCount: aws.Int32(1),
				IamInstanceProfile: &ec2types.IamInstanceProfileSpecification{Name: &profile}, DryRun: aws.Bool(true),
			})
			return err
		}
	}
	createTagged := func(key string) func(*apiLab) error {
		return func(l *apiLab) error {
			_, err := l.ec2.CreateVpc(l.ctx, &ec2.CreateVpcInput{CidrBlock: s("10.2.0.0/16"), TagSpecifications: tagged("vpc", key, "x"), DryRun: aws.Bool(true)})
			return err
		}
	}
	deleteVpc := func(id string) func(*apiLab) error {
		return func(l *apiLab) error {
			_, err := l.ec2.DeleteVpc(l.ctx, &ec2.DeleteVpcInput{VpcId: &id, DryRun: aws.Bool(true)})
			return err
		}
	}
	tests := []struct {
		name, statement string
		call            func(*apiLab) error
		code, text      string
	}{
		{"describe", `{"Effect":"Allow","Action":"ec2:Describe*","Resource":"*"}`,
			func(l *apiLab) error { _, err := l.ec2.DescribeVpcs(l.ctx, &ec2.DescribeVpcsInput{}); return err }, "", ""},
		{"nothing", `{"Effect":"Deny","Action":"s3:*","Resource":"*"}`,
			func(l *apiLab) error { _, err := l.ec2.DescribeVpcs(l.ctx, &ec2.DescribeVpcsInput{}); return err },
			"UnauthorizedOperation", "You are not authorized to perform this operation. User: arn:aws:iam::123456789012:user/USER is not authorized to perform: ec2:DescribeVpcs because no identity-based policy allows the ec2:DescribeVpcs action. Encoded authorization failure message: "},
		{"another region", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:RequestedRegion":"us-east-1"}}}`, deleteVpc(vpc), "UnauthorizedOperation", "on resource: arn:aws:ec2:ap-northeast-2:123456789012:vpc/" + vpc},
		{"this region", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:RequestedRegion":"ap-northeast-2"}}}`, deleteVpc(mine), "DryRunOperation", ""},
		{"tag of another", `{"Effect":"Allow","Action":"ec2:*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/lab:id":"x"}}}`, deleteVpc(vpc), "UnauthorizedOperation", ""},
		{"tag of mine", `{"Effect":"Allow","Action":"ec2:*","Resource":"*","Condition":{"StringEquals":{"ec2:ResourceTag/lab:id":"x"}}}`, deleteVpc(mine), "DryRunOperation", ""},
		{"by ARN", `{"Effect":"Allow","Action":"ec2:DeleteVpc","Resource":"arn:aws:ec2:*:*:vpc/` + mine + `"}`, deleteVpc(mine), "DryRunOperation", ""},
		{"request tag", `{"Effect":"Allow","Action":["ec2:CreateVpc","ec2:CreateTags"],"Resource":"*","Condition":{"StringEquals":{"aws:RequestTag/lab:id":"x"}}}`, createTagged("lab:id"), "DryRunOperation", ""},
		{"wrong request tag", `{"Effect":"Allow","Action":["ec2:CreateVpc","ec2:CreateTags"],"Resource":"*","Condition":{"StringEquals":{"aws:RequestTag/lab:id":"x"}}}`, createTagged("else"), "UnauthorizedOperation", "ec2:CreateVpc"},
		{"no right to tag", `{"Effect":"Allow","Action":"ec2:CreateVpc","Resource":"*"}`, createTagged("lab:id"), "UnauthorizedOperation", "ec2:CreateTags"},
		{"tag at creation", `{"Effect":"Allow","Action":"ec2:CreateVpc","Resource":"*"},{"Effect":"Allow","Action":"ec2:CreateTags","Resource":"*","Condition":{"StringEquals":{"ec2:CreateAction":"CreateVpc"}}}`, createTagged("lab:id"), "DryRunOperation", ""},
		{"run without passing", `{"Effect":"Allow","Action":"ec2:*","Resource":"*"}`, launch("gwlab-x"), "UnauthorizedOperation", "iam:PassRole on resource: arn:aws:iam::123456789012:role/gwlab-x"},
		{"run and pass", `{"Effect":"Allow","Action":"ec2:*","Resource":"*"},{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::*:role/gwlab-*","Condition":{"StringEquals":{"iam:PassedToService":"ec2.amazonaws.com"}}}`, launch("gwlab-x"), "DryRunOperation", ""},
		{"pass another", `{"Effect":"Allow","Action":"ec2:*","Resource":"*"},{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::*:role/gwlab-*"}`, launch("other"), "UnauthorizedOperation", "role/other"},
		{"run without a volume", `{"Effect":"Allow","Action":"ec2:RunInstances","NotResource":"arn:aws:ec2:*:*:volume/*"}`, launch("gwlab-x"), "UnauthorizedOperation", "volume/*"},
		{"iam by name", `{"Effect":"Allow","Action":"iam:GetRole","Resource":"arn:aws:iam::*:role/gwlab-*"}`,
			func(l *apiLab) error {
				_, err := l.iam.GetRole(l.ctx, &iam.GetRoleInput{RoleName: s("gwlab-x")})
				return err
			}, "", ""},
		{"iam by another name", `{"Effect":"Allow","Action":"iam:GetRole","Resource":"arn:aws:iam::*:role/gwlab-*"}`,
			func(l *apiLab) error {
				_, err := l.iam.GetRole(l.ctx, &iam.GetRoleInput{RoleName: s("other")})
				return err
			},
			"AccessDenied", "User: arn:aws:iam::123456789012:user/USER is not authorized to perform: iam:GetRole on resource: arn:aws:iam::123456789012:role/other because no identity-based policy allows the iam:GetRole action"},
		{"ssm", `{"Effect":"Allow","Action":"ssm:GetParameter","Resource":"arn:aws:ssm:ap-northeast-2::parameter/aws/service/ami-amazon-linux-latest/*"}`, getImage, "", ""},
		{"no ssm", `{"Effect":"Allow","Action":"ssm:GetParameters","Resource":"*"}`, getImage, "AccessDeniedException", "ssm:GetParameter"},
		{"sts needs nothing", `{"Effect":"Deny","Action":"s3:*","Resource":"*"}`,
			func(l *apiLab) error {
				_, err := l.sts.GetCallerIdentity(l.ctx, &sts.GetCallerIdentityInput{})
				return err
			}, "", ""},
	}
	for i, tt := range tests {
		user := fmt.Sprintf("user-%d", i)
		restore := l.limited(user, `{"Version":"2012-10-17","Statement":[`+tt.statement+`]}`)
		err := tt.call(l)
		restore()
		text := strings.Replace(tt.text, "USER", user, 1)
		if code(err) != tt.code || err != nil && !strings.Contains(err.Error(), text) {
			t.Errorf("%s: got %v\nwant %s %s", tt.name, err, tt.code, text)
		}
	}
}

func getImage(l *apiLab) error {
	out, err := l.ssm.GetParameter(l.ctx, &ssm.GetParameterInput{Name: aws.String("/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64")})
	if err == nil && *out.Parameter.Value != l.image() {
		return fmt.Errorf("the image is %s", *out.Parameter.Value)
	}
	return err
}

func TestUsers(t *testing.T) {
	l := newAPI(t, 1)
	s := aws.String
	restore := l.limited("anna", denyToAll)
	who := must(l.sts.GetCallerIdentity(l.ctx, &sts.GetCallerIdentityInput{}))(t)
	if *who.Arn != "arn:aws:iam::123456789012:user/anna" || *who.Account != "123456789012" || !strings.HasPrefix(*who.UserId, "AIDA") {
		t.Errorf("caller = %+v", who)
	}
	restore()
	if _, err := l.iam.DeleteUser(l.ctx, &iam.DeleteUserInput{UserName: s("anna")}); code(err) != "DeleteConflict" {
		t.Error(err)
	}
	must(l.iam.DeleteUserPolicy(l.ctx, &iam.DeleteUserPolicyInput{UserName: s("anna"), PolicyName: s("p")}))(t)
	for _, k := range must(l.iam.ListAccessKeys(l.ctx, &iam.ListAccessKeysInput{UserName: s("anna")}))(t).AccessKeyMetadata {
		must(l.iam.DeleteAccessKey(l.ctx, &iam.DeleteAccessKeyInput{UserName: s("anna"), AccessKeyId: k.AccessKeyId}))(t)
	}
	must(l.iam.DeleteUser(l.ctx, &iam.DeleteUserInput{UserName: s("anna")}))(t)
}

// A managed policy decides like an inline one, and until it is detached.
func TestManagedPolicies(t *testing.T) {
	l := newAPI(t, 1)
	s := aws.String
	must(l.iam.CreateUser(l.ctx, &iam.CreateUserInput{UserName: s("u")}))(t)
	key := must(l.iam.CreateAccessKey(l.ctx, &iam.CreateAccessKeyInput{UserName: s("u")}))(t).AccessKey
	asks := func() string {
		admin := l.key
		defer l.as(admin)
		l.as(aws.Credentials{AccessKeyID: *key.AccessKeyId, SecretAccessKey: *key.SecretAccessKey})
		_, err := l.ec2.DescribeVpcs(l.ctx, &ec2.DescribeVpcsInput{})
		_, more := l.ec2.CreateVpc(l.ctx, &ec2.CreateVpcInput{CidrBlock: s("10.0.0.0/16"), DryRun: aws.Bool(true)})
		return code(err) + " " + code(more)
	}
	if got := asks(); got != "UnauthorizedOperation UnauthorizedOperation" {
		t.Errorf("with no policy: %s", got)
	}
	reader := s("arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess")
	must(l.iam.AttachUserPolicy(l.ctx, &iam.AttachUserPolicyInput{UserName: s("u"), PolicyArn: reader}))(t)
	if got := asks(); got != " UnauthorizedOperation" {
		t.Errorf("who may read: %s", got)
	}
	must(l.iam.AttachUserPolicy(l.ctx, &iam.AttachUserPolicyInput{UserName: s("u"), PolicyArn: s("arn:aws:iam::aws:policy/AdministratorAccess")}))(t)
	if got := asks(); got != " DryRunOperation" {
		t.Errorf("who may do all: %s", got)
	}
	used := must(l.iam.ListPolicies(l.ctx, &iam.ListPoliciesInput{OnlyAttached: true}))(t).Policies
	if len(used) != 2 || *used[0].PolicyName != "AdministratorAccess" || *used[0].AttachmentCount != 1 {
		t.Errorf("attached policies: %+v", used)
	}
	for _, p := range world.ManagedPolicies() {
		if _, err := policy.Parse(p.Document()); err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
	}
}

// A policy of the account's own is in force in the version that was chosen, and
// cannot go while somebody has it.
func TestOwnPolicies(t *testing.T) {
	l := newAPI(t, 1)
	s, c, ctx := aws.String, l.iam, l.ctx
	document := func(action string) *string {
		return s(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"` + action + `","Resource":"*"}]}`)
	}
	must(c.CreateUser(ctx, &iam.CreateUserInput{UserName: s("u")}))(t)
	key := must(c.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: s("u")}))(t).AccessKey
	may := func() bool {
		admin := l.key
		defer l.as(admin)
		l.as(aws.Credentials{AccessKeyID: *key.AccessKeyId, SecretAccessKey: *key.SecretAccessKey})
		_, err := l.ec2.DescribeVpcs(l.ctx, &ec2.DescribeVpcsInput{})
		return err == nil
	}
	made := must(c.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: s("see"), Path: s("/course/"), Description: s("d"), PolicyDocument: document("ec2:DescribeVpcs")}))(t).Policy
	arn := made.Arn
	if *arn != "arn:aws:iam::123456789012:policy/course/see" || *made.DefaultVersionId != "v1" || !strings.HasPrefix(*made.PolicyId, "ANPA") {
		t.Errorf("made %+v", made)
	}
	if _, err := c.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: s("SEE"), PolicyDocument: document("s3:*")}); code(err) != "EntityAlreadyExists" {
		t.Errorf("a name that differs by its case alone: %v", err)
	}
	must(c.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: s("u"), PolicyArn: arn}))(t)
	if !may() {
		t.Error("who has the policy may not")
	}
	if v := must(c.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: document("s3:*")}))(t).PolicyVersion; *v.VersionId != "v2" || v.IsDefaultVersion || !may() {
		t.Errorf("a version that is not in force: %+v", v)
	}
	must(c.SetDefaultPolicyVersion(ctx, &iam.SetDefaultPolicyVersionInput{PolicyArn: arn, VersionId: s("v2")}))(t)
	if may() {
		t.Error("the old version is still in force")
	}
	must(c.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: document("ec2:*"), SetAsDefault: true}))(t)
	if got := must(c.ListPolicyVersions(ctx, &iam.ListPolicyVersionsInput{PolicyArn: arn}))(t).Versions; !may() || len(got) != 3 || *got[0].VersionId != "v3" || !got[0].IsDefaultVersion {
		t.Errorf("versions: %+v", got)
	}
	must(c.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: document("s3:*")}))(t)
	must(c.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: document("s3:*")}))(t)
	wrong := func(what, want string, err error) {
		t.Helper()
		if code(err) != want {
			t.Errorf("%s: %v, want %s", what, err, want)
		}
	}
	_, err := c.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: document("s3:*")})
	wrong("a sixth version", "LimitExceeded", err)
	_, err = c.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: s("long"), PolicyDocument: document(strings.Repeat("s", 7000) + ":*")})
	wrong("a long policy", "LimitExceeded", err)
	_, err = c.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: arn, VersionId: s("v3")})
	wrong("the version in force", "DeleteConflict", err)
	_, err = c.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: arn})
	wrong("a policy that somebody has", "DeleteConflict", err)
	_, err = c.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: s(managedReader)})
	wrong("AWS's own policy", "AccessDenied", err)
	if who := must(c.ListEntitiesForPolicy(ctx, &iam.ListEntitiesForPolicyInput{PolicyArn: arn}))(t); len(who.PolicyUsers) != 1 || *who.PolicyUsers[0].UserName != "u" || len(who.PolicyRoles) != 0 {
		t.Errorf("who has it: %+v", who)
	}
	if own := must(c.ListPolicies(ctx, &iam.ListPoliciesInput{Scope: "Local", PathPrefix: s("/course/")}))(t).Policies; len(own) != 1 || *own[0].AttachmentCount != 1 {
		t.Errorf("the account's own: %+v", own)
	}
	must(c.DetachUserPolicy(ctx, &iam.DetachUserPolicyInput{UserName: s("u"), PolicyArn: arn}))(t)
	_, err = c.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: arn})
	wrong("a policy of versions", "DeleteConflict", err)
	for _, v := range []string{"v1", "v2", "v4", "v5"} {
		must(c.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: arn, VersionId: &v}))(t)
	}
	must(c.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: arn}))(t)
	_, err = c.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: arn})
	wrong("a policy that is gone", "NoSuchEntity", err)
	if may() {
		t.Error("without the policy it is still allowed")
	}
}

// A clock that is an hour wrong is told so, in each service's own words.
func TestWrongClock(t *testing.T) {
	l := newAPI(t, 1)
	now := time.Now().UTC().Truncate(time.Second)
	for _, tt := range []struct {
		service, code string
		past, future  string
	}{
		{"ec2", "RequestExpired", "Timestamp date is ", "Timestamp date is "},
		{"sts", "SignatureDoesNotMatch", "Signature expired: PAST is now earlier than ", "Signature not yet current: FUTURE is still later than "},
		{"ssm", "InvalidSignatureException", "Signature expired: PAST is now earlier than ", "Signature not yet current: FUTURE is still later than "},
		{"s3", "RequestTimeTooSkewed", "<RequestTime>PAST</RequestTime>", "<RequestTime>FUTURE</RequestTime>"},
	} {
		for at, want := range map[time.Time]string{now.Add(-time.Hour): tt.past, now.Add(time.Hour): tt.future} {
			r, err := http.NewRequestWithContext(l.ctx, "POST", l.url+"/", strings.NewReader("Action=GetCallerIdentity"))
			if err != nil {
				t.Fatal(err)
			}
			if tt.service == "s3" {
				r.Method = "GET"
			}
			r.Header.Set("Content-Type", formType)
			sigv4.Sign(r, []byte("Action=GetCallerIdentity"), sigv4.Credentials{AccessKeyID: "AKIAADMIN", SecretKey: "admin"}, "ap-northeast-2", tt.service, at)
			answer, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(answer.Body)
			answer.Body.Close()
			if err != nil {
				t.Fatal(err)
			}
			stamp := at.Format("20060102T150405Z")
			want = strings.NewReplacer("PAST", stamp, "FUTURE", stamp).Replace(want)
			if !strings.Contains(string(body), tt.code) || !strings.Contains(string(body), want) {
				t.Errorf("%s at %s: %s, want %s %q", tt.service, stamp, body, tt.code, want)
			}
		}
	}
}

// A list comes in pages of the size that was asked for.
func TestIAMPages(t *testing.T) {
	l := newAPI(t, 1)
	want := []string{"a", "b", "c", "d", "e"}
	for _, name := range want {
		must(l.iam.CreateRole(l.ctx, &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: aws.String(trustEC2)}))(t)
	}
	var got []string
	pages := iam.NewListRolesPaginator(l.iam, &iam.ListRolesInput{}, func(o *iam.ListRolesPaginatorOptions) { o.Limit = 2 })
	for pages.HasMorePages() {
		page := must(pages.NextPage(l.ctx))(t)
		if len(page.Roles) > 2 {
			t.Errorf("a page of %d", len(page.Roles))
		}
		for _, r := range page.Roles {
			got = append(got, *r.RoleName)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("listed %q, want %q", got, want)
	}
	for _, in := range []*iam.ListRolesInput{{MaxItems: aws.Int32(0)}, {MaxItems: aws.Int32(1001)}, {Marker: aws.String("nobody")}} {
		if _, err := l.iam.ListRoles(l.ctx, in); code(err) != "ValidationError" {
			t.Errorf("%+v: %v", in, err)
		}
	}
}

// Keys that end are the user's own in all else, and why a call was refused can
// be decoded.
func TestSessionToken(t *testing.T) {
	l := newAPI(t, 1)
	s := aws.String
	must(l.iam.CreateUser(l.ctx, &iam.CreateUserInput{UserName: s("u")}))(t)
	must(l.iam.PutUserPolicy(l.ctx, &iam.PutUserPolicyInput{UserName: s("u"), PolicyName: s("p"), PolicyDocument: s(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ec2:Describe*","sts:*"],"Resource":"*"},{"Effect":"Deny","Action":"ec2:CreateVpc","Resource":"*"}]}`)}))(t)
	key := must(l.iam.CreateAccessKey(l.ctx, &iam.CreateAccessKeyInput{UserName: s("u")}))(t).AccessKey
	l.as(aws.Credentials{AccessKeyID: *key.AccessKeyId, SecretAccessKey: *key.SecretAccessKey})
	if _, err := l.sts.GetSessionToken(l.ctx, &sts.GetSessionTokenInput{DurationSeconds: aws.Int32(60)}); code(err) != "ValidationError" {
		t.Errorf("for a minute: %v", err)
	}
	if _, err := l.sts.GetSessionToken(l.ctx, &sts.GetSessionTokenInput{SerialNumber: s("arn:aws:iam::123456789012:mfa/u"), TokenCode: s("123456")}); code(err) != "AccessDenied" {
		t.Errorf("with a device that there is not: %v", err)
	}
	got := must(l.sts.GetSessionToken(l.ctx, &sts.GetSessionTokenInput{}))(t).Credentials
	l.as(aws.Credentials{AccessKeyID: *got.AccessKeyId, SecretAccessKey: *got.SecretAccessKey, SessionToken: *got.SessionToken})
	if who := must(l.sts.GetCallerIdentity(l.ctx, &sts.GetCallerIdentityInput{}))(t); *who.Arn != "arn:aws:iam::123456789012:user/u" {
		t.Errorf("caller = %s", *who.Arn)
	}
	must(l.ec2.DescribeVpcs(l.ctx, &ec2.DescribeVpcsInput{}))(t)
	if _, err := l.sts.GetSessionToken(l.ctx, &sts.GetSessionTokenInput{}); code(err) != "AccessDenied" {
		t.Errorf("a session of a session: %v", err)
	}
	_, err := l.ec2.CreateVpc(l.ctx, &ec2.CreateVpcInput{CidrBlock: s("10.0.0.0/16")})
	_, encoded, ok := strings.Cut(err.Error(), "Encoded authorization failure message: ")
	if !ok {
		t.Fatalf("refused without a message: %v", err)
	}
	told := *must(l.sts.DecodeAuthorizationMessage(l.ctx, &sts.DecodeAuthorizationMessageInput{EncodedMessage: &encoded}))(t).DecodedMessage
	if want := `"explicitDeny":true,`; !strings.Contains(told, want) || !strings.Contains(told, `"action":"ec2:CreateVpc","resource":"arn:aws:ec2:ap-northeast-2:123456789012:vpc/*"`) {
		t.Errorf("decoded: %s", told)
	}
	l.as(aws.Credentials{AccessKeyID: *got.AccessKeyId, SecretAccessKey: *got.SecretAccessKey})
	if _, err := l.sts.GetCallerIdentity(l.ctx, &sts.GetCallerIdentityInput{}); code(err) != "InvalidClientTokenId" {
		t.Errorf("without the token: %v", err)
	}
}

func TestAssumeRole(t *testing.T) {
	l := newAPI(t, 1)
	s := aws.String
	trust := func(principal string) *string {
		return s(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + principal + `"},"Action":"sts:AssumeRole"}]}`)
	}
	must(l.iam.CreateRole(l.ctx, &iam.CreateRoleInput{RoleName: s("r"), AssumeRolePolicyDocument: trust("arn:aws:iam::123456789012:root")}))(t)
	must(l.iam.CreateRole(l.ctx, &iam.CreateRoleInput{RoleName: s("machine"), AssumeRolePolicyDocument: s(trustEC2)}))(t)
	in := &sts.AssumeRoleInput{RoleArn: s("arn:aws:iam::123456789012:role/r"), RoleSessionName: s("me")}
	out := must(l.sts.AssumeRole(l.ctx, in))(t)
	if _, err := l.sts.AssumeRole(l.ctx, &sts.AssumeRoleInput{RoleArn: s("arn:aws:iam::123456789012:role/machine"), RoleSessionName: s("me")}); code(err) != "AccessDenied" {
		t.Errorf("a role for EC2 alone: %v", err)
	}
	l.as(aws.Credentials{AccessKeyID: *out.Credentials.AccessKeyId, SecretAccessKey: *out.Credentials.SecretAccessKey, SessionToken: *out.Credentials.SessionToken})
	if who := must(l.sts.GetCallerIdentity(l.ctx, &sts.GetCallerIdentityInput{}))(t); *who.Arn != "arn:aws:sts::123456789012:assumed-role/r/me" {
		t.Errorf("caller = %s", *who.Arn)
	}
	if _, err := l.ec2.DescribeVpcs(l.ctx, &ec2.DescribeVpcsInput{}); code(err) != "UnauthorizedOperation" {
		t.Errorf("a role without policies: %v", err)
	}
}
