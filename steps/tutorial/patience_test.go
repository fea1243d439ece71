package tutorial_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"gatewalk/lab/awsapi"
	"gatewalk/lab/world"
	"gatewalk/steps"
	"gatewalk/steps/tutorial"
)

// always is a fault's Times for one that does not end.
const always = -1

func refusal(action, code, message string, times int) awsapi.Fault {
	return awsapi.Fault{Action: action, Times: times, Before: &world.Error{Code: code, Message: message, Status: 400}}
}

// What AWS needs patience for is waited for, visibly, and can be stopped; what
// no patience mends is said.
func TestPatience(t *testing.T) {
	const roomless = "We currently do not have sufficient t3.micro capacity in the Availability Zone you requested."
	for _, tt := range []struct {
		name    string
		fault   awsapi.Fault
		kind    steps.Kind // of the event that shows it
		msg     string
		failure string // "" where it is overcome
		check   func(*testing.T, *account)
	}{
		{name: "no room for a type", fault: refusal("RunInstances", "InsufficientInstanceCapacity", roomless, 1), kind: steps.Note, msg: "other-zone",
			check: func(t *testing.T, a *account) { a.sizes(t, "t3.small", "t3.micro") }},
		{name: "no such type in the zone", fault: refusal("RunInstances", "Unsupported", "Your requested instance type (t3.micro) is not supported in your requested Availability Zone", 1),
			kind: steps.Note, msg: "other-zone", check: func(t *testing.T, a *account) { a.sizes(t, "t3.small", "t3.micro") }},
		{name: "no room in a zone", fault: refusal("RunInstances", "InsufficientInstanceCapacity", roomless, 4), kind: steps.Note, msg: "other-zone",
			check: func(t *testing.T, a *account) {
				for _, s := range a.world.Snapshot().Subnets {
					if s.Cidr.String() == "10.0.1.0/24" && s.Tags["gatewalk:session"] == "gw-0a1b2c" && s.Zone == "ap-northeast-2a" {
						t.Error("the public subnet is still where there was no room")
					}
				}
			}},
		{name: "no room at all", fault: refusal("RunInstances", "InsufficientInstanceCapacity", roomless, always), kind: steps.Note, msg: "other-zone", failure: "capacity"},
		{name: "too many VPCs", fault: refusal("CreateVpc", "VpcLimitExceeded", "The maximum number of VPCs has been reached.", always), kind: steps.Note, msg: "leftover", failure: "limit"},
		{name: "too many vCPUs", fault: refusal("RunInstances", "VcpuLimitExceeded", "You have requested more vCPU capacity than your current vCPU limit of 0 allows.", always),
			kind: steps.Note, msg: "leftover", failure: "limit"},
		{name: "a profile that EC2 has not heard of", fault: refusal("RunInstances", "InvalidParameterValue", "Value (gatewalk-gw-0a1b2c) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name", 3),
			kind: steps.Waiting, msg: "profile"},
		{name: "a profile whose role EC2 has not heard of", fault: refusal("RunInstances", "InvalidParameterValue", "IAM Instance Profile has no associated IAM Roles", 3), kind: steps.Waiting, msg: "profile"},
		{name: "a role that S3 has not heard of", fault: refusal("s3:PutBucketPolicy", "MalformedPolicy", "Invalid principal in policy", 3), kind: steps.Waiting, msg: "propagation"},
		{name: "S3 still at work on the bucket", fault: refusal("s3:PutPublicAccessBlock", "OperationAborted", "A conflicting conditional operation is currently in progress against this resource. Please try again.", 3), kind: steps.Waiting, msg: "propagation"},
		{name: "S3 still at work on the bucket's tags", fault: refusal("s3:PutBucketTagging", "OperationAborted", "A conflicting conditional operation is currently in progress against this resource. Please try again.", 3), kind: steps.Waiting, msg: "propagation"},
		{name: "S3 still at work on the bucket's policy", fault: refusal("s3:PutBucketPolicy", "OperationAborted", "A conflicting conditional operation is currently in progress against this resource. Please try again.", 3), kind: steps.Waiting, msg: "propagation"},
		{name: "a gateway that is not seen to be attached", fault: refusal("CreateRoute", "InvalidParameterValue", "route table rtb-0 and network gateway igw-0 belong to different networks", 3), kind: steps.Waiting, msg: "propagation"},
		{name: "a role that is not seen to be in its profile", fault: refusal("AddRoleToInstanceProfile", "LimitExceeded", "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1", 1), kind: steps.Waiting, msg: "propagation"},
		{name: "an address that is not free yet", fault: refusal("RunInstances", "InvalidIPAddress.InUse", "Address 10.0.1.123 is in use.", 3), kind: steps.Waiting, msg: "profile"},
		{name: "an account on the free plan", fault: refusal("RunInstances", "InvalidParameterCombination", "The specified instance type is not eligible for Free Tier. For a list of Free Tier instance types, run 'describe-instance-types' with the filter 'free-tier-eligible=true'.", 1),
			kind: steps.Note, msg: "other-zone", check: func(t *testing.T, a *account) { a.sizes(t, "t3.small", "t3.micro") }},
		{name: "a zone that is closed to new accounts", fault: refusal("CreateSubnet", "InvalidParameterValue", "Value (ap-northeast-2a) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: ap-northeast-2b, ap-northeast-2c.", 4),
			kind: steps.Note, msg: "other-zone"},
		{name: "an image that is kept from the account", fault: refusal("RunInstances", "InvalidAMIID.NotFound", "The image id '[ami-0]' does not exist", always), kind: steps.Call, failure: "image"},
		{name: "a VPC that is not to be seen", fault: awsapi.Fault{Action: "CreateVpc", Hide: time.Hour}, kind: steps.Waiting, msg: "propagation"},
		{name: "throttling", fault: awsapi.Fault{Action: "CreateSubnet", Throttle: 6}, kind: steps.Waiting, msg: "throttled"},
		{name: "throttling by S3", fault: awsapi.Fault{Action: "s3:PutBucketTagging", Throttle: 6}, kind: steps.Waiting, msg: "throttled"},
		{name: "throttling without an end", fault: awsapi.Fault{Action: "ImportKeyPair", Throttle: 1e6}, kind: steps.Waiting, msg: "throttled", failure: "throttled"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, "ap-northeast-2")
			a.config.Retryer = impatient
			// Somebody else's session, which is counted where it matters.
			other, closeOther := a.session(t, "gw-00000f", nil)
			defer closeOther()
			if err := other.RunUntil(t.Context(), "3.1"); err != nil {
				t.Fatal(err)
			}
			before := a.things(t)
			a.server.Fault(tt.fault)
			dir := t.TempDir()
			r, done := a.walk(t, dir, func(o *tutorial.Options) {
				quick := o.Sleep
				o.Sleep = func(ctx context.Context, d time.Duration) error {
					if tt.fault.Hide > 0 { // until somebody waits for it
						a.server.ClearFaults()
					}
					return quick(ctx, d)
				}
			})
			err := r.RunUntil(t.Context(), "3.1")
			var f *steps.Failure
			switch {
			case tt.failure == "" && err != nil:
				t.Fatal(err)
			case tt.failure != "" && (!errors.As(err, &f) || f.Msg != tt.failure):
				t.Fatalf("it says %v", err)
			}
			shown := slices.ContainsFunc(r.Session.Events(), func(e steps.Event) bool {
				return e.Kind == tt.kind && e.Msg == tt.msg && (e.Kind != steps.Waiting || e.Args["elapsed"] != "" && e.Args["of"] != "")
			})
			if !shown {
				t.Errorf("no %s %s among the events", tt.kind, tt.msg)
			}
			if tt.check != nil {
				tt.check(t, a)
			}
			a.server.ClearFaults()
			if err := r.RunUntil(t.Context(), "5"); err != nil { // whatever it was, it goes on from there
				t.Error(err)
			}
			if err := r.Run(t.Context(), "6"); err != nil {
				t.Error(err)
			}
			done()
			if after := a.things(t); after != before {
				t.Errorf("left behind: %s", difference(before, after))
			}
		})
	}
}

// sizes are the types of the session's instances, the bastion's first.
func (a *account) sizes(t *testing.T, want ...string) {
	t.Helper()
	var got []string
	s := a.world.Snapshot()
	for _, ip := range []string{"10.0.1.123", "10.0.2.234"} {
		for _, i := range s.Instances {
			if s.Interfaces[i.InterfaceID].PrivateIP.String() == ip && i.Tags["gatewalk:session"] == "gw-0a1b2c" {
				got = append(got, i.Type)
			}
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("the instances are %v, want %v", got, want)
	}
}

// Every wait ends at once when the learner has had enough, and the walk goes on
// from there later.
func TestEveryWaitIsCancelled(t *testing.T) {
	for msg, fault := range map[string]awsapi.Fault{
		"profile":            refusal("RunInstances", "InvalidParameterValue", "Invalid IAM Instance Profile name", always),
		"propagation":        refusal("s3:PutBucketPolicy", "MalformedPolicy", "Invalid principal in policy", always),
		"throttled":          {Action: "CreateRoute", Throttle: 1e6},
		"endpoint-available": {Action: "CreateVpcEndpoint", Hide: time.Hour},
		"deletion":           refusal("DeleteVpc", "DependencyViolation", "The vpc has dependencies and cannot be deleted.", always),
	} {
		t.Run(msg, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, "ap-northeast-2")
			a.config.Retryer = impatient
			before := a.things(t)
			if fault.Action != "" {
				a.server.Fault(fault)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			dir := t.TempDir()
			var r *steps.Runner
			var done func()
			r, done = a.walk(t, dir, func(o *tutorial.Options) {
				quick := o.Sleep
				o.Sleep = func(ctx context.Context, d time.Duration) error {
					events := r.Session.Events()
					if last := events[len(events)-1]; last.Kind != steps.Waiting || last.Msg != msg {
						return quick(ctx, d)
					}
					cancel()
					<-ctx.Done() // a wait that does not listen waits for ever
					return context.Cause(ctx)
				}
			})
			begun := time.Now()
			err := r.RunUntil(ctx, "3.7")
			if err == nil {
				err = r.Run(ctx, "6")
			}
			var f *steps.Failure
			if !errors.As(err, &f) || f.Msg != steps.MsgInterrupted {
				t.Errorf("it says %v", err)
			}
			if took := time.Since(begun); took > 20*time.Second {
				t.Errorf("stopped after %v", took)
			}
			done()
			a.server.ClearFaults()
			r, done = a.walk(t, dir, nil)
			defer done()
			if err := r.Run(t.Context(), "6"); err != nil {
				t.Error(err)
			}
			if after := a.things(t); after != before {
				t.Errorf("left behind: %s", difference(before, after))
			}
		})
	}
}

// The role is news to S3 for a while: the first list is refused, which is
// waited out and not taken for the answer.
func TestFirstListRefused(t *testing.T) {
	t.Parallel()
	c := newClassroom(t, nil)
	c.until(t, "3.2")
	c.lab.API().Fault(refusal("s3:ListObjectsV2", "AccessDenied", "Access Denied", 2))
	c.until(t, "3.3")
	waited := slices.ContainsFunc(c.Session.Events(), func(e steps.Event) bool {
		return e.Step == "3.3" && e.Kind == steps.Waiting && strings.HasPrefix(e.Msg, "propagation")
	})
	if !waited {
		t.Error("nothing shows that it was waited")
	}
}

// The one call that only a login makes is no worse off than the others.
func TestConsoleFaults(t *testing.T) {
	for name, fault := range map[string]awsapi.Fault{
		"refused":   {Action: "GetConsoleOutput", Before: &world.Error{Code: "InternalError", Message: "An internal error has occurred", Status: 500}},
		"lost":      {Action: "GetConsoleOutput", LoseAnswer: true},
		"throttled": {Action: "GetConsoleOutput", Throttle: 10},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClassroom(t, func(o *tutorial.Options) { o.Target.AWS.Retryer = impatient })
			c.until(t, "3.1")
			c.lab.API().Fault(fault)
			c.until(t, "3.2")
			if _, ok := c.Session.State().Seen("3.2", "login", "bastion"); !ok {
				t.Error("nobody logged in")
			}
		})
	}
}
