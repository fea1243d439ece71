package tutorial_test

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"gatewalk/lab/awsapi"
	"gatewalk/lab/world"
	"gatewalk/steps"
	"gatewalk/steps/tutorial"
)

// unasked are the rights that the lab cannot be asked for, with the reason.
var unasked = map[string]string{
	"ec2:DescribeNetworkInterfaces": "for a VPC that does not go; TestStrangers has it",
	"sts:GetCallerIdentity":         "AWS allows it to everybody",
}

// as lets a user with that policy walk on the account.
func (a *account) as(t *testing.T, policy string) {
	t.Helper()
	err := a.world.Update(func(tx *world.Tx) error {
		tx.Principals.Put("AKIAWALKER", &world.Principal{AccessKeyID: "AKIAWALKER", SecretKey: "secret", UserID: "AIDAWALKER",
			Arn: "arn:aws:iam::123456789012:user/walker", Policies: []string{policy}})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	a.config.Credentials = credentials.NewStaticCredentialsProvider("AKIAWALKER", "secret", "")
	a.config.Retryer = impatient
}

// errands walks, changes its mind about the route table, reads a console, cleans
// up past what stands in the way, and looks for lost sessions. It returns the
// actions that were refused.
func (a *account) errands(t *testing.T) (denied []string) {
	t.Helper()
	admin := a.config
	admin.Credentials = credentials.NewStaticCredentialsProvider("AKIAADMIN", "secret", "")
	var options tutorial.Options
	r, done := a.walk(t, t.TempDir(), func(o *tutorial.Options) {
		o.Target.Dial, o.EmptyBucket = nobody{}, true
		options = *o
	})
	defer done()
	w := tutorial.New(options)
	defer w.Close()
	note := func(err error) bool {
		var f *steps.Failure
		switch {
		case errors.As(err, &f) && f.Msg == "access-denied":
			denied = append(denied, f.Args["action"])
		case errors.As(err, &f) && f.Args["code"] == obstacle:
			for _, m := range refusals.FindAllStringSubmatch(err.Error(), -1) { // behind it
				denied = append(denied, m[1])
			}
			return true
		case err != nil:
			t.Errorf("not a refusal: %v", err)
		}
		return err == nil
	}
	st := r.Session.State()
	for _, do := range []func() error{
		func() error { return st.Choose("3.7", tutorial.RouteTable, "public") },
		func() error { return r.RunUntil(t.Context(), "3.7") },
		func() error { return st.Choose("3.7", tutorial.RouteTable, "private") },
		func() error { return r.Run(t.Context(), "3.7") },
		func() error { return r.RunUntil(t.Context(), "5") },
		func() error { return w.Pin(t.Context(), st, "bastion") },
		func() error { _, err := w.Orphans(t.Context()); return err },
		func() error { return a.litter(t, admin, st) },
	} {
		if !note(do()) {
			break
		}
	}
	note(r.Run(t.Context(), "6")) // in which the obstacle is met
	note(r.Run(t.Context(), "6"))
	return denied
}

var refusals = regexp.MustCompile(`not authorized to perform: (\S+)`)

// obstacle is the code of an error that keeps a subnet from being deleted once.
const obstacle = "InvalidParameterValue"

// litter leaves in a session's way an upload half done, versions of objects, a
// volume that outlived its instance, and a subnet that is not deleted at the first attempt.
func (a *account) litter(t *testing.T, admin aws.Config, st *steps.State) error {
	store := s3.NewFromConfig(admin, func(o *s3.Options) { o.UsePathStyle = true })
	_, err := store.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: aws.String(st.Value("bucket")), Key: aws.String("half")})
	if err != nil {
		return err
	}
	_, err = store.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{
		Bucket: aws.String(st.Value("bucket")), VersioningConfiguration: &s3types.VersioningConfiguration{Status: "Enabled"},
	})
	if err != nil {
		return err
	}
	for range 2 { // each subnet has its turn
		a.server.Fault(awsapi.Fault{Action: "DeleteSubnet", Before: &world.Error{Code: obstacle, Message: "not now"}})
	}
	return a.world.Update(func(tx *world.Tx) error {
		const id = "vol-0123456789abcdef0"
		tx.Volumes.Put(id, &world.Volume{ID: id, Zone: admin.Region + "a", State: "available", SizeGiB: 8, Type: "gp3", Tags: world.Tags{"gatewalk:session": st.ID()}})
		return nil
	})
}

// The policy for the learner is enough, and not one action of it is too much:
// without any of them, something fails with a sentence that names it.
func TestLeastRights(t *testing.T) {
	whole := tutorial.Policy("aws", "ap-northeast-2", "123456789012", "")
	t.Run("whole", func(t *testing.T) {
		t.Parallel()
		a := newAccount(t, "ap-northeast-2")
		before := a.things(t)
		a.as(t, whole)
		if denied := a.errands(t); len(denied) > 0 {
			t.Errorf("refused: %v", denied)
		}
		if after := a.things(t); after != before {
			t.Errorf("left behind: %s", difference(before, after))
		}
	})
	for i, action := range actions(t, whole) {
		if unasked[action] != "" || !everyFault() && i%11 != 0 {
			continue
		}
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, "ap-northeast-2")
			a.as(t, without(t, whole, action))
			if denied := a.errands(t); !slices.Contains(denied, action) {
				t.Errorf("nothing asked for it; refused: %v", denied)
			}
		})
	}
}

// A customer managed policy may have 6,144 characters, spaces not counted (IAM
// and AWS STS quotas), and every statement that lets something be made or
// changed is confined.
func TestPolicyFits(t *testing.T) {
	for _, region := range regions() {
		policy := tutorial.Policy(newAccount(t, region).world.Snapshot().Partition(), region, "123456789012", strings.Repeat("b", 63))
		if n := len(strings.Join(strings.Fields(policy), "")); n > 6144 {
			t.Errorf("%s: %d characters", region, n)
		}
		var doc policyDocument
		if err := json.Unmarshal([]byte(policy), &doc); err != nil {
			t.Fatal(err)
		}
		for _, s := range doc.Statement {
			looks := !slices.ContainsFunc(actions(t, one(t, s)), func(action string) bool {
				_, verb, _ := strings.Cut(action, ":")
				return !strings.HasPrefix(verb, "Describe") && !strings.HasPrefix(verb, "Get") && !strings.HasPrefix(verb, "List")
			})
			if s["Resource"] == "*" && s["Condition"] == nil && !looks {
				t.Errorf("%s: statement %v changes things anywhere", region, s["Sid"])
			}
		}
	}
}

// one is a policy of that statement alone.
func one(t *testing.T, statement map[string]any) string {
	t.Helper()
	text, err := json.Marshal(policyDocument{Statement: []map[string]any{statement}})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A walker with the policy cannot touch what no session made.
func TestPolicyLeavesOthersAlone(t *testing.T) {
	a := newAccount(t, "ap-northeast-2")
	theirs := ec2.NewFromConfig(a.config)
	made, err := theirs.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.9.0.0/16")})
	if err != nil {
		t.Fatal(err)
	}
	a.as(t, tutorial.Policy("aws", "ap-northeast-2", "123456789012", ""))
	walker := ec2.NewFromConfig(a.config)
	id := made.Vpc.VpcId
	tags := []ec2types.Tag{{Key: aws.String("gatewalk:session"), Value: aws.String("gw-000000")}}
	for name, call := range map[string]func() error{
		"deleting it": func() error {
			_, err := walker.DeleteVpc(t.Context(), &ec2.DeleteVpcInput{VpcId: id})
			return err
		},
		"tagging it as one's own": func() error {
			_, err := walker.CreateTags(t.Context(), &ec2.CreateTagsInput{Resources: []string{*id}, Tags: tags})
			return err
		},
		"making one in another region than the policy's": func() error {
			a.as(t, tutorial.Policy("aws", "us-east-1", "123456789012", ""))
			_, err := walker.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.8.0.0/16")})
			a.as(t, tutorial.Policy("aws", "ap-northeast-2", "123456789012", ""))
			return err
		},
	} {
		var api smithy.APIError
		if err := call(); !errors.As(err, &api) || api.ErrorCode() != "UnauthorizedOperation" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// policyDocument is what the tests need to know of one.
type policyDocument struct {
	Version   string
	Statement []map[string]any
}

func actions(t *testing.T, policy string) []string {
	t.Helper()
	var doc policyDocument
	if err := json.Unmarshal([]byte(policy), &doc); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, s := range doc.Statement {
		switch a := s["Action"].(type) {
		case string:
			all = append(all, a)
		case []any:
			for _, x := range a {
				all = append(all, x.(string))
			}
		}
	}
	return all
}

func without(t *testing.T, policy, action string) string {
	t.Helper()
	out := strings.Replace(policy, `"`+action+`"`, `"none:None"`, 1)
	if out == policy {
		t.Fatalf("%s is not in the policy", action)
	}
	return out
}

// No partition's name stands in another's policy.
func TestPartitions(t *testing.T) {
	for _, test := range []struct{ partition, region, service string }{
		{"aws", "ap-northeast-2", "ec2.amazonaws.com"},
		{"aws-cn", "cn-north-1", "ec2.amazonaws.com.cn"},
		{"aws-us-gov", "us-gov-west-1", "ec2.amazonaws.com"},
	} {
		for name, policy := range map[string]string{
			"learner": tutorial.Policy(test.partition, test.region, "123456789012", ""),
			"role":    tutorial.RolePolicy(test.partition, "b"),
			"bucket":  tutorial.BucketPolicy(test.partition, "123456789012", "b", "r"),
		} {
			if !json.Valid([]byte(policy)) {
				t.Errorf("%s, %s: not JSON", test.partition, name)
			}
			if n := strings.Count(policy, `"arn:`); n == 0 || n != strings.Count(policy, `"arn:`+test.partition+`:`) {
				t.Errorf("%s, %s: foreign names in %s", test.partition, name, policy)
			}
			if name == "learner" && !strings.Contains(policy, `"`+test.service+`"`) {
				t.Errorf("%s: the role is not for %s", test.partition, test.service)
			}
		}
	}
}
