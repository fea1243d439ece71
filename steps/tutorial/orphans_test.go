package tutorial_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"gatewalk/steps/tutorial"
)

// What only bears a name like the walk's is a company's own: it is not taken
// for a session's, and one of that session's name would not delete it.
func TestNamesakes(t *testing.T) {
	t.Parallel()
	a := newAccount(t, "ap-northeast-2")
	roles, store := iam.NewFromConfig(a.config), s3.NewFromConfig(a.config, func(o *s3.Options) { o.UsePathStyle = true })
	name := aws.String("gatewalk-gw-operators")
	must(roles.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)}))(t)
	must(roles.CreateInstanceProfile(t.Context(), &iam.CreateInstanceProfileInput{InstanceProfileName: name}))(t)
	must(store.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("gatewalk-logs-gw-operators"),
		CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: "ap-northeast-2"}}))(t)
	before := a.things(t)

	w := tutorial.New(tutorial.Options{Target: tutorial.Target{Name: "test", AWS: a.config}, Dir: t.TempDir()})
	if found, err := w.Orphans(t.Context()); err != nil || len(found) > 0 {
		t.Errorf("it takes for a session's: %v, %v", found, err)
	}
	r, done := a.session(t, "gw-operators", nil)
	defer done()
	if err := r.Run(t.Context(), "6"); err != nil {
		t.Error(err)
	}
	if after := a.things(t); after != before {
		t.Errorf("it deleted %s", difference(after, before))
	}
}
