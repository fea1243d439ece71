package tutorial_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"gatewalk/lab/awsapi"
	"gatewalk/lab/world"
	"gatewalk/steps"
	"gatewalk/steps/tutorial"
)

// A bucket's name that somebody has, here, elsewhere or just now, is told by its
// name, and another one may be chosen.
func TestBucketTaken(t *testing.T) {
	for name, fault := range map[string]awsapi.Fault{
		"by another account": {Action: "s3:HeadBucket", Before: &world.Error{Code: "Forbidden", Status: 403}},
		"in another region":  {Action: "s3:HeadBucket", Before: &world.Error{Code: "PermanentRedirect", Status: 301}},
		"meanwhile":          {Action: "s3:CreateBucket", Before: &world.Error{Code: "BucketAlreadyExists", Message: "The requested bucket name is not available.", Status: 409}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, "ap-northeast-2")
			a.config.Retryer = impatient
			dir := t.TempDir()
			a.server.Fault(fault)
			for _, bucket := range []string{"the-one-i-want", "another-one"} {
				r, done := a.walk(t, dir, func(o *tutorial.Options) { o.BucketName = bucket })
				err := r.RunUntil(t.Context(), "3.1")
				done()
				var f *steps.Failure
				switch {
				case bucket == "another-one" && err != nil:
					t.Errorf("with another name it says %v", err)
				case bucket == "the-one-i-want" && (!errors.As(err, &f) || f.Msg != "bucket-taken" || f.Args["bucket"] != bucket):
					t.Errorf("it says %v, %+v", err, f)
				}
			}
		})
	}
}

// A learner who has made the endpoint in the console is told which one it is.
func TestOtherEndpoint(t *testing.T) {
	t.Parallel()
	a := newAccount(t, "ap-northeast-2")
	r, done := a.walk(t, t.TempDir(), nil)
	defer done()
	if err := r.RunUntil(t.Context(), "3.6"); err != nil {
		t.Fatal(err)
	}
	l := &learner{ec2.NewFromConfig(a.config), t.Context(), t, r.Session.State(), "", a.world}
	out := must(l.CreateVpcEndpoint(l.ctx, &ec2.CreateVpcEndpointInput{VpcId: l.id("vpc", "main"), ServiceName: aws.String("com.amazonaws.ap-northeast-2.s3"),
		RouteTableIds: []string{*l.id("route-table", "private")}}))(t)
	var f *steps.Failure
	if err := r.RunUntil(t.Context(), "3.7"); !errors.As(err, &f) || f.Msg != "other-endpoint" || f.Args["id"] != *out.VpcEndpoint.VpcEndpointId {
		t.Errorf("it says %v", err)
	}
	must(l.DeleteVpcEndpoints(l.ctx, &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{*out.VpcEndpoint.VpcEndpointId}}))(t)
	if err := r.RunUntil(t.Context(), "3.7"); err != nil {
		t.Errorf("without it: %v", err)
	}
}

// An instance whose disk may not be encrypted ends as it begins, and EC2 says
// no more than that.
func TestDiskKey(t *testing.T) {
	t.Parallel()
	a := newAccount(t, "ap-northeast-2")
	var w *tutorial.Walk
	r, done := a.walk(t, t.TempDir(), func(o *tutorial.Options) { w = tutorial.New(*o) })
	defer done()
	if err := r.RunUntil(t.Context(), "3.1"); err != nil {
		t.Fatal(err)
	}
	a.edit(t, func(tx *world.Tx) {
		for id := range a.world.Snapshot().Instances {
			i := *tx.Instances.Get(id)
			i.State, i.StateReason = world.Terminated, "Client.InternalError: Client error on launch"
			tx.Instances.Put(id, &i)
		}
	})
	_, err := w.Connect(t.Context(), r.Session.State(), "bastion")
	var f *steps.Failure
	if !errors.As(err, &f) || f.Msg != "disk-key" || f.Args["command"] != "aws ec2 get-ebs-default-kms-key-id" {
		t.Errorf("it says %v", err)
	}
}

// An instance that was asked for in another way before its answer was lost, and
// is not to be seen yet, is waited for: AWS says that the token is used.
func TestTokenUsed(t *testing.T) {
	t.Parallel()
	a := newAccount(t, "ap-northeast-2")
	before := a.things(t)
	r, done := a.walk(t, t.TempDir(), func(o *tutorial.Options) {
		quick := o.Sleep
		o.Sleep = func(ctx context.Context, d time.Duration) error { // whoever waits sees it
			a.server.ClearFaults()
			return quick(ctx, d)
		}
	})
	defer done()
	a.server.Fault(refusal("RunInstances", "PendingVerification", "Your request is being validated", always))
	if err := r.RunUntil(t.Context(), "3.1"); err == nil {
		t.Fatal("it went on")
	}
	a.server.ClearFaults()
	l := &learner{ec2.NewFromConfig(a.config), t.Context(), t, r.Session.State(), "", a.world}
	const token = "gw-0a1b2c-bastion-11112222"
	if err := l.st.Intend("3.1", steps.Resource{Kind: "instance", Name: "bastion", Token: token}); err != nil {
		t.Fatal(err)
	}
	a.server.Fault(awsapi.Fault{Action: "RunInstances", Hide: time.Hour})
	must(l.RunInstances(l.ctx, &ec2.RunInstancesInput{ClientToken: aws.String(token), ImageId: aws.String("resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"),
		InstanceType: types.InstanceTypeT3Small, MinCount: aws.Int32(1), MaxCount: aws.Int32(1),
		NetworkInterfaces: []types.InstanceNetworkInterfaceSpecification{{DeviceIndex: aws.Int32(0), SubnetId: l.id("subnet", "public"), PrivateIpAddress: aws.String("10.0.1.123"),
			AssociatePublicIpAddress: aws.Bool(true), Groups: []string{*l.id("security-group", "bastion")}}},
		TagSpecifications: []types.TagSpecification{{ResourceType: types.ResourceTypeInstance, Tags: []types.Tag{
			{Key: aws.String("gatewalk:session"), Value: aws.String("gw-0a1b2c")}, {Key: aws.String("gatewalk:part"), Value: aws.String("bastion")}}}}}))(t)
	if err := r.RunUntil(t.Context(), "3.1"); err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(r.Session.Events(), func(e steps.Event) bool {
		return e.Kind == steps.Note && e.Msg == "found" && e.Args["kind"] == "instance"
	}) {
		t.Error("it made another one")
	}
	if err := r.Run(t.Context(), "6"); err != nil {
		t.Fatal(err)
	}
	if after := a.things(t); after != before {
		t.Errorf("left behind: %s", difference(before, after))
	}
}

// Everything that was deleted by hand meanwhile is gone for a clean-up, and made
// again by a walk that goes on.
func TestGoneByHand(t *testing.T) {
	t.Parallel()
	for name, then := range map[string]func(*steps.Runner) error{
		"cleaning up": func(r *steps.Runner) error { return r.Run(t.Context(), "6") },
		"going on": func(r *steps.Runner) error {
			return errors.Join(r.RunUntil(t.Context(), "5"), r.Run(t.Context(), "6"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, "ap-northeast-2")
			before := a.things(t)
			dir, copied := t.TempDir(), t.TempDir()
			r, done := a.walk(t, dir, nil)
			if err := r.RunUntil(t.Context(), "3.7"); err != nil {
				t.Fatal(err)
			}
			done()
			if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
				t.Fatal(err)
			}
			hand, done := a.walk(t, copied, nil)
			if err := hand.Run(t.Context(), "6"); err != nil {
				t.Fatal(err)
			}
			done()
			r, done = a.walk(t, dir, nil)
			defer done()
			if err := then(r); err != nil {
				t.Error(err)
			}
			if left := r.Session.State().Resources(); len(left) > 0 || a.things(t) != before {
				t.Errorf("left behind: %v, %s", left, difference(before, a.things(t)))
			}
		})
	}
}

// A policy that somebody attached to the walk's role is not taken off it; what
// holds the role is said, and everything else goes.
func TestRoleHeld(t *testing.T) {
	t.Parallel()
	a := newAccount(t, "ap-northeast-2")
	before := a.things(t)
	r, done := a.walk(t, t.TempDir(), nil)
	defer done()
	if err := r.RunUntil(t.Context(), "3.1"); err != nil {
		t.Fatal(err)
	}
	roles := iam.NewFromConfig(a.config)
	role, policy := aws.String("gatewalk-gw-0a1b2c"), aws.String("arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore")
	must(roles.AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: role, PolicyArn: policy}))(t)
	var f *steps.Failure
	if err := r.Run(t.Context(), "6"); !errors.As(err, &f) || f.Msg != "role-held" || f.Args["role"] != *role {
		t.Errorf("it says %v", err)
	}
	if left := r.Session.State().Resources(); len(left) != 1 || left[0].Kind != "role" {
		t.Errorf("left is %v", left)
	}
	must(roles.DetachRolePolicy(t.Context(), &iam.DetachRolePolicyInput{RoleName: role, PolicyArn: policy}))(t)
	if err := r.Run(t.Context(), "6"); err != nil {
		t.Error(err)
	}
	if after := a.things(t); after != before {
		t.Errorf("left behind: %s", difference(before, after))
	}
}

// An interface endpoint that the learner made, as the console makes it, holds the
// walk's own: DeleteVpcEndpoints refuses with status 200.
func TestEndpointHeld(t *testing.T) {
	t.Parallel()
	a := newAccount(t, "ap-northeast-2")
	before := a.things(t)
	r, done := a.walk(t, t.TempDir(), nil)
	defer done()
	if err := r.RunUntil(t.Context(), "3.7"); err != nil {
		t.Fatal(err)
	}
	l := &learner{ec2.NewFromConfig(a.config), t.Context(), t, r.Session.State(), "", a.world}
	out := must(l.CreateVpcEndpoint(l.ctx, &ec2.CreateVpcEndpointInput{VpcId: l.id("vpc", "main"), ServiceName: aws.String("com.amazonaws.ap-northeast-2.s3"),
		VpcEndpointType: types.VpcEndpointTypeInterface, SubnetIds: []string{*l.id("subnet", "private")}, PrivateDnsEnabled: aws.Bool(true),
		DnsOptions: &types.DnsOptionsSpecification{PrivateDnsOnlyForInboundResolverEndpoint: aws.Bool(true)}}))(t)
	id := *out.VpcEndpoint.VpcEndpointId
	for _, step := range r.Steps { // the undoing of 3.7 alone says why
		if step.ID() != "3.7" {
			continue
		}
		err := step.Undo(t.Context(), l.st, func(steps.Event) {})
		var f *steps.Failure
		if !errors.As(err, &f) || f.Msg != "api" || !strings.Contains(f.Args["reason"], id) || f.Args["action"] != "ec2:DeleteVpcEndpoints" {
			t.Errorf("it says %v", err)
		}
	}
	if err := r.Run(t.Context(), "6"); err == nil || !strings.Contains(err.Error(), id) && !strings.Contains(failed(err)["things"], id) {
		t.Errorf("cleaning up, it says %v", err)
	}
	must(l.DeleteVpcEndpoints(l.ctx, &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{id}}))(t)
	if err := r.Run(t.Context(), "6"); err != nil {
		t.Error(err)
	}
	if after := a.things(t); after != before {
		t.Errorf("left behind: %s", difference(before, after))
	}
}

// failed are the args of a failure.
func failed(err error) steps.Args {
	var f *steps.Failure
	errors.As(err, &f)
	if f == nil {
		return nil
	}
	return f.Args
}

// The tags that a company asks for are the session's: what a later run makes
// bears them as well.
func TestTagsAreKept(t *testing.T) {
	t.Parallel()
	a := newAccount(t, "ap-northeast-2")
	dir := t.TempDir()
	r, done := a.walk(t, dir, func(o *tutorial.Options) { o.Tags = map[string]string{"CostCenter": "42"} })
	if err := r.RunUntil(t.Context(), "3.1"); err != nil {
		t.Fatal(err)
	}
	done()
	r, done = a.walk(t, dir, nil)
	defer done()
	if err := r.RunUntil(t.Context(), "3.7"); err != nil {
		t.Fatal(err)
	}
	for _, e := range a.world.Snapshot().Endpoints {
		if e.Tags["CostCenter"] != "42" {
			t.Errorf("the endpoint has the tags %v", e.Tags)
		}
	}
	for tag, want := range map[string]bool{"CostCenter=42": true, "팀=교육": true, "empty=": true, "Name=mine": false, "gatewalk:session=gw-1": false, "AWS:x=y": false, "=v": false, "a<b=c": false} {
		key, value, _ := strings.Cut(tag, "=")
		if tutorial.ValidTag(key, value) != want {
			t.Errorf("%s: %v", tag, !want)
		}
	}
}
