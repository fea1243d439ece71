package lab_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"golang.org/x/net/proxy"

	"gatewalk/lab"
	"gatewalk/lab/world"
	"gatewalk/sshx"
)

// soaked is one lab under eight clients.
type soaked struct {
	*guide
	dir   string
	door  string // SOCKS
	ec2   *ec2.Client
	store *s3.Client
	image string
	// between is held for reading while a client works, so that what is measured
	// is measured between two laps of each.
	between sync.RWMutex
	laps    atomic.Int64
}

// A lab that is worked in does not grow: what it remembers of calls, flows and
// what is gone is bounded, on the heap and on the disk. Ten minutes of it with
// GATEWALK_LONG set.
func TestSoak(t *testing.T) {
	// In the short form the tables are still filling up: only what grows without
	// measure is noticed.
	warm, rest, samples, more := time.Second, 500*time.Millisecond, 2, measured{heap: 16 << 20, file: 100 << 10}
	if long() {
		warm, rest, samples, more = 5*time.Minute, 30*time.Second, 12, measured{heap: 4 << 20, file: 16 << 10}
	}
	s := &soaked{dir: t.TempDir()}
	// A day of the lesson in five minutes: what a lab forgets, it forgets within
	// one (an hour what is terminated, a day client tokens and credentials). Under
	// the race detector it is slower: who waits two minutes of the lesson for a
	// connection waits half a second then.
	s.guide = newGuide(t, lab.Options{StateDir: s.dir, Speed: 30 * speed})
	s.endpoint("", s.privateTable)
	s.ec2 = ec2.NewFromConfig(configOf(s.Lab))
	s.store = s.s3()
	s.image = image(t, s.Region())
	var err error
	if s.door, err = s.ListenSOCKS(""); err != nil {
		t.Fatal(err)
	}

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var clients sync.WaitGroup
	for name, lap := range map[string]func(context.Context, int) error{
		"the account": s.tagAndGroup, "instances": s.launch, "endpoints": s.comeAndGo, "logins": s.logIn,
		"one login": s.oneLogin(t), "objects": s.putAndGet, "flows": s.connect, "a proxy": s.throughTheDoor,
	} {
		clients.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				s.between.RLock()
				err := lap(ctx, i)
				s.between.RUnlock()
				if err != nil && ctx.Err() == nil {
					t.Errorf("%s, lap %d: %v", name, i, err)
					return
				}
				s.laps.Add(1)
			}
		})
	}
	time.Sleep(warm)
	var early, late measured // sums
	for i := range samples {
		time.Sleep(rest)
		half := &early
		if i >= samples/2 {
			half = &late
		}
		m := s.measure(t)
		half.heap += m.heap
		half.file += m.file
		half.goroutines += m.goroutines
		if m.calls > 2000 {
			t.Errorf("the log holds %d calls", m.calls)
		}
	}
	stop()
	clients.Wait()
	n := samples / 2 // heaps differ from moment to moment: means are compared
	if was, is := early.heap/int64(n), late.heap/int64(n); is > was+more.heap {
		t.Errorf("the heap grew from %d to %d bytes", was, is)
	}
	if was, is := early.file/int64(n), late.file/int64(n); is > was+more.file {
		t.Errorf("the saved lab grew from %d to %d bytes", was, is)
	}
	if was, is := early.goroutines/n, late.goroutines/n; is > was+8 {
		t.Errorf("the goroutines grew from %d to %d", was, is)
	}
}

type measured struct {
	heap, file        int64
	goroutines, calls int
}

func (s *soaked) measure(t *testing.T) (m measured) {
	t.Helper()
	s.between.Lock()
	defer s.between.Unlock()
	// What has ended may need a moment to be gone.
	for i := 0; i < 3; i++ {
		time.Sleep(100 * time.Millisecond)
		m.heap, m.goroutines = use()
	}
	var kept bytes.Buffer
	if err := s.World().Snapshot().Encode(&kept); err != nil {
		t.Error(err)
	}
	m.file = int64(kept.Len())
	m.calls = len(s.API().Calls())
	t.Logf("after %6d laps: %9d bytes of heap, %4d goroutines, %6d bytes kept, %d calls logged", s.laps.Load(), m.heap, m.goroutines, m.file, m.calls)
	return m
}

// tagAndGroup describes, tags and untags, and makes a group and deletes it.
func (s *soaked) tagAndGroup(ctx context.Context, i int) error {
	if _, err := s.ec2.DescribeInstances(ctx, nil); err != nil {
		return err
	}
	if _, err := s.ec2.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{VpcIds: []string{s.vpc}}); err != nil {
		return err
	}
	tag := []ec2types.Tag{{Key: aws.String("lap"), Value: aws.String(fmt.Sprint(i))}}
	if _, err := s.ec2.CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{s.vpc, s.bastion}, Tags: tag}); err != nil {
		return err
	}
	if _, err := s.ec2.DeleteTags(ctx, &ec2.DeleteTagsInput{Resources: []string{s.vpc, s.bastion}, Tags: tag}); err != nil {
		return err
	}
	group, err := s.ec2.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{GroupName: aws.String("soak"), Description: aws.String("soak"), VpcId: &s.vpc})
	if err != nil {
		return err
	}
	_, err = s.ec2.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: group.GroupId})
	return err
}

// launch starts an instance, lets it boot, and terminates it.
func (s *soaked) launch(ctx context.Context, _ int) error {
	out, err := s.ec2.RunInstances(ctx, &ec2.RunInstancesInput{
		ImageId: &s.image, InstanceType: "t3.micro", MinCount: aws.Int32(1), MaxCount: aws.Int32(1), SubnetId: &s.privateSubnet,
	})
	if err != nil {
		return err
	}
	id := *out.Instances[0].InstanceId
	if err := s.until(ctx, func(st *world.State) bool { i := st.Instances[id]; return i != nil && len(i.Console) > 0 }); err != nil {
		return fmt.Errorf("booting %s: %w", id, err)
	}
	if _, err := s.ec2.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{id}}); err != nil {
		return err
	}
	return s.Clock().Sleep(ctx, 5*time.Minute)
}

// comeAndGo makes a second endpoint, on the public table, and deletes it.
func (s *soaked) comeAndGo(ctx context.Context, _ int) error {
	out, err := s.ec2.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{
		VpcId: &s.vpc, ServiceName: aws.String("com.amazonaws." + s.Region() + ".dynamodb"), RouteTableIds: []string{s.publicTable},
	})
	if err != nil {
		return err
	}
	id := *out.VpcEndpoint.VpcEndpointId
	if err := s.until(ctx, func(st *world.State) bool { e := st.Endpoints[id]; return e != nil && e.State == "available" }); err != nil {
		return fmt.Errorf("waiting for %s: %w", id, err)
	}
	if _, err := s.ec2.DeleteVpcEndpoints(ctx, &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{id}}); err != nil {
		return err
	}
	if err := s.until(ctx, func(st *world.State) bool { return st.Endpoints[id] == nil }); err != nil {
		return err
	}
	return s.Clock().Sleep(ctx, time.Minute)
}

// until waits for the account to be as done says.
func (s *soaked) until(ctx context.Context, done func(*world.State) bool) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for !done(s.World().Snapshot()) {
		if err := s.Clock().Sleep(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// logIn logs in to the bastion anew, runs a command with a terminal and one
// without, and copies a file.
func (s *soaked) logIn(ctx context.Context, i int) error {
	c, err := sshx.Jump(ctx, s, s.bastionTarget())
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.Copy(ctx, bytes.NewReader(make([]byte, 100_000)), 100_000, 0o600, "copy"); err != nil {
		return err
	}
	for _, cmd := range []string{"ls -l copy; history; ps | wc -l", "for i in 1 2 3; do curl -s -o /dev/null https://" + s3Name + "; done"} {
		if status, err := c.RunPTY(ctx, cmd, sshx.PTY{}, sshx.Streams{Out: io.Discard}); status != 0 || err != nil {
			return fmt.Errorf("%s: status %d, %w", cmd, status, err)
		}
	}
	return nil
}

// oneLogin keeps a connection to the private instance for all its commands.
func (s *soaked) oneLogin(t *testing.T) func(context.Context, int) error {
	c := s.onPrivate()
	commands := []string{list, "nslookup " + s3Name, "sudo traceroute -n -T -p 443 -q 1 -w 1 " + s3Name, "ping -c 1 -W 1 10.0.1.123",
		"head -c 100000 /dev/urandom > f; sha256sum f; rm f", "aws s3 cp s3://" + bucket + "/" + key + " f --quiet && rm f", "dig +short " + s3Name, "timeout 1 sleep 5"}
	return func(ctx context.Context, i int) error {
		cmd := commands[i%len(commands)]
		_, err := c.Run(ctx, cmd, sshx.Streams{Out: io.Discard, Err: io.Discard})
		return err
	}
}

// putAndGet puts an object, reads it, lists, and deletes it.
func (s *soaked) putAndGet(ctx context.Context, i int) error {
	name, body := aws.String(fmt.Sprint("soak/", i)), make([]byte, 50_000)
	rand.Read(body)
	if _, err := s.store.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String(bucket), Key: name, Body: bytes.NewReader(body)}); err != nil {
		return err
	}
	got, err := s.store.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(bucket), Key: name})
	if err != nil {
		return err
	}
	back, err := io.ReadAll(got.Body)
	got.Body.Close()
	if err != nil || !bytes.Equal(back, body) {
		return fmt.Errorf("%d bytes came back: %w", len(back), err)
	}
	if _, err := s.store.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String(bucket)}); err != nil {
		return err
	}
	_, err = s.store.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String(bucket), Key: name})
	return err
}

// connect opens flows of the laptop's own: to a server, to a closed port, and
// datagrams to nobody, and leaves some of them in the middle.
func (s *soaked) connect(ctx context.Context, i int) error {
	for n := range 20 {
		c, err := s.DialContext(ctx, "tcp", "52.219.56.25:80")
		if err != nil {
			return err
		}
		if n%2 == 0 {
			fmt.Fprint(c, "GET / HTTP/1.0\r\n\r\n")
			io.Copy(io.Discard, c)
		}
		c.Close()
		if c, err := s.DialContext(ctx, "tcp", "52.219.56.25:9"); err == nil {
			c.Close()
			return fmt.Errorf("port 9 is open")
		}
		u, err := s.DialContext(ctx, "udp", netip.AddrPortFrom(netip.AddrFrom4([4]byte{52, 219, byte(i), byte(n)}), uint16(1000+i%50000)).String())
		if err != nil {
			return err
		}
		u.Write([]byte("hello"))
		u.Close()
	}
	return s.Clock().Sleep(ctx, time.Second)
}

// throughTheDoor asks the lab's web by SOCKS, and leaves a dial in the middle.
func (s *soaked) throughTheDoor(ctx context.Context, _ int) error {
	d, err := proxy.SOCKS5("tcp", s.door, nil, proxy.Direct)
	if err != nil {
		return err
	}
	c, err := d.Dial("tcp", "checkip.amazonaws.com:80")
	if err != nil {
		return err
	}
	fmt.Fprint(c, "GET / HTTP/1.0\r\nHost: checkip.amazonaws.com\r\n\r\n")
	answer, err := io.ReadAll(c)
	c.Close()
	if err != nil || !bytes.Contains(answer, []byte("203.0.113.")) {
		return fmt.Errorf("it answers %q: %w", answer, err)
	}
	half, err := net.Dial("tcp", s.door)
	if err != nil {
		return err
	}
	half.Write([]byte{5, 1, 0, 5, 1})
	half.Close()
	return s.Clock().Sleep(ctx, 100*time.Millisecond)
}
