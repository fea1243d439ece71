package lab_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ed25519"
	"flag"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"go.uber.org/goleak"
	"golang.org/x/crypto/ssh"

	"gatewalk/lab"
	"gatewalk/lab/world"
	"gatewalk/sshx"
)

// Every lab of these tests is closed by its end: nothing may run on. They wait
// for clocks more than they compute, so more of them run at a time than there
// are processors; -parallel on the command line has the last word.
func TestMain(m *testing.M) {
	flag.Set("test.parallel", "10")
	goleak.VerifyTestMain(m)
}

const (
	bucket    = "gwlab-truth"
	key       = "TestImage1.png"
	s3Name    = "s3.ap-northeast-2.amazonaws.com"
	privateIP = "10.0.2.234"
)

var anywhere = netip.MustParsePrefix("0.0.0.0/0")

// guide is a lab that holds the guide's topology: a bastion with a way out, a
// private instance with none, and a bucket with one object.
type guide struct {
	*lab.Lab
	t      *testing.T
	signer ssh.Signer

	vpc, publicTable, privateTable string
	privateSubnet, privateGroup    string
	gateway                        string
	bastion, private               string // instances
}

func openLab(t *testing.T, o lab.Options) *lab.Lab {
	t.Helper()
	if o.Seed == 0 && o.StateDir == "" {
		o.Seed = 1
	}
	if o.Speed == 0 {
		o.Speed = speed
	}
	o.Start = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	l, err := lab.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Errorf("closing the lab: %v", err)
		}
	})
	return l
}

func newGuide(t *testing.T, o lab.Options) *guide {
	t.Helper()
	g := &guide{Lab: openLab(t, o), t: t}
	g.useKey()
	g.build()
	g.putObject(key, bytes.Repeat([]byte("gatewalk"), 1<<10))
	g.wait("both machines to boot", func(s *world.State) bool {
		return len(s.Instances[g.bastion].Console) > 0 && len(s.Instances[g.private].Console) > 0
	})
	return g
}

func (g *guide) useKey() {
	signer, err := ssh.NewSignerFromKey(userKey())
	if err != nil {
		g.t.Fatal(err)
	}
	g.signer = signer
}

// userKey is the learner's key of every guide.
func userKey() ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
}

// change is one transaction on the account that has to succeed.
func (g *guide) change(f func(tx *world.Tx) error) {
	g.t.Helper()
	if err := g.World().Update(f); err != nil {
		g.t.Fatal(err)
	}
}

// made is the result of an operation that has to succeed.
func made[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func (g *guide) build() {
	t := g.t
	g.change(func(tx *world.Tx) error {
		vpc := made(tx.CreateVpc("10.0.0.0/16", nil))(t)
		public := made(tx.CreateSubnet(vpc.ID, "10.0.1.0/24", "ap-northeast-2a", nil))(t)
		private := made(tx.CreateSubnet(vpc.ID, "10.0.2.0/24", "ap-northeast-2a", nil))(t)
		g.gateway = made(tx.CreateInternetGateway(nil))(t).ID
		g.publicTable = made(tx.CreateRouteTable(vpc.ID, nil))(t).ID
		g.privateTable = made(tx.CreateRouteTable(vpc.ID, nil))(t).ID
		g.vpc, g.privateSubnet = vpc.ID, private.ID
		made(tx.AssociateRouteTable(g.publicTable, public.ID))(t)
		made(tx.AssociateRouteTable(g.privateTable, private.ID))(t)

		outer := made(tx.CreateSecurityGroup(vpc.ID, "bastion", "bastion", nil))(t).ID
		g.privateGroup = made(tx.CreateSecurityGroup(vpc.ID, "private", "private", nil))(t).ID
		login := world.GroupRule{Protocol: "tcp", From: 22, To: 22, Cidr: netip.PrefixFrom(world.LaptopAddr, 32)}
		made(tx.AuthorizeSecurityGroup(outer, []world.GroupRule{login}))(t)
		login.Cidr, login.Group = netip.Prefix{}, outer
		made(tx.AuthorizeSecurityGroup(g.privateGroup, []world.GroupRule{login}))(t)

		trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
		made(tx.CreateRole(world.Role{Name: "reader", Trust: trust}))(t)
		made(tx.CreateInstanceProfile(world.InstanceProfile{Name: "reader"}))(t)
		made(tx.ImportKeyPair("key", string(ssh.MarshalAuthorizedKey(g.signer.PublicKey())), "", nil))(t)

		launch := world.Launch{ImageID: image(t, g.Region()), Type: "t3.micro", KeyName: "key", ProfileName: "reader"}
		yes := true
		launch.SubnetID, launch.Groups, launch.PrivateIP, launch.PublicIP = public.ID, []string{outer}, "10.0.1.123", &yes
		for _, err := range []error{
			tx.AttachInternetGateway(g.gateway, vpc.ID),
			tx.CreateRoute(g.publicTable, world.RouteSpec{Cidr: "0.0.0.0/0", Target: g.gateway}),
			tx.PutRolePolicy("reader", "s3", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`),
			tx.AddRoleToInstanceProfile("reader", "reader"),
		} {
			if err != nil {
				return err
			}
		}
		g.bastion = made(tx.RunInstances(launch))(t)[0].ID
		launch.SubnetID, launch.Groups, launch.PrivateIP, launch.PublicIP = private.ID, []string{g.privateGroup}, privateIP, nil
		g.private = made(tx.RunInstances(launch))(t)[0].ID
		return nil
	})
}

func image(t *testing.T, region string) string {
	t.Helper()
	for _, i := range world.RegionData(region).Images() {
		if i.Architecture == "x86_64" {
			return i.ID
		}
	}
	t.Fatal("no image for x86_64")
	return ""
}

// wait lets the lab move on until the account is as done says.
func (g *guide) wait(what string, done func(*world.State) bool) {
	g.t.Helper()
	ok := make(chan struct{}, 1)
	look := func(_, s *world.State) {
		if done(s) {
			select {
			case ok <- struct{}{}:
			default:
			}
		}
	}
	stop := g.World().Watch(look)
	defer stop()
	look(nil, g.World().Snapshot())
	select {
	case <-ok:
	case <-time.After(20 * time.Second):
		g.t.Fatalf("waited in vain for %s", what)
	}
}

// endpoint makes a gateway endpoint for S3 on these tables; policy "" is full
// access.
func (g *guide) endpoint(policy string, tables ...string) (id string) {
	g.t.Helper()
	g.change(func(tx *world.Tx) error {
		e, err := tx.CreateVpcEndpoint(world.EndpointSpec{
			VpcID: g.vpc, Service: "com.amazonaws.ap-northeast-2.s3", Type: "Gateway", Policy: policy, RouteTables: tables,
		})
		if err == nil {
			id = e.ID
		}
		return err
	})
	g.wait("the endpoint", func(s *world.State) bool { return s.Endpoints[id].State == "available" })
	return id
}

func (g *guide) s3() *s3.Client {
	id, secret := g.Credentials()
	return s3.New(s3.Options{
		Region: g.Region(), BaseEndpoint: aws.String(g.Endpoint()), UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(id, secret, ""),
	})
}

// putObject stores an object, in a bucket that is made where there is none.
func (g *guide) putObject(name string, body []byte) {
	g.t.Helper()
	if g.World().Snapshot().Buckets[bucket] == nil {
		_, err := g.s3().CreateBucket(g.t.Context(), &s3.CreateBucketInput{
			Bucket: aws.String(bucket), CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(g.Region())},
		})
		if err != nil {
			g.t.Fatal(err)
		}
	}
	_, err := g.s3().PutObject(g.t.Context(), &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String(name), Body: bytes.NewReader(body)})
	if err != nil {
		g.t.Fatal(err)
	}
}

// target is an instance as it is logged in to: by the key that was imported,
// and trusted by the keys that its console shows.
func (g *guide) target(instance string, addr netip.Addr) sshx.Target {
	g.t.Helper()
	keys := sshx.ParseConsole(g.World().Snapshot().Instances[instance].Console)
	if len(keys) == 0 {
		g.t.Fatalf("the console of %s shows no host key", instance)
	}
	return sshx.Target{
		Addr: netip.AddrPortFrom(addr, 22).String(), User: "ec2-user", Auth: []ssh.AuthMethod{ssh.PublicKeys(g.signer)},
		HostKey: func(host string, _ net.Addr, key ssh.PublicKey) error {
			if !slices.ContainsFunc(keys, func(k ssh.PublicKey) bool { return bytes.Equal(k.Marshal(), key.Marshal()) }) {
				return &sshx.HostKeyChanged{Host: host, Got: key, Want: keys}
			}
			return nil
		},
	}
}

func (g *guide) bastionTarget() sshx.Target {
	s := g.World().Snapshot()
	return g.target(g.bastion, s.Interfaces[s.Instances[g.bastion].InterfaceID].PublicIP)
}

// onBastion and onPrivate log in as a learner does, the second through the first.
func (g *guide) onBastion() *shell { g.t.Helper(); return g.login(g.bastionTarget()) }
func (g *guide) onPrivate() *shell {
	g.t.Helper()
	return g.login(g.bastionTarget(), g.target(g.private, netip.MustParseAddr(privateIP)))
}

func (g *guide) login(hops ...sshx.Target) *shell {
	g.t.Helper()
	ctx, cancel := context.WithTimeout(g.t.Context(), 20*time.Second)
	defer cancel()
	c, err := sshx.Jump(ctx, g, hops...)
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { c.Close() })
	return &shell{c, g}
}

type shell struct {
	*sshx.Client
	guide *guide
}

// result is what a program printed, on both streams, its exit status, and how
// long it took in the lesson's time.
type result struct {
	out    string
	status int
	took   time.Duration
	err    error // it did not come to its end
}

func (s *shell) run(t *testing.T, cmd string) result {
	t.Helper()
	return s.try(t.Context(), cmd).whole(t)
}

func (s *shell) try(ctx context.Context, cmd string) result {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	var out lockedBuffer
	start := s.guide.Clock().Now()
	status, err := s.Run(ctx, cmd, sshx.Streams{Out: &out, Err: &out})
	return result{out.String(), status, s.guide.Clock().Now().Sub(start), cmp.Or(err, ctx.Err())}
}

func (r result) whole(t *testing.T) result {
	t.Helper()
	if r.err != nil {
		t.Fatalf("%v after %q", r.err, r.out)
	}
	return r
}

// lockedBuffer takes both of a command's streams.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// check compares a program's end with what it should be.
func (r result) check(t *testing.T, status int, parts ...string) {
	t.Helper()
	if r.status != status {
		t.Errorf("exit status %d, want %d, after %s", r.status, status, r.out)
	}
	for _, p := range parts {
		if !strings.Contains(r.out, p) {
			t.Errorf("no %q in %s", p, r.out)
		}
	}
}
