package tutorial_test

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"go.uber.org/goleak"

	"gatewalk/lab"
	"gatewalk/sshx"
	"gatewalk/steps"
	"gatewalk/steps/tutorial"
)

// Tests that run a walk mostly wait, so more of them than there are processors
// may run at a time. The flag -parallel still has the last word.
func TestMain(m *testing.M) {
	flag.Set("test.parallel", "10")
	goleak.VerifyTestMain(m)
}

// classroom is a whole lab with one session in it.
type classroom struct {
	*steps.Runner
	lab    *lab.Lab
	walk   *tutorial.Walk
	config aws.Config
}

func newClassroom(t *testing.T, edit func(*tutorial.Options)) *classroom {
	t.Helper()
	l, err := lab.Start(t.Context(), lab.Options{Seed: 1, Speed: 60})
	if err != nil {
		t.Fatal(err)
	}
	key, secret := l.Credentials()
	c := &classroom{lab: l, config: aws.Config{
		Region: l.Region(), BaseEndpoint: aws.String(l.Endpoint()), Credentials: credentials.NewStaticCredentialsProvider(key, secret, ""),
	}}
	o := tutorial.Options{Target: tutorial.Target{Name: "lab", AWS: c.config, Dial: l}, Dir: t.TempDir(), Sleep: l.Clock().Sleep}
	if edit != nil {
		edit(&o)
	}
	c.walk = tutorial.New(o)
	s, err := steps.Open(o.Dir, steps.SessionOptions{Now: l.Clock().Now, Course: tutorial.Name})
	if err != nil {
		t.Fatal(err)
	}
	c.Runner = &steps.Runner{Steps: c.walk.Steps(), Session: s}
	t.Cleanup(func() {
		if t.Failed() {
			for _, e := range s.Events() {
				if e.Kind != steps.Call {
					t.Log(e.Step, e.Kind, e.Host, e.Msg, e.Text, e.Args, e.Err)
				}
			}
		}
		if err := errors.Join(c.walk.Close(), s.Close(), l.Close()); err != nil {
			t.Error(err)
		}
	})
	return c
}

// until walks up to and with a step.
func (c *classroom) until(t *testing.T, id steps.ID) {
	t.Helper()
	if err := c.RunUntil(t.Context(), id); err != nil {
		t.Fatal(err)
	}
}

// seen is what a step observed.
func (c *classroom) seen(t *testing.T, id steps.ID, msg, host string) steps.Event {
	t.Helper()
	e, ok := c.Session.State().Seen(id, msg, host)
	if !ok {
		t.Errorf("step %s did not observe %s on %q", id, msg, host)
	}
	return e
}

// failure is the key of a step's failure, "" for none.
func failure(err error) string {
	var f *steps.Failure
	if errors.As(err, &f) {
		return f.Msg
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// The whole course: every fact of the guide is seen, and nothing is left.
func TestWalk(t *testing.T) {
	t.Parallel()
	c := newClassroom(t, nil)
	c.until(t, "")
	for _, test := range []struct {
		step      steps.ID
		msg, host string
		args      steps.Args
	}{
		{"3.1", "identity", "", steps.Args{"region": "ap-northeast-2"}},
		{"3.2", "login", "bastion", steps.Args{"hop": "0", "hostname": "ip-10-0-1-123.ap-northeast-2.compute.internal"}},
		{"3.3", "listing", "bastion", steps.Args{"key": "TestImage1.png", "size": "478809"}},
		{"3.4", "login", "private", steps.Args{"hop": "1", "address": "10.0.2.234"}},
		{"3.5", "silence", "private", steps.Args{"elapsed": "15s", "status": "130"}},
		{"3.6", "services", "", steps.Args{"service": "com.amazonaws.ap-northeast-2.s3"}},
		{"3.7", "endpoint", "", steps.Args{"state": "available", "route_table": "private"}},
		{"3.8", "listing", "private", steps.Args{"key": "TestImage1.png"}},
		{"4.1", "addresses", "bastion", steps.Args{"server": "10.0.0.2"}},
		{"4.1", "addresses", "private", steps.Args{"server": "10.0.0.2"}},
		{"4.2", "trace", "bastion", steps.Args{"method": "udp", "dest": "52.219.56.25", "hops": "8", "reached": "yes"}},
		{"4.2", "trace", "private", steps.Args{"method": "udp", "dest": "3.5.143.161", "hops": "30", "reached": "no", "silent": "yes"}},
		{"4.3b", "trace", "private", steps.Args{"method": "tcp", "dest": "3.5.143.161", "reached": "yes"}},
		{"4.3b", "trace", "bastion", steps.Args{"method": "tcp", "dest": "3.5.143.161", "reached": "yes"}},
		{"4.4", "prefix-list", "", steps.Args{"id": "pl-78a54011"}},
		{"6", "left", "", steps.Args{"count": "0"}},
	} {
		e := c.seen(t, test.step, test.msg, test.host)
		for k, v := range test.args {
			if e.Args[k] != v {
				t.Errorf("step %s, %s on %q: %s is %q, want %q", test.step, test.msg, test.host, k, e.Args[k], v)
			}
		}
	}
	endpoint := c.seen(t, "3.7", "endpoint", "").Args["id"]
	rows := map[string]bool{}
	for _, e := range c.Session.Events() {
		if e.Msg == "routes" && e.Step == "3.7" {
			rows[e.Args["table"]+" "+e.Args["when"]] = slices.ContainsFunc(e.Rows, func(r []string) bool { return r[0] == "pl-78a54011" && r[1] == endpoint })
		}
		if strings.ContainsAny(e.Text, "\x1b\r") {
			t.Errorf("escape codes in %q", e.Text)
		}
	}
	for table, want := range map[string]bool{"private before": false, "private after": true, "public before": false, "public after": false} {
		if got, ok := rows[table]; !ok || got != want {
			t.Errorf("the endpoint's row in the table %s: %v, want %v", table, got, want)
		}
	}
	if st := c.Session.State(); len(st.Resources()) > 0 {
		t.Errorf("the ledger still holds %v", st.Resources())
	}
	if s := c.lab.World().Snapshot(); len(s.Vpcs)+len(s.Buckets)+len(s.Roles)+len(s.Volumes)+len(s.KeyPairs) > 0 {
		t.Error("the account still holds something")
	}
}

// The wrong table is allowed; 3.8 hangs, says why, and the right one mends it.
func TestWrongTable(t *testing.T) {
	t.Parallel()
	c := newClassroom(t, nil)
	st := c.Session.State()
	if err := st.Choose("3.7", tutorial.RouteTable, "public"); err != nil {
		t.Fatal(err)
	}
	c.until(t, "3.7")
	var f *steps.Failure
	if err := c.Run(t.Context(), "3.8"); !errors.As(err, &f) || f.Msg != "wrong-table" || f.Args["table"] != "public" || f.Args["want"] != "private" {
		t.Fatalf("with the public table: %v", err)
	}
	if err := st.Choose("3.7", tutorial.RouteTable, "private"); err != nil {
		t.Fatal(err)
	}
	for _, id := range []steps.ID{"3.7", "3.8"} {
		if err := c.Run(t.Context(), id); err != nil {
			t.Fatalf("with the private table: %v", err)
		}
	}
	for _, e := range c.Session.Events() {
		if e.Msg == "routes" && e.Args["when"] == "before" && slices.ContainsFunc(e.Rows, func(row []string) bool { return strings.HasPrefix(row[0], "pl-") }) {
			t.Errorf("before the endpoint, the %s table has its route: %v", e.Args["table"], e.Rows)
		}
	}
	// Going back takes the route away, and the silence returns.
	if err := c.Rewind(t.Context(), "3.6"); err != nil {
		t.Fatal(err)
	}
	if err := c.Run(t.Context(), "3.5"); err != nil {
		t.Errorf("after going back: %v", err)
	}
	if got := failure(c.Run(t.Context(), "3.8")); got != "no-endpoint" {
		t.Errorf("without an endpoint: %s", got)
	}
	if got := failure(c.Run(t.Context(), "4.3b")); got != "tcp-not-reached" {
		t.Errorf("TCP without an endpoint: %s", got)
	}
}

// As in the guide, the key may be copied; the copy does not stay.
func TestCopyKey(t *testing.T) {
	t.Parallel()
	c := newClassroom(t, func(o *tutorial.Options) { o.CopyKey = true })
	c.until(t, "3.4")
	var typed []string
	for _, e := range c.Session.Events() {
		if e.Step == "3.4" && e.Kind == steps.Command {
			typed = append(typed, e.Host+": "+strings.Fields(e.Text)[0])
		}
	}
	if want := []string{": scp", "bastion: ssh", "private: hostname"}; !slices.Equal(typed, want) {
		t.Errorf("typed %q, want %q", typed, want)
	}
	client, err := c.walk.Connect(t.Context(), c.Session.State(), "bastion")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	var out strings.Builder
	if _, err := client.Run(t.Context(), "ls -a", sshx.Streams{Out: &out}); err != nil || strings.Contains(out.String(), ".pem") {
		t.Errorf("on the bastion: %q, %v", out.String(), err)
	}
}

// Instances that somebody terminated are made anew, with keys and addresses of
// their own, and what was seen on the old ones holds no more.
func TestReplacedInstances(t *testing.T) {
	t.Parallel()
	c := newClassroom(t, nil)
	c.until(t, "3.5")
	var ids []string
	for _, e := range c.Session.State().Resources() {
		if e.Kind == "instance" {
			ids = append(ids, e.ID)
		}
	}
	api := ec2.NewFromConfig(c.config)
	if _, err := api.TerminateInstances(t.Context(), &ec2.TerminateInstancesInput{InstanceIds: ids}); err != nil {
		t.Fatal(err)
	}
	c.until(t, "3.1")
	if got := c.Status("3.3"); got != steps.NotYet {
		t.Errorf("3.3 is said to be %q", got)
	}
	c.until(t, "3.5")
	for _, e := range c.Session.State().Resources() {
		if slices.Contains(ids, e.ID) {
			t.Errorf("%s is still recorded", e.ID)
		}
	}
}

// What goes wrong on the way is told by what it means.
func TestFailures(t *testing.T) {
	for _, test := range []struct {
		name  string
		until steps.ID
		spoil func(ctx context.Context, c *classroom) error
		step  steps.ID
		want  string
	}{
		{"too early", "2", nil, "3.3", "needs"},
		{"another host key", "3.1", func(_ context.Context, c *classroom) error {
			stranger, err := sshx.Key(filepath.Join(t.TempDir(), "key"), "")
			if err != nil {
				return err
			}
			pins, err := sshx.OpenPins(filepath.Join(c.Session.Dir(), "known_hosts"))
			if err != nil {
				return err
			}
			return pins.Add(c.Session.State().Value("host.bastion")+":22", stranger.PublicKey())
		}, "3.2", "ssh-host-changed"},
		{"another key", "3.1", func(_ context.Context, c *classroom) error {
			key := filepath.Join(c.Session.Dir(), "key.pem")
			if err := os.Remove(key); err != nil {
				return err
			}
			_, err := sshx.Key(key, "")
			return err
		}, "3.2", "ssh-auth"},
		{"no rights", "3.2", func(ctx context.Context, c *classroom) error {
			st := c.Session.State()
			_, err := iam.NewFromConfig(c.config).DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{
				RoleName: aws.String("gatewalk-" + st.ID()), PolicyName: aws.String("read-the-bucket")})
			_, err2 := s3.NewFromConfig(c.config, func(o *s3.Options) { o.UsePathStyle = true }).DeleteBucketPolicy(ctx, &s3.DeleteBucketPolicyInput{Bucket: aws.String(st.Value("bucket"))})
			return errors.Join(err, err2)
		}, "3.3", "host-denied"},
		{"no names", "3.2", func(ctx context.Context, c *classroom) error {
			_, err := ec2.NewFromConfig(c.config).ModifyVpcAttribute(ctx, &ec2.ModifyVpcAttributeInput{VpcId: aws.String(c.id("vpc", "main")), EnableDnsSupport: &types.AttributeBooleanValue{Value: aws.Bool(false)}})
			return err
		}, "3.3", "unresolved"},
		{"no names to look up", "3.4", func(ctx context.Context, c *classroom) error {
			_, err := ec2.NewFromConfig(c.config).ModifyVpcAttribute(ctx, &ec2.ModifyVpcAttributeInput{VpcId: aws.String(c.id("vpc", "main")), EnableDnsSupport: &types.AttributeBooleanValue{Value: aws.Bool(false)}})
			return err
		}, "4.1", "no-address"},
		{"no way out of the group", "3.7", func(ctx context.Context, c *classroom) error {
			_, err := ec2.NewFromConfig(c.config).RevokeSecurityGroupEgress(ctx, &ec2.RevokeSecurityGroupEgressInput{GroupId: aws.String(c.id("security-group", "private")),
				IpPermissions: []types.IpPermission{{IpProtocol: aws.String("-1"), IpRanges: []types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}}}}})
			return err
		}, "3.8", "still-silent"},
		{"no endpoint any more", "3.7", func(ctx context.Context, c *classroom) error {
			_, err := ec2.NewFromConfig(c.config).DeleteVpcEndpoints(ctx, &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{c.id("vpc-endpoint", "s3")}})
			return err
		}, "4.4", "no-endpoint-route"},
		{"no role policy", "3.1", func(ctx context.Context, c *classroom) error {
			_, err := iam.NewFromConfig(c.config).DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{
				RoleName: aws.String("gatewalk-" + c.Session.State().ID()), PolicyName: aws.String("read-the-bucket")})
			return err
		}, "5", "role-policy"},
		{"files of the learner's", "3.1", func(ctx context.Context, c *classroom) error {
			_, err := s3.NewFromConfig(c.config, func(o *s3.Options) { o.UsePathStyle = true }).PutObject(ctx, &s3.PutObjectInput{
				Bucket: aws.String(c.Session.State().Value("bucket")), Key: aws.String("thesis.docx"), Body: strings.NewReader("years")})
			return err
		}, "6", "bucket-files"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := newClassroom(t, nil)
			c.until(t, test.until)
			if test.spoil != nil {
				if err := test.spoil(t.Context(), c); err != nil {
					t.Fatal(err)
				}
			}
			if got := failure(c.Run(t.Context(), test.step)); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// id is what the ledger knows a thing by.
func (c *classroom) id(kind, part string) string {
	e, _ := c.Session.State().Find(kind, part)
	return e.ID
}

// Addresses of an endpoint that is not AWS's are not dialled.
func TestNoWayIn(t *testing.T) {
	t.Parallel()
	c := newClassroom(t, func(o *tutorial.Options) { o.Target.Dial = nil })
	c.until(t, "3.1")
	if got := failure(c.Run(t.Context(), "3.2")); got != "no-way-in" {
		t.Errorf("got %q", got)
	}
	if _, err := c.walk.Connect(t.Context(), c.Session.State(), "private"); failure(err) != "no-way-in" {
		t.Errorf("a shell: got %v", err)
	}
}

// Ctrl-C in the middle stops within moments, and the walk goes on from there.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	c := newClassroom(t, nil)
	c.until(t, "3.4")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	began := time.Now()
	if got := failure(c.Run(ctx, "3.5")); got != "interrupted" {
		t.Errorf("got %s", got)
	}
	if d := time.Since(began); d > 10*time.Second {
		t.Errorf("stopping took %v", d)
	}
	c.until(t, "3.5")
}
