package awsapi

import (
	"fmt"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"gatewalk/lab/world"
)

// TestUnsaved: a change that there is no room to save is refused as AWS words
// its own troubles, and has not happened; with room again it succeeds.
func TestUnsaved(t *testing.T) {
	var full atomic.Bool
	l := newAPIOn(t, world.Options{Seed: 7, Clock: world.NewClock(time.Date(2022, 1, 3, 2, 36, 9, 0, time.UTC), 1), Save: func(*world.State) error {
		if full.Load() {
			return fmt.Errorf("saving the lab: %w", syscall.ENOSPC)
		}
		return nil
	}})
	full.Store(true)
	vpc := func() error {
		_, err := l.ec2.CreateVpc(l.ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
		return err
	}
	user := func() error {
		_, err := l.iam.CreateUser(l.ctx, &iam.CreateUserInput{UserName: aws.String("a")})
		return err
	}
	for name, call := range map[string]func() error{"InternalError": vpc, "ServiceFailure": user} {
		before := l.world.Snapshot()
		if err := call(); code(err) != name {
			t.Errorf("without room: %v, want %s", err, name)
		}
		if l.world.Snapshot() != before {
			t.Errorf("%s: something happened", name)
		}
	}
	if out := must(l.ec2.DescribeVpcs(l.ctx, nil))(t); len(out.Vpcs) != 0 {
		t.Errorf("a VPC that was refused: %v", out.Vpcs)
	}
	full.Store(false)
	for _, call := range []func() error{vpc, user} {
		if err := call(); err != nil {
			t.Errorf("with room again: %v", err)
		}
	}
}
