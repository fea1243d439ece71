package tutorial_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"gatewalk/lab/world"
	"gatewalk/steps"
	"gatewalk/steps/tutorial"
)

// rare are the rights for what an undisturbed walk does not meet, or that this
// account cannot ask for, with the reason.
var rare = map[string]string{
	"ec2:GetConsoleOutput":       "read at the login, which needs a machine",
	"ec2:DeleteVolume":           "for a volume that outlived its instance",
	"ec2:DisassociateRouteTable": "for a table whose subnet is still there",
	"s3:DeleteObjectVersion":     "for a bucket in which versions were turned on",
	"s3:AbortMultipartUpload":    "for an upload that somebody left half done",
	"sts:GetCallerIdentity":      "AWS allows it to everybody",
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

// errands walks, changes its mind about the route table, and cleans up. It
// returns the actions that were refused.
func (a *account) errands(t *testing.T) (denied []string) {
	t.Helper()
	r, done := a.walk(t, t.TempDir(), nil)
	defer done()
	note := func(err error) bool {
		var f *steps.Failure
		if errors.As(err, &f) && f.Msg == "access-denied" {
			denied = append(denied, f.Args["action"])
		} else if err != nil {
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
	} {
		if !note(do()) {
			break
		}
	}
	note(r.Run(t.Context(), "6"))
	return denied
}

// The policy for the learner is enough, and not one action of it is too much:
// without any of them, something fails with a sentence that names it.
func TestLeastRights(t *testing.T) {
	whole := tutorial.Policy("aws", "ap-northeast-2", "123456789012")
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
		if rare[action] != "" || !everyFault() && i%11 != 0 {
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
			"learner": tutorial.Policy(test.partition, test.region, "123456789012"),
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
