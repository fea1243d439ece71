package tutorial_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"gatewalk/lab/world"
	"gatewalk/steps"
	"gatewalk/steps/tutorial"
)

// learner is somebody who makes things in the session's VPC by hand.
type learner struct {
	*ec2.Client
	ctx context.Context
	t   *testing.T
	st  *steps.State
	ami string

	world *world.World
}

// until waits on the lab's clock, which hurries.
func (l *learner) until(done func() bool) {
	l.t.Helper()
	for range 1000 {
		if done() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	l.t.Fatal("waited in vain")
}

func (l *learner) id(kind, part string) *string {
	e, ok := l.st.Find(kind, part)
	if !ok {
		l.t.Fatalf("there is no %s/%s", kind, part)
	}
	return &e.ID
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// Whatever the learner made in the session's VPC stays, is named with what it
// keeps from being deleted, at once, and everything else goes. When it is gone,
// cleaning up again leaves nothing.
func TestStrangers(t *testing.T) {
	for name, make := range map[string]func(*learner) (id string, remove func() error){
		"an instance": func(l *learner) (string, func() error) {
			out := must(l.RunInstances(l.ctx, &ec2.RunInstancesInput{ImageId: &l.ami, InstanceType: types.InstanceTypeT3Micro, MinCount: aws.Int32(1), MaxCount: aws.Int32(1),
				SubnetId: l.id("subnet", "private"), SecurityGroupIds: []string{*l.id("security-group", "private")}}))(l.t)
			id := *out.Instances[0].InstanceId
			return id, func() error { // which takes its time, and is waited for
				_, err := l.TerminateInstances(l.ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{id}})
				return err
			}
		},
		"a network interface": func(l *learner) (string, func() error) {
			const id = "eni-0123456789abcdef0" // such as a function's; the lab makes none by itself
			err := l.world.Update(func(tx *world.Tx) error {
				tx.Interfaces.Put(id, &world.Interface{ID: id, VpcID: *l.id("vpc", "main"), SubnetID: *l.id("subnet", "public"), Description: "AWS Lambda VPC ENI"})
				return nil
			})
			if err != nil {
				l.t.Fatal(err)
			}
			return id, func() error {
				return l.world.Update(func(tx *world.Tx) error { tx.Interfaces.Delete(id); return nil })
			}
		},
		"a security group that names one": func(l *learner) (string, func() error) {
			out := must(l.CreateSecurityGroup(l.ctx, &ec2.CreateSecurityGroupInput{GroupName: aws.String("mine"), Description: aws.String("mine"), VpcId: l.id("vpc", "main")}))(l.t)
			must(l.AuthorizeSecurityGroupIngress(l.ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: out.GroupId, IpPermissions: []types.IpPermission{
				{IpProtocol: aws.String("-1"), UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: l.id("security-group", "bastion")}}}}}))(l.t)
			return *out.GroupId, func() error {
				_, err := l.DeleteSecurityGroup(l.ctx, &ec2.DeleteSecurityGroupInput{GroupId: out.GroupId})
				return err
			}
		},
		"a NAT gateway": func(l *learner) (string, func() error) {
			address := must(l.AllocateAddress(l.ctx, &ec2.AllocateAddressInput{Domain: types.DomainTypeVpc}))(l.t)
			out := must(l.CreateNatGateway(l.ctx, &ec2.CreateNatGatewayInput{SubnetId: l.id("subnet", "public"), AllocationId: address.AllocationId}))(l.t)
			id := out.NatGateway.NatGatewayId
			is := func(state types.NatGatewayState) func() bool {
				return func() bool {
					return must(l.DescribeNatGateways(l.ctx, &ec2.DescribeNatGatewaysInput{NatGatewayIds: []string{*id}}))(l.t).NatGateways[0].State == state
				}
			}
			l.until(is(types.NatGatewayStateAvailable))
			return *id, func() error {
				_, err := l.DeleteNatGateway(l.ctx, &ec2.DeleteNatGatewayInput{NatGatewayId: id})
				l.until(is(types.NatGatewayStateDeleted))
				_, rerr := l.ReleaseAddress(l.ctx, &ec2.ReleaseAddressInput{AllocationId: address.AllocationId})
				return errors.Join(err, rerr)
			}
		},
		"a subnet": func(l *learner) (string, func() error) {
			out := must(l.CreateSubnet(l.ctx, &ec2.CreateSubnetInput{VpcId: l.id("vpc", "main"), CidrBlock: aws.String("10.0.9.0/24")}))(l.t)
			return *out.Subnet.SubnetId, func() error {
				_, err := l.DeleteSubnet(l.ctx, &ec2.DeleteSubnetInput{SubnetId: out.Subnet.SubnetId})
				return err
			}
		},
		"another endpoint": func(l *learner) (string, func() error) {
			out := must(l.CreateVpcEndpoint(l.ctx, &ec2.CreateVpcEndpointInput{VpcId: l.id("vpc", "main"), ServiceName: aws.String("com.amazonaws.ap-northeast-2.dynamodb")}))(l.t)
			return *out.VpcEndpoint.VpcEndpointId, func() error {
				_, err := l.DeleteVpcEndpoints(l.ctx, &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{*out.VpcEndpoint.VpcEndpointId}})
				return err
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, "ap-northeast-2")
			before := a.things(t)
			admin := a.config
			a.as(t, tutorial.Policy("aws", "ap-northeast-2", "123456789012", "")) // which is enough to see them
			r, done := a.walk(t, t.TempDir(), nil)
			defer done()
			if err := r.RunUntil(t.Context(), "3.7"); err != nil {
				t.Fatal(err)
			}
			l := &learner{ec2.NewFromConfig(admin), t.Context(), t, r.Session.State(), "", a.world}
			for _, i := range a.world.Snapshot().Instances {
				l.ami = i.ImageID
			}
			id, remove := make(l)
			err := r.Run(t.Context(), "6")
			var f *steps.Failure
			if !errors.As(err, &f) || f.Msg != "blocked" || !strings.Contains(f.Args["things"], id) {
				t.Errorf("with %s in it: %v", id, err)
			}
			left, _ := l.st.Seen("6", "left", "")
			if left.Args["count"] == "0" || len(l.st.Resources()) == 0 {
				t.Errorf("it says that nothing is left: %v, %v", left, l.st.Resources())
			}
			for _, e := range l.st.Resources() {
				if !slices.Contains([]string{"vpc", "subnet", "security-group", "internet-gateway"}, e.Kind) {
					t.Errorf("%s %s is left, and nothing hangs on it", e.Kind, e.ID)
				}
			}
			if err := remove(); err != nil { // so it was there
				t.Fatal(err)
			}
			if err := r.Run(t.Context(), "6"); err != nil {
				t.Errorf("when it is gone: %v", err)
			}
			if after := a.things(t); after != before {
				t.Errorf("left behind: %s", difference(before, after))
			}
		})
	}
}

// A bucket in which the learner put files is not emptied, or is when that is
// asked for.
func TestOwnFiles(t *testing.T) {
	for name, put := range map[string]func(context.Context, *s3.Client, *string) error{
		"a file": func(ctx context.Context, c *s3.Client, bucket *string) error {
			_, err := c.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: aws.String("holiday.jpg"), Body: bytes.NewReader([]byte("mine"))})
			return err
		},
		"one in the sample's place": func(ctx context.Context, c *s3.Client, bucket *string) error {
			_, err := c.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: aws.String("TestImage1.png"), Body: bytes.NewReader([]byte("mine"))})
			return err
		},
		"an earlier version": func(ctx context.Context, c *s3.Client, bucket *string) error {
			_, err := c.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{Bucket: bucket, VersioningConfiguration: &s3types.VersioningConfiguration{Status: "Enabled"}})
			if err != nil {
				return err
			}
			if _, err := c.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: aws.String("holiday.jpg"), Body: bytes.NewReader([]byte("mine"))}); err != nil {
				return err
			}
			for _, key := range []string{"holiday.jpg", "TestImage1.png", "never.was"} { // markers hide them all
				if _, err := c.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: bucket, Key: &key}); err != nil {
					return err
				}
			}
			return nil
		},
		"half an upload": func(ctx context.Context, c *s3.Client, bucket *string) error {
			_, err := c.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: bucket, Key: aws.String("holiday.mov")})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, "ap-northeast-2")
			before := a.things(t)
			dir := t.TempDir()
			r, done := a.walk(t, dir, nil)
			if err := r.RunUntil(t.Context(), "3.1"); err != nil {
				t.Fatal(err)
			}
			bucket := r.Session.State().Value("bucket")
			if err := put(t.Context(), s3.NewFromConfig(a.config, func(o *s3.Options) { o.UsePathStyle = true }), &bucket); err != nil {
				t.Fatal(err)
			}
			var f *steps.Failure
			if err := r.Run(t.Context(), "6"); !errors.As(err, &f) || f.Msg != "bucket-files" || f.Args["count"] != "1" {
				t.Errorf("it says %v", err)
			}
			for _, e := range r.Session.State().Resources() {
				if e.Kind != "bucket" && e.Kind != "object" {
					t.Errorf("%s %s is left as well", e.Kind, e.ID)
				}
			}
			done()
			r, done = a.walk(t, dir, func(o *tutorial.Options) { o.EmptyBucket = true })
			defer done()
			if err := r.Run(t.Context(), "6"); err != nil {
				t.Errorf("allowed, it says %v", err)
			}
			if after := a.things(t); after != before {
				t.Errorf("left behind: %s", difference(before, after))
			}
		})
	}
}

// What a session left whose file is lost is found by its tags, a bucket that the
// learner named as well, and removed under the session's id.
func TestLostSession(t *testing.T) {
	t.Parallel()
	for _, bucket := range []string{"", "a-name-of-my-own"} {
		a := newAccount(t, "ap-northeast-2")
		before := a.things(t)
		r, done := a.walk(t, t.TempDir(), func(o *tutorial.Options) { o.BucketName = bucket })
		if err := r.RunUntil(t.Context(), "3.7"); err != nil {
			t.Fatal(err)
		}
		name := r.Session.State().Value("bucket")
		done()
		var options tutorial.Options
		r, done = a.walk(t, t.TempDir(), func(o *tutorial.Options) { options = *o }) // the same id, and nothing else is known
		defer done()
		w := tutorial.New(options)
		defer w.Close()
		found, err := w.Orphans(t.Context())
		isBucket := func(o tutorial.Orphan) bool {
			return o.Session == "gw-0a1b2c" && o.Kind == "bucket" && o.ID == name && !o.Since.IsZero()
		}
		if err != nil || len(found) != 17 || !slices.ContainsFunc(found, isBucket) {
			t.Errorf("%d things are found: %v, %v", len(found), found, err)
		}
		// Something of another's is named here, too.
		const stranger = "eni-0123456789abcdef0"
		a.edit(t, func(tx *world.Tx) {
			for _, s := range a.world.Snapshot().Subnets {
				tx.Interfaces.Put(stranger, &world.Interface{ID: stranger, VpcID: s.VpcID, SubnetID: s.ID})
			}
		})
		var f *steps.Failure
		if err := r.Run(t.Context(), "6"); !errors.As(err, &f) || f.Msg != "blocked" || f.Args["things"] != stranger {
			t.Errorf("with %s in it: %v", stranger, err)
		}
		a.edit(t, func(tx *world.Tx) { tx.Interfaces.Delete(stranger) })
		if err := r.Run(t.Context(), "6"); err != nil {
			t.Error(err)
		}
		if after := a.things(t); after != before {
			t.Errorf("left behind: %s", difference(before, after))
		}
	}
}

// edit changes the account behind AWS's back.
func (a *account) edit(t *testing.T, change func(*world.Tx)) {
	t.Helper()
	if err := a.world.Update(func(tx *world.Tx) error { change(tx); return nil }); err != nil {
		t.Fatal(err)
	}
}

// Two sessions on one account do not touch each other, whichever comes first.
func TestTwoSessions(t *testing.T) {
	t.Parallel()
	a := newAccount(t, "ap-northeast-2")
	before := a.things(t)
	one, closeOne := a.session(t, "gw-000001", nil)
	defer closeOne()
	if err := one.RunUntil(t.Context(), "3.7"); err != nil {
		t.Fatal(err)
	}
	alone := a.things(t)
	two, closeTwo := a.session(t, "gw-000002", nil)
	defer closeTwo()
	if err := two.RunUntil(t.Context(), "5"); err != nil {
		t.Fatal(err)
	}
	if err := two.Run(t.Context(), "6"); err != nil {
		t.Fatal(err)
	}
	if after := a.things(t); after != alone {
		t.Errorf("the second session changed what the first one has: %s", difference(alone, after))
	}
	// And a bucket's name that one has the other does not get, nor remove.
	named := func(o *tutorial.Options) { o.BucketName = "one-name-for-two" }
	three, closeThree := a.session(t, "gw-000003", named)
	defer closeThree()
	if err := three.RunUntil(t.Context(), "3.1"); err != nil {
		t.Fatal(err)
	}
	threeAndOne := a.things(t)
	four, closeFour := a.session(t, "gw-000004", named)
	defer closeFour()
	var f *steps.Failure
	if err := four.RunUntil(t.Context(), "3.1"); !errors.As(err, &f) || f.Msg != "bucket-taken" {
		t.Errorf("the name was given to both: %v", err)
	}
	// As if it had chosen the name before the other one made the bucket.
	if err := four.Session.State().Set("bucket", "one-name-for-two"); err != nil {
		t.Fatal(err)
	}
	if err := four.RunUntil(t.Context(), "3.1"); !errors.As(err, &f) || f.Msg != "bucket-taken" {
		t.Errorf("the bucket was taken for its own: %v", err)
	}
	if err := four.Session.State().Set("bucket", "one-name-for-two"); err != nil {
		t.Fatal(err)
	}
	if err := four.Run(t.Context(), "6"); err != nil {
		t.Errorf("cleaning up: %v", err)
	}
	if after := a.things(t); after != threeAndOne {
		t.Errorf("the fourth session changed what others have: %s", difference(after, threeAndOne))
	}
	for _, r := range []*steps.Runner{one, three} {
		if err := r.Run(t.Context(), "6"); err != nil {
			t.Error(err)
		}
	}
	if after := a.things(t); after != before {
		t.Errorf("left behind: %s", difference(before, after))
	}
}
